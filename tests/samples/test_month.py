"""The committed month is what the builder makes, and reads as the builder meant it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from alara.errors import UnreadableReason, UnreadableReport, UsageError
from alara.findings import FindingCode
from alara.model import DoseReport, PlaneTotals
from alara.report.one import event_as_dict, plane_as_dict
from alara.samples import generate, make_month, write_month
from alara.sr import read_bytes

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
    assert sum(path.stat().st_size for path in samples.rglob("*")) < 5_000_000


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
        for difference in differences(outcomes[name], meant)
    ]
    assert wrong == []


def test_findings_and_quirks_are_those_that_were_meant_and_no_others(
    outcomes: dict[str, Any], expected: Expected
) -> None:
    wrong = {}
    for name, meant in expected.items():
        if meant["outcome"] == "report":
            said = sorted({str(finding.code) for finding in outcomes[name].findings}), sorted(outcomes[name].quirks)
            if said != (meant["findings"], meant["quirks"]):
                wrong[name] = said
    assert wrong == {}


def test_a_regular_report_has_no_findings(expected: Expected) -> None:
    assert {name for name, meant in expected.items() if meant["regular"] and meant["findings"]} == set()


def test_large_reports_are_reproducible_and_distinct() -> None:
    made, again = list(generate(30, 20)), list(generate(30, 20))
    assert made == again
    reports = [read_bytes(data) for data in made]
    assert len({report.sop_instance_uid for report in reports}) == 30
    assert {len(report.events) for report in reports} == {20}
    assert len({event.uid for report in reports for event in report.events}) == 600


def test_what_is_made_in_another_way_has_other_uids() -> None:
    """Otherwise whoever imports both has two contents of one report."""
    ways = [
        set(generate(20, 2)),
        set(generate(30, 2)),
        set(generate(20, 3)),
        set(generate(20, 2, seed=1)),
        set(generate(20, 2, month="2026-09")),
        {sample.data for sample in make_month()},
        {sample.data for sample in make_month(seed=1)},
    ]
    for one, other in combinations(ways, 2):
        assert _uids(one - other) & _uids(other - one) == set()


def _uids(objects: set[bytes]) -> set[str]:
    found = set[str]()
    for data in objects:
        with suppress(UnreadableReport):
            report = read_bytes(data)
            found |= {report.sop_instance_uid, report.study_instance_uid, *(event.uid for event in report.events)}
    return found - {""}


def differences(report: DoseReport, meant: dict[str, Any]) -> Iterator[str]:
    """Where a report is not what was meant."""
    said = {
        "kind": str(report.kind),
        "sop_instance_uid": report.sop_instance_uid,
        "study_instance_uid": report.study_instance_uid,
        "description": report.study_description or report.requested_procedure_description,
    }
    for key, value in said.items():
        if key in meant and value != meant[key]:
            yield f"{key} is {value}, not {meant[key]}"
    yield from _unlike("plane", [_plane(plane, report) for plane in report.planes], meant["planes"])
    yield from _unlike("event", [event_as_dict(event) for event in report.events], meant["events"])


def _plane(totals: PlaneTotals, report: DoseReport) -> dict[str, Any]:
    point = next((dose.reference_point for dose in report.accumulated if dose.plane is totals.plane), None)
    return plane_as_dict(totals) | {"reference_point": point.text if point else None}


def _unlike(what: str, said: list[dict[str, Any]], meant: list[dict[str, Any]]) -> Iterator[str]:
    if len(said) != len(meant):
        yield f"{len(said)} {what}s, not {len(meant)}"
    for number, (one, other) in enumerate(zip(said, meant, strict=False), start=1):
        for key, value in other.items():
            if not (bool(one[key]) if key == "uid" and value is None else same(one[key], value)):
                yield f"{key} of {what} {number} is {one[key]}, not {value}"


def same(one: object, other: object) -> bool:
    """Equal, or numbers that differ by what a change of unit rounds."""
    if isinstance(one, float | int) and isinstance(other, float | int):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return one == other
