"""The review loop as a department uses it, and the way from a flag to the file."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from alara.app.review import listed
from alara.app.review_file import as_csv
from alara.config import Config
from alara.errors import AlaraError, UsageError
from alara.reviews import Action, ReviewEntry, Verdict
from tests.cli.conftest import Run
from tests.cli.test_words_of_commands import told


@pytest.fixture
def data(database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own with the database and the inbox of the month's reports."""
    folder = tmp_path / "own"
    shutil.copytree(database.parent, folder)
    monkeypatch.setenv("ALARA_SITE", "Test")
    monkeypatch.setenv("ALARA_KEY_FILE", str(database.parent.parent / "key"))
    return folder


@pytest.fixture
def do(run: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command on that folder."""
    monkeypatch.setenv("ALARA_DATA_DIR", str(data))
    monkeypatch.setenv("COLUMNS", "80")
    return run


def value(do: Run, *arguments: object) -> Any:
    return json.loads(do(*arguments, "--json").stdout)


@pytest.fixture(scope="session")
def case(database: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The id of the case that is to be seen to first."""
    config = Config(data_dir=database.parent, key_file=database.parent.parent / "key", site="Test")
    return str(listed(config).rows["case_id"].iloc[0])


def test_the_audit_and_the_list_ask_about_the_same_cases_for_the_same_reasons(do: Run, tmp_path: Path) -> None:
    do("audit", "2026-10", "--out", tmp_path / "o")
    with (tmp_path / "o" / "reviews.csv").open(encoding="utf-8-sig", newline="") as file:
        audited = {row["case_id"]: row["reasons"] for row in csv.DictReader(file)}
    assert {
        case["case_id"]: case["reasons"] for case in value(do, "review", "list", "--month", "2026-10")["cases"]
    } == {case_id: words.split() for case_id, words in audited.items()}


def test_every_listed_case_is_open_with_a_reason_until_someone_closes_it(do: Run) -> None:
    found = value(do, "review", "list", "--month", "2026-10")
    assert found["cases"]
    assert all(case["state"] == "open" and case["reasons"] for case in found["cases"])
    assert found["unplaced"] == []
    assert found["cases"] == value(do, "review", "list")["cases"]


def test_a_case_is_closed_opened_and_closed_and_all_of_it_stays(do: Run, case: str) -> None:
    assert do("review", "close", case[:9], "--as", "optimise", "--by", "R2", "--note", "pulse rate 15").exit_code == 0
    assert value(do, "review", "show", case)["case"]["closed_as"] == "optimise"
    assert do("review", "reopen", case, "--by", "MP").exit_code == 0
    again = do("review", "close", case, "--as", "equipment", "--by", "R2")
    assert "before" not in again.stdout
    both = do("review", "close", case, "--as", "data-error", "--by", "MP").stdout
    assert "It was closed before" in both
    assert "equipment by R2" in both
    shown = value(do, "review", "show", case)
    assert [entry["closed_as"] for entry in shown["history"]] == ["optimise", None, "equipment", "data-error"]
    assert shown["history"][0]["note"] == "pulse rate 15"
    assert shown["history"][0]["reasons"] == shown["case"]["reasons"]
    assert [one["case_id"] for one in value(do, "review", "list", "--closed")["cases"]] == [case]
    assert case not in {one["case_id"] for one in value(do, "review", "list", "--open")["cases"]}


def test_a_dry_run_checks_everything_and_writes_nothing(do: Run, data: Path, case: str) -> None:
    done = do("review", "close", case, "--as", "training", "--by", "R2", "--dry-run")
    assert (done.exit_code, "Nothing was written." in done.stdout) == (0, True)
    assert value(do, "review", "show", case)["history"] == []
    assert not (data / "reviews.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("close", "CASE", "--as", "training", "--by", "Jane Doe"), "after --by"),
        (("close", "CASE", "--as", "training", "--by", "R2", "--note", "seen by Doe^Jane"), "seems to hold a name"),
        (("reopen", "CASE", "--by", "R2"), "open already"),
        (("show", "nothing-like-it"), "There is no case"),
        (("list", "--reason", "nothing"), "There is no reason"),
        (("list", "--month", "2031-01"), "no procedure of 2031-01"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    do: Run, arguments: tuple[str, ...], words: str, case: str
) -> None:
    with pytest.raises(AlaraError, match=words) as refusal:
        do("review", *(case if each == "CASE" else each for each in arguments))
    assert refusal.value.hint
    assert "Doe" not in refusal.value.message
    assert do("review", "export").stdout.count("\n") == 1


def test_a_beginning_of_several_case_ids_is_not_guessed(do: Run) -> None:
    ids = sorted(case["case_id"] for case in value(do, "list"))
    letter = next((one[0] for one, other in pairwise(ids) if one[0] == other[0]), "")
    with pytest.raises(UsageError, match="begins several"):
        do("review", "show", letter)


@pytest.mark.slow
def test_a_finding_outlives_a_database_that_is_made_anew_from_the_inbox(do: Run, data: Path, case: str) -> None:
    do("review", "close", case, "--as", "training", "--by", "R2", "--note", "see the note on pulse rates")
    history = value(do, "review", "show", case)["history"]
    for file in data.glob("alara.sqlite*"):
        file.unlink()
    assert do("ingest", "--again").exit_code == 0
    listed = do("review", "list").stdout
    assert f"1 entry is only in {data / 'reviews.csv'}" in re.sub(r"\s+", " ", listed)
    other = next(one["case_id"] for one in value(do, "review", "list")["cases"] if one["case_id"] != case)
    do("review", "close", other, "--as", "justified", "--by", "R2")
    taken = value(do, "review", "import", data / "reviews.csv")
    assert (taken["entries"], taken["added"], taken["unplaced"]) == (2, 1, 0)
    assert value(do, "review", "show", case)["history"] == history
    assert value(do, "review", "list")["only_in_copy"] == 0


def test_what_is_exported_is_taken_in_elsewhere_once_and_gives_the_same_export(do: Run, data: Path, case: str) -> None:
    do("review", "close", case, "--as", "justified", "--by", "R2", "--note", 'he said "no", ünder pressure')
    do("review", "export", "out.csv")
    exported = Path("out.csv").read_bytes()
    with closing(sqlite3.connect(data / "alara.sqlite")) as connection:
        connection.executescript("DROP TRIGGER reviews_stay_delete; DELETE FROM reviews;")
    assert value(do, "review", "import", "out.csv", "--dry-run")["added"] == 1
    assert [value(do, "review", "import", "out.csv")["added"] for _ in range(2)] == [1, 0]
    assert do("review", "export").stdout_bytes == exported == (data / "reviews.csv").read_bytes()


@pytest.mark.parametrize(
    ("column", "text", "words"),
    [
        ("note", "another note", "changed after it was written"),
        ("by", "Jane Doe", "after --by"),
        ("at", "2.11.2026", "not a time"),
        ("closed_as", "fine", "nothing that a case is closed as"),
        ("closed_as", "", "has a finding"),
        ("action", "gone", "not an action"),
        ("note", "born 1962-03-14", "seems to hold"),
    ],
)
def test_a_row_that_is_wrong_stops_the_whole_import(do: Run, column: str, text: str, words: str, case: str) -> None:
    entry = ReviewEntry(
        case_id=case, at=datetime.now(UTC), action=Action.CLOSED, verdict=Verdict.JUSTIFIED, by="R2", note="a note"
    )
    rows = list(csv.DictReader(io.StringIO(as_csv([entry]).decode("utf-8-sig"))))
    good = rows[0] | {"entry_id": "", "note": "one more"}
    with Path("in.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows([good, rows[0] | {column: text}])
    with pytest.raises(UsageError, match=f"Line 3: .*{words}"):
        do("review", "import", "in.csv")
    assert do("review", "export").stdout.count("\n") == 1


def test_an_entry_that_an_older_alara_took_is_taken_in_as_it_was_written(do: Run, data: Path, case: str) -> None:
    old = ReviewEntry(
        case_id=case,
        at=datetime.now(UTC),
        action=Action.CLOSED,
        verdict=Verdict.JUSTIFIED,
        by="Meier1",
        note="asked dr miller",
    )
    Path("old.csv").write_bytes(as_csv([old]))
    assert value(do, "review", "import", "old.csv")["added"] == 1
    text = Path("old.csv").read_text(encoding="utf-8-sig").replace(old.entry_id, "")
    Path("anew.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match="Line 2: The code after --by"):
        do("review", "import", "anew.csv")


def test_a_backup_holds_what_was_said_also_beside_the_database(do: Run, data: Path, case: str, tmp_path: Path) -> None:
    do("review", "close", case, "--as", "justified", "--by", "R2")
    do("backup", tmp_path / "backup")
    others = json.loads((tmp_path / "backup" / "manifest.json").read_text(encoding="utf-8"))["others"]
    blob = others["reviews.csv"]
    assert (tmp_path / "backup" / "files" / blob[:2] / blob).read_bytes() == (data / "reviews.csv").read_bytes()


def test_a_copy_that_cannot_be_read_is_set_aside_and_not_lost(do: Run, data: Path, case: str) -> None:
    (data / "reviews.csv").write_text("something else\n", encoding="utf-8")
    do("review", "close", case, "--as", "justified", "--by", "R2")
    (aside,) = data.glob("reviews.unreadable-*.csv")
    assert aside.read_text(encoding="utf-8") == "something else\n"
    assert (data / "reviews.csv").read_text(encoding="utf-8").count("\n") == 2


@pytest.mark.slow
def test_the_next_audit_shows_what_is_open_and_what_is_closed(do: Run, data: Path, case: str) -> None:
    do("review", "close", case, "--as", "optimise", "--by", "R2", "--note", "a note for the department")
    counts = value(do, "audit", "2026-10", "--out", "one")["reviews"]
    assert (counts["closed"], counts["closed_as"]["optimise"]) == (1, 1)
    assert "1 closed" in do("audit", "2026-10", "--out", "two").stdout
    table = csv.DictReader(io.StringIO(Path("one/reviews.csv").read_text(encoding="utf-8-sig")))
    rows = {row["case_id"]: row for row in table}
    assert (rows[case]["state"], rows[case]["closed_as"], rows[case]["closed_by"]) == ("closed", "optimise", "R2")
    for name in ("reviews.csv", "report.html", "manifest.json"):
        content = Path("one", name).read_bytes()
        assert content == Path("two", name).read_bytes()
        assert b"a note for the department" not in content
    with closing(sqlite3.connect(data / "alara.sqlite")) as connection:
        wanted = "SELECT case_id FROM procedures WHERE case_id <> ? ORDER BY case_id LIMIT 3"
        later = [row[0] for row in connection.execute(wanted, (case,))]
        for one in later:
            move = "UPDATE procedures SET started_local = '2026-11-03 09:00:00.000000' WHERE case_id = ?"
            connection.execute(move, (one,))
        connection.commit()
    november = value(do, "audit", "2026-11", "--out", "next")["reviews"]
    assert november["open_from_before"] + november["closed_from_before"] >= 1
    assert november["closed_from_before"] == 1


# --- explain ---------------------------------------------------------------------------------------


def test_every_case_that_is_asked_about_leads_to_files_whose_digest_is_right(do: Run) -> None:
    seen = set()
    for case in value(do, "review", "list")["cases"]:
        if seen >= set(case["reasons"]):
            continue  # one of each reason is enough
        seen |= set(case["reasons"])
        found = value(do, "explain", case["case_id"])
        assert [flag["flag"] for flag in found["flags"]] == case["reasons"]
        assert found["sources"]
        for source in found["sources"]:
            assert source["state"] == "verified"
            assert source["digest"] in source["file"]
        quantities = {name for flag in found["flags"] for name in flag["quantities"]}
        stated = {one["quantity"] for source in found["sources"] for one in source["values"]}
        if case["reasons"] != ["incomplete"]:
            assert quantities & stated
    assert {"contested", "alternative_exists"} <= seen


def test_an_explanation_for_people_fits_80_columns_and_says_each_step(do: Run) -> None:
    case = value(do, "review", "list", "--reason", "contested")["cases"][0]["case_id"]
    do("review", "close", case, "--as", "justified", "--by", "R2")
    text = do("explain", case[:10]).stdout
    for step in ("Rule:", "Policy capacity_aware", "Status:", "Numbers of the case", "(0008,1030)", "SHA-256", "R2"):
        assert step in text
    assert "verified" in text
    assert max(len(line) for line in text.splitlines() if "/" not in line) <= 80


def test_a_file_that_is_changed_or_gone_is_said_and_the_command_fails(do: Run, case: str) -> None:
    (source,) = value(do, "explain", case)["sources"]
    file = Path(source["file"])
    file.write_bytes(file.read_bytes()[:-20])
    done = do("explain", case)
    assert (done.exit_code, "changed: its bytes are not those" in done.stdout) == (3, True)
    file.unlink()
    done = do("explain", case, "--json")
    assert (done.exit_code, json.loads(done.stdout)["sources"][0]["state"]) == (3, "missing")


def test_explaining_makes_no_folder(do: Run, data: Path, case: str) -> None:
    shutil.rmtree(data / "inbox")
    assert do("explain", case).exit_code == 3
    assert not (data / "inbox").exists()


@pytest.mark.slow
def test_none_of_the_commands_says_more_than_the_evidence(do: Run, case: str) -> None:
    said = [do("review", "list"), do("review", "list", "--json"), do("review", "show", case)]
    said += [do("review", "close", case, "--as", "optimise", "--by", "R2"), do("review", "reopen", case, "--by", "R2")]
    said += [do("review", name, "--help") for name in ("list", "show", "close", "reopen", "export", "import")]
    said += [do("explain", "--help"), do("explain", case), do("explain", case, "--json"), do("review", "export")]
    for result in said:
        assert result.stdout
        assert told(result.output) == []
