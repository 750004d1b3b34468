from __future__ import annotations

from pathlib import Path

import pytest

from alara.config import Config, load
from alara.errors import ConfigError
from alara.peers import Peer


def test_flag_beats_environment_beats_file(tmp_path: Path) -> None:
    file = tmp_path / "alara.toml"
    file.write_text("port = 1\naet = 'FILE'\nsite = 'North'\n")
    config = load({"port": "3"}, environ={"ALARA_PORT": "2", "ALARA_AET": "ENVIRON"}, file=file)
    assert (config.port, config.aet, config.site, config.policy) == (3, "ENVIRON", "North", "capacity_aware")
    assert [config.sources[name] for name in ("port", "aet", "site", "policy")] == [
        "--port",
        "ALARA_AET",
        str(file),
        "default",
    ]


def test_all_errors_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "alara.toml"
    file.write_text("port = 70000\nprot = 1\naet = 'longer than sixteen characters'\n")
    with pytest.raises(ConfigError) as caught:
        load(environ={"ALARA_HOST": "300.1.1.1"}, file=file)
    for word in ("port must be", "no setting 'prot'", "aet must be", "ALARA_HOST"):
        assert word in caught.value.message


def test_settings_of_every_kind_reach_a_child_process_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "alara.toml"
    file.write_text(
        """
        allowed_calling = ["CARM1", "CARM 2"]
        allowed_addresses = ["10.1.2.7/24", "fe80::1"]
        tls_certificate = "/etc/alara/node.pem"
        [peers.carm1]
        aet = "CARM1"
        host = "10.1.2.7"
        port = 104
        tls = true
        [peers.PACS]
        aet = "PACS"
        host = "pacs.example"
        port = 11112
        """
    )
    config = load(environ={}, file=file)
    assert config.allowed_addresses == ("10.1.2.0/24", "fe80::1/128")
    assert config.peers == {
        "carm1": Peer(name="carm1", aet="CARM1", host="10.1.2.7", port=104, tls=True),
        "PACS": Peer(name="PACS", aet="PACS", host="pacs.example", port=11112),
    }
    empty = tmp_path / "empty.toml"
    empty.touch()
    assert load(environ=config.environ(), file=empty) == config
    assert load(environ=load(environ={}, file=empty).environ(), file=empty).tls_certificate is None


@pytest.mark.parametrize(
    "text",
    [
        "allowed_addresses = ['10.1.2']",
        "allowed_addresses = 5",
        "peers = 'CARM1'",
        "peers = 5",
        "[peers.a]\nhost = 'h'",
        "[peers.a]\nhost = 'h'\nport = 1\ncolour = 'red'",
        "[peers.a]\naet = 'longer than sixteen'\nhost = 'h'\nport = 1",
        "[peers]\na = 1",
    ],
)
def test_a_wrong_network_or_peer_is_told(tmp_path: Path, text: str) -> None:
    file = tmp_path / "alara.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=r"allowed_addresses|peers") as caught:
        load(environ={}, file=file)
    assert any(word in caught.value.message for word in ("must", "lacks", "there is no"))


@pytest.mark.parametrize("text", ["port =", "\x00", "site = 'a'\nsite = 'b'"])
def test_a_broken_file_is_one_sentence(tmp_path: Path, text: str) -> None:
    file = tmp_path / "alara.toml"
    file.write_text(text)
    with pytest.raises(ConfigError, match="is not TOML"):
        load(environ={}, file=file)


def test_a_named_file_that_is_missing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(environ={}, file=tmp_path / "none.toml")


def test_a_child_process_gets_the_same_settings(tmp_path: Path) -> None:
    config = Config(port=4242, allowed_calling=("ROOM1", "ROOM2"), data_dir=tmp_path, require_called_aet=True)
    assert load(environ=config.environ()) == config


def test_the_database_defaults_to_a_file_in_the_data_folder(tmp_path: Path) -> None:
    assert Config(data_dir=tmp_path).database_url == f"sqlite:///{tmp_path}/alara.sqlite"
    assert Config(database=str(tmp_path / "x.db")).database_url == f"sqlite:///{tmp_path}/x.db"
    assert Config(data_dir=tmp_path, database="postgresql+psycopg://db/alara").database_url.startswith("postgresql")


def test_the_hint_to_the_same_data_is_absolute_and_never_shows_a_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load({"data_dir": "here"}, environ={}).flags == f" --data-dir {tmp_path}/here"
    assert load({"database": "x.db"}, environ={}).flags == f" --database {tmp_path}/x.db"
    assert load({"database": "postgresql://alara:secret@db/alara"}, environ={}).flags == ""
