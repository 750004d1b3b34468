"""What the page on security claims names what holds it, and that is there."""

from __future__ import annotations

import re

import pytest

from alara.config import settings
from tests.named_tests import ROOT, must_be_there, named_on

PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
NAMED = named_on(PAGE)


@pytest.mark.parametrize(("file", "name"), NAMED, ids=[f"{file}::{name}" for file, name in NAMED])
def test_a_test_that_the_page_names_is_there(file: str, name: str) -> None:
    must_be_there(file, name)
    assert name.startswith("test_")


def test_the_page_names_many_tests_and_none_in_another_form() -> None:
    assert len(NAMED) > 25
    assert len(re.findall(r"`tests/", PAGE)) == len(re.findall(r"`tests/[\w/]+\.py::\w+`", PAGE))


def test_the_files_and_pages_that_it_names_are_there() -> None:
    links = {f"docs/{link}" for link in re.findall(r"\]\(([\w./-]+)\)", PAGE)}
    paths = {*re.findall(r"`(docs/[\w./-]+)`", PAGE), *links}
    assert len(paths) > 5
    assert [path for path in paths if not (ROOT / path).is_file()] == []


def test_the_settings_that_it_names_are_settings() -> None:
    named = set(re.findall(r"`((?:tls|allowed|require|metrics)_\w+)`", PAGE))
    assert named
    assert named <= set(settings())


@pytest.mark.parametrize("row", [row for row in re.findall(r"^\| (.+) \|$", PAGE, re.MULTILINE) if "---" not in row])
def test_no_cell_of_a_table_is_empty_at_its_end(row: str) -> None:
    assert row.split(" | ")[-1].strip()


def test_the_page_is_where_readers_look() -> None:
    assert "security" in (ROOT / "docs" / "index.md").read_text("utf-8").splitlines()
