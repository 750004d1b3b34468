"""One case after another: who, when, what, on which C-arm."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from alara.model import DoseReport, Moment, Patient, ReportKind, Scope, ScopeKind
from alara.samples.carm import CArm
from alara.samples.chance import Chance
from alara.samples.days import slots, utc_offset_min, working_days
from alara.samples.exposures import MEDIAN_BMI, accumulate, expose
from alara.samples.fleet import FLEET
from alara.samples.procedures import PROCEDURES, Typed
from alara.sop_classes import X_RAY_RADIATION_DOSE_SR
from alara.sr.build import derived_uid

__all__ = ["ROUND", "Case", "Clinic", "routine"]

#: C-arms and what they do, in turn, so that every make comes up.
ROUND: Final = (
    ("orbit", "spine"),
    ("arc", "spine"),
    ("unity", "joint"),
    ("ge-oec", "spine"),
    ("orbit", "joint"),
    ("palm", "hand"),
    ("arc", "spine"),
    ("siemens-zee", "spine"),
    ("unity", "spine"),
    ("orbit", "spine"),
    ("canon-ultimax", "joint"),
    ("arc", "joint"),
    ("palm", "hand"),
    ("unity", "joint"),
    ("philips-allura", "chest"),
    ("orbit", "joint"),
    ("philips-veradius", "spine"),
    ("arc", "spine"),
    ("orbit", "spine"),
    ("siemens-arcadis", "spine"),
    ("unity", "joint"),
    ("orbit", "joint"),
    ("ge-miniview", "hand"),
    ("philips-azurion", "spine"),
    ("arc", "spine"),
    ("eurocolumbus", "joint"),
    ("unity", "spine"),
    ("orbit", "spine"),
    ("canon-alphenix", "spine"),
)
_SITES: Final = {site: tuple(kind for kind in PROCEDURES if kind.site == site) for _, site in ROUND}
#: The share of cases whose patient was here before.
_COMES_BACK: Final = 0.05
#: The share of cases whose order carries a procedure code, where there is one.
_CODED: Final = 0.4


@dataclass(frozen=True, slots=True)
class Case:
    """A report as meant, the C-arm that writes it, the name on it, and the procedure behind it."""

    report: DoseReport
    unit: CArm
    patient_name: str
    procedure: str

    def but(self, **changes: object) -> Case:
        """The same case with other values in its report."""
        return replace(self, report=replace(self.report, **changes))  # type: ignore[arg-type]


class Clinic:
    """Deals out cases; the same seed and month deal the same ones.

    Parameters
    ----------
    dealt
        In what way the caller asks for them, where it is not that of the sample month: what is made of one seed in
        two ways is not the same, and has other UIDs.
    """

    def __init__(self, seed: int, month: str, *dealt: object) -> None:
        self.seed = f"{seed}/{month}"
        self._dealt = dealt
        self.chance = Chance(self.seed)
        self.days = working_days(month)
        self._known: list[Patient] = []
        self._cases = 0

    def uid(self, *of: object) -> str:
        """A UID of this clinic and month, and of the way in which it deals."""
        return derived_uid("sample", self.seed, *self._dealt, *of)

    def case(
        self,
        unit: str,
        site: str,
        when: datetime,
        *,
        events: int | None = None,
        typed: Typed | None = None,
        patient: Patient | None = None,
    ) -> Case:
        """A case of that kind of site on that C-arm; ``events``, ``typed`` and ``patient`` where they matter."""
        self._cases += 1
        arm = FLEET[unit]
        typed = typed or self._typed(site, arm)
        patient = patient or self.patient(arm)
        study_uid = self.uid("study", self._cases)
        started = self._moment(when, arm)
        step_uid = study_uid if arm.scope is ScopeKind.STUDY else self.uid("step", self._cases)
        exposures = expose(self.chance, arm, typed, patient, started, partial(self.uid, "event", self._cases), events)
        codes = typed.kind.codes if self.chance.share() < _CODED else ()
        report = DoseReport(
            sop_class_uid=X_RAY_RADIATION_DOSE_SR,
            sop_instance_uid=self.uid("report", self._cases),
            study_instance_uid=study_uid,
            kind=ReportKind.FLUOROSCOPY,
            equipment=arm.equipment,
            patient=patient,
            study_started=started,
            content_written=Moment(started.local + timedelta(minutes=35), started.utc_offset_min),
            study_description=typed.description,
            performed_procedure_description=typed.description if arm.performed_description else "",
            procedure_codes=codes,
            scope=Scope(arm.scope, step_uid),
            sources_of_dose=(arm.source,),
            complete=arm.complete,
            accumulated=(accumulate(exposures, arm),),
            events=exposures,
        )
        return Case(report, arm, f"Sample^Patient {patient.patient_id[-4:]}", typed.kind.id)

    def patient(self, unit: CArm, *, age_years: int | None = None, sex: str = "", pregnancy: str = "") -> Patient:
        """The next patient: a new one, or now and then one who was here before in this month."""
        if age_years is None and self._known and self.chance.share() < _COMES_BACK:
            return _as_said(self.chance.choose(self._known), unit)
        age = age_years if age_years is not None else round(min(max(58 + 15 * self.chance.normal(), 18), 94))
        sex = sex or self.chance.choose("FM", (58, 42))
        size_m = round((1.63 if sex == "F" else 1.77) + 0.07 * self.chance.normal(), 2)
        bmi = self.chance.lognormal(MEDIAN_BMI, 0.18)
        if age < 16:
            size_m, bmi = round(0.78 + 0.058 * age, 2), 14 + 0.4 * age
        self._known.append(
            Patient(
                patient_id=f"SAMPLE-{len(self._known) + 1:04d}",
                birth_year=self.days[0].year - age,
                age_years=float(age),
                sex=sex,
                size_m=size_m,
                weight_kg=round(bmi * size_m**2, 1),
                pregnancy_status=pregnancy or self._pregnancy_status(age, sex),
            )
        )
        return _as_said(self._known[-1], unit)

    def _pregnancy_status(self, age: int, sex: str) -> str:
        return self.chance.choose(("not pregnant", "unknown", ""), (6, 1, 3)) if sex == "F" and 12 <= age <= 55 else ""

    def _typed(self, site: str, unit: CArm) -> Typed:
        kind = self.chance.choose(_SITES[site], [kind.weight for kind in _SITES[site]])
        ascii_only = unit.dialect.codec == "ascii"
        texts = [each for each in kind.descriptions if each.isascii() or not ascii_only]
        return Typed(kind, self.chance.choose(texts))

    def _moment(self, when: datetime, unit: CArm) -> Moment:
        return Moment(when, utc_offset_min(when) if unit.says_utc_offset else None)


def _as_said(patient: Patient, unit: CArm) -> Patient:
    return patient if unit.says_body_size else replace(patient, size_m=None, weight_kg=None)


def routine(clinic: Clinic) -> list[Case]:
    """The ordinary cases of the month, six on each working day, in order of time."""
    times = slots(clinic.days, range(6))
    return [clinic.case(*ROUND[index % len(ROUND)], when) for index, when in enumerate(times)]
