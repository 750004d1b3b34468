"""Words that the evidence does not carry stand in no output, but for the fixed footer."""

import io
import re
from pathlib import Path
from typing import Any

from rich.console import Console

from alara.audit.trends import trends_of
from alara.findings import FindingCode
from alara.knowledge import Knowledge
from alara.report import write
from alara.report.beside import Beside
from alara.report.columns import CASES, SUMMARY
from alara.report.console import print_audit
from alara.report.plan import plan_as_dict, print_plan
from alara.report.plan_columns import PLAN
from alara.report.sentences import FOOTER
from alara.report.standing_columns import OPERATORS

BANNED = re.compile(r"avoidabl|unjustif|unnecessar|\b(un)?safe(ly|r|st)?\b|harm(ed|ful|s|ing)?\b", re.IGNORECASE)


def operators_of(audit: Any) -> dict[str, tuple[str, ...]]:
    return {case_id: ((), ("op-a",), ("op-b",))[n % 3] for n, case_id in enumerate(audit.cases["case_id"])}


def without_footer(text: str) -> str:
    return text.replace(FOOTER, "")


def test_no_file_says_what_the_evidence_does_not_carry(
    audit: Any, knowledge: Knowledge, plan: Any, tmp_path: Path
) -> None:
    trends = trends_of(audit, audit.cases.head(0), knowledge, operators_of(audit))
    assert trends.operators is not None
    assert len(trends.operators.rows)
    for path in write(audit, tmp_path, knowledge, Beside(plan=plan, trends=trends)):
        assert BANNED.findall(without_footer(path.read_text(encoding="utf-8"))) == [], path.name


def test_the_footer_stands_once_and_on_the_page_alone(audit: Any, knowledge: Knowledge, tmp_path: Path) -> None:
    counts = {path.name: path.read_text(encoding="utf-8").count(FOOTER) for path in write(audit, tmp_path, knowledge)}
    assert {name for name, n in counts.items() if n} == {"report.html"}
    assert counts["report.html"] == 1


def test_the_terminal_says_none_of_them(audit: Any) -> None:
    out = io.StringIO()
    print_audit(audit, Console(file=out, width=80))
    assert BANNED.findall(out.getvalue()) == []


def test_no_plan_says_one_of_them(plan: Any) -> None:
    out = io.StringIO()
    print_plan(plan, Console(file=out, width=80))
    assert BANNED.findall(out.getvalue() + str(plan_as_dict(plan))) == []


def test_no_finding_says_one_of_them() -> None:
    assert [code.words for code in FindingCode if BANNED.search(code.words)] == []


def test_nothing_of_the_catalogue_that_a_page_may_show_says_one_of_them(knowledge: Knowledge) -> None:
    shown = [item.says for entry in knowledge.procedures.values() for item in entry.evidence]
    shown += [entry.name for entry in knowledge.procedures.values()]
    shown += [entry.statement for entry in knowledge.policies.values()]
    shown += [entry.citation for entry in knowledge.references.values()]
    shown += [text for entry in knowledge.us_reasons.values() for text in (entry.words, entry.asks)]
    shown += [entry.note for entry in knowledge.plan_parameters.values()]
    shown += [column.meaning for column in (*CASES, *SUMMARY, *PLAN, *OPERATORS)]
    assert [text for text in shown if BANNED.search(text)] == []
