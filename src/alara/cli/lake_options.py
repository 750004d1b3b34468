"""The flags by which a command reads a dataset in place of the database."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from alara.app.audit_source import Lake

__all__ = ["lake_of", "lake_options", "with_lake"]


def lake_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``lake``, ``engine`` and ``master``, for :func:`lake_of`."""
    options = (
        click.option(
            "--from",
            "lake",
            type=click.Path(path_type=Path, file_okay=False),
            metavar="DIR",
            help="Read a dataset of alara export in place of the database.",
        ),
        click.option(
            "--engine",
            type=click.Choice(["pandas", "duckdb", "spark"]),
            default="pandas",
            show_default=True,
            help="What computes; all give the same files. Of a database duckdb computes grouped statistics.",
        ),
        click.option("--master", default="local[*]", show_default=True, metavar="URL", help="Where Spark is."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def lake_of(folder: Path | None, engine: str, master: str, *, groups_only: bool = True) -> Lake | None:
    """The dataset that the flags name; ``None`` for the database and pandas.

    Of a database DuckDB computes grouped statistics; all else asks what only the database knows around the cases.
    """
    from alara.app.audit_source import Lake
    from alara.errors import UsageError

    if folder is None and engine == "duckdb" and not groups_only:
        raise UsageError(
            "From a database --engine duckdb computes grouped statistics.",
            hint="Add --groups-only; or alara export --parquet DIR, then --from DIR.",
        )
    if folder is None and engine == "spark":
        raise UsageError(f"--engine {engine} reads a dataset.", hint="alara export --parquet DIR, then --from DIR.")
    return Lake(folder, engine, master) if folder is not None or engine != "pandas" else None


def with_lake(text: str, lake: Lake | None) -> str:
    """A sentence whose ``alara audit`` reads the same dataset, by the same engine."""
    if lake is None or lake.folder is None:
        return text
    engine = "" if lake.engine == "pandas" else f" --engine {lake.engine}"
    return text.replace("alara audit ", f"alara audit --from {shlex.quote(str(lake.folder))}{engine} ")
