"""``alara quarantine``: what was acknowledged and cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import click

from alara.cli.options import as_json, command, console, echo_json, with_config
from alara.cli.wrong_use import Group
from alara.config import Config
from alara.logs import plain

if TYPE_CHECKING:
    from alara.app.quarantine import Aside, Closer

F = TypeVar("F", bound=Callable[..., Any])

#: As many characters of a digest as are shown in a list.
_SHOWN = 12


@click.group("quarantine", cls=Group, epilog="Example: alara quarantine list")
def quarantine_command() -> None:
    """What could not be read: list, show, retry, drop."""


def _chosen(function: F) -> F:
    """Objects by the beginnings of their digests, by reason, or all."""
    for decorate in (
        click.option("--all", "everything", is_flag=True, help="All that is in quarantine."),
        click.option("--reason", default="", metavar="REASON", help="All that are there for one reason."),
        click.argument("digests", nargs=-1, metavar="[DIGEST]…"),
    ):
        function = decorate(function)
    return function


@command("list", "alara quarantine list")
@with_config("data_dir")
@as_json
def list_command(config: Config, json_output: bool) -> None:
    """List what is in quarantine, in order of arrival."""
    from alara.app.quarantine import aside

    found = aside(config)
    if json_output:
        echo_json([one.as_dict() for one in found])
        return
    for one in found:
        click.echo(_line(one))
    for reason, count in sorted(Counter(one.reason for one in found).items()):
        click.echo(f"{count} x {reason.value}: {reason.words}")
    if found:
        click.echo(config.here("One of them: alara quarantine show DIGEST"))
    else:
        click.echo("Nothing is in quarantine.")


def _line(one: Aside) -> str:
    sender, received = _sender(one), f"{one.received_at:%Y-%m-%d %H:%M}"
    if one.first is not None:
        sender = f"{_first_sender(one)}; again {received} {sender}"
        received = f"{one.first.received_at:%Y-%m-%d %H:%M}"
    return f"{one.digest[:_SHOWN]}  {received}  {one.size_bytes:>9}  {one.reason.value:<27}  {sender}"


@command("show", "alara quarantine show 3fa9c1d20b44")
@click.argument("digest")
@with_config("data_dir")
@as_json
def show_command(config: Config, digest: str, json_output: bool) -> None:
    """Show one object: why it is there, who sent it, and what reading it now gives.

    DIGEST is its beginning, as in the list. Nothing is changed.
    """
    from alara.app.quarantine import closer

    with console(stderr=True).status("Reading …"):
        found = closer(config, digest)
    if json_output:
        echo_json(found.as_dict())
        return
    one = found.aside
    now = (
        f"{found.finding_count} findings: it would become a report"
        if found.reason_now is None
        else found.reason_now.words
    )
    for label, value in (
        ("Digest", one.digest),
        ("Reason", f"{one.reason.value}: {one.reason.words}"),
        ("Detail", plain(one.detail).strip('"')),
        ("Received", f"{one.received_at:%Y-%m-%d %H:%M:%S} UTC, set aside {one.since:%Y-%m-%d %H:%M:%S} UTC"),
        ("Size", f"{one.size_bytes} bytes"),
        ("Sent by", _sender(one)),
        ("First", f"{one.first.received_at:%Y-%m-%d %H:%M:%S} UTC, by {_first_sender(one)}" if one.first else ""),
        ("SOP class", plain(one.meta.sop_class_uid)),
        ("Syntax", plain(one.meta.transfer_syntax_uid)),
        ("Read now", f"{now} {plain(found.detail_now)}".strip()),
    ):
        if value:
            click.echo(f"{label:<10} {value}")
    for finding in found.findings:
        click.echo(f"{'':<10} {plain(finding)}")
    for line in _what_to_do(found):
        click.echo(config.here(line))


def _sender(one: Aside) -> str:
    return f"{plain(one.meta.sending_ae)} {plain(one.meta.sending_address)}".strip() or "imported by hand"


def _first_sender(one: Aside) -> str:
    assert one.first is not None
    return f"{plain(one.first.sending_ae)} {plain(one.first.address)}".strip() or "imported by hand"


def _what_to_do(found: Closer) -> Iterator[str]:
    """What saves the dose first; deleting comes last."""
    one = found.aside
    retry, drop = (f"alara quarantine {what} {one.digest[:_SHOWN]}" for what in ("retry", "drop"))
    if found.reason_now is None:
        yield f"next: {retry}"
    elif found.is_alaras_own:
        yield f"next: keep it, and report it: a later alara may read it. After an upgrade: {retry}"
    else:
        whose = f"{_sender(one)} or the archive" if one.meta.sending_ae else "the C-arm or the archive"
        yield f"next: let {whose} send it again; what comes whole is read, and does not need this one."
        yield f"      When it has come, or nobody has it any more: {drop}"


@command("retry", "alara quarantine retry --all")
@_chosen
@with_config("data_dir", "database", "key_file", "site", takes_in=True)
@as_json
def retry_command(config: Config, digests: tuple[str, ...], reason: str, everything: bool, json_output: bool) -> None:
    """Read objects of the quarantine again; what can be read now is stored.

    The node may go on meanwhile. Exits with 3 when some still cannot be read.
    """
    from alara.app.quarantine import choose, retry

    chosen = choose(config, digests, reason=reason, everything=everything)
    with console(stderr=True).status("Reading …"):
        done = retry(config, chosen)
    if json_output:
        echo_json(done.as_dict())
    else:
        click.echo(
            f"{len(done.read)} of {len(chosen)} were read and stored; {len(done.still)} are still in quarantine."
        )
        for digest, why in done.still:
            click.echo(f"  {digest[:_SHOWN]}  {why.value}")
        if done.waiting:
            click.echo(config.here(f"To be read: {len(done.waiting)}; alara ingest"))
    if done.still or done.waiting:
        raise SystemExit(3)


@command("drop", "alara quarantine drop 3fa9c1d20b44 --yes")
@_chosen
@click.option("--yes", is_flag=True, help="Really delete; without it, only show what would be deleted.")
@with_config("data_dir")
@as_json
def drop_command(
    config: Config, digests: tuple[str, ...], reason: str, everything: bool, yes: bool, json_output: bool
) -> None:
    """Delete objects of the quarantine for good; without --yes only show which.

    They were acknowledged, so the C-arm may no longer have them.
    """
    from alara.app.quarantine import choose, drop

    chosen = choose(config, digests, reason=reason, everything=everything)
    if yes:
        drop(config, chosen)
    if json_output:
        echo_json({"dropped": yes, "digests": [one.digest for one in chosen]})
        return
    for one in chosen:
        click.echo(_line(one))
    if yes:
        click.echo(f"{len(chosen)} deleted.")
    else:
        click.echo(f"{len(chosen)} would be deleted; nothing was. The same command with --yes deletes them.")


for _command in (list_command, show_command, retry_command, drop_command):
    quarantine_command.add_command(_command)
