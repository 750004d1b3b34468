"""How the node is: who sends what, what waits or is set aside, and what somebody should see to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from alara._version import __version__
from alara.app.callers import CALLERS_NOTE, Caller, read_callers
from alara.app.running import ask, running_node
from alara.app.silence import silence_of
from alara.config import Config
from alara.errors import DatabaseError, DatabaseMissing, NetworkError, NothingFound, UnreadableReason
from alara.inbox import Inbox
from alara.node_records import Refusal, read_records
from alara.report.status_view import Problem, StatusView, Stranger, UnitRow
from alara.store import DeviceStatus, Store
from alara.words import counted

__all__ = ["status"]


def status(config: Config, *, check: bool = False) -> StatusView:
    """Everything that there is to say at this moment.

    What cannot be asked of the database is said, not raised, so that the inbox still shows.

    Parameters
    ----------
    check
        Also ask a running node whether it answers.

    Raises
    ------
    NothingFound
        When nothing has ever been received here.
    StorageError
        When the inbox cannot be read.
    """
    if not config.inbox_dir.exists():
        raise NothingFound(
            f"Nothing has been received at {config.data_dir} yet.",
            hint="alara listen, or alara import PATH…; another folder: --data-dir.",
        )
    inbox, now = Inbox(config.inbox_dir), datetime.now(UTC)
    counts, waiting, aside = inbox.counts(), inbox.waiting(), inbox.quarantined()
    devices, schema_version, error = _ask_database(config, now, is_new=not counts.kept)
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
        units=tuple(_unit(device, callers, records.refused, now, config.silent_days) for device in devices),
        strangers=tuple(_strangers(devices, callers)),
        schema_version=schema_version,
        database_error=error,
        records=records,
    )
    return _with_problems(view, config, check=check)


def _ask_database(config: Config, now: datetime, *, is_new: bool) -> tuple[list[DeviceStatus], str, str]:
    """The units, the schema's version, and why there is neither; a database that is still to be made is no reason."""
    try:
        with Store.open(config.database_url, create=False) as store:
            return store.status(now), store.schema_version, ""
    except DatabaseMissing as refusal:
        return [], "", "" if is_new else refusal.message
    except DatabaseError as refusal:
        return [], "", refusal.message


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
        refused=sum(row.count for row in refused if _is_of(row, device)),
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


def _with_problems(view: StatusView, config: Config, *, check: bool) -> StatusView:
    return replace(view, problems=tuple(_problems(view, config, check=check)))


def _problems(view: StatusView, config: Config, *, check: bool) -> Iterator[Problem]:
    """What somebody should see to, the most urgent first; what each means is in docs/operations.md."""
    if not view.node.pid:
        yield Problem(kind="node_down", text=view.node.sentence, next=f"alara listen{config.flags}")
    elif check and (silent := _does_not_answer(config, view)):
        yield silent
    if view.free_bytes < config.low_disk_gib * 1024**3:
        yield Problem(
            kind="disk_low",
            text=f"{view.free_bytes / 1024**3:.1f} GiB are free, less than {config.low_disk_gib}.",
            next="Free some, or move the data folder: --data-dir.",
        )
    if view.database_error:
        yield Problem(kind="database", text=view.database_error, next=f"alara doctor{config.flags}")
    if view.oldest_waiting_s > 60 * config.backlog_minutes:
        yield Problem(
            kind="backlog",
            text=f"{counted(view.new, 'object')} {'waits' if view.new == 1 else 'wait'} to be read, the oldest for "
            f"{counted(round(view.oldest_waiting_s / 60), 'minute')}.",
            next=f"alara doctor{config.flags}; the node's log says why ingest waits.",
        )
    if view.quarantined:
        yield Problem(
            kind="quarantine",
            text=f"{counted(view.quarantined, 'object')} {'is' if view.quarantined == 1 else 'are'} in quarantine.",
            next=f"alara quarantine list{config.flags}",
        )
    for unit in view.units:
        if unit.silent_days is not None:
            yield Problem(
                kind="silent",
                text=f"{unit.label} has sent nothing for {counted(unit.silent_days, 'day')}; "
                f"usually no gap is longer than {unit.usual_gap_days}.",
                next="Press verify at the C-arm, and look at its queue of unsent reports.",
            )


def _does_not_answer(config: Config, view: StatusView) -> Problem | None:
    try:
        ask(config, view.node)
    except NetworkError as error:
        return Problem(kind="node_down", text=f"The node does not answer. {error.message}", next=error.hint)
    return None
