"""``alara status``: for people, for a screen on the wall, and for whatever watches the machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alara.cli.options import as_json, command, console, echo_json, settings_sentence, with_config
from alara.config import Config

if TYPE_CHECKING:
    from alara.report.status_view import StatusView

#: For a screen on the wall: often enough, and no load on the database.
_EVERY_S = 5


@command("status", "alara status --check")
@click.option("--check", is_flag=True, help="Also ask the node; exit with 1 when something wants seeing to.")
@click.option(
    "--watch",
    type=click.IntRange(1),
    is_flag=False,
    flag_value=_EVERY_S,
    metavar="[SECONDS]",
    help=f"Show it again every so many seconds ({_EVERY_S}) until Ctrl-C.",
)
@click.option(
    "--html", "page", type=click.Path(path_type=Path), metavar="FILE", help="Write a self-contained page instead."
)
@with_config("data_dir", "database", "silent_days", "backlog_minutes", "low_disk_gib")
@as_json
def status_command(config: Config, check: bool, watch: int | None, page: Path | None, json_output: bool) -> None:
    """Who sends what, and what waits or is set aside.

    With --check it exits with 1 when nothing was received here yet, the node
    is down, does not answer or cannot store, the disk is low, the database or
    ingest refuses, reports wait too long, something is in quarantine, or a
    C-arm that usually sends has fallen silent.
    """
    from alara.app.receive import until_signal
    from alara.app.status import status

    if watch is not None:
        with until_signal() as stop:
            while not stop.is_set():
                _show(config, status(config, check=check), page, json_output, clear=True)
                stop.wait(watch)
        return
    view = status(config, check=check)
    _show(config, view, page, json_output, clear=False)
    if check and view.problems:
        raise SystemExit(1)


def _show(config: Config, view: StatusView, page: Path | None, json_output: bool, *, clear: bool) -> None:
    if page is not None:
        _write(view, page)
    if json_output:
        echo_json(view.as_dict())
    elif page is None:
        from alara.report.status_text import print_status

        screen = console()
        if clear:
            screen.clear()
        print_status(view, screen, all_of_it=config.here("alara status --json"))
        click.echo(settings_sentence(config))


def _write(view: StatusView, page: Path) -> None:
    from alara.errors import UsageError
    from alara.files import replace_file
    from alara.report.status_page import status_page

    try:
        replace_file(page, status_page(view), mode=0o644)
    except OSError as error:
        raise UsageError(
            f"{page} cannot be written: {error.strerror}.", hint="alara status --html FILE, in a folder that exists"
        ) from error
