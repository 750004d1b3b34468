"""Every row of the page of faults is a test."""

from __future__ import annotations

import re

import pytest

from tests.named_tests import ROOT, must_be_there, named_on

PAGE = (ROOT / "docs" / "reliability.md").read_text("utf-8")
NAMED = named_on(PAGE)
ROWS = [row for row in re.findall(r"^\| (.+) \|$", PAGE, re.MULTILINE) if not row.startswith(("fault |", "---"))]


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[f"{file}::{name}" for file, name in NAMED])
def test_a_test_that_the_page_of_faults_names_is_there(file: str, name: str) -> None:
    must_be_there(file, name)
    assert name.rpartition("::")[2].startswith("test_")


@pytest.mark.parametrize("row", ROWS, ids=[row.partition(" |")[0][:40] for row in ROWS])
def test_every_fault_names_what_happens_and_a_test(row: str) -> None:
    fault, happens, shown = row.split(" | ")
    assert fault
    assert happens
    assert named_on(shown), fault


def test_the_page_of_faults_is_not_empty() -> None:
    assert len(ROWS) > 50
