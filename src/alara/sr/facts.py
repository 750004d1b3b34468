"""What the header of an object says: who made it, of whom, when and in which study (PS3.3 C.7, C.17)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from alara.errors import UnreadableReason, UnreadableReport
from alara.findings import FindingCode
from alara.model import Code, Equipment, Moment, Patient
from alara.sr.dataset import Dataset
from alara.sr.elements import tag
from alara.sr.notes import Notes
from alara.sr.numbers import read_number
from alara.sr.persons import normal_name
from alara.sr.quirks import read_age_leniently, read_offset_leniently
from alara.sr.times import EARLIEST, LATEST, read_date, read_day_and_time

__all__ = ["SOP_CLASS_UID", "SOP_INSTANCE_UID", "Facts", "as_figures", "read_facts", "read_moment", "usable_uid"]

SOP_CLASS_UID: Final = tag(0x0008, 0x0016)
SOP_INSTANCE_UID: Final = tag(0x0008, 0x0018)
STUDY_INSTANCE_UID: Final = tag(0x0020, 0x000D)
_STUDY_DATE: Final = tag(0x0008, 0x0020)
_CONTENT_DATE: Final = tag(0x0008, 0x0023)
_STUDY_TIME: Final = tag(0x0008, 0x0030)
_CONTENT_TIME: Final = tag(0x0008, 0x0033)
_MANUFACTURER: Final = tag(0x0008, 0x0070)
_INSTITUTION_NAME: Final = tag(0x0008, 0x0080)
_TIMEZONE_OFFSET: Final = tag(0x0008, 0x0201)
_STATION_NAME: Final = tag(0x0008, 0x1010)
_PERFORMING_PHYSICIAN: Final = tag(0x0008, 0x1050)
_STUDY_DESCRIPTION: Final = tag(0x0008, 0x1030)
_PROCEDURE_CODES: Final = tag(0x0008, 0x1032)
_MODEL_NAME: Final = tag(0x0008, 0x1090)
_PATIENT_ID: Final = tag(0x0010, 0x0020)
_BIRTH_DATE: Final = tag(0x0010, 0x0030)
_SEX: Final = tag(0x0010, 0x0040)
_AGE: Final = tag(0x0010, 0x1010)
_SIZE: Final = tag(0x0010, 0x1020)
_WEIGHT: Final = tag(0x0010, 0x1030)
_PREGNANCY_STATUS: Final = tag(0x0010, 0x21C0)
_DEVICE_SERIAL: Final = tag(0x0018, 0x1000)
_DEVICE_UID: Final = tag(0x0018, 0x1002)
_SOFTWARE_VERSIONS: Final = tag(0x0018, 0x1020)
_PROTOCOL_NAME: Final = tag(0x0018, 0x1030)
_REQUESTED_DESCRIPTION: Final = tag(0x0032, 0x1060)
_REQUESTED_CODES: Final = tag(0x0032, 0x1064)
_PERFORMED_DESCRIPTION: Final = tag(0x0040, 0x0254)
_SCHEDULED_STEPS: Final = tag(0x0040, 0x0270)
_STEP_START_DATE: Final = tag(0x0040, 0x0244)
_STEP_STATUS: Final = tag(0x0040, 0x0252)
_PERFORMED_SERIES: Final = tag(0x0040, 0x0340)
_REFERENCED_REQUESTS: Final = tag(0x0040, 0xA370)
_PERFORMED_CODES: Final = tag(0x0040, 0xA372)
_COMPLETION_FLAG: Final = tag(0x0040, 0xA491)

_UID: Final = re.compile(r"\d+(?:\.\d+)+", re.ASCII)
_LONGEST_UID: Final = 64
#: PS3.3 C.2.3, values of Pregnancy Status.
_PREGNANCY: Final = {1: "not pregnant", 2: "possibly pregnant", 3: "definitely pregnant", 4: "unknown"}


@dataclass(frozen=True, slots=True)
class Facts:
    """The header of one object in the model's words."""

    sop_class_uid: str
    sop_instance_uid: str
    study_instance_uid: str
    equipment: Equipment
    patient: Patient
    offset_min: int | None
    study_started: Moment | None
    content_written: Moment | None
    study_description: str
    performed_procedure_description: str
    requested_procedure_description: str
    protocol_names: tuple[str, ...]
    procedure_codes: tuple[Code, ...]
    performing_physicians: tuple[str, ...] = field(repr=False)
    complete: bool | None


def usable_uid(text: str) -> bool:
    """Whether a text is a UID that can identify something (PS3.5 chapter 9)."""
    return len(text) <= _LONGEST_UID and _UID.fullmatch(text) is not None


def read_facts(dataset: Dataset, notes: Notes, sop_class_uid: str, sop_instance_uid: str) -> Facts:
    """Read the header of a report, of an image or of a performed procedure step.

    Raises
    ------
    UnreadableReport
        NO_SOP_INSTANCE_UID or NO_STUDY_INSTANCE_UID.
    """
    if not usable_uid(sop_instance_uid):
        raise UnreadableReport(UnreadableReason.NO_SOP_INSTANCE_UID)
    study_instance_uid = dataset.text(STUDY_INSTANCE_UID) or _first(dataset.texts(_SCHEDULED_STEPS, STUDY_INSTANCE_UID))
    if not usable_uid(study_instance_uid):
        raise UnreadableReport(UnreadableReason.NO_STUDY_INSTANCE_UID)
    offset_min = _offset(dataset, notes)
    study_started = read_moment(dataset, _STUDY_DATE, _STUDY_TIME, offset_min, "Study Date", notes)
    content_written = read_moment(dataset, _CONTENT_DATE, _CONTENT_TIME, offset_min, "Content Date", notes)
    return Facts(
        sop_class_uid=sop_class_uid,
        sop_instance_uid=sop_instance_uid,
        study_instance_uid=study_instance_uid,
        equipment=_equipment(dataset),
        patient=_patient(dataset, study_started or content_written, notes),
        offset_min=offset_min,
        study_started=study_started,
        content_written=content_written,
        study_description=dataset.text(_STUDY_DESCRIPTION),
        performed_procedure_description=dataset.text(_PERFORMED_DESCRIPTION),
        requested_procedure_description=_requested_description(dataset),
        protocol_names=_protocol_names(dataset),
        procedure_codes=_procedure_codes(dataset),
        performing_physicians=_performing_physicians(dataset),
        complete=_complete(dataset),
    )


def _complete(dataset: Dataset) -> bool | None:
    """Whether a report is complete, or a step has ended: also a discontinued one has all of its dose."""
    flag, status = dataset.text(_COMPLETION_FLAG), dataset.text(_STEP_STATUS)
    if flag:
        return flag == "COMPLETE"
    return status in ("COMPLETED", "DISCONTINUED") if status else None


def _first(texts: tuple[str, ...]) -> str:
    return texts[0] if texts else ""


def _equipment(dataset: Dataset) -> Equipment:
    return Equipment(
        manufacturer=dataset.text(_MANUFACTURER),
        model=dataset.text(_MODEL_NAME),
        serial=dataset.text(_DEVICE_SERIAL),
        station=dataset.text(_STATION_NAME),
        institution=dataset.text(_INSTITUTION_NAME),
        software=dataset.text(_SOFTWARE_VERSIONS),
        device_uid=dataset.text(_DEVICE_UID),
    )


def _requested_description(dataset: Dataset) -> str:
    within = (
        *dataset.texts(_REFERENCED_REQUESTS, _REQUESTED_DESCRIPTION),
        *dataset.texts(_SCHEDULED_STEPS, _REQUESTED_DESCRIPTION),
    )
    return dataset.text(_REQUESTED_DESCRIPTION) or _first(within)


def _protocol_names(dataset: Dataset) -> tuple[str, ...]:
    """The protocols, each once: of the object itself, and of the series of a step."""
    names = (dataset.text(_PROTOCOL_NAME), *dataset.texts(_PERFORMED_SERIES, _PROTOCOL_NAME))
    return tuple(dict.fromkeys(filter(None, names)))


def _procedure_codes(dataset: Dataset) -> tuple[Code, ...]:
    """The codes of the procedure, each once: of the study, as performed, as requested."""
    codes = (
        *dataset.codes(_PROCEDURE_CODES),
        *dataset.codes(_PERFORMED_CODES),
        *dataset.codes(_REQUESTED_CODES),
        *dataset.codes(_REFERENCED_REQUESTS, _REQUESTED_CODES),
        *dataset.codes(_SCHEDULED_STEPS, _REQUESTED_CODES),
    )
    return tuple(dict.fromkeys(codes))


def _performing_physicians(dataset: Dataset) -> tuple[str, ...]:
    """Who administered the series (PS3.3 C.7.3.1), by name; of a step, that of each of its series."""
    stated = (*dataset.names(_PERFORMING_PHYSICIAN), *dataset.names(_PERFORMED_SERIES, _PERFORMING_PHYSICIAN))
    return tuple(dict.fromkeys(filter(None, map(normal_name, stated))))


def _offset(dataset: Dataset, notes: Notes) -> int | None:
    text = dataset.text(_TIMEZONE_OFFSET)
    if not text:
        return None
    offset_min = read_offset_leniently(text, notes)
    if offset_min is None:
        notes.add(FindingCode.BAD_TIMEZONE, text, "Timezone Offset From UTC")
    return offset_min


def read_moment(
    dataset: Dataset, day: int, time: int, offset_min: int | None, where: str, notes: Notes
) -> Moment | None:
    """The moment that a date and a time in two elements say; ``None`` when there is no date, or none that is one."""
    date_text, time_text = dataset.text(day), dataset.text(time)
    if not date_text:
        return None
    moment = read_day_and_time(date_text, time_text, offset_min)
    if moment is None:
        notes.add(FindingCode.BAD_TIME, f"{as_figures(date_text)} {as_figures(time_text)}".strip(), where)
        moment = read_day_and_time(date_text, "", offset_min)
    if moment is not None and not EARLIEST <= moment.local < LATEST:
        notes.add(FindingCode.TIME_IMPLAUSIBLE, date_text, where)
    return moment


def as_figures(text: str) -> str:
    """A text of the header as a finding may quote it: what stands where letters do could be a name."""
    return re.sub(r"[^\W\d_]", "x", text[:32])


def _patient(dataset: Dataset, on: Moment | None, notes: Notes) -> Patient:
    birth = read_date(dataset.text(_BIRTH_DATE))
    return Patient(
        patient_id=dataset.text(_PATIENT_ID),
        birth_year=birth.year if birth else None,
        age_years=_age(dataset, on, notes),
        sex=sex if (sex := dataset.text(_SEX)) in ("F", "M", "O") else "",
        size_m=_positive(dataset.first(_SIZE), "Patient's Size", notes),
        weight_kg=_positive(dataset.first(_WEIGHT), "Patient's Weight", notes),
        pregnancy_status=_PREGNANCY.get(dataset.unsigned_short(_PREGNANCY_STATUS), ""),
    )


def _age(dataset: Dataset, on: Moment | None, notes: Notes) -> float | None:
    """The age as sent, else from the date of birth; a date of birth never goes into a finding."""
    text = dataset.text(_AGE)
    if text:
        age = read_age_leniently(text, notes)
        if age is not None:
            return age
        notes.add(FindingCode.BAD_AGE, as_figures(text), "Patient's Age")
    birth_text = dataset.text(_BIRTH_DATE)
    if not birth_text:
        return None
    birth = read_date(birth_text)
    if birth is None:
        notes.add(FindingCode.BAD_AGE, "", "Patient's Birth Date")
        return None
    day = on.local.date() if on is not None else read_date(dataset.text(_STEP_START_DATE))
    if day is None:
        return None
    days = (day - birth).days
    if days < 0:
        notes.add(FindingCode.BAD_AGE, "", "Patient's Birth Date, after the study")
        return None
    return days / 365.25


def _positive(text: str, where: str, notes: Notes) -> float | None:
    """A size or weight; 0, which some consoles send for unknown, is absent."""
    if not text:
        return None
    value, problem = read_number(text)
    if value is not None and value < 0:
        value, problem = None, FindingCode.NEGATIVE
    if problem is not None:
        notes.add(problem, text, where)
    return value or None
