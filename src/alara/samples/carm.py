"""What a C-arm of the sample clinic is: equipment, manner of writing, and what it can say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from alara.findings import FindingCode
from alara.model import Code, Equipment, Filter, ReferencePoint, ScopeKind
from alara.sr.build import Dialect, derived_uid

__all__ = [
    "ALUMINIUM",
    "AUTOMATED",
    "COMMENT",
    "COPPER",
    "DETECTOR",
    "DOSIMETER",
    "FROM_IMAGES",
    "INSTITUTION",
    "ISOCENTRE",
    "SYSTEM_CALCULATED",
    "CArm",
    "equipment_of",
]

INSTITUTION: Final = "Alara Sample Clinic"

ISOCENTRE = ReferencePoint(Code("113860", "DCM", "15cm from Isocenter toward Source"))
DETECTOR = ReferencePoint(Code("113861", "DCM", "30cm in Front of Image Input Surface"))

COPPER = Filter("Cu", 0.1, 0.1)
ALUMINIUM = Filter("Al", 1.0, 1.0)

SYSTEM_CALCULATED = Code("113940", "DCM", "System Calculated")
FROM_IMAGES = Code("113867", "DCM", "Computed From Image Attributes")
DOSIMETER = Code("15869005", "SCT", "Dosimeter")
COMMENT = Code("121106", "DCM", "Comment")
AUTOMATED = Code("113856", "DCM", "Automated Data Collection")


@dataclass(frozen=True, slots=True)
class CArm:
    """One X-ray unit: what it is, how it writes, what it can say.

    Attributes
    ----------
    regular
        Whether its reports are what the standard asks for, so that validators have nothing to say.
    about
        In whose manner it writes, in words.
    filed_as_acquisition
        Whether its totals count fluoroscopy as acquisition, with no fluoroscopy time.
    findings, quirks
        What a reader must say of each report and recognise in it (:data:`alara.sr.quirks.QUIRKS`).
    """

    slug: str
    equipment: Equipment
    dialect: Dialect
    about: str
    regular: bool = True
    reference_point: ReferencePoint = ISOCENTRE
    scope: ScopeKind = ScopeKind.STUDY
    source: Code = AUTOMATED
    continuous: bool = False
    pulse_rate_per_s: float = 7.5
    complete: bool = True
    says_kvp: bool = True
    says_duration: bool = True
    says_body_size: bool = True
    says_field: bool = False
    says_table: bool = False
    says_orientation: bool = False
    says_angles: bool = True
    filters: tuple[Filter, ...] = (COPPER,)
    says_utc_offset: bool = False
    performed_description: bool = False
    filed_as_acquisition: bool = False
    summary_only: bool = False
    findings: tuple[FindingCode, ...] = ()
    quirks: tuple[str, ...] = ()

    @property
    def says_distances(self) -> bool:
        """Whether mechanical data (113944) are not declared absent."""
        available = self.dialect.data_available
        return available is None or available[2]


def equipment_of(slug: str, manufacturer: str, model: str, station: str, software: str) -> Equipment:
    """A C-arm of the sample clinic, with a serial number and a UID made of its slug."""
    serial = f"SAMPLE-{slug.upper()}-01"
    return Equipment(manufacturer, model, serial, station, INSTITUTION, "", software, derived_uid("device", slug))
