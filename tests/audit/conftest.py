"""A classifier and a month that several tests share."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from alara.audit import Classifier
from alara.knowledge import Knowledge, load

#: One ordinary procedure of the frame that the store hands over; tests change what they are about.
ORDINARY = {
    "case_id": "case",
    "site": "main",
    "kind": "fluoroscopy",
    "started": pd.Timestamp(2026, 10, 5, 9, 30),
    "manufacturer": "Example",
    "model": "C1",
    "station": "CARM1",
    "device": "Example C1 · CARM1",
    "study_description": "LUMBAR ESI L4-5",
    "performed_procedure_description": "",
    "requested_procedure_description": "",
    "protocol_names": "",
    "procedure_codes": "",
    "target_regions": "",
    "lateralities": "",
    "age_years": 55.0,
    "sex": "F",
    "size_m": 1.7,
    "weight_kg": 70.0,
    "pregnancy_status": "",
    "p_ka_gycm2": 2.8,
    "p_ka_basis": "stated",
    "ka_r_mgy": 28.0,
    "ka_r_basis": "stated",
    "fluoroscopy_time_s": 40.7,
    "fluoroscopy_time_basis": "stated",
    "p_ka_fluoroscopy_gycm2": None,
    "p_ka_acquisition_gycm2": None,
    "planes": 1,
    "events": 12,
    "reports": 1,
    "quirks": "",
    "findings": "",
}

_NUMBERS = ("age_years", "size_m", "weight_kg", "p_ka_gycm2", "ka_r_mgy", "fluoroscopy_time_s")
Month = Callable[..., pd.DataFrame]


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load()


@pytest.fixture(scope="session")
def classifier(knowledge: Knowledge) -> Classifier:
    return Classifier(knowledge)


@pytest.fixture(scope="session")
def month() -> Month:
    """Procedures that differ from an ordinary one as given."""

    def build(*differences: dict[str, object]) -> pd.DataFrame:
        rows = [ORDINARY | {"case_id": f"case{n:03}"} | change for n, change in enumerate(differences)]
        types = dict.fromkeys(_NUMBERS, "float64") | {"started": "datetime64[us]"}
        return pd.DataFrame(rows, columns=list(ORDINARY)).astype(types)

    return build
