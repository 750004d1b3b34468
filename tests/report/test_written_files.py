"""The folder of an audit is whole or as it was, and the same audit gives the same bytes."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from alara.errors import StorageError
from alara.knowledge import Knowledge
from alara.report import write

NAMES = [
    "procedures.csv",
    "summary.csv",
    "reviews.csv",
    "insights.csv",
    "devices.csv",
    "columns.csv",
    "report.html",
    "manifest.json",
]


def test_all_files_are_written_and_nothing_else(audit: Any, knowledge: Knowledge, tmp_path: Path) -> None:
    folder = tmp_path / "audits" / "2026-10"
    written = write(audit, folder, knowledge)
    assert [path.name for path in written] == NAMES
    assert sorted(path.name for path in folder.iterdir()) == sorted(NAMES)


def test_same_audit_gives_same_bytes(month: Callable[..., Any], knowledge: Knowledge, tmp_path: Path) -> None:
    write(month(160), tmp_path / "a", knowledge)
    write(month(160), tmp_path / "b", knowledge)
    for name in NAMES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_order_of_the_rows_changes_no_byte(month: Callable[..., Any], knowledge: Knowledge, tmp_path: Path) -> None:
    write(month(160), tmp_path / "a", knowledge)
    write(month(160, order=3), tmp_path / "b", knowledge)
    for name in NAMES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_knowledge_is_the_project_s_own_unless_told(audit: Any, tmp_path: Path) -> None:
    assert write(audit, tmp_path)


def test_other_knowledge_than_the_audit_s_explains_nothing(audit: Any, knowledge: Knowledge, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="other knowledge"):
        write(replace(audit, knowledge_digest="0" * 64), tmp_path, knowledge)


def test_manifest_vouches_for_the_other_files(audit: Any, knowledge: Knowledge, tmp_path: Path) -> None:
    write(audit, tmp_path, knowledge)
    manifest = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["files"].keys() == set(NAMES) - {"manifest.json"}
    for name, entry in manifest["files"].items():
        content = (tmp_path / name).read_bytes()
        assert entry == {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    assert manifest["period"] == {"label": "2026-10", "start": "2026-10-01", "end_exclusive": "2026-11-01"}
    assert manifest["counts"]["procedures"] + manifest["counts"]["radiography"] == 160
    assert manifest["knowledge_sha256"] == knowledge.digest


def test_an_audit_again_replaces_the_files(month: Callable[..., Any], knowledge: Knowledge, tmp_path: Path) -> None:
    write(month(20), tmp_path, knowledge)
    write(month(160), tmp_path, knowledge)
    assert (tmp_path / "procedures.csv").read_bytes().count(b"\n") == 161


def test_a_folder_that_cannot_be_is_one_sentence_with_a_hint(audit: Any, knowledge: Knowledge, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here first")
    with pytest.raises(StorageError, match="cannot be written") as caught:
        write(audit, tmp_path / "file" / "2026-10", knowledge)
    assert caught.value.hint
    assert caught.value.exit_code == 4


def test_a_failure_leaves_the_earlier_files(
    month: Callable[..., Any], knowledge: Knowledge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(month(20), tmp_path, knowledge)
    before = {name: (tmp_path / name).read_bytes() for name in NAMES}

    def full(self: Path, data: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(StorageError, match="No space left"):
        write(month(160), tmp_path, knowledge)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_frame_off_its_contract_writes_nothing(audit: Any, knowledge: Knowledge, tmp_path: Path) -> None:
    odd = replace(audit, cases=audit.cases.rename(columns={"site": "place"}))
    with pytest.raises(ValueError, match="missing: site; unknown: place"):
        write(odd, tmp_path / "x", knowledge)
    assert not (tmp_path / "x").exists()
