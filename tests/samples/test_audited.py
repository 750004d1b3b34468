"""What the samples show reaches the audit: every finding and every quirk, counted by procedure."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from alara.app.audit import audit_period
from alara.app.importing import import_paths
from alara.config import load
from alara.findings import FindingCode
from alara.sr.quirks import QUIRKS

DOCS = Path(__file__).resolve().parents[2] / "docs"

Expected = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def audited(samples: Path, tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """``procedures.csv`` of the month of samples."""
    folder = tmp_path_factory.mktemp("audited")
    settings = folder / "alara.toml"
    names = {"data_dir": str(folder / "data"), "key_file": str(folder / "key")}
    settings.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in names.items()), encoding="utf-8")
    config = load(environ={}, file=settings)
    import_paths(config, [samples])
    audit_period(config, "2026-10", folder / "out")
    return pd.read_csv(folder / "out" / "procedures.csv", keep_default_na=False)


def counted(column: pd.Series) -> Counter[str]:
    return Counter(word for cell in column for word in cell.split())


def meant_by_procedure(expected: Expected, key: str) -> Counter[str]:
    """How many procedures are meant to have each word: what can be taken in of one study, device and kind is one.

    A procedure step saved to a file cannot be sent, but an import takes it.
    """
    said: dict[tuple[str, ...], set[str]] = {}
    for meant in expected.values():
        if (
            meant.get("make")
            and (meant["sendable"] or "procedure step" in meant["about"])
            and meant["kind"] in ("fluoroscopy", "radiography")
        ):
            procedure = meant["study_instance_uid"], meant["make"], meant["kind"]
            said.setdefault(procedure, set()).update(meant[key])
    return Counter(word for words in said.values() for word in words)


def test_every_finding_is_shown_by_a_sample(expected: Expected) -> None:
    shown = {
        code for meant in expected.values() for key in ("findings", "procedure_findings") for code in meant.get(key, ())
    }
    assert shown == set(FindingCode)


def test_every_finding_is_in_the_docs_with_a_sample_that_was_meant_to_show_it(expected: Expected) -> None:
    docs = (DOCS / "methods" / "findings.md").read_text(encoding="utf-8")
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in docs.splitlines() if "`" in line[:3]]
    assert [row[:2] for row in rows] == [[code.value, code.words] for code in FindingCode]
    for code, _, sample in rows:
        assert code in {*expected[sample]["findings"], *expected[sample].get("procedure_findings", ())}


@pytest.mark.slow
def test_the_audit_counts_each_quirk_by_procedure(audited: pd.DataFrame, expected: Expected) -> None:
    counts = counted(audited.quirks)
    assert counts == meant_by_procedure(expected, "quirks")
    assert counts.keys() == QUIRKS.keys()


@pytest.mark.slow
def test_the_audit_says_what_is_to_be_said_of_procedures(audited: pd.DataFrame, expected: Expected) -> None:
    said, meant = counted(audited.findings), meant_by_procedure(expected, "procedure_findings")
    assert {code: said[code] for code in meant} == meant


@pytest.mark.slow
def test_findings_of_reports_reach_their_procedures(audited: pd.DataFrame, expected: Expected) -> None:
    said = counted(audited.findings)
    answered_anew = {code for code in FindingCode if code.value.startswith("total_")}  # by the procedure's own totals
    for code in {code for meant in expected.values() for code in meant.get("findings", ())} - answered_anew:
        if code != FindingCode.DOSES_NOT_READ:  # such reports make no procedure
            assert said[code], code
