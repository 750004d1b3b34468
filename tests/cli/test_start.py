"""``alara`` alone names the next command for the state that it finds, and makes nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from alara.app.next_steps import NextSteps, next_steps
from alara.app.settings_file import settings_text
from alara.config import Config, load, settings
from alara.errors import NothingFound
from alara.inbox import Inbox
from tests.cli.conftest import Run
from tests.conftest import SAMPLES

State = Callable[..., NextSteps]


@pytest.fixture
def state(tmp_path: Path) -> State:
    """What is said of a data folder on a day, with no settings file unless one is named."""

    def ask(folder: Path, today: str = "2026-11-03", settings: Path | None = None, site: str = "Test") -> NextSteps:
        config = load({"data_dir": folder, "site": site}, environ={})
        return next_steps(config, settings=settings, today=date.fromisoformat(today), folder=tmp_path)

    return ask


def files(folder: Path) -> set[str]:
    return {str(path) for path in folder.rglob("*")}


def test_without_settings_and_data_the_demonstration_comes_first(state: State, tmp_path: Path) -> None:
    found = state(tmp_path / "data")
    assert (found.state, found.steps[0].command) == ("new", "alara demo")
    assert "alara init" in [step.command for step in found.steps]
    assert files(tmp_path) == set()


def test_with_settings_and_nothing_received_the_node_comes_first(state: State, tmp_path: Path) -> None:
    found = state(tmp_path / "data", settings=Path("alara.toml"))
    assert found.state == "nothing_received"
    assert found.steps[0].command.startswith("alara listen --data-dir")


def test_a_node_that_has_received_nothing_leads_to_the_doctor(state: State, tmp_path: Path) -> None:
    with Inbox(tmp_path / "data" / "inbox").lock():
        found = state(tmp_path / "data")
    assert (found.state, found.steps[0].command.split()[:2]) == ("nothing_received", ["alara", "doctor"])


def test_what_waits_without_a_node_is_to_be_ingested(state: State, tmp_path: Path) -> None:
    Inbox(tmp_path / "data" / "inbox").put((SAMPLES / "2026-10" / "0001-orbit.dcm").read_bytes())
    found = state(tmp_path / "data")
    assert (found.state, found.found) == ("waiting", "1 object waits to be read.")
    assert found.steps[0].command.startswith("alara ingest")


def test_a_whole_month_that_is_not_audited_is_to_be_audited(state: State, database: Path) -> None:
    before = files(database.parent)
    found = state(database.parent)
    words = found.steps[0].command.split()
    assert (found.state, words[:2], words[-1]) == ("not_audited", ["alara", "audit"], "2026-10")
    assert files(database.parent) == before


def test_an_audited_month_is_to_be_looked_at(state: State, database: Path, tmp_path: Path) -> None:
    (tmp_path / "audit" / "2026-10").mkdir(parents=True)
    (tmp_path / "audit" / "2026-10" / "manifest.json").touch()
    found = state(database.parent)
    assert (found.state, found.steps[0].command) == ("audited", "xdg-open audit/2026-10/report.html")


def test_a_month_that_is_not_over_is_said_to_be_so(state: State, database: Path) -> None:
    found = state(database.parent, today="2026-10-31")
    assert found.state == "first_month"
    assert "not over" in found.steps[0].why


def test_a_file_that_is_no_database_leads_to_the_doctor(state: State, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "alara.sqlite").write_bytes(b"no database at all" * 100)
    found = state(tmp_path / "data")
    assert (found.state, found.steps[0].command.split()[1]) == ("database", "doctor")


def test_a_database_that_is_being_written_is_read_as_it_is(state: State, database: Path, tmp_path: Path) -> None:
    import sqlite3

    copy = tmp_path / "data" / "alara.sqlite"
    copy.parent.mkdir()
    shutil.copy(database, copy)
    with sqlite3.connect(copy) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("UPDATE procedures SET started_local = '2026-12-24 08:00:00.000000'")
        writer.commit()
        before = files(copy.parent)
        assert copy.with_name("alara.sqlite-wal").exists()
        assert "2026-12-24" in state(copy.parent).found
        assert files(copy.parent) == before
    writer.close()


def test_radiography_is_told_apart_from_the_procedures_as_the_audit_does(
    state: State, database: Path, tmp_path: Path
) -> None:
    import sqlite3

    copy = tmp_path / "data" / "alara.sqlite"
    copy.parent.mkdir()
    shutil.copy(database, copy)
    with closing(sqlite3.connect(copy)) as writer, writer:
        (count,) = writer.execute("SELECT count(*) FROM procedures").fetchone()
        writer.execute("UPDATE procedures SET kind = 'fluoroscopy'")
        writer.execute("UPDATE procedures SET kind = 'radiography' WHERE rowid = (SELECT min(rowid) FROM procedures)")
    assert f": {count - 1:,} procedures and 1 of radiography, " in state(copy.parent).found


def test_alara_alone_prints_commands_and_imports_nothing_heavy(database: Path, tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from alara.cli import main\n"
        "try:\n    main([])\n"
        "except SystemExit:\n    pass\n"
        "heavy = {'pandas', 'numpy', 'sqlalchemy', 'pydicom', 'pynetdicom', 'rich', 'alembic'}\n"
        "sys.exit(', '.join(heavy & set(sys.modules)) or 0)"
    )
    environ = {**os.environ, "ALARA_DATA_DIR": str(database.parent), "ALARA_SITE": "Test"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path, env=environ
    )
    assert done.returncode == 0, done.stderr
    assert "  alara audit 2026-10\n" in done.stdout
    assert all(len(line) <= 80 for line in done.stdout.splitlines())


def test_init_writes_every_setting_with_its_meaning(run: Run) -> None:
    assert run("init").exit_code == 0
    text = Path("alara.toml").read_text(encoding="utf-8")
    assert tomllib.loads(text) == {}
    flat = " ".join(text.split())
    for name, meaning in settings().items():
        assert name == "peers" or f"# {name} = " in text
        assert name == "peers" or f"{meaning[1:]}." in flat


def test_what_init_comments_out_is_the_default(tmp_path: Path) -> None:
    """With every ``# name = value`` made real, the file still says the defaults."""
    lines = settings_text({}).split("# Other nodes by name")[0].splitlines()
    real = [line[2:] if line.startswith("# ") and line[2:].split(" = ")[0] in settings() else line for line in lines]
    file = tmp_path / "alara.toml"
    file.write_text("\n".join(real), encoding="utf-8")
    given = load(environ={}, file=file)
    assert given == Config()
    assert sum(source == str(file) for source in given.sources.values()) == len(settings()) - 1


def test_init_writes_what_flags_say(run: Run) -> None:
    run("init", "--site", 'North "1"', "--port", "104", "--data-dir", "/srv/alara")
    config = load(environ={}, file=Path("alara.toml"))
    assert (config.site, config.port, str(config.data_dir)) == ('North "1"', 104, "/srv/alara")


def test_init_replaces_nothing(run: Run) -> None:
    Path("alara.toml").write_text("site = 'mine'\n", encoding="utf-8")
    with pytest.raises(Exception, match="already"):
        run("init")
    assert Path("alara.toml").read_text(encoding="utf-8") == "site = 'mine'\n"


def test_init_tried_dry_prints_and_writes_nothing(run: Run) -> None:
    assert "# port = 11112" in run("init", "--dry-run").output
    assert not Path("alara.toml").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_ask_alara_itself(run: Run, shell: str) -> None:
    output = run("completion", shell).output
    assert f"_ALARA_COMPLETE={shell}_complete" in output


@pytest.mark.parametrize(
    ("words", "expected"),
    [("alara quar", "quarantine"), ("alara audit --back", "--background")],
    ids=["command", "option"],
)
def test_completion_answers(words: str, expected: str) -> None:
    environ = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1), "_ALARA_COMPLETE": "bash_complete"}
    done = subprocess.run(
        [sys.executable, "-m", "alara"], capture_output=True, text=True, check=False, env={**os.environ, **environ}
    )
    assert done.stdout.split() == [f"plain,{expected}"]


def test_a_list_can_be_of_one_site_and_says_which_there_are(run: Run, database: Path) -> None:
    own = run("list", "--database", database, "--site", "Test", "--json")
    assert own.stdout == run("list", "--database", database, "--json").stdout
    with pytest.raises(NothingFound) as refused:
        run("list", "--database", database, "--site", "Elsewhere")
    assert "'Test'" in refused.value.hint
