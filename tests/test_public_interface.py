"""What ``import alara`` offers is documented with examples that hold, and does what the commands do."""

from __future__ import annotations

import doctest
import inspect
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import alara
from alara.app.audit import audit_period
from alara.app.importing import import_paths
from alara.audit.frames import INPUT_COLUMNS
from alara.config import Config
from alara.errors import UsageError
from alara.store.queries import FRAME
from tests.conftest import ROOT, SAMPLES

CASE = {"started": "2026-10-05 08:30", "study_description": "KNEE INJECTION", "p_ka_gycm2": 0.03}


def frame(*cases: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame(list(cases)).astype({"started": "datetime64[us]"})


def test_the_list_of_names_is_complete() -> None:
    code = "import alara, inspect; print(*sorted(n for n, v in vars(alara).items() if inspect.isfunction(v)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == sorted(set(alara.__all__) - {"__version__"})


@pytest.mark.parametrize("name", sorted(set(alara.__all__) - {"__version__"}))
def test_every_function_has_parameters_errors_and_examples(name: str) -> None:
    function = vars(sys.modules["alara"])[name]
    text = inspect.getdoc(function if inspect.isfunction(function) else function.__call__) or ""
    assert all(section in text for section in ("Parameters\n---", "Raises\n---", "Examples\n---")), name


def test_the_examples_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = subprocess.run(
        [sys.executable, "-m", "doctest", "src/alara/__init__.py"], capture_output=True, text=True, check=False
    )
    assert done.stdout == ""
    examples = doctest.DocTestParser().get_examples(Path("src/alara/__init__.py").read_text(encoding="utf-8"))
    assert len(examples) > 8


def test_import_alone_imports_nothing_heavy() -> None:
    code = (
        "import alara, sys; sys.exit(', '.join({'pandas', 'sqlalchemy', 'pydicom', 'click'} & set(sys.modules)) or 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_audit_can_be_called_before_and_after_its_package_is_imported() -> None:
    code = (
        "import alara, pandas as pd\n"
        "frame = pd.DataFrame({'started': pd.to_datetime(['2026-10-05'])})\n"
        "one = alara.audit(frame).headline\n"
        "import alara.audit\n"
        "assert alara.audit(frame).headline == one\n"
        "assert alara.audit.Period.parse('2026').label == '2026'\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.slow
def test_audit_of_a_databases_frame_is_the_audit_of_the_database(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path / "data", key_file=tmp_path / "key", site="Test")
    import_paths(config, sorted((SAMPLES / "2026-10").glob("000*.dcm")))
    whole = audit_period(config, "2026-10", tmp_path / "out").audit
    procedures = alara.procedures(tmp_path / "data" / "alara.sqlite", "2026-10")
    found = alara.audit(procedures, site="Test")
    assert len(found.cases) > 5
    assert found.headline == whole.headline
    # what stands out is told from what the database knows around the cases: a frame alone leaves it empty
    one, other = (cases.drop(columns="stands_out") for cases in (found.cases, whole.cases))
    pd.testing.assert_frame_equal(one, other, check_dtype=False)
    assert set(found.cases["stands_out"]) == {""}
    assert alara.procedures(tmp_path / "data" / "alara.sqlite", "2025").empty


def test_a_frame_may_have_the_columns_of_the_store() -> None:
    assert {name: str(kind).replace("Int64", "int64") for name, kind in INPUT_COLUMNS.items()} == FRAME


def test_what_a_frame_does_not_have_is_missing_and_not_zero() -> None:
    (case,) = alara.audit(frame(CASE)).cases.to_dict("records")
    assert (case["p_ka_basis"], case["ka_r_basis"], case["kind"]) == ("stated", "absent", "fluoroscopy")
    assert all(pd.isna(case[name]) for name in ("ka_r_mgy", "fluoroscopy_time_s", "events", "planes", "psd_high_mgy"))
    assert case["complete"] == "no"


def test_the_callers_frame_stays_as_it_is() -> None:
    given = frame(CASE)
    before = given.copy(deep=True)
    alara.audit(given)
    pd.testing.assert_frame_equal(given, before)


def test_period_is_what_the_frame_spans() -> None:
    assert alara.audit(frame(CASE)).period.label == "2026-10"
    later = {**CASE, "started": "2026-12-01"}
    assert alara.audit(frame(CASE, later)).period.label == "2026-10-05..2026-12-01"
    assert alara.audit(frame(CASE, later), period="2026-12").headline.procedures == 1


def test_an_audit_is_told_in_a_few_lines() -> None:
    told = repr(alara.audit(frame(CASE), "us_forward"))
    assert told.startswith("<Audit of 2026-10 under us_forward: 1 procedure, ")
    assert len(told) < 300


def test_the_site_of_an_audit_is_that_of_its_frame() -> None:
    north, south = {**CASE, "site": "North"}, {**CASE, "site": "South"}
    assert alara.audit(frame(north)).site == "North"
    assert "2026-10 at North under" in repr(alara.audit(frame(north)))
    assert alara.audit(frame(north), site="Elsewhere").site == "Elsewhere"
    assert alara.audit(frame(north, south)).site == ""
    assert alara.audit(frame(CASE)).site == ""


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (frame(CASE).rename(columns={"p_ka_gycm2": "dap"}), "no audit reads: dap"),
        (frame(CASE).drop(columns="started"), "no column 'started'"),
        (frame({**CASE, "p_ka_gycm2": "much"}), "'p_ka_gycm2' of the frame holds what is no number"),
        (frame({**CASE, "started": None}), "'started' of the frame is empty in 1 row"),
        (frame(CASE, {**CASE, "started": None}), "'started' of the frame is empty in 1 row"),
        (frame({**CASE, "ka_r_mgy": -1}), "'ka_r_mgy' of the frame holds a number below zero"),
        (frame({**CASE, "case_id": "x"}, {**CASE, "case_id": "x"}), "the same 'case_id'"),
        (frame(CASE).iloc[:0], "no procedure"),
    ],
    ids=["unknown", "no start", "no number", "no day", "a day missing", "negative", "twice", "empty"],
)
def test_a_frame_that_cannot_be_audited_is_told_why(given: pd.DataFrame, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        alara.audit(given)
    assert caught.value.hint


def test_the_package_says_that_it_is_typed() -> None:
    assert (Path(str(alara.__file__)).parent / "py.typed").is_file()
