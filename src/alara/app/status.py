"""How the node is: who sends what, what waits or is set aside, and what somebody should see to."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from alara._version import __version__
from alara.app.callers import CALLERS_NOTE, Caller, read_callers
from alara.app.problems import problems
from alara.app.running import running_node
from alara.app.silence import silence_of
from alara.config import Config
from alara.errors import DatabaseError, DatabaseMissing, NothingFound, UnreadableReason
from alara.inbox import Inbox
from alara.node_records import Refusal, read_records
from alara.report.status_view import NodeRow, StatusView, Stranger, UnitRow
from alara.store import DeviceStatus, Store

__all__ = ["status"]


def status(config: Config, *, check: bool = False) -> StatusView:
    """Everything that there is to say at this moment.

    What cannot be asked of the database is said, not raised, so that the inbox still shows.

    Parameters
    ----------
    check
        Also ask a running node whether it answers and can store; that nothing was ever received is then a problem.

    Raises
    ------
    NothingFound
        When nothing has ever been received here, and nothing is checked.
    StorageError
        When the inbox cannot be read.
    """
    if not config.inbox_dir.exists() and check:
        empty = _nothing(config)
        return replace(empty, problems=tuple(problems(empty, config, check=True)))
    if not config.inbox_dir.exists():
        raise NothingFound(
            f"Nothing has been received at {config.data_dir} yet.",
            hint="alara listen, or alara import PATH…; another folder: --data-dir.",
        )
    inbox, now = Inbox(config.inbox_dir), datetime.now(UTC)
    counts, waiting, aside = inbox.counts(), inbox.waiting(), inbox.quarantined()
    told = _ask_database(config, now, is_new=not counts.kept, count=check)
    callers = read_callers(config.data_dir / CALLERS_NOTE)
    records = read_records(config.node_dir)
    by_reason = Counter(one.reason for one in aside)
    view = StatusView(
        at=now,
        site=config.site,
        version=__version__,
        node=running_node(config, inbox),
        new=counts.new,
        oldest_waiting_s=waiting.oldest_s,
        kept=counts.kept,
        quarantined=counts.quarantined,
        free_bytes=counts.free_bytes,
        quarantine=tuple(
            {"digest": one.digest, "reason": one.reason.value, "detail": one.detail, "since": one.since.isoformat()}
            for one in aside
        ),
        reasons={reason.value: (by_reason[reason], reason.words) for reason in UnreadableReason if by_reason[reason]},
        units=tuple(_unit(device, callers, records.refused, now, config.silent_days) for device in told.devices),
        strangers=tuple(_strangers(told.devices, callers)),
        schema_version=told.schema_version,
        database_error=told.error,
        not_in_database=None if told.objects is None else max(0, counts.kept - told.objects),
        records=records,
    )
    return replace(view, problems=tuple(problems(view, config, check=check)))


def _nothing(config: Config) -> StatusView:
    """What there is to say where there is no inbox: nothing was received, or its disk is not there."""
    folder = next(path for path in (config.data_dir, *config.data_dir.absolute().parents) if path.is_dir())
    return StatusView(
        at=datetime.now(UTC),
        site=config.site,
        version=__version__,
        node=NodeRow(),
        new=0,
        oldest_waiting_s=0.0,
        kept=0,
        quarantined=0,
        free_bytes=shutil.disk_usage(folder).free,
        has_inbox=False,
    )


@dataclass(frozen=True, slots=True)
class _Told:
    """What the database says: its units, the objects that it knows where these were counted, or why it says nothing."""

    devices: Sequence[DeviceStatus] = ()
    objects: int | None = None
    schema_version: str = ""
    error: str = ""


def _ask_database(config: Config, now: datetime, *, is_new: bool, count: bool) -> _Told:
    """What the database says; one that is still to be made is no error."""
    try:
        with Store.open(config.database_url, create=False) as store:
            rows = store.info().rows if count else {}
            objects = rows["reports"] + rows["copies"] if count else None
            return _Told(store.status(now), objects, store.schema_version)
    except DatabaseMissing as refusal:
        return _Told(error="" if is_new else refusal.message)
    except DatabaseError as refusal:
        return _Told(error=refusal.message)


def _unit(
    device: DeviceStatus, callers: Sequence[Caller], refused: Sequence[Refusal], now: datetime, silent_days: int
) -> UnitRow:
    own = [caller for caller in callers if _is_of(caller, device)]
    silence = silence_of(device.days, now.date(), silent_days)
    return UnitRow(
        label=device.label,
        site=device.site,
        key=device.key,
        sending_aes=device.sending_aes,
        addresses=device.addresses,
        last_echo=_time(max((caller.last_echo for caller in own), default="")),
        last_received=device.last_received,
        reports=device.reports,
        reports_24h=device.reports_24h,
        reports_30d=device.reports_30d,
        quirks=device.quirks,
        refused=sum(row.count for row in refused if not row.admitted and _is_of(row, device)),
        silent_days=silence.days if silence else None,
        usual_gap_days=silence.usual_days if silence else None,
    )


def _is_of(caller: Caller | Refusal, device: DeviceStatus) -> bool:
    return caller.calling in device.sending_aes and caller.address in device.addresses


def _strangers(devices: Sequence[DeviceStatus], callers: Sequence[Caller]) -> Iterator[Stranger]:
    for caller in callers:
        if not any(_is_of(caller, device) for device in devices):
            yield Stranger(
                calling=caller.calling,
                address=caller.address,
                last_seen=_time(caller.last_seen),
                last_echo=_time(caller.last_echo),
                objects=caller.objects,
            )


def _time(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
