"""Twelve faults reproduced in a widely used free system, each as a test: bytes → reader → database → audit.

Doses are multiples of 1/64, so that sums are exact.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import permutations
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from alara import audit, knowledge
from alara.app.keys import load_key
from alara.audit import Audit, Period
from alara.config import load
from alara.errors import UnreadableReason, UnreadableReport
from alara.findings import FindingCode
from alara.model import (
    AccumulatedDose,
    DoseReport,
    Equipment,
    EventType,
    IrradiationEvent,
    Moment,
    Patient,
    Plane,
    Procedure,
    Provenance,
    ReportKind,
)
from alara.pseudonym import Pseudonymiser
from alara.quantities import AirKerma, Duration, KermaAreaProduct
from alara.sop_classes import X_RAY_RADIATION_DOSE_SR
from alara.sr import read_bytes
from alara.sr.build import CONFORMING, Dialect, build
from alara.sr.writing.dialect import Unit
from alara.store import Incoming, Outcome, Store

START = datetime(2024, 10, 7, 9, 0)
STUDY = "1.2.826.0.1.3680043.10.1.7"
SITE = "main"


# --- reports -----------------------------------------------------------------------------------------


def event(number: int, p_ka_gycm2: float = 1.0, plane: Plane = Plane.SINGLE, **fields: Any) -> IrradiationEvent:
    return IrradiationEvent(
        **{
            "uid": f"{STUDY}.9.{number}",
            "plane": plane,
            "type": EventType.FLUOROSCOPY,
            "started": Moment(START + timedelta(minutes=number)),
            "p_ka": KermaAreaProduct(p_ka_gycm2),
            "ka_r": AirKerma(8 * p_ka_gycm2),
            "duration": Duration(4 * p_ka_gycm2),
        }
        | fields
    )


def stated(p_ka_gycm2: float, plane: Plane = Plane.SINGLE, **fields: Any) -> AccumulatedDose:
    doses = {
        "p_ka": KermaAreaProduct(p_ka_gycm2),
        "ka_r": AirKerma(8 * p_ka_gycm2),
        "fluoroscopy_time": Duration(4 * p_ka_gycm2),
    }
    return AccumulatedDose(plane, **doses | fields)


def report(
    number: int, events: Sequence[IrradiationEvent], totals: Sequence[AccumulatedDose], **fields: Any
) -> DoseReport:
    return DoseReport(
        **{
            "sop_class_uid": X_RAY_RADIATION_DOSE_SR,
            "sop_instance_uid": f"{STUDY}.5.{number}",
            "study_instance_uid": STUDY,
            "kind": ReportKind.FLUOROSCOPY,
            "equipment": Equipment("Northlight", "Arc", "SN1", "C-ARM-1"),
            "patient": Patient("MRN-0077", 1961, sex="F"),
            "study_started": Moment(START),
            "content_written": Moment(START + timedelta(hours=1, minutes=number)),
            "study_description": "Lumbar epidural injection L4-5",
            "accumulated": tuple(totals),
            "events": tuple(events),
        }
        | fields
    )


EVENTS = [event(n, n / 4) for n in range(1, 9)]
TOTAL = sum(n / 4 for n in range(1, 9))


# --- the whole way -----------------------------------------------------------------------------------


class Clinic:
    """A database, and what goes into it as bytes."""

    def __init__(self, folder: Path) -> None:
        config = load({"data_dir": str(folder), "key_file": str(folder / "key")})
        self.file = folder / "alara.sqlite"
        self.pseudonyms = load_key(config)
        self.store = Store.open(config.database_url, case_id=self.pseudonyms.case)

    def takes(self, *objects: bytes) -> list[Outcome]:
        """Each object in a delivery of its own."""
        return [self.store.save([self._incoming(data)])[0] for data in objects]

    def _incoming(self, data: bytes) -> Incoming:
        read = read_bytes(data)
        return Incoming(
            digest=hashlib.sha256(data).hexdigest(),
            report=read,
            provenance=Provenance(),
            received_at=datetime(2024, 10, 8, tzinfo=UTC),
            site=SITE,
            patient_pseudonym=self.pseudonyms.patient(read.patient.patient_id, SITE),
        )

    @property
    def frame(self) -> pd.DataFrame:
        return self.store.procedures(date(2024, 10, 1), date(2024, 11, 1))

    @property
    def audit(self) -> Audit:
        return audit.run(self.frame, period=Period.parse("2024-10"), knowledge=knowledge.load(), site=SITE)

    @property
    def case(self) -> Any:
        """The one case of the month, as the audit has it."""
        cases = self.audit.cases
        assert len(cases) == 1
        return cases.iloc[0]

    @property
    def procedure(self) -> Procedure:
        detail = self.store.procedure(self.case.case_id)
        assert detail is not None
        return detail.procedure

    @property
    def findings(self) -> set[FindingCode]:
        return {finding.code for finding in self.procedure.findings}


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    clinic = Clinic(tmp_path)
    yield clinic
    clinic.store.close()


@pytest.fixture
def clinics(tmp_path: Path) -> Iterator[Iterator[Clinic]]:
    """As many clinics as are asked for."""
    opened: list[Clinic] = []

    def more() -> Iterator[Clinic]:
        while True:
            folder = tmp_path / str(len(opened))
            folder.mkdir()
            opened.append(Clinic(folder))
            yield opened[-1]

    yield more()
    for clinic in opened:
        clinic.store.close()


# --- the twelve --------------------------------------------------------------------------------------


def test_01_the_dose_of_every_plane_counts_and_not_only_of_the_last(clinic: Clinic) -> None:
    """Of a biplane report only the last plane is looked at, so that much dose on the other raises no alert."""
    a, b = event(1, 4.0, Plane.A), event(2, 0.0, Plane.B)
    clinic.takes(build(report(1, [a, b], [stated(4.0, Plane.A), stated(0.0, Plane.B)])))
    assert clinic.case.p_ka_gycm2 == 4.0
    assert clinic.case.planes == 2


def test_02_planes_are_known_by_their_code_and_not_by_their_position(clinic: Clinic) -> None:
    """Planes are taken in the order of the file: where B comes first, the dose of A stands under B."""
    a, b = event(1, 4.0, Plane.A), event(2, 1.0, Plane.B)
    clinic.takes(build(report(1, [b, a], [stated(1.0, Plane.B), stated(4.0, Plane.A)])))
    by_plane = {totals.plane: totals.p_ka_gycm2 for totals in clinic.procedure.planes}
    assert by_plane == {Plane.A: 4.0, Plane.B: 1.0}


@pytest.mark.parametrize(("end", "begin"), [(4, 4), (5, 3)], ids=["continued", "overlapping"])
def test_03_reports_that_repeat_one_total_are_one_procedure_and_count_it_once(
    clinics: Iterator[Clinic], end: int, begin: int
) -> None:
    """Continued or overlapping reports with one cumulative total become two studies, and the sum is doubled."""
    total = [stated(TOTAL)]
    objects = [build(report(1, EVENTS[:end], total)), build(report(2, EVENTS[begin:], total))]
    for order, clinic in zip(permutations(objects), clinics, strict=False):
        clinic.takes(*order)
        assert (clinic.case.p_ka_gycm2, clinic.case.ka_r_mgy, clinic.case.events) == (TOTAL, 8 * TOTAL, 8)


def test_04_an_item_without_a_value_costs_no_more_than_itself(clinic: Clinic) -> None:
    """An item without a value raises; half a study stays behind, and the same report again is refused."""
    without = replace(CONFORMING, angles_unknown=True)  # NUM items with a qualifier and no value
    broken = report(1, [event(1, p_ka=None), *EVENTS[1:]], [stated(TOTAL)])
    data = build(broken, without)
    assert clinic.takes(data) == [Outcome.STORED]
    assert clinic.case.p_ka_gycm2 == TOTAL
    assert clinic.case.events == 8
    assert clinic.takes(data) == [Outcome.DUPLICATE]
    assert len(clinic.frame) == 1


def test_05_a_replacement_that_fails_leaves_the_good_report(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cumulative report deletes the study that it replaces; when it then fails itself, both are lost."""
    clinic.takes(build(report(1, EVENTS[:4], [stated(2.5)])))
    whole = build(report(2, EVENTS, [stated(TOTAL)]))
    with monkeypatch.context() as patched:
        patched.setattr("alara.store.saving._insert_parts", _fail)
        with pytest.raises(RuntimeError):
            clinic.takes(whole)
    assert (clinic.case.p_ka_gycm2, clinic.case.reports) == (2.5, 1)
    with pytest.raises(UnreadableReport):
        clinic.takes(whole[: len(whole) // 2])
    assert clinic.case.p_ka_gycm2 == 2.5
    assert clinic.takes(whole) == [Outcome.STORED]
    assert (clinic.case.p_ka_gycm2, clinic.case.reports) == (TOTAL, 2)


class TestFault06:
    """A comma decimal and a missing total are stored as 0, a total in an unknown unit as it is: no error at all."""

    def test_06_a_comma_decimal_is_read_and_told(self, clinic: Clinic) -> None:
        clinic.takes(build(report(1, EVENTS, [stated(TOTAL)]), replace(CONFORMING, decimal_comma=True)))
        assert clinic.case.p_ka_gycm2 == pytest.approx(TOTAL)
        assert FindingCode.COMMA_DECIMAL in clinic.findings

    def test_06_an_unknown_unit_is_no_number_and_told(self, clinic: Clinic) -> None:
        strange = Dialect(p_ka=Unit(Unit.of("Gy.furlong2").code, Decimal(1)))
        clinic.takes(build(report(1, EVENTS, [stated(TOTAL)]), strange))
        assert pd.isna(clinic.case.p_ka_gycm2)
        assert clinic.case.p_ka_basis == "absent"
        assert clinic.case.complete == "no"
        assert {FindingCode.UNKNOWN_UNIT, FindingCode.P_KA_MISSING} <= clinic.findings

    def test_06_a_total_that_is_not_there_is_absent_and_not_zero(self, clinic: Clinic) -> None:
        bare = [replace(one, p_ka=None) for one in EVENTS]
        clinic.takes(build(report(1, bare, [stated(TOTAL, p_ka=None)])))
        assert pd.isna(clinic.case.p_ka_gycm2)
        assert pd.isna(clinic.case.effective_dose_msv)
        assert clinic.case.ka_r_mgy == 8 * TOTAL


def test_07_events_without_accumulated_dose_are_in_the_audit(clinic: Clinic) -> None:
    """Events without an accumulated container are filed under a modality that no list shows."""
    clinic.takes(build(report(1, EVENTS, [])))
    assert (clinic.case.kind, clinic.case.p_ka_gycm2, clinic.case.p_ka_basis) == ("fluoroscopy", TOTAL, "summed")
    assert FindingCode.NO_ACCUMULATED in clinic.findings


def test_08_an_earlier_report_that_comes_late_changes_what_was_summed(clinic: Clinic) -> None:
    """What arrives late does not update the sums that were made before it."""
    clinic.takes(build(report(2, EVENTS[4:], [stated(6.5)])))
    before = clinic.case
    clinic.takes(build(report(1, EVENTS[:4], [stated(2.5)])))
    assert (before.p_ka_gycm2, clinic.case.p_ka_gycm2) == (6.5, TOTAL)
    assert clinic.case.started == before.started - timedelta(minutes=4)


class TestFault09:
    """``201605121011`` is read as 10:01:01, and offsets from UTC are dropped."""

    def test_09_a_time_without_seconds_is_the_full_minute(self, clinic: Clinic) -> None:
        at = Moment(datetime(2024, 10, 12, 10, 11))
        one = report(1, [event(1, started=at)], [stated(1.0)], study_started=at, content_written=at)
        clinic.takes(build(one, replace(CONFORMING, seconds=False)))
        assert clinic.case.started == pd.Timestamp(2024, 10, 12, 10, 11)

    def test_09_the_offset_from_utc_is_kept(self, clinic: Clinic) -> None:
        at = Moment(datetime(2024, 10, 12, 10, 11), -240)
        clinic.takes(build(report(1, [event(1, started=at)], [stated(1.0)], study_started=at, content_written=at)))
        started = clinic.procedure.started
        assert started == at
        assert started.utc == datetime(2024, 10, 12, 14, 11)


def test_10_a_report_without_a_study_uid_is_refused_whole_and_by_name(clinic: Clinic) -> None:
    """A missing Study Instance UID crashes the import and leaves an empty study behind."""
    with pytest.raises(UnreadableReport) as refused:
        clinic.takes(build(report(1, EVENTS, [stated(TOTAL)], study_instance_uid="")))
    assert refused.value.reason is UnreadableReason.NO_STUDY_INSTANCE_UID
    assert clinic.frame.empty
    assert not any(clinic.store.info().rows.values())


def test_11_a_patient_id_cannot_be_found_by_trying_all(clinic: Clinic) -> None:
    """IDs are stored as their plain hash, so that a record number is found by hashing all record numbers."""
    clinic.takes(build(report(1, EVENTS, [stated(TOTAL)]), patient_name="Doe^Jane"))
    clinic.store.close()
    held = clinic.file.read_bytes() + b"".join(path.read_bytes() for path in clinic.file.parent.glob("*-wal"))
    assert clinic.pseudonyms.patient("MRN-0077", SITE).encode() in held
    guesses = ["MRN-0077", f"{SITE}MRN-0077", f"MRN-0077{SITE}", f"patient\0{SITE}\0MRN-0077"]
    for guess in guesses:
        for algorithm in ("md5", "sha1", "sha256", "sha512"):
            assert hashlib.new(algorithm, guess.encode()).hexdigest()[:16].encode() not in held
    assert Pseudonymiser(bytes(32)).patient("MRN-0077", SITE).encode() not in held
    for private in (b"MRN-0077", b"Doe", b"19610701"):
        assert private not in held


def test_12_one_finding_never_silences_another(clinic: Clinic) -> None:
    """Switching one kind of alert on silences another.

    alara has no alerts yet. What they will rest on is here: everything that there is to say of one procedure is said,
    whatever else is said of it.
    """
    rounded = replace(stated(TOTAL), p_ka=KermaAreaProduct(2 * TOTAL), ka_r=AirKerma(0.0), fluoroscopy_time=None)
    clinic.takes(build(report(1, EVENTS, [rounded], complete=False), replace(CONFORMING, template=False)))
    expected = {
        FindingCode.NO_TEMPLATE,
        FindingCode.NOT_FINAL,
        FindingCode.TOTAL_DISAGREES,
        FindingCode.TOTAL_ROUNDED_AWAY,
        FindingCode.TOTAL_MISSING,
    }
    assert expected <= clinic.findings
    assert {code.value for code in expected} <= set(clinic.frame.findings.iloc[0].split())
    assert {code.value for code in expected} <= set(clinic.case.findings.split())


def _fail(*_: object) -> None:
    raise RuntimeError("the disk is full")
