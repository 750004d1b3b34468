"""Operators by code, the whole way: bytes of reports, the database, the audit; and no name or ID on that way."""

from __future__ import annotations

import csv
import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from alara.app.audit import audit_period
from alara.app.importing import import_paths
from alara.app.keys import operator_codes
from alara.app.reingest import Reingest
from alara.config import Config
from alara.model import (
    AccumulatedDose,
    DoseReport,
    Equipment,
    EventType,
    IrradiationEvent,
    Moment,
    Patient,
    Plane,
    ReportKind,
)
from alara.pseudonym import Pseudonymiser
from alara.quantities import AirKerma, Duration, KermaAreaProduct
from alara.sop_classes import X_RAY_RADIATION_DOSE_SR
from alara.sr.build import CONFORMING, build, derived_uid
from alara.store import ready

SITE = "North"
NAME = "Roe^Richard^^DR=山田"
#: Whom the cases name, how many there are, and the lowest P_KA of them in Gy·cm².
CASES: tuple[tuple[tuple[str, ...], int, float], ...] = (
    (("OP-01",), 20, 1.0),
    (("OP-02",), 20, 1.0),
    (("OP-03",), 20, 3.0),
    (("OP-04",), 4, 1.0),
    (("OP-01", "OP-02"), 3, 1.0),
    ((), 2, 1.0),
    ((NAME,), 6, 1.0),
)


def made(number: int, operators: Sequence[str], p_ka_gycm2: float) -> bytes:
    started = Moment(datetime(2026, 10, 1, 8) + timedelta(hours=5 * number))
    dose = {"p_ka": KermaAreaProduct(p_ka_gycm2), "ka_r": AirKerma(10 * p_ka_gycm2), "plane": Plane.SINGLE}
    event = IrradiationEvent(
        derived_uid("event", number), type=EventType.FLUOROSCOPY, started=started, duration=Duration(9.0), **dose
    )
    by_name = NAME in operators
    report = DoseReport(
        X_RAY_RADIATION_DOSE_SR,
        derived_uid("report", number),
        derived_uid("study", number),
        ReportKind.FLUOROSCOPY,
        equipment=Equipment("Northlight", "Orbit 21", "SN1", "C-ARM-1"),
        patient=Patient(f"SAMPLE-{number}", 1961, sex="F"),
        study_started=started,
        content_written=started,
        study_description="SI JOINT INJ RT",
        operators=() if by_name else tuple(operators),
        accumulated=(AccumulatedDose(fluoroscopy_time=Duration(9.0), **dose),),
        events=(event, replace(event, uid=derived_uid("again", number), p_ka=KermaAreaProduct(0.0))),
        complete=True,
    )
    header = {"PerformingPhysicianName": NAME} if by_name else {}
    return build(report, replace(CONFORMING, header=header))


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    number = 0
    for operators, count, lowest in CASES:
        for n in range(count):
            (folder / f"{number:03}.dcm").write_bytes(made(number, operators, lowest + n / 100))
            number += 1
    return folder


def configured(folder: Path, operators: str) -> Config:
    return Config(
        site=SITE, data_dir=folder / "data", key_file=folder / "key", operators=operators, knowledge=str(folder)
    )


def everything_beside_the_originals(folder: Path) -> bytes:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and "inbox" not in path.parts)
    return b"\n".join(path.name.encode() + path.read_bytes() for path in files)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory, reports: Path) -> Path:
    """The folder of a site that tells operators apart, with its audit in ``out``."""
    folder = tmp_path_factory.mktemp("codes")
    config = configured(folder, "codes")
    assert import_paths(config, [reports]).tally.ends["stored"] == sum(count for _, count, _ in CASES)
    audit_period(config, "2026-10", folder / "out")
    return folder


def code_of(folder: Path, person: str) -> str:
    (code,) = Pseudonymiser.from_file(folder / "key").operators([person], SITE)
    return code


def rows_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "out" / "operators.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_csv_has_a_row_for_each_operator_with_cases_enough_in_the_order_of_the_codes(audited: Path) -> None:
    rows = rows_of(audited)
    counts = {code_of(audited, f"OP-0{n}"): "20" for n in (1, 2, 3)} | {code_of(audited, "Roe^Richard"): "6"}
    assert [(row["operator"], row["n"]) for row in rows] == sorted(counts.items())
    assert {row["operator"] for row in rows if row["outside"] == "above"} == {code_of(audited, "OP-03")}


def test_what_is_outside_chance_is_an_insight_and_on_the_page(audited: Path) -> None:
    with (audited / "out" / "insights.csv").open(encoding="utf-8-sig", newline="") as file:
        apart = [row for row in csv.DictReader(file) if row["code"] == "operator_apart"]
    assert [row["subject"] for row in apart] == [row["operator"] for row in rows_of(audited) if row["outside"]]
    page = (audited / "out" / "report.html").read_text(encoding="utf-8")
    assert "Of 75 counted cases 2 name no operator and 3 several" in page
    assert page.index(rows_of(audited)[0]["operator"]) < page.index(rows_of(audited)[-1]["operator"])
    assert code_of(audited, "OP-04") not in page, "of four cases nothing is shown"


def test_no_name_and_no_id_of_an_operator_is_anywhere_but_in_the_originals(
    audited: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], reports: Path, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    config = configured(tmp_path, "codes")
    import_paths(config, [reports])
    audit_period(config, "2026-10", tmp_path / "out", also=["xlsx"])
    said = (caplog.text + "".join(capfd.readouterr())).encode()
    held = said + everything_beside_the_originals(audited) + everything_beside_the_originals(tmp_path)
    for private in ("OP-0", "op-0", "Roe", "roe", "Richard", "richard", "山田"):
        assert private.encode() not in held, private


def test_off_keeps_nothing_and_shows_nothing(tmp_path: Path, reports: Path) -> None:
    config = configured(tmp_path, "off")
    import_paths(config, [reports])
    audit_period(config, "2026-10", tmp_path / "out")
    assert not (tmp_path / "out" / "operators.csv").exists()
    held = everything_beside_the_originals(tmp_path)
    for word in (b"op-", b"OP-0", b"Roe", b"y operator", b"operator_apart"):
        assert word not in held.replace(b"us_operators", b""), word


@pytest.mark.parametrize(("kind", "count"), [(ReportKind.FLUOROSCOPY, 1), (ReportKind.CT, 0)])
def test_only_what_is_audited_has_a_code(tmp_path: Path, kind: ReportKind, count: int) -> None:
    report = ready(DoseReport(X_RAY_RADIATION_DOSE_SR, "1.2", "1.3", kind, operators=("OP-01",)))
    assert len(operator_codes(report, Pseudonymiser(b"1" * 32), configured(tmp_path, "codes"))) == count


def test_switched_on_later_the_originals_are_read_again_and_switched_off_the_codes_go(
    tmp_path: Path, reports: Path
) -> None:
    import_paths(configured(tmp_path, "off"), [reports])
    named = sum(count for operators, count, _ in CASES if operators)
    for operators, expected in (("codes", named), ("off", named)):
        with Reingest(configured(tmp_path, operators), readers=1) as again:
            plan = again.plan()
            assert plan.counts()["cases_operator"] == expected
            again.apply(plan)
        assert (b"op-" in (tmp_path / "data" / "alara.sqlite").read_bytes()) is (operators == "codes")
