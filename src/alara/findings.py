"""Findings: what a reader of a report must know about a number, as values.

The closed list of codes is here; whoever makes a finding adds the raw text or
both numbers. A finding never holds a name or an ID of a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Finding", "FindingCode"]


class FindingCode(StrEnum):
    """Every finding that alara can make; ``words`` is its meaning for the user."""

    words: str

    def __new__(cls, code: str, words: str = "") -> FindingCode:
        member = str.__new__(cls, code)
        member._value_ = code
        member.words = words
        return member

    # numbers
    UNKNOWN_UNIT = "unknown_unit", "A value has a unit that alara does not know; it is not used."
    NOT_A_NUMBER = "not_a_number", "A numeric value cannot be read as a number; it is not used."
    NOT_FINITE = "not_finite", "A numeric value is NaN or infinite; it is not used."
    NEGATIVE = "negative", "A dose, time or area is negative; it is not used."
    IMPLAUSIBLE = "implausible", "A value is larger than any that a C-arm can give; it is not used."
    BELOW_LIMIT = "below_limit", "A value is stated only as less than a limit; it is not used."
    COMMA_DECIMAL = "comma_decimal", "A number was written with a decimal comma and read as such."
    SEVERAL_VALUES = "several_values", "Several values stand where one is due; it is not used."
    OVERLONG = "overlong", "A number has more characters than the standard allows; it is read as written."
    NO_VALUE = "no_value", "An item that should carry a value carries none."
    # totals
    TOTAL_MISSING = "total_missing", "The report states no total; the sum of its events is used."
    TOTAL_ROUNDED_AWAY = "total_rounded_away", "The stated total is zero while the events carry dose; the sum is used."
    TOTAL_DISAGREES = "total_disagrees", "The stated total and the sum of the events disagree."
    TOTAL_INCOMPLETE = "total_incomplete", "Not every event carries the value; the sum is a lower bound."
    TIME_UNDER_ACQUISITION = (
        "time_under_acquisition",
        "All irradiation was fluoroscopy, but its time is stated as acquisition time; that is used.",
    )
    FIELD_AREA_IMPLAUSIBLE = (
        "field_area_implausible",
        "P_KA divided by K_a,r is not a field that a C-arm can have; one of the two may have a wrong unit.",
    )
    FLUOROSCOPY_TIME_MISSING = "fluoroscopy_time_missing", "No fluoroscopy time is stated or can be summed."
    P_KA_MISSING = "p_ka_missing", "No kerma-area product is stated or can be summed."
    FROM_HEADERS = (
        "from_headers",
        "No dose report came; the doses are those in the headers of images or of performed procedure steps.",
    )
    # times and text
    BAD_TIME = "bad_time", "A date or time cannot be read; it is left empty."
    TIME_IMPLAUSIBLE = "time_implausible", "A date is before 1990 or lies in the future of the report itself."
    BAD_TIMEZONE = "bad_timezone", "The offset from UTC cannot be read; local time is kept."
    BAD_AGE = "bad_age", "The patient's age cannot be read."
    BAD_TEXT = "bad_text", "A text is not valid in the declared character set; what cannot be read is marked."
    # structure
    NO_TEMPLATE = "no_template", "The report names no template."
    NO_EVENTS = "no_events", "The report lists no irradiation events."
    NO_ACCUMULATED = "no_accumulated", "The report states no accumulated dose."
    EVENT_WITHOUT_UID = "event_without_uid", "An irradiation event has no UID; alara derived one from its content."
    DUPLICATE_EVENT = "duplicate_event", "An irradiation event stands twice in one report; it is counted once."
    UNKNOWN_CODE = "unknown_code", "A code is not in the set that the template allows."
    BY_MEANING = "by_meaning", "A concept was recognised by its text because its code is not the standard's."
    UNKNOWN_PLANE = "unknown_plane", "The acquisition plane is missing or unknown."
    EVENT_UID_REUSED = (
        "event_uid_reused",
        "One irradiation event UID stands on different events of one report; all are counted.",
    )
    WRONG_TRANSFER_SYNTAX = (
        "wrong_transfer_syntax",
        "The dataset is not in the transfer syntax that its file names; it was read as it is.",
    )
    DOSES_NOT_READ = (
        "doses_not_read",
        "The report states dose in a template that alara does not read; it is kept, and not counted.",
    )
    NOT_FINAL = "not_final", "The report says of itself that it is partial."
    # procedures
    UID_CONFLICT = "uid_conflict", "Two different reports carry the same SOP Instance UID; both are kept."
    EVENT_CONFLICT = "event_conflict", "Two reports say different things of one irradiation event; the later is used."
    PATIENT_CONFLICT = "patient_conflict", "The reports of one study name different patients."
    CODE_TEXT_CONFLICT = "code_text_conflict", "The procedure code and the description say different procedures."
    REGION_TEXT_CONFLICT = (
        "region_text_conflict",
        "The C-arm's target region and the description name different parts of the body.",
    )
    SIDE_TEXT_CONFLICT = "side_text_conflict", "The C-arm's laterality and the description name different sides."
    ULTRASOUND_NAMED = (
        "ultrasound_named",
        "The description names ultrasound and the report is of X-rays; both may have guided, or one text is wrong.",
    )


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know: a code from the closed list, the raw text or numbers, and where it was."""

    code: FindingCode
    text: str
    where: str = ""
