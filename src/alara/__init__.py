"""alara: the dose node of a clinic that puts needles into joints and spines under fluoroscopy.

What a program may use: :func:`read` a dose report, take the :func:`procedures` of a database as a frame, and
:func:`audit` a frame. Nothing is imported before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alara._version import __version__

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from alara.audit import Audit
    from alara.model import DoseReport

__all__ = ["__version__", "audit", "procedures", "read"]


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
    >>> import alara
    >>> report = alara.read("sample_rdsr/2026-10/0001-orbit.dcm")
    >>> report.equipment.manufacturer, len(report.events)
    ('Northlight Surgical', 2)
    """
    from pathlib import Path

    from alara.sr import read_bytes

    return read_bytes(Path(path).read_bytes())


def procedures(database: str | Path, period: str | None = None) -> pd.DataFrame:
    """The procedures of a database, one row each; it is opened for reading only.

    Parameters
    ----------
    database
        A SQLite file, or a SQLAlchemy URL.
    period
        ``2026-10``, ``2026-Q4``, ``2026`` or ``2026-10-01..2026-10-15``; everything when ``None``.

    Returns
    -------
    pandas.DataFrame
        P_KA in Gy.cm2, K_a,r in mGy, times in s; what is missing is missing, never zero.

    Raises
    ------
    alara.errors.DatabaseError
        When it cannot be opened, or is not alara's.
    alara.errors.UsageError
        When the period is not one.

    Examples
    --------
    >>> import alara
    >>> frame = alara.procedures("demo/data/alara.sqlite", "2026-10")  # doctest: +SKIP
    >>> frame.groupby("device")["p_ka_gycm2"].median()  # doctest: +SKIP
    """
    from pathlib import Path

    from alara.audit.period import Period
    from alara.store import Store

    days = Period.parse(period or "0001-01-01..9999-12-30")
    url = str(database) if "://" in str(database) else f"sqlite:///{Path(database).expanduser().absolute()}"
    with Store.open(url, create=False) as store:
        return store.procedures(days.start, days.end)


def audit(
    frame: pd.DataFrame,
    policy: str = "capacity_aware",
    *,
    period: str | None = None,
    background: str = "us_ncrp160",
    site: str = "",
    knowledge: str | Path | None = None,
) -> Audit:
    """Audit a frame of procedures, without a database.

    Parameters
    ----------
    frame
        One row a procedure: ``started``, and as many of the columns of :func:`procedures` as there are. P_KA in
        Gy.cm2 (``p_ka_gycm2``), K_a,r in mGy (``ka_r_mgy``), fluoroscopy time in s (``fluoroscopy_time_s``).
    policy, background
        Ids of the knowledge: see ``alara policy show``.
    period
        As of :func:`procedures`; what the frame spans when ``None``.
    site
        A name for the outputs; when empty, that of the frame's column ``site``, where all rows have the same.
    knowledge
        A folder of the site's own knowledge files, laid over the project's.

    Returns
    -------
    alara.audit.Audit
        ``cases`` (a row a procedure), ``summary`` (a row a kind of procedure, small groups suppressed) and
        ``headline`` (the numbers that come first, each with its denominator). ``stands_out``
        of a case is empty: ``alara audit`` tells it from what the database knows around it.

    Raises
    ------
    alara.errors.UsageError
        When the policy, the background level, the period or a column is not known.

    Examples
    --------
    >>> import alara
    >>> import pandas as pd
    >>> frame = pd.DataFrame(
    ...     {
    ...         "started": pd.to_datetime(["2026-10-05 08:30", "2026-10-05 09:10"]),
    ...         "study_description": ["KNEE INJECTION", "LUMBAR ESI L4/5"],
    ...         "p_ka_gycm2": [0.03, 1.4],
    ...     }
    ... )
    >>> found = alara.audit(frame, "us_forward")
    >>> found.cases[["procedure_id", "us_review"]].values.tolist()
    [['knee', 'alternative exists'], ['esi_il_lumbar', 'contested']]
    >>> found.headline.alternative["us_forward"]
    Share(count=2, of=2)
    """
    from pathlib import Path

    from alara.audit.frames import completed, only_site, whole_period
    from alara.audit.period import Period
    from alara.audit.run import run
    from alara.knowledge import load

    whole = completed(frame)
    return run(
        whole,
        period=Period.parse(period) if period else whole_period(whole["started"]),
        knowledge=load(Path(knowledge) if knowledge is not None else None),
        policy=policy,
        background=background,
        site=site or only_site(whole),
    )
