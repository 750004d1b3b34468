"""Files → :class:`Knowledge`, checked as a whole; every error of every file is told at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Any

from alara.alike import did_you_mean
from alara.errors import ConfigError
from alara.knowledge.build import build_all
from alara.knowledge.check import check
from alara.knowledge.entries import (
    Background,
    Coefficient,
    Concept,
    CptCode,
    Expansion,
    PayerRule,
    Policy,
    Procedure,
    Reference,
    ReferenceLevel,
    RegionCode,
    SiteMapping,
    SkinDoseFactor,
    Threshold,
)
from alara.knowledge.files import read_rows, unknown_files
from alara.knowledge.routing import PlanParameter, RelativeWeight, UsOperator, UsReason, UsRoom
from alara.knowledge.table import Table

__all__ = ["Knowledge", "load"]

Tables = dict[str, Table]
Rows = Mapping[str, Mapping[str, object]]

#: Which file holds which entries. CPT numbers are apart: the catalogue works without their file.
#: Only a site has a ``site_map.csv``, which ``alara catalogue map`` writes, and rooms and operators of ultrasound.
_TABLES: Mapping[str, tuple[str, type[Any]]] = MappingProxyType(
    {
        "procedures": ("procedures.toml", Procedure),
        "policies": ("policies.toml", Policy),
        "payers": ("payers.toml", PayerRule),
        "backgrounds": ("backgrounds.toml", Background),
        "thresholds": ("thresholds.toml", Threshold),
        "concepts": ("lexicon.toml", Concept),
        "expansions": ("expansions.toml", Expansion),
        "coefficients": ("coefficients.csv", Coefficient),
        "reference_levels": ("reference_levels.csv", ReferenceLevel),
        "references": ("references.csv", Reference),
        "cpt_codes": ("cpt_codes.csv", CptCode),
        "region_codes": ("region_codes.csv", RegionCode),
        "skin_dose_factors": ("skin_dose.toml", SkinDoseFactor),
        "site_map": ("site_map.csv", SiteMapping),
        "us_reasons": ("us_reasons.toml", UsReason),
        "us_rooms": ("us_rooms.toml", UsRoom),
        "us_operators": ("us_operators.toml", UsOperator),
        "plan_parameters": ("plan.toml", PlanParameter),
        "weights": ("weights.csv", RelativeWeight),
    }
)

#: Tables whose entries are asked for one by one: one more would be without effect.
_ASKED_BY_ID = ("thresholds",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """Everything the audit knows, each table by id; ``digest`` is the SHA-256 of all of it."""

    procedures: Mapping[str, Procedure]
    policies: Mapping[str, Policy]
    payers: Mapping[str, PayerRule]
    backgrounds: Mapping[str, Background]
    thresholds: Mapping[str, Threshold]
    concepts: Mapping[str, Concept]
    expansions: Mapping[str, Expansion]
    coefficients: Mapping[str, Coefficient]
    reference_levels: Mapping[str, ReferenceLevel]
    references: Mapping[str, Reference]
    cpt_codes: Mapping[str, CptCode]
    region_codes: Mapping[str, RegionCode]
    skin_dose_factors: Mapping[str, SkinDoseFactor]
    site_map: Mapping[str, SiteMapping]
    us_reasons: Mapping[str, UsReason]
    us_rooms: Mapping[str, UsRoom]
    us_operators: Mapping[str, UsOperator]
    plan_parameters: Mapping[str, PlanParameter]
    weights: Mapping[str, RelativeWeight]
    digest: str

    def cited(self, ids: Iterable[str]) -> tuple[Reference, ...]:
        """The references of these ids, each once, by id."""
        return tuple(self.references[name] for name in sorted(set(ids)))


@cache
def load(overlay: Path | None = None) -> Knowledge:
    """The project's knowledge, with a site's own entries laid over it.

    Parameters
    ----------
    overlay
        A folder with files of the same names; an entry replaces those fields of the one with its id that
        it gives, others are added.

    Raises
    ------
    ConfigError
        With every unknown field, wrong value, unresolved citation and orphaned reference.
    """
    errors: list[str] = []
    own = _own(errors)
    laid_over = _overlay(overlay, own, errors)
    tables = {name: own[name].with_laid_over(laid_over[name]) for name in _TABLES}
    errors.extend(check(tables, set(laid_over["references"] if overlay else own["references"]) - _without(tables)))
    if errors:
        faults = tuple(dict.fromkeys(errors))
        raise ConfigError(
            f"The knowledge files are wrong, {len(faults):,} fault{'' if len(faults) == 1 else 's'}:",
            hint="Mend the named entries; docs/howto/site-policy.md says what the fields of each file mean.",
            faults=faults,
        )
    return Knowledge(**{name: MappingProxyType(dict(table)) for name, table in tables.items()}, digest=_digest(tables))


def _without(tables: Tables) -> set[str]:
    """The references that nothing need cite, since the file that would is not there: the numbers of CPT."""
    return set() if tables["cpt_codes"] else {"CPT"}


def _own(errors: list[str]) -> Tables:
    folder = files("alara.knowledge") / "data"
    return {name: _table(folder / file, file, cls, errors) for name, (file, cls) in _TABLES.items()}


def _overlay(folder: Path | None, own: Tables, errors: list[str]) -> Tables:
    if folder is None:
        return {name: Table() for name in _TABLES}
    if not folder.is_dir():
        errors.append(f"{folder} is not a folder")
        return {name: Table() for name in _TABLES}
    errors.extend(unknown_files(folder, [file for file, _ in _TABLES.values()]))
    tables = {
        name: _table(folder / file, str(folder / file), cls, errors, own[name].raw)
        for name, (file, cls) in _TABLES.items()
    }
    for name in _ASKED_BY_ID:
        for unknown in sorted(set(tables[name]) - set(own[name].raw)):
            place = f"{folder / _TABLES[name][0]}: {unknown}"
            errors.append(
                f"{place}: nothing asks for an entry of this id. {did_you_mean(unknown, own[name].raw)}".strip()
            )
    return tables


def _table(
    file: Traversable, name: str, cls: type[Any], errors: list[str], below: Rows = MappingProxyType({})
) -> Table:
    """The entries of a file; of one that stands ``below`` as well, the fields that this file does not give."""
    if not file.is_file():
        return Table()
    rows, whole = read_rows(file, name, errors)
    laid = [{**below.get(str(row.get("id")), {}), **_given(row)} for row in rows]
    entries, faulty = build_all(cls, laid, name, errors, below)
    return Table(entries, faulty, raw={str(row["id"]): row for row in laid if row.get("id")}, whole=whole)


def _given(row: Mapping[str, object]) -> dict[str, object]:
    """The fields that a row gives: a column that a CSV lacks is none, an empty cell or list is."""
    return {field: value for field, value in row.items() if value is not None}


def _digest(tables: Tables) -> str:
    """SHA-256 over the content in one canonical form, so that layout and order of the files do not matter."""
    content = {name: {key: asdict(entry) for key, entry in table.items()} for name, table in tables.items()}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


assert {field.name for field in fields(Knowledge)} == {*_TABLES, "digest"}
