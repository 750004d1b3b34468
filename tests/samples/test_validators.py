"""Three other implementations find nothing wrong with the regular samples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
import validators

Expected = dict[str, dict[str, Any]]
Program = Callable[[str], str]

pytestmark = [pytest.mark.peer, pytest.mark.slow]


@pytest.mark.parametrize("judge", [validators.dcmdump, validators.dciodvfy, validators.dsrdump])
def test_regular_samples_are_clean(
    judge: Callable[[Program, Path], list[str]], samples: Path, expected: Expected, program: Program
) -> None:
    regular = [name for name, meant in expected.items() if meant["regular"]]
    complaints = {name: judge(program, samples / name) for name in regular}
    assert {name: said for name, said in complaints.items() if said} == {}


def manner(samples: Path, name: str, make: str) -> tuple[str, str, str]:
    """What tells how a report is written: the make, the transfer syntax, the character set."""
    dataset = pydicom.dcmread(samples / name, specific_tags=["SpecificCharacterSet"])
    return make, dataset.file_meta.TransferSyntaxUID, str(dataset.get("SpecificCharacterSet", ""))


def test_one_regular_sample_of_each_manner_is_clean_to_pixelmed(
    samples: Path, expected: Expected, program: Program
) -> None:
    if not validators.PIXELMED.exists():
        pytest.skip("PixelMed is not installed (Debian: libpixelmed-java)")
    regular = {name: meant["make"] for name, meant in reversed(expected.items()) if meant["regular"]}
    of_each = {manner(samples, name, make): name for name, make in regular.items()}
    assert len(of_each) >= 9
    complaints = {name: validators.pixelmed(program, samples / name) for name in of_each.values()}
    assert {name: said for name, said in complaints.items() if said} == {}


def test_the_judges_find_fault_where_there_is_one(samples: Path, expected: Expected, program: Program) -> None:
    cut = next(name for name in expected if name.endswith("-truncated.dcm"))
    old = next(name for name in expected if name.endswith("-siemens-zee.dcm"))
    assert validators.dcmdump(program, samples / cut)
    assert validators.dciodvfy(program, samples / old)
