"""A hand-made month of procedures, audited for real: typed descriptions, invented doses, a few bad apples."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from alara.audit import Audit, Period, run
from alara.audit.plan import Plan, make_plan
from alara.knowledge import Knowledge, load

#: What an operator may type, the median P_KA in Gy.cm2 of what it means, and how often it comes.
TYPED = (
    ("LUMBAR ESI L4/5", 1.4, 30),
    ("TFESI L5 LEFT", 1.1, 25),
    ("SI JOINT INJ RT", 0.9, 20),
    ("HIP INJECTION LEFT", 0.6, 20),
    ("LUMBAR FACET L4-S1", 1.0, 18),
    ("SHOULDER INJECTION RT", 0.12, 15),
    ("CAUDAL EPIDURAL", 0.8, 12),
    ("KNEE INJECTION", 0.03, 10),
    ("CERVICAL ESI C6/7", 0.7, 8),
    ("DISCOGRAM L3-5", 3.2, 6),
    ("WRIST ARTHROGRAM", 0.006, 6),
    ("ANKLE INJ", 0.01, 4),
    ("C-ARM USE IN OR", 1.6, 6),
    ('<script>alert(1)</script> "Nadel" & =HYPERLINK()', 0.9, 2),
    ("=1+1", 0.9, 2),
    ("KNEE_INJECTION_" + 6 * "WITHOUT_A_SPACE_", 0.03, 2),
)
DEVICES = (
    ("GE Healthcare", "OEC Elite", "C-ARM-3"),
    ("Ziehm Imaging", "Vision RFD", "OR2"),
    ("Siemens", "Cios Alpha", "PAIN1"),
)


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load()


@pytest.fixture(scope="session")
def month(knowledge: Knowledge) -> Callable[..., Audit]:
    """A function that audits a month of so many procedures; ``order`` shuffles their rows."""

    def make(n: int, order: int | None = None, **choices: Any) -> Audit:
        frame = procedures(n)
        if order is not None:
            frame = frame.sample(frac=1, random_state=order)
        return run(frame, period=Period.parse("2026-10"), knowledge=knowledge, site="Site <A> & B", **choices)

    return make


@pytest.fixture(scope="session")
def audit_with_wrong_units(knowledge: Knowledge) -> Audit:
    """A month in which three hip injections and four of the knee have a P_KA in a wrong unit."""
    frame = procedures(160)
    hip = frame.index[(frame["study_description"] == "HIP INJECTION LEFT") & frame["p_ka_gycm2"].notna()][:3]
    knee = frame.index[(frame["study_description"] == "KNEE INJECTION") & frame["p_ka_gycm2"].notna()][:4]
    wrong = hip.append(knee)
    frame.loc[wrong, "kind"] = "fluoroscopy"
    frame.loc[wrong, "p_ka_gycm2"] *= 10_000
    frame.loc[wrong, "findings"] = "field_area_implausible"
    return run(frame, period=Period.parse("2026-10"), knowledge=knowledge, site="Site A")


@pytest.fixture(scope="session")
def typed_month() -> Callable[[int], pd.DataFrame]:
    """So many procedures before any audit, for tests that make a year of them."""
    return procedures


@pytest.fixture(scope="session")
def audit(month: Callable[..., Audit]) -> Audit:
    return month(160)


@pytest.fixture(scope="session")
def plan(audit: Audit, knowledge: Knowledge) -> Plan:
    """The plan of the month, for five slots a week."""
    return make_plan(audit.cases, period=audit.period, knowledge=knowledge, slots_per_week=5, site=audit.site)


def procedures(n: int) -> pd.DataFrame:
    """So many procedures as the store hands them over, the same every time."""
    chance = random.Random(7)
    rows = [_procedure(position, chance) for position in range(max(n, 1))]
    frame = pd.DataFrame(rows).astype({"started": "datetime64[us]"})
    numbers = [
        name for name in frame.columns if name.startswith(("p_ka", "ka_r", "fluoroscopy_time", "size", "weight"))
    ]
    return frame.astype({name: float for name in numbers if not name.endswith("_basis")}).head(n)


def _procedure(position: int, chance: random.Random) -> dict[str, Any]:
    text, median, _ = chance.choices(TYPED, [weight for *_, weight in TYPED])[0]
    manufacturer, model, station = chance.choice(DEVICES)
    p_ka = round(median * chance.lognormvariate(0, 0.7), 5) if chance.random() > 0.04 else None
    seconds = round(chance.lognormvariate(3.2, 0.6), 1) if chance.random() > 0.03 else None
    return {
        "case_id": f"{position:06x}{chance.getrandbits(40):010x}",
        "site": "Site A",
        "kind": "radiography" if chance.random() < 0.03 else "fluoroscopy",
        "started": datetime(2026, 10, 1, 8) + timedelta(minutes=chance.randrange(30 * 24 * 60)),
        "manufacturer": manufacturer,
        "model": model,
        "station": station,
        "device": f"{manufacturer} {model} · {station}",
        "study_description": text,
        "performed_procedure_description": "",
        "requested_procedure_description": "",
        "protocol_names": "",
        "procedure_codes": "",
        "target_regions": "",
        "lateralities": "",
        "age_years": float(chance.randrange(16, 90)),
        "sex": chance.choice("FM"),
        "size_m": None,
        "weight_kg": None,
        "pregnancy_status": "",
        "p_ka_gycm2": p_ka,
        "p_ka_basis": "absent" if p_ka is None else chance.choice(["stated", "stated", "summed"]),
        "ka_r_mgy": None if p_ka is None else round(p_ka * 7.3, 4),
        "ka_r_basis": "absent" if p_ka is None else "stated",
        "fluoroscopy_time_s": seconds,
        "fluoroscopy_time_basis": "absent" if seconds is None else "stated",
        "p_ka_fluoroscopy_gycm2": None,
        "p_ka_acquisition_gycm2": None,
        "planes": 1,
        "events": chance.randrange(1, 30),
        "reports": 1,
        "quirks": chance.choice(["", "", "ge_mgy_as_gy", "siemens_text_reference_point ge_mgy_as_gy"]),
        "findings": chance.choice(["", "", "", "total_missing", "total_disagrees no_template"]),
    }
