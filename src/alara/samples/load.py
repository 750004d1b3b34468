"""Any number of large reports, for benchmarks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from alara.samples.cases import ROUND, Clinic
from alara.samples.fleet import FLEET
from alara.sr.build import build

__all__ = ["generate"]


def generate(n_procedures: int, events_each: int = 20, seed: int = 2026, *, month: str = "2026-10") -> Iterator[bytes]:
    """Reports of as many procedures, one each, of the C-arms of the sample clinic that send events.

    Equal arguments give equal bytes; every report has UIDs and a patient of its own. More procedures begin with the
    same reports; no UID is that of another number of events, of another seed or of a sample of the month.
    """
    clinic = Clinic(seed, month, "load", events_each)
    places = [place for place in ROUND if not FLEET[place[0]].summary_only]
    for index in range(n_procedures):
        day = clinic.days[index % len(clinic.days)]
        when = datetime.combine(day, time(7)) + timedelta(minutes=index // len(clinic.days) % (12 * 60))
        case = clinic.case(*places[index % len(places)], when, events=events_each)
        yield build(case.report, case.unit.dialect, patient_name=case.patient_name)
