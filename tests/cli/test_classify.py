from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from time import process_time

import pytest

from alara.errors import ConfigError, UsageError
from tests.cli.conftest import Run

COLUMNS = (
    "description,procedure_id,zone,region,grade_us_forward,grade_capacity_aware,grade_fluoro_standard,"
    "matched_by,confidence"
)
LABELLED = Path(__file__).parent.parent / "audit" / "second_set.csv"


def test_texts_become_rows_and_the_unclassified_are_told_apart(run: Run) -> None:
    result = run("classify", "LT L4/5 TFESI", "C-ARM USE IN OR")
    header, first, second = result.stdout.splitlines()
    assert header == COLUMNS
    assert first == (
        "LT L4/5 TFESI,esi_tf_lumbar,central,lumbar,equivalent,feasible_with_expertise,not_suitable,"
        "text:epidural+lumbar+transforaminal,high"
    )
    assert second == "C-ARM USE IN OR,unclassified,,,,,,unspecified,none"
    assert result.stderr.startswith("1 of 2 not classified (50.0%); knowledge ")


def test_json_has_the_same_fields_and_the_digest(run: Run) -> None:
    (row,) = json.loads(run("classify", "Hüftinfiltration re.", "--json").stdout)
    assert list(row) == [*COLUMNS.split(","), "findings", "knowledge_sha256"]
    assert (row["description"], row["procedure_id"]) == ("Hüftinfiltration re.", "hip_inj")
    assert len(row["knowledge_sha256"]) == 64


@pytest.mark.parametrize(
    ("content", "column"),
    [
        ("id,description\n1,HIP INJ LT\n2,xx\n", "description"),
        ("\ufeffid;Untersuchung\n1;Hüftinfiltration\n2;xx\n", "Untersuchung"),
        ("id\tdescription\n1\tHIP INJ LT\n2\t\n", "description"),
        ('id,description\n1,"HIP INJ, LT"\n\n2\n', "description"),
    ],
)
def test_csv_files_are_read_as_people_have_them(run: Run, tmp_path: Path, content: str, column: str) -> None:
    (tmp_path / "in.csv").write_text(content, encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(run("classify", "--csv", "in.csv", "--column", column).stdout)))
    assert [row["procedure_id"] for row in rows] == ["hip_inj", "unclassified"]


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_a_file_of_excel_and_standard_input_are_read(encoding: str, run: Run) -> None:
    content = "description\nHüftinfiltration\n".encode(encoding)
    assert "Hüftinfiltration,hip_inj" in run("classify", "--csv", "-", input=content).stdout


def test_a_description_that_looks_like_a_formula_is_none(run: Run) -> None:
    assert "\n'=HYPERLINK(1) HIP INJ,hip_inj," in run("classify", "=HYPERLINK(1) HIP INJ").stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Name either texts or a CSV file."),
        (("x", "--csv", "in.csv"), "Name either texts or a CSV file."),
        (("--csv", "in.csv", "--column", "text"), "The file has no column 'text'."),
        (("--csv", "not-there.csv"), "not-there.csv cannot be read"),
        (("x", "--expected", "label"), "--expected is for --csv alone."),
    ],
)
def test_what_cannot_be_classified_is_refused_in_a_sentence(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    (tmp_path / "in.csv").write_text("description\nx\n", encoding="utf-8")
    with pytest.raises(UsageError, match=words):
        run("classify", *arguments)


def test_labels_give_figures_of_what_is_answered_and_right(run: Run, tmp_path: Path) -> None:
    text = "description,label\nHIP INJ,hip_inj\nSIJ INJ,knee\nxx,\nyy,knee\nHIP INJ + SIJ INJ,hip_inj\n"
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    figures = json.loads(run("classify", "--csv", "in.csv", "--expected", "label", "--json").stdout)
    assert {name: figures[name] for name in ("descriptions", "named", "named_answered", "answered", "right")} == {
        "descriptions": 5,
        "named": 4,
        "named_answered": 3,
        "answered": 3,
        "right": 2,
    }
    assert figures["wrong"] == [{"description": "SIJ INJ", "label": "knee", "procedure_id": "sij"}]


def test_a_blank_label_and_unclassified_mean_the_same(run: Run, tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("description,label\nHIP INJ,hip_inj\nxx,unclassified\nyy,\n", encoding="utf-8")
    figures = json.loads(run("classify", "--csv", "in.csv", "--expected", "label", "--json").stdout)
    assert (figures["named"], figures["named_answered"], figures["right"]) == (1, 1, 1)


def test_labels_that_are_no_procedures_are_refused_all_at_once_with_their_lines(run: Run, tmp_path: Path) -> None:
    text = "description,label\nHIP INJ,hip_inj\nSIJ INJ,nosuchid\nKNEE INJ,kneee\nxx,nosuchid\n"
    (tmp_path / "in.csv").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        run("classify", "--csv", "in.csv", "--expected", "label")
    first, second = refused.value.faults
    assert first.startswith("line 3: there is no procedure 'nosuchid'")
    assert second.startswith("line 4: there is no procedure 'kneee'. Did you mean knee")


def test_the_second_set_prints_its_figures(run: Run) -> None:
    out = run("classify", "--csv", LABELLED, "--expected", "procedure_id").stdout
    assert out.startswith("190 descriptions, 175 of which name a procedure; knowledge ")
    assert "of the answers are right." in out


@pytest.mark.slow
def test_a_hundred_thousand_descriptions_take_seconds(run: Run, tmp_path: Path) -> None:
    with LABELLED.open(encoding="utf-8", newline="") as file:
        texts = [row["description"] for row in csv.DictReader(file)]
    with (tmp_path / "big.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["description"])
        writer.writerows([f"{texts[n % len(texts)]} ROOM {n}"] for n in range(100_000))
    start = process_time()
    out = run("classify", "--csv", "big.csv").stdout
    assert out.count("\n") == 100_001
    assert process_time() - start < 30
