"""The small tables that the row stage joins to: what each description, procedure and age group amounts to."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from alara.audit.classify import UNCLASSIFIED, Classification, Classifier
from alara.audit.dose import NotEstimated, age_edges, choose_coefficient
from alara.audit.native import Native, as_is
from alara.audit.reasons import procedure_reasons, reason_rules
from alara.audit.rows import DESCRIPTION_COLUMNS, RowTables
from alara.audit.skin import alarms, skin_factors
from alara.audit.ultrasound import REASON_UNCLASSIFIED, UsReview, review
from alara.knowledge import Background, Coefficient, Knowledge, Policy

__all__ = ["cited_by", "classification_table", "coefficient_table", "review_table", "row_tables"]

_UNCLASSIFIED_NAME = "Not classified"


def row_tables(
    procedures: pd.DataFrame, chosen: Policy, level: Background, knowledge: Knowledge, native: Native = as_is
) -> RowTables:
    """All that the two stages need for these procedures, in the engine that ``native`` brings frames to.

    Parameters
    ----------
    procedures
        Any rows with the description columns and ``kind``; distinct ones will do.
    """
    classification = classification_table(procedures, Classifier(knowledge))
    coefficients, edges = coefficient_table(classification, knowledge)
    of_procedures = review_table(chosen, knowledge)
    told_by = _told_by(classification)
    superfluous = [name for name in DESCRIPTION_COLUMNS if name not in told_by]
    reviewed = classification.drop(columns=superfluous).merge(of_procedures, on="procedure_id", how="left")
    fluoroscopy = procedures.loc[procedures["kind"] != "radiography", list(DESCRIPTION_COLUMNS)].fillna("")
    regions = _regions(fluoroscopy.merge(classification, on=list(DESCRIPTION_COLUMNS)))
    return RowTables(
        classification=native(reviewed),
        told_by=told_by,
        review=native(of_procedures.merge(regions, on="procedure_id", how="left")),
        coefficients=native(coefficients),
        age_edges=edges,
        field_area_cm2=(knowledge.thresholds["field_area_low"].value, knowledge.thresholds["field_area_high"].value),
        background_id=level.id,
        background_msv=level.annual_msv,
        skin_factors=skin_factors(knowledge),
        alarms=alarms(knowledge),
        reasons=reason_rules(knowledge),
    )


def classification_table(descriptions: pd.DataFrame, classifier: Classifier) -> pd.DataFrame:
    """Each distinct combination of description columns, classified once.

    Parameters
    ----------
    descriptions
        Any rows with :data:`~alara.audit.rows.DESCRIPTION_COLUMNS`.
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


def coefficient_table(classified: pd.DataFrame, knowledge: Knowledge) -> tuple[pd.DataFrame, tuple[float, ...]]:
    """The coefficient for each procedure, region and age group that occurs, and the ages that part the groups."""
    edges = age_edges(knowledge.coefficients.values())
    groups = [(str(number), edge - 1e-9) for number, edge in enumerate(edges)] + [("adult", None)]
    places = classified[["procedure_id", "region"]].drop_duplicates().itertuples(index=False, name=None)
    rows = [
        (procedure_id, region, group, *_coefficient(choose_coefficient(knowledge, procedure_id, region, age)))
        for procedure_id, region in places
        for group, age in groups
    ]
    names = [
        "procedure_id",
        "region",
        "age_group",
        "coefficient_id",
        "coefficient_status",
        "k_low",
        "k_central",
        "k_high",
    ]
    return pd.DataFrame(rows, columns=names).astype(
        dict.fromkeys(names[:5], "str") | dict.fromkeys(names[5:], "float64")
    ), edges


def cited_by(procedure_ids: Iterable[str], coefficient_ids: Iterable[str], knowledge: Knowledge) -> set[str]:
    """The ids of the references behind these procedures and coefficients."""
    procedures = [knowledge.procedures[name] for name in procedure_ids if name in knowledge.procedures]
    coefficients = [knowledge.coefficients[name] for name in coefficient_ids if name]
    cites = {name for procedure in procedures for name in procedure.cites}
    cites.update(name for procedure in procedures for item in procedure.evidence for name in item.cites)
    cites.update(name for coefficient in coefficients for name in coefficient.cites)
    return cites


def _regions(classified: pd.DataFrame) -> pd.DataFrame:
    """The region of each procedure; ``several`` where its descriptions name more than one."""
    found = classified.groupby("procedure_id")["region"].agg(["first", "nunique"]).reset_index()
    regions = found["first"].where(found["nunique"] == 1, "several")
    return pd.DataFrame({"procedure_id": found["procedure_id"], "regions": regions}).astype("str")


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
