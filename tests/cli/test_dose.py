from __future__ import annotations

import json
from typing import Any

import click
import pytest

from alara.errors import UsageError
from tests.cli.conftest import Run


@pytest.fixture
def dose(run: Run) -> Any:
    def ask(*arguments: object) -> dict[str, Any]:
        document: dict[str, Any] = json.loads(run("dose", *arguments, "--json").stdout)
        return document

    return ask


def test_a_lumbar_epidural_has_an_interval_and_all_that_it_rests_on(dose: Any) -> None:
    found = dose("--procedure", "esi_il_lumbar", "--p-ka", 2.8, "--age", 45, "--background", "us_ncrp160")
    assert found["effective_dose_msv"] == {"low": 0.28, "central": 0.59, "high": 0.98}
    assert found["background_days"] == {"low": 33, "central": 69, "high": 120}
    assert (found["coefficient"]["id"], found["weights"], found["status"]) == ("lumbar_default", "ICRP103", "derived")
    assert found["citation"][0].startswith("KIM2009: Kim S")
    assert {name: found["background"][name] for name in ("id", "annual_msv", "scope", "year")} == {
        "id": "us_ncrp160",
        "annual_msv": 3.1,
        "scope": "natural",
        "year": 2009,
    }
    assert len(found["knowledge_sha256"]) == 64


def test_the_phantom_of_2009_is_reproduced_by_its_own_coefficient(dose: Any) -> None:
    found = dose("--procedure", "esi_il_lumbar", "--p-ka", 2.8, "--coefficient", "lumbar_esi_kim")
    assert found["effective_dose_msv"]["central"] == pytest.approx(0.93, abs=0.015)
    assert found["background_days"]["central"] == 110


def test_the_side_of_entry_narrows_the_interval(dose: Any) -> None:
    central = [
        dose("--procedure", "mbb_lumbar", "--p-ka", 1, "--entrance", side)["effective_dose_msv"]["central"]
        for side in ("anterior", "posterior", "lateral")
    ]
    assert central == [0.22, 0.12, 0.09]


def test_a_side_of_entry_that_cannot_be_used_is_said_to_be_so(run: Run, dose: Any) -> None:
    asked = ("--procedure", "esi_caudal", "--p-ka", 1, "--entrance")
    assert (dose(*asked, "anterior")["entrance_used"], dose(*asked, "lateral")["entrance_used"]) == (True, False)
    assert "lateral is not used: no coefficient here is of that side" in run("dose", *asked, "lateral").stdout
    assert "entered from the front" in run("dose", "--procedure", "sij", "--p-ka", 1).stdout
    assert "is not used" not in run("dose", *asked, "anterior").stdout
    assert dose("--procedure", "esi_caudal", "--p-ka", 1)["entrance_used"] is None


def test_a_limb_is_told_as_less_than_a_microsievert_and_in_no_days(run: Run, dose: Any) -> None:
    found = dose("--procedure", "small_joint_hand", "--p-ka", 0.0058)
    assert found["below_1_usv"] is True
    assert found["background_days"] == {"low": None, "central": None, "high": None}
    out = run("dose", "--procedure", "small_joint_hand", "--p-ka", 0.0058).stdout
    assert "< 1 µSv" in out
    assert "none below 1 µSv" in out


def test_air_kerma_alone_gives_no_effective_dose_but_an_interval_of_skin_dose(dose: Any) -> None:
    found = dose("--procedure", "mbb_lumbar", "--ka-r", 66)
    assert found["effective_dose_msv"] == {"low": None, "central": None, "high": None}
    assert found["not_estimated"] == "not estimated: no P_KA"
    assert 0 < found["psd_low_mgy"] < 66 < found["psd_high_mgy"]
    assert {entry["id"] for entry in found["psd_assumptions"]} == {
        "display",
        "distance",
        "table",
        "backscatter",
        "tissue",
        "overlap",
    }


def test_a_child_has_a_coefficient_of_its_age_or_none(run: Run, dose: Any) -> None:
    heart = dose("--procedure", "pci", "--p-ka", 1, "--age", 5)
    assert (heart["paediatric"], heart["coefficient"]["id"]) == (True, "cardiac_5y")
    assert "of a child" in run("dose", "--procedure", "pci", "--p-ka", 1, "--age", 5).stdout
    knee = dose("--procedure", "knee", "--p-ka", 1, "--age", 8)
    assert (knee["paediatric"], knee["not_estimated"]) == (True, "not estimated: no coefficient for a child")


def test_a_pair_that_makes_no_field_is_not_estimated(dose: Any) -> None:
    found = dose("--procedure", "lp", "--p-ka", 0.01, "--ka-r", 3.81)
    assert found["not_estimated"] == "not estimated: P_KA or K_a,r may have a wrong unit"
    assert found["psd_high_mgy"] is None
    assert found["field_area_cm2"] == 2.62


def test_a_dose_that_no_injection_has_is_an_alarm(run: Run) -> None:
    out = run("dose", "--procedure", "sij", "--p-ka", 600).stdout
    assert "reaches substantial_p_ka" in out
    assert "500 Gy.cm2" in out
    assert "Look at the unit of the number first" in out


def test_a_dose_that_an_intervention_may_have_asks_for_follow_up(dose: Any, run: Run) -> None:
    found = dose("--procedure", "pci", "--p-ka", 320, "--ka-r", 5200)
    assert [entry["id"] for entry in found["substantial_thresholds"]] == found["substantial_dose"]
    assert found["substantial_next"].startswith("Follow the patient's skin up")
    out = " ".join(run("dose", "--procedure", "pci", "--p-ka", 320, "--ka-r", 5200).stdout.split())
    assert "could reach, by its upper bound, substantial_peak_skin_dose, 3 Gy" in out
    assert "unit of the number" not in out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--procedure", "sij"), "no dose to start from"),
        (("--procedure", "nope", "--p-ka", "1"), "no procedure 'nope'"),
        (("--procedure", "sij", "--p-ka", "1", "--coefficient", "nope"), "no coefficient 'nope'"),
        (("--procedure", "sij", "--p-ka", "1", "--background", "nope"), "no background level 'nope'"),
        (("--procedure", "rfa_facet", "--p-ka", "1", "--region", "nope"), "no region 'nope'"),
    ],
)
def test_what_is_not_known_is_refused(run: Run, arguments: tuple[str, ...], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        run("dose", *arguments)


@pytest.mark.parametrize("amount", ["-1", "nan", "inf"])
def test_what_is_no_amount_is_refused(run: Run, amount: str) -> None:
    assert run("dose", "--procedure", "sij", f"--p-ka={amount}").exit_code == 2


def test_skin_dose_alone_needs_no_procedure_and_effective_dose_does(run: Run, dose: Any) -> None:
    alone, of_one = dose("--ka-r", 28), dose("--ka-r", 28, "--procedure", "sij")
    for part in ("psd_low_mgy", "psd_high_mgy", "psd_assumptions", "not_estimated", "effective_dose_msv"):
        assert alone[part] == of_one[part]
    assert (alone["procedure_id"], alone["procedure_name"]) == (None, None)
    assert run("dose", "--ka-r", 28).stdout.startswith("No procedure named")
    with pytest.raises(UsageError, match="depends on the procedure") as caught:
        run("dose", "--p-ka", 2.8)
    assert "--procedure ID" in caught.value.hint


def test_a_zero_that_was_read_is_said_to_be_one(run: Run) -> None:
    assert "P_KA of zero, as a value" in run("dose", "--procedure", "sij", "--p-ka", 0).stdout
    assert "K_a,r of zero, as a value" in run("dose", "--ka-r", 0).stdout
    assert "of zero" not in run("dose", "--procedure", "sij", "--p-ka", 0.1).stdout


def test_a_comma_is_refused_with_the_number_to_write(run: Run) -> None:
    with pytest.raises(click.BadParameter, match=r"2,8 has a comma; write 2\.8\."):
        run("dose", "--procedure", "knee", "--p-ka", "2,8", standalone_mode=False)


def test_an_unknown_region_is_asked_for_with_the_next_command(run: Run) -> None:
    told = run("dose", "--procedure", "vertebroplasty", "--p-ka", "4").stdout
    assert "next: say where it was, for instance alara dose" in told
    assert "--region lumbar" in told
