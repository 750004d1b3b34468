"""What is made up: the next command, and a pregnancy status where real reports have one."""

from __future__ import annotations

import re
import shlex
from datetime import date
from pathlib import Path

import pytest

from alara.config import Config
from alara.samples import population
from alara.store import Store
from tests.lake.conftest import Run


def test_the_next_command_is_whole_and_audits_what_was_made(run: Run, tmp_path: Path) -> None:
    out = run("generate", "--procedures", "300", "--sites", "2", "--years", "1", "--database", tmp_path / "x y.sqlite")
    (command,) = re.findall(r": (alara audit .*)", out.stdout)
    _, *words = shlex.split(command)
    assert words == ["audit", "--database", str(tmp_path / "x y.sqlite"), "2026-12", "--site", "site-001"]
    assert re.search(r"\d+ procedures", run(*words).stdout)


def test_a_column_that_nobody_makes_up_is_told_with_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(population.FRAME, "operator", "str")
    _, _, frames = next(population.months(10, sites=1, years=1))
    with pytest.raises(NotImplementedError, match=r"lack operator: samples/population\.py"):
        next(frames)


def test_most_women_who_are_asked_have_a_pregnancy_status_and_nobody_else_has(database: Path) -> None:
    with Store.open(Config(database=str(database)).database_url, create=False) as store:
        rows = store.procedures(date(2026, 1, 1), date(2027, 1, 1))
    asked = (rows["sex"] == "F") & rows["age_years"].between(12, 55)
    stated = rows["pregnancy_status"].isin(["not pregnant"])
    assert asked.sum() > 100
    assert 0.75 < stated[asked].mean() < 0.95
    assert (rows.loc[~asked, "pregnancy_status"].fillna("") == "").all()
