"""``alara fetch``: past dose reports out of somebody else's archive."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import click

from alara.cli.options import as_json, command, console, echo_json, with_config
from alara.cli.values import peers
from alara.config import Config

if TYPE_CHECKING:
    from alara.app.fetch_summary import FetchSummary

_DAY = click.DateTime(["%Y-%m-%d"])


@command("fetch", "alara fetch --from PACS --since 2024-01-01 --hours 20-06 --rate 2")
@click.option(
    "--from",
    "source",
    required=True,
    metavar="PEER",
    shell_complete=peers,
    help="A peer's name, AET@host:port, or DICOMweb URL.",
)
@click.option("--since", type=_DAY, required=True, metavar="DAY", help="First study date, as 2024-01-01.")
@click.option("--until", type=_DAY, metavar="DAY", help="Last study date; today unless given.")
@click.option(
    "--modality", "modalities", multiple=True, default=("SR",), show_default=True, help="Modality of the series."
)
@click.option("--retrieve", type=click.Choice(["get", "move"]), help="How DICOM objects are asked for.")
@click.option("--rate", type=click.FloatRange(min=0, min_open=True), metavar="N", help="At most N objects a second.")
@click.option("--hours", metavar="HH-HH", help="Work only in these hours, as 20-06.")
@click.option("--dry-run", is_flag=True, help="Ask what would be fetched, and fetch nothing.")
@click.option("--again", is_flag=True, help="Ask also about days that are done.")
@with_config("data_dir", "database", "key_file", "site", "aet", "host", "port", takes_in=True)
@as_json
def fetch_command(
    config: Config,
    source: str,
    since: datetime,
    until: datetime | None,
    modalities: tuple[str, ...],
    retrieve: str | None,
    rate: float | None,
    hours: str | None,
    dry_run: bool,
    again: bool,
    json_output: bool,
) -> None:
    """Fetch past dose reports from an archive, by DICOM or DICOMweb.

    The archive is asked day by day; what is here already is not fetched again,
    and the same command goes on where the last one stopped. Exits with 6 when
    something did not come, with 3 when something was set aside in quarantine.
    """
    from dataclasses import replace

    from alara.app.fetch import fetch
    from alara.app.fetch_pace import Hours
    from alara.app.fetch_summary import Wanted
    from alara.app.peers import find_peer
    from alara.app.receive import until_signal

    peer = find_peer(config, source)
    wanted = Wanted(
        since=since.date(),
        until=_until(since.date(), until),
        modalities=tuple(dict.fromkeys(_modality(text) for text in modalities)),
        rate=rate or 0.0,
        hours=Hours.parse(hours) if hours else None,
        dry_run=dry_run,
        again=again,
    )
    with until_signal() as stop, console(stderr=True).status("Asking …") as spinner:
        summary = fetch(
            config,
            replace(peer, retrieve=retrieve or peer.retrieve),
            wanted,
            wait=stop.wait,
            progress=lambda so_far: spinner.update(so_far.progress()),
        )
    _finish(config, summary, json_output)


def _until(since: date, until: datetime | None) -> date:
    from alara.errors import UsageError

    last = until.date() if until else datetime.now().astimezone().date()
    if last < since:
        raise UsageError(f"The days end ({last}) before they begin ({since}).", hint="--since DAY --until DAY")
    return last


def _modality(text: str) -> str:
    """A modality in capitals (PS3.3 section C.7.3.1.1.1); it becomes part of a query and of a file's name."""
    modality = text.upper()
    if not (modality.isascii() and modality.isalnum() and len(modality) <= 16):
        raise click.BadParameter(f"{text!r} is no modality, such as SR or XA.", param_hint="--modality")
    return modality


def _finish(config: Config, summary: FetchSummary, json_output: bool) -> None:
    if json_output:
        echo_json(summary.as_dict())
    else:
        for line in summary.lines():
            click.echo(config.here(line))
    if summary.broke_off is not None:
        raise summary.broke_off
    if summary.stopped:
        raise SystemExit(130)
    if summary.failed:
        raise SystemExit(6)
    if summary.tally.aside:
        raise SystemExit(3)
