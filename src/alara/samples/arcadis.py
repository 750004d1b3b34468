"""What a Siemens ARCADIS sends instead of a dose report: an Enhanced SR with private codes and no events."""

from __future__ import annotations

from alara.model import Code
from alara.samples.cases import Case
from alara.sop_classes import ENHANCED_SR
from alara.sr.build import document
from alara.sr.writing.dialect import NO_UNITS, Unit
from alara.sr.writing.header import header
from alara.sr.writing.items import Item, Number, code, container, datetime_text, number

__all__ = ["radiation_summary", "states_kerma"]


def radiation_summary(case: Case) -> bytes:
    """The summary of a case; it states no air kerma on every other day, as some of these C-arms never do."""
    report, total, dialect = case.report, case.report.accumulated[0], case.unit.dialect
    assert report.study_started is not None
    assert report.content_written is not None
    assert total.fluoroscopy_time is not None
    assert total.p_ka is not None
    assert total.ka_r is not None
    root = _root(
        fluoroscopy_time_s=total.fluoroscopy_time.amount,
        p_ka_gycm2=total.p_ka.amount,
        ka_r_mgy=total.ka_r.amount if states_kerma(case) else None,
        started=datetime_text(report.study_started.local, dialect),
        ended=datetime_text(report.content_written.local, dialect),
        exposures=total.radiographic_frames or 0,
    )
    elements = header(report, dialect, case.patient_name)
    elements |= {"SOPClassUID": ENHANCED_SR, "SeriesDescription": "Radiation Summary Report"}
    return document(elements, root, dialect)


def states_kerma(case: Case) -> bool:
    """Whether the file of this case says any air kerma."""
    started = case.report.study_started
    return not case.unit.summary_only or started is None or started.local.day % 2 == 0


def _root(
    *, fluoroscopy_time_s: float, p_ka_gycm2: float, ka_r_mgy: float | None, started: str, ended: str, exposures: int
) -> Item:
    """The content tree of a Siemens ARCADIS radiation summary."""

    def concept(value: str, meaning: str) -> Code:
        return Code(value, "99SMS_RADSUM", meaning)

    unattempted = Number("", NO_UNITS.code, Code("114007", "DCM", "Measurement not attempted"))
    kerma = concept("C-210", "Cumulative air kerma")
    language = code(
        Code("121049", "DCM", "Language of Content Item and Descendants"), Code("eng", "ISO639_2", "English")
    )
    return container(
        concept("C-10", "Radiation Summary Report"),
        language.under("HAS CONCEPT MOD"),
        number(concept("C-200", "Total number of exposures"), exposures),
        number(concept("C-202", "Cumulative fluoro time"), fluoroscopy_time_s, Unit.of("s", meaning="second")),
        number(concept("C-204", "Cumulative dose area product"), p_ka_gycm2, Unit.of("Gy.cm^2")),
        Item("DATETIME", concept("C-206", "Start of the examination"), started),
        Item("DATETIME", concept("C-208", "End of the examination"), ended),
        number(kerma, ka_r_mgy, Unit.of("mGy")) if ka_r_mgy is not None else Item("NUM", kerma, unattempted),
    )
