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
            _coefficients(tables["coefficients"], tables["procedures"]),
            _backgrounds(tables),
            _procedures(tables["procedures"], tables),
            _known_procedures(tables),
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
    for name, reference in chain.from_iterable(table.names_of_faulty("cites") for table in tables.values()):
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


def _citing(tables: Tables) -> Iterator[tuple[str, Any]]:
    for table in tables.values():
        for name, entry in table.items():
            if hasattr(entry, "cites"):
                yield name, entry
            for item in getattr(entry, "evidence", ()):
                yield f"{name}: evidence {item.says!r}", item


def _coefficients(coefficients: Mapping[str, Coefficient], procedures: Mapping[str, Procedure]) -> Iterator[str]:
    for entry in coefficients.values():
        if not entry.low <= entry.central <= entry.high:
            yield f"coefficient {entry.id}: low, central and high are not in this order"
        if not entry.age_min < entry.age_max:
            yield f"coefficient {entry.id}: age_min is not below age_max"
        for name in entry.procedures:
            if name not in procedures:
                yield f"coefficient {entry.id}: there is no procedure {name}"
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
    concepts = tables["concepts"]
    policies = [policy for policy in tables["policies"] if policy in Procedure.__dataclass_fields__]
    for entry in procedures.values():
        if entry.contested and not {Side.FOR_ULTRASOUND, Side.FOR_FLUOROSCOPY} <= {e.side for e in entry.evidence}:
            yield f"procedure {entry.id} is contested, but its evidence does not show both sides"
        if entry.contested and len({entry.grade(policy) for policy in policies}) == 1:
            yield f"procedure {entry.id} is contested, but all policies agree"
        if entry.payer and entry.payer not in tables["payers"]:
            yield f"procedure {entry.id}: there is no payer rule {entry.payer}"
        for rule in (*entry.match, *entry.match_medium):
            for word in rule.split():
                if word.removeprefix("!") not in concepts:
                    yield f"procedure {entry.id}: rule {rule!r} names {word!r}, which is not in the lexicon"
    for policy in tables["policies"]:
        if policy not in policies:
            yield f"policy {policy}: procedures carry no grade of it"


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
    for concept in concepts.values():
        if concept.within and concept.within not in concepts:
            yield f"lexicon: {concept.id} is within {concept.within}, which is not in the lexicon"
    for code in tables["region_codes"].values():
        if code.concept not in concepts:
            yield f"region_codes: {code.id} names {code.concept}, which is not in the lexicon"
    for expansion in tables["expansions"].values():
        for name in expansion.concepts:
            if name not in concepts:
                yield f"expansions: {expansion.id} names {name}, which is not in the lexicon"
    owners: dict[str, str] = {}
    for entry in chain(concepts.values(), tables["expansions"].values()):
        for form in entry.forms:
            if owners.setdefault(form, entry.id) != entry.id:
                yield f"lexicon: {form!r} is both {owners[form]} and {entry.id}"


def _skin_dose(tables: Tables) -> Iterator[str]:
    for factor in tables["skin_dose_factors"].values():
        if not 0 < factor.low <= factor.high:
            yield f"skin dose factor {factor.id}: low and high are not in this order, or zero"
