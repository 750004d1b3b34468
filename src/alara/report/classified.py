"""Descriptions with what they were recognised as: one row each, as CSV or JSON, written as they come."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Iterator
from typing import TextIO

from alara.audit import Classification
from alara.knowledge import Knowledge
from alara.report.columns import CLASSIFIED
from alara.report.csv import neutral

__all__ = ["classified_rows", "write_csv", "write_json"]

Row = tuple[str, ...]


def classified_rows(answers: Iterable[tuple[str, Classification]], knowledge: Knowledge) -> Iterator[Row]:
    """The fields of :data:`~alara.report.columns.CLASSIFIED` for each description and its answer, and its findings."""
    graded = {
        entry.id: (str(entry.zone), *(str(entry.grade(policy)) for policy in knowledge.policies))
        for entry in knowledge.procedures.values()
    }
    nothing = ("", *("" for _ in knowledge.policies))
    for description, answer in answers:
        zone, *grades = graded.get(answer.procedure_id, nothing)
        how = answer.matched_by, str(answer.confidence), " ".join(answer.conflicts)
        yield description, answer.procedure_id, zone, answer.region, *grades, *how


def write_csv(rows: Iterable[Row], out: TextIO) -> None:
    """A header, then a line a row, without the findings; no description is a formula to a spreadsheet."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(column.name for column in CLASSIFIED)
    writer.writerows((neutral(description), *rest) for description, *rest, _findings in rows)


def write_json(rows: Iterable[Row], out: TextIO, knowledge_sha256: str) -> None:
    """A JSON list, an object a line, with its findings; each names the knowledge that it rests on."""
    names = [*(column.name for column in CLASSIFIED), "findings"]
    out.write("[")
    for number, row in enumerate(rows):
        document = dict(zip(names, row, strict=True)) | {"knowledge_sha256": knowledge_sha256}
        out.write(f"{',' if number else ''}\n  {json.dumps(document, ensure_ascii=False)}")
    out.write("\n]\n")
