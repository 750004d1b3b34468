"""What the C-arm says of the place: it fills in, and differs aloud."""

from __future__ import annotations

import pytest

from alara.audit import Classifier, Confidence
from alara.audit.places import region_conflict
from alara.findings import FindingCode
from alara.knowledge import Knowledge

LUMBAR, KNEE, HIP, CHEST = "SCT:122496007", "SRT:T-D9200", "SCT:29836001", "SCT:51185008"
LEFT, RIGHT = "SCT:7771000", "SRT:G-A100"


def test_a_target_region_fills_in_what_the_text_leaves_out(classifier: Classifier) -> None:
    answer = classifier.classify("INJECTION", target_regions=KNEE)
    assert (answer.procedure_id, answer.confidence) == ("knee", Confidence.MEDIUM)
    assert answer.matched_by == "target_region:knee text:injection+knee"


def test_a_target_region_alone_names_no_procedure(classifier: Classifier) -> None:
    assert not classifier.classify("", target_regions=KNEE).answered
    assert not classifier.classify("C-ARM USE IN OR", target_regions=LUMBAR).answered


def test_several_target_regions_fill_in_nothing(classifier: Classifier) -> None:
    assert not classifier.classify("INJECTION", target_regions=f"{KNEE} {HIP}").answered


def test_a_target_region_narrows_a_general_region(classifier: Classifier) -> None:
    assert classifier.classify("RADIOFREQUENCY ABLATION FACET", target_regions=LUMBAR).region == "lumbar"
    assert classifier.classify("ORIF", target_regions="SRT:T-15460").region == "wrist"


def test_a_text_in_another_part_of_the_body_than_the_target_region_is_a_finding(classifier: Classifier) -> None:
    answer = classifier.classify("KNEE INJECTION", target_regions=CHEST)
    assert answer.conflicts == (FindingCode.REGION_TEXT_CONFLICT,)
    assert (answer.procedure_id, answer.confidence) == ("knee", Confidence.MEDIUM)


@pytest.mark.parametrize(
    ("text", "code"),
    [("SIJ INJECTION", LUMBAR), ("SHOULDER INJECTION", CHEST), ("HIP INJECTION", "SRT:T-D6000"), ("LESI", "99X:1")],
)
def test_neighbours_and_unknown_codes_are_no_conflict(classifier: Classifier, text: str, code: str) -> None:
    assert classifier.classify(text, target_regions=code).conflicts == ()


def test_every_region_of_a_coefficient_lies_somewhere_in_the_body(knowledge: Knowledge) -> None:
    regions = {region for entry in knowledge.coefficients.values() for region in entry.regions}
    assert [
        region for region in regions if not region_conflict(region, ["head"]) and not region_conflict(region, ["foot"])
    ] == []


@pytest.mark.parametrize(
    ("text", "code", "conflict"),
    [
        ("LT HIP INJECTION", RIGHT, True),
        ("Hüftinfiltration re.", LEFT, True),
        ("Infiltration hanche gauche", RIGHT, True),
        ("Infiltración cadera dcha", LEFT, True),
        ("LT HIP INJECTION", LEFT, False),
        ("BILATERAL LT AND RT HIP INJECTION", RIGHT, False),
        ("HIP INJECTION", RIGHT, False),
        ("LT HIP INJECTION", f"{LEFT} {RIGHT}", False),
        ("RE-DO HIP INJECTION", LEFT, False),
        ("LT HIP INJECTION", "SCT:51440002", False),
    ],
)
def test_the_side_of_the_text_is_held_against_that_of_the_c_arm(
    classifier: Classifier, text: str, code: str, conflict: bool
) -> None:
    found = classifier.classify(text, lateralities=code).conflicts
    assert (FindingCode.SIDE_TEXT_CONFLICT in found) is conflict
