"""How the node names itself on the wire, the standard's names that it needs, and its hold on pynetdicom."""

from __future__ import annotations

import logging
from typing import Final

from pydicom import config as pydicom_config
from pynetdicom import _config as pynetdicom_config

from alara._version import __version__

__all__ = [
    "IMPLEMENTATION_CLASS_UID",
    "IMPLEMENTATION_VERSION",
    "STORAGE_COMMITMENT",
    "VERIFICATION",
    "tame_pynetdicom",
]

#: PS3.4 Annex A.
VERIFICATION: Final = "1.2.840.10008.1.1"

#: Storage Commitment Push Model (PS3.4 Annex J).
STORAGE_COMMITMENT: Final = "1.2.840.10008.1.20.1"

#: alara's own (PS3.5 Annex B.2, from a UUID).
IMPLEMENTATION_CLASS_UID: Final = "2.25.296510511517032260325387120725485302151"
IMPLEMENTATION_VERSION: Final = f"ALARA_{__version__}"[:16]


def tame_pynetdicom() -> None:
    """Silence what pynetdicom and pydicom say of a peer's data, and let odd UIDs reach our own answer.

    Their log holds tracebacks and what peers send, and pydicom warns of a UID in
    a message several times over. These are settings of the whole process.
    """
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL + 1)
    pynetdicom_config.LOG_HANDLER_LEVEL = "none"
    pynetdicom_config.VALIDATORS["UI"] = lambda _: (True, "")
    pydicom_config.settings.reading_validation_mode = pydicom_config.IGNORE
    pydicom_config.settings.writing_validation_mode = pydicom_config.IGNORE
