from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from alara.config import Config, load, settings
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


def test_the_hint_to_the_same_data_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert load({"data_dir": "here"}, environ={}).here("alara list") == f"alara list --data-dir {tmp_path}/here"
    assert load({"database": "x.db"}, environ={}).here("alara list") == f"alara list --database {tmp_path}/x.db"


@pytest.mark.parametrize(
    ("url", "again"),
    [
        ("postgresql+psycopg://alara@db/alara", "postgresql+psycopg://alara@db/alara"),
        ("postgresql+psycopg://alara:secret@db/alara", "postgresql+psycopg://alara@db/alara"),
        ("postgresql+psycopg://alara:se@cr/et@db/alara", "postgresql+psycopg://alara@db/alara"),
        ("postgresql+psycopg://db/alara?password=secret", "postgresql+psycopg://db/alara"),
        ("postgresql+psycopg://db/a?user=b&password=secret&x=1", "'postgresql+psycopg://db/a?user=b&x=1'"),
    ],
)
def test_the_hint_to_a_server_names_it_without_its_password(url: str, again: str) -> None:
    assert load({"database": url}, environ={}).here("alara list") == f"alara list --database {again}"


@pytest.mark.parametrize(
    ("flags", "environ", "says"),
    [
        ({}, {}, ""),
        ({}, {"ALARA_DATA_DIR": "/srv/alara", "ALARA_PORT": "4711"}, ""),
        ({}, {"ALARA_DATA_DIR": "here"}, " --data-dir {cwd}/here"),
        ({"port": "4711", "require_called_aet": True}, {}, " --port 4711 --require-called-aet"),
        ({"allowed_calling": ("ROOM 1", "ROOM2")}, {}, " --allowed-calling 'ROOM 1' --allowed-calling ROOM2"),
        ({"tls_key": ""}, {}, " --tls-key ''"),
        ({"policy": "us_forward"}, {}, ""),  # listen does not take it
    ],
)
def test_what_was_given_by_flag_is_given_again_as_far_as_the_command_takes_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, flags: dict[str, object], environ: dict[str, str], says: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert load(flags, environ=environ).here("alara listen") == f"alara listen{says.format(cwd=tmp_path)}"


def test_a_settings_file_is_named_where_another_shell_would_not_find_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    for place in ("alara.toml", "named.toml", "home/alara/alara.toml"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text("port = 4711\n")
    named = f"alara listen --config {tmp_path}/named.toml"
    assert load(environ={}, file=Path("named.toml")).here("alara listen") == named
    assert load(environ={"ALARA_CONFIG": "named.toml"}).here("alara listen") == named
    assert load(environ={"ALARA_CONFIG": f"{tmp_path}/named.toml"}).here("alara listen") == "alara listen"
    silently = load(environ={})
    assert (silently.file, silently.port) == (tmp_path / "alara.toml", 4711)
    assert silently.here("alara listen") == f"alara listen --config {tmp_path}/alara.toml"
    (tmp_path / "alara.toml").unlink()
    standing = load(environ={})
    assert (standing.file, standing.here("alara listen")) == (tmp_path / "home/alara/alara.toml", "alara listen")


def test_a_sentence_keeps_its_words_and_a_complete_command_its_flags() -> None:
    here = load({"data_dir": "/d"}, environ={}).here
    assert (
        here("alara listen, or alara import PATH…") == "alara listen --data-dir /d, or alara import --data-dir /d PATH…"
    )
    assert here("alara quarantine list") == "alara quarantine list --data-dir /d"
    for text in ("alara has stopped", "alara listens", ".venv/bin/alara status", "alara read FILE", "alara init", ""):
        assert here(text) == text
    assert here(here("alara doctor --json")) == here("alara doctor --json")


#: For each setting a value that is not its default, as TOML.
OTHER_VALUES = {
    "site": """'Nord, "Süd" = [1]'""",
    "host": '"::1"',
    "port": "4711",
    "aet": '"A, B"',
    "require_called_aet": "true",
    "allowed_calling": """["A,B", "ROOM 2", '["x"]']""",
    "allowed_addresses": '["10.1.2.0/24", "fe80::1"]',
    "max_associations": "7",
    "max_associations_per_address": "3",
    "tls_certificate": '"/etc/a b.pem"',
    "tls_key": '"/etc/key.pem"',
    "tls_client_ca": '"/etc/ca.pem"',
    "peers": "{a = {aet = 'A', host = 'h', port = 1, tls = true}, b = {url = 'https://h/web', ca_file = '/c'}}",
    "report_port": "4104",
    "data_dir": '"/srv/a b"',
    "database": '"postgresql://alara@db/alara"',
    "key_file": '"/etc/pseudonym.key"',
    "operators": '"codes"',
    "policy": '"us_forward"',
    "log_json": "true",
    "metrics_port": "9100",
    "silent_days": "9",
    "backlog_minutes": "8",
    "low_disk_gib": "6",
    "background": '"de"',
    "knowledge": '"/etc/knowledge"',
    "slots_per_week": "12",
    "plan_weights": '"unit"',
}


@pytest.mark.parametrize("name", settings())
def test_every_setting_reaches_a_child_process_as_it_is(tmp_path: Path, name: str) -> None:
    """A setting that is new must be named above."""
    assert name in OTHER_VALUES, "a new setting needs another value than its default in OTHER_VALUES, above"
    file = tmp_path / "alara.toml"
    file.write_text(f"{name} = {OTHER_VALUES[name]}\n", encoding="utf-8")
    config = load(environ={}, file=file)
    assert getattr(config, name) != getattr(Config(), name)
    environ = config.environ()
    assert all(isinstance(value, str) and "\0" not in value for value in environ.values())
    child = load(environ=environ)
    assert getattr(child, name) == getattr(config, name)
    assert child == config


def test_a_child_process_reads_no_settings_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All is said in its environment: a file that is edited and broken meanwhile does not stop it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alara.toml").write_text("port = 4711\n")
    config = load(environ={})
    (tmp_path / "alara.toml").write_text("prot = \n")
    assert load(environ=config.environ()) == config


WRONG_VALUES = [
    ("port", "70000", "a port number from 0 (any free port) to 65535, not 70000"),
    ("port", '"9999999999"', "a port number from 0"),
    ("port", "1.5", "a port number from 0"),
    ("report_port", "true", "a port number from 0"),
    ("max_associations", "0", "a whole number from 1"),
    ("silent_days", '"' + "9" * 5000 + '"', "a whole number from 1"),
    ("slots_per_week", "-1", "a whole number from 0"),
    ("slots_per_week", "false", "a whole number from 0"),
    ("slots_per_week", "10001", "a whole number from 0 to 10000"),
    ("slots_per_week", "99999999999", "a whole number from 0 to 10000"),
    ("host", '"300.1.1.1"', "an IPv4 address, an IPv6 address or the name of a host"),
    ("host", '"10.1.2.3:104"', "without a port"),
    ("aet", '"longer than sixteen"', "an AE title: 1 to 16 characters"),
    ("allowed_calling", "5", "a list of AE titles"),
    ("allowed_calling", "[5]", "a list of AE titles"),
    ("allowed_addresses", '["10.1.2"]', "a list of addresses and networks, such as"),
    ("allowed_addresses", "[5]", "a list of addresses and networks, such as"),
    ("require_called_aet", '"maybe"', "true or false"),
    ("data_dir", "5", "a text that is not empty"),
    ("key_file", '"~nobody-of-this-name/key"', "a path; the user after ~ has no home folder"),
    ("site", '"a\\u0000b"', "without control characters"),
    ("site", "{ name = 'x' }", "not a table"),
    ("site", "1979-05-27", "a text that is not empty"),
    ("operators", '"names"', "off or codes"),
    ("operators", "true", "off or codes"),
    ("database", "5", "must be a text"),
]
#: Words of Python and of the parsers.
LEAKS = re.compile(r"appear|invalid literal|int\(|Expected|Exceeds|datetime|codec|Errno|Traceback|expanduser")


@pytest.mark.parametrize(("name", "value", "allowed"), WRONG_VALUES)
def test_a_wrong_value_is_told_with_its_name_its_place_and_what_is_allowed(
    tmp_path: Path, name: str, value: str, allowed: str
) -> None:
    file = tmp_path / "alara.toml"
    file.write_text(f"{name} = {value}\n")
    with pytest.raises(ConfigError) as caught:
        load(environ={}, file=file)
    assert caught.value.message.startswith(f"{file}: {name} must be ")
    assert allowed in caught.value.message
    assert len(caught.value.message) < len(str(file)) + 200
    assert not LEAKS.search(caught.value.message)


def test_the_place_of_a_wrong_value_is_the_variable_the_flag_or_the_table_of_the_site(tmp_path: Path) -> None:
    file = tmp_path / "alara.toml"
    file.write_text("[sites.north]\nhost = '1.2.3'\n")
    with pytest.raises(ConfigError) as caught:
        load({"silent_days": "x"}, environ={"ALARA_HOST": "1.2.3"}, file=file)
    told = caught.value.message.split("; ")
    assert [one.split(": ")[0] for one in told] == [f"{file} [sites.north]", "ALARA_HOST", "--silent-days"]


def test_a_url_with_a_password_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="ALARA_DATABASE: database must be") as caught:
        load(environ={"ALARA_DATABASE": "postgresql://alara:secret@db/\nalara"})
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("prot = 1", "there is no setting 'prot'; did you mean 'port'?"),
        ("data-dir = '/srv'", "did you mean 'data_dir'?"),
        ("Port = 1", "did you mean 'port'?"),
        ("[peer.a]\nhost = 'h'", "there is no table [peer]; did you mean 'peers'?"),
        ("[zzz]\nport = 1", "there is no table [zzz]; settings stand at the top"),
        ("[sites.north]\nbackgroud = 'x'", "[sites.north]: there is no setting 'backgroud' of a site"),
        ("[sites.north]\nbackgroud = 'x'", "did you mean 'background'?"),
        ("[sites.north]\npeers = {}", "there is no table [peers] of a site"),
        ("sites = 5", "sites must be tables [sites.NAME]"),
        ("[sites]\nnorth = 5", "sites must be tables [sites.NAME]"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_one(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "alara.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load(environ={}, file=file)
    assert said in caught.value.message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("held", [b"", b"\n# nothing\n", b"\xef\xbb\xbfport = 4711\r\n"])
def test_an_empty_file_and_one_with_the_mark_of_an_editor_are_read(tmp_path: Path, held: bytes) -> None:
    file = tmp_path / "alara.toml"
    file.write_bytes(held)
    assert load(environ={}, file=file).port == (4711 if b"4711" in held else 11112)


@pytest.mark.parametrize(
    ("held", "said"),
    [
        ("port = 1\n".encode("utf-16"), "is text in UTF-16; save it as UTF-8"),
        (b"port = 1\nsite = 'M\xfcnchen'\n", "is not TOML: line 2 is no text in UTF-8"),
        (b"port = 1\naet = ALARA\n", "is not TOML: it cannot be understood at line 2"),
        (b"port = 1\nport = 2\n", "each name stands once"),
        (b"a = " + b"[" * 100_000, "is not TOML"),
    ],
)
def test_a_file_that_is_no_toml_is_told_with_the_line(tmp_path: Path, held: bytes, said: str) -> None:
    file = tmp_path / "alara.toml"
    file.write_bytes(held)
    with pytest.raises(ConfigError) as caught:
        load(environ={}, file=file)
    assert caught.value.message.startswith(f"{file}: is ")
    assert said in caught.value.message
    assert not LEAKS.search(caught.value.message)


def test_what_has_the_name_of_a_settings_file_and_is_none_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "alara.toml").mkdir()
    with pytest.raises(ConfigError, match="it is a folder, and must be a file in TOML"):
        load(environ={})
    (tmp_path / "alara.toml").rmdir()
    (tmp_path / "alara.toml").symlink_to("gone.toml")
    with pytest.raises(ConfigError, match=r"cannot be read \(No such file") as caught:
        load(environ={})
    assert "--config FILE" in caught.value.hint


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_told(tmp_path: Path) -> None:
    file = tmp_path / "alara.toml"
    file.write_text("port = 1\n")
    file.chmod(0)
    with pytest.raises(ConfigError, match=r"cannot be read \(Permission denied\)"):
        load(environ={}, file=file)


def test_a_path_of_the_file_begins_at_its_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """So that the same file means the same data, wherever a command is typed."""
    file = tmp_path / "clinic" / "alara.toml"
    file.parent.mkdir()
    file.write_text(
        "data_dir = 'data'\nkey_file = '/etc/key'\ntls_certificate = '~/node.pem'\n"
        "[peers.web]\nurl = 'https://h/web'\nca_file = 'ca.pem'\n[sites.north]\nknowledge = 'north'\n"
    )
    monkeypatch.chdir(tmp_path)
    config = load(environ={}, file=Path("clinic/alara.toml"))
    assert (config.data_dir, config.key_file) == (file.parent / "data", Path("/etc/key"))
    assert config.tls_certificate == Path.home() / "node.pem"
    assert config.peers["web"].ca_file == str(file.parent / "ca.pem")
    assert config.of_site("north").knowledge == str(file.parent / "north")
    file.write_text("database = 'sqlite:///x.db'\n")
    assert load(environ={}, file=file).database == "sqlite:///x.db"
    file.write_text("database = 'x.db'\n")
    assert load(environ={}, file=file).database_url == f"sqlite:///{file.parent}/x.db"


def test_a_user_without_a_home_is_told_what_to_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def homeless() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.chdir(tmp_path)
    for variable in ("XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(ConfigError, match="no home folder"):
        load(environ={})
    assert load({"data_dir": "/d", "key_file": "/k"}, environ={}).data_dir == Path("/d")


def test_who_writes_under_a_site_names_one_that_the_file_knows(tmp_path: Path) -> None:
    file = tmp_path / "alara.toml"
    file.write_text('site = "main"\n[sites.North]\npolicy = "us_forward"\n[sites.South]\n')
    with pytest.raises(ConfigError, match=r"has no site 'Nroth'") as caught:
        load({"site": "Nroth"}, {}, file).check_writing()
    assert "Did you mean North" in caught.value.hint
    with pytest.raises(ConfigError, match="has no site 'West'"):
        load({}, {"ALARA_SITE": "West"}, file).check_writing()
    for known in ("main", "North", "South"):
        load({"site": known}, {}, file).check_writing()
    load({}, {}, file).check_writing()
    file.write_text('[sites.North]\npolicy = "us_forward"\n')
    with pytest.raises(ConfigError, match="No site is named, and") as caught:
        load({}, {}, file).check_writing()
    assert caught.value.hint.startswith("--site names one. It knows North;")
    load({}, {}, file).of_site("West")  # a database may hold what this file says nothing of


def test_where_no_site_has_a_table_any_name_will_do(tmp_path: Path) -> None:
    file = tmp_path / "alara.toml"
    file.write_text('site = "main"\n')
    load({"site": "West"}, {}, file).check_writing()
    load({"site": "West"}, {}).check_writing()


@pytest.mark.parametrize("given", ["postgresql//u:geheim@h/db", "postgresql+psycopg:/u@h/db", "sqlite:/x"])
def test_a_url_that_lost_a_sign_is_no_name_of_a_file(given: str) -> None:
    with pytest.raises(ConfigError, match="database is neither a file nor a URL") as caught:
        load({"database": given}, {})
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize("given", ["postgres.sqlite", "sqlite/alara.db", "postgresql://h/db", "/srv/postgres/a.sqlite"])
def test_a_file_may_be_called_after_a_server(given: str) -> None:
    assert load({"database": given}, {}).database == given
