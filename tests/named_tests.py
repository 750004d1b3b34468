"""Pages that name tests: which they name, and whether those are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def named_on(page: str) -> list[tuple[str, str]]:
    """(file, name) of every test that a page names as ```file::name```, sorted."""
    return sorted(set(re.findall(r"`(tests/[\w/]+\.py)::([\w:]+)`", page)))


def must_be_there(file: str, name: str) -> None:
    """Fail unless a file has a test of that name, in a class where the name says so."""
    scope: ast.AST = ast.parse((ROOT / file).read_text("utf-8"))
    for part in name.split("::"):
        found = [node for node in ast.iter_child_nodes(scope) if getattr(node, "name", None) == part]
        assert found, f"{file} has no {name}"
        scope = found[0]
