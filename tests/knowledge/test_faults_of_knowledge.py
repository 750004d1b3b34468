"""Faults in a site's own files: all of them at once, whichever file they are in."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from dataclasses import fields, replace
from pathlib import Path

import pytest

from alara.errors import ConfigError
from alara.knowledge import Grade, Procedure, WordKind, loader
from alara.knowledge.build import build
from alara.knowledge.loader import load
from alara.report.entry_toml import entry_as_toml

GOOD_BACKGROUND = 'name = "X"\nannual_msv = 2\nscope = "natural"\nstatus = "seen"\ncites = ["BFS"]\n'
HOWTO = Path(__file__).parents[2] / "docs" / "howto" / "site-policy.md"


def faults(folder: Path, **files: str) -> tuple[str, ...]:
    for stem, text in files.items():
        suffix = ".csv" if stem in ("references", "site_map") else ".toml"
        (folder / f"{stem}{suffix}").write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load(folder)
    return caught.value.faults


def test_a_wrong_field_hides_no_citation_no_room_and_no_operator(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        backgrounds=f"[here]\n{GOOD_BACKGROUND.replace('2', chr(34) + 'many' + chr(34)).replace('BFS', 'NOWHERE')}",
        thresholds="[odd]\nvalue = -1\n",
        us_rooms='[us1]\ndays = ["monday"]\nopens = "17:00"\ncloses = "08:00"\n[us2]\ndays = ["someday"]\nopens = 8\n',
        us_operators='[Somebody]\nprocedures = ["sij"]\n[OP3]\nprocedures = ["no_such"]\nodd = 1\n',
        site_map="description,procedure_id\nsee notes,no_such\n",
    )
    for part in (
        "here: annual_msv must be a number",
        "here cites NOWHERE",
        "odd: value must be a finite number",
        "us1: 'monday' is not one of",
        "us1: it does not open before it closes",
        "us2: opens must be a text",
        "us2: 'someday' is not one of",
        "entry 8 letters long is not a code",
        "OP3: there is no procedure no_such",
        "OP3: there is no field 'odd'",
        "site_map: see notes: there is no procedure no_such",
    ):
        assert any(part in fault for fault in found), part
    assert not [fault for fault in found if "is cited by nothing" in fault]


def test_a_wrong_field_hides_no_rule_and_no_name_that_is_not_there(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        procedures='[sij]\nzone = "middle"\nmatch = ["caudal+epidural"]\npayer = "nobody"\n'
        'evidence = [{ says = "x", cites = ["NOWHERE"] }]\n',
        lexicon='[hip]\nkind = "thing"\nwithin = "nowhere"\n',
        expansions='[lesi]\nodd = 1\nconcepts = ["not_there"]\n',
    )
    for part in (
        "sij: zone must be one of",
        "names 'caudal+epidural', which is not in the lexicon",
        "there is no payer rule nobody",
        "sij: evidence cites NOWHERE",
        "hip: kind must be one of",
        "hip is within nowhere",
        "lesi: there is no field 'odd'",
        "lesi names not_there",
    ):
        assert any(part in fault for fault in found), part


def test_an_entry_of_the_project_keeps_the_fields_that_the_sites_does_not_give(tmp_path: Path) -> None:
    (tmp_path / "procedures.toml").write_text('[esi_caudal]\ncapacity_aware = "preferred"\n', encoding="utf-8")
    text = "id,year\nBFS,1999\n"
    (tmp_path / "references.csv").write_text(text, encoding="utf-8")
    own, site = load(), load(tmp_path)
    wanted = replace(own.procedures["esi_caudal"], capacity_aware=Grade.PREFERRED)
    assert site.procedures == {**own.procedures, "esi_caudal": wanted}
    assert site.references["BFS"] == replace(own.references["BFS"], year=1999)
    assert site.digest != own.digest


def test_a_field_that_a_site_gives_empty_is_empty(tmp_path: Path) -> None:
    text = '[esi_caudal]\nnote = ""\ncontested = false\nevidence = []\n'
    (tmp_path / "procedures.toml").write_text(text, encoding="utf-8")
    entry = load(tmp_path).procedures["esi_caudal"]
    assert (entry.note, entry.evidence) == ("", ())


def test_a_new_entry_needs_every_field_and_its_fault_names_all_that_are_missing(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, thresholds='[substantial_ka_rr]\nvalue = 1\nunit = "Gy"\nstatus = "seen"\n')
    assert "quantity, action, cites are missing in a new entry; is it substantial_ka_r?" in fault


def test_a_threshold_that_nothing_asks_for_is_a_fault(tmp_path: Path) -> None:
    whole = 'quantity = "count"\nvalue = 4\nunit = "1"\naction = "x"\nstatus = "proposal"\ncites = []\n'
    told = " ".join(faults(tmp_path, thresholds=f"[smal_group]\n{whole}"))
    assert "smal_group: nothing asks for an entry of this id. Did you mean small_group?" in told


def test_every_procedure_is_printed_as_toml_that_reads_back_as_itself() -> None:
    for entry in load().procedures.values():
        raw = tomllib.loads(entry_as_toml(entry))
        errors: list[str] = []
        assert build(Procedure, {"id": entry.id, **raw[entry.id]}, entry.id, errors) == entry, errors


def test_a_slip_in_toml_hides_neither_the_other_entries_nor_the_other_files(tmp_path: Path) -> None:
    broken = f'[first]\nannual_msv = = 2\n\n[second]\n{GOOD_BACKGROUND.replace("BFS", "NOWHERE")}\n[third]\nname = "x\n'
    found = faults(tmp_path, backgrounds=broken, us_rooms='[us1]\ndays = ["monday"]\nopens = "08:00"\ncloses = "9"\n')
    assert sum("cannot be read" in fault for fault in found) == 2
    for part in ("at line 2,", "second cites NOWHERE", "at line 12,", "'monday' is not one of"):
        assert any(part in fault for fault in found), part


def test_an_entry_that_stands_twice_in_toml_is_told(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, backgrounds=f"[here]\n{GOOD_BACKGROUND}\n[here]\n{GOOD_BACKGROUND}")[:1]
    assert "cannot be read" in fault


def test_what_names_an_entry_with_a_fault_is_no_fault_of_its_own(tmp_path: Path) -> None:
    found = faults(
        tmp_path,
        references="id,citation,year,where,status\nOURS,Own survey,2026,,heard\n",
        backgrounds=f"[here]\n{GOOD_BACKGROUND.replace('BFS', 'OURS')}",
    )
    assert len(found) == 1
    assert "OURS: status must be one of" in found[0]


def test_a_policy_that_procedures_have_no_grade_of_is_a_fault(tmp_path: Path) -> None:
    policy = 'name = "Ours"\nalternative_grades = ["preferred"]\nstatement = "x"\nstatus = "proposal"\n'
    assert "policy ours: procedures carry no grade of it" in faults(
        tmp_path, policies=f'[ours]\n{policy}cites = ["PROPOSAL"]\n'
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("us_rums.toml", "is it us_rooms.toml?"),
        ("us_rooms.toml.txt", "is it us_rooms.toml?"),
        ("us_rooms.txt", "is it us_rooms.toml?"),
        ("x.csv", "there are"),
    ],
)
def test_a_file_that_nothing_reads_is_a_fault_with_the_nearest_name(tmp_path: Path, name: str, meant: str) -> None:
    (tmp_path / name).write_text("", encoding="utf-8")
    (fault,) = faults(tmp_path)
    assert name in fault
    assert meant in fault


def test_notes_and_hidden_files_beside_the_tables_are_none_of_our_business(tmp_path: Path) -> None:
    for name in ("README.md", "notes.txt", ".us_rooms.toml.7.tmp", "us_rooms.toml~"):
        (tmp_path / name).write_text("?", encoding="utf-8")
    (tmp_path / "old.csv").mkdir()
    assert load(tmp_path).digest == load().digest


def test_the_terminal_shows_one_fault_a_line_and_where_fields_are_explained(tmp_path: Path) -> None:
    (tmp_path / "lexicon.toml").write_text('[x]\nkind = "thing"\nodd = 1\n', encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "alara", "policy", "check", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    headline, *lines, next_step = done.stderr.splitlines()
    assert headline == "alara: The knowledge files are wrong, 3 faults:"
    assert len(lines) == 3
    assert all(line.startswith("  - ") for line in lines)
    assert "docs/howto/site-policy.md" in next_step


def test_the_howto_names_every_file_and_every_field_and_every_word_that_one_may_be() -> None:
    text = HOWTO.read_text(encoding="utf-8")
    for file, entry in loader._TABLES.values():
        row = next((line for line in text.splitlines() if line.startswith(f"| `{file}`")), "")
        names = {field.name for field in fields(entry)} - {"id"}
        assert [name for name in names if f"`{name}`" not in row] == [], file
    assert [word for word in WordKind if f"`{word}`" not in text] == []
