"""The small tables that the row stage joins to: what each description, procedure and age group amounts to."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from alara.audit.classify import UNCLASSIFIED, Classification, Classifier, Confidence
from alara.audit.dose import NotEstimated, age_edges, choose_coefficient
from alara.audit.measured import COUNTED, DESCRIPTION_COLUMNS, OCCURRING
from alara.audit.native import Native, as_is
from alara.audit.reasons import procedure_reasons, reason_rules
from alara.audit.rows import RowTables
from alara.audit.skin import alarms
from alara.audit.ultrasound import REASON_UNCLASSIFIED, UsReview, review
from alara.knowledge import Background, Coefficient, Knowledge, Policy

__all__ = ["cited_by", "classification_table", "recognised", "row_tables"]

_UNCLASSIFIED_NAME = "Not classified"


def recognised(occurring: pd.DataFrame, chosen: Policy, knowledge: Knowledge) -> pd.DataFrame:
    """Each group of rows that occurs, with what was done, its review under the chosen policy and its coefficient.

    There is no factor ``k_low``, ``k_central`` or ``k_high`` where it is uncertain what was done.

    Parameters
    ----------
    occurring
        The columns of :data:`~alara.audit.measured.OCCURRING`, each combination once, and any others.
    """
    groups = occurring.merge(classification_table(occurring, Classifier(knowledge)), on=list(DESCRIPTION_COLUMNS))
    groups = groups.merge(review_table(chosen, knowledge), on="procedure_id", how="left")
    groups = groups.merge(coefficient_table(groups, knowledge), on=["procedure_id", "region", "age_group"], how="left")
    factors = ["k_low", "k_central", "k_high"]
    return groups.assign(**{name: groups[name].where(groups["certain"]) for name in factors})


def row_tables(groups: pd.DataFrame, level: Background, knowledge: Knowledge, native: Native = as_is) -> RowTables:
    """What the row stage needs for rows of these recognised groups, in the engine that ``native`` brings frames to."""
    told_by = _told_by(groups[list(DESCRIPTION_COLUMNS)].drop_duplicates())
    keys = [*told_by, "age_group"]
    others = [name for name in (*OCCURRING, *COUNTED) if name not in keys]
    return RowTables(
        recognised=native(groups.drop_duplicates(keys).drop(columns=others)),
        told_by=told_by,
        background_id=level.id,
        background_msv=level.annual_msv,
        alarms=alarms(knowledge),
        reasons=reason_rules(knowledge),
    )


def classification_table(descriptions: pd.DataFrame, classifier: Classifier) -> pd.DataFrame:
    """Each distinct combination of description columns, classified once.

    Parameters
    ----------
    descriptions
        Any rows with :data:`~alara.audit.measured.DESCRIPTION_COLUMNS`.
    """
    columns = list(DESCRIPTION_COLUMNS)
    distinct = descriptions[columns].fillna("").drop_duplicates().reset_index(drop=True)
    answers = [
        classifier.classify(
            *texts, protocols=protocols, codes=codes, target_regions=target_regions, lateralities=lateralities
        )
        for *texts, protocols, codes, target_regions, lateralities in distinct.itertuples(index=False, name=None)
    ]
    return distinct.assign(
        procedure_id=pd.Series([answer.procedure_id for answer in answers], dtype="str"),
        region=pd.Series([answer.region for answer in answers], dtype="str"),
        matched_by=pd.Series([answer.matched_by for answer in answers], dtype="str"),
        match_confidence=pd.Series([str(answer.confidence) for answer in answers], dtype="str"),
        certain=pd.Series([answer.confidence is not Confidence.LOW for answer in answers], dtype="bool"),
        combined=pd.Series(["yes" if answer.others else "no" for answer in answers], dtype="str"),
        audit_findings=pd.Series([_findings(answer) for answer in answers], dtype="str"),
    )


def review_table(chosen: Policy, knowledge: Knowledge) -> pd.DataFrame:
    """Each procedure of the catalogue, and the unclassified, under the chosen policy."""
    rows = [
        {
            "procedure_id": procedure.id,
            "procedure_name": procedure.name,
            "zone": str(procedure.zone),
            **{f"grade_{policy}": str(procedure.grade(policy)) for policy in knowledge.policies},
            "contested": "yes" if procedure.contested else "no",
            "us_review": str((outcome := review(procedure, chosen, knowledge)).outcome),
            "us_reason": outcome.reason,
            "procedure_reasons": " ".join(procedure_reasons(procedure, knowledge)),
        }
        for procedure in knowledge.procedures.values()
    ]
    unclassified = {
        "procedure_id": UNCLASSIFIED,
        "procedure_name": _UNCLASSIFIED_NAME,
        "zone": "",
        **{f"grade_{policy}": "" for policy in knowledge.policies},
        "contested": "no",
        "us_review": str(UsReview.NO),
        "us_reason": REASON_UNCLASSIFIED,
        "procedure_reasons": "",
    }
    return pd.DataFrame([*rows, unclassified], dtype="str")


def coefficient_table(groups: pd.DataFrame, knowledge: Knowledge) -> pd.DataFrame:
    """The coefficient of each ``procedure_id``, ``region`` and ``age_group`` that occurs."""
    edges = age_edges(knowledge.coefficients.values())
    ages: list[float | None] = [*(edge - 1e-9 for edge in edges), None]
    places = groups[["procedure_id", "region", "age_group"]].drop_duplicates().itertuples(index=False, name=None)
    rows = [
        (procedure_id, region, group, *_coefficient(choose_coefficient(knowledge, procedure_id, region, ages[group])))
        for procedure_id, region, group in places
    ]
    texts, numbers = ["coefficient_id", "coefficient_status"], ["k_low", "k_central", "k_high"]
    found = pd.DataFrame(rows, columns=["procedure_id", "region", "age_group", *texts, *numbers])
    return found.astype(dict.fromkeys(["procedure_id", "region", *texts], "str") | dict.fromkeys(numbers, "float64"))


def cited_by(procedure_ids: Iterable[str], coefficient_ids: Iterable[str], knowledge: Knowledge) -> set[str]:
    """The ids of the references behind these procedures and coefficients."""
    procedures = [knowledge.procedures[name] for name in procedure_ids if name in knowledge.procedures]
    coefficients = [knowledge.coefficients[name] for name in coefficient_ids if name]
    cites = {name for procedure in procedures for name in procedure.cites}
    cites.update(name for procedure in procedures for item in procedure.evidence for name in item.cites)
    cites.update(name for coefficient in coefficients for name in coefficient.cites)
    return cites


def _told_by(descriptions: pd.DataFrame) -> list[str]:
    """A few of the description columns that tell these rows apart as well as all of them do: joining texts is dear."""
    kept = list(DESCRIPTION_COLUMNS)
    for name in reversed(DESCRIPTION_COLUMNS[1:] + DESCRIPTION_COLUMNS[:1]):
        fewer = [other for other in kept if other != name]
        if fewer and not descriptions.duplicated(fewer).any():
            kept = fewer
    return kept


def _findings(answer: Classification) -> str:
    return " ".join(answer.conflicts)


def _coefficient(found: Coefficient | NotEstimated) -> tuple[str, str, float | None, float | None, float | None]:
    if isinstance(found, NotEstimated):
        return "", str(found), None, None, None
    return found.id, str(found.status), found.low, found.central, found.high
