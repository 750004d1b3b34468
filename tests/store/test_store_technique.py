from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

import pandas as pd
import pytest
from store_reports import C_ARM, STUDY, event, incoming, report

from alara.model import EventType, IrradiationEvent, Moment, ReportKind
from alara.store import Store
from alara.store.technique import TECHNIQUE

OCTOBER = (date(2026, 10, 1), date(2026, 11, 1))


def study(number: int, day: datetime, *events: IrradiationEvent, **fields):
    uid = f"{STUDY}.{number}"
    own = [replace(one, uid=f"{uid}.9.{n}", started=Moment(day)) for n, one in enumerate(events or (event(1),))]
    made = report(1, own, study_instance_uid=uid, sop_instance_uid=f"{uid}.5", started=Moment(day))
    return replace(made, **fields)


def test_pulse_rate_is_weighted_by_duration_and_acquisitions_do_not_count(store: Store):
    slow = event(1, 1.0, fluoro_mode="pulsed", pulse_rate_per_s=5.0)
    fast = event(2, 3.0, fluoro_mode="pulsed", pulse_rate_per_s=15.0)
    still = event(3, 8.0, type=EventType.STATIONARY_ACQUISITION, pulse_rate_per_s=1.0)
    store.save([incoming(study(1, datetime(2026, 10, 5), slow, fast, still))])
    (row,) = store.technique(*OCTOBER, site="main").to_dict("records")
    assert row["pulse_rate_per_s"] == pytest.approx((5 * 2 + 15 * 6) / 8)
    assert row["continuous_share"] == 0.0
    assert row["patient_pseudonym"] == "k-patient"


def test_the_share_of_continuous_time_is_of_the_time_whose_mode_is_known(store: Store):
    modes = ((1, 1.0, "continuous"), (2, 3.0, "pulsed"), (3, 4.0, ""))
    events = [event(n, dose, fluoro_mode=mode) for n, dose, mode in modes]
    store.save([incoming(study(1, datetime(2026, 10, 5), *events))])
    (row,) = store.technique(*OCTOBER, site="main").to_dict("records")
    assert row["continuous_share"] == pytest.approx(0.25)
    assert pd.isna(row["pulse_rate_per_s"])


def test_a_case_whose_events_say_nothing_has_a_row_and_another_site_has_none(store: Store):
    store.save([incoming(study(1, datetime(2026, 10, 5))), incoming(study(2, datetime(2026, 10, 6)), site="other")])
    frame = store.technique(*OCTOBER, site="main")
    assert len(frame) == 1
    assert frame[["pulse_rate_per_s", "continuous_share"]].isna().all().all()
    empty = store.technique(*OCTOBER, site="nowhere")
    assert empty.dtypes.to_dict() == frame.dtypes.to_dict()
    assert list(empty.columns) == list(TECHNIQUE)


def test_who_came_before_is_of_the_patients_of_the_period_alone(store: Store):
    store.save(
        [
            incoming(study(1, datetime(2026, 9, 20)), patient_pseudonym="p1"),
            incoming(study(2, datetime(2026, 9, 21)), patient_pseudonym="p2"),
            incoming(study(3, datetime(2026, 7, 1)), patient_pseudonym="p1"),
            incoming(study(4, datetime(2026, 9, 22), kind=ReportKind.RADIOGRAPHY), patient_pseudonym="p1"),
            incoming(study(5, datetime(2026, 10, 5)), patient_pseudonym="p1"),
            incoming(study(6, datetime(2026, 9, 23)), patient_pseudonym=""),
            incoming(study(7, datetime(2026, 10, 6)), patient_pseudonym=""),
        ]
    )
    before = store.seen_before(date(2026, 8, 2), *OCTOBER, site="main")
    assert before["started"].tolist() == [pd.Timestamp(2026, 9, 20)]
    assert before["study_description"].tolist() == ["Hip injection"]
    assert store.seen_before(date(2026, 8, 2), *OCTOBER, site="nowhere").dtypes["started"] == "datetime64[us]"


def test_busy_days_are_each_once_and_in_order_by_unit(store: Store):
    other = replace(C_ARM, serial="SN2", station="C-ARM-4")
    days = (datetime(2026, 10, 7, 8), datetime(2026, 10, 5, 9), datetime(2026, 10, 5, 15))
    store.save([incoming(study(n, day)) for n, day in enumerate(days)])
    store.save([incoming(study(9, datetime(2026, 10, 6), equipment=other))])
    assert store.busy_days(*OCTOBER, site="main") == {
        "GE OEC Elite · C-ARM-3": (date(2026, 10, 5), date(2026, 10, 7)),
        "GE OEC Elite · C-ARM-4": (date(2026, 10, 6),),
    }
