"""A shell is offered values too: what the database holds, ids of the knowledge, peers; and never an error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from alara.audit import Flag
from alara.cli import cli
from alara.cli.values import REASONS
from tests.cli.conftest import Run


def offered(line: str) -> list[str]:
    """What a shell is offered for the last word of a line; a blank at its end begins a new word."""
    *words, incomplete = line.split(" ")[1:]
    return [
        item.value for item in ShellComplete(cli, {}, "alara", "_ALARA_COMPLETE").get_completions(words, incomplete)
    ]


@pytest.fixture
def here(database: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALARA_DATA_DIR", str(database.parent))
    monkeypatch.setenv("ALARA_SITE", "Test")
    return tmp_path


def test_periods_are_those_that_have_data(here: Path) -> None:
    assert offered("alara audit 20") == ["2026-10"]
    assert offered("alara list ") == ["2026-10"]
    assert offered("alara policy diff us_forward capacity_aware --month 2026-q") == ["2026-Q4"]
    assert offered("alara audit 2025") == []


def test_a_month_of_another_site_is_not_offered_to_an_audit(here: Path) -> None:
    assert offered("alara audit --site Elsewhere 20") == []
    assert offered("alara list 20") == ["2026-10"]  # of all sites


@pytest.mark.parametrize("command", ["explain", "show", "review show", "review close"])
def test_cases_are_those_that_begin_so(run: Run, here: Path, command: str, database: Path) -> None:
    every = offered(f"alara {command} ")
    assert len(every) > 10
    beginning = every[0][:2]
    assert offered(f"alara {command} {beginning}") == [case for case in every if case.startswith(beginning)]
    assert run("show", every[0], "--database", database).exit_code == 0


def test_only_cases_with_a_review_are_offered_to_reopen(run: Run, here: Path, tmp_path: Path, database: Path) -> None:
    import shutil

    copy = tmp_path / "copy.sqlite"
    shutil.copy(database, copy)
    assert offered(f"alara review reopen --database {copy} ") == []
    case = offered("alara review close ")[0]
    run(
        "review",
        "close",
        case,
        "--as",
        "justified",
        "--by",
        "R2",
        "--database",
        copy,
        "--data-dir",
        tmp_path,
        "--site",
        "Test",
    )
    assert offered(f"alara review reopen --database {copy} ") == [case]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("alara dose --procedure esi_tf_l", ["esi_tf_lumbar"]),
        ("alara catalogue show hip", ["hip_inj"]),
        ("alara audit 2026-10 --policy us", ["us_forward"]),
        ("alara policy show cap", ["capacity_aware"]),
        ("alara policy diff us_forward flu", ["fluoro_standard"]),
        ("alara audit 2026-10 --background us", ["us_ncrp160"]),
        ("alara review list --reason inc", ["incomplete"]),
        ("alara review close x --as just", ["justified"]),
        ("alara review list --clo", ["--closed"]),
    ],
)
def test_ids_are_offered(here: Path, line: str, expected: list[str]) -> None:
    assert offered(line) == expected


def test_the_site_s_own_procedures_and_peers_are_offered(here: Path) -> None:
    (here / "own").mkdir()
    (here / "own" / "procedures.toml").write_text('[our_own]\nname = "Ours"\n', encoding="utf-8")
    (here / "alara.toml").write_text('[peers.PACS]\naet = "PACS"\nhost = "10.1.2.3"\nport = 104\n', encoding="utf-8")
    assert offered("alara catalogue show --knowledge own our") == ["our_own"]
    assert offered("alara fetch --from P") == ["PACS"]
    assert offered("alara echo P") == ["PACS"]


def test_the_reasons_offered_are_those_of_the_audit() -> None:
    assert set(REASONS) == set(Flag)


@pytest.mark.parametrize(
    "line", ["alara audit 20", "alara explain a", "alara review reopen ", "alara dose --procedure e", "alara echo P"]
)
@pytest.mark.parametrize("state", ["nothing", "no_database", "wrong_settings", "wrong_knowledge", "server"])
def test_where_nothing_can_be_asked_nothing_is_said(
    line: str, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALARA_DATA_DIR", str(tmp_path / "data"))
    if state == "no_database":
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "alara.sqlite").write_bytes(b"no database at all" * 100)
    elif state == "wrong_settings":
        Path("alara.toml").write_text("port = 'x'", encoding="utf-8")
    elif state == "wrong_knowledge":
        (tmp_path / "data" / "knowledge").mkdir(parents=True)
        (tmp_path / "data" / "knowledge" / "procedures.toml").write_text("[", encoding="utf-8")
    elif state == "server":
        monkeypatch.setenv("ALARA_DATABASE", "postgresql+psycopg://nobody@192.0.2.1/none")  # never asked
    files = set(tmp_path.rglob("*"))
    found = offered(line)
    assert found == [] or line.endswith("--procedure e")
    assert set(tmp_path.rglob("*")) == files


@pytest.mark.parametrize("line", ["alara audit 20", "alara explain ", "alara dose --procedure esi"])
def test_a_shell_does_not_wait_for_imports(line: str, here: Path) -> None:
    code = (
        "import sys\n"
        "from alara.cli import main\n"
        "try:\n    main([])\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'pandas', 'numpy', 'sqlalchemy', 'rich', 'alembic', 'alara.knowledge.loader', 'alara.inbox'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(line.count(" ")), "_ALARA_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env={**os.environ, **asked}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("plain,")
