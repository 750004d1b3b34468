"""Decimal strings as C-arms send them (PS3.5 6.2, DS), to a number or the reason why not.

Nothing becomes zero that was not sent as zero.
"""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

from alara.findings import FindingCode

__all__ = ["Number", "plain_decimal", "read_number"]

_DECIMAL: Final = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_FIGURES: Final = "0123456789.-"
_COMMA: Final = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d{1,4})?", re.ASCII)
_NOT_FINITE: Final = re.compile(r"[+-]?(?:nan|inf(?:inity)?|1\.#\w+)", re.IGNORECASE | re.ASCII)
#: What DS allows, and what is still read, with a finding, when a vendor writes more digits.
_STANDARD_LENGTH: Final = 16
_LONGEST: Final = 64


class Number(NamedTuple):
    """A value, or none, and the finding that says what was odd, or none."""

    value: float | None
    problem: FindingCode | None = None


def plain_decimal(text: str) -> float | None:
    """The number that a text says as the standard has it; ``None`` when :func:`read_number` must look closer."""
    if len(text) > _STANDARD_LENGTH:
        return None
    if not text.strip(_FIGURES):
        try:
            return float(text)  # of these characters it takes what DS does: a sign in front, one point, a figure
        except ValueError:
            return None
    if _DECIMAL.fullmatch(text) is None:
        return None
    value = float(text)
    if not value and text.strip("0."):
        return None  # too small for a float, or zero in some other way
    return value if -math.inf < value < math.inf else None


def read_number(text: str) -> Number:
    """The number that a decimal string says.

    Parameters
    ----------
    text
        The value as sent, of one item; several values stand with ``\\`` between.
    """
    text = text.strip(" \0")
    if not text:
        return Number(None, FindingCode.NO_VALUE)
    if "\\" in text:
        return Number(None, FindingCode.SEVERAL_VALUES)
    if text[0] in "<≤":
        return Number(None, FindingCode.BELOW_LIMIT)
    if len(text) > _LONGEST:
        return Number(None, FindingCode.NOT_A_NUMBER)
    if _DECIMAL.fullmatch(text):
        return _checked(text, FindingCode.OVERLONG if len(text) > _STANDARD_LENGTH else None)
    if _COMMA.fullmatch(text):
        return _checked(text.replace(",", "."), FindingCode.COMMA_DECIMAL)
    if _NOT_FINITE.fullmatch(text):
        return Number(None, FindingCode.NOT_FINITE)
    return Number(None, FindingCode.NOT_A_NUMBER)


def _checked(text: str, problem: FindingCode | None) -> Number:
    value = float(text)
    if not math.isfinite(value):
        return Number(None, FindingCode.NOT_FINITE)
    if value == 0.0 and any(digit in "123456789" for digit in text.lower().partition("e")[0]):
        return Number(None, FindingCode.NOT_A_NUMBER)  # smaller than any number that a float can hold
    return Number(value, problem)
