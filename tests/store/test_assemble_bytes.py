"""Any cut of a procedure, as real bytes through the reader into a database, in any order, always the same."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_reports import (
    MANNERS,
    START,
    any_report,
    case_id,
    event,
    procedures,
    report,
    stated,
    steps_without_events,
    sums,
)

from alara.findings import FindingCode
from alara.model import (
    Basis,
    Code,
    DoseReport,
    Equipment,
    EventType,
    IrradiationEvent,
    Plane,
    Provenance,
    ReportKind,
)
from alara.sr import read_bytes
from alara.sr.build import CONFORMING, build
from alara.store import Incoming, ProcedureDetail, Store

OCTOBER = (date(2026, 10, 1), date(2026, 11, 1))
OTHER = Equipment("Ziehm", "Vision", "SN9", "C-ARM-9")
RADIOGRAPHY = replace(CONFORMING, device_type=Code("113958", "DCM", "Integrated Projection Radiography System"))
Bytes = tuple[bytes, ...]


# --- how a procedure becomes objects -----------------------------------------------------------------


def dual_room(events: list[IrradiationEvent], draw: Any) -> tuple[DoseReport, ...]:
    """The same room: a radiography report of single exposures beside the fluoroscopy report."""
    exposures = [
        replace(one, uid=f"{one.uid}.1", type=EventType.STATIONARY_ACQUISITION, duration=None) for one in events
    ]
    totals = [replace(dose, fluoroscopy_time=None) for dose in sums(exposures)]
    return report(1, events), report(2, exposures, totals, kind=ReportKind.RADIOGRAPHY)


def exposure_first(events: list[IrradiationEvent], draw: Any) -> tuple[DoseReport, ...]:
    """The same room: its first event alone, an exposure, as radiography, and a later report that repeats it."""
    exposure = replace(events[0], type=EventType.STATIONARY_ACQUISITION, duration=None)
    totals = [replace(dose, fluoroscopy_time=None) for dose in sums([exposure])]
    return report(1, [exposure], totals, kind=ReportKind.RADIOGRAPHY), report(2, [exposure, *events[1:]])


def two_devices(events: list[IrradiationEvent], draw: Any) -> tuple[DoseReport, ...]:
    other = [replace(one, uid=f"{one.uid}.2") for one in events]
    return report(1, events), report(2, other, equipment=OTHER)


def replaced(events: list[IrradiationEvent], draw: Any) -> tuple[DoseReport, ...]:
    """The same events with other totals first."""
    wrong = [stated(draw(st.integers(0, 640)) / 64, dose.plane) for dose in sums(events)]
    return report(1, events, wrong), report(2, events)


def late_earlier(events: list[IrradiationEvent], draw: Any) -> tuple[DoseReport, ...]:
    return report(1, events[: (len(events) + 1) // 2]), report(2, events)


def repeating_a_total_above_its_events(events: list[IrradiationEvent], draw: Any) -> tuple[DoseReport, ...]:
    """Two halves that repeat one total a sixth above the sum of the events, as biplane units of one make do."""
    totals = [stated(1.16 * (dose.p_ka.amount if dose.p_ka else 0.0), dose.plane) for dose in sums(events)]
    half = len(events) // 2
    return report(1, events[:half], totals), report(2, events[half:], totals)


def cut(manner: Any) -> Callable[[list[IrradiationEvent], Any], tuple[DoseReport, ...]]:
    """A manner of ``store_reports`` as its reports alone."""
    return lambda events, draw: manner(events, draw).reports


SHARED = tuple(cut(manner) for manner in (*MANNERS, steps_without_events))
HERE = (dual_room, exposure_first, two_devices, replaced, late_earlier, repeating_a_total_above_its_events)


def as_objects(reports: Sequence[DoseReport]) -> Bytes:
    return tuple(build(one, RADIOGRAPHY if one.kind is ReportKind.RADIOGRAPHY else CONFORMING) for one in reports)


@st.composite
def deliveries(draw: st.DrawFn) -> tuple[list[IrradiationEvent], Bytes, list[list[int]]]:
    """A procedure, its objects, and batches of them in some order, with repeats."""
    events = draw(procedures())
    objects = as_objects(draw(st.sampled_from((*SHARED, *HERE)))(events, draw))
    return events, objects, draw(batches(len(objects)))


@st.composite
def batches(draw: st.DrawFn, count: int) -> list[list[int]]:
    order = draw(st.permutations([*range(count), *draw(st.lists(st.integers(0, count - 1), max_size=3))]))
    cuts = sorted({0, *draw(st.lists(st.integers(0, len(order)), max_size=4)), len(order)})
    return [order[low:high] for low, high in pairwise(cuts)]


# --- and what becomes of them ------------------------------------------------------------------------


def incoming(data: bytes) -> Incoming:
    digest = hashlib.sha256(data).hexdigest()
    came = datetime(2026, 10, 6, tzinfo=UTC)
    return Incoming(digest, read_bytes(data), Provenance("CARM3", "ALARA", "10.0.0.3"), came, "main", "k-patient")


def outcome(url: str, batches: Sequence[Sequence[bytes]]) -> tuple[pd.DataFrame, list[Any]]:
    """The frame of procedures, and of each all that the database can say, but for the order of arrival."""
    with Store.open(url, case_id=case_id) as store:
        for batch in batches:
            store.save([incoming(data) for data in batch])
        frame = store.procedures(*OCTOBER)
        details = [store.procedure(identifier) for identifier in frame.case_id]
        return frame, [_said(detail) for detail in details if detail is not None]


def _said(detail: ProcedureDetail) -> Any:
    reports = {(one.digest, one.counted, one.report) for one in detail.reports}
    return detail.procedure, detail.accumulated, detail.site, detail.patient_pseudonym, reports


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("bytes") / "empty.sqlite"
    Store.open(f"sqlite:///{path}", case_id=case_id).close()
    return path


@pytest.fixture(scope="module")
def new_url(empty: Path) -> Callable[[], str]:
    """A database of its own for each example."""
    made: list[Path] = []

    def make() -> str:
        made.append(empty.with_name(f"{len(made)}.sqlite"))
        shutil.copy(empty, made[-1])
        return f"sqlite:///{made[-1]}"

    return make


def _always_the_same(new_url: Callable[[], str], objects: Bytes, order: list[list[int]]) -> pd.DataFrame:
    expected, expected_details = outcome(new_url(), [objects])
    frame, details = outcome(new_url(), [[objects[index] for index in batch] for batch in order])
    pd.testing.assert_frame_equal(frame, expected)
    assert details == expected_details
    return frame


@settings(max_examples=15, deadline=None)
@given(deliveries())
def test_bytes_in_any_order_are_the_same_procedures(new_url: Callable[[], str], delivery: Any) -> None:
    events, objects, order = delivery
    frame = _always_the_same(new_url, objects, order)
    assert frame.events.max() in (0, len(events))


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(deliveries())
def test_bytes_in_any_order_are_the_same_procedures_at_length(new_url: Callable[[], str], delivery: Any) -> None:
    _, objects, order = delivery
    _always_the_same(new_url, objects, order)


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(st.lists(any_report(), min_size=1, max_size=6), st.data())
def test_whatever_devices_send_as_bytes_order_changes_nothing(
    new_url: Callable[[], str], reports: list[DoseReport], data: st.DataObject
) -> None:
    objects = as_objects(reports)
    _always_the_same(new_url, objects, data.draw(batches(len(objects))))


@pytest.mark.parametrize("manner", SHARED, ids=[manner.__name__ for manner in (*MANNERS, steps_without_events)])
@settings(max_examples=3, deadline=None)
@given(events=procedures(), data=st.data())
def test_each_manner_gives_the_dose_of_the_uncut_procedure(
    new_url: Callable[[], str], manner: Any, events: list[IrradiationEvent], data: st.DataObject
) -> None:
    objects = as_objects(manner(events, data.draw))
    frame, _ = outcome(new_url(), [objects])
    whole, _ = outcome(new_url(), [as_objects([report(1, events)])])
    for column in ("p_ka_gycm2", "ka_r_mgy"):
        assert frame[column].iloc[0] == pytest.approx(whole[column].iloc[0], rel=1e-12), column


# --- the manners that are only here, one by one -------------------------------------------------------

EVENTS = [event(n, n / 4) for n in range(1, 9)]
TOTAL = sum(n / 4 for n in range(1, 9))


def test_a_dual_room_is_a_procedure_of_each_kind(new_url: Callable[[], str]) -> None:
    frame, _ = outcome(new_url(), [as_objects(dual_room(EVENTS, None))])
    assert dict(zip(frame.kind, frame.p_ka_gycm2, strict=True)) == {"fluoroscopy": TOTAL, "radiography": TOTAL}


def test_an_exposure_that_is_repeated_beside_fluoroscopy_counts_once(new_url: Callable[[], str]) -> None:
    frame = _always_the_same(new_url, as_objects(exposure_first(EVENTS, None)), [[0], [1]])
    assert dict(zip(frame.kind, frame.p_ka_gycm2, strict=True)) == {"fluoroscopy": TOTAL}


def test_two_devices_are_two_procedures(new_url: Callable[[], str]) -> None:
    frame, _ = outcome(new_url(), [as_objects(two_devices(EVENTS, None))])
    assert sorted(frame.device) == ["GE OEC Elite · C-ARM-3", "Ziehm Vision · C-ARM-9"]
    assert list(frame.p_ka_gycm2) == [TOTAL, TOTAL]


def test_a_replaced_report_is_used_as_it_was_last_and_told(new_url: Callable[[], str]) -> None:
    objects = as_objects([report(1, EVENTS, [stated(5)]), report(2, EVENTS)])
    for order in ([[0, 1]], [[0], [1]], [[1], [0], [1]]):
        frame = _always_the_same(new_url, objects, order)
        assert list(frame.p_ka_gycm2) == [TOTAL]
        assert FindingCode.TOTAL_DISAGREES in frame.findings.iloc[0]


def test_an_earlier_report_that_comes_late_moves_the_start(new_url: Callable[[], str]) -> None:
    first, second = as_objects([report(1, EVENTS[:4]), report(2, EVENTS[4:])])
    frame, _ = outcome(new_url(), [[second], [first]])
    assert frame.started.iloc[0] == pd.Timestamp(START) + pd.Timedelta(minutes=1)
    assert list(frame.p_ka_gycm2) == [TOTAL]


def test_a_repeated_total_above_its_events_counts_once(new_url: Callable[[], str]) -> None:
    objects = as_objects(repeating_a_total_above_its_events(EVENTS, None))
    frame = _always_the_same(new_url, objects, [[1], [0]])
    assert list(frame.p_ka_gycm2) == [pytest.approx(1.16 * TOTAL)]
    assert list(frame.p_ka_basis) == [Basis.STATED.value]


def test_planes_of_two_reports_stay_apart(new_url: Callable[[], str]) -> None:
    a, b = [event(1, 1.0, Plane.A)], [event(2, 4.0, Plane.B)]
    _, ((procedure, *_),) = outcome(new_url(), [as_objects([report(1, b)]), as_objects([report(2, a)])])
    assert [(totals.plane, totals.p_ka_gycm2) for totals in procedure.planes] == [(Plane.A, 1.0), (Plane.B, 4.0)]
