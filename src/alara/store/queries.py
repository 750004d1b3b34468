"""What is asked of the database: the audit's frame, the state of each device, one case, and counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

from sqlalchemy import Connection, func, select

from alara.errors import NothingFound
from alara.model import AccumulatedDose, DoseReport, Equipment, Procedure, Provenance
from alara.store import tables
from alara.store.assemble import Assembled, assemble
from alara.store.loading import load_reports
from alara.store.rows import as_utc, from_utc

__all__ = [
    "FRAME",
    "DatabaseInfo",
    "DeviceStatus",
    "ProcedureDetail",
    "ReportDetail",
    "device_label",
    "device_status",
    "extent",
    "last_started",
    "procedure_detail",
    "pseudonym_version",
    "report_uids",
    "row_counts",
    "sites_between",
]

#: As far back as the rhythm of a C-arm is looked at.
_RHYTHM: Final = timedelta(days=182)

_TEXT, _NUMBER, _COUNT, _TIME = "str", "float64", "int64", "datetime64[us]"

#: The columns of the procedures' frame, in order, with their dtypes.
FRAME: Final = {
    "case_id": _TEXT,
    "site": _TEXT,
    "kind": _TEXT,
    "started": _TIME,
    "manufacturer": _TEXT,
    "model": _TEXT,
    "station": _TEXT,
    "device": _TEXT,
    "study_description": _TEXT,
    "performed_procedure_description": _TEXT,
    "requested_procedure_description": _TEXT,
    "protocol_names": _TEXT,
    "procedure_codes": _TEXT,
    "target_regions": _TEXT,
    "lateralities": _TEXT,
    "age_years": _NUMBER,
    "sex": _TEXT,
    "size_m": _NUMBER,
    "weight_kg": _NUMBER,
    "pregnancy_status": _TEXT,
    "p_ka_gycm2": _NUMBER,
    "p_ka_basis": _TEXT,
    "ka_r_mgy": _NUMBER,
    "ka_r_basis": _TEXT,
    "fluoroscopy_time_s": _NUMBER,
    "fluoroscopy_time_basis": _TEXT,
    "p_ka_fluoroscopy_gycm2": _NUMBER,
    "p_ka_acquisition_gycm2": _NUMBER,
    "planes": _COUNT,
    "events": _COUNT,
    "reports": _COUNT,
    "quirks": _TEXT,
    "findings": _TEXT,
}


def last_started(connection: Connection, site: str) -> datetime | None:
    """When the latest procedure of a site started, by the C-arm's clock; ``None`` without any."""
    started = tables.procedures.c.started_local
    return connection.execute(select(func.max(started)).where(tables.procedures.c.site == site)).scalar()


def extent(connection: Connection) -> tuple[date, date, int] | None:
    """The days on which the first and the last procedure started, and how many there are; ``None`` without any."""
    started = tables.procedures.c.started_local
    first, last, count = connection.execute(select(func.min(started), func.max(started), func.count())).one()
    return None if first is None else (first.date(), last.date(), int(count))


def sites_between(connection: Connection, start: date, end: date) -> list[str]:
    """The sites with a procedure that started from ``start`` until before ``end``, sorted."""
    started, site = tables.procedures.c.started_local, tables.procedures.c.site
    wanted = select(site).where(started >= _midnight(start), started < _midnight(end)).distinct().order_by(site)
    return [str(name) for name in connection.execute(wanted).scalars()]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def device_label(manufacturer: str, model: str, station: str) -> str:
    """An X-ray unit in words, such as ``GE OEC Elite · C-ARM-3``."""
    return " · ".join(part for part in (f"{manufacturer} {model}".strip(), station) if part) or "unnamed device"


# --- devices ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """How one X-ray unit's reports come in."""

    label: str
    site: str
    key: str
    sending_aes: tuple[str, ...]
    addresses: tuple[str, ...]
    last_received: datetime
    reports: int
    reports_24h: int
    reports_30d: int
    quirks: tuple[str, ...]
    #: Days (UTC) on which reports came over the network, in the last half year.
    days: tuple[date, ...] = ()


def device_status(connection: Connection, now: datetime) -> list[DeviceStatus]:
    """Each unit that ever sent a report, the most recent first; ``now`` is aware."""
    reports, unit = tables.reports, tables.equipment
    came = reports.c.received_at

    def since(age: timedelta) -> Any:
        return func.count().filter(came > as_utc(now - age))

    by = (
        unit.c.site,
        unit.c.key,
        unit.c.manufacturer,
        unit.c.model,
        unit.c.station,
        reports.c.sending_ae,
        reports.c.address,
        reports.c.quirks,
    )
    groups = connection.execute(
        select(
            *by,
            func.max(came).label("last"),
            func.count().label("all"),
            since(timedelta(hours=24)).label("day"),
            since(timedelta(days=30)).label("month"),
        )
        .join(unit, unit.c.id == reports.c.equipment_id)
        .group_by(*by)
        .order_by(func.max(came).desc(), *by)
    )
    units: dict[tuple[str, str], list[Any]] = {}
    for row in groups:
        units.setdefault((row.site, row.key), []).append(row)
    days = _report_days(connection, now - _RHYTHM)
    return [_device(rows, days.get(unit, ())) for unit, rows in units.items()]


def _report_days(connection: Connection, since: datetime) -> dict[tuple[str, str], tuple[date, ...]]:
    """By site and key of a unit, the days on which it sent; what was imported has no address and does not count."""
    reports, unit = tables.reports, tables.equipment
    day = func.date(reports.c.received_at)
    found = connection.execute(
        select(unit.c.site, unit.c.key, day)
        .join(unit, unit.c.id == reports.c.equipment_id)
        .where(reports.c.received_at > as_utc(since), reports.c.address != "")
        .distinct()
        .order_by(day)
    )
    days: dict[tuple[str, str], tuple[date, ...]] = {}
    for site, key, one in found:
        days[site, key] = (*days.get((site, key), ()), date.fromisoformat(str(one)))
    return days


def _device(rows: list[Any], days: tuple[date, ...]) -> DeviceStatus:
    latest = rows[0]
    return DeviceStatus(
        label=device_label(latest.manufacturer, latest.model, latest.station),
        site=latest.site,
        key=latest.key,
        sending_aes=tuple(sorted({row.sending_ae for row in rows if row.sending_ae})),
        addresses=tuple(sorted({row.address for row in rows if row.address})),
        last_received=from_utc(latest.last),
        reports=sum(row.all for row in rows),
        reports_24h=sum(row.day for row in rows),
        reports_30d=sum(row.month for row in rows),
        quirks=tuple(sorted({quirk for row in rows for quirk in row.quirks.split()})),
        days=days,
    )


# --- one case --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReportDetail:
    """A report of a case as stored, with how it came; ``counted``: positions of its events that count.

    ``gave_way``: another object tells of the same irradiation better, and counts instead.
    """

    digest: str
    received_at: datetime
    provenance: Provenance
    counted: frozenset[int]
    gave_way: bool
    report: DoseReport


@dataclass(frozen=True, slots=True)
class ProcedureDetail:
    """Everything that there is to show of one case; its reports in the order in which they came."""

    case_id: str
    site: str
    device: str
    equipment: Equipment
    patient_pseudonym: str
    procedure: Procedure
    accumulated: tuple[AccumulatedDose, ...]
    reports: tuple[ReportDetail, ...]


def procedure_detail(connection: Connection, case_id: str) -> ProcedureDetail | None:
    """A case by its id: its reports, and the procedure assembled from them again; ``None`` when unknown.

    Raises
    ------
    NothingFound
        When the case has no report, as the made-up rows of ``alara generate``.
    """
    found = select(tables.procedures.c.id).where(tables.procedures.c.case_id == case_id)
    procedure_id = connection.execute(found).scalar()
    if procedure_id is None:
        return None
    loaded = load_reports(connection, tables.reports.c.procedure_id, [procedure_id])
    if not loaded:
        raise NothingFound(
            f"Case {case_id} has no report: alara generate made it up as a row.",
            hint="Its numbers are in procedures.csv; alara generate --reports DIR makes cases that have reports.",
        )
    loaded.sort(key=lambda one: (one.stored.received_at, one.report_id))
    assembled: Assembled = assemble(one.stored for one in loaded)[0]
    equipment = assembled.procedure.equipment
    return ProcedureDetail(
        case_id=case_id,
        site=assembled.site,
        device=device_label(equipment.manufacturer, equipment.model, equipment.station),
        equipment=equipment,
        patient_pseudonym=assembled.patient_pseudonym,
        procedure=assembled.procedure,
        accumulated=assembled.accumulated,
        reports=tuple(
            ReportDetail(
                digest=one.stored.digest,
                received_at=one.stored.received_at,
                provenance=one.provenance,
                counted=one.counted,
                gave_way=one.stored.digest in assembled.given_way,
                report=one.report,
            )
            for one in loaded
        ),
    )


# --- counts ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DatabaseInfo:
    """Where the database is, its schema, and how much it holds; ``size_bytes`` is ``None`` when unknown."""

    database: str
    schema_version: str
    rows: dict[str, int]
    size_bytes: int | None


def row_counts(connection: Connection) -> dict[str, int]:
    """Rows by table."""
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in tables.METADATA.sorted_tables
    }


def pseudonym_version(connection: Connection, site: str) -> str:
    """What stands before the first hyphen of a site's latest patient pseudonym; empty when there is none."""
    word = tables.procedures.c.patient_pseudonym
    wanted = select(word).where(tables.procedures.c.site == site, word != "")
    latest = connection.execute(wanted.order_by(tables.procedures.c.id.desc()).limit(1)).scalar()
    return str(latest).partition("-")[0] if latest else ""


def report_uids(connection: Connection) -> Iterator[str]:
    """Every SOP Instance UID, sorted; once also where two contents share one."""
    uid = tables.reports.c.sop_instance_uid
    wanted = select(uid).distinct().order_by(uid).execution_options(yield_per=1000)
    yield from connection.execute(wanted).scalars()
