"""The pages as they are read in the repository: their links lead somewhere, and their tables are those of the code."""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from alara.cli.exit_codes import BY_COMMAND, MEANINGS
from alara.errors import AlaraError

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    *ROOT.glob("*.md"),
    *(path for path in (ROOT / "docs").rglob("*.md") if not {"_build", "generated"} & set(path.parts)),
]


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_every_link_leads_to_what_is_in_the_repository(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", page.read_text("utf-8"))
    lost = [link for link in links if not (ROOT / "docs" / link[1:] if link[0] == "/" else page.parent / link).exists()]
    generated = [link for link in links if "/generated/" in link]  # made when the site is built, and only there
    assert not lost + generated


def test_every_place_that_contributing_names_is_there() -> None:
    named = re.findall(r"`((?:src|tests|docs)/[\w./-]+)`", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))
    assert len(named) > 5
    assert not [name for name in named if not (ROOT / name).exists()]


def test_the_page_of_exit_codes_is_that_of_the_code() -> None:
    spec = importlib.util.spec_from_file_location("from_code", ROOT / "docs" / "from_code.py")
    assert spec is not None
    assert spec.loader is not None
    from_code = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(from_code)
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text("utf-8")
    assert page == from_code.exit_codes(), "python docs/from_code.py writes it anew"


def test_every_code_that_a_command_ends_with_is_in_the_table() -> None:
    assert set(_codes_of_commands()) == set(BY_COMMAND)
    assert {code for _, code in BY_COMMAND} <= set(MEANINGS)
    assert set(_codes_of_main()) <= set(MEANINGS)
    assert {kind.exit_code for kind in _kinds(AlaraError)} <= set(MEANINGS)


def _kinds(kind: type[AlaraError]) -> Iterator[type[AlaraError]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _kinds(one)


def _codes_of_commands() -> Iterator[tuple[str, int]]:
    """(command, code) of every ``raise SystemExit(number)``, in a command or in what it calls in its own file."""
    for file in (ROOT / "src" / "alara" / "cli").glob("*.py"):
        functions = [node for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)]
        codes = {function.name: _codes(function, "SystemExit") for function in functions}
        for function in functions:
            called = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)} & set(codes)
            if command := _command(function):
                reached = called | {inner for name in called for inner in _called_by(functions, name) & set(codes)}
                for code in codes[function.name].union(*(codes[name] for name in reached)):
                    yield (f"{file.stem} {command}" if file.stem == "quarantine" else command), code


def _called_by(functions: list[ast.FunctionDef], name: str) -> set[str]:
    (function,) = (function for function in functions if function.name == name)
    return {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}


def _command(function: ast.FunctionDef) -> str:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and getattr(decorator.func, "id", "") == "command":
            return str(ast.literal_eval(decorator.args[0]))
    return ""


def _codes(tree: ast.AST, name: str) -> set[int]:
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and node.args]
    named = [call for call in calls if name in (getattr(call.func, "id", ""), getattr(call.func, "attr", ""))]
    return {call.args[0].value for call in named if isinstance(call.args[0], ast.Constant)}


def _codes_of_main() -> set[int]:
    return _codes(ast.parse((ROOT / "src" / "alara" / "cli" / "__init__.py").read_text("utf-8")), "exit")
