"""Whatever alara raises on purpose names what to do next."""

from __future__ import annotations

import ast
import inspect
from pathlib import Path

import pytest

import alara
from alara import errors
from alara.errors import AlaraError, UnreadableReason, UnreadableReport

KINDS = {
    name
    for name, kind in inspect.getmembers(errors, inspect.isclass)
    if issubclass(kind, AlaraError) and kind is not UnreadableReport
}


def raised() -> list[tuple[str, ast.Call]]:
    """Every place in the code that makes an error of ours, and its call."""
    root = Path(alara.__file__).parent
    return [
        (f"{file.relative_to(root)}:{node.lineno}", node)
        for file in sorted(root.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KINDS
    ]


def test_every_error_has_its_next_command() -> None:
    found = raised()
    assert len(found) > 50
    without = [
        place
        for place, call in found
        if not any(
            keyword.arg == "hint" and not (isinstance(keyword.value, ast.Constant) and not keyword.value.value)
            for keyword in call.keywords
        )
    ]
    assert without == []


@pytest.mark.parametrize("reason", UnreadableReason)
def test_what_cannot_be_read_has_a_next_command(reason: UnreadableReason) -> None:
    assert "alara quarantine" in UnreadableReport(reason).hint
