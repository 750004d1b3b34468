from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pandas as pd
from store_reports import C_ARM, START, STUDY, event, incoming, report, stated

from alara.model import Code, Equipment, Moment, Patient, Provenance
from alara.quantities import KermaAreaProduct
from alara.store import SCHEMA, Store
from alara.store.queries import FRAME

OCTOBER = (date(2026, 10, 1), date(2026, 11, 1))


def study(number: int, started: datetime = START, **fields):
    uid = f"{STUDY}.{number}"
    first = event(1, uid=f"{uid}.9", started=Moment(started))
    made = report(1, [first], study_instance_uid=uid, sop_instance_uid=f"{uid}.5", started=Moment(started))
    return replace(made, **fields)


# --- the audit's frame -----------------------------------------------------------------------------------


def test_the_frame_has_the_same_columns_and_dtypes_with_and_without_rows(store: Store):
    empty = store.procedures(*OCTOBER)
    store.save([incoming(study(1))])
    full = store.procedures(*OCTOBER)
    assert len(empty) == 0
    assert len(full) == 1
    assert list(full.columns) == list(FRAME)
    assert full.dtypes.to_dict() == empty.dtypes.to_dict()
    assert str(full.dtypes["started"]) == "datetime64[us]"


def test_a_month_holds_what_started_in_it_by_the_c_arms_clock(store: Store):
    edges = [
        datetime(2026, 9, 30, 23, 59, 59, 999999),
        datetime(2026, 10, 1),
        datetime(2026, 10, 31, 23, 59, 59),
        datetime(2026, 11, 1),
    ]
    store.save([incoming(study(n, started)) for n, started in enumerate(edges)])
    assert list(store.procedures(*OCTOBER).started) == [pd.Timestamp(edges[1]), pd.Timestamp(edges[2])]


def test_the_offset_from_utc_does_not_move_a_procedure_to_another_month(store: Store):
    night = datetime(2026, 10, 31, 23, 30)
    moment = Moment(night, -240)
    store.save([incoming(replace(study(1), events=(event(1, started=moment),), started=moment))])
    assert len(store.procedures(*OCTOBER)) == 1


def test_the_frame_can_be_of_one_site(store: Store):
    store.save([incoming(study(1)), incoming(study(2), site="north")])
    assert len(store.procedures(*OCTOBER)) == 2
    assert list(store.procedures(*OCTOBER, site="north").site) == ["north"]


def test_what_is_absent_is_empty_never_zero(store: Store):
    bare = study(1, events=(), accumulated=(), study_description="", patient=Patient(), equipment=Equipment())
    store.save([incoming(bare)])
    case = store.procedures(*OCTOBER).iloc[0]
    for name in ("p_ka_gycm2", "ka_r_mgy", "fluoroscopy_time_s", "age_years", "size_m", "p_ka_fluoroscopy_gycm2"):
        assert pd.isna(case[name]), name
    assert (case.p_ka_basis, case.ka_r_basis, case.fluoroscopy_time_basis) == ("absent",) * 3
    assert (case.study_description, case.sex, case.device) == ("", "", "unnamed device")


def test_codes_texts_and_parts_stand_in_their_columns(store: Store):
    hip, left = Code("24136001", "SCT", "Hip"), Code("7771000", "SCT", "Left")
    made = study(
        1,
        events=(event(1, target_region=hip, laterality=left), event(2, target_region=hip)),
        procedure_codes=(Code("77002", "C4", "x"), Code("20610", "C4")),
        protocol_names=("Hip AP", "Hip oblique"),
        performed_procedure_description="Arthrogram",
        requested_procedure_description="Hip left",
        accumulated=(stated(2.0, p_ka_fluoroscopy=KermaAreaProduct(1.5), p_ka_acquisition=KermaAreaProduct(0.5)),),
        patient=Patient(age_years=71.5, sex="M", size_m=1.7, weight_kg=80.0, pregnancy_status="not pregnant"),
        quirks=("a", "b"),
    )
    store.save([incoming(made)])
    case = store.procedures(*OCTOBER).iloc[0]
    assert case.procedure_codes == "C4:77002 C4:20610"
    assert (case.target_regions, case.lateralities) == ("SCT:24136001", "SCT:7771000")
    assert case.protocol_names == "Hip AP; Hip oblique"
    assert (case.performed_procedure_description, case.requested_procedure_description) == ("Arthrogram", "Hip left")
    assert (case.p_ka_fluoroscopy_gycm2, case.p_ka_acquisition_gycm2) == (1.5, 0.5)
    assert (case.age_years, case.sex, case.size_m, case.weight_kg) == (71.5, "M", 1.7, 80.0)
    assert (case.quirks, case.findings, case.pregnancy_status) == ("a b", "", "not pregnant")


def test_rows_stand_by_start_then_case(store: Store):
    store.save([incoming(study(n, START + timedelta(hours=-n % 3))) for n in range(9)])
    frame = store.procedures(*OCTOBER)
    assert frame.equals(frame.sort_values(["started", "case_id"]).reset_index(drop=True))


# --- one case, devices, counts ---------------------------------------------------------------------------


def test_a_case_shows_its_reports_as_they_came(store: Store):
    store.save([incoming(report(2, [event(2)]), received_at=datetime(2026, 10, 6, 8, tzinfo=UTC))])
    store.save([incoming(report(1, [event(1)]), received_at=datetime(2026, 10, 6, 9, tzinfo=UTC))])
    case = store.procedure(store.procedures(*OCTOBER).case_id[0])
    assert case is not None
    assert [one.report.sop_instance_uid[-1] for one in case.reports] == ["2", "1"]
    assert case.reports[0].provenance == Provenance("CARM3", "ALARA", "10.0.0.3")
    assert (case.site, case.patient_pseudonym, case.device) == ("main", "k-patient", "GE OEC Elite · C-ARM-3")
    assert case.procedure.totals.p_ka_gycm2 == 2


def test_an_unknown_case_is_none(store: Store):
    assert store.procedure("nobody") is None


def test_status_counts_a_days_and_a_months_reports_of_each_device(store: Store):
    now = datetime(2026, 10, 31, tzinfo=UTC)
    ages = [timedelta(hours=1), timedelta(hours=25), timedelta(days=29), timedelta(days=31)]
    items = [incoming(study(n, quirks=("q",)), received_at=now - age) for n, age in enumerate(ages)]
    other = incoming(
        study(9, equipment=replace(C_ARM, serial="SN2", station="C-ARM-4")),
        received_at=now - timedelta(days=2),
        provenance=Provenance("CARM4", "ALARA", "10.0.0.4"),
    )
    updated = incoming(study(10, equipment=replace(C_ARM, software="2")), received_at=now - timedelta(hours=3))
    store.save([*items, other, updated])
    first, second = store.status(now)
    assert (first.label, first.sending_aes, first.addresses) == ("GE OEC Elite · C-ARM-3", ("CARM3",), ("10.0.0.3",))
    assert (first.reports, first.reports_24h, first.reports_30d) == (5, 2, 4)
    assert first.last_received == now - timedelta(hours=1)
    assert first.quirks == ("q",)
    assert (second.label, second.reports_24h, second.reports_30d) == ("GE OEC Elite · C-ARM-4", 0, 1)


def test_info_counts_the_rows_of_every_table(store: Store):
    store.save([incoming(study(1))])
    info = store.info()
    assert info.schema_version == SCHEMA
    assert info.rows["reports"] == info.rows["procedures"] == info.rows["equipment"] == 1
    assert info.rows["planes"] == 2
    assert info.size_bytes


def test_report_uids_are_sorted(store: Store):
    items = [incoming(study(n)) for n in (3, 1, 2)]
    store.save(items)
    assert list(store.report_uids()) == sorted(item.report.sop_instance_uid for item in items)


def test_a_month_is_found_by_an_index(store: Store, database_url: str):
    if not database_url.startswith("sqlite"):
        return
    with store._engine.connect() as connection:
        for condition in ("started_local >= '2026-10-01'", "site = 'main' AND started_local >= '2026-10-01'"):
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN SELECT * FROM procedures WHERE {condition}").all()
            assert "USING INDEX" in plan[0][3]
