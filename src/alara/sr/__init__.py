"""From the bytes of a DICOM object to a dose report.

part10 → dataset → content tree → report: each step is pure, and total: for any
bytes there is a :class:`~alara.model.DoseReport`, or an
:class:`~alara.errors.UnreadableReport` with a reason from the closed list.
"""

from __future__ import annotations

from alara.sr.reader import Peek, peek, read_bytes, read_provenance

__all__ = ["Peek", "peek", "read_bytes", "read_provenance"]
