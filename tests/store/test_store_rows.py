"""What is written is read back equal: every field of every model value."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine
from store_reports import case_id, incoming

from alara.findings import Finding, FindingCode
from alara.model import (
    AccumulatedDose,
    Calibration,
    Code,
    Device,
    DoseReport,
    EndPosition,
    Equipment,
    EventDetails,
    EventType,
    Filter,
    IrradiationEvent,
    IsocenterPosition,
    Moment,
    Patient,
    Plane,
    ReferencePoint,
    ReportKind,
    Scope,
    ScopeKind,
)
from alara.quantities import AirKerma, Area, Duration, KermaAreaProduct
from alara.store import Store, tables
from alara.store.loading import load_reports
from alara.store.rows import accumulated_rows, as_utc, clean_text, event_row, from_utc, stored_form

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
amounts = st.floats(0, 1e200).map(abs)
# SQLite keeps no sign of zero; nothing here has one either.
numbers = st.none() | st.floats(-1e9, 1e9).map(lambda number: number or 0.0)
counts = st.none() | st.integers(0, 2**40)
moments = st.none() | st.builds(
    Moment, st.datetimes(datetime(1990, 1, 1), datetime(2999, 1, 1)), st.none() | st.integers(-720, 840)
)
code = st.builds(Code, texts, texts, texts)
codes = st.none() | code
reference_points = st.none() | st.builds(ReferencePoint, codes, texts, numbers)


def maybe(quantity):
    return st.none() | st.builds(quantity, amounts)


yes_or_no = st.none() | st.booleans()
_BY_TYPE = {
    "str": texts,
    "float | None": numbers,
    "bool | None": yes_or_no,
    "Moment | None": moments,
    "Code | None": codes,
}


def some(kind):
    """Values of a part of the model whose fields are plain."""
    return st.builds(kind, *(_BY_TYPE[str(f.type)] for f in fields(kind)))


_BY_FIELD = {
    "details": st.none() | some(EventDetails),
    "end": st.none() | some(EndPosition),
    "isocenter": st.none() | some(IsocenterPosition),
    "p_ka": maybe(KermaAreaProduct),
    "ka_r": maybe(AirKerma),
    "duration": maybe(Duration),
    "field_area": maybe(Area),
    "pulses": counts,
    "frames": counts,
    "filters": st.lists(st.builds(Filter, texts, numbers, numbers), max_size=2).map(tuple),
    "reference_point": reference_points,
    "uid": texts,
}
events = st.builds(
    IrradiationEvent,
    plane=st.sampled_from(Plane),
    type=st.sampled_from(EventType),
    **{
        f.name: _BY_FIELD[f.name] if f.name in _BY_FIELD else _BY_TYPE[str(f.type)]
        for f in fields(IrradiationEvent)
        if f.name not in ("plane", "type")
    },
)
accumulated = st.builds(
    AccumulatedDose,
    plane=st.sampled_from(Plane),
    p_ka=maybe(KermaAreaProduct),
    p_ka_fluoroscopy=maybe(KermaAreaProduct),
    p_ka_acquisition=maybe(KermaAreaProduct),
    ka_r=maybe(AirKerma),
    ka_r_fluoroscopy=maybe(AirKerma),
    ka_r_acquisition=maybe(AirKerma),
    fluoroscopy_time=maybe(Duration),
    acquisition_time=maybe(Duration),
    radiographic_frames=counts,
    reference_point=reference_points,
    exposures=counts,
    detector_type=texts,
    calibrations=st.lists(some(Calibration), max_size=2).map(tuple),
)
reports = st.builds(
    DoseReport,
    sop_class_uid=texts,
    sop_instance_uid=texts,
    study_instance_uid=texts,
    kind=st.sampled_from(ReportKind),
    equipment=st.builds(Equipment, *[texts] * len(fields(Equipment))),
    patient=st.builds(
        Patient,
        patient_id=texts,
        birth_year=st.none() | st.integers(1900, 2026),
        age_years=numbers,
        sex=texts,
        size_m=numbers,
        weight_kg=numbers,
        pregnancy_status=texts,
    ),
    study_started=moments,
    content_written=moments,
    study_description=texts,
    performed_procedure_description=texts,
    requested_procedure_description=texts,
    protocol_names=st.lists(texts, max_size=2).map(tuple),
    procedure_codes=st.lists(code, max_size=2).map(tuple),
    procedure_reported=codes,
    intent=codes,
    scope=st.builds(Scope, st.sampled_from(ScopeKind), texts),
    sources_of_dose=st.lists(code, max_size=2).map(tuple),
    person_roles=st.lists(code, max_size=2).map(tuple),
    operators=st.lists(texts, max_size=2).map(tuple),
    devices=st.lists(some(Device), max_size=2).map(tuple),
    device_type=texts,
    detector_data_available=yes_or_no,
    source_data_available=yes_or_no,
    mechanical_data_available=yes_or_no,
    complete=yes_or_no,
    accumulated=st.lists(accumulated, max_size=2).map(tuple),
    events=st.lists(events, max_size=2).map(tuple),
    started=moments,
    ended=moments,
    quirks=st.lists(st.from_regex(r"[a-z-]{1,9}", fullmatch=True), max_size=2).map(tuple),
    findings=st.lists(st.builds(Finding, st.sampled_from(FindingCode), texts, texts), max_size=2).map(tuple),
)


def meanings(value: object) -> str:
    """Everything that a report says, code meanings too, which do not take part in equality."""
    return json.dumps(dataclasses.asdict(value), default=str)  # type: ignore[call-overload]


@given(reports)
def test_stored_form_keeps_everything_but_the_patient_id_the_operators_and_the_totals(report: DoseReport):
    form = stored_form(report)
    nobody = replace(report, patient=replace(report.patient, patient_id=""), operators=())
    assert form == nobody
    assert meanings(form) == meanings(nobody)
    assert stored_form(form) == form


@settings(max_examples=15, deadline=None)
@given(st.lists(reports, min_size=1, max_size=4, unique_by=lambda report: report.sop_instance_uid))
def test_what_comes_back_from_the_database_is_the_stored_form(tmp_path_factory, made: list[DoseReport]):
    url = f"sqlite:///{tmp_path_factory.mktemp('rows') / 'alara.sqlite'}"
    with Store.open(url, case_id=case_id) as store:
        store.save([incoming(report) for report in made])
    engine = create_engine(url)
    with engine.connect() as connection:
        loaded = load_reports(
            connection, tables.reports.c.sop_instance_uid, [report.sop_instance_uid for report in made]
        )
    engine.dispose()
    assert {one.report.sop_instance_uid: meanings(one.report) for one in loaded} == {
        report.sop_instance_uid: meanings(stored_form(report)) for report in made
    }


def test_every_field_of_the_model_has_a_column():
    some = DoseReport("1", "1", "1", ReportKind.FLUOROSCOPY, accumulated=(AccumulatedDose(),))
    ours = {"position", "report_id", "counted"}
    assert set(event_row(IrradiationEvent("1"), 0)) | ours == set(tables.events.c.keys())
    assert set(accumulated_rows(some)[0]) | ours - {"counted"} == set(tables.accumulated.c.keys())


def test_times_of_arrival_are_utc_in_the_database():
    summer = datetime(2026, 7, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    assert as_utc(summer) == datetime(2026, 7, 1, 10)
    assert from_utc(as_utc(summer)) == summer
    assert from_utc(as_utc(summer)).tzinfo is UTC


def test_text_that_no_database_holds_is_marked():
    assert clean_text("a\0b") == "a\ufffdb"
    assert clean_text("a\udc80b").encode()
    assert clean_text("Füße 腰椎") == "Füße 腰椎"
