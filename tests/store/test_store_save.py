from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from store_reports import (
    START,
    STUDY,
    any_report,
    case_id,
    deliveries,
    digest_of,
    event,
    incoming,
    report,
    stated,
    step,
    stored,
)

from alara.errors import DatabaseError
from alara.findings import Finding, FindingCode
from alara.model import Equipment, Patient, Plane, ReportKind
from alara.quantities import Duration
from alara.store import Outcome, Store
from alara.store.assemble import assemble
from alara.store.rows import stored_form

OCTOBER = (date(2026, 10, 1), date(2026, 11, 1))
EVENTS = [event(n, n / 4) for n in range(1, 9)]
TOTAL = sum(n / 4 for n in range(1, 9))


def rows(store: Store) -> dict[str, int]:
    return store.info().rows


def the_case(store: Store) -> pd.Series:
    frame = store.procedures(*OCTOBER)
    assert len(frame) == 1
    return frame.iloc[0]


# --- once --------------------------------------------------------------------------------------------


def test_a_report_is_stored_with_its_procedure(store: Store):
    assert store.save([incoming(report(1, EVENTS))]) == [Outcome.STORED]
    case = the_case(store)
    assert case.p_ka_gycm2 == TOTAL
    assert case.ka_r_mgy == 4 * TOTAL
    assert case.fluoroscopy_time_s == 2 * TOTAL
    assert case.p_ka_basis == "stated"
    assert (case.planes, case.events, case.reports) == (1, 8, 1)
    assert case.device == "GE OEC Elite · C-ARM-3"


def test_the_same_bytes_again_change_nothing(store: Store):
    item = incoming(report(1, EVENTS))
    store.save([item])
    before = rows(store)
    assert store.save([item]) == [Outcome.DUPLICATE]
    assert store.save([item, item]) == [Outcome.DUPLICATE] * 2
    assert rows(store) == before


def test_the_same_bytes_twice_in_one_batch_are_stored_once(store: Store):
    item = incoming(report(1, EVENTS))
    assert store.save([item, item]) == [Outcome.STORED, Outcome.DUPLICATE]
    assert list(store.report_uids()) == [item.report.sop_instance_uid]


@pytest.mark.parametrize("batches", [1, 2])
def test_the_same_content_in_other_bytes_is_only_remembered(store: Store, batches: int):
    one = incoming(report(1, EVENTS))
    other = replace(one, digest=digest_of(one.report, "implicit little endian"))
    outcomes = store.save([one, other]) if batches == 1 else store.save([one]) + store.save([other])
    assert outcomes == [Outcome.STORED, Outcome.REENCODED]
    assert store.save([other]) == [Outcome.DUPLICATE]
    assert rows(store)["reports"] == rows(store)["copies"] == 1


@pytest.mark.parametrize("batches", [1, 2])
def test_one_uid_with_two_contents_keeps_both_and_says_so(store: Store, batches: int):
    one = incoming(report(1, EVENTS[:4]))
    other = incoming(replace(report(2, EVENTS), sop_instance_uid=one.report.sop_instance_uid))
    outcomes = store.save([one, other]) if batches == 1 else store.save([one]) + store.save([other])
    assert outcomes == [Outcome.STORED, Outcome.CONFLICT]
    case = the_case(store)
    assert case.p_ka_gycm2 == TOTAL
    assert case.findings == "uid_conflict"
    assert case.reports == 2
    assert store.save([one, other]) == [Outcome.DUPLICATE] * 2


def test_one_uid_in_two_studies_marks_both_procedures(store: Store):
    one = incoming(report(1, EVENTS[:4]))
    other = incoming(replace(report(1, EVENTS[4:]), study_instance_uid=f"{STUDY}.77"))
    assert store.save([one]) == [Outcome.STORED]
    assert store.save([other]) == [Outcome.CONFLICT]
    assert list(store.procedures(*OCTOBER).findings) == ["uid_conflict"] * 2


def test_no_reports_are_no_outcomes(store: Store):
    assert store.save([]) == []


# --- all or nothing ----------------------------------------------------------------------------------


def test_a_batch_that_fails_leaves_nothing_behind(store: Store):
    """OpenREM's fourth fault: half a study stayed, and a resend was refused."""
    good, bad = incoming(report(1, EVENTS[:4])), incoming(report(2, EVENTS))
    # The database refuses the report's row, after procedures were already written.
    with pytest.raises(DatabaseError):
        store.save([good, replace(bad, patient_pseudonym=None)])  # type: ignore[arg-type]
    assert set(rows(store).values()) == {0}
    assert store.save([good, bad]) == [Outcome.STORED] * 2
    assert the_case(store).p_ka_gycm2 == TOTAL


def test_a_replacement_that_fails_leaves_the_good_one(store: Store):
    """OpenREM's fifth fault: the good study was deleted before the new one was stored."""
    store.save([incoming(report(1, EVENTS[:4]))])
    before = the_case(store)
    with pytest.raises(DatabaseError):
        store.save([replace(incoming(report(2, EVENTS)), patient_pseudonym=None)])  # type: ignore[arg-type]
    pd.testing.assert_series_equal(the_case(store), before)


# --- assembled ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("batches", [1, 3])
def test_cumulative_reports_are_one_procedure(store: Store, batches: int):
    items = [incoming(report(n, EVENTS[:n])) for n in (8, 3, 5)]
    for batch in [items] if batches == 1 else [[item] for item in items]:
        store.save(batch)
    case = the_case(store)
    assert (case.p_ka_gycm2, case.events, case.reports) == (TOTAL, 8, 3)
    assert rows(store)["events"] == 16
    detail = store.procedure(case.case_id)
    assert detail is not None
    assert sum(len(one.counted) for one in detail.reports) == 8


def test_an_earlier_report_that_comes_late_is_counted(store: Store):
    """OpenREM's eighth fault: a late study did not update the sums."""
    store.save([incoming(report(2, EVENTS[4:]))])
    store.save([incoming(report(1, EVENTS[:4]))])
    case = the_case(store)
    assert case.p_ka_gycm2 == TOTAL
    assert case.started == pd.Timestamp(START + timedelta(minutes=1))


def test_two_planes_in_two_reports_are_both_there(store: Store):
    """OpenREM's first and second fault."""
    store.save([incoming(report(1, [event(1, 4.0, Plane.B)]))])
    store.save([incoming(report(2, [event(2, 1.0, Plane.A)]))])
    case = the_case(store)
    assert (case.p_ka_gycm2, case.planes) == (5, 2)
    detail = store.procedure(case.case_id)
    assert detail is not None
    assert [(one.plane, one.p_ka_gycm2) for one in detail.procedure.planes] == [(Plane.A, 1), (Plane.B, 4)]


def test_dual_use_room_is_two_procedures(store: Store):
    store.save([incoming(report(1, EVENTS[:4])), incoming(report(2, EVENTS[4:], kind=ReportKind.RADIOGRAPHY))])
    assert sorted(store.procedures(*OCTOBER).kind) == ["fluoroscopy", "radiography"]


def test_two_devices_in_one_study_are_two_procedures(store: Store):
    other = replace(report(2, EVENTS[4:]), equipment=Equipment("Ziehm", "Vision", "SN9"))
    store.save([incoming(report(1, EVENTS[:4])), incoming(other)])
    assert sorted(store.procedures(*OCTOBER).manufacturer) == ["GE OEC", "Ziehm"]


def test_a_software_update_does_not_make_another_device(store: Store):
    updated = replace(report(2, EVENTS[4:]), equipment=replace(report(1).equipment, software="2.0"))
    store.save([incoming(report(1, EVENTS[:4]))])
    store.save([incoming(updated)])
    assert the_case(store).p_ka_gycm2 == TOTAL
    assert rows(store)["equipment"] == 2


def test_what_is_not_for_the_audit_is_kept_without_a_procedure(store: Store):
    assert store.save([incoming(report(1, kind=ReportKind.CT))]) == [Outcome.STORED]
    assert rows(store)["reports"] == 1
    assert rows(store)["procedures"] == 0


def test_event_told_twice_counts_as_the_later_says(store: Store):
    store.save([incoming(report(1, EVENTS))])
    store.save([incoming(report(2, [event(1, 3.0), *EVENTS[1:]]))])
    assert "event_conflict" in the_case(store).findings.split()


def test_findings_are_kept_for_the_report_and_its_procedure(store: Store):
    finding = Finding(FindingCode.BAD_AGE, "37Y", "header")
    store.save([incoming(report(1, EVENTS, findings=(finding,), quirks=("ge-age", "ge-offset")))])
    case = the_case(store)
    assert (case.findings, case.quirks) == ("bad_age", "ge-age ge-offset")
    detail = store.procedure(case.case_id)
    assert detail is not None
    assert detail.procedure.findings == (finding,)


# --- what must not be in there, and what cannot ------------------------------------------------------


def test_no_patient_id_is_in_the_database(database_url: str, store: Store):
    store.save([incoming(report(1, EVENTS, patient=Patient(patient_id="MRN-SECRET", sex="M")))])
    store.close()
    if database_url.startswith("sqlite"):
        folder = Path(database_url.removeprefix("sqlite:///")).parent
        assert not [file for file in folder.iterdir() if b"MRN-SECRET" in file.read_bytes()]


def test_operators_are_stored_by_code_alone_and_with_a_late_report_too(database_url: str, store: Store):
    named = [replace(report(n, EVENTS[:n]), operators=("OP-SECRET",)) for n in (1, 2)]
    store.save([replace(incoming(named[0]), operator_codes=("op-a",))])
    (told,) = store.operator_codes(*OCTOBER, site="main").values()
    assert told == ("op-a",)
    store.save([replace(incoming(named[1]), operator_codes=("op-b",))])
    (told,) = store.operator_codes(*OCTOBER, site="main").values()
    assert told == ("op-a", "op-b")
    assert store.operator_codes(*OCTOBER, site="elsewhere") == {}
    store.close()
    if database_url.startswith("sqlite"):
        folder = Path(database_url.removeprefix("sqlite:///")).parent
        assert not [file for file in folder.iterdir() if b"OP-SECRET" in file.read_bytes()]


@pytest.mark.parametrize("name", ["\0\x1b[31m", "\udcff lone", "'); DROP TABLE reports;--", "😀" * 5000, "=1+1"])
def test_any_text_is_stored_inert(store: Store, name: str):
    hostile = report(1, EVENTS, study_description=name, equipment=Equipment(name, name, name, name))
    assert store.save([incoming(hostile)]) == [Outcome.STORED]
    assert the_case(store).study_description == stored_form(hostile).study_description
    reencoded = incoming(hostile, digest=digest_of(hostile, "again"))
    assert store.save([reencoded]) == [Outcome.REENCODED]


def test_numbers_that_no_database_holds_do_not_stop_the_batch(store: Store):
    odd = event(1, pulses=2**70, frames=-(2**70), kvp=float("nan"), tube_current_ma=float("inf"))
    assert store.save([incoming(report(1, [odd]))]) == [Outcome.STORED]
    assert the_case(store).p_ka_gycm2 == 1.0


@pytest.mark.parametrize("amount", [-1.0, float("nan"), float("inf")])
def test_the_database_itself_refuses_an_impossible_dose(database_url: str, store: Store, amount: float):
    if database_url.startswith("sqlite") and amount != amount:
        pytest.skip("SQLite makes NULL of NaN")
    store.save([incoming(report(1, EVENTS))])
    engine = create_engine(database_url)
    with pytest.raises(Exception, match="is_an_amount"), engine.begin() as connection:
        connection.execute(text("UPDATE events SET p_ka_gycm2 = :amount"), {"amount": amount})
    engine.dispose()


# --- the property, through the database ----------------------------------------------------------------


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "empty.sqlite"
    Store.open(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def empty_copy(template: Path, tmp_path: Path) -> Callable[[], str]:
    def make() -> str:
        path = tmp_path / "copy.sqlite"
        for suffix in ("-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        shutil.copyfile(template, path)
        return f"sqlite:///{path}"

    return make


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(deliveries())
def test_any_cut_in_any_order_is_stored_as_the_same_procedure(empty_copy: Callable[[], str], delivery):
    _events, cut, order = delivery
    (expected,) = assemble([stored(stored_form(one)) for one in cut.reports])
    with Store.open(empty_copy(), case_id=case_id) as store:
        for index in order:
            store.save([incoming(cut.reports[index])])
        case = the_case(store)
        detail = store.procedure(case.case_id)
    assert detail is not None
    assert detail.procedure == expected.procedure
    assert detail.accumulated == expected.accumulated
    assert {(one.digest, at) for one in detail.reports for at in one.counted} == expected.counted
    totals = expected.procedure.totals
    assert (case.p_ka_gycm2, case.p_ka_basis) == (totals.p_ka_gycm2, totals.p_ka.basis)
    assert (case.ka_r_mgy, case.ka_r_basis) == (totals.ka_r_mgy, totals.ka_r.basis)
    assert (case.events, case.planes) == (len(expected.procedure.events), len(expected.procedure.planes))


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(any_report(), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_whatever_devices_send_batches_and_order_change_nothing(empty_copy: Callable[[], str], reports, random):
    frames = []
    for batch_size in (len(reports), 1):
        items = [incoming(one) for one in random.sample(reports, len(reports))]
        with Store.open(empty_copy(), case_id=case_id) as store:
            for at in range(0, len(items), batch_size):
                store.save(items[at : at + batch_size])
            frames.append(store.procedures(*OCTOBER))
            for identifier, planes in zip(frames[-1].case_id, frames[-1].planes, strict=True):
                detail = store.procedure(identifier)
                assert detail is not None
                assert len(detail.procedure.planes) == planes
                assert sum(len(one.counted) for one in detail.reports) == len(detail.procedure.events)
    pd.testing.assert_frame_equal(*frames)


def test_fluoroscopy_time_stated_as_acquisition_time_survives_a_second_report(store: Store):
    silent = [event(1, duration=None)]
    zero = stated(1, fluoroscopy_time=Duration(0.0), acquisition_time=Duration(9.7))
    store.save([incoming(report(1, silent, [zero]))])
    assert the_case(store).fluoroscopy_time_s == 9.7
    store.save([incoming(report(2, [event(2)]))])
    assert the_case(store).fluoroscopy_time_s == 2.0


def test_steps_that_add_leave_a_sum_of_parts(store: Store):
    parts = [stated(2.0, p_ka_fluoroscopy=stated(1.5).p_ka), stated(3.0, p_ka_fluoroscopy=stated(2.0).p_ka)]
    store.save([incoming(report(n, (), [part], scope=step(n))) for n, part in enumerate(parts)])
    case = the_case(store)
    assert (case.p_ka_gycm2, case.p_ka_fluoroscopy_gycm2) == (5.0, 3.5)
    assert pd.isna(case.p_ka_acquisition_gycm2)
