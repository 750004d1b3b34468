from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alara.app.dose import Reading, dose
from alara.audit import EffectiveDoseEstimate, NotEstimated, background_days, choose_coefficient, estimate
from alara.config import Config
from alara.errors import UsageError
from alara.knowledge import Knowledge
from alara.quantities import AirKerma, EffectiveDose, KermaAreaProduct
from alara.sr.units import KERMA_AREA_PRODUCT, factor

LEVELS = [
    "us_ncrp160",
    "world_unscear_2024cycle",
    "world_unscear_2008",
    "germany",
    "canada",
    "australia",
    "finland_natural",
]
with Path(__file__).with_name("published_doses.csv").open(encoding="utf-8", newline="") as file:
    PUBLISHED = list(csv.DictReader(line for line in file if not line.startswith("#")))
with Path(__file__).with_name("worked_cases.csv").open(encoding="utf-8", newline="") as file:
    WORKED = list(csv.DictReader(line for line in file if not line.startswith("#")))


def estimated(*args: object, **options: object) -> EffectiveDoseEstimate:
    result = estimate(*args, **options)  # type: ignore[arg-type]
    assert isinstance(result, EffectiveDoseEstimate)
    return result


@pytest.mark.parametrize("case", PUBLISHED, ids=lambda case: case["id"])
def test_published_doses_in_days_of_background(case: dict[str, str], knowledge: Knowledge) -> None:
    dose = EffectiveDose(float(case["effective_dose_msv"]))
    for level in LEVELS:
        assert background_days(dose, knowledge.backgrounds[level]) == pytest.approx(float(case[level]), rel=5e-3)


@pytest.mark.parametrize("case", [case for case in WORKED if case["printed"]], ids=lambda case: case["id"])
def test_printed_products_become_gy_cm2(case: dict[str, str]) -> None:
    to_gycm2 = factor(case["unit"], KERMA_AREA_PRODUCT)
    assert to_gycm2 is not None
    assert float(case["printed"]) * to_gycm2 == pytest.approx(float(case["p_ka_gycm2"]))


@pytest.mark.parametrize("case", [case for case in WORKED if case["field_area_cm2"]], ids=lambda case: case["id"])
def test_published_pairs_that_make_no_field_are_not_estimated(case: dict[str, str], tmp_path: Path) -> None:
    p_ka, ka_r = KermaAreaProduct(float(case["p_ka_gycm2"])), AirKerma(float(case["ka_r_mgy"]))
    found = dose(Config(data_dir=tmp_path), Reading(procedure_id=case["procedure_id"], p_ka=p_ka, ka_r=ka_r))
    assert found.field_area_cm2 == pytest.approx(float(case["field_area_cm2"]), rel=0.02)
    assert isinstance(found.effective_dose, EffectiveDoseEstimate) is (case["fits"] == "yes")
    assert (found.peak_skin_dose is not None) is (case["fits"] == "yes")


@pytest.mark.parametrize("case", [case for case in WORKED if case["effective_dose_msv"]], ids=lambda case: case["id"])
def test_published_doses_belong_to_a_p_ka_that_such_a_procedure_has(case: dict[str, str], knowledge: Knowledge) -> None:
    """Where P_KA was not printed, the interval of k says which would give the dose: less than ten Gy.cm2."""
    one = estimated(case["procedure_id"], KermaAreaProduct(1.0), knowledge=knowledge)
    least, most = (float(case["effective_dose_msv"]) / k.amount for k in (one.high, one.low))
    printed = float(case["p_ka_gycm2"] or least)
    assert least <= printed <= most
    assert 0.01 < least < most < 10


def test_air_kerma_alone_gives_no_effective_dose_in_any_published_case(tmp_path: Path) -> None:
    alone = [case for case in WORKED if case["ka_r_mgy"] and not case["p_ka_gycm2"]]
    assert len(alone) == 3
    for case in alone:
        reading = Reading(procedure_id=case["procedure_id"], ka_r=AirKerma(float(case["ka_r_mgy"])))
        found = dose(Config(data_dir=tmp_path), reading)
        assert found.effective_dose is NotEstimated.NO_P_KA
        assert found.peak_skin_dose is not None


def test_the_lumbar_phantom_of_2009_is_reproduced_by_its_own_coefficient(knowledge: Knowledge) -> None:
    result = estimated("esi_il_lumbar", KermaAreaProduct(2.8), knowledge=knowledge, coefficient_id="lumbar_esi_kim")
    assert result.central.amount == pytest.approx(0.93, rel=0.01)
    assert result.coefficient.cites == ("KIM2009",)


@pytest.mark.parametrize("case", [case for case in PUBLISHED if case["p_ka_gycm2"]], ids=lambda case: case["id"])
def test_the_default_interval_holds_the_published_dose(case: dict[str, str], knowledge: Knowledge) -> None:
    result = estimated(case["procedure_id"], KermaAreaProduct(float(case["p_ka_gycm2"])), knowledge=knowledge)
    assert result.low.amount <= float(case["effective_dose_msv"]) <= result.high.amount


def test_without_p_ka_there_is_no_effective_dose(knowledge: Knowledge) -> None:
    assert estimate("sij", None, knowledge=knowledge) is NotEstimated.NO_P_KA


def test_an_unknown_region_has_no_effective_dose_until_the_text_names_one(knowledge: Knowledge) -> None:
    p_ka = KermaAreaProduct(1.0)
    assert estimate("rfa_facet", p_ka, knowledge=knowledge) is NotEstimated.REGION_UNKNOWN
    assert estimated("rfa_facet", p_ka, knowledge=knowledge, region="cervical").coefficient.id == "cervical"


def test_a_child_is_not_estimated_with_a_coefficient_of_adults(knowledge: Knowledge) -> None:
    p_ka = KermaAreaProduct(1.0)
    assert estimate("hip_inj", p_ka, knowledge=knowledge, age_years=15.9) is NotEstimated.CHILD
    assert estimated("hip_inj", p_ka, knowledge=knowledge, age_years=16.0).coefficient.id == "hip"


def test_a_childs_heart_has_a_coefficient_of_its_age(knowledge: Knowledge) -> None:
    central = [
        estimated("pci", KermaAreaProduct(1.0), knowledge=knowledge, age_years=age).central.amount
        for age in (0, 1, 5, 10, 15, 40)
    ]
    assert central == [3.7, 1.9, 1.0, 0.6, 0.4, 0.2]


def test_an_unknown_age_is_taken_for_an_adult(knowledge: Knowledge) -> None:
    assert estimated("knee", KermaAreaProduct(1.0), knowledge=knowledge).coefficient.id == "knee"


def test_a_known_projection_narrows_the_coefficient_and_an_uncovered_one_does_not(knowledge: Knowledge) -> None:
    chosen = {
        side: choose_coefficient(knowledge, "mbb_lumbar", "lumbar", 50, side) for side in ("lateral", "posterior", "")
    }
    assert [getattr(entry, "id", None) for entry in chosen.values()] == [
        "lumbar_lateral",
        "lumbar_posterior",
        "lumbar_default",
    ]
    assert getattr(choose_coefficient(knowledge, "knee", "knee", 50, "lateral"), "id", None) == "knee"


def test_a_coefficient_of_the_procedure_comes_before_one_of_the_side_and_that_before_the_usual_mix(
    knowledge: Knowledge,
) -> None:
    asked = [("sij", "anterior"), ("esi_caudal", "anterior"), ("esi_caudal", "lateral"), ("esi_caudal", "")]
    chosen = [choose_coefficient(knowledge, name, "pelvis", 50, side) for name, side in asked]
    assert [getattr(entry, "id", None) for entry in chosen] == [
        "sij_collimated",
        "pelvis_anterior",
        "pelvis_default",
        "pelvis_default",
    ]


def test_what_is_as_published_is_used_by_name_alone(knowledge: Knowledge) -> None:
    """One phantom under ICRP 60 would put one procedure above its neighbours by its weights alone."""
    for side in ("", "anterior", "posterior", "lateral"):
        assert (
            choose_coefficient(knowledge, "esi_il_lumbar", "lumbar", 50, side)
            is not knowledge.coefficients["lumbar_esi_kim"]
        )


def test_unknown_ids_are_refused(knowledge: Knowledge) -> None:
    with pytest.raises(UsageError):
        estimate("nothing", KermaAreaProduct(1.0), knowledge=knowledge)
    with pytest.raises(UsageError):
        estimate("sij", KermaAreaProduct(1.0), knowledge=knowledge, coefficient_id="nothing")


@given(p_ka=st.floats(0, 1e4), factor=st.floats(0, 100), name=st.sampled_from(["sij", "knee", "esi_tf_lumbar", "picc"]))
def test_the_estimate_is_an_interval_in_proportion_to_p_ka(
    knowledge: Knowledge, p_ka: float, factor: float, name: str
) -> None:
    once = estimated(name, KermaAreaProduct(p_ka), knowledge=knowledge)
    scaled = estimated(name, KermaAreaProduct(p_ka * factor), knowledge=knowledge)
    assert once.low <= once.central <= once.high
    assert scaled.central.amount == pytest.approx(once.central.amount * factor)


def test_a_childs_chest_from_behind_has_a_coefficient_of_its_age(knowledge: Knowledge) -> None:
    chosen = [
        getattr(choose_coefficient(knowledge, "picc", "chest", age, "posterior"), "id", None) for age in (9, 12, 15, 40)
    ]
    assert chosen == ["chest_posterior_8_10y", "chest_posterior_11_14y", "chest_posterior_15y", "chest_posterior"]
    assert choose_coefficient(knowledge, "picc", "chest", 9, "") is NotEstimated.CHILD
