"""What must hold between the tables: citations resolve, nothing is orphaned, names exist."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Any

from alara.knowledge.check_routing import check_routing
from alara.knowledge.entries import GENERAL_REGIONS, Coefficient, Concept, Procedure, Side, Status
from alara.knowledge.table import Table

__all__ = ["check"]

Tables = Mapping[str, Table]

#: What the figures of a reference cannot be seen through.
_NOT_SEEN = frozenset((Status.SECOND_HAND, Status.TITLE_ONLY, Status.STARTING_DOCUMENT))
#: Which field of which table names entries of which other, and the words for a name that is not there.
_NAMED = (
    ("procedures", "payer", "payers", "procedure {name}: there is no payer rule {each}"),
    ("coefficients", "procedures", "procedures", "coefficient {name}: there is no procedure {each}"),
    ("concepts", "within", "concepts", "lexicon: {name} is within {each}, which is not in the lexicon"),
    ("region_codes", "concept", "concepts", "region_codes: {name} names {each}, which is not in the lexicon"),
    ("expansions", "concepts", "concepts", "expansions: {name} names {each}, which is not in the lexicon"),
)
#: Only a site's map may say that something is no procedure.
_MAPPED_TO_NOTHING = ("site_map", "unclassified")


def check(tables: Tables, to_be_cited: Collection[str]) -> list[str]:
    """Everything that is wrong between entries; of one that has a fault in itself, what its names tell.

    ``to_be_cited`` are the references that something must cite: all of the project's own, or
    those that an overlay brings, since an overlay may replace whatever cited one of the others.
    """
    return list(
        chain(
            _citations(tables, to_be_cited),
            _seen(tables),
            _coefficients(tables["coefficients"]),
            _backgrounds(tables),
            _procedures(tables["procedures"], tables),
            _rules(tables["procedures"], tables["concepts"]),
            _known_procedures(tables),
            _names(tables),
            _lexicon(tables),
            _skin_dose(tables),
            check_routing(tables),
        )
    )


def _citations(tables: Tables, to_be_cited: Collection[str]) -> Iterator[str]:
    used: set[str] = set()
    for name, entry in _citing(tables):
        if not entry.cites:
            yield f"{name} cites nothing"
        for reference in entry.cites:
            used.add(reference)
            if reference not in tables["references"]:
                yield f"{name} cites {reference}, which is not among the references"
    faulty = (pair for table in tables.values() for pair in (*table.names_of_faulty("cites"), *_cited_within(table)))
    for name, reference in faulty:
        used.add(reference)
        if reference not in tables["references"]:
            yield f"{name} cites {reference}, which is not among the references"
    for reference in to_be_cited if all(table.whole for table in tables.values()) else ():
        if reference not in used:
            yield f"reference {reference} is cited by nothing"


def _seen(tables: Tables) -> Iterator[str]:
    """An entry is seen only where one of its references was; a reference with a fault may be."""
    statuses = {entry.id: entry.status for entry in tables["references"].values()}
    for name, entry in _citing(tables):
        found = [statuses.get(reference, Status.SEEN) for reference in entry.cites]
        if entry.status is Status.SEEN and found and _NOT_SEEN.issuperset(found):
            yield f"{name} is seen, but of what it cites nothing is: {', '.join(dict.fromkeys(found))}"


def _cited_within(table: Table) -> Iterator[tuple[str, str]]:
    """The references that the evidence of entries with a fault cites."""
    for name, raw in table.faulty.items():
        evidence = raw.get("evidence")
        for item in evidence if isinstance(evidence, list) else ():
            cites = item.get("cites") if isinstance(item, dict) else None
            yield from ((f"{name}: evidence", str(each)) for each in (cites if isinstance(cites, list) else ()))


def _citing(tables: Tables) -> Iterator[tuple[str, Any]]:
    for table in tables.values():
        for name, entry in table.items():
            if hasattr(entry, "cites"):
                yield name, entry
            for item in getattr(entry, "evidence", ()):
                yield f"{name}: evidence {item.says!r}", item


def _coefficients(coefficients: Mapping[str, Coefficient]) -> Iterator[str]:
    for entry in coefficients.values():
        if not entry.low <= entry.central <= entry.high:
            yield f"coefficient {entry.id}: low, central and high are not in this order"
        if not entry.age_min < entry.age_max:
            yield f"coefficient {entry.id}: age_min is not below age_max"
        for region in entry.regions:
            if region in GENERAL_REGIONS:
                yield f"coefficient {entry.id}: {region} does not say where the beam was"


def _backgrounds(tables: Tables) -> Iterator[str]:
    for entry in tables["backgrounds"].values():
        if entry.scope != "natural":
            yield f"background {entry.id}: scope is {entry.scope!r}, but only natural background is compared with"
        if entry.annual_msv == 0:
            yield f"background {entry.id}: annual_msv is zero"


def _procedures(procedures: Mapping[str, Procedure], tables: Tables) -> Iterator[str]:
    policies = [policy for policy in tables["policies"] if policy in Procedure.__dataclass_fields__]
    for entry in procedures.values():
        if entry.contested and not {Side.FOR_ULTRASOUND, Side.FOR_FLUOROSCOPY} <= {e.side for e in entry.evidence}:
            yield f"procedure {entry.id} is contested, but its evidence does not show both sides"
        if entry.contested and len({entry.grade(policy) for policy in policies}) == 1:
            yield f"procedure {entry.id} is contested, but all policies agree"
    for policy in tables["policies"]:
        if policy not in policies:
            yield f"policy {policy}: procedures carry no grade of it"


def _rules(procedures: Table, concepts: Table) -> Iterator[str]:
    own = [(entry.id, rule) for entry in procedures.values() for rule in (*entry.match, *entry.match_medium)]
    faulty = (pair for field in ("match", "match_medium") for pair in procedures.words_of_faulty(field))
    for name, rule in (*own, *faulty):
        for word in rule.split():
            if word.removeprefix("!") not in concepts:
                yield f"procedure {name}: rule {rule!r} names {word!r}, which is not in the lexicon"


def _names(tables: Tables) -> Iterator[str]:
    """The names of one table's entries in another's fields, whether their own entry has a fault or not."""
    for table, field, of, words in _NAMED:
        entries = tables[table]
        own = [(name, each) for name, entry in entries.items() for each in _listed(getattr(entry, field))]
        for name, each in (*own, *entries.names_of_faulty(field)):
            if each not in tables[of]:
                yield words.format(name=name, each=each)


def _listed(value: str | tuple[str, ...]) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,) if value else ()
    return value


def _known_procedures(tables: Tables) -> Iterator[str]:
    for table in ("reference_levels", "cpt_codes", "site_map"):
        for entry in tables[table].values():
            if entry.procedure_id not in tables["procedures"] and (table, entry.procedure_id) != _MAPPED_TO_NOTHING:
                yield f"{table}: {entry.id}: there is no procedure {entry.procedure_id}"
        for name, procedure_id in tables[table].names_of_faulty("procedure_id"):
            if procedure_id not in tables["procedures"] and (table, procedure_id) != _MAPPED_TO_NOTHING:
                yield f"{table}: {name}: there is no procedure {procedure_id}"


def _lexicon(tables: Tables) -> Iterator[str]:
    concepts: Mapping[str, Concept] = tables["concepts"]
    owners: dict[str, str] = {}
    for entry in chain(concepts.values(), tables["expansions"].values()):
        for form in entry.forms:
            if owners.setdefault(form, entry.id) != entry.id:
                yield f"lexicon: {form!r} is both {owners[form]} and {entry.id}"


def _skin_dose(tables: Tables) -> Iterator[str]:
    for factor in tables["skin_dose_factors"].values():
        if not 0 < factor.low <= factor.high:
            yield f"skin dose factor {factor.id}: low and high are not in this order, or zero"
