from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import alara
from alara.errors import UsageError
from alara.knowledge import load
from tests.cli.conftest import Run


def test_the_list_has_every_procedure_on_a_line_and_the_digest(run: Run) -> None:
    out = run("catalogue", "list").stdout
    assert sum(line.strip().startswith(("sij ", "knee ", "pci ")) for line in out.splitlines()) == 3
    assert f"{len(load().procedures)} procedures" in out
    assert "Knowledge " in out


def test_the_list_as_json_is_complete(run: Run) -> None:
    document = json.loads(run("catalogue", "list", "--json").stdout)
    assert len(document["procedures"]) >= 100
    for entry in document["procedures"]:
        assert set(entry["grades"]) == {"us_forward", "capacity_aware", "fluoro_standard"}
        assert entry["patterns"]
        assert entry["cites"]
        assert all(item["comparator"] and item["status"] and item["cites"] for item in entry["evidence"])


def test_a_procedure_is_shown_with_both_sides_and_what_each_compares_with(run: Run) -> None:
    out = run("catalogue", "show", "sij").stdout
    for words in (
        "Contested  yes",
        "For ultrasound: ",
        "For fluoroscopy: 87.3 %",
        "Compared with fluoroscopy.",
        "US Medicare asks: ",
        "CPT 27096",
    ):
        assert words in out
    assert "Compared with landmark." in run("catalogue", "show", "hip_inj").stdout


def test_every_citation_of_a_procedure_is_given_in_full(run: Run) -> None:
    entry = json.loads(run("catalogue", "show", "mbb_lumbar", "--json").stdout)
    cited = {name for item in entry["evidence"] for name in item["cites"]} | set(entry["cites"])
    assert cited <= set(entry["references"])


def test_a_wrong_id_names_those_that_are_written_alike(run: Run) -> None:
    with pytest.raises(UsageError) as caught:
        run("catalogue", "show", "esi_lumbar")
    assert "esi_il_lumbar" in caught.value.hint


def test_what_names_no_procedure_is_listed_most_frequent_first(run: Run, database: Path) -> None:
    found = json.loads(run("catalogue", "unmapped", "--database", database, "--json").stdout)
    assert {row["description"] for row in found["descriptions"]} == {"C-ARM USE IN OR", "see notes"}
    assert [row["n"] for row in found["descriptions"]] == sorted(
        (row["n"] for row in found["descriptions"]), reverse=True
    )
    assert found["not_classified"] == 2
    out = run("catalogue", "unmapped", "2026-10", "--database", database).stdout
    assert out.startswith(f"2 of {found['procedures']} procedures are not classified")
    assert run("catalogue", "unmapped", "2025", "--database", database).stdout.startswith("0 of 0 procedures")


def test_the_map_goes_out_is_filled_in_and_comes_back(run: Run, database: Path, tmp_path: Path) -> None:
    run("catalogue", "map", "export", "map.csv", "--unmapped", "--database", database)
    file = tmp_path / "map.csv"
    text = file.read_text(encoding="utf-8-sig")
    assert text.splitlines()[0] == "description,code,procedure_id,note,n"
    filled = text.replace("C-ARM USE IN OR,,,", "C-ARM USE IN OR,,unclassified,").replace(
        "see notes,,,", "see notes,,sij,"
    )
    file.write_text(filled, encoding="utf-8-sig")
    assert run("catalogue", "map", "import", "map.csv", "--dry-run").stdout.startswith("2 added")
    assert not (tmp_path / "data").exists()
    assert run("catalogue", "map", "import", "map.csv").stdout.startswith("2 added")
    assert "see notes,sij,central" in run("classify", "see notes").stdout
    found = json.loads(run("catalogue", "unmapped", "--database", database, "--json").stdout)
    assert (found["descriptions"], found["set_aside"], found["to_map"], found["not_classified"]) == ([], 1, 0, 1)
    told = run("catalogue", "unmapped", "2026-10", "--database", database).stdout.splitlines()[0]
    assert told.endswith(": 0 to map, 1 of no procedure as the site's map says.")
    assert told.startswith(f"1 of {found['procedures']} procedures are not classified")
    run("audit", "2026-10", "--site", "Test", "--database", database, "--out", tmp_path / "out")
    assert json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))["counts"]["not_classified"] == 1
    assert run("catalogue", "map", "export").stdout.splitlines()[1:] == [
        "C-ARM USE IN OR,,unclassified,,",
        "see notes,,sij,,",
    ]


def test_an_import_adds_changes_and_with_replace_forgets(run: Run, tmp_path: Path) -> None:
    def imported(text: str, *flags: str) -> dict[str, object]:
        (tmp_path / "map.csv").write_text(text, encoding="utf-8")
        document: dict[str, object] = json.loads(run("catalogue", "map", "import", "map.csv", *flags, "--json").stdout)
        return document

    first = imported("description;procedure_id\nroutine a;sij\nroutine b;\n# c;hip_inj\n'=d;knee\n")
    assert (first["added"], first["left_empty"]) == (3, 1)
    second = imported("description,procedure_id\nRoutine  A,knee\n# c,hip_inj\nroutine e,knee\n")
    assert (second["added"], second["changed"], second["same"]) == (1, 1, 1)
    assert second["knowledge_sha256"] != first["knowledge_sha256"]
    kept = [line.split(",")[0] for line in run("catalogue", "map", "export").stdout.splitlines()[1:]]
    assert kept == ["Routine A", "# c", "'=d", "routine e"]
    imported("description,procedure_id\nroutine e,sij\n", "--replace")
    assert len(run("catalogue", "map", "export").stdout.splitlines()) == 2


def test_a_map_that_overrules_the_rules_is_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "map.csv").write_text("description,procedure_id\nHIP INJ,sij\n", encoding="utf-8")
    out = run("catalogue", "map", "import", "map.csv", "--dry-run").stdout
    assert "HIP INJ: sij, where the rules say hip_inj. Your map counts." in out


def test_everything_that_is_wrong_with_a_map_is_told_by_line_and_nothing_is_taken(run: Run, tmp_path: Path) -> None:
    text = "description,code,procedure_id\nx,,nope\n,,sij\n,7,sij\nAB,,sij\na b,,knee\na-b,,hip_inj\n"
    (tmp_path / "map.csv").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        run("catalogue", "map", "import", "map.csv")
    for words in (
        "line 2: there is no procedure 'nope'",
        "line 3: description and code are both empty",
        "line 4: code '7' is not scheme:value",
        "line 7: says otherwise than line 6",
    ):
        assert words in caught.value.message
    assert not (tmp_path / "data").exists()


def test_a_folder_of_knowledge_is_a_setting_like_any_other(run: Run, tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "site_map.csv").write_text("description,procedure_id\nroutine,sij\n", encoding="utf-8")
    assert "routine,unclassified" in run("classify", "routine").stdout
    assert "routine,sij" in run("classify", "routine", "--knowledge", "site").stdout
    assert "routine,sij" in run("classify", "routine", env={"ALARA_KNOWLEDGE": "site"}).stdout
    assert "knowledge = site  (--knowledge)" in run("doctor", "--settings", "--knowledge", "site").stdout


def test_the_catalogue_works_without_the_file_of_cpt_numbers(tmp_path: Path) -> None:
    """A copy of the package without that file loads, lists and classifies."""
    shutil.copytree(
        Path(alara.__file__).parent, tmp_path / "alara", ignore=shutil.ignore_patterns("cpt_codes.csv", "__pycache__")
    )
    code = (
        "import alara; from alara.knowledge import load; from alara.audit import Classifier\n"
        "k = load(); answer = Classifier(k).classify('SIJ INJ', codes='C4:27096')\n"
        "print(alara.__file__, len(k.procedures), len(k.cpt_codes), answer)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert str(tmp_path) in done.stdout, done.stderr
    assert f" {len(load().procedures)} 0 Classification(procedure_id='sij'" in done.stdout
