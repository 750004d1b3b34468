"""R opens each CSV of an audit right: its names, its rows, its numbers, and what is missing."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from alara.knowledge import Knowledge
from alara.report import write
from tests.conftest import ROOT

pytestmark = [pytest.mark.peer, pytest.mark.slow]

#: One line a file: name, rows, names of the columns.
SHAPES = """
for (file in commandArgs(TRUE)) {
  seen <- read.csv(file, fileEncoding = "UTF-8-BOM", na.strings = "", check.names = FALSE)
  cat(basename(file), nrow(seen), paste(names(seen), collapse = ","), sep = "\\t")
  cat("\\n")
}
"""


@pytest.fixture(scope="module")
def written(audit: Any, knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("r") / "audit" / "2026-10"
    write(audit, folder, knowledge)
    return folder


def asked(rscript: str, code: str, folder: Path, *arguments: object) -> str:
    done = subprocess.run(
        [rscript, "--vanilla", "-e", code, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "arning" not in done.stderr
    return done.stdout


def test_each_csv_has_its_names_and_rows_in_r(written: Path, program: Callable[[str], str]) -> None:
    files = sorted(written.glob("*.csv"))
    shapes = asked(program("Rscript"), SHAPES, written, *files).splitlines()
    expected = []
    for file in files:
        frame = pd.read_csv(file, encoding="utf-8-sig", dtype=str)
        expected.append(f"{file.name}\t{len(frame)}\t{','.join(frame.columns)}")
    assert len(files) >= 4
    assert shapes == expected


def test_the_lines_of_the_how_to_give_what_pandas_gives(written: Path, program: Callable[[str], str]) -> None:
    (code,) = re.findall(r"```r\n(.*?)```", (ROOT / "docs/howto/pandas.md").read_text(encoding="utf-8"), re.DOTALL)
    code += '\nfor (unit in names(by_unit)) cat(sprintf("%s\\t%.9g\\n", unit, by_unit[[unit]][[1]]))\n'
    code += 'cat(sprintf("missing\\t%d\\n", sum(is.na(cases$p_ka_gycm2))))\n'
    told = dict(line.split("\t") for line in asked(program("Rscript"), code, written.parent.parent).splitlines())
    frame = pd.read_csv(written / "procedures.csv", encoding="utf-8-sig")
    assert int(told.pop("missing")) == frame["p_ka_gycm2"].isna().sum()
    medians = frame.groupby("device")["p_ka_gycm2"].quantile(0.5).dropna()
    assert {unit: float(value) for unit, value in told.items() if value != "NA"} == pytest.approx(
        medians.to_dict(), rel=1e-6
    )
