"""The committed month is what the builder makes, and reads as the builder meant it."""

from __future__ import annotations

import math
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from alara.errors import UnreadableReason, UnreadableReport, UsageError
from alara.findings import FindingCode
from alara.model import DoseReport
from alara.samples import generate, make_month, write_month
from alara.sr import read_bytes
from alara.sr.quirks import QUIRKS

Expected = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def outcomes(samples: Path, expected: Expected) -> dict[str, DoseReport | UnreadableReport]:
    def read(name: str) -> DoseReport | UnreadableReport:
        try:
            return read_bytes((samples / name).read_bytes())
        except UnreadableReport as reason:
            return reason

    return {name: read(name) for name in expected}


def test_the_month_is_made_again_byte_for_byte(samples: Path, tmp_path: Path) -> None:
    write_month(tmp_path)
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(samples): path.read_bytes() for path in samples.rglob("*") if path.is_file()}
    kept.pop(Path("README.md"))
    assert sorted(made) == sorted(kept)
    assert [name for name in made if made[name] != kept[name]] == []


def test_another_seed_makes_another_month() -> None:
    ours, theirs = ({sample.data for sample in make_month(seed)} for seed in (1, 2))
    assert not ours & theirs


def test_another_month_holds_other_days() -> None:
    sample = next(make_month(month="2027-02"))
    report = read_bytes(sample.data)
    assert report.study_started is not None
    assert f"{report.study_started.local:%Y-%m}" == "2027-02"


def test_what_is_no_month_is_refused_in_words() -> None:
    with pytest.raises(UsageError, match="'2026-13' is not a month"):
        next(make_month(month="2026-13"))


def test_the_month_is_large_and_varied_enough(expected: Expected) -> None:
    makes = Counter(meant["make"] for meant in expected.values() if "make" in meant)
    assert sum(meant["outcome"] == "report" for meant in expected.values()) >= 120
    assert sum(meant["regular"] for meant in expected.values()) >= 100
    assert len(makes) >= 12
    assert len({meant.get("procedure") for meant in expected.values()}) >= 25


def test_the_samples_stay_small(samples: Path) -> None:
    assert sum(path.stat().st_size for path in samples.rglob("*")) < 4_000_000


def test_expectations_use_closed_lists(expected: Expected) -> None:
    for meant in expected.values():
        if meant["outcome"] == "quarantine":
            UnreadableReason(meant["quarantine"])
        else:
            assert [FindingCode(code) for code in meant["findings"]] == meant["findings"]


def test_no_file_holds_the_name_or_id_of_a_person(samples: Path, expected: Expected) -> None:
    for name, meant in expected.items():
        if meant["outcome"] == "report":
            assert b"Sample^Patient " in (samples / name).read_bytes()
            assert "SAMPLE-" not in name


def test_what_is_broken_is_quarantined_for_its_reason(outcomes: dict[str, Any], expected: Expected) -> None:
    for name, meant in expected.items():
        if meant["outcome"] == "quarantine":
            assert isinstance(outcomes[name], UnreadableReport), name
            assert outcomes[name].reason == meant["quarantine"], name
        else:
            assert isinstance(outcomes[name], DoseReport), f"{name}: {outcomes[name]}"


def test_every_report_reads_as_it_was_meant(outcomes: dict[str, Any], expected: Expected) -> None:
    wrong = [
        f"{name}: {difference}"
        for name, meant in expected.items()
        if meant["outcome"] == "report"
        for difference in _differences(outcomes[name], meant)
    ]
    assert wrong == []


def test_a_regular_report_has_no_findings(outcomes: dict[str, Any], expected: Expected) -> None:
    noted = {name: outcomes[name].findings for name, meant in expected.items() if meant["regular"]}
    assert {name: findings for name, findings in noted.items() if findings} == {}


def test_every_quirk_is_shown_by_a_sample(expected: Expected) -> None:
    assert set(QUIRKS) == {quirk for meant in expected.values() for quirk in meant.get("quirks", ())}


def test_every_quirk_is_recognised(outcomes: dict[str, Any], expected: Expected) -> None:
    overlooked = {
        name: sorted(set(meant["quirks"]) - set(outcomes[name].quirks))
        for name, meant in expected.items()
        if meant["outcome"] == "report"
    }
    assert {name: quirks for name, quirks in overlooked.items() if quirks} == {}


def test_large_reports_are_reproducible_and_distinct() -> None:
    made, again = list(generate(30, 20)), list(generate(30, 20))
    assert made == again
    reports = [read_bytes(data) for data in made]
    assert len({report.sop_instance_uid for report in reports}) == 30
    assert {len(report.events) for report in reports} == {20}
    assert len({event.uid for report in reports for event in report.events}) == 600


def _differences(report: DoseReport, meant: dict[str, Any]) -> list[str]:
    found = []
    for key in ("kind", "sop_instance_uid", "study_instance_uid"):
        if getattr(report, key) != meant[key]:
            found.append(f"{key} is {getattr(report, key)}, not {meant[key]}")
    if len({event.uid for event in report.events}) != meant["events"]:
        found.append(f"{len(report.events)} events, not {meant['events']}")
    if missing := set(meant["findings"]) - {str(finding.code) for finding in report.findings}:
        found.append(f"nothing said of {sorted(missing)}")
    read = {str(plane.plane): plane for plane in report.planes}
    if meant["planes"] and sorted(read) != sorted(plane["plane"] for plane in meant["planes"]):
        return [*found, f"planes {sorted(read)}"]
    for plane in meant["planes"]:
        for key in ("p_ka_gycm2", "ka_r_mgy", "fluoroscopy_time_s"):
            value = getattr(read[plane["plane"]], key)
            if not _same(value, plane[key]):
                found.append(f"plane {plane['plane']} {key} is {value}, not {plane[key]}")
    return found


def _same(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
