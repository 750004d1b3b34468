"""The page on C-arms tells each habit of a make that alara knows, and no other."""

from __future__ import annotations

import re

import pytest

from alara.sop_classes import ACCEPTED
from alara.sr.quirks import QUIRKS
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "howto" / "connect-a-c-arm.md").read_text("utf-8")
TOLD = set(re.findall(r"`([a-z]+(?:_[a-z0-9]+)+)`", PAGE))
#: What is told of a case, and no habit of a make.
FINDINGS = {"field_area_implausible"}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_each_habit_is_told(quirk: str) -> None:
    assert quirk in TOLD


def test_no_habit_is_told_that_alara_does_not_know() -> None:
    assert TOLD - set(QUIRKS) - FINDINGS == set()


@pytest.mark.parametrize(
    "model", sorted({model.strip() for quirk in QUIRKS.values() for model in re.split("[;,]", quirk.seen_on)})
)
def test_each_make_that_has_one_is_on_the_page(model: str) -> None:
    make = model.split()[0]
    assert make in PAGE or not make[0].isupper()  # none yet; after anonymisation


def test_each_sop_class_that_a_make_sends_is_one_that_the_node_accepts() -> None:
    uids = re.findall(r"1\.2\.840\.10008[\d.]+\d", PAGE)
    assert len(uids) >= 2
    assert set(uids) <= set(ACCEPTED)
