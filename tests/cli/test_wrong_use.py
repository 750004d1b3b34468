"""Wrong use of the command line ends with 2, one sentence, and the next command."""

from __future__ import annotations

from pathlib import Path

import pytest

from alara.cli import cli, main


@pytest.mark.parametrize(
    ("words", "sentence", "following"),
    [
        ("audti", "There is no command 'audti' of alara.", "Did you mean alara audit? alara --help"),
        ("review shw", "There is no command 'shw' of alara review.", "Did you mean alara review show?"),
        ("catalogue map exprt", "There is no command 'exprt' of alara catalogue map.", "alara catalogue map export?"),
        ("audit", "alara audit needs PERIOD.", "alara audit 2026-10"),
        ("audit 2026-10 --bakground x", "alara audit has no option --bakground.", "Did you mean --background?"),
        ("audit 2026-10 --engine foo", "--engine: 'foo' is not one of", "alara audit --help"),
        ("audit 2026-10 --out", "alara audit --out needs a value.", "alara audit --help"),
        ("list 2026-10 2026-11", "unexpected extra argument (2026-11).", "alara list 2026-10"),
        ("dose --procedure hip_inj --p-ka=-1", "--p-ka: -1 is not a finite number from zero.", "alara dose --help"),
        ("echo localhost 0", "PORT: 0 is not", "alara echo --help"),
        ("echo localhost", "There is no peer 'localhost' in the settings.", "or HOST:PORT"),
        ("echo ::1:104", "'::1:104' is no address of a peer.", "[ADDRESS]:PORT for IPv6"),
        ("echo localhost:0", "its port must be from 1 to 65535.", "HOST:PORT"),
        ("echo localhost:104 104", "HOST: 'localhost:104' must be an IPv4 address", "alara echo --help"),
        ("send localhost report.dcm", "PORT: 'report.dcm' is no port from 1 to 65535", "alara send --help"),
        ("fetch --from pacs:104 --since 2026-01-01", "'pacs:104' lacks the AE title of the peer.", "AET@pacs:104"),
        ("--colour", "alara has no option --colour.", "alara --help"),
        ("generate --procedures 5", "Name one of --out, --reports and --database.", "alara generate --help"),
    ],
    ids=lambda value: value,
)
def test_it_is_told_as_every_other_error(
    words: str, sentence: str, following: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    told = capsys.readouterr()
    first, second = told.err.splitlines()
    assert ended.value.code == 2
    assert first.startswith("alara: ")
    assert sentence in first
    assert second.startswith("  next: ")
    assert following in second
    assert told.out == ""


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("review close", ["CASE", "--as justified|optimise|equipment|training|data-error", "--by CODE"]),
        ("review close k3v5", ["--as ", "--by CODE"]),
        ("review close k3v5 --by R2", ["--as "]),
        ("policy diff us_forward", ["B", "--month PERIOD"]),
    ],
)
def test_all_that_is_missing_is_asked_for_at_once(
    words: str, asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    (sentence, _) = capsys.readouterr().err.splitlines()
    assert ended.value.code == 2
    needs = sentence.partition(" needs ")[2]
    assert all(each in needs for each in asked)
    assert needs.count("--") == sum("--" in each for each in asked)
    assert ("CASE" in needs) == ("CASE" in asked)


def test_a_group_alone_shows_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["review"])
    assert ended.value.code == 2
    assert "reopen" in capsys.readouterr().err


def test_a_choice_with_a_slip_is_told_what_it_may_be(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["audit", "2026-10", "--engine", "duckbd"])
    assert ended.value.code == 2
    assert "Did you mean duckdb?" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["import .", "listen", "ingest", "reingest", "quarantine retry --all"])
def test_what_writes_under_a_site_refuses_a_name_that_the_file_has_not(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "alara.toml"
    file.write_text('data_dir = "data"\n[sites.North]\npolicy = "us_forward"\n')
    with pytest.raises(SystemExit) as ended:
        main([*command.split(), "--config", str(file), "--site", "Nroth"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert "has no site 'Nroth'" in said
    assert "Did you mean North?" in said
    assert not (tmp_path / "data").exists()


def test_a_move_between_what_is_no_database_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["db", "move", "alara.sqlite", "postgresql//u:geheim@h/db"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("alara: TO: it is neither a file nor a URL")
    assert "geheim" not in said


@pytest.mark.parametrize(
    ("words", "following"),
    [
        ("import folder", "run it again; what is done already is passed over."),
        ("generate --procedures 9", "what was made is a part: remove it, and run it again."),
        ("db move a b", "run it again; the target has no row, though its tables may be there."),
        ("audit 2026-10", ""),
    ],
)
def test_a_command_that_was_stopped_says_what_to_do_next(
    words: str, following: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stopped(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", stopped)
    with pytest.raises(SystemExit) as ended:
        main(words.split())
    assert ended.value.code == 130
    assert capsys.readouterr().err == "alara: stopped.\n" + (f"  next: {following}\n" if following else "")
