"""C-arms that write what the standard asks for. Their makers are invented."""

from __future__ import annotations

from dataclasses import replace

from alara.model import ReferencePoint, ScopeKind
from alara.samples.carm import ALUMINIUM, COPPER, DETECTOR, DOSIMETER, SYSTEM_CALCULATED, CArm, equipment_of
from alara.sr.build import CONFORMING

__all__ = ["ARC", "BIPLANE", "ORBIT", "PALM", "UNITY"]

ORBIT = CArm(
    "orbit",
    equipment_of("orbit", "Northlight Surgical", "Orbit 21", "C-ARM-1", "3.2.1"),
    replace(CONFORMING, fraction_digits=3, data_available=(True, True, True)),
    "a mobile C-arm that conforms, reference point 30 cm before the detector, scope performed procedure step",
    reference_point=replace(DETECTOR, source_to_reference_point_mm=700.0),
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    source=SYSTEM_CALCULATED,
    says_field=True,
    says_angles=False,
    filters=(),
    says_utc_offset=True,
)
ARC = CArm(
    "arc",
    equipment_of("arc", "Helios Imaging", "Arc FD", "ROOM-2", "VE10"),
    replace(CONFORMING, fraction_digits=0, calibrated=True),
    "a fixed C-arm that conforms, reference point 15 cm from the isocentre, table positions, scope study",
    source=DOSIMETER,
    says_table=True,
    says_orientation=True,
)
UNITY = CArm(
    "unity",
    equipment_of("unity", "Veridian", "Mobile M9", "C-ARM-3", "R4.2"),
    replace(CONFORMING, fraction_digits=3, character_set="ISO_IR 100", codec="latin-1"),
    "a mobile C-arm that conforms, reference point as text, Latin-1",
    reference_point=ReferencePoint(text="15cm below BeamIsocenter"),
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    says_body_size=False,
    pulse_rate_per_s=8.0,
    filters=(COPPER, ALUMINIUM),
)
PALM = CArm(
    "palm",
    equipment_of("palm", "Minerva Medical", "Palm 15", "HAND-1", "1.4"),
    replace(CONFORMING, fraction_digits=3, data_available=(True, True, False)),
    "a mini C-arm that conforms, continuous fluoroscopy, no mechanical data",
    reference_point=ReferencePoint(
        text="15cm in Front of Image Input Surface",
        source_to_reference_point_mm=297.0,
    ),
    scope=ScopeKind.PERFORMED_PROCEDURE_STEP,
    continuous=True,
    says_angles=False,
    filters=(),
    says_body_size=False,
)
BIPLANE = CArm(
    "biplane",
    equipment_of("biplane", "Helios Imaging", "Arc Biplane", "ROOM-4", "VE10"),
    ARC.dialect,
    "a biplane angiography unit that conforms",
    source=DOSIMETER,
    says_table=True,
    says_orientation=True,
)
