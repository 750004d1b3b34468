"""The catalogue for people: its entries, the site's own map of words, and what no entry knows yet."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from alara.alike import did_you_mean
from alara.app.csvs import Sheet, open_csv, plain
from alara.config import Config
from alara.errors import StorageError, UsageError
from alara.knowledge import Knowledge, Procedure, SiteMapping, load

if TYPE_CHECKING:
    from alara.audit import Period, Unmapped

__all__ = ["MapImport", "export_map", "import_map", "knowledge_of", "procedure", "unmapped"]

_FILE = "site_map.csv"
_COLUMNS = ("description", "code", "procedure_id", "note")
_UNCLASSIFIED = "unclassified"


@dataclass(slots=True)
class MapImport:
    """What an import of the site's map did, or would do."""

    file: Path
    added: int = 0
    changed: int = 0
    same: int = 0
    left_empty: int = 0
    #: Description, what the rules say with high confidence, what the map says instead.
    overruled: list[tuple[str, str, str]] = field(default_factory=list)
    knowledge_sha256: str = ""

    def as_dict(self) -> dict[str, object]:
        return {
            "file": str(self.file),
            "added": self.added,
            "changed": self.changed,
            "same": self.same,
            "left_empty": self.left_empty,
            "overruled": [{"description": text, "rules": rules, "map": own} for text, rules, own in self.overruled],
            "knowledge_sha256": self.knowledge_sha256,
        }


def knowledge_of(config: Config) -> Knowledge:
    """The project's knowledge with the site's own laid over it."""
    return load(config.overlay)


def procedure(knowledge: Knowledge, procedure_id: str) -> Procedure:
    """A procedure of the catalogue.

    Raises
    ------
    UsageError
        When there is none; the hint names those that may be meant.
    """
    if procedure_id in knowledge.procedures:
        return knowledge.procedures[procedure_id]
    names = {entry.id: entry.name for entry in knowledge.procedures.values()}
    raise UsageError(
        f"There is no procedure {procedure_id!r} in the catalogue.",
        hint=f"{did_you_mean(procedure_id, names)}alara catalogue list shows all ids.",
    )


def unmapped(config: Config, period: Period) -> Unmapped:
    """The descriptions of a period that name no procedure, at every site, most frequent first."""
    from alara.audit import unmapped as without_procedure
    from alara.store import Store

    with Store.open(config.database_url, create=False) as store:
        frame = store.procedures(period.start, period.end)
    return without_procedure(frame, knowledge_of(config))


def export_map(knowledge: Knowledge, missing: Iterable[tuple[str, int]] = ()) -> str:
    """The site's map as CSV, and below it descriptions to fill in, with how many cases each has."""
    from alara.report.csv import neutral

    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow((*_COLUMNS, "n"))
    for entry in knowledge.site_map.values():
        writer.writerow((neutral(entry.description), entry.code, entry.procedure_id, neutral(entry.note), ""))
    writer.writerows((neutral(text), "", "", "", n) for text, n in missing)
    return out.getvalue()


def import_map(config: Config, path: Path, *, replace: bool = False, dry_run: bool = False) -> MapImport:
    """Take a site's map in: a row says what a description, or a code, means.

    Parameters
    ----------
    path
        CSV with ``description`` and ``procedure_id``, and ``code`` and ``note`` where wanted.
        Rows without a procedure_id are left out; ``unclassified`` says that a text names none.
    replace
        Forget the map that was; otherwise what the file does not name stays.
    dry_run
        Write nothing.

    Raises
    ------
    UsageError
        With everything that is wrong with the file, by line.
    StorageError
        When the map cannot be written.
    """
    knowledge = knowledge_of(config) if config.knowledge_dir.is_dir() else load()
    result = MapImport(config.knowledge_dir / _FILE)
    entries = _read(path, knowledge, result)
    old = {_key(entry): entry for entry in knowledge.site_map.values()}
    for key, entry in entries.items():
        before = old.get(key)
        result.added += before is None
        result.same += before is not None and before.procedure_id == entry.procedure_id
        result.changed += before is not None and before.procedure_id != entry.procedure_id
    result.overruled = _overruled(entries.values())
    if not dry_run:
        _write(result.file, list(entries.values() if replace else (old | entries).values()))
        load.cache_clear()  # the file has changed under the path that it was read by
        knowledge = load(config.knowledge_dir)
    result.knowledge_sha256 = knowledge.digest
    return result


def _read(path: Path, knowledge: Knowledge, result: MapImport) -> dict[str, SiteMapping]:
    entries: dict[str, SiteMapping] = {}
    lines: dict[str, int] = {}
    errors: list[str] = []
    with open_csv(path) as stream:
        for line, cells in Sheet(stream, "description", "procedure_id").rows(*_COLUMNS):
            description, code, procedure_id, note = (" ".join(plain(cell).split()) for cell in cells)
            if not procedure_id:
                result.left_empty += 1
                continue
            entry = SiteMapping(
                id=code or description, description="" if code else description, code=code, procedure_id=procedure_id,
                note=note,
            )  # fmt: skip
            if error := _wrong(entry, knowledge):
                errors.append(f"line {line}: {error}")
                continue
            key = _key(entry)
            if key in entries and entries[key].procedure_id != procedure_id:
                errors.append(f"line {line}: says otherwise than line {lines[key]}, which is the same but for spelling")
            entries[key], lines[key] = entry, line
    if errors:
        raise UsageError("The map is wrong: " + "; ".join(errors) + ".", hint="alara catalogue list shows the ids.")
    return entries


def _wrong(entry: SiteMapping, knowledge: Knowledge) -> str:
    if not entry.code and not _key(entry):
        return "description and code are both empty"
    if entry.code and not all(entry.code.partition(":")):
        return f"code {entry.code!r} is not scheme:value"
    if entry.procedure_id != _UNCLASSIFIED and entry.procedure_id not in knowledge.procedures:
        names = {each.id: each.name for each in knowledge.procedures.values()}
        meant = did_you_mean(entry.procedure_id, names).strip()
        return f"there is no procedure {entry.procedure_id!r}{f' ({meant})' if meant else ''}"
    return ""


def _key(entry: SiteMapping) -> str:
    from alara.audit import map_key

    return entry.code or map_key(entry.description)


def _overruled(entries: Iterable[SiteMapping]) -> list[tuple[str, str, str]]:
    """Where the map says otherwise than the rules do with high confidence: worth a second look."""
    from alara.audit import Classifier, Confidence

    classifier = Classifier(load())
    found = []
    for entry in entries:
        answer = classifier.classify(entry.description, codes=entry.code)
        if answer.confidence is Confidence.HIGH and answer.procedure_id != entry.procedure_id:
            found.append((entry.description or entry.code, answer.procedure_id, entry.procedure_id))
    return found


def _write(file: Path, entries: Sequence[SiteMapping]) -> None:
    """Every field in quotes, so that no description is taken for a comment; put in place at once."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(_COLUMNS)
    writer.writerows((entry.description, entry.code, entry.procedure_id, entry.note) for entry in entries)
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(out.getvalue(), encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        raise StorageError(
            f"The map cannot be written to {file}: {error.strerror or error}.",
            hint="--knowledge names another folder.",
        ) from error
