"""The C-arms of the sample clinic."""

from __future__ import annotations

from typing import Final

from alara.samples import conforming, peculiar
from alara.samples.carm import CArm

__all__ = ["FLEET", "CArm"]

#: Every C-arm by its slug.
FLEET: Final[dict[str, CArm]] = {
    unit.slug: unit
    for unit in (
        conforming.ORBIT,
        conforming.ARC,
        conforming.UNITY,
        conforming.PALM,
        conforming.BIPLANE,
        peculiar.GE_OEC,
        peculiar.GE_MINIVIEW,
        peculiar.SIEMENS_ZEE,
        peculiar.PHILIPS_ALLURA,
        peculiar.PHILIPS_AZURION,
        peculiar.PHILIPS_VERADIUS,
        peculiar.CANON_ULTIMAX,
        peculiar.CANON_ALPHENIX,
        peculiar.EUROCOLUMBUS,
        peculiar.FLUOROSPOT,
        peculiar.ARCADIS,
    )
}
