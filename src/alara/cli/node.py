"""``alara listen``, ``ingest``, ``echo`` and ``send``: everything that speaks DICOM over a socket."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from alara.cli.options import as_json, command, console, echo_json, is_ae_title, log_to_stderr, with_config
from alara.config import Config

F = TypeVar("F", bound=Callable[..., Any])


@command("listen", "alara listen --aet ALARA --port 11112 --data-dir /srv/alara")
@with_config(
    "host",
    "port",
    "aet",
    "data_dir",
    "database",
    "key_file",
    "site",
    "require_called_aet",
    "allowed_calling",
    "log_json",
    "metrics_port",
)
def listen_command(config: Config) -> None:
    """Receive dose reports from C-arms over DICOM.

    Runs until Ctrl-C. A store is answered with success only when its bytes are
    safe on disk; what arrives is read into the database by a process beside
    the node.
    """
    from alara.app.receive import listen, until_signal

    log_to_stderr(as_objects=config.log_json)

    def ready(port: int) -> None:
        if config.log_json:  # every line is for a program; the event "started" says where
            return
        click.echo("alara listens. Type this into the C-arm (DICOM destination, dose reports / RDSR):\n")
        for label, value in _what_to_type(config, port):
            click.echo(f"    {label:<12} {value}")
        click.echo(f"\nInbox {config.inbox_dir}. Stop with Ctrl-C.")
        click.echo(f"Check from another terminal: alara status{config.flags}")

    with until_signal() as stop:
        listen(config, ready=ready, stop=stop)
    if not config.log_json:
        click.echo("alara has stopped; everything acknowledged is on disk.")


def _what_to_type(config: Config, port: int) -> list[tuple[str, str]]:
    from alara.app.inspect import own_addresses

    addresses = own_addresses() if config.host in ("0.0.0.0", "::") else [config.host]  # noqa: S104 - compared, not bound
    if addresses == ["127.0.0.1"]:
        click.echo("This machine has no other address than its own loopback: nobody else can reach it.", err=True)
    return [
        ("AE title", config.aet),
        ("IP address", " or ".join(addresses)),
        ("Port", str(port)),
        ("Service", "Storage, X-Ray Radiation Dose SR (1.2.840.10008.5.1.4.1.1.88.67); Verification"),
        ("Test with", f"alara echo {addresses[0]} {port} --called {config.aet}"),
    ]


@command("ingest", "alara ingest --data-dir /srv/alara")
@click.option("--again", is_flag=True, help="Read all that was ever received, to make a lost database anew.")
@click.option("--follow", is_flag=True, help="Go on until stopped, as the process beside the node does.")
@with_config("data_dir", "database", "key_file", "site", "log_json")
def ingest_command(config: Config, again: bool, follow: bool) -> None:
    """Read what waits in the inbox into the database.

    The node does this by itself; by hand it is for after a repair. With
    --again everything that was ever received is read: what the database has
    already stays as it is, what it lost comes back, and what is in quarantine
    gets another chance.
    """
    from alara.app.ingest import Ingest
    from alara.app.ingest import follow as follow_inbox
    from alara.app.receive import until_signal

    log_to_stderr(as_objects=config.log_json)
    if follow:
        with until_signal() as stop:
            follow_inbox(config, stop=stop.is_set)
        return
    with Ingest(config) as ingest:
        ends: dict[str, int] = {}
        for tally in ingest.run(ingest.everything() if again else ingest.inbox.pending()):
            for end, count in tally.ends.items():
                ends[end] = ends.get(end, 0) + count
    click.echo(", ".join(f"{count} {end.replace('_', ' ')}" for end, count in ends.items()) or "Nothing waits.")


def _ae_title(flag: str, meaning: str) -> Callable[[F], F]:
    return click.option(flag, default="ALARA", show_default=True, metavar="AET", callback=is_ae_title, help=meaning)


_host = click.argument("host")
_port = click.argument("port", type=click.IntRange(1, 65535))
_called = _ae_title("--called", "AE title of the other node.")
_calling = _ae_title("--calling", "AE title to call as.")


@command("echo", "alara echo 127.0.0.1 11112")
@_host
@_port
@_called
@_calling
def echo_command(host: str, port: int, called: str, calling: str) -> None:
    """Ask a DICOM node whether it answers (C-ECHO)."""
    from alara.node import echo

    echo(host, port, calling=calling, called=called)
    click.echo(f"{called} at {host}:{port} answers.")


@command("send", "alara send 127.0.0.1 11112 sample_rdsr/2026-10")
@_host
@_port
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="PATH…")
@_called
@_calling
@as_json
def send_command(host: str, port: int, paths: tuple[Path, ...], called: str, calling: str, json_output: bool) -> None:
    """Send dose reports to a DICOM node (C-STORE).

    PATHs are DICOM files or folders. Exits with 6 when an object was not taken.
    """
    from alara.app.sending import send_paths

    with console(stderr=True).status("Sending …"):
        summary = send_paths(paths, host, port, calling=calling, called=called)
    if json_output:
        echo_json(summary.as_dict())
    else:
        click.echo(summary.sentence())
        for line in summary.refusals():
            click.echo(f"  {line}", err=True)
    if summary.refused:
        raise SystemExit(6)
