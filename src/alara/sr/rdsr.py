"""The X-ray radiation dose report (PS3.16 TID 10001) from its content tree.

Each container is read by a table from concept to field. Planes are told apart
by their code, never by their place in the file. Of persons (TID 1020) only the
roles are read.

Of the enhanced report (TID 10040) the accumulated dose data (TID 10041) and the
summaries of the events (TID 10042) are read, where there is a single X-ray
source and fluoroscopy is stated: they hold the same concepts in containers of
their own. Its irradiation details (TID 10043 and what it includes, P_KA of an
event among them) are not. With several sources, which TID 10040 tells apart by
free text alone, or without fluoroscopy (cone-beam CT, breasts) nothing is.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from alara.findings import FindingCode
from alara.model import (
    AccumulatedDose,
    Code,
    DoseReport,
    Equipment,
    EventType,
    Filter,
    IrradiationEvent,
    Moment,
    Plane,
    ReferencePoint,
    ReportKind,
    Scope,
    ScopeKind,
)
from alara.quantities import AirKerma, Area, Duration, KermaAreaProduct
from alara.sop_classes import ENHANCED_X_RAY_RADIATION_DOSE_SR
from alara.sr import units
from alara.sr.codes import value_of
from alara.sr.content import ContentItem
from alara.sr.dataset import Dataset
from alara.sr.draft import Draft
from alara.sr.facts import Facts
from alara.sr.notes import Notes
from alara.sr.quirks import MEANT, mend_events
from alara.sr.reading import Reader, Table, label
from alara.sr.report import empty_report, with_doses

__all__ = ["read_report", "read_summed"]


def _p_ka(read: Reader, item: ContentItem) -> KermaAreaProduct | None:
    return read.quantity(item, KermaAreaProduct, units.KERMA_AREA_PRODUCT)


def _ka_r(read: Reader, item: ContentItem) -> AirKerma | None:
    return read.quantity(item, AirKerma, units.AIR_KERMA)


def _duration(read: Reader, item: ContentItem) -> Duration | None:
    return read.quantity(item, Duration, units.TIME)


def _count(read: Reader, item: ContentItem) -> int | None:
    return read.count(item)


def _milliseconds(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.SHORT_TIME)


def _length(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.LENGTH)


def _position(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.LENGTH, signed=True)


def _angle(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.ANGLE, signed=True)


def _rate(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.RATE)


def _voltage(read: Reader, item: ContentItem) -> float | None:
    # a tube without voltage makes no X-rays: zero is how some consoles say unknown
    return read.number(item, units.VOLTAGE) or None


def _current(read: Reader, item: ContentItem) -> float | None:
    return read.number(item, units.CURRENT) or None


def _area(read: Reader, item: ContentItem) -> Area | None:
    area = read.quantity(item, Area, units.AREA)
    return area if area is not None and area.amount > 0 else None


def _text(read: Reader, item: ContentItem) -> str:
    return read.text(item)


def _moment(read: Reader, item: ContentItem) -> Moment | None:
    return read.moment(item)


def _code(read: Reader, item: ContentItem) -> Code | None:
    return read.code(item)


def _plane(read: Reader, item: ContentItem) -> Plane:
    known = read.known(item)
    if known in _PLANES:
        return Plane(known)
    read.unknown_code(item)
    return Plane.UNKNOWN


def _type(read: Reader, item: ContentItem) -> EventType:
    known = read.known(item)
    if known in _TYPES:
        return EventType(known)
    read.unknown_code(item)
    return EventType.UNKNOWN


def _word(read: Reader, item: ContentItem) -> str:
    return read.word(item)


def _orientation(read: Reader, item: ContentItem) -> str:
    return ", ".join(filter(None, (read.word(part) for part in (item, *item.children))))


def _reference_point(read: Reader, item: ContentItem) -> ReferencePoint:
    code = read.code(item)
    return ReferencePoint(code=code, text=code.meaning if code is not None else read.text(item))


_PLANES: Final = frozenset(Plane)
_TYPES: Final = frozenset(EventType)
_SCOPES: Final = frozenset(ScopeKind)

_ACCUMULATED: Final[Table] = {
    "acquisition_plane": ("plane", _plane),
    "p_ka_total": ("p_ka", _p_ka),
    "fluoroscopy_p_ka_total": ("p_ka_fluoroscopy", _p_ka),
    "acquisition_p_ka_total": ("p_ka_acquisition", _p_ka),
    "ka_r_total": ("ka_r", _ka_r),
    "fluoroscopy_ka_r_total": ("ka_r_fluoroscopy", _ka_r),
    "acquisition_ka_r_total": ("ka_r_acquisition", _ka_r),
    "fluoroscopy_time_total": ("fluoroscopy_time", _duration),
    "acquisition_time_total": ("acquisition_time", _duration),
    "radiographic_frames_total": ("radiographic_frames", _count),
    "reference_point": ("reference_point", _reference_point),
    "source_to_reference_point": ("source_to_reference_point_mm", _length),
}

_EVENT: Final[Table] = {
    "acquisition_plane": ("plane", _plane),
    "irradiation_event_uid": ("uid", _text),
    "started": ("started", _moment),
    "irradiation_event_type": ("type", _type),
    "acquisition_protocol": ("protocol", _text),
    "target_region": ("target_region", _code),
    "laterality": ("laterality", _code),
    "p_ka": ("p_ka", _p_ka),
    "ka_r": ("ka_r", _ka_r),
    "irradiation_duration": ("duration", _duration),
    "fluoro_mode": ("fluoro_mode", _word),
    "pulse_rate": ("pulse_rate_per_s", _rate),
    "pulses": ("pulses", _count),
    "pulse_width": ("pulse_width_ms", _milliseconds),
    "exposure_time": ("exposure_time_ms", _milliseconds),
    "exposure_time_older": ("exposure_time_ms", _milliseconds),
    "kvp": ("kvp", _voltage),
    "tube_current": ("tube_current_ma", _current),
    "collimated_field_area": ("field_area", _area),
    "collimated_field_height": ("field_height_mm", _position),
    "collimated_field_width": ("field_width_mm", _position),
    "positioner_primary_angle": ("primary_angle_deg", _angle),
    "positioner_secondary_angle": ("secondary_angle_deg", _angle),
    "source_to_detector": ("source_to_detector_mm", _length),
    "source_to_isocenter": ("source_to_isocenter_mm", _length),
    "source_to_reference_point": ("source_to_reference_point_mm", _length),
    "table_longitudinal_position": ("table_longitudinal_mm", _position),
    "table_lateral_position": ("table_lateral_mm", _position),
    "table_height_position": ("table_height_mm", _position),
    "patient_orientation": ("patient_orientation", _orientation),
    "patient_table_relationship": ("patient_position", _orientation),
    "reference_point": ("reference_point", _reference_point),
    "private_frames": ("frames", _count),
}

_FILTER: Final[Table] = {
    "filter_material": ("material", _word),
    "filter_thickness_minimum": ("thickness_min_mm", _length),
    "filter_thickness_maximum": ("thickness_max_mm", _length),
}

_OBSERVER: Final = {
    "device_observer_manufacturer": "manufacturer",
    "device_observer_model": "model",
    "device_observer_serial": "serial",
    "device_observer_location": "location",
    "device_observer_uid": "device_uid",
    "device_observer_name": "station",
}


#: The containers of events and of totals, and the plane of those that name none.
_EVENTS: Final = {
    "irradiation_event_x_ray_data": Plane.UNKNOWN,
    "irradiation_event_summary_data": Plane.SINGLE,
}
_ACCUMULATIONS: Final = {
    "accumulated_x_ray_dose_data": Plane.UNKNOWN,
    "accumulated_dose_data": Plane.SINGLE,
}


class Root:
    """What stands at the root of a dose report beside its doses."""

    def __init__(self) -> None:
        self.procedure_reported: Code | None = None
        self.intent: Code | None = None
        self.scope = Scope()
        self.sources: list[Code] = []
        self.observer: dict[str, str] = {}


def read_root(content: Iterable[ContentItem], read: Reader, draft: Draft) -> Root:
    """Read a dose report's content tree into a draft; what is not of dose is returned.

    Parameters
    ----------
    content
        The items of the root's content sequence.
    read
        The reader of the report's values.
    draft
        Receives accumulated doses and events, with the equipment mended by the device observer.
    """
    root = Root()
    for item in content:
        name = item.name
        if name is not None and name.endswith(MEANT):
            name = name.removesuffix(MEANT)
            read.notes.add(FindingCode.BY_MEANING, label(item))
        if name in _EVENTS:
            read.notes.event = len(draft.events) + 1
            draft.events.append(_event(item, read, draft, _EVENTS[name]))
            draft.event_items.append(item)
            read.notes.event = 0
        elif name in _ACCUMULATIONS:
            draft.accumulated.append(_accumulated(item, read, _ACCUMULATIONS[name]))
        elif name is not None:
            _read_context(name, item, read, root, draft)
    draft.equipment = _observed(draft.equipment, root.observer)
    return root


def _read_context(name: str, item: ContentItem, read: Reader, root: Root, draft: Draft) -> None:
    code = read.code(item)
    if name in _OBSERVER:
        root.observer.setdefault(_OBSERVER[name], read.text(item))
    elif name == "procedure_reported":
        root.procedure_reported = code
        root.intent = next((child.value for child in item.children if isinstance(child.value, Code)), None)
    elif name == "has_intent":
        root.intent = code
    elif name == "acquisition_device_type":
        draft.device_type = read.known(item) or ""
    elif name == "scope_of_accumulation":
        root.scope = _scope(item, read)
    elif name == "source_of_dose_information" and code is not None:
        root.sources.append(code)
    elif name == "comment":
        draft.comment = read.text(item)
    elif name == "person_name":
        _add_person(item, draft)


def _add_person(person: ContentItem, draft: Draft) -> None:
    """Add the role of a person; the name itself is never kept."""
    for child in person.children:
        if child.name == "person_role" and isinstance(child.value, Code):
            draft.person_roles[child.value] = None


def _scope(item: ContentItem, read: Reader) -> Scope:
    known = read.known(item)
    kind = ScopeKind(known) if known in _SCOPES else ScopeKind.UNKNOWN
    uid = next((read.text(child) for child in item.children if isinstance(child.value, str)), "")
    return Scope(kind, uid)


def _observed(equipment: Equipment, observer: dict[str, str]) -> Equipment:
    """The header's equipment, with what it lacks from the device observer."""
    missing = {name: text for name, text in observer.items() if text and not getattr(equipment, name)}
    return replace(equipment, **missing)


def _fields(items: Iterable[ContentItem], table: Table, read: Reader) -> dict[str, Any]:
    """The fields of a container. What stands twice and differs is not used when it is a dose."""
    fields: dict[str, Any] = {}
    for field, value, item in read.fields(items, table):
        if field not in fields:
            fields[field] = value
        elif fields[field] != value and field in _ONCE:
            read.notes.add(FindingCode.SEVERAL_VALUES, f"{fields[field]} and {value}", label(item))
            fields[field] = None
    if read.notes.by_meaning:
        _add_by_meaning(fields, items, table, read)
    return fields


def _add_by_meaning(fields: dict[str, Any], items: Iterable[ContentItem], table: Table, read: Reader) -> None:
    """Add the fields that no code names but a text does."""
    for item in items:
        entry = table.get(item.name.removesuffix(MEANT)) if item.name is not None else None
        if entry is None or entry[0] in fields:
            continue
        read.notes.add(FindingCode.BY_MEANING, label(item))
        value = read.read(item, entry[1])
        if value is not None:
            fields[entry[0]] = value


_ONCE: Final = frozenset(("p_ka", "ka_r", "duration", "fluoroscopy_time"))


def _accumulated(container: ContentItem, read: Reader, plane: Plane) -> AccumulatedDose:
    fields = _fields(container.children, _ACCUMULATED, read)
    _place_reference_point(fields)
    fields.pop("source_to_reference_point_mm", None)
    if fields.setdefault("plane", plane) is Plane.UNKNOWN:
        read.notes.add(FindingCode.UNKNOWN_PLANE, "", "accumulated dose")
    return AccumulatedDose(**fields)


def read_summed(items: Iterable[ContentItem], read: Reader) -> AccumulatedDose:
    """The accumulated dose of a single plane from items that stand in no container."""
    return AccumulatedDose(**{**_fields(items, _ACCUMULATED, read), "plane": Plane.SINGLE})


#: No collimator makes a smaller field; some consoles send rectangles of a few millimetres, or negative ones.
_SMALLEST_SIDE_MM: Final = 10.0
#: What a laterality may stand under (TID 10003): by the standard the structure, by habit the region.
_HAS_LATERALITY: Final = frozenset(("anatomical_structure", "target_region"))
_CONTAINED: Final = _HAS_LATERALITY | {"filters", "person_name"}


def _event(container: ContentItem, read: Reader, draft: Draft, plane: Plane) -> IrradiationEvent:
    fields = _fields(container.children, _EVENT, read)
    filters: list[Filter] = []
    for item in container.children:
        if item.name not in _CONTAINED:
            continue
        if item.name == "filters":
            part = read.read(item, _filter)
            if isinstance(part, Filter):
                filters.append(part)
        elif item.name in _HAS_LATERALITY and item.children:
            fields.setdefault("laterality", read.read(item.children[0], _laterality))
        elif item.name == "person_name":
            _add_person(item, draft)
    _place_reference_point(fields)
    height, width = fields.pop("field_height_mm", None), fields.pop("field_width_mm", None)
    if "field_area" not in fields and min(height or 0.0, width or 0.0) >= _SMALLEST_SIDE_MM:
        fields["field_area"] = Area(height * width / 100)
    if fields.setdefault("plane", plane) is Plane.UNKNOWN:
        read.notes.add(FindingCode.UNKNOWN_PLANE)
    fields.setdefault("uid", "")
    return IrradiationEvent(filters=tuple(filters), **fields)


def _filter(read: Reader, container: ContentItem) -> Filter | None:
    fields = _fields(container.children, _FILTER, read)
    return Filter(**{"material": "", **fields}) if fields else None


def _laterality(read: Reader, modifier: ContentItem) -> Code | None:
    return read.code(modifier) if modifier.name == "laterality" else None


def _place_reference_point(fields: dict[str, Any]) -> None:
    """Put the distance from the source beside the reference point that it belongs to."""
    distance_mm = fields.get("source_to_reference_point_mm")
    if distance_mm is not None:
        point = fields.get("reference_point") or ReferencePoint()
        fields["reference_point"] = replace(point, source_to_reference_point_mm=distance_mm)


def identify_events(draft: Draft, study_instance_uid: str, notes: Notes) -> None:
    """Give every event a UID of its own: count one that stands twice once, derive what is missing.

    A derived UID (2.25, PS3.5 B.2) comes from the event's content and its study,
    so that the same event in another report of the study gets the same one.
    """
    seen: dict[str, IrradiationEvent] = {}
    derived = _DerivedUids(study_instance_uid, seen)
    items: list[ContentItem] = []
    for number, (event, item) in enumerate(zip(draft.events, draft.event_items, strict=True), start=1):
        notes.event = number
        if not event.uid:
            notes.add(FindingCode.EVENT_WITHOUT_UID)
            event = replace(event, uid=derived.of(event))
        elif seen.get(event.uid) == event:
            notes.add(FindingCode.DUPLICATE_EVENT, event.uid)
            continue
        elif event.uid in seen:
            notes.add(FindingCode.EVENT_UID_REUSED, event.uid)
            event = replace(event, uid=derived.of(event))
        seen[event.uid] = event
        items.append(item)
    notes.event = 0
    draft.events, draft.event_items = list(seen.values()), items


class _DerivedUids:
    """UIDs from the content of events; events that say the same get different ones, in the order of the report."""

    def __init__(self, study_instance_uid: str, taken: Mapping[str, IrradiationEvent]) -> None:
        self._study_instance_uid = study_instance_uid
        self._taken = taken
        self._repeats: dict[str, int] = {}

    def of(self, event: IrradiationEvent) -> str:
        content = f"{self._study_instance_uid}|{event!r}"
        uid = ""
        while not uid or uid in self._taken:
            repeat = self._repeats.get(content, 0)
            self._repeats[content] = repeat + 1
            digest = hashlib.sha256(f"{content}|{repeat}".encode()).digest()
            uid = f"2.25.{int.from_bytes(digest[:16], 'big')}"
        return uid


def read_report(dataset: Dataset, facts: Facts, notes: Notes) -> DoseReport:
    """Read an X-ray radiation dose report; of CT and mammography only the kind and the header."""
    content = dataset.content or []
    other = _other_kind(content)
    if other is not None:
        return empty_report(dataset, facts, notes, other)
    read, draft = Reader(notes, facts.offset_min), Draft(facts.equipment)
    root = read_root(content, read, draft)
    if facts.sop_class_uid == ENHANCED_X_RAY_RADIATION_DOSE_SR and not _is_certain(content, draft):
        notes.add(FindingCode.DOSES_NOT_READ, "Enhanced X-Ray Radiation Dose")
        return empty_report(dataset, facts, notes, ReportKind.OTHER_X_RAY)
    identify_events(draft, facts.study_instance_uid, notes)
    mend_events(draft, notes)
    _note_what_is_missing(dataset, draft, notes)
    report = empty_report(dataset, facts, notes, _kind(draft, notes))
    report = replace(
        report,
        procedure_reported=root.procedure_reported,
        intent=root.intent,
        scope=root.scope,
        sources_of_dose=tuple(root.sources),
        person_roles=tuple(draft.person_roles),
    )
    return with_doses(report, draft, notes)


def _other_kind(content: Iterable[ContentItem]) -> ReportKind | None:
    """The kind of a dose report that is not of projection X-rays, ``None`` when it is."""
    for item in content:
        if item.name in ("ct_accumulated_dose_data", "ct_acquisition"):
            return ReportKind.CT
        if item.name == "procedure_reported" and isinstance(item.value, Code):
            known = value_of(item.value)
            if known in ("ct", "mammography"):
                return ReportKind(known)
    return None


def _is_certain(content: Iterable[ContentItem], draft: Draft) -> bool:
    """Whether an enhanced report is of fluoroscopy for certain, and of a single source where it names no planes."""
    sources = sum(item.name == "accumulated_dose_data" for item in content)
    return sources <= 1 and (_states_fluoroscopy(draft) or any(e.type is EventType.FLUOROSCOPY for e in draft.events))


def _kind(draft: Draft, notes: Notes) -> ReportKind:
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


def _note_what_is_missing(dataset: Dataset, draft: Draft, notes: Notes) -> None:
    if not dataset.template():
        notes.add(FindingCode.NO_TEMPLATE)
    if not draft.events:
        notes.add(FindingCode.NO_EVENTS)
    if not draft.accumulated:
        notes.add(FindingCode.NO_ACCUMULATED)
