"""The flags by which a command reads a dataset in place of the database."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from alara.app.audit_source import Lake

__all__ = ["lake_of", "lake_options"]


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
            help="What computes over the dataset; all give the same files.",
        ),
        click.option("--master", default="local[*]", show_default=True, metavar="URL", help="Where Spark is."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def lake_of(folder: Path | None, engine: str, master: str) -> Lake | None:
    """The dataset that the flags name; ``None`` for the database, which only pandas reads."""
    from alara.app.audit_source import Lake
    from alara.errors import UsageError

    if folder is None and engine != "pandas":
        raise UsageError(f"--engine {engine} reads a dataset.", hint="alara export --parquet DIR, then --from DIR.")
    return Lake(folder, engine, master) if folder is not None else None
