"""Every command in README, the documents and the help exists with the options it is shown with; the tutorial runs."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import click
import pytest

from alara.cli import cli
from tests.conftest import ROOT, SAMPLES

DOCUMENTS = sorted(
    [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md")),
        *(path for path in (ROOT / "docs").rglob("*.md") if not {"_build", "generated"} & set(path.parts)),
    ]
)
#: What is shown of a command, in a block after a prompt or between backticks.
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
SPAN = re.compile(r"`((?:\.venv/bin/)?alara(?: [^`]*)?)`")
#: A word that stands for something: PEER, DIR…, 2026-10, a file.
SHELL = re.compile(r"\s*(?:[|>;]|&&|\s#).*")


def shown(text: str) -> Iterator[str]:
    """Every ``alara`` command of a document, on one line each."""
    blocks = BLOCK.findall(text)
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ alara"):
                yield line.removeprefix("$ ")
    for span in SPAN.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        yield " ".join(span.split()).removeprefix(".venv/bin/")


def fault(command: str) -> str:
    """What is wrong with a command as it is shown, or nothing."""
    words = shlex.split(SHELL.sub("", command.replace("[", "").replace("]", "")))[1:]
    found: click.Command = cli
    while words and isinstance(found, click.Group) and not words[0].startswith("-"):
        if words[0] == "…":
            return ""
        child = found.get_command(click.Context(found), words[0])
        if child is None:
            return f"there is no {words[0]!r}"
        found, words = child, words[1:]
    known = {name for parameter in found.params for name in (*parameter.opts, *parameter.secondary_opts)}
    options = [word.split("=")[0] for word in words if word.startswith("--")]
    return ", ".join(
        sorted({f"no option {option}" for option in options} - {f"no option {one}" for one in HELP | known})
    )


HELP = {"--help", "--version", "--debug"}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_shown_exists_with_its_options(document: Path) -> None:
    commands = list(shown(document.read_text(encoding="utf-8")))
    assert {command: fault(command) for command in commands if fault(command)} == {}


def test_commands_are_found_in_the_documents() -> None:
    commands = {command for document in DOCUMENTS for command in shown(document.read_text(encoding="utf-8"))}
    assert len(commands) > 60


@pytest.mark.parametrize(
    ("command", "told"),
    [
        ("alara audit 2026-10 --pdf | less", ""),
        ("alara adit 2026-10", "there is no 'adit'"),
        ("alara db migrate", "there is no 'migrate'"),
        ("alara audit --word", "no option --word"),
    ],
)
def test_a_command_that_does_not_exist_is_found(command: str, told: str) -> None:
    assert fault(command) == told


def test_every_command_is_in_a_document() -> None:
    text = "\n".join(document.read_text(encoding="utf-8") for document in DOCUMENTS)
    assert [name for name in cli.list_commands(click.Context(cli)) if f"alara {name}" not in text] == []


def steps(document: Path) -> list[tuple[str, list[str]]]:
    """The commands of a document's blocks in their order, each with the lines that it is said to print."""
    found: list[tuple[str, list[str]]] = []
    for block in BLOCK.findall(document.read_text(encoding="utf-8")):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line.removeprefix("$ "), []))
            elif line.strip():
                found[-1][1].append(line)
    return found


def prints(output: str, lines: list[str]) -> list[str]:
    """The lines of these that an output does not have at their place, or has beside them; none where it is as shown.

    … stands for anything: in a line for a part of it, alone for any number of lines. Without it the lines follow one
    another, the first begins the output and the last ends it.
    """
    left = [line for line in output.splitlines() if line.strip()]
    skips = False
    for line in lines:
        if line.strip() == "…":
            skips = True
            continue
        at = next((n for n, each in enumerate(left) if _is(each, line)), None)
        if at is None or (at and not skips):
            return [line if at is None else f"not shown: {left[0]}"]
        left, skips = left[at + 1 :], False
    return [] if skips or not left or not lines else [f"not shown: {left[0]}"]


def _is(printed: str, shown_as: str) -> bool:
    pattern = re.sub(r" +", "*", re.sub(r"[\[\]?*]", "?", shown_as.strip())).replace("…", "*")
    return fnmatchcase(printed.strip(), pattern)


@pytest.mark.parametrize(
    ("shown_as", "fault_found"),
    [
        (["a", "b", "c"], []),
        (["…", "b", "…"], []),
        (["a", "…"], []),
        (["a b …", "…"], ["a b …"]),
        (["a", "c"], ["not shown: b"]),
        (["b", "c"], ["not shown: a"]),
        (["a", "b"], ["not shown: c"]),
        (["…", "d"], ["d"]),
        (["…", "c", "b"], ["b"]),
    ],
)
def test_what_is_left_out_without_a_word_is_found(shown_as: list[str], fault_found: list[str]) -> None:
    assert prints("a\n\nb\nc\n", shown_as) == fault_found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tutorial/first-month.md"])
def test_the_tutorial_does_what_it_says(name: str, tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    home = {
        "HOME": str(tmp_path / "home"),
        "XDG_CONFIG_HOME": "",
        "XDG_DATA_HOME": "",
    }  # not that of who runs the tests
    environ = {**os.environ, **home, "PATH": path, "COLUMNS": "200"}
    commands = steps(ROOT / "docs" / name)
    assert len(commands) > 8
    for command, lines in commands:
        done = subprocess.run(
            shlex.split(command), cwd=tmp_path, env=environ, capture_output=True, text=True, check=False, timeout=300
        )
        # 3: something was set aside; 1: the doctor of a machine where a port or a clock is not as it should be
        allowed = {"import": {0, 3}, "doctor": {0, 1}}.get(command.split()[1], {0})
        assert done.returncode in allowed, (command, done.stdout, done.stderr)
        assert prints(done.stdout, lines) == [], (command, done.stdout)


@pytest.mark.slow
def test_the_recipe_for_a_notebook_runs(tmp_path: Path) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/howto/pandas.md").read_text(encoding="utf-8"), re.DOTALL)
    run = [sys.executable, "-m", "alara", "import", str(SAMPLES / "2026-10"), "--data-dir", "demo/data"]
    done = subprocess.run([*run, "--key-file", "key"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 3), done.stderr
    checked = code + "\nassert len(by_unit) > 5 and len(rate) > 5 and weekly.sum() == len(reviewed) > 50\n"
    done = subprocess.run([sys.executable, "-c", checked], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_policy_and_the_words_of_the_how_to_are_such_as_pass(tmp_path: Path) -> None:
    text, grade, procedure, lexicon = re.findall(
        r"```toml\n(.*?)```", (ROOT / "docs/howto/site-policy.md").read_text(encoding="utf-8"), re.DOTALL
    )
    (tmp_path / "policies.toml").write_text(text, encoding="utf-8")
    (tmp_path / "procedures.toml").write_text(grade + procedure, encoding="utf-8")
    (tmp_path / "lexicon.toml").write_text(lexicon, encoding="utf-8")
    check = [sys.executable, "-m", "alara", "policy", "check", str(tmp_path)]
    done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (tmp_path / "procedures.toml").write_text(procedure.replace('["PROPOSAL"]', '["NOBODY2020"]'), encoding="utf-8")
    done = subprocess.run(check, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "NOBODY2020" in done.stderr


@pytest.mark.slow
def test_the_documents_build_without_a_warning(tmp_path: Path) -> None:
    pytest.importorskip("sphinx", reason="sphinx is not installed (group docs)")
    build = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html", "-d", str(tmp_path / "trees")]
    done = subprocess.run(
        [*build, str(ROOT / "docs"), str(tmp_path / "html")], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    commands = (tmp_path / "html" / "reference" / "cli.html").read_text(encoding="utf-8")
    assert all(f'id="alara-{name}"' in commands for name in cli.list_commands(click.Context(cli)))
    assert "p_ka_gycm2" in (tmp_path / "html" / "reference" / "generated" / "columns.html").read_text(encoding="utf-8")
