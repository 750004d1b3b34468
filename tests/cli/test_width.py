"""What is printed keeps to 80 columns, and a command to copy is never broken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from alara.report.terminal import wrapped
from tests.cli.conftest import Run

#: A line that may stick out, for it is there to be copied.
TO_COPY = re.compile(r"alara [a-z]+|^ +\S+$")


def too_wide(text: str) -> list[str]:
    return [line for line in text.splitlines() if len(line.rstrip()) > 80 and not TO_COPY.search(line)]


@pytest.mark.parametrize(
    "arguments",
    [
        ("catalogue", "list"),
        ("catalogue", "show", "sij"),
        ("policy", "show"),
        ("policy", "show", "capacity_aware"),
        ("policy", "reasons"),
        ("dose", "--procedure", "esi_il_lumbar", "--p-ka", "2.8", "--ka-r", "28"),
        ("dose", "--procedure", "pci", "--p-ka", "320", "--ka-r", "5200"),
    ],
    ids=" ".join,
)
def test_what_is_known_keeps_to_eighty_columns(run: Run, arguments: tuple[str, ...]) -> None:
    assert too_wide(run(*arguments, env={"COLUMNS": "80"}).stdout) == []


def test_the_audit_and_the_plan_keep_to_eighty_columns(run: Run, database: Path, tmp_path: Path) -> None:
    of_it = ("--site", "Test", "--database", database)
    audited = run("audit", "2026-10", *of_it, "--out", tmp_path / "a", env={"COLUMNS": "80"}).stdout
    planned = run("plan", "--slots-per-week", "2", *of_it, env={"COLUMNS": "80"}).stdout
    reviewed = run("review", "list", *of_it, env={"COLUMNS": "80"}).stdout
    assert too_wide(audited + planned + reviewed) == []


def test_a_command_is_on_one_line_with_its_flags_and_its_case() -> None:
    command = "alara explain --config '/a b/alara.toml' 2eqlipqzwfv7"
    for before in range(40):
        lines = wrapped(f"{'x ' * before}{command} shows both numbers.", 60)
        assert any(command in line for line in lines)
        assert all(len(line) <= 60 for line in lines)


def test_an_address_is_not_broken() -> None:
    address = f"https://example.org/{'long/' * 20}page-1"
    assert wrapped(f"See {address} for more.", 40) == ["See", f"  {address}", "  for more."]


def test_in_a_pipe_of_no_known_width_a_paragraph_is_one_line(run: Run) -> None:
    assert max(map(len, run("policy", "show", env={"COLUMNS": ""}).stdout.splitlines())) > 200
