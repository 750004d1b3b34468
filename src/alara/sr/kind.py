"""What a dose report is about: fluoroscopy or radiography, CT, mammography, or what is not read."""

from __future__ import annotations

from collections.abc import Iterable

from alara.model import Code, EventType, IrradiationEvent, ReportKind
from alara.sr.codes import value_of
from alara.sr.content import ContentItem
from alara.sr.draft import Draft
from alara.sr.notes import Notes

__all__ = ["is_fluoroscopy_for_certain", "kind_of", "other_kind"]


def other_kind(content: Iterable[ContentItem]) -> ReportKind | None:
    """The kind of a dose report that is not of projection X-rays, ``None`` when it is."""
    for item in content:
        if item.name in ("ct_accumulated_dose_data", "ct_acquisition"):
            return ReportKind.CT
        if item.name == "procedure_reported" and isinstance(item.value, Code):
            known = value_of(item.value)
            if known in ("ct", "mammography"):
                return ReportKind(known)
    return None


def is_fluoroscopy_for_certain(draft: Draft) -> bool:
    """Whether an enhanced report, which may be of cone-beam CT or breasts as well, says that it is of fluoroscopy."""
    return _states_fluoroscopy(draft) or any(event.type is EventType.FLUOROSCOPY for event in draft.events)


def kind_of(draft: Draft, notes: Notes) -> ReportKind:
    """Fluoroscopy or radiography: what was done decides, the device type only where nothing was."""
    if _states_fluoroscopy(draft) or any(map(_is_fluoroscopic, draft.events)):
        if draft.device_type in ("integrated", "cassette_based"):
            notes.quirk("device_type_contradicted")
        return ReportKind.FLUOROSCOPY
    if draft.device_type == "fluoroscopy_guided" or not (draft.events or draft.device_type):
        return ReportKind.FLUOROSCOPY
    return ReportKind.RADIOGRAPHY


def _states_fluoroscopy(draft: Draft) -> bool:
    return any(
        stated is not None and stated.amount > 0
        for dose in draft.accumulated
        for stated in (dose.fluoroscopy_time, dose.p_ka_fluoroscopy, dose.ka_r_fluoroscopy)
    )


def _is_fluoroscopic(event: IrradiationEvent) -> bool:
    """Whether an event is fluoroscopy, or a series of images such as fluoroscopy systems make."""
    if event.type is EventType.STATIONARY_ACQUISITION:
        return bool(event.fluoro_mode or event.pulse_rate_per_s or (event.pulses or 0) > 1 or (event.frames or 0) > 1)
    return True
