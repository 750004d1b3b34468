from __future__ import annotations

from collections.abc import Callable

import narwhals as nw
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alara.audit import CASE_COLUMNS, SUMMARY_COLUMNS, UNCLASSIFIED, Audit, Period, run
from alara.audit.figures import significant
from alara.audit.groups import summary_rows
from alara.audit.measured import measured, measures, occurring
from alara.audit.rows import case_rows, estimated_rows
from alara.audit.tables import recognised, row_tables
from alara.errors import UsageError
from alara.knowledge import Knowledge

Month = Callable[..., pd.DataFrame]
OCTOBER = Period.parse("2026-10")


def audited(procedures: pd.DataFrame, knowledge: Knowledge, **options: str) -> Audit:
    return run(procedures, period=OCTOBER, knowledge=knowledge, site="main", **options)


def only_case(procedures: pd.DataFrame, knowledge: Knowledge, **options: str) -> dict[str, object]:
    (case,) = audited(procedures, knowledge, **options).cases.to_dict("records")
    return {str(name): value for name, value in case.items()}


def test_a_lumbar_epidural_is_audited_from_p_ka_to_days(month: Month, knowledge: Knowledge) -> None:
    case = only_case(month({}), knowledge)
    assert case["procedure_id"] == "esi_il_lumbar"
    doses = [case[f"effective_dose{part}_msv"] for part in ("_low", "", "_high")]
    assert doses == [0.28, 0.59, 0.98]
    assert [case[f"background_days{part}"] for part in ("_low", "", "_high")] == [33, 69, 120]
    assert (case["coefficient_id"], case["coefficient_status"]) == ("lumbar_default", "derived")
    assert (case["field_area_cm2"], case["age_band"], case["date"], case["complete"]) == (
        100,
        "50-59",
        "2026-10-05",
        "yes",
    )
    assert (case["us_review"], case["contested"]) == ("no", "yes")


def test_the_columns_are_those_of_the_contract_even_of_an_empty_month(month: Month, knowledge: Knowledge) -> None:
    for procedures in (month({}), month()):
        audit = audited(procedures, knowledge)
        assert tuple(audit.cases.columns) == CASE_COLUMNS
        assert tuple(audit.summary.columns) == SUMMARY_COLUMNS


def test_without_p_ka_nothing_is_estimated_from_air_kerma(month: Month, knowledge: Knowledge) -> None:
    case = only_case(month({"p_ka_gycm2": None}), knowledge)
    assert pd.isna(case["effective_dose_msv"])
    assert pd.isna(case["background_days"])
    assert (case["coefficient_id"], case["coefficient_status"]) == ("", "not estimated: no P_KA")
    assert case["complete"] == "no"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"age_years": 12.0}, "not estimated: no coefficient for a child"),
        ({"study_description": "C-ARM USE IN OR"}, "not estimated: region unknown"),
        ({"study_description": "ORIF"}, "not estimated: region unknown"),
    ],
)
def test_what_has_no_fitting_coefficient_says_why(
    month: Month, knowledge: Knowledge, change: dict[str, object], status: str
) -> None:
    case = only_case(month(change), knowledge)
    assert pd.isna(case["effective_dose_msv"])
    assert case["coefficient_status"] == status


def test_less_than_a_microsievert_is_kept_but_not_told_in_days(month: Month, knowledge: Knowledge) -> None:
    case = only_case(
        month({"study_description": "1ST CMC INJECTION", "p_ka_gycm2": 0.0058, "ka_r_mgy": 0.1}), knowledge
    )
    assert case["effective_dose_msv"] == 0.000029
    assert pd.isna(case["background_days"])


def test_zero_p_ka_is_zero_and_missing_is_missing(month: Month, knowledge: Knowledge) -> None:
    assert only_case(month({"p_ka_gycm2": 0.0}), knowledge)["effective_dose_msv"] == 0.0
    assert pd.isna(only_case(month({"ka_r_mgy": 0.0}), knowledge)["field_area_cm2"])


@pytest.mark.parametrize(
    ("p_ka_gycm2", "ka_r_mgy", "area_cm2"),
    [(1.917, 10.2, 188), (0.187, 3.6, 51.9), (0.569, 5.6, 102), (0.010, 3.81, 2.62)],
)
def test_published_pairs_imply_their_field_area(
    month: Month, knowledge: Knowledge, p_ka_gycm2: float, ka_r_mgy: float, area_cm2: float
) -> None:
    """Chang 2018 (three pairs), and Sabat 2018, whose area no C-arm has: its unit is taken for misprinted."""
    case = only_case(month({"p_ka_gycm2": p_ka_gycm2, "ka_r_mgy": ka_r_mgy}), knowledge)
    assert case["field_area_cm2"] == area_cm2


def test_the_policy_changes_the_review_and_never_the_grades(month: Month, knowledge: Knowledge) -> None:
    procedures = month({"study_description": "SIJ INJECTION LEFT"})
    forward, standard = (only_case(procedures, knowledge, policy=name) for name in ("us_forward", "fluoro_standard"))
    assert (forward["us_review"], standard["us_review"]) == ("contested", "no")
    grades = ["grade_us_forward", "grade_capacity_aware", "grade_fluoro_standard"]
    assert [forward[name] for name in grades] == [standard[name] for name in grades]
    assert [forward[name] for name in grades] == ["equivalent", "feasible_with_expertise", "not_suitable"]


def test_radiography_is_kept_apart(month: Month, knowledge: Knowledge) -> None:
    procedures = month(
        *[{"study_description": "KNEE INJECTION"}] * 5,
        {"kind": "radiography", "study_description": "KNEE INJECTION", "fluoroscopy_time_s": None},
    )
    audit = audited(procedures, knowledge)
    assert (audit.headline.procedures, audit.headline.radiography) == (5, 1)
    radiograph = audit.cases.iloc[-1]
    assert (radiograph["us_review"], radiograph["grade_us_forward"], radiograph["complete"]) == ("no", "", "yes")
    assert audit.summary["n"].tolist() == [5]
    assert audit.headline.alternative["capacity_aware"].count == 5


def test_the_headline_counts_have_their_denominators(month: Month, knowledge: Knowledge) -> None:
    audit = audited(
        month(
            {"study_description": "GH INJECTION SHOULDER"},
            {"study_description": "HIP INJECTION"},
            {"study_description": "LUMBAR ESI", "fluoroscopy_time_s": None},
            {"study_description": "DEFAULT"},
        ),
        knowledge,
    )
    head = audit.headline
    assert (head.not_classified.count, head.not_classified.of) == (1, 4)
    assert (head.incomplete.count, head.incomplete.of) == (1, 4)
    assert {name: (share.count, share.of) for name, share in head.alternative.items()} == {
        "us_forward": (3, 3),
        "capacity_aware": (2, 3),
        "fluoro_standard": (2, 3),
    }
    assert (head.contested.count, head.uncontested.count) == (1, 1)


def test_a_small_group_is_suppressed_and_a_small_statistic_empty(month: Month, knowledge: Knowledge) -> None:
    audit = audited(
        month(
            *[{"study_description": "SIJ INJECTION", "ka_r_mgy": None}] * 4,
            {"study_description": "SIJ INJECTION"},
            *[{"study_description": "KNEE INJECTION"}] * 4,
        ),
        knowledge,
    )
    summary = audit.summary.set_index("procedure_id")
    assert summary.loc["sij", "n"] == 5
    assert summary.loc["sij", "p_ka_median_gycm2"] == 2.8
    assert pd.isna(summary.loc["sij", "ka_r_median_mgy"])
    assert summary["suppressed"].to_dict() == {"knee": "yes", "sij": "no"}
    numbers = [
        name for name in SUMMARY_COLUMNS if name.startswith(("n", "p_ka", "ka_r", "fluoro", "effective", "background"))
    ]
    assert summary.loc["knee", numbers].isna().all()


WRONG_UNIT = {"p_ka_gycm2": 10316.4, "ka_r_mgy": 8.67656}


def test_a_p_ka_that_does_not_fit_its_air_kerma_gives_no_dose_and_no_days(month: Month, knowledge: Knowledge) -> None:
    case = only_case(month(WRONG_UNIT), knowledge)
    estimates = ["effective_dose_low_msv", "effective_dose_msv", "effective_dose_high_msv", "background_days"]
    assert all(pd.isna(case[name]) for name in estimates)
    assert (case["coefficient_id"], case["coefficient_status"]) == (
        "",
        "not estimated: P_KA or K_a,r may have a wrong unit",
    )
    assert (case["p_ka_gycm2"], case["complete"]) == (10316.4, "yes")


@pytest.mark.parametrize(("area_cm2", "estimated"), [(4.9, False), (5, True), (1000, True), (1001, False)])
def test_the_bounds_of_the_field_area_are_those_of_the_knowledge(
    month: Month, knowledge: Knowledge, area_cm2: float, estimated: bool
) -> None:
    head = audited(month({"p_ka_gycm2": area_cm2 / 100, "ka_r_mgy": 10.0}), knowledge).headline
    assert (head.dose_estimated.count, head.implausible.count) == (int(estimated), int(not estimated))


def test_a_zero_on_either_side_is_no_wrong_unit(month: Month, knowledge: Knowledge) -> None:
    procedures = month({"p_ka_gycm2": 0.0}, {"ka_r_mgy": 0.0}, {"ka_r_mgy": None}, {"p_ka_gycm2": None})
    assert audited(procedures, knowledge).headline.implausible.count == 0


def test_the_implausible_are_counted_and_move_no_median_of_dose(month: Month, knowledge: Knowledge) -> None:
    plain = [{"p_ka_gycm2": value, "ka_r_mgy": 10 * value} for value in (1.0, 2.0, 3.0, 4.0, 5.0)]
    audit = audited(month(*plain, WRONG_UNIT), knowledge)
    without = audited(month(*plain), knowledge).summary.iloc[0]
    row = audit.summary.iloc[0]
    assert (audit.headline.implausible.count, audit.headline.implausible.of) == (1, 6)
    assert audit.headline.incomplete.count == 0
    assert (row["n"], without["n"]) == (6, 5)
    assert (row["n_p_ka"], row["n_effective_dose"]) == (5, 5), "the statistics say of how many they are"
    dose = [name for name in SUMMARY_COLUMNS if name.startswith(("p_ka", "ka_r", "effective", "background"))]
    assert row[dose].tolist() == without[dose].tolist()


def test_an_uncertain_procedure_is_counted_and_is_in_no_statistic(month: Month, knowledge: Knowledge) -> None:
    doubtful = {"study_description": "FJI L4/5 and SIJ rt", "p_ka_gycm2": 30.0, "ka_r_mgy": 300.0}
    case = only_case(month(doubtful), knowledge)
    assert (case["match_confidence"], case["coefficient_status"]) == (
        "low",
        "not estimated: the procedure is uncertain",
    )
    assert pd.isna(case["effective_dose_msv"])
    certain = [{"study_description": "SIJ INJECTION", "p_ka_gycm2": value} for value in (1.0, 2.0, 3.0, 4.0, 5.0)]
    (row,) = audited(month(*certain, doubtful), knowledge).summary.to_dict("records")
    assert (row["procedure_id"], row["n"], row["p_ka_median_gycm2"]) == ("sij", 6, 3.0)


def test_alternatives_are_parted_into_contested_and_not_under_each_policy(month: Month, knowledge: Knowledge) -> None:
    audit = audited(
        month(*[{"study_description": text} for text in ("SIJ INJECTION", "HIP INJECTION", "KNEE INJECTION")]),
        knowledge,
    )
    head = audit.headline
    parts = {
        name: (share.count - head.contested_by_policy[name].count, head.contested_by_policy[name].count)
        for name, share in head.alternative.items()
    }
    assert parts == {"us_forward": (1, 2), "capacity_aware": (1, 1), "fluoro_standard": (1, 1)}
    assert parts[audit.policy] == (head.uncontested.count, head.contested.count)


def test_alternatives_that_rest_on_a_proposal_are_counted(month: Month, knowledge: Knowledge) -> None:
    texts = ("1ST CMC INJECTION", "1ST CMC INJECTION", "KNEE INJECTION", "HIP INJECTION")
    head = audited(month(*[{"study_description": text} for text in texts]), knowledge).headline
    assert (head.awaiting_sign_off.count, head.awaiting_sign_off.of) == (2, 3)


def test_quantiles_are_exact_and_of_the_printed_cases(month: Month, knowledge: Knowledge) -> None:
    values = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2]
    audit = audited(month(*({"p_ka_gycm2": value, "ka_r_mgy": 10 * value} for value in values)), knowledge)
    (row,) = audit.summary.to_dict("records")
    assert (row["p_ka_median_gycm2"], row["p_ka_p75_gycm2"]) == (0.6, 1.4)
    assert row["effective_dose_median_msv"] == significant(audit.cases["effective_dose_msv"].median(), 2)


def test_the_days_of_a_group_are_those_of_its_median_dose(month: Month, knowledge: Knowledge) -> None:
    """Cases below 1 µSv have no days of their own, and must not lift the median by being left out."""
    limbs = [{"study_description": "KNEE INJECTION", "p_ka_gycm2": value} for value in (0.02, 0.05, 0.05, 0.2, 0.4)]
    spines = [{"p_ka_gycm2": 2.0}] * 5
    days = audited(month(*limbs, *spines), knowledge).summary.set_index("procedure_id")["background_days_median"]
    assert pd.isna(days["knee"])
    assert days["esi_il_lumbar"] == 49


def test_the_unclassified_come_last_in_the_summary(month: Month, knowledge: Knowledge) -> None:
    audit = audited(month({"study_description": "?"}, {"study_description": "VERTEBROPLASTY"}), knowledge)
    assert audit.summary["procedure_id"].tolist() == ["vertebroplasty", UNCLASSIFIED]


def test_a_code_that_contradicts_the_text_is_a_finding(month: Month, knowledge: Knowledge) -> None:
    case = only_case(month({"procedure_codes": "C4:27096", "findings": "negative"}), knowledge)
    assert (case["procedure_id"], case["match_confidence"]) == ("sij", "low")
    assert case["findings"] == "negative code_text_conflict"


@pytest.mark.parametrize(
    ("age", "band"),
    [(0, "0-15"), (15.9, "0-15"), (16, "16-19"), (20, "20-29"), (79.5, "70-79"), (80, "80+"), (None, "")],
)
def test_ages_are_told_in_bands(month: Month, knowledge: Knowledge, age: float | None, band: str) -> None:
    assert only_case(month({"age_years": age}), knowledge)["age_band"] == band


def test_missing_texts_are_empty_and_not_a_group_of_their_own(month: Month, knowledge: Knowledge) -> None:
    case = only_case(month({"performed_procedure_description": None, "procedure_codes": None}), knowledge)
    assert case["procedure_id"] == "esi_il_lumbar"


def test_what_started_outside_the_period_is_left_out(month: Month, knowledge: Knowledge) -> None:
    times = ["2026-09-30 23:59:59", "2026-10-01", "2026-10-31 23:59:59", "2026-11-01"]
    audit = audited(month(*({"started": pd.Timestamp(time)} for time in times)), knowledge)
    assert audit.cases["date"].tolist() == ["2026-10-01", "2026-10-31"]


def test_every_source_of_a_case_is_among_the_references(month: Month, knowledge: Knowledge) -> None:
    audit = audited(month({"study_description": "HIP INJECTION"}), knowledge)
    assert {"HIPNMA", "NCRP160", "HPA-family", "S002"} <= {reference.id for reference in audit.references}


def test_an_unknown_background_is_refused(month: Month, knowledge: Knowledge) -> None:
    with pytest.raises(UsageError):
        audited(month({}), knowledge, background="mars")


TEXTS = ["LUMBAR ESI", "SIJ INJ", "KNEE INJECTION", "HIP INJ", "?", "ORIF WRIST", "RFA C4-6"]
PROCEDURES = st.lists(
    st.fixed_dictionaries(
        {
            "study_description": st.sampled_from(TEXTS),
            "p_ka_gycm2": st.none() | st.floats(0, 500),
            "age_years": st.none() | st.floats(0, 110),
            "kind": st.sampled_from(["fluoroscopy", "fluoroscopy", "radiography"]),
        }
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=8, deadline=None)
@given(rows=PROCEDURES, random=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_nothing(
    month: Month, knowledge: Knowledge, rows: list[dict[str, object]], random: object
) -> None:
    procedures = month(*rows)
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    first, second = audited(procedures, knowledge), audited(procedures.iloc[order], knowledge)
    pd.testing.assert_frame_equal(first.cases, second.cases)
    pd.testing.assert_frame_equal(first.summary, second.summary)
    assert first.headline == second.headline


@settings(max_examples=5, deadline=None)
@given(rows=PROCEDURES, day=st.integers(2, 30))
def test_splitting_the_month_changes_no_case(
    month: Month, knowledge: Knowledge, rows: list[dict[str, object]], day: int
) -> None:
    dated = [row | {"started": pd.Timestamp(2026, 10, 1 + n % 31)} for n, row in enumerate(rows)]
    procedures = month(*dated)
    parts = [Period.parse(f"2026-10-01..2026-10-{day:02}"), Period.parse(f"2026-10-{day + 1:02}..2026-10-31")]
    split = [run(procedures, period=part, knowledge=knowledge).cases for part in parts]
    joined = pd.concat([part for part in split if len(part)], ignore_index=True)
    pd.testing.assert_frame_equal(joined, audited(procedures, knowledge).cases, check_dtype=False)


def test_the_stages_take_a_narwhals_frame_and_give_the_columns(month: Month, knowledge: Knowledge) -> None:
    procedures = month({}, {"study_description": "KNEE INJECTION"})
    chosen, level = knowledge.policies["capacity_aware"], knowledge.backgrounds["germany"]
    rows = measured(nw.from_native(procedures), measures(knowledge))
    groups = recognised(occurring(rows).to_native(), chosen, knowledge)
    tables = row_tables(groups, level, knowledge)
    estimated = estimated_rows(rows, tables)
    grades = {name: entry.alternative_grades for name, entry in knowledge.policies.items()}
    assert tuple(case_rows(estimated, tables).columns) == CASE_COLUMNS
    assert tuple(summary_rows(estimated, groups, grades, 5, level.annual_msv).columns) == SUMMARY_COLUMNS


def test_a_procedure_whose_cases_name_two_regions_is_of_several(month: Month, knowledge: Knowledge) -> None:
    wrist, ankle = {"study_description": "ORIF WRIST"}, {"study_description": "ORIF ANKLE"}
    assert audited(month(wrist), knowledge).summary["region"].tolist() == ["wrist"]
    assert audited(month(wrist, ankle), knowledge).summary["region"].tolist() == ["several"]
    # radiography is in no group, so what it names is not either
    assert audited(month(wrist, ankle | {"kind": "radiography"}), knowledge).summary["region"].tolist() == ["wrist"]


def test_cases_that_only_another_description_tells_apart_are_told_apart(month: Month, knowledge: Knowledge) -> None:
    same = {"study_description": "INJECTION"}
    found = audited(month(same, same | {"performed_procedure_description": "KNEE INJECTION"}), knowledge)
    assert sorted(found.cases["procedure_id"]) == ["knee", "unclassified"]
