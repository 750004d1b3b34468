"""Small values of the model to JSON and back: what is shown, and never searched.

A text that no database holds is marked, a number that none holds is left out.
Parts of equal content are made only once.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeVar

from alara.model import (
    Calibration,
    Code,
    Device,
    EndPosition,
    EventDetails,
    Filter,
    IsocenterPosition,
    Moment,
    ReferencePoint,
)

__all__ = [
    "as_json",
    "calibrations",
    "calibrations_json",
    "clean_text",
    "code",
    "code_json",
    "code_parts",
    "codes",
    "codes_json",
    "devices",
    "devices_json",
    "filters",
    "filters_json",
    "integer",
    "number",
    "part",
    "part_json",
    "reference_point",
    "reference_point_json",
]

P = TypeVar("P", EventDetails, EndPosition, IsocenterPosition)

_MAX_INTEGER = 2**63 - 1


def clean_text(text: str) -> str:
    """The text without what PostgreSQL (NUL) or UTF-8 (lone surrogates) cannot hold, marked with U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    return text.replace("\0", "\ufffd").encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def number(value: float | None) -> float | None:
    return value if value is None or math.isfinite(value) else None


def integer(value: int | None) -> int | None:
    return value if value is None or abs(value) <= _MAX_INTEGER else None


def as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


@lru_cache(maxsize=4096)
def codes_json(codes: tuple[tuple[str, str, str], ...]) -> str:
    return as_json([[clean_text(part) for part in code] for code in codes])


def code_parts(codes: Iterable[Code]) -> tuple[tuple[str, str, str], ...]:
    # Two codes are equal whatever their meanings: the cache must not take one for the other.
    return tuple((code.value, code.scheme, code.meaning) for code in codes)


def code_json(code: Code | None) -> str:
    return "" if code is None else codes_json(code_parts((code,)))


@lru_cache(maxsize=4096)
def codes(text: str) -> tuple[Code, ...]:
    return tuple(Code(*parts) for parts in json.loads(text or "[]"))


def code(text: str) -> Code | None:
    return codes(text)[0] if text else None


@lru_cache(maxsize=4096)
def filters_json(filters: tuple[Filter, ...]) -> str:
    return as_json([[clean_text(f.material), number(f.thickness_min_mm), number(f.thickness_max_mm)] for f in filters])


@lru_cache(maxsize=4096)
def filters(text: str) -> tuple[Filter, ...]:
    return tuple(Filter(*parts) for parts in json.loads(text))


def reference_point_json(point: ReferencePoint | None) -> str:
    if point is None:
        return ""
    codes = code_parts((point.code,)) if point.code else ()
    return _reference_point_parts_json(codes, point.text, point.source_to_reference_point_mm)


@lru_cache(maxsize=1024)
def _reference_point_parts_json(codes: tuple[tuple[str, str, str], ...], text: str, distance_mm: float | None) -> str:
    return as_json([json.loads(codes_json(codes)), clean_text(text), number(distance_mm)])


@lru_cache(maxsize=1024)
def reference_point(text: str) -> ReferencePoint | None:
    if not text:
        return None
    codes, words, distance_mm = json.loads(text)
    return ReferencePoint(Code(*codes[0]) if codes else None, words, distance_mm)


@lru_cache(maxsize=4096)
def part_json(part: EventDetails | EndPosition | IsocenterPosition | None) -> str:
    """What is stated in a part of an event, by the names of its fields."""
    if part is None:
        return ""
    stated = ((name, _clean(getattr(part, name))) for name in part.__slots__)
    return as_json({name: value for name, value in stated if value is not None and value != ""})


@lru_cache(maxsize=4096)
def part(kind: type[P], text: str) -> P | None:
    return kind(**json.loads(text)) if text else None


def _clean(value: object) -> object:
    if isinstance(value, str):
        return clean_text(value)
    return number(value) if isinstance(value, float) else value


def calibrations_json(made: Iterable[Calibration]) -> str:
    return as_json([_calibration_parts(each) for each in made])


def _calibration_parts(each: Calibration) -> list[Any]:
    when = each.calibrated
    return [
        clean_text(each.device),
        [when.local.isoformat(), when.utc_offset_min] if when is not None else None,
        number(each.factor),
        number(each.uncertainty_percent),
        *map(clean_text, (each.protocol, each.dose_index, each.acquisition_protocol)),
    ]


@lru_cache(maxsize=1024)
def calibrations(text: str) -> tuple[Calibration, ...]:
    made = []
    for device, when, *rest in json.loads(text or "[]"):
        moment = Moment(datetime.fromisoformat(when[0]), when[1]) if when is not None else None
        made.append(Calibration(device, moment, *rest))
    return tuple(made)


def devices_json(devices: Iterable[Device]) -> str:
    return as_json([[clean_text(getattr(each, name)) for name in each.__slots__] for each in devices])


@lru_cache(maxsize=1024)
def devices(text: str) -> tuple[Device, ...]:
    return tuple(Device(*parts) for parts in json.loads(text or "[]"))
