from __future__ import annotations

import csv
from pathlib import Path
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alara.audit import UNCLASSIFIED, Classification, Classifier, Confidence, map_key
from alara.findings import FindingCode
from alara.knowledge import load

#: The first set, and four more, each written and labelled before any of it was classified; the sixth is of faults
#: that a physicist found and what is like them, and was labelled after.
LABELLED = [
    Path(__file__).with_name(name)
    for name in (
        "labelled_descriptions.csv",
        "second_set.csv",
        "third_set.csv",
        "fourth_set.csv",
        "fifth_set.csv",
        "sixth_set.csv",
    )
]


@pytest.fixture(scope="module")
def labelled() -> list[dict[str, str]]:
    rows = []
    for path in LABELLED:
        with path.open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    return rows


def _right(row: dict[str, str], answer: Classification) -> bool:
    """Of several procedures in a line, any may come first, as long as the confidence is low."""
    if row["several"] == "yes":
        return row["procedure_id"] in (answer.procedure_id, *answer.others) and answer.confidence is Confidence.LOW
    return row["procedure_id"] == answer.procedure_id


def test_labelled_descriptions_are_answered_and_right(classifier: Classifier, labelled: list[dict[str, str]]) -> None:
    assert len({row["description"] for row in labelled}) >= 400
    named = [row for row in labelled if row["procedure_id"]]
    answers = {row["description"]: classifier.classify(row["description"]) for row in labelled}
    answered = [row for row in labelled if answers[row["description"]].answered]
    wrong = [
        f"{row['description']}: {answers[row['description']]}"
        for row in answered
        if not _right(row, answers[row["description"]])
    ]
    assert len(wrong) <= 0.02 * len(answered), wrong
    assert sum(answers[row["description"]].answered for row in named) >= 0.92 * len(named)


def test_no_labelled_description_is_wrong_with_high_confidence(
    classifier: Classifier, labelled: list[dict[str, str]]
) -> None:
    confident = {
        row["description"]: answer.procedure_id
        for row in labelled
        if (answer := classifier.classify(row["description"])).confidence is Confidence.HIGH
        and answer.procedure_id != row["procedure_id"]
    }
    assert confident == {}


@pytest.mark.parametrize("text", ["C-ARM USE IN OR", "RIGHT HIP", "XR KNEE 3 VIEWS", "L-SPINE", "INJECTION", "", "·"])
def test_what_names_no_procedure_stays_unclassified(classifier: Classifier, text: str) -> None:
    answer = classifier.classify(text)
    assert (answer.procedure_id, answer.confidence, answer.answered) == (UNCLASSIFIED, Confidence.NONE, False)


def test_several_procedures_in_a_line_are_named_with_low_confidence(classifier: Classifier) -> None:
    answer = classifier.classify("RT KNEE INJ + LT SIJ INJ")
    assert (answer.procedure_id, answer.others, answer.confidence) == ("sij", ("knee",), Confidence.LOW)


def test_a_joint_and_its_bursa_are_two_procedures_where_the_line_joins_them(classifier: Classifier) -> None:
    answer = classifier.classify("L hip inj & L GT bursa")
    assert {answer.procedure_id, *answer.others} == {"gt_bursa", "hip_inj"}
    assert answer.confidence is Confidence.LOW
    assert classifier.classify("HIP ARTHROGRAM AND INJECTION").others == ()


@pytest.mark.parametrize("typed", ["Routine B", "ROUTINE  b", "routine-b."])
def test_the_sites_own_map_says_what_its_words_mean(tmp_path: Path, typed: str) -> None:
    (tmp_path / "site_map.csv").write_text("description,procedure_id\nRoutine B,sij\n", encoding="utf-8")
    answer = Classifier(load(tmp_path)).classify(typed)
    assert (answer.procedure_id, answer.matched_by, answer.confidence) == ("sij", "map:sij", Confidence.HIGH)


def test_the_map_comes_before_the_rules_and_may_say_that_a_text_names_nothing(tmp_path: Path) -> None:
    text = "description,code,procedure_id\nHIP INJ,,sij\nKNEE INJECTION ROOM,,unclassified\n,99LOCAL:7,knee\n"
    (tmp_path / "site_map.csv").write_text(text, encoding="utf-8")
    mapped = Classifier(load(tmp_path))
    assert mapped.classify("HIP INJ").procedure_id == "sij"
    nothing = mapped.classify("Knee injection room", protocols="SIJ", target_regions="SRT:T-D9200")
    assert (nothing.answered, nothing.matched_by) == (False, "map:unclassified")
    assert mapped.classify("PAIN", "Knee injection room", protocols="SIJ").matched_by == "map:unclassified"
    assert mapped.classify("", codes="99LOCAL:7").procedure_id == "knee"
    assert mapped.classify("SIJ INJECTION", codes="99LOCAL:7").conflict


def test_what_is_negated_or_history_does_not_count(classifier: Classifier) -> None:
    assert classifier.classify("HIP STEROID INJ NO ARTHROGRAM").procedure_id == "hip_inj"
    assert classifier.classify("KNEE INJECTION S/P TKA").procedure_id == "knee"
    assert classifier.classify("SIJ INJ, HX LUMBAR FUSION").procedure_id == "sij"
    assert not classifier.classify("Pas d'infiltration de hanche").answered


@pytest.mark.parametrize(
    ("texts", "named"),
    [
        (("US guided SIJ inj",), True),
        (("no fluoro used, US guided knee inj",), True),
        (("Ultraschallgesteuerte Hüftinfiltration",), True),
        (("SIJ INJECTION", "Infiltración ecoguiada SI"), True),
        (("US HIP",), True),
        (("hip injection, no US",), False),
        (("USG Infiltration",), False),
        (("HIP INJ",), False),
    ],
)
def test_ultrasound_that_a_text_names_is_a_finding_and_changes_no_answer(
    classifier: Classifier, texts: tuple[str, ...], named: bool
) -> None:
    answer = classifier.classify(*texts, lateralities="SRT:G-A100")
    assert (FindingCode.ULTRASOUND_NAMED in answer.conflicts) is named
    assert classifier.classify("US guided SIJ inj").confidence is Confidence.HIGH
    assert FindingCode.ULTRASOUND_NAMED in classifier.classify("US guided SIJ inj", codes="C4:20610").conflicts


def test_a_misspelt_word_is_recognised_but_not_with_high_confidence(classifier: Classifier) -> None:
    answer = classifier.classify("TRANFORAMINAL L5")
    assert (answer.procedure_id, answer.confidence) == ("esi_tf_lumbar", Confidence.MEDIUM)


@pytest.mark.parametrize(
    ("typed", "procedure_id"),
    [
        ("ankel inj", "ankle"),
        ("WRST INJECTION", "wrist"),
        ("lumbar punctre", "lp"),
        ("carpal tunel inj", "carpal_tunnel"),
        ("lubmar punctre", "lp"),
    ],
)
def test_a_slip_in_a_short_word_or_in_a_phrase_is_recognised(
    classifier: Classifier, typed: str, procedure_id: str
) -> None:
    answer = classifier.classify(typed)
    assert (answer.procedure_id, answer.confidence) == (procedure_id, Confidence.MEDIUM)


@pytest.mark.parametrize(
    "text", ["ADDUCTOR CANAL BLOCK KNEE", "ANKLE BLOCK", "KNEE ARTHROSCOPY", "CHEST DRAIN REMOVAL", "PDA CLOSURE"]
)
def test_what_the_catalogue_does_not_hold_is_not_taken_for_a_joint(classifier: Classifier, text: str) -> None:
    assert not classifier.classify(text).answered


def test_beside_what_the_catalogue_does_not_hold_confidence_is_low(classifier: Classifier) -> None:
    answer = classifier.classify("TKR + ADDUCTOR CANAL BLOCK")
    assert (answer.procedure_id, answer.confidence) == ("arthroplasty", Confidence.LOW)


@pytest.mark.parametrize(
    ("text", "procedure_id"),
    [
        ("L4/5 STENOSIS, ESI", "esi_il_lumbar"),
        ("SUPINE HIP INJ", "hip_inj"),
        ("PERCUTANEOUS TRANSLUMINAL ANGIOPLASTY", "evar"),
        ("PDA L3/4", "esi_il_lumbar"),
        ("Daumensattelgelenk Infiltration", "small_joint_hand"),
        ("Leberbiopsie", "biopsy_soft"),
    ],
)
def test_words_that_look_like_a_slip_and_compounds_are_read_as_they_stand(
    classifier: Classifier, text: str, procedure_id: str
) -> None:
    answer = classifier.classify(text)
    assert (answer.procedure_id, answer.confidence) == (procedure_id, Confidence.HIGH)


def test_a_cancelled_procedure_has_low_confidence(classifier: Classifier) -> None:
    assert classifier.classify("HIP INJECTION CANCELLED").confidence is Confidence.LOW


def test_the_level_in_the_text_narrows_a_general_region(classifier: Classifier) -> None:
    assert classifier.classify("RFA C4-6").region == "cervical"
    assert classifier.classify("RFA LUMBAR FACET").region == "lumbar"
    assert classifier.classify("ORIF LEFT WRIST").region == "wrist"
    assert classifier.classify("ORIF").region == "unspecified"


def test_a_code_of_one_procedure_answers_alone(classifier: Classifier) -> None:
    answer = classifier.classify("", codes="LN:35927-3")
    assert (answer.procedure_id, answer.matched_by, answer.confidence) == ("sij", "code:LN:35927-3", Confidence.HIGH)


def test_the_text_decides_between_the_procedures_of_a_code(classifier: Classifier) -> None:
    assert classifier.classify("CAUDAL EPIDURAL", codes="C4:62323").procedure_id == "esi_caudal"
    assert classifier.classify("", codes="CPT:62323").confidence is Confidence.MEDIUM
    assert not classifier.classify("", codes="C4:20610").answered


def test_code_and_text_that_disagree_are_a_conflict_and_not_silently_picked(classifier: Classifier) -> None:
    answer = classifier.classify("LUMBAR EPIDURAL STEROID INJECTION", codes="C4:27096 99LOCAL:7")
    assert answer.conflict
    assert (answer.procedure_id, answer.others, answer.confidence) == ("sij", ("esi_il_lumbar",), Confidence.LOW)


def test_descriptions_that_disagree_lower_the_confidence(classifier: Classifier) -> None:
    answer = classifier.classify("SIJ INJECTION", "LUMBAR ESI")
    assert (answer.procedure_id, answer.others, answer.confidence) == ("sij", ("esi_il_lumbar",), Confidence.LOW)


def test_a_protocol_name_answers_only_where_nothing_else_does(classifier: Classifier) -> None:
    assert classifier.classify("KNEE INJECTION", protocols="SIJ injection").procedure_id == "knee"
    assert classifier.classify("PAIN", protocols="SIJ injection").confidence is Confidence.MEDIUM


@given(st.text(max_size=200))
def test_any_text_has_an_answer_and_the_same_one_in_capitals(classifier: Classifier, text: str) -> None:
    assert classifier.classify(text.lower()) == classifier.classify(text.lower())
    if text.isascii():
        assert classifier.classify(text.upper()) == classifier.classify(text.lower())


def test_a_hundred_thousand_distinct_texts_take_seconds(classifier: Classifier, labelled: list[dict[str, str]]) -> None:
    texts = [f"{labelled[n % len(labelled)]['description']} ROOM {n}" for n in range(20_000)]
    start = process_time()
    for text in texts:
        classifier.classify(text)
    assert process_time() - start < 4


def test_a_word_without_an_end_costs_no_more_than_its_length(classifier: Classifier) -> None:
    start = process_time()
    assert not classifier.classify("x" * 200_000).answered
    assert process_time() - start < 10


@pytest.mark.parametrize(
    ("mapped", "typed", "same"),
    [
        ("xx", "  XX. ", True),
        ("sij lt", "SIJ, LT", True),
        ("knie + hüfte", "KNIE/Hufte", True),
        ("xx", "  X-X", False),
        ("T12", "T1/2", False),
    ],
)
def test_a_sites_map_ignores_what_stands_between_words_and_never_joins_them(
    mapped: str, typed: str, same: bool
) -> None:
    assert (map_key(mapped) == map_key(typed)) is same
