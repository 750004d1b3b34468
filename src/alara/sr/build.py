"""A :class:`~alara.model.DoseReport` → DICOM Part 10 bytes (PS3.16 TID 10001 with 10002, 10003, 10004 and 10006).

The reverse of the reader, for samples and for the round trip
``read_bytes(build(report))``. One builder writes for every make; in what a
make differs is its :class:`~alara.sr.writing.dialect.Dialect`. The same report
in the same dialect always gives the same bytes.
"""

from __future__ import annotations

from alara.model import Code, Device, DoseReport, Equipment, ScopeKind
from alara.sr.writing.details import NO, YES
from alara.sr.writing.dialect import CONFORMING, Dialect
from alara.sr.writing.encode import DEFLATED, Dataset, Layout, deflated, part10
from alara.sr.writing.event import event_item
from alara.sr.writing.header import derived_uid, header
from alara.sr.writing.items import Item, code, container, item_elements, text, uid
from alara.sr.writing.plane import plane_item

__all__ = ["CONFORMING", "Dialect", "build", "derived_uid", "document"]

_PROJECTION = Code("113704", "DCM", "Projection X-Ray")
_DIAGNOSTIC = Code("261004008", "SCT", "Diagnostic Intent")
_AUTOMATED = Code("113856", "DCM", "Automated Data Collection")
_DEVICE_UID = Code("121012", "DCM", "Device Observer UID")
_DEVICE_ROLE = Code("113876", "DCM", "Device Role in Procedure")
_ROLES = {
    "irradiating": Code("113859", "DCM", "Irradiating Device"),
    "recording": Code("121097", "DCM", "Recording"),
}
_DEVICE_TYPES = {
    "fluoroscopy_guided": Code("113957", "DCM", "Fluoroscopy-Guided Projection Radiography System"),
    "integrated": Code("113958", "DCM", "Integrated Projection Radiography System"),
    "cassette_based": Code("113959", "DCM", "Cassette-based Projection Radiography System"),
}
_PERSON_NAME = Code("113870", "DCM", "Person Name")
_PERSON_ID = Code("113871", "DCM", "Person ID")
_PERSON_ROLE = Code("113875", "DCM", "Person Role in Procedure")
_ADMINISTERING = Code("113851", "DCM", "Irradiation Administering")
_SOURCE_OF_DOSE = Code("113854", "DCM", "Source of Dose Information")

_SCOPES = {
    ScopeKind.STUDY: (Code("113014", "DCM", "Study"), Code("110180", "DCM", "Study Instance UID")),
    ScopeKind.SERIES: (Code("113015", "DCM", "Series"), Code("112002", "DCM", "Series Instance UID")),
    ScopeKind.PERFORMED_PROCEDURE_STEP: (
        Code("113016", "DCM", "Performed Procedure Step"),
        Code("121126", "DCM", "Performed Procedure Step SOP Instance UID"),
    ),
    ScopeKind.PROCEDURE_STEP_TO_THIS_POINT: (
        Code("113970", "DCM", "Procedure Step To This Point"),
        Code("121126", "DCM", "Performed Procedure Step SOP Instance UID"),
    ),
    ScopeKind.IRRADIATION_EVENT: (
        Code("113852", "DCM", "Irradiation Event"),
        Code("113769", "DCM", "Irradiation Event UID"),
    ),
}


def build(report: DoseReport, dialect: Dialect = CONFORMING, *, patient_name: str = "") -> bytes:
    """The report as a DICOM file.

    Parameters
    ----------
    report
        What to write. Absent values are left out; derived ones (``planes``, ``totals``, ``started``, ``ended``,
        ``quirks``, ``findings``) are not looked at.
    dialect
        In whose manner.
    patient_name
        A PN text; the model holds none.
    """
    return document(header(report, dialect, patient_name), _root(report, dialect), dialect, template="10001")


def document(elements: Dataset, root: Item, dialect: Dialect = CONFORMING, *, template: str = "") -> bytes:
    """A structured report as a DICOM file, of a header (by the standard's keywords) and a content tree."""
    layout = Layout(dialect.explicit_vr, dialect.undefined_lengths, dialect.codec, dialect.big_endian)
    written = {keyword: layout.element(keyword, value) for keyword, value in elements.items()}
    if template and dialect.template:
        named = [{"MappingResource": "DCMR", "TemplateIdentifier": template}]
        written["ContentTemplateSequence"] = layout.element("ContentTemplateSequence", named)
    dataset = layout.ordered(written | item_elements(root, layout, dialect))
    syntax = DEFLATED if dialect.deflated else layout.transfer_syntax
    return part10(
        deflated(dataset) if dialect.deflated else dataset,
        transfer_syntax=dialect.transfer_syntax or syntax,
        sop_class_uid=str(elements["SOPClassUID"]),
        sop_instance_uid=str(elements["SOPInstanceUID"]),
    )


def _root(report: DoseReport, dialect: Dialect) -> Item:
    written = report.content_written
    offset_min = written.utc_offset_min if written else None
    took_part = (*_devices(report, dialect), *_persons(report, dialect))
    intent = code(Code("363703001", "SCT", "Has Intent"), report.intent or _DIAGNOSTIC).under("HAS CONCEPT MOD")
    reported = code(Code("121058", "DCM", "Procedure reported"), report.procedure_reported or _PROJECTION)
    items = [
        reported.under("HAS CONCEPT MOD").having(intent),
        *_device_type(report, dialect),
        *_observer(report.equipment, dialect),
        *_scope(report, dialect),
        *_data_available(report, dialect),
        *(plane_item(each, dialect, written) for each in report.accumulated),
        *(event_item(each, dialect, offset_min=offset_min, took_part=took_part) for each in report.events),
        *dialect.root_items,
        *(code(_SOURCE_OF_DOSE, each) for each in report.sources_of_dose or (_AUTOMATED,)),
    ]
    return container(Code("113701", "DCM", "X-Ray Radiation Dose Report"), *items)


def _observer(equipment: Equipment, dialect: Dialect) -> list[Item]:
    """Observer context (TID 1002, 1004): the C-arm itself; never a person."""
    items = [code(Code("121005", "DCM", "Observer Type"), Code("121007", "DCM", "Device"))]
    if equipment.device_uid:
        items.append(_uid(_DEVICE_UID, equipment.device_uid, dialect))
    if dialect.device_named:
        rows = [
            ("121013", "Device Observer Name", equipment.station),
            ("121014", "Device Observer Manufacturer", equipment.manufacturer),
            ("121015", "Device Observer Model Name", equipment.model),
            ("121016", "Device Observer Serial Number", equipment.serial),
            ("121017", "Device Observer Physical Location During Observation", equipment.location),
        ]
        items += [text(Code(value, "DCM", meaning), stated) for value, meaning, stated in rows if stated]
    return [item.under("HAS OBS CONTEXT") for item in items]


def _scope(report: DoseReport, dialect: Dialect) -> list[Item]:
    if report.scope.kind not in _SCOPES:
        return []
    kind, concept = _SCOPES[report.scope.kind]
    scope = code(Code("113705", "DCM", "Scope of Accumulation"), kind).under("HAS OBS CONTEXT")
    if report.scope.uid:
        scope = scope.having(_uid(concept, report.scope.uid, dialect).under("HAS PROPERTIES"))
    return [scope]


def _device_type(report: DoseReport, dialect: Dialect) -> list[Item]:
    kind = _DEVICE_TYPES.get(report.device_type, dialect.device_type)
    return [code(Code("122142", "DCM", "Acquisition Device Type"), kind)] if kind else []


def _data_available(report: DoseReport, dialect: Dialect) -> list[Item]:
    said = (report.detector_data_available, report.source_data_available, report.mechanical_data_available)
    concepts = (
        Code("113945", "DCM", "X-Ray Detector Data Available"),
        Code("113943", "DCM", "X-Ray Source Data Available"),
        Code("113944", "DCM", "X-Ray Mechanical Data Available"),
    )
    stated = zip(concepts, said if said != (None,) * 3 else dialect.data_available or said, strict=True)
    return [code(each, YES if yes else NO) for each, yes in stated if yes is not None]


def _devices(report: DoseReport, dialect: Dialect) -> tuple[Item, ...]:
    """Device participants of each event (TID 1021): those of the report, else the C-arm where the make says so."""
    unit = report.equipment
    own = Device("irradiating", unit.station, unit.manufacturer, unit.model, unit.serial, unit.device_uid)
    devices = report.devices or ((own,) if dialect.irradiating_device else ())
    return tuple(_device(each, dialect) for each in devices)


def _device(device: Device, dialect: Dialect) -> Item:
    rows = [
        ("113877", "Device Name", device.name),
        ("113878", "Device Manufacturer", device.manufacturer),
        ("113879", "Device Model Name", device.model),
        ("113880", "Device Serial Number", device.serial),
    ]
    items = [text(Code(value, "DCM", meaning), stated) for value, meaning, stated in rows if stated]
    if device.device_uid:
        items.append(_uid(_DEVICE_UID, device.device_uid, dialect))
    return code(_DEVICE_ROLE, _ROLES[device.role]).having(*(item.under("HAS PROPERTIES") for item in items))


def _persons(report: DoseReport, dialect: Dialect) -> tuple[Item, ...]:
    """Who administered each event (TID 1020), by ID and without a name; nobody where the make writes that."""
    unnamed = ("",) if dialect.empty_person else ()
    return tuple(_person(each) for each in report.operators or unnamed)


def _person(person_id: str) -> Item:
    items = [code(_PERSON_ROLE, _ADMINISTERING), *([text(_PERSON_ID, person_id)] if person_id else [])]
    return Item("PNAME", _PERSON_NAME, "").having(*(item.under("HAS PROPERTIES") for item in items))


def _uid(concept: Code, value: str, dialect: Dialect) -> Item:
    return text(concept, value) if dialect.device_uid_as_text else uid(concept, value)
