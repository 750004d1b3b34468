"""The durable inbox: what was acknowledged is here, byte for byte.

``part10`` splits and builds the header of a DICOM file, ``disk`` says what is
durable and when, ``spool`` is the folder itself.
"""

from __future__ import annotations

from alara.inbox.spool import Inbox, InboxCounts, Quarantined, Receipt

__all__ = ["Inbox", "InboxCounts", "Quarantined", "Receipt"]
