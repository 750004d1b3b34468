"""The doctor on TLS and peers: what cannot be used, what ends soon, who does not answer, and what to type next."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alara import config as configuration
from alara.app.checks import Check
from alara.app.doctor import examine
from alara.app.sending import echo_peer, send_paths
from alara.config import Config
from alara.errors import ConfigError, NetworkError
from alara.inbox import Inbox
from alara.node import Node, NodeSettings, TlsFiles
from alara.node.certificates import authorities_end, certificate_ends
from tests.conftest import SAMPLES
from tests.node.tls_files import make_certificates

REPORT = sorted((SAMPLES / "2026-10").glob("*.dcm"))[0]


@pytest.fixture(scope="module")
def pki(tmp_path_factory: pytest.TempPathFactory, program: Callable[[str], str]) -> Path:
    """Certificates of two authorities for two days, and two that are their own for forty."""
    folder = tmp_path_factory.mktemp("pki")
    make_certificates(folder, program("openssl"))
    (folder / "ca.cnf").write_text("basicConstraints = CA:TRUE\n")
    for name, days in (("long", "40"), ("apart", "40"), ("over", "-1")):
        for command in (
            f"req -new -key node.key -subj /CN={name} -out {name}.csr",
            f"x509 -req -in {name}.csr -days {days} -signkey node.key -extfile ca.cnf -out {name}.pem",
        ):
            subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
    return folder


def _config(folder: Path, **flags: Any) -> Config:
    given = {"data_dir": folder / "data", "key_file": folder / "key", "host": "127.0.0.1", "port": 0, **flags}
    return configuration.load(given, environ={})


def _check(config: Config, name: str) -> Check:
    return next(check for check in examine(config) if check.name == name)


def _tls(folder: Path, pki: Path, certificate: str, **more: str) -> Check:
    files = {"tls_certificate": pki / certificate, "tls_key": pki / "node.key"}
    return _check(_config(folder, **files | {name: pki / file for name, file in more.items()}), "TLS")


def test_plain_connections_and_good_files_are_no_failure(tmp_path: Path, pki: Path) -> None:
    assert _check(_config(tmp_path), "TLS").verdict == "ok"
    assert _tls(tmp_path, pki, "long.pem").verdict == "ok"
    assert _tls(tmp_path, pki, "long.pem", tls_client_ca="long.pem").verdict == "ok"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"certificate": "missing.pem"}, "cannot be read"),
        ({"certificate": "carm.pem"}, "the key is that of another certificate"),
        ({"certificate": "node.csr"}, "not in PEM form"),
        ({"certificate": "long.pem", "tls_key": "locked.key"}, "has a password"),
        ({"certificate": "long.pem", "tls_client_ca": "missing.pem"}, "can be read"),
        ({"certificate": "long.pem", "tls_client_ca": "node.pem"}, "no certificate of an authority"),
        ({"certificate": "long.pem", "tls_client_ca": "apart.pem"}, "none of the authorities"),
        ({"certificate": "over.pem"}, "expired"),
        ({"certificate": "node.pem"}, r"ends on \d{4}-\d\d-\d\d, in 1 day$"),
        ({"certificate": "long.pem", "tls_client_ca": "ca.pem"}, r"ca.pem ends on \d{4}-\d\d-\d\d"),
    ],
)
def test_what_is_wrong_with_files_of_tls_is_found_with_what_to_do(
    tmp_path: Path, pki: Path, files: dict[str, str], words: str
) -> None:
    check = _tls(tmp_path, pki, **files)
    assert check.verdict == "failed"
    assert re.search(words, check.found), check.found
    assert check.next


def test_a_key_that_all_may_read_is_found(tmp_path: Path, pki: Path) -> None:
    key = shutil.copy(pki / "node.key", tmp_path / "open.key")
    key.chmod(0o644)
    check = _check(_config(tmp_path, tls_certificate=pki / "long.pem", tls_key=key), "TLS")
    assert (check.verdict, check.next) == ("failed", f"chmod 600 {key}")


def test_the_end_of_a_certificate_is_what_openssl_says(pki: Path) -> None:
    said = subprocess.run(
        ["openssl", "x509", "-in", pki / "long.pem", "-noout", "-enddate", "-dateopt", "iso_8601"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    end = said.strip().removeprefix("notAfter=").removesuffix("Z")
    files = TlsFiles(certificate=pki / "long.pem", key=pki / "node.key")
    assert certificate_ends(files).strftime("%Y-%m-%d %H:%M:%S") == end
    assert authorities_end(pki / "long.pem") == certificate_ends(files)


@pytest.fixture
def peer(tmp_path: Path, pki: Path) -> Any:
    """A node that lets in who shows a certificate, and the settings of one who may."""
    files = TlsFiles(certificate=pki / "node.pem", key=pki / "node.key", client_ca=pki / "ca.pem")
    inbox = Inbox(tmp_path / "peer")
    with Node(NodeSettings(host="127.0.0.1", port=0, aet="PEER", tls=files), inbox) as node:
        text = "\n".join(
            [
                f'tls_certificate = "{pki / "carm.pem"}"',
                f'tls_key = "{pki / "carm.key"}"',
                f'tls_client_ca = "{pki / "ca.pem"}"',
                *_table("secured", node.port, "tls = true"),
                *_table("other", node.port, "tls = true", f'ca_file = "{pki / "other-ca.pem"}"'),
                *_table("plain", node.port),
            ]
        )
        (tmp_path / "alara.toml").write_text(text)
        flags = {"data_dir": tmp_path / "data", "key_file": tmp_path / "key"}
        yield configuration.load(flags, environ={}, file=tmp_path / "alara.toml"), inbox


def _table(name: str, port: int, *more: str) -> list[str]:
    return [f"[peers.{name}]", 'aet = "PEER"', 'host = "127.0.0.1"', f"port = {port}", *more]


def test_a_peer_with_tls_is_called_over_tls(peer: tuple[Config, Inbox]) -> None:
    config, inbox = peer
    echo_peer(config, config.peers["secured"])
    assert send_paths(config, [REPORT], config.peers["secured"]).accepted == 1
    assert inbox.counts().new == 1


@pytest.mark.parametrize("name", ["other", "plain"])
def test_a_peer_whose_authority_is_another_or_that_is_called_plainly_is_one_sentence(
    peer: tuple[Config, Inbox], name: str
) -> None:
    config, inbox = peer
    with pytest.raises(NetworkError, match="PEER at "):
        echo_peer(config, config.peers[name], timeout_s=5)
    with pytest.raises(NetworkError):
        send_paths(config, [REPORT], config.peers[name])
    assert inbox.counts().new == 0


def test_an_archive_with_tls_is_asked_over_tls(peer: tuple[Config, Inbox]) -> None:
    """A node is no archive: that it is asked, and says so, is what TLS has to do with it."""
    from alara.app.fetch_landing import Landing, open_archive

    config, _ = peer
    with (
        pytest.raises(NetworkError, match="does not offer to be queried"),
        open_archive(config, config.peers["secured"], Landing(config), images=False, receive=True),
    ):
        pass
    with (
        pytest.raises(NetworkError, match="ended the association"),
        open_archive(config, config.peers["plain"], Landing(config), images=False, receive=True),
    ):
        pass


def test_peers_that_do_not_answer_are_noted_with_the_command_that_says_more(peer: tuple[Config, Inbox]) -> None:
    config, _ = peer
    check = _check(config, "Peers")
    assert check.verdict == "note"
    assert check.found.startswith("other does not answer: PEER at 127.0.0.1")
    assert "Nor do 1 others." in check.found
    assert check.next == f"alara echo --config {config.file} other"


def test_files_of_tls_that_cannot_be_used_stop_a_call_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "alara.toml").write_text("\n".join(_table("x", 1, "tls = true", 'ca_file = "/nowhere.pem"')))
    config = configuration.load({}, environ={}, file=tmp_path / "alara.toml")
    with pytest.raises(ConfigError, match="cannot be read"):
        echo_peer(config, config.peers["x"])
