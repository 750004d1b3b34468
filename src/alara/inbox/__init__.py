"""The durable inbox: what was acknowledged is here, byte for byte.

``part10`` splits and builds the header of a DICOM file, ``disk`` says what is
durable and when, ``spool`` is the folder itself, ``set_aside`` the notes of its
quarantine, ``archive`` how its objects go into a copy and back.
"""

from __future__ import annotations

from alara.inbox.spool import Inbox
from alara.inbox.values import FirstCame, InboxCounts, Quarantined, Receipt, Waiting

__all__ = ["FirstCame", "Inbox", "InboxCounts", "Quarantined", "Receipt", "Waiting"]
