"""The command that installs an extra is right wherever alara came from."""

from __future__ import annotations

import re
import shlex
import sys
import tomllib

import pytest

from alara.extras import install
from tests.conftest import ROOT

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]


@pytest.mark.parametrize("extra", sorted(EXTRAS))
def test_it_names_what_the_extra_needs_and_not_alara_itself(extra: str) -> None:
    python, *pip, install_word = shlex.split(install(extra))[:4]
    assert (python, pip, install_word) == (sys.executable, ["-m", "pip"], "install")
    packages = shlex.split(install(extra))[4:]
    assert sorted(map(_name, packages)) == sorted(map(_name, EXTRAS[extra]))


def _name(requirement: str) -> str:
    return re.split(r"[<>=,]", requirement)[0].strip()


def test_the_page_on_installing_names_every_extra() -> None:
    page = (ROOT / "docs" / "howto" / "install.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == set(EXTRAS)
