"""``alara read``: one file or many, whatever each of them is; words, JSON and exit codes."""

from __future__ import annotations

import io
import json
import re
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from alara.cli import main
from alara.report.one import as_dict
from alara.sr import read_bytes

ROOT = Path(__file__).resolve().parents[2]
MONTH = ROOT / "sample_rdsr" / "2026-10"
GOOD, OTHER = MONTH / "0001-orbit.dcm", MONTH / "0002-arc.dcm"
GARBAGE = MONTH / "0171-garbage.dcm"


class Reads:
    """Calls ``alara read`` in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as exit_:
            main(["read", *map(str, arguments)])
        said = self._capsys.readouterr()
        code = exit_.value.code
        assert isinstance(code, int)
        return code, said.out, said.err

    def json(self, *arguments: str | Path) -> Any:
        return json.loads(self(*arguments, "--json")[1])


@pytest.fixture
def reads(capsys: pytest.CaptureFixture[str]) -> Reads:
    return Reads(capsys)


def test_one_file_is_told_without_its_name(reads: Reads) -> None:
    code, out, err = reads(GOOD)
    assert (code, err) == (0, "")
    assert out.startswith("Fluoroscopy dose report of Northlight Surgical Orbit 21, 2026-10-01 08:01\n")
    assert "Unit C-ARM-1 · Alara Sample Clinic · serial SAMPLE-ORBIT-01" in out
    assert "K_a,r at 30cm in Front of Image Input Surface (700 mm from the source)" in out


def test_several_files_are_told_by_name_in_their_order(reads: Reads) -> None:
    code, out, _ = reads(OTHER, GOOD)
    assert code == 0
    assert [line for line in out.splitlines() if line.endswith(".dcm")] == [str(OTHER), str(GOOD)]


def test_standard_input_is_a_file(reads: Reads, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = reads(GOOD)[1]
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(GOOD.read_bytes())))
    assert reads("-") == (0, whole, "")


def test_what_is_no_report_is_told_with_its_reason_and_ends_with_3(reads: Reads) -> None:
    code, out, err = reads(GARBAGE)
    assert (code, out) == (3, "")
    assert err.startswith(f"alara: {GARBAGE}: ")
    assert "(not_dicom)" in err
    assert f"next: alara import {GARBAGE}" in err


def test_a_folder_is_read_file_by_file_in_the_order_of_their_names(reads: Reads, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "IM0002").write_bytes(OTHER.read_bytes())
    (tmp_path / "IM0001").write_bytes(GOOD.read_bytes())
    (tmp_path / ".hidden").write_bytes(b"")
    code, out, _ = reads(tmp_path)
    assert code == 0
    assert [line for line in out.splitlines() if "IM000" in line] == [
        str(tmp_path / "IM0001"),
        str(tmp_path / "deep" / "IM0002"),
    ]
    assert [each["file"] for each in reads.json(tmp_path / "deep")] == [str(tmp_path / "deep" / "IM0002")]


def test_an_empty_folder_and_a_zip_archive_are_told_what_to_do_with(reads: Reads, tmp_path: Path) -> None:
    code, _, err = reads(tmp_path)
    assert code == 2
    assert "has no file in it" in err
    archive = tmp_path / "export.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.write(GOOD)
    code, out, err = reads(archive)
    assert (code, out) == (2, "")
    assert f"{archive} is a zip archive" in err
    assert f"next: alara import {archive}" in err


def test_a_missing_file_ends_with_2(reads: Reads, tmp_path: Path) -> None:
    assert reads(tmp_path / "none.dcm")[0] == 2
    assert reads(tmp_path / "none.dcm", "--json")[:2] == (2, "")


def test_a_file_that_may_not_be_opened_ends_with_2(reads: Reads, tmp_path: Path) -> None:
    loop = tmp_path / "loop.dcm"
    loop.symlink_to(loop)
    code, _, err = reads(loop)
    assert code == 2
    assert "cannot be opened" in err


def test_a_file_that_is_far_too_large_is_not_taken_into_memory(reads: Reads, tmp_path: Path) -> None:
    huge = tmp_path / "huge.dcm"
    with huge.open("wb") as file:
        file.truncate(40 * 1024**3)  # a hole: it takes no space
    code, _, err = reads(huge)
    assert code == 3
    assert "(too_large)" in err


def test_one_bad_file_stops_none_of_the_others(reads: Reads, tmp_path: Path) -> None:
    code, out, err = reads(GARBAGE, GOOD)
    assert code == 3
    assert "Orbit 21" in out
    assert f"{GARBAGE}: The bytes are not a DICOM dataset. (not_dicom)" in err
    assert reads(tmp_path / "none.dcm", GARBAGE, GOOD)[0] == 2


def test_json_of_one_file_is_an_object_and_of_several_a_list(reads: Reads, tmp_path: Path) -> None:
    one = reads.json(GOOD)
    assert one == {"file": str(GOOD), **as_dict(read_bytes(GOOD.read_bytes()))}
    several = reads.json(GOOD, GARBAGE, tmp_path / "none.dcm")
    assert several[0] == one
    assert several[1] == {
        "file": str(GARBAGE),
        "unreadable": {"reason": "not_dicom", "text": "The bytes are not a DICOM dataset."},
    }
    assert several[2].keys() == {"file", "not_opened"}


def test_every_key_of_the_json_is_in_the_docs() -> None:
    docs = (ROOT / "docs" / "read-json.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"`(\w+)`", docs))
    report = as_dict(read_bytes((MONTH / "0145-biplane.dcm").read_bytes()))
    keys = set(report) | set(report["planes"][0]) | set(report["events"][0]) | set(report["accumulated"][0])
    assert keys - documented == set()


@pytest.mark.parametrize("file", sorted(MONTH.glob("*.dcm"))[::6], ids=lambda file: file.stem)
def test_samples_are_told_in_80_columns_without_a_patient(
    reads: Reads, monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    code, out, _ = reads(file)
    assert code in (0, 3)
    assert "Sample^Patient" not in out
    assert not re.search(r"SAMPLE-\d{4}", out)
    tables = [line.rstrip() for line in out.splitlines() if re.match(r" +\S", line)]
    assert max(map(len, tables), default=0) <= 80


def test_dose_in_a_header_says_what_it_is_and_when_it_counts(reads: Reads) -> None:
    for name, title in (
        ("0217-xa-image", "the header of an image"),
        ("0219-procedure-step", "a performed procedure step"),
    ):
        out = reads(MONTH / f"{name}.dcm")[1]
        assert out.startswith(f"Fluoroscopy dose in {title} of ")
        assert "counted only where no dose report of the study comes" in out


def test_what_a_total_is_made_of_is_told_where_it_says_more(reads: Reads) -> None:
    disagreeing, plain = reads(MONTH / "0161-arc-total-disagrees.dcm")[1], reads(GOOD)[1]
    assert re.search(r"single +P_KA Gy·cm² +3\.733 +2\.986 +0 +2\.986", disagreeing)
    assert "sum of" not in plain
