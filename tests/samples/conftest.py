"""The committed samples and what they mean."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "sample_rdsr"


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of the committed samples."""
    return FOLDER


@pytest.fixture(scope="session")
def expected() -> dict[str, dict[str, Any]]:
    """What was meant, by file below the folder of samples."""
    return {
        str(file.relative_to(FOLDER)): json.loads(file.with_suffix(".expected.json").read_text(encoding="utf-8"))
        for file in sorted(FOLDER.rglob("*.dcm"))
    }
