"""What vendors do otherwise: each quirk applies where it should, mends what it says, and nothing else."""

from __future__ import annotations

import json
import re
from pathlib import Path

import made_reports as made
import pytest

import alara.sr
from alara.findings import FindingCode
from alara.model import DoseReport, ReportKind
from alara.sr import read_bytes
from alara.sr.quirks import QUIRKS, Quirk

ROOT = Path(__file__).resolve().parents[2]


def maker(name: str, model: str = "") -> bytes:
    return made.element(8, 0x70, "LO", name) + made.element(8, 0x1090, "LO", model)


def found(report: DoseReport) -> set[FindingCode]:
    return {finding.code for finding in report.findings}


def test_every_quirk_that_the_code_notes_is_described() -> None:
    package = Path(alara.sr.__file__).parent
    noted = {
        quirk_id
        for path in package.rglob("*.py")
        for quirk_id in re.findall(r'\.quirk\("(\w+)"\)', path.read_text(encoding="utf-8"))
    }
    assert noted == set(QUIRKS)
    for quirk in QUIRKS.values():
        assert all((quirk.condition, quirk.mending, quirk.reason, quirk.seen_on))


def test_every_quirk_is_in_the_docs() -> None:
    docs = (ROOT / "docs" / "methods" / "reading.md").read_text(encoding="utf-8")
    table = docs[docs.index("| quirk |") :].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table if line.startswith("|")]
    due = [
        [f"`{quirk.id}`", quirk.condition, quirk.mending, quirk.reason, quirk.seen_on, f"`{quirk.sample}`"]
        for quirk in QUIRKS.values()
    ]
    lines = [f"| {' | '.join(row)} |" for row in due if row not in rows]
    assert not lines, "These rows belong into the table of docs/methods/reading.md:\n" + "\n".join(lines)
    assert rows == due


@pytest.mark.parametrize("quirk", QUIRKS.values(), ids=list(QUIRKS))
def test_the_sample_of_a_quirk_shows_it_and_was_meant_to(quirk: Quirk) -> None:
    file = ROOT / "sample_rdsr" / quirk.sample
    assert quirk.id in read_bytes(file.read_bytes()).quirks
    assert quirk.id in json.loads(file.with_suffix(".expected.json").read_text(encoding="utf-8"))["quirks"]


def test_only_one_room_names_a_vendor() -> None:
    package = Path(alara.sr.__file__).parent
    vendors = re.compile(r"philips|siemens|\bcanon\b|toshiba|ziehm|eurocolumbus|arcadis|\bge\b", re.IGNORECASE)
    naming = [path for path in package.rglob("*.py") if vendors.search(path.read_text(encoding="utf-8"))]
    assert {path.relative_to(package).parts[0] for path in naming} == {"quirks"}


def test_real_reports_show_the_quirks_that_are_said_of_them(corpus: Path) -> None:
    shown = {path.name: set(read_bytes(path.read_bytes()).quirks) for path in corpus.glob("*.dcm")}
    assert shown["RF-RDSR-GE.dcm"] == {
        "utc_in_offset",
        "age_unpadded",
        "uid_as_text",
        "value_with_qualifier",
        "unit_spelling",
    }
    assert shown["RF-RDSR-GE-OECEliteMiniView.dcm"] == set()
    assert shown["RF-RDSR-Philips_Azurion.dcm"] == {"private_frames", "device_type_contradicted"}
    assert shown["RF-RDSR-Philips_AlluraClarity.dcm"] == {"private_frames", "private_shutters"}
    assert shown["RF-RDSR-Siemens-Zee.dcm"] == {"unit_spelling", "position_in_comment"}
    assert shown["Dual-RDSR-DX.dcm"] == {"unit_spelling", "rounded_totals"}


def test_private_shutters_give_the_field_that_the_doses_give(corpus: Path) -> None:
    report = read_bytes((corpus / "RF-RDSR-Philips_AlluraClarity.dcm").read_bytes())
    assert report.events[0].field_area.amount == pytest.approx(32.7 * 26.0)


def test_shutters_too_small_for_a_field_are_left_alone(corpus: Path) -> None:
    report = read_bytes((corpus / "RF-RDSR-Philips_Azurion.dcm").read_bytes())
    assert all(event.field_area is None for event in report.events)


def test_position_in_a_comment_reaches_the_events(corpus: Path) -> None:
    report = read_bytes((corpus / "RF-RDSR-Siemens-Zee.dcm").read_bytes())
    assert {(event.patient_position, event.patient_orientation) for event in report.events} == {
        ("headfirst", "recumbent, supine")
    }


def test_per_pulse_lists_are_averaged_without_the_pulse_that_was_not_measured(corpus: Path) -> None:
    report = read_bytes((corpus / "RF-RDSR-Eurocolumbus.dcm").read_bytes())
    assert [event.kvp for event in report.events] == pytest.approx([56.667, 50, 50, 50], abs=0.001)


def alphenix(model: str, duration: str = "970") -> DoseReport:
    totals = made.accumulated(made.num("113722", "0.00001", "Gy.m2"), made.num("113730", "10", "s"))
    event = made.event(1, made.num("122130", "0.00001", "Gy.m2"), made.num("113742", duration, "s"))
    return read_bytes(made.part10(made.dataset(totals, event, header=maker("CANON_MEC", model))))


def test_durations_in_hundredths_are_mended_on_the_model_that_sends_them() -> None:
    report = alphenix("Alphenix")
    assert report.events[0].duration_s == pytest.approx(9.7)
    assert "durations_in_10_ms" in report.quirks
    assert report.totals.fluoroscopy_time_s == 10


def test_durations_of_other_models_are_left_alone_and_disagree() -> None:
    report = alphenix("Ultimax")
    assert report.events[0].duration_s == 970
    assert report.quirks == ()
    assert FindingCode.TOTAL_DISAGREES in found(report)


def test_durations_that_fit_are_left_alone_on_any_model() -> None:
    report = alphenix("Alphenix", "9.7")
    assert report.events[0].duration_s == 9.7
    assert report.quirks == ()


@pytest.mark.parametrize(
    ("device", "pulses", "kind"),
    [
        ("113957", "1", ReportKind.FLUOROSCOPY),
        ("113958", "1", ReportKind.RADIOGRAPHY),
        ("113959", "1", ReportKind.RADIOGRAPHY),
        ("", "1", ReportKind.RADIOGRAPHY),
        ("113958", "40", ReportKind.FLUOROSCOPY),
    ],
)
def test_what_was_done_decides_the_kind_and_the_device_type_where_it_is_silent(
    device: str, pulses: str, kind: ReportKind
) -> None:
    event = made.event(1, made.num("113768", pulses, "1"), kind="113611", scheme="DCM")
    content = [made.coded("122142", device)] if device else []
    assert read_bytes(made.dataset(*content, event)).kind is kind


def test_mammography_and_ct_are_told_apart_by_old_and_new_codes() -> None:
    for value, scheme, kind in (
        ("P5-40010", "SRT", ReportKind.MAMMOGRAPHY),
        ("71651007", "SCT", ReportKind.MAMMOGRAPHY),
        ("P5-08000", "SRT", ReportKind.CT),
        ("77477000", "SCT", ReportKind.CT),
    ):
        assert read_bytes(made.dataset(made.coded("121058", value, scheme))).kind is kind


def by_text(meaning: str, *parts: bytes, kind: str = "NUM") -> bytes:
    """A content item with a private code and the standard's text."""
    return made.item(
        made.element(0x40, 0xA010, "CS", "CONTAINS"),
        made.element(0x40, 0xA040, "CS", kind),
        made.code(0x40, 0xA043, "P-1", "99MADE", meaning),
        *parts,
    )


def measured(value: str, unit: str) -> bytes:
    return made.sequence(
        0x40, 0xA300, made.item(made.code(0x40, 0x8EA, unit, "UCUM"), made.element(0x40, 0xA30A, "DS", value))
    )


def test_private_code_is_recognised_by_its_text_with_a_finding() -> None:
    total = by_text("Dose Area Product Total", measured("0.00003", "Gy.m2"))
    report = read_bytes(made.dataset(made.accumulated(total)))
    assert report.totals.p_ka_gycm2 == pytest.approx(0.3)
    assert FindingCode.BY_MEANING in found(report)


def test_text_never_overrules_a_code() -> None:
    total = by_text("Dose Area Product Total", measured("9", "Gy.m2"))
    report = read_bytes(made.dataset(made.accumulated(total, made.num("113722", "0.00003", "Gy.m2"))))
    assert report.totals.p_ka_gycm2 == pytest.approx(0.3)
    assert FindingCode.BY_MEANING not in found(report)


def test_container_is_recognised_by_its_text() -> None:
    inner = made.sequence(0x40, 0xA730, made.coded("113764", "113622"), made.num("113722", "0.00003", "Gy.m2"))
    report = read_bytes(made.dataset(by_text("Accumulated X-Ray Dose Data", inner, kind="CONTAINER")))
    assert report.totals.p_ka_gycm2 == pytest.approx(0.3)


def test_code_under_the_wrong_scheme_is_read_by_its_value() -> None:
    report = read_bytes(made.report(made.event(1, kind="P5-06000", scheme="DCM")))
    assert report.events[0].type == "fluoroscopy"
    assert "wrong_coding_scheme" in report.quirks


def test_wrong_unit_shows_in_the_field_of_the_events() -> None:
    doses = made.num("122130", "0.0123", "Gy.m2"), made.num("113738", "1.234", "mGy")
    report = read_bytes(made.report(made.event(1, *doses), made.event(2, *doses)))
    odd = [f for f in report.findings if f.code is FindingCode.FIELD_AREA_IMPLAUSIBLE and f.where == "events"]
    assert [finding.text for finding in odd] == ["2 of 2 events, the first is event 1 with 9.97e+04 cm2"]


def test_summary_states_its_air_kerma_when_it_has_one() -> None:
    def cumulative(concept: str, value: str, unit: str) -> bytes:
        return made.content_item("NUM", concept, measured(value, unit), scheme="99SMS_RADSUM")

    enhanced = "1.2.840.10008.5.1.4.1.1.88.22"
    body = made.dataset(
        cumulative("C-202", "1.5", "min"),
        cumulative("C-204", "23.59", "cGy.cm^2"),
        cumulative("C-210", "0.4", "cGy"),
        sop_class=enhanced,
    ).replace(made.code(0x40, 0xA043, "113701"), made.code(0x40, 0xA043, "C-10", "99SMS_RADSUM"))
    totals = read_bytes(body).totals
    assert totals.p_ka_gycm2 == pytest.approx(0.2359)
    assert totals.ka_r_mgy == pytest.approx(4)
    assert totals.fluoroscopy_time_s == 90
