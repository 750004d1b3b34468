"""Procedures of many sites over years, as rows: what a registry of millions looks like, made up and repeatable.

The procedures, their words and their median doses are those of the sample
clinic (:mod:`alara.samples.procedures`), the units its C-arms. Around the
medians doses are lognormal; sites, units and years differ; values are missing
and units are wrong as often as one meets it. One frame is one site's month, so
that any number of rows is made in the memory of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pandas as pd

from alara.findings import FindingCode
from alara.samples.fleet import FLEET
from alara.samples.procedures import PROCEDURES, UNCLASSIFIABLE
from alara.store.queries import FRAME, device_label

__all__ = ["counts", "months", "site_names"]

Numbers = Any

_UNITS_A_SITE: Final = 4
_SPREAD_DOSE, _SPREAD_TIME, _SPREAD_FIELD, _SPREAD_UNIT = 0.6, 0.5, 0.25, 0.25
#: Doses fall by so much a year.
_YEARLY: Final = 0.97
_SHARE_ABSENT, _SHARE_SUMMED, _SHARE_WRONG_UNIT, _SHARE_RADIOGRAPHY = 0.03, 0.05, 0.001, 0.02
_SHARE_UNCLASSIFIABLE, _SHARE_OWN_WORDS, _SHARE_FINDING, _SHARE_SIZED = 0.02, 0.05, 0.03, 0.6
#: So many remarks do operators add to what they type.
_REMARKS: Final = 40
#: Gy.cm2 taken for cGy.cm2 or the reverse.
_WRONG_UNIT: Final = 100.0
_CASE_BITS: Final = 48


def site_names(sites: int) -> list[str]:
    """The sites, the largest first."""
    return [f"site-{number:03}" for number in range(1, sites + 1)]


def months(
    procedures: int, *, seed: int = 2026, years: int = 2, last_year: int = 2026, sites: int = 8
) -> Iterator[tuple[int, int, Iterator[pd.DataFrame]]]:
    """Year, month, and a frame for each site of it, with the columns of ``Store.procedures``.

    The rows are in the order of ``started`` and ``case_id``; text is categorical.
    Equal arguments give equal rows.
    """
    names = site_names(sites)
    bounds = _bounds(procedures, 12 * years, sites)
    for number in range(12 * years):
        year, month = last_year - years + 1 + number // 12, number % 12 + 1
        yield year, month, _of_month(seed, year, month, names, bounds[number])


def counts(procedures: int, years: int, last_year: int, sites: int) -> Iterator[tuple[int, int, list[int]]]:
    """Year, month, and how many procedures each site has in it; together as many as asked for."""
    for number, bounds in enumerate(_bounds(procedures, 12 * years, sites)):
        yield last_year - years + 1 + number // 12, number % 12 + 1, [end - first for first, end in bounds]


def _bounds(procedures: int, months_: int, sites: int) -> list[list[tuple[int, int]]]:
    """For each month and site, the numbers of its procedures: from the first to before the last."""
    weights = np.tile(1 / np.sqrt(np.arange(1, sites + 1)), months_)
    ends = np.round(procedures * np.cumsum(weights) / weights.sum()).astype("int64")
    pairs = list(zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True))
    return [pairs[start : start + sites] for start in range(0, len(pairs), sites)]


def _of_month(
    seed: int, year: int, month: int, names: list[str], bounds: list[tuple[int, int]]
) -> Iterator[pd.DataFrame]:
    for index, (name, (first, end)) in enumerate(zip(names, bounds, strict=True)):
        if end > first:
            yield _site_month(np.random.default_rng([seed, year, month, index]), seed, year, month, name, first, end)


def _site_month(rng: Any, seed: int, year: int, month: int, site: str, first: int, end: int) -> pd.DataFrame:
    n = end - first
    started = _times(rng, year, month, n)
    case_id = _case_ids(seed, first, end)
    order = np.lexsort((case_id, started))
    kind = _pick(rng, np.array([kind.weight for kind in PROCEDURES], dtype="float64"), n)
    unit = rng.integers(0, _UNITS_A_SITE, n)
    columns = (
        {"case_id": case_id[order], "started": started[order], "site": _constant(site, n)}
        | _described(rng, kind)
        | _equipment(site, unit)
        | _patients(rng, n)
        | _doses(rng, seed, site, year, kind, unit)
        | {name: _constant("", n) for name in ("target_regions", "lateralities")}
    )
    columns["pregnancy_status"] = _pregnancy_status(rng, columns["age_years"], columns["sex"])
    if absent := [name for name in FRAME if name not in columns]:
        raise NotImplementedError(f"Made-up procedures lack {', '.join(absent)}: samples/population.py makes them.")
    return pd.DataFrame({name: columns[name] for name in FRAME})


def _times(rng: Any, year: int, month: int, n: int) -> Numbers:
    """By day and minute: working days, from seven to five, few at weekends."""
    start = date(year, month, 1)
    end = date(year + month // 12, month % 12 + 1, 1)
    weekdays = [date.fromordinal(day).weekday() for day in range(start.toordinal(), end.toordinal())]
    day = _pick(rng, np.where(np.array(weekdays) < 5, 1.0, 0.05), n)
    second = 7 * 3600 + (rng.random(n) + rng.random(n)) / 2 * 10 * 3600
    seconds = day * 86_400 + second.astype("int64")
    return np.datetime64(datetime(year, month, 1), "us") + seconds * np.timedelta64(1_000_000, "us")


def _case_ids(seed: int, first: int, end: int) -> Numbers:
    """Twelve hexadecimal digits for each number: scattered, and no two alike."""
    mask = np.uint64((1 << _CASE_BITS) - 1)
    number = np.arange(first, end, dtype="uint64")
    # Odd factors and a shift by half of the bits are one to one.
    word = (number * np.uint64(0x9E3779B97F4B) + np.uint64(seed)) & mask
    word ^= word >> np.uint64(_CASE_BITS // 2)
    word = (word * np.uint64(0xD6E8FEB86659)) & mask
    return np.array([f"{each:012x}" for each in word.tolist()], dtype=object)


def _described(rng: Any, kind: Numbers) -> dict[str, Any]:
    """What was typed and ordered: mostly a usual text of the procedure, at times with a remark or without sense."""
    texts = [text for each in PROCEDURES for text in each.descriptions]
    counts = np.array([len(each.descriptions) for each in PROCEDURES])
    n = len(kind)
    code = (np.cumsum(counts) - counts)[kind] + (rng.random(n) * counts[kind]).astype("int64")
    remark = np.where(rng.random(n) < _SHARE_OWN_WORDS, rng.integers(1, _REMARKS + 1, n), 0)
    code += remark * len(texts)
    vocabulary = [f"{text} rm {room}" if room else text for room in range(_REMARKS + 1) for text in texts]
    senseless = rng.random(n) < _SHARE_UNCLASSIFIABLE
    code = np.where(senseless, len(vocabulary) + rng.integers(0, len(UNCLASSIFIABLE), n), code)
    described = _categorical(code, [*vocabulary, *UNCLASSIFIABLE])
    empty = _constant("", n)
    codes = [" ".join(f"{code.scheme}:{code.value}" for code in each.codes) for each in PROCEDURES]
    radiography = rng.random(n) < _SHARE_RADIOGRAPHY
    return {
        "study_description": described,
        "performed_procedure_description": empty,
        "requested_procedure_description": empty,
        "protocol_names": empty,
        "procedure_codes": _categorical(np.where(rng.random(n) < 0.2, kind, len(codes)), [*codes, ""]),
        "kind": _categorical(radiography.astype("int64"), ["fluoroscopy", "radiography"]),
    }


def _equipment(site: str, unit: Numbers) -> dict[str, Any]:
    arms = list(FLEET.values())
    start = sum(map(ord, site)) % len(arms)
    units = [arms[(start + 3 * number) % len(arms)].equipment for number in range(_UNITS_A_SITE)]
    stations = [f"{site}-ARM{number}" for number in range(1, _UNITS_A_SITE + 1)]
    labels = [device_label(each.manufacturer, each.model, at) for each, at in zip(units, stations, strict=True)]
    return {
        "manufacturer": _categorical(unit, [each.manufacturer for each in units]),
        "model": _categorical(unit, [each.model for each in units]),
        "station": _categorical(unit, stations),
        "device": _categorical(unit, labels),
    }


def _patients(rng: Any, n: int) -> dict[str, Any]:
    age = np.clip(np.round(57 + 16 * _normal(rng, n)), 8, 98)
    sized = rng.random(n) < _SHARE_SIZED
    return {
        "age_years": np.where(rng.random(n) < 0.02, np.nan, age),
        "sex": _categorical(_pick(rng, np.array([0.55, 0.43, 0.02]), n), ["F", "M", ""]),
        "size_m": np.where(sized, np.round(1.69 + 0.1 * _normal(rng, n), 2), np.nan),
        "weight_kg": np.where(sized, np.round(np.clip(78 + 16 * _normal(rng, n), 35, 180)), np.nan),
    }


def _pregnancy_status(rng: Any, age_years: Numbers, sex: Any) -> Any:
    """Of women and girls who are asked mostly stated, as reports have it; nobody else has one."""
    asked = (np.asarray(sex) == "F") & (age_years >= 12) & (age_years <= 55)
    texts = ["not pregnant", "unknown", ""]
    said = _pick(rng, np.array([0.85, 0.05, 0.10]), len(age_years))
    return _categorical(np.where(asked, said, len(texts) - 1), texts)


def _doses(rng: Any, seed: int, site: str, year: int, kind: Numbers, unit: Numbers) -> dict[str, Any]:
    n = len(kind)
    median, time, field = (
        np.array([getattr(each, name) for each in PROCEDURES])[kind]
        for name in ("p_ka_gycm2", "fluoroscopy_time_s", "field_area_cm2")
    )
    of_site = np.random.default_rng([seed, *site.encode()])
    factor = np.exp(_SPREAD_UNIT * _normal(of_site, _UNITS_A_SITE))[unit] * _YEARLY ** (year - 2020)
    p_ka = median * factor * np.exp(_SPREAD_DOSE * _normal(rng, n))
    ka_r = np.round(1000 * p_ka / (field * np.exp(_SPREAD_FIELD * _normal(rng, n))), 4)
    p_ka = np.round(np.where(rng.random(n) < _SHARE_WRONG_UNIT, p_ka * _WRONG_UNIT, p_ka), 6)
    seconds = np.round(np.clip(time * np.exp(_SPREAD_TIME * _normal(rng, n)), 0.5, None), 1)
    absent = rng.random(n) < _SHARE_ABSENT
    timeless = rng.random(n) < _SHARE_ABSENT
    basis = np.where(rng.random(n) < _SHARE_SUMMED, 1, 0)
    bases = ["stated", "summed", "absent"]
    fluoroscopy = np.where(absent | (rng.random(n) < 0.5), np.nan, p_ka)
    events = 2 + (rng.random(n) ** 3 * (3 + seconds / 10)).astype("int64")
    found = np.where(rng.random(n) < _SHARE_FINDING, 1, 0)
    return {
        "p_ka_gycm2": np.where(absent, np.nan, p_ka),
        "p_ka_basis": _categorical(np.where(absent, 2, basis), bases),
        "ka_r_mgy": np.where(absent, np.nan, ka_r),
        "ka_r_basis": _categorical(np.where(absent, 2, basis), bases),
        "fluoroscopy_time_s": np.where(timeless, np.nan, seconds),
        "fluoroscopy_time_basis": _categorical(np.where(timeless, 2, basis), bases),
        "p_ka_fluoroscopy_gycm2": fluoroscopy,
        "p_ka_acquisition_gycm2": np.where(np.isnan(fluoroscopy), np.nan, 0.0),
        "planes": np.ones(n, dtype="int64"),
        "events": events,
        "reports": np.ones(n, dtype="int64"),
        "quirks": _constant("", n),
        "findings": _categorical(found, ["", FindingCode.BAD_AGE.value]),
    }


def _pick(rng: Any, weights: Numbers, n: int) -> Numbers:
    """So many indices, by weight."""
    return np.searchsorted(np.cumsum(weights) / weights.sum(), rng.random(n), side="right").clip(0, len(weights) - 1)


def _normal(rng: Any, n: int) -> Numbers:
    """Standard normal, by Box and Muller from the even draws that numpy keeps the same from version to version."""
    return np.sqrt(-2 * np.log1p(-rng.random(n))) * np.cos(2 * np.pi * rng.random(n))


def _constant(text: str, n: int) -> Any:
    return _categorical(np.zeros(n, dtype="int64"), [text])


def _categorical(codes: Numbers, texts: list[str]) -> Any:
    distinct = list(dict.fromkeys(texts))
    at = {text: place for place, text in enumerate(distinct)}
    return pd.Categorical.from_codes(np.array([at[text] for text in texts])[codes], categories=pd.Index(distinct))
