"""Sites side by side, by procedure: grouped statistics, and nothing of a single case.

No sum or share over sites is told, and none of a site's procedures together:
with these a group that is too small to show could be worked out by subtraction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pandas as pd
from rich.console import Console
from rich.text import Text

from alara.audit import Audit
from alara.report import numbers, terminal
from alara.report.columns import SITES
from alara.report.csv import frame_csv
from alara.report.files import put
from alara.report.manifest import sha256
from alara.report.sentences import period_words

__all__ = ["print_sites", "sites_frame", "write_sites"]

#: Sites that fit beside each other on a terminal, and procedures below each other.
_SITES_SHOWN, _ROWS_SHOWN = 4, 25


def sites_frame(audits: Mapping[str, Audit]) -> pd.DataFrame:
    """The summaries of all sites, one below the other, with the columns of ``SITES``."""
    parts = [audit.summary.assign(site=site) for site, audit in audits.items()]
    return pd.concat(parts, ignore_index=True)[[column.name for column in SITES]]


def write_sites(audits: Mapping[str, Audit], folder: Path) -> tuple[Path, ...]:
    """Write ``sites.csv``, and ``sites.json`` with what each site's numbers were made with.

    Raises
    ------
    StorageError
        When the folder or a file in it cannot be written.
    """
    made = {"sites.csv": frame_csv(sites_frame(audits), SITES)}
    first = next(iter(audits.values()))
    document = {
        "alara": first.version,
        "files": {name: {"sha256": sha256(content), "size_bytes": len(content)} for name, content in made.items()},
        "period": {
            "label": first.period.label,
            "start": first.period.start.isoformat(),
            "end_exclusive": first.period.end.isoformat(),
        },
        "sites": {
            site: {
                "background": audit.background.id,
                "knowledge_sha256": audit.knowledge_digest,
                "policy": audit.policy,
            }
            for site, audit in audits.items()
        },
    }
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    return put({**made, "sites.json": text.encode()}, folder)


def print_sites(audits: Mapping[str, Audit], console: Console) -> None:
    """Print the medians of P_KA by procedure and site, the most frequent procedures first."""
    frame = sites_frame(audits)
    known = frame[frame["p_ka_median_gycm2"].notna()]
    first = next(iter(audits.values()))
    console.print(Text(f"Median P_KA in Gy·cm² by procedure and site, {period_words(first.period)}.", style="bold"))
    names = list(audits)[:_SITES_SHOWN]
    order = known.groupby("procedure_name")["n"].sum().sort_values(ascending=False, kind="stable").index
    table = terminal.table(apart=True)
    table.add_column("Procedure", max_width=27, no_wrap=True, overflow="ellipsis")
    for name in names:
        table.add_column(Text(name), justify="right", no_wrap=True)
    columns = known[["procedure_name", "site", "p_ka_median_gycm2"]]
    cells = {
        (str(row["procedure_name"]), str(row["site"])): row["p_ka_median_gycm2"] for row in columns.to_dict("records")
    }
    for procedure in order[:_ROWS_SHOWN]:
        values = (cells.get((str(procedure), name)) for name in names)
        table.add_row(Text(str(procedure)), *(numbers.significant(value) for value in values))
    console.print(table)
    more = len(audits) - len(names)
    rest = f"{more} more sites and everything else" if more else "Everything else"
    console.print(Text(f"{rest}: sites.csv. Groups of fewer than five are left out.", style="dim"))
