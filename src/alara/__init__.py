"""alara: the dose node of a clinic that puts needles into joints and spines under fluoroscopy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alara._version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    from alara.model import DoseReport

__all__ = ["__version__", "read"]


def read(path: str | Path) -> DoseReport:
    """Read one dose report from a DICOM file, without a database.

    Parameters
    ----------
    path
        A DICOM file: an X-Ray Radiation Dose SR or an older dose summary.

    Raises
    ------
    alara.errors.UnreadableReport
        With a reason from the closed list, when the bytes cannot become a report.
    OSError
        When the file cannot be opened.

    Examples
    --------
    >>> report = alara.read("sample_rdsr/2026-10/0001.dcm")  # doctest: +SKIP
    >>> report.kind, len(report.events)  # doctest: +SKIP
    """
    from pathlib import Path

    from alara.sr import read_bytes

    return read_bytes(Path(path).read_bytes())
