"""Every real report says through our reader what it says of itself, after unit conversion."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from alara.model import EventType, IrradiationEvent, Plane, ReportKind
from alara.sr import read_bytes

FLUOROSCOPY = [
    "Dual-RDSR-RF.dcm",
    "RF-ESR-Siemens-Varic.dcm",
    "RF-No-kVp-and-others.dcm",
    "RF-RDSR-Canon-Ultimaxi-mGyDoseAtRP.dcm",
    "RF-RDSR-Eurocolumbus.dcm",
    "RF-RDSR-GE-OECEliteMiniView.dcm",
    "RF-RDSR-GE.dcm",
    "RF-RDSR-Philips_Allura.dcm",
    "RF-RDSR-Philips_AlluraClarity.dcm",
    "RF-RDSR-Philips_Azurion.dcm",
    "RF-RDSR-Siemens-Zee.dcm",
]
OTHER_KINDS = {
    "Dual-RDSR-DX.dcm": ReportKind.RADIOGRAPHY,
    "CT-RDSR-Siemens_Flash-TAP-SS.dcm": ReportKind.CT,
    "MG-RDSR-Hologic_2D.dcm": ReportKind.MAMMOGRAPHY,
    "ESR_non-dose.dcm": ReportKind.NOT_DOSE,
}
KINDS = {**dict.fromkeys(FLUOROSCOPY, ReportKind.FLUOROSCOPY), **OTHER_KINDS}
PROJECTION = [*FLUOROSCOPY, "Dual-RDSR-DX.dcm"]
RDSRS = [name for name in PROJECTION if "ESR" not in name]

#: Independent of the reader's own table, and written the other way round.
GY_CM2 = {"Gy.m2": 10_000.0, "Gym2": 10_000.0, "dGy.cm2": 0.1, "Gy.cm^2": 1.0}
M_GY = {"Gy": 1000.0, "mGy": 1.0}
PLANES = {"113622": Plane.SINGLE, "113620": Plane.A, "113621": Plane.B}
PLANE_NAMES = {"Single Plane": Plane.SINGLE, "Plane A": Plane.A, "Plane B": Plane.B}
TYPES = {
    "Fluoroscopy": EventType.FLUOROSCOPY,
    "Stationary Acquisition": EventType.STATIONARY_ACQUISITION,
    "Stepping Acquisition": EventType.STEPPING_ACQUISITION,
    "Rotational Acquisition": EventType.ROTATIONAL_ACQUISITION,
}


@pytest.fixture(scope="session")
def as_encoded(corpus: Path) -> dict[str, Any]:
    """What each real report says, as encoded, read by an independent program."""
    encoded: dict[str, Any] = json.loads((corpus / "as_encoded.json").read_text(encoding="utf-8"))
    return encoded


def local(text: str) -> datetime:
    whole, _, fraction = text.partition(".")
    return datetime.strptime(whole, "%Y%m%d%H%M%S").replace(microsecond=int(fraction.ljust(6, "0") or 0))


@pytest.mark.parametrize("name", KINDS)
def test_every_real_report_is_told_apart(corpus: Path, name: str) -> None:
    assert read_bytes((corpus / name).read_bytes()).kind is KINDS[name]


@pytest.mark.parametrize("name", RDSRS)
def test_stated_totals_of_each_plane_are_as_encoded(corpus: Path, as_encoded: dict[str, Any], name: str) -> None:
    report = read_bytes((corpus / name).read_bytes())
    encoded = as_encoded[name]["planes"]
    assert [dose.plane for dose in report.accumulated] == [PLANES[plane["plane"]["value"]] for plane in encoded]
    assert len(report.planes) == len(encoded)
    for dose, totals, plane in zip(report.accumulated, report.planes, encoded, strict=True):
        values = {v["concept"]: (float(v["value"]), v["unit"]) for v in plane["values"]}

        def amount(concept: str, factors: dict[str, float], values: dict = values) -> float | None:
            value, unit = values.get(concept, (None, ""))
            return None if value is None else pytest.approx(value * factors[unit], rel=1e-12)

        assert totals.plane is dose.plane
        assert totals.p_ka.stated.amount == dose.p_ka.amount == amount("113722", GY_CM2)
        assert totals.ka_r.stated.amount == dose.ka_r.amount == amount("113725", M_GY)
        assert totals.fluoroscopy_time.stated.amount == dose.fluoroscopy_time.amount == amount("113730", {"s": 1.0})
        assert dose.p_ka_fluoroscopy.amount == amount("113726", GY_CM2)
        assert dose.p_ka_acquisition.amount == amount("113727", GY_CM2)
        assert dose.ka_r_fluoroscopy.amount == amount("113728", M_GY)
        assert dose.ka_r_acquisition.amount == amount("113729", M_GY)
        assert dose.acquisition_time.amount == amount("113855", {"s": 1.0})
        assert dose.radiographic_frames == amount("113731", {"1": 1.0})


@pytest.mark.parametrize("name", RDSRS)
def test_events_sum_by_plane_and_type_as_encoded(corpus: Path, as_encoded: dict[str, Any], name: str) -> None:
    report = read_bytes((corpus / name).read_bytes())
    encoded = as_encoded[name]["events"]
    (p_ka_unit,), (ka_r_unit,) = encoded["dap_units"], encoded["dose_rp_units"]
    groups: dict[tuple[Plane, EventType], list[IrradiationEvent]] = defaultdict(list)
    for event in report.events:
        groups[event.plane, event.type].append(event)
    sums = {
        (PLANE_NAMES[plane], TYPES[kind]): row
        for plane, kinds in encoded["sums_by_plane_and_type"].items()
        for kind, row in kinds.items()
    }
    assert groups.keys() == sums.keys()
    for key, row in sums.items():
        events = groups[key]
        p_ka = [event.p_ka_gycm2 for event in events if event.p_ka is not None]
        ka_r = [event.ka_r_mgy for event in events if event.ka_r is not None]
        durations = [event.duration_s for event in events if event.duration is not None]
        assert (len(events), len(p_ka), len(ka_r), len(durations)) == (
            row["n"],
            row["n_dap"],
            row["n_rp"],
            row["n_duration"],
        )
        assert sum(p_ka) == pytest.approx(row["sum_dap"] * GY_CM2[p_ka_unit])
        assert sum(ka_r) == pytest.approx(row["sum_dose_rp"] * M_GY[ka_r_unit])
        assert sum(durations) == pytest.approx(row["sum_irradiation_duration"])


@pytest.mark.parametrize("name", RDSRS)
def test_events_have_their_count_times_and_voltages(corpus: Path, as_encoded: dict[str, Any], name: str) -> None:
    report = read_bytes((corpus / name).read_bytes())
    encoded = as_encoded[name]["events"]
    assert len(report.events) == encoded["count"]
    assert len({event.uid for event in report.events}) == encoded["distinct_uids"]
    starts = [event.started.local for event in report.events]
    assert starts[0] == local(encoded["first_started"])
    assert starts[-1] == local(encoded["last_started"])
    assert min(starts) == report.started.local == local(encoded["min_started"])
    assert max(starts) == local(encoded["max_started"])
    voltages = encoded["kvp_values"]
    kvp = [event.kvp for event in report.events if event.kvp is not None]
    if "per_pulse_lists" not in report.quirks:  # whose lists the independent program left out
        assert len(kvp) == voltages["n"]
        assert (min(kvp, default=None), max(kvp, default=None)) == (voltages["min"], voltages["max"])


@pytest.mark.parametrize("name", PROJECTION)
def test_header_is_as_encoded(corpus: Path, as_encoded: dict[str, Any], name: str) -> None:
    report = read_bytes((corpus / name).read_bytes())
    document = as_encoded[name]["document"]
    assert report.sop_class_uid == document["SOPClassUID"]
    assert report.sop_instance_uid == document["SOPInstanceUID"]
    assert report.study_instance_uid == document["StudyInstanceUID"]
    assert report.equipment.manufacturer == (document["Manufacturer"] or "")
    assert report.study_description == (document["StudyDescription"] or "")
    assert report.patient.patient_id == (document["PatientID"] or "")
    assert report.patient.sex == (document["PatientSex"] or "")
    assert report.study_started.local.strftime("%Y%m%d") == document["StudyDate"]
    if document["PatientWeight"] not in (None, "None"):
        assert (report.patient.weight_kg or 0.0) == float(document["PatientWeight"])


def test_total_rounded_away_is_replaced_by_the_events_and_kept_as_stated(corpus: Path) -> None:
    report = read_bytes((corpus / "Dual-RDSR-DX.dcm").read_bytes())
    (plane,) = report.planes
    assert plane.ka_r.stated.amount == 0
    assert plane.ka_r_mgy == pytest.approx(0.035)
    assert "total_rounded_away" in {finding.code for finding in report.findings}


def test_fluoroscopy_filed_as_acquisition_gets_its_time_back(corpus: Path) -> None:
    report = read_bytes((corpus / "RF-RDSR-Eurocolumbus.dcm").read_bytes())
    assert report.planes[0].fluoroscopy_time.stated.amount == 0
    assert report.totals.fluoroscopy_time_s == 9.687
    assert {"fluoroscopy_as_acquisition", "per_pulse_lists", "no_relationship_type"} <= set(report.quirks)


def test_summary_of_an_older_c_arm_is_read(corpus: Path) -> None:
    report = read_bytes((corpus / "RF-ESR-Siemens-Varic.dcm").read_bytes())
    assert report.totals.p_ka_gycm2 == 0.2359
    assert report.totals.ka_r_mgy is None
    assert report.totals.fluoroscopy_time_s == 34.427
    assert report.started.local == datetime(2021, 2, 10, 14, 54, 28)
    assert report.ended.local == datetime(2021, 2, 10, 15, 16, 38)


def test_planes_of_a_biplane_report_are_known_by_their_code(corpus: Path) -> None:
    report = read_bytes((corpus / "RF-RDSR-Philips_AlluraClarity.dcm").read_bytes())
    a, b = report.planes
    assert (a.plane, b.plane) == (Plane.A, Plane.B)
    assert a.p_ka_gycm2 == pytest.approx(0.078391324289)
    assert b.p_ka_gycm2 == 0
    assert report.totals.p_ka_gycm2 == pytest.approx(0.078391324289)
    assert "total_disagrees" in {finding.code for finding in report.findings}


def test_offset_and_age_of_a_ge_report_are_mended(corpus: Path) -> None:
    report = read_bytes((corpus / "RF-RDSR-GE.dcm").read_bytes())
    assert report.started.utc_offset_min == -240
    assert report.patient.age_years == 37
    assert {"utc_in_offset", "age_unpadded", "uid_as_text", "value_with_qualifier"} <= set(report.quirks)


def test_no_real_report_names_a_person(corpus: Path) -> None:
    for path in sorted(corpus.glob("*.dcm")):
        shown = repr(read_bytes(path.read_bytes()))
        for name in ("OpenREM^", "Yamada", "Billy", "SMITH^", "Anon^"):
            assert name not in shown, path.name
