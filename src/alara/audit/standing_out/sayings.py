"""What stands out, said: each finding as an :class:`Insight` with number, model, source and next step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from alara.audit.figures import ESTIMATED_FIGURES, significant
from alara.audit.skin import alarms, next_step
from alara.audit.standing_out.around import SilentUnit
from alara.audit.standing_out.insight import Insight, Kind
from alara.audit.standing_out.levers import MODELS, Saving
from alara.audit.standing_out.repeats import REPEAT_DAYS
from alara.knowledge import Knowledge, Threshold

__all__ = [
    "above_published",
    "lever",
    "local_levels",
    "outlying",
    "pregnancy",
    "quirks",
    "repeated",
    "silent_units",
    "substantial",
    "unit_errors",
]

#: Stands for the count in the words of an insight.
_COUNT = "\N{BULLET}"
_SUBSTANTIAL_WORDS = {
    "ka_r": "K_a,r",
    "peak_skin_dose": "upper bound of peak skin dose",
    "p_ka": "P_KA",
    "fluoroscopy_time": "fluoroscopy time",
}
_LEVER_WORDS = {
    Kind.LEVER_TIME: ("beam time", "s", "Look together at short taps and last-image hold."),
    Kind.LEVER_FIELD: ("field area at the reference point", "cm²", "Collimate before the first image; check the size"
                       " that the unit starts with."),
    Kind.LEVER_PULSE_RATE: ("pulse rate", "pulses/s", "Set a lower rate as the protocol's default; ask the physicist."),
    Kind.LEVER_PULSED: ("P_KA a second in pulsed cases", "Gy·cm²/s", "Make pulsed fluoroscopy the default of the"
                        " protocol."),
    Kind.LEVER_ACQUISITION: ("share of acquisitions", "", "Store the last image in place of an exposure where it"
                             " shows enough."),
}  # fmt: skip


def substantial(high: pd.DataFrame, cases: pd.DataFrame, knowledge: Knowledge, small_group: int) -> Iterator[Insight]:
    """Cases that reach a threshold of substantial dose, by what is to be done about them."""
    steps = high["procedure_id"].map(lambda name: next_step(knowledge.procedures.get(name)))
    for step, group in high.groupby(steps):
        found = {name for joined in group["substantial_dose"] for name in joined.split()}
        reached = [alarm.threshold for alarm in alarms(knowledge) if alarm.threshold.id in found]
        limits = ", ".join(f"{_SUBSTANTIAL_WORDS[one.quantity]} {one.value:g} {one.unit}" for one in reached)
        yield _counted(
            Kind.SUBSTANTIAL,
            "",
            f"A threshold of substantial dose is reached in {_COUNT}: {limits}.",
            group["case_id"],
            len(cases),
            small_group,
            model="at or above the threshold; time only where no dose is known",
            cites=tuple(dict.fromkeys(name for one in reached for name in one.cites)),
            action=f"{step} alara explain CASE shows the numbers.",
        )


def unit_errors(odd: pd.DataFrame, cases: pd.DataFrame, small_group: int) -> Iterator[Insight]:
    """Cases whose P_KA and K_a,r do not fit together, unit by unit."""
    for device, group in odd.groupby("device"):
        of = int((cases["device"] == device).sum())
        yield _counted(
            Kind.UNIT_ERROR,
            str(device),
            f"P_KA and K_a,r do not fit together in {_COUNT} on {device}; one of the two may have a wrong unit.",
            group["case_id"],
            of,
            small_group,
            model="P_KA / K_a,r outside 5 to 1,000 cm2",
            cites=("DESIGN", "SABAT2018"),
            action="Hold one report against the unit's own display: alara explain CASE shows both numbers.",
        )


def silent_units(silent: Sequence[SilentUnit]) -> Iterator[Insight]:
    """Units that had sent nothing for longer than their rhythm allows at the end of the period."""
    for unit in silent:
        yield Insight(
            kind=Kind.SILENT_UNIT,
            subject=unit.device,
            what=f"{unit.device} has no irradiation in the last {unit.days} days of the data; its usual longest gap is"
            f" {unit.usual_days}.",
            number=float(unit.days),
            unit="d",
            of=None,
            model="longer than a day more than the 90th percentile of its gaps over half a year",
            cites=("DESIGN",),
            action="Ask whether it is in use; alara doctor tries the connection.",
        )


def pregnancy(open_: pd.DataFrame, asked: pd.DataFrame, small_group: int) -> Iterator[Insight]:
    """Reports that should state a pregnancy status and state none."""
    if open_.empty:
        return
    yield _counted(
        Kind.PREGNANCY_STATUS,
        "",
        f"The report states no pregnancy status in {_COUNT} of women and girls of 12 to 55, trunk exposed.",
        open_["case_id"],
        len(asked),
        small_group,
        model="sex F, 12 to 55 a, region of the trunk; status empty or unknown",
        cites=("DESIGN",),
        action="Fill it in at the C-arm or in the worklist before the first image; add it to the record.",
    )


def outlying(
    high: pd.DataFrame, names: Mapping[str, str], threshold: Threshold, by_chance: Threshold
) -> Iterator[Insight]:
    """Cases far above the others of their procedure and unit."""
    for (procedure_id, group), found in high.groupby(["procedure_id", "group"]):
        n, z = int(found["n"].iloc[0]), significant(float(found["z"].max()), ESTIMATED_FIGURES)
        where = "all units" if group == "all units" else str(group)
        yield Insight(
            kind=Kind.OUTLIER,
            subject=str(procedure_id),
            what=f"{names[str(procedure_id)]}, {where}: {_cases(len(found))} of {n:,} far above the others in P_KA"
            f" (z up to {z:g}).",
            number=float(len(found)),
            unit="1",
            of=n,
            model=f"z = (ln P_KA - median) / (1.4826 MAD) above {threshold.value:g};"
            f" Benjamini-Hochberg at {by_chance.value:g} over all compared",
            cites=(*threshold.cites, *by_chance.cites),
            action="Look at each with alara explain CASE: size of the patient, several levels, setting of the unit.",
            cases=tuple(found["case_id"]),
        )


def above_published(counted: pd.DataFrame, knowledge: Knowledge, enough: int) -> Iterator[Insight]:
    """Procedures whose median here is above a published national level; one centre's median is no level."""
    for procedure_id, values in counted.groupby("procedure_id")["p_ka_gycm2"]:
        median = significant(float(values.median()), 3)
        for level in knowledge.reference_levels.values():
            national = level.procedure_id == procedure_id and level.kind.startswith("national")
            if not national or len(values) < enough or median <= level.p_ka_gycm2:
                continue
            yield Insight(
                kind=Kind.PUBLISHED_LEVEL,
                subject=str(procedure_id),
                what=f"{knowledge.procedures[str(procedure_id)].name}: the median P_KA of {len(values):,} cases is"
                f" {median:g} Gy·cm², above {level.p_ka_gycm2:g} ({level.place}, {level.period or 'no year'};"
                f" {level.status}).",
                number=median,
                unit="Gy.cm2",
                of=len(values),
                model=f"median of at least {enough} cases against {level.kind}; never for one patient",
                cites=tuple(dict.fromkeys((*level.cites, "EU2013", "ICRP135"))),
                action="Where it stays so over months, review locally with the physicist.",
            )


def repeated(again: pd.DataFrame, cases: pd.DataFrame, small_group: int) -> Iterator[Insight]:
    """Patients with another case of the same region shortly before."""
    if again.empty:
        return
    yield _counted(
        Kind.REPEAT,
        "",
        f"{_COUNT} follow another of the same patient and region within {REPEAT_DAYS} days; a series is ordinary care.",
        again["case_id"],
        len(cases),
        small_group,
        model=f"same patient pseudonym and region, up to {REPEAT_DAYS} days before",
        cites=("DESIGN",),
        action="Nothing by itself: where K_a,r is high, add the skin doses up.",
    )


def lever(saving: Saving, names: Mapping[str, str]) -> Insight:
    """What one lever would have saved, as an estimate."""
    words, unit, action = _LEVER_WORDS[saving.kind]
    saved = significant(saving.saved_gycm2, ESTIMATED_FIGURES)
    quartile = f"{significant(saving.quartile, ESTIMATED_FIGURES):g} {unit}".strip()
    return Insight(
        kind=saving.kind,
        subject=saving.procedure_id,
        what=f"{names[saving.procedure_id]}: at this site's own better quartile of {words} ({quartile}) the"
        f" {saving.cases:,} cases would have had about {saved:g} Gy·cm² less, {saving.share:.0%} of theirs.",
        number=saved,
        unit="Gy.cm2",
        of=saving.cases,
        model=f"estimate, upper bound, not to be added to other levers: {MODELS[saving.kind]}",
        cites=("DESIGN",),
        action=action,
    )


def local_levels(counted: pd.DataFrame, enough: int, small_group: int, longer: str) -> Iterator[Insight]:
    """How many procedures have enough cases for a local reference level, of those that may be shown.

    ``longer`` is a longer period about this one, which has more of them; empty where there is none.
    """
    sizes = counted.groupby("procedure_id").size()
    shown, level = int((sizes >= small_group).sum()), int((sizes >= enough).sum())
    if not shown:
        return
    audited = f"audit a longer period: alara audit {longer}." if longer else "audit the years together."
    yield Insight(
        kind=Kind.LOCAL_LEVEL,
        what=f"{level:,} of {shown:,} procedures with at least {small_group} cases have {enough} or more, enough for a"
        f" local reference level{'; for the others there are too few' if level < shown else ''}.",
        number=float(level),
        unit="1",
        of=shown,
        model=f"median and 75th percentile of P_KA over at least {enough} cases (summary.csv)",
        cites=("ICRP135",),
        action=f"Where there are too few, {audited}" if level < shown else "Hold the next months against them.",
    )


def quirks(cases: pd.DataFrame, small_group: int) -> Iterator[Insight]:
    """Habits of makes that were mended in reading: how many cases carry each."""
    carriers: dict[str, list[str]] = {}
    for case_id, joined in cases.loc[cases["quirks"] != "", ["case_id", "quirks"]].itertuples(index=False):
        for name in dict.fromkeys(joined.split()):
            carriers.setdefault(name, []).append(case_id)
    for name, ids in sorted(carriers.items()):
        if len(ids) >= small_group:
            yield Insight(
                kind=Kind.QUIRK,
                subject=name,
                what=f"A habit of the make, {name}, was mended in reading {_cases(len(ids))}.",
                number=float(len(ids)),
                unit="1",
                of=len(cases),
                model="the quirk's condition, held against each report",
                cites=("DESIGN",),
                action="Nothing to mend here; tell the maker's service at the next visit.",
            )


def _counted(
    kind: Kind,
    subject: str,
    what: str,
    case_ids: Iterable[str],
    of: int,
    small_group: int,
    *,
    model: str,
    cites: tuple[str, ...],
    action: str,
) -> Insight:
    """A count of cases among others; ``_COUNT`` in its words is the count, and no number where the others are few."""
    ids = tuple(case_ids)
    shown = of >= small_group
    n = f"{_cases(len(ids))} of {of:,}" if shown else "some cases of few"
    said = what.replace(_COUNT, n)
    return Insight(
        kind=kind,
        subject=subject,
        what=f"{said[0].upper()}{said[1:]}",
        number=float(len(ids)) if shown else None,
        unit="1",
        of=of if shown else None,
        model=model,
        cites=cites,
        action=action,
        cases=ids if shown else (),
    )


def _cases(n: int) -> str:
    return f"{n:,} case" + ("" if n == 1 else "s")
