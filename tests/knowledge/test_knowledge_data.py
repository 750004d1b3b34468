"""The project's own knowledge: complete, cited, and in words that hold."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from enum import Enum
from importlib.resources import files
from pathlib import Path

import pytest

from alara.errors import ConfigError
from alara.knowledge import Comparator, Grade, Knowledge, Side, Status, load

BANNED = re.compile(
    r"\b(avoidabl[ey]|unjustified|unnecessary|unnecessarily|safe|safely|unsafe|harm\w*)\b", re.IGNORECASE
)


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str) and not isinstance(value, Enum):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from texts(part)
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts(getattr(value, field.name))


def test_the_catalogue_has_at_least_a_hundred_procedures_and_shows_what_is_contested(knowledge: Knowledge) -> None:
    assert len(knowledge.procedures) >= 100
    assert sum(procedure.contested for procedure in knowledge.procedures.values()) >= 15


def test_no_entry_says_more_than_the_evidence_carries(knowledge: Knowledge) -> None:
    tables = (getattr(knowledge, field.name) for field in fields(knowledge) if field.name not in ("digest", "concepts"))
    found = [text for table in tables for entry in dict(table).values() for text in texts(entry) if BANNED.search(text)]
    assert found == []


def test_a_contested_procedure_shows_both_sides_and_a_policy_that_differs(knowledge: Knowledge) -> None:
    for procedure in knowledge.procedures.values():
        if procedure.contested:
            assert {item.side for item in procedure.evidence} >= {Side.FOR_ULTRASOUND, Side.FOR_FLUOROSCOPY}
            assert len({procedure.grade(policy) for policy in knowledge.policies}) > 1


def test_landmark_accuracy_is_never_the_only_evidence_of_a_contested_side(knowledge: Knowledge) -> None:
    for procedure in knowledge.procedures.values():
        pro = [item for item in procedure.evidence if item.side is Side.FOR_ULTRASOUND]
        if procedure.contested:
            assert any(item.comparator is not Comparator.LANDMARK for item in pro), procedure.id


def test_a_grade_without_a_source_says_that_it_is_a_proposal(knowledge: Knowledge) -> None:
    for procedure in knowledge.procedures.values():
        assert (procedure.cites == ("PROPOSAL",)) <= (procedure.status is Status.PROPOSAL), procedure.id


def test_what_says_that_it_was_not_seen_has_no_status_of_seen(knowledge: Knowledge) -> None:
    unseen = re.compile(
        r"second-hand|values not seen|third party|existence seen|title read only|no author stated", re.I
    )
    found = {entry.id for entry in knowledge.references.values() if unseen.search(entry.citation)}
    assert found >= {"S000", "S001", "S003", "IRL2024", "NCRP168", "L33906"}
    assert {knowledge.references[name].status for name in found} == {
        Status.SECOND_HAND,
        Status.TITLE_ONLY,
        Status.STARTING_DOCUMENT,
    }


def test_the_three_policies_grow_more_cautious_of_ultrasound(knowledge: Knowledge) -> None:
    order = list(Grade)

    def alternatives(policy: str) -> int:
        return sum(order.index(procedure.grade(policy)) <= 1 for procedure in knowledge.procedures.values())

    for procedure in knowledge.procedures.values():
        grades = [order.index(procedure.grade(name)) for name in ("us_forward", "capacity_aware", "fluoro_standard")]
        assert grades == sorted(grades), procedure.id
    assert alternatives("us_forward") > alternatives("capacity_aware") >= alternatives("fluoro_standard")


def test_every_region_of_a_procedure_has_a_coefficient_or_is_general(knowledge: Knowledge) -> None:
    covered = {region for entry in knowledge.coefficients.values() for region in entry.regions}
    assert {procedure.region for procedure in knowledge.procedures.values()} - covered == {"spine", "unspecified"}


def test_a_coefficient_whose_name_says_a_side_is_of_that_side(knowledge: Knowledge) -> None:
    for entry in knowledge.coefficients.values():
        for side in ("anterior", "posterior", "lateral"):
            assert (side in entry.id) == (entry.projection == side), entry.id


def test_the_interval_of_a_childs_heart_holds_both_sets_of_weights(knowledge: Knowledge) -> None:
    """Karambatsakidou 2009 is under ICRP 60; ICRP 103 gives 10 % to 30 % more."""
    for age, low, high in (
        ("newborn", 3.5, 3.9),
        ("1y", 1.7, 2.1),
        ("5y", 0.9, 1.1),
        ("10y", 0.5, 0.7),
        ("15y", 0.3, 0.5),
    ):
        entry = knowledge.coefficients[f"cardiac_{age}"]
        assert (entry.low, entry.high) == (low, pytest.approx(high * 1.3))
        assert entry.weights == "ICRP60/103"


def test_cpt_file_holds_numbers_and_no_descriptors(knowledge: Knowledge) -> None:
    text = (files("alara.knowledge") / "data" / "cpt_codes.csv").read_text(encoding="utf-8")
    assert "American Medical Association" in text
    assert all(re.fullmatch(r"\d{4}[0-9T]", entry.code) for entry in knowledge.cpt_codes.values())


def test_the_digest_depends_on_content_and_not_on_layout(tmp_path: Path, knowledge: Knowledge) -> None:
    background = 'annual_msv = 1.0\nname = "Here"\nscope = "natural"\nstatus = "seen"\ncites = ["BFS"]\n'
    digests = []
    for number, text in enumerate((f"[here]\n{background}", f"# a comment\n\n[here]\n{background}\n", "")):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "backgrounds.toml").write_text(text, encoding="utf-8")
        digests.append(load(folder).digest)
    assert digests[0] == digests[1] != digests[2] == knowledge.digest


def test_an_overlay_replaces_by_id_and_adds(tmp_path: Path, knowledge: Knowledge) -> None:
    (tmp_path / "backgrounds.toml").write_text(
        '[germany]\nname = "Germany, town"\nannual_msv = 1.9\nscope = "natural"\nstatus = "seen"\ncites = ["OURS"]\n',
        encoding="utf-8",
    )
    (tmp_path / "references.csv").write_text(
        "id,citation,year,where,status\nOURS,Own survey,2026,,seen\n", encoding="utf-8"
    )
    overlaid = load(tmp_path)
    assert overlaid.backgrounds["germany"].annual_msv == 1.9
    assert len(overlaid.backgrounds) == len(knowledge.backgrounds)
    assert overlaid.references["OURS"].citation == "Own survey"


def test_all_errors_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "backgrounds.toml").write_text(
        '[a]\nname = "A"\nannual_msv = "many"\nscope = "natural"\nstatus = "seen"\ncites = ["BFS"]\nodd = 1\n',
        encoding="utf-8",
    )
    (tmp_path / "policies.toml").write_text(
        '[us_forwards]\nname = "x"\nalternative_grades = ["best"]\n', encoding="utf-8"
    )
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    for part in (
        "annual_msv",
        "no field 'odd'",
        "statement, status, cites are missing",
        "alternative_grades must be one of preferred",
    ):
        assert part in caught.value.message


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        (
            "references.csv",
            "id,citation,year,where,status\nLONELY,Nobody reads it,,,seen\n",
            "LONELY is cited by nothing",
        ),
        (
            "backgrounds.toml",
            '[x]\nname = "X"\nannual_msv = 2\nscope = "natural"\nstatus = "seen"\ncites = ["NOWHERE"]\n',
            "NOWHERE, which is not among the references",
        ),
        (
            "backgrounds.toml",
            '[x]\nname = "X"\nannual_msv = 6\nscope = "all sources"\nstatus = "seen"\ncites = ["BFS"]\n',
            "only natural background",
        ),
        (
            "backgrounds.toml",
            '[x]\nname = "X"\nannual_msv = 2\nscope = "natural"\nstatus = "seen"\ncites = ["VBG2023"]\n',
            "x is seen, but of what it cites nothing is: second_hand",
        ),
        ("expansions.toml", '[x]\nforms = ["xyz"]\nconcepts = ["nothing"]\n', "not in the lexicon"),
        ("payers.toml", "[x]\npayer = 1", "payers.toml: x: payer must be a text"),
        ("policies.toml", "not toml", "cannot be read"),
    ],
)
def test_a_wrong_overlay_is_refused_with_its_reason(tmp_path: Path, file: str, text: str, complaint: str) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=re.escape(complaint)):
        load(tmp_path)


def test_knowledge_loads_without_pandas() -> None:
    code = "import sys, alara.knowledge; alara.knowledge.load(); sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
