"""What classify, catalogue, dose and policy print says no more than the evidence carries."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from alara.app.catalogue import procedure
from alara.app.dose import Reading, dose
from alara.audit import Classifier
from alara.config import Config
from alara.knowledge import Knowledge, load
from alara.quantities import AirKerma, KermaAreaProduct
from alara.report.catalogue import print_procedure, procedure_as_dict
from alara.report.classified import classified_rows, write_csv, write_json
from alara.report.columns import CLASSIFIED
from alara.report.dose import print_dose
from tests.cli.conftest import Run
from tests.report.test_banned_words import BANNED

#: No output speaks of the risk of a person, or puts operators in an order.
NOT_OF_PEOPLE = re.compile(r"\brisks?\b|\brank(s|ed|ing)?\b|\bworst\b|\bbest operator", re.IGNORECASE)


def told(text: str) -> list[str]:
    return [match[0] for pattern in (BANNED, NOT_OF_PEOPLE) for match in pattern.finditer(text)]


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load()


@pytest.mark.parametrize(
    "command",
    [
        ("catalogue", "list"),
        ("catalogue", "list", "--json"),
        ("policy", "show"),
        ("policy", "show", "--json"),
        ("policy", "reasons"),
        ("policy", "reasons", "--json"),
        ("policy", "check"),
        ("classify", "--help"),
        ("catalogue", "map", "import", "--help"),
        ("catalogue", "map", "export", "--help"),
        ("dose", "--help"),
        ("policy", "diff", "--help"),
        ("review", "--help"),
        ("review", "list", "--help"),
        ("review", "close", "--help"),
        ("explain", "--help"),
    ],
    ids=" ".join,
)
def test_no_command_says_one_of_them(run: Run, command: tuple[str, ...]) -> None:
    result = run(*command)
    assert result.stdout
    assert told(result.output) == []


def test_no_command_on_a_month_says_one_of_them(run: Run, database: Path) -> None:
    month = ("--month", "2026-10", "--site", "Test", "--database", database)
    for flags in ((), ("--json",)):
        assert told(run("policy", "diff", "us_forward", "fluoro_standard", *month, *flags).output) == []
        assert told(run("catalogue", "unmapped", "--database", database, *flags).output) == []
    assert told(run("catalogue", "map", "export", "--unmapped", "--database", database).output) == []


def test_no_procedure_is_shown_with_one_of_them(knowledge: Knowledge) -> None:
    for name in knowledge.procedures:
        out = io.StringIO()
        print_procedure(procedure(knowledge, name), knowledge, Console(file=out, width=80))
        assert told(out.getvalue() + str(procedure_as_dict(procedure(knowledge, name), knowledge))) == [], name


def test_no_dose_is_told_with_one_of_them(knowledge: Knowledge, tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path)
    doses = [
        (KermaAreaProduct(2.0), AirKerma(20.0)),
        (KermaAreaProduct(900.0), AirKerma(9000.0)),
        (None, AirKerma(5.0)),
    ]
    for name in knowledge.procedures:
        for p_ka, ka_r in doses:
            found = dose(config, Reading(procedure_id=name, p_ka=p_ka, ka_r=ka_r)).as_dict()
            out = io.StringIO()
            print_dose(found, Console(file=out, width=80))
            assert told(out.getvalue() + str(found)) == [], name


def test_no_answer_to_a_description_says_one_of_them(knowledge: Knowledge) -> None:
    classifier = Classifier(knowledge)
    texts = [entry.name for entry in knowledge.procedures.values()]
    out = io.StringIO()
    write_csv(classified_rows(((text, classifier.classify(text)) for text in texts), knowledge), out)
    write_json(classified_rows(((text, classifier.classify(text)) for text in texts), knowledge), out, knowledge.digest)
    assert told(out.getvalue() + " ".join(column.meaning for column in CLASSIFIED)) == []
