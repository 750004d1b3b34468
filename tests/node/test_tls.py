"""TLS: what is agreed on, who is refused and why, and that one who says nothing holds up nobody."""

from __future__ import annotations

import socket
import ssl
import struct
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from node_support import Listening, report
from pydicom.uid import ImplicitVRLittleEndian
from tls_files import make_certificates

from alara.errors import ConfigError, NetworkError
from alara.node import EventKind, TlsFiles, echo, send
from alara.node.names import VERIFICATION
from alara.node.scu import associated
from alara.node.tls import caller_context, own_context, server_context
from alara.node_records import read_refusals


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory, program: Callable[[str], str]) -> Path:
    folder = tmp_path_factory.mktemp("pki")
    make_certificates(folder, program("openssl"))
    return folder


def _files(pki: Path, *, mutual: bool = False) -> TlsFiles:
    return TlsFiles(certificate=pki / "node.pem", key=pki / "node.key", client_ca=pki / "ca.pem" if mutual else None)


def _caller(pki: Path, name: str = "") -> ssl.SSLContext:
    files = TlsFiles(certificate=pki / f"{name}.pem", key=pki / f"{name}.key") if name else None
    return caller_context(files, pki / "ca.pem")


def _reasons(node: Listening, count: int = 1) -> list[str]:
    return [event.detail for event in node.waits_for(EventKind.REFUSED, count, timeout_s=30)]


def _bare(version: ssl.TLSVersion, ciphers: str = "ALL:@SECLEVEL=0") -> ssl.SSLContext:
    """A client that would take anything."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers(ciphers)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = version
    return context


@contextmanager
def _spoken(port: int, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as plain, context.wrap_socket(plain) as spoken:
        yield spoken


def test_objects_are_sent_over_tls(listen: Callable[..., Any], pki: Path) -> None:
    with listen(tls=_files(pki)) as node:
        echo("127.0.0.1", node.port, tls=_caller(pki))
        # larger than a TLS record and than a PDU, so that what is decrypted and not yet read is met
        items = [report("1.1"), report("1.2", filler=300_000), report("1.3", filler=5_000_000)]
        assert [result.status for result in send(items, "127.0.0.1", node.port, tls=_caller(pki))] == [0, 0, 0]
        assert node.inbox.counts().new == 3


def test_a_certificate_of_an_authority_that_is_trusted_is_let_in(listen: Callable[..., Any], pki: Path) -> None:
    with listen(tls=_files(pki, mutual=True)) as node:
        echo("127.0.0.1", node.port, tls=_caller(pki, "carm"))


def test_who_shows_no_certificate_or_a_foreign_one_is_refused_and_shown(listen: Callable[..., Any], pki: Path) -> None:
    with listen(tls=_files(pki, mutual=True)) as node:
        for name in ("", "stranger"):
            with pytest.raises(NetworkError):
                echo("127.0.0.1", node.port, tls=_caller(pki, name), timeout_s=5)
        first, second = _reasons(node, 2)
        assert first == "no client certificate"
        assert second.startswith("client certificate is not trusted: ")
        echo("127.0.0.1", node.port, tls=_caller(pki, "carm"))
    assert {row.reason for row in read_refusals(node.node.folder) if not row.admitted} == {first, second}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1], ids=["TLS 1.0", "TLS 1.1"])
def test_an_older_tls_is_refused(listen: Callable[..., Any], pki: Path, version: ssl.TLSVersion) -> None:
    with listen(tls=_files(pki)) as node:
        with pytest.raises(OSError), _spoken(node.port, _bare(version)):  # noqa: PT011 - whatever OpenSSL calls it
            pass
        assert _reasons(node) == ["its TLS is older than 1.2"]
        echo("127.0.0.1", node.port, tls=_caller(pki))


@pytest.mark.parametrize("cipher", ["AES128-SHA", "AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256", "NULL"])
def test_a_weak_suite_is_refused(listen: Callable[..., Any], pki: Path, cipher: str) -> None:
    with listen(tls=_files(pki)) as node:
        with pytest.raises(OSError), _spoken(node.port, _bare(ssl.TLSVersion.TLSv1_2, f"{cipher}:@SECLEVEL=0")):  # noqa: PT011
            pass
        assert _reasons(node) == ["it shares no cipher suite of BCP 195"]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=["TLS 1.2", "TLS 1.3"])
def test_what_is_agreed_has_forward_secrecy_and_gcm(
    listen: Callable[..., Any], pki: Path, version: ssl.TLSVersion
) -> None:
    with listen(tls=_files(pki)) as node, _spoken(node.port, _bare(version)) as spoken:
        suite = spoken.cipher()
        assert suite is not None
        assert "GCM" in suite[0] or "CHACHA20" in suite[0]
        assert suite[0].startswith(("ECDHE-", "TLS_"))


@pytest.mark.parametrize(
    "say",
    [b"GET / HTTP/1.1\r\n\r\n", struct.pack(">BBL", 1, 0, 200) + bytes(200)],
    ids=["HTTP", "DICOM without TLS"],
)
def test_who_does_not_speak_tls_is_refused(listen: Callable[..., Any], pki: Path, say: bytes) -> None:
    with listen(tls=_files(pki)) as node:
        with socket.create_connection(("127.0.0.1", node.port)) as connection:
            connection.sendall(say)
            assert _reasons(node) == ["it does not speak TLS"]
        echo("127.0.0.1", node.port, tls=_caller(pki))


@pytest.mark.parametrize("say", [b"", bytes.fromhex("16030100c8010000c40303")], ids=["silence", "half a hello"])
def test_a_tls_client_that_says_nothing_holds_up_nobody_and_is_dropped(
    listen: Callable[..., Any], pki: Path, say: bytes
) -> None:
    with listen(tls=_files(pki), request_timeout_s=2.0) as node, ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", node.port))) for _ in range(50)]
        for connection in silent:
            connection.sendall(say)
        echo("127.0.0.1", node.port, tls=_caller(pki))
        assert len(node.waits_for(EventKind.DROPPED, 50, timeout_s=60)) == 50
        assert not node.of(EventKind.REFUSED)


def test_a_trickled_handshake_is_cut_at_its_deadline(listen: Callable[..., Any], pki: Path) -> None:
    with listen(tls=_files(pki), request_timeout_s=0.6) as node:
        with socket.create_connection(("127.0.0.1", node.port)) as connection:
            hello = bytes.fromhex("16030100c8010000c40303") + bytes(100)
            try:
                for byte in hello:
                    connection.sendall(bytes([byte]))
                    time.sleep(0.1)
                pytest.fail("the node did not cut the connection")
            except OSError:
                pass
        assert node.waits_for(EventKind.DROPPED, timeout_s=30)[0].detail == "it did not agree on TLS in time"


def test_a_scan_of_a_tls_port_is_no_refusal(listen: Callable[..., Any], pki: Path) -> None:
    with listen(tls=_files(pki)) as node:
        socket.create_connection(("127.0.0.1", node.port)).close()
        assert node.waits_for(EventKind.DROPPED, timeout_s=30)
        assert not node.of(EventKind.REFUSED)


def test_a_node_stops_while_a_handshake_is_waited_for(listen: Callable[..., Any], pki: Path) -> None:
    with listen(tls=_files(pki), request_timeout_s=60.0) as node:
        connection = socket.create_connection(("127.0.0.1", node.port))
        time.sleep(0.2)
        began = time.monotonic()
    assert time.monotonic() - began < 8
    connection.close()


def test_a_node_calls_itself_with_its_own_certificate(listen: Callable[..., Any], pki: Path) -> None:
    with listen(tls=_files(pki, mutual=True)) as node:
        echo("127.0.0.1", node.port, tls=own_context(_files(pki, mutual=True)))


def test_we_do_not_call_one_whose_certificate_is_foreign(listen: Callable[..., Any], pki: Path) -> None:
    with listen(tls=_files(pki)) as node:
        with pytest.raises(NetworkError):
            echo("127.0.0.1", node.port, tls=caller_context(None, pki / "other-ca.pem"), timeout_s=5)
        assert _reasons(node) == ["it does not trust the certificate of this node"]


@pytest.mark.parametrize(
    ("certificate", "key", "ca", "says"),
    [
        ("missing.pem", "node.key", None, "cannot be read"),
        ("node.pem", "carm.key", None, "cannot be used"),
        ("node.pem", "locked.key", None, "has a password"),
        ("node.key", "node.key", None, "cannot be used"),
        ("node.pem", "node.key", "node.key", "no certificates"),
        ("node.pem", "node.key", "missing.pem", "cannot be read"),
    ],
)
def test_files_that_cannot_be_used_are_one_sentence(
    pki: Path, certificate: str, key: str, ca: str | None, says: str
) -> None:
    files = TlsFiles(certificate=pki / certificate, key=pki / key, client_ca=pki / ca if ca else None)
    with pytest.raises(ConfigError, match=says) as caught:
        server_context(files)
    assert caught.value.hint


def _echo_request(message_id: int) -> bytes:
    """A C-ECHO-RQ in a P-DATA-TF PDU (PS3.7 section 9.3.5, PS3.8 section 9.3.5)."""
    uid = VERIFICATION.encode() + b"\0"
    body = struct.pack("<HHL", 0, 0x0002, len(uid)) + uid
    for number, value in ((0x0100, 0x0030), (0x0110, message_id), (0x0800, 0x0101)):
        body += struct.pack("<HHLH", 0, number, 2, value)
    command = struct.pack("<HHLL", 0, 0, 4, len(body)) + body
    return struct.pack(">BBLLBB", 4, 0, len(command) + 6, len(command) + 2, 1, 3) + command


def test_what_came_decrypted_in_one_record_with_the_request_before_is_not_left_waiting(
    listen: Callable[..., Any], pki: Path
) -> None:
    contexts = [(VERIFICATION, ImplicitVRLittleEndian)]
    with (
        listen(tls=_files(pki)) as node,
        associated("127.0.0.1", node.port, "CARM1", "ALARA", 30.0, contexts, tls=_caller(pki)) as association,
    ):
        association.dul.socket.socket.sendall(_echo_request(1) + _echo_request(2) + _echo_request(3))
        assert len(node.waits_for(EventKind.ECHO, 3, timeout_s=20)) == 3
