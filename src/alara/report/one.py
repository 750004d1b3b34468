"""One report: as plain values for JSON, and as tables for people. Nothing that names the patient."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from alara.findings import Finding, FindingCode
from alara.model import (
    Code,
    DoseReport,
    Equipment,
    IrradiationEvent,
    Moment,
    Patient,
    PlaneTotals,
    Procedure,
    ReferencePoint,
    ReportKind,
    Scope,
    Total,
)
from alara.report import terminal
from alara.report.facts import facts, not_counted, object_title, parts_table, stated_facts
from alara.report.technique import accumulated_as_dict, device_lines, plain, technique_table, word_lines
from alara.sr.quirks import QUIRKS

__all__ = [
    "as_dict",
    "code_as_dict",
    "equipment_as_dict",
    "event_as_dict",
    "events_table",
    "findings_as_dicts",
    "local_time",
    "patient_as_dict",
    "plane_as_dict",
    "planes_table",
    "print_findings",
    "print_quirks",
    "print_report",
]

_EVENT_NUMBERS = (
    "p_ka_gycm2",
    "ka_r_mgy",
    "duration_s",
    "kvp",
    "tube_current_ma",
    "pulse_rate_per_s",
    "pulses",
    "frames",
    "pulse_width_ms",
    "exposure_time_ms",
    "primary_angle_deg",
    "secondary_angle_deg",
    "source_to_detector_mm",
    "source_to_isocenter_mm",
    "source_to_reference_point_mm",
    "table_longitudinal_mm",
    "table_lateral_mm",
    "table_height_mm",
    "table_head_tilt_deg",
    "table_horizontal_rotation_deg",
    "table_cradle_tilt_deg",
    "average_tube_current_ma",
    "exposure_uas",
    "focal_spot_mm",
    "field_height_mm",
    "field_width_mm",
    "field_of_view_mm",
    "patient_equivalent_thickness_mm",
    "magnification",
)
_EVENT_TEXTS = ("fluoro_mode", "patient_orientation", "patient_position", "protocol", "grid")
_EQUIPMENT = ("manufacturer", "model", "serial", "station", "institution", "location", "software", "device_uid")
#: Events shown to people before the rest is counted: a long report must not push its totals off the screen.
EVENTS_SHOWN = 40
#: The same of the findings of one kind.
FINDINGS_SHOWN = 6
_KIND_WORDS = {
    ReportKind.FLUOROSCOPY: "Fluoroscopy dose report",
    ReportKind.RADIOGRAPHY: "Radiography dose report",
    ReportKind.CT: "CT dose report",
    ReportKind.MAMMOGRAPHY: "Mammography dose report",
    ReportKind.RADIOPHARMACEUTICAL: "Radiopharmaceutical dose report",
    ReportKind.PATIENT_DOSE: "Report of organ doses",
    ReportKind.OTHER_X_RAY: "X-ray dose report of another kind",
    ReportKind.NOT_DOSE: "Report without dose",
}
_DOES_NOT_FIT = "! P_KA and K_a,r do not fit together: one of the two may have a wrong unit."


def as_dict(report: DoseReport) -> dict[str, Any]:
    """The report as values that JSON can hold, with units in the names; what is absent is ``None`` or empty.

    Of the patient only age, sex, size and weight; never the ID.
    """
    return {
        "kind": report.kind.value,
        "sop_class_uid": report.sop_class_uid,
        "sop_instance_uid": report.sop_instance_uid,
        "study_instance_uid": report.study_instance_uid,
        "started": local_time(report.started),
        "utc_offset_min": report.started.utc_offset_min if report.started else None,
        "complete": report.complete,
        **stated_facts(report),
        "scope": _scope(report.scope),
        "procedure_reported": code_as_dict(report.procedure_reported),
        "intent": code_as_dict(report.intent),
        "sources_of_dose": [code_as_dict(code) for code in report.sources_of_dose],
        "person_roles": [code_as_dict(code) for code in report.person_roles],
        "equipment": equipment_as_dict(report.equipment),
        "patient": patient_as_dict(report.patient),
        "descriptions": {
            "study": report.study_description,
            "performed_procedure": report.performed_procedure_description,
            "requested_procedure": report.requested_procedure_description,
            "protocols": list(report.protocol_names),
        },
        "procedure_codes": [code_as_dict(code) for code in report.procedure_codes],
        "totals": plane_as_dict(report.totals),
        "planes": [plane_as_dict(plane) for plane in report.planes],
        "accumulated": [
            {**accumulated_as_dict(dose), "reference_point": _reference_point(dose.reference_point)}
            for dose in report.accumulated
        ],
        "device_type": report.device_type,
        "devices": [plain(device) for device in report.devices],
        "data_available": {
            "detector": report.detector_data_available,
            "source": report.source_data_available,
            "mechanical": report.mechanical_data_available,
        },
        "events": [event_as_dict(event) for event in report.events],
        "quirks": list(report.quirks),
        "findings": findings_as_dicts(report.findings),
    }


def findings_as_dicts(findings: Sequence[Finding]) -> list[dict[str, str]]:
    return [{"code": finding.code.value, "text": finding.text, "where": finding.where} for finding in findings]


def plane_as_dict(totals: PlaneTotals) -> dict[str, Any]:
    return {
        "plane": totals.plane.value,
        **_total("p_ka", "gycm2", totals.p_ka),
        **_total("ka_r", "mgy", totals.ka_r),
        **_total("fluoroscopy_time", "s", totals.fluoroscopy_time),
    }


def _total(name: str, unit: str, total: Total[Any]) -> dict[str, Any]:
    return {
        f"{name}_{unit}": total.amount,
        f"{name}_basis": total.basis.value,
        f"{name}_stated_{unit}": total.stated.amount if total.stated is not None else None,
        f"{name}_summed_{unit}": total.summed.amount if total.summed is not None else None,
    }


def event_as_dict(event: IrradiationEvent) -> dict[str, Any]:
    return {
        "uid": event.uid,
        "plane": event.plane.value,
        "type": event.type.value,
        "started": local_time(event.started),
        "utc_offset_min": event.started.utc_offset_min if event.started else None,
        "ended": local_time(event.ended),
        **{name: getattr(event, name) for name in _EVENT_NUMBERS},
        "field_area_cm2": event.field_area.amount if event.field_area is not None else None,
        "filters": [
            {
                "material": each.material,
                "thickness_min_mm": each.thickness_min_mm,
                "thickness_max_mm": each.thickness_max_mm,
            }
            for each in event.filters
        ],
        **{name: getattr(event, name) for name in _EVENT_TEXTS},
        "reference_point": _reference_point(event.reference_point),
        "target_region": code_as_dict(event.target_region),
        "laterality": code_as_dict(event.laterality),
        "anatomy": code_as_dict(event.anatomy),
        "details": plain(event.details),
        "end": plain(event.end),
        "isocenter": plain(event.isocenter),
    }


def local_time(moment: Moment | None) -> str | None:
    return moment.local.isoformat() if moment is not None else None


def code_as_dict(code: Code | None) -> dict[str, str] | None:
    return {"value": code.value, "scheme": code.scheme, "meaning": code.meaning} if code is not None else None


def _reference_point(point: ReferencePoint | None) -> dict[str, Any] | None:
    if point is None:
        return None
    return {
        "code": code_as_dict(point.code),
        "text": point.text,
        "source_to_reference_point_mm": point.source_to_reference_point_mm,
    }


def _scope(scope: Scope) -> dict[str, str]:
    return {"kind": scope.kind.value, "uid": scope.uid}


def equipment_as_dict(equipment: Equipment) -> dict[str, str]:
    return {name: getattr(equipment, name) for name in _EQUIPMENT}


def patient_as_dict(patient: Patient) -> dict[str, Any]:
    return {
        "age_years": patient.age_years,
        "sex": patient.sex,
        "size_m": patient.size_m,
        "weight_kg": patient.weight_kg,
    }


def print_report(report: DoseReport, console: Console) -> None:
    """The report for people, in 80 columns: what it is, plane by plane, event by event, findings."""
    console.print(Text(_title(report), style="bold"))
    if words := not_counted(report):
        console.print(Text(words))
    for line in facts(report):
        console.print(Text(line, style="dim"), soft_wrap=False)
    if report.kind.audited or report.planes:
        console.print()
        console.print(planes_table(report))
        if (parts := parts_table(report)) is not None:
            console.print(parts)
    if report.events:
        console.print()
        console.print(events_table(report))
        if len(report.events) > EVENTS_SHOWN:
            console.print(Text(f"{len(report.events) - EVENTS_SHOWN} more events: alara read --json lists all."))
    _print_technique(report, console)
    print_quirks(report.quirks, console)
    print_findings(report.findings, console)


def _print_technique(report: DoseReport, console: Console) -> None:
    """The dose meters and devices, and how the events were irradiated; nothing where nothing is stated."""
    table = technique_table(report.events)
    if table is not None:
        console.print()
        console.print(table)
    for line in (*word_lines(report.events), *device_lines(report)):
        console.print(Text(line))


def print_quirks(quirks: Sequence[str], console: Console) -> None:
    """Each habit of the make that was met, with what was made of it; nothing when there are none."""
    if not quirks:
        return
    console.print()
    console.print(Text("Quirks", style="bold"))
    for name in quirks:
        words = f": {QUIRKS[name].condition} {QUIRKS[name].mending}" if name in QUIRKS else ""
        console.print(Text(f"- {name}{words}"))


def print_findings(findings: Sequence[Finding], console: Console) -> None:
    """Each kind of finding with its meaning, and under it its raw texts or numbers and where each was."""
    if not findings:
        return
    console.print()
    console.print(Text("Findings", style="bold"))
    by_code: dict[FindingCode, list[str]] = {}
    for finding in findings:
        where = f"({finding.where})" if finding.where else ""
        by_code.setdefault(finding.code, []).append(" ".join(filter(None, (finding.text, where))))
    for code, seen in by_code.items():
        words = f"- {code.value}: {code.words}"
        if len(seen) == 1:
            console.print(Text(f"{words} {seen[0]}".strip()))
            continue
        console.print(Text(words))
        for text in seen[:FINDINGS_SHOWN]:
            console.print(Text(f"    {text}"))
        if len(seen) > FINDINGS_SHOWN:
            console.print(Text(f"    and {len(seen) - FINDINGS_SHOWN} more: --json has all"))


def _title(report: DoseReport) -> str:
    device = " ".join(part for part in (report.equipment.manufacturer, report.equipment.model) if part)
    when = f", {report.started.local:%Y-%m-%d %H:%M}" if report.started else ""
    return f"{object_title(report) or _KIND_WORDS[report.kind]} of {device or 'an unnamed unit'}{when}"


def planes_table(report: DoseReport | Procedure) -> Table:
    """The totals plane by plane with their basis, and of all planes where there are several.

    Where a finding says that P_KA and K_a,r of a plane do not fit together, both are marked with "!".
    """
    table = terminal.table(caption_justify="left")
    odd = {finding.where for finding in report.findings if finding.code is FindingCode.FIELD_AREA_IMPLAUSIBLE}
    table.add_column("Plane")
    for title in ("P_KA\nGy·cm²", "K_a,r\nmGy", "Fluoroscopy\ntime s"):
        table.add_column(title, justify="right")
        table.add_column("basis", style="dim")
    planes = (*report.planes, report.totals) if len(report.planes) > 1 else report.planes or (report.totals,)
    for plane in planes:
        mark = ""
        if f"plane {plane.plane.value}" in odd:
            mark, table.caption = " !", _DOES_NOT_FIT
        cells: list[str] = []
        for total, after in ((plane.p_ka, mark), (plane.ka_r, mark), (plane.fluoroscopy_time, "")):
            cells += [f"{_number(total.amount)}{after}", total.basis.value]
        table.add_row(plane.plane.value, *cells)
    return table


def events_table(report: DoseReport | Procedure) -> Table:
    """The first irradiation events in the order of the report, one a line."""
    table = terminal.table()
    table.add_column("#", justify="right")
    table.add_column("Started", no_wrap=True)
    table.add_column("Plane", min_width=6)
    table.add_column("Type", max_width=13, no_wrap=True, overflow="ellipsis")
    for title in ("P_KA\nGy·cm²", "K_a,r\nmGy", "Time\ns", "kV", "mA", "Pulses\n1/s"):
        table.add_column(title, justify="right", no_wrap=True)
    for position, event in enumerate(report.events[:EVENTS_SHOWN], start=1):
        table.add_row(
            str(position),
            f"{event.started.local:%H:%M:%S}" if event.started else "–",
            event.plane.value,
            event.type.value.replace("_acquisition", "").replace("_", " "),
            *map(_number, (event.p_ka_gycm2, event.ka_r_mgy, event.duration_s, event.kvp)),
            *map(_number, (event.tube_current_ma, event.pulse_rate_per_s)),
        )
    return table


def _number(value: float | None) -> str:
    """Three significant figures, and whole numbers from a thousand on."""
    if value is None:
        return "–"
    return f"{value:.3g}" if value < 999.5 else f"{value:.0f}"
