"""``alara listen``, ``ingest``, ``echo`` and ``send``: everything that speaks DICOM over a socket."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from alara.cli.options import (
    as_json,
    command,
    console,
    echo_json,
    is_ae_title,
    log_to_stderr,
    settings_sentence,
    with_config,
)
from alara.cli.values import peers
from alara.config import Config
from alara.settings_values import host

if TYPE_CHECKING:
    from alara.peers import Peer

#: Who is called where no AE title is given: another alara with its default.
_OWN_AET: Final = "ALARA"


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
    "allowed_addresses",
    "tls_certificate",
    "tls_key",
    "tls_client_ca",
    "log_json",
    "metrics_port",
    takes_in=True,
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
        click.echo(settings_sentence(config))
        click.echo(config.here("Check from another terminal: alara status"))

    with until_signal() as stop:
        listen(config, ready=ready, stop=stop)
    if not config.log_json:
        click.echo("alara has stopped; everything acknowledged is on disk.")


def _what_to_type(config: Config, port: int) -> list[tuple[str, str]]:
    from alara.app.inspect import own_addresses

    addresses = own_addresses() if config.host in ("0.0.0.0", "::") else [config.host]  # noqa: S104 - compared, not bound
    if addresses == ["127.0.0.1"] and config.host != "127.0.0.1":
        click.echo("This machine has no other address than its own loopback: nobody else can reach it.", err=True)
    elif addresses == ["127.0.0.1"]:
        click.echo("Only this machine can reach it: host is 127.0.0.1; with host = 0.0.0.0 C-arms can.", err=True)
    return [
        ("AE title", config.aet),
        ("IP address", " or ".join(addresses)),
        ("Port", str(port)),
        ("Service", "Storage, X-Ray Radiation Dose SR (1.2.840.10008.5.1.4.1.1.88.67); Verification"),
        *_security(config, f"alara echo {addresses[0]} {port} --called {config.aet}"),
    ]


def _security(config: Config, echo: str) -> list[tuple[str, str]]:
    """How to try it: over TLS, what calls itself with the node's own certificate."""
    if config.tls_certificate is None:
        return [("Test with", echo)]
    certificate = "; the C-arm shows a certificate" if config.tls_client_ca is not None else ""
    return [("Security", f"TLS 1.2 or 1.3{certificate}"), ("Test with", config.here("alara doctor"))]


@command("ingest", "alara ingest --data-dir /srv/alara")
@click.option("--again", is_flag=True, help="Read all that was ever received, to make a lost database anew.")
@click.option("--follow", is_flag=True, help="Go on until stopped, as the process beside the node does.")
@with_config("data_dir", "database", "key_file", "site", "log_json", takes_in=True)
def ingest_command(config: Config, again: bool, follow: bool) -> None:
    """Read what waits in the inbox into the database.

    The node does this by itself; by hand it is for after a repair, or to help
    it: several workers may share one inbox, each reads what no other has in
    hand. With --again everything that was ever received is read: what the database has
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
        for tally in ingest.run(ingest.everything()) if again else ingest.run_waiting():
            for end, count in tally.ends.items():
                ends[end] = ends.get(end, 0) + count
    click.echo(", ".join(f"{count} {end.replace('_', ' ')}" for end, count in ends.items()) or "Nothing waits.")


_called = click.option("--called", metavar="AET", callback=is_ae_title, help="AE title of the other node.")
_calling = click.option("--calling", metavar="AET", callback=is_ae_title, help="AE title to call as; this node's own.")


@command("echo", "alara echo 127.0.0.1:11112")
@click.argument("peer", metavar="PEER|HOST", shell_complete=peers)
@click.argument("port", required=False, type=click.IntRange(1, 65535))
@_called
@_calling
@with_config()
def echo_command(config: Config, peer: str, port: int | None, called: str | None, calling: str | None) -> None:
    """Ask a DICOM node whether it answers (C-ECHO).

    Name it as HOST:PORT, HOST PORT or AET@HOST:PORT, or by its name in
    alara.toml; one with tls = true there is called over TLS.
    """
    from alara.app.sending import echo_peer

    other = _peer(config, peer, port, called)
    echo_peer(config, other, calling=calling or "")
    click.echo(f"{other.address} answers.")


@command("send", "alara send 127.0.0.1:11112 sample_rdsr/2026-10")
@click.argument("peer", metavar="PEER|HOST", shell_complete=peers)
@click.argument("rest", nargs=-1, required=True, metavar="[PORT] PATH…")
@_called
@_calling
@with_config()
@as_json
def send_command(
    config: Config, peer: str, rest: tuple[str, ...], called: str | None, calling: str | None, json_output: bool
) -> None:
    """Send dose reports to a DICOM node (C-STORE).

    Name it as HOST:PORT, HOST PORT or AET@HOST:PORT, or by its name in
    alara.toml; one with tls = true there is called over TLS. PATHs are DICOM
    files or folders.
    Exits with 6 when an object was not taken.
    """
    from alara.app.peers import is_peer
    from alara.app.sending import send_paths

    port, paths = (None, rest) if is_peer(config, peer) else (_port(rest[0]), rest[1:])
    other = _peer(config, peer, port, called)
    with console(stderr=True).status("Sending …"):
        summary = send_paths(config, _existing(paths), other, calling=calling or "")
    if json_output:
        echo_json(summary.as_dict())
    else:
        click.echo(summary.sentence())
        for line in summary.refusals():
            click.echo(f"  {line}", err=True)
    if summary.refused:
        raise SystemExit(6)


def _peer(config: Config, text: str, port: int | None, called: str | None) -> Peer:
    """The node that a command names: by host and port, or as a peer."""
    from alara.app.peers import find_peer
    from alara.errors import UsageError
    from alara.peers import Peer

    if port is not None:
        return Peer(name=text, aet=called or _OWN_AET, host=_host(text), port=port)
    peer = find_peer(config, text, aet=_OWN_AET)
    if not peer.host:
        raise UsageError(
            f"{peer.name} has a URL and no DICOM address.", hint=f"aet, host and port in [peers.{peer.name}]"
        )
    return replace(peer, aet=called or peer.aet)


def _host(text: str) -> str:
    try:
        return host(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} {error}.", param_hint="HOST") from error


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise click.BadParameter(
            f"{text!r} is no port from 1 to 65535; HOST:PORT and HOST PORT name a node.", param_hint="PORT"
        )
    return int(text)


def _existing(paths: tuple[str, ...]) -> list[Path]:
    if not paths:
        raise click.UsageError("alara send needs PATH….", click.get_current_context())
    for path in paths:
        if not Path(path).exists():
            raise click.BadParameter(f"Path {path!r} does not exist.", param_hint="PATH…")
    return [Path(path) for path in paths]
