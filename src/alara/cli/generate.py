"""``alara generate``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from alara.cli.options import command, console, with_config
from alara.config import Config
from alara.words import counted

if TYPE_CHECKING:
    from alara.app.generating import Population

_FOLDER = click.Path(path_type=Path, file_okay=False)


def _audit(population: Population, config: Config) -> str:
    """The whole command that audits the last month of what was made."""
    from alara.samples.population import site_names

    (site, *_) = site_names(population.sites)
    return config.here(f"alara audit {population.last_year}-12 --site {site}")


@command("generate", "alara generate --procedures 1000000 --out lake")
@click.option("--procedures", type=click.IntRange(1), required=True, metavar="N", help="How many, all together.")
@click.option("--sites", type=click.IntRange(1), default=8, show_default=True, help="Sites that did them.")
@click.option("--years", type=click.IntRange(1), default=2, show_default=True, help="Years that they span.")
@click.option(
    "--last-year", type=click.IntRange(1900, 9998), default=2026, show_default=True, help="The last of these."
)
@click.option("--seed", type=click.IntRange(0), default=2026, show_default=True, help="The same seed gives the same.")
@click.option("--out", "dataset", type=_FOLDER, metavar="DIR", help="Write a Parquet dataset, for alara audit --from.")
@click.option("--reports", type=_FOLDER, metavar="DIR", help="Write a DICOM dose report for each, for alara import.")
@with_config("database")
def generate_command(
    config: Config,
    procedures: int,
    sites: int,
    years: int,
    last_year: int,
    seed: int,
    dataset: Path | None,
    reports: Path | None,
) -> None:
    """Make up procedures of many sites, for trials of size.

    Into a dataset (--out), into DICOM reports (--reports), or as rows into an
    empty database (--database) that has no reports behind them. Doses are
    around published medians; no patient, no clinic and no C-arm in them exists.
    """
    from alara.app.generating import Population, generate_database, generate_dataset, generate_reports

    given = [dataset is not None, reports is not None, config.sources["database"] == "--database"]
    if sum(given) != 1:
        raise click.UsageError("Name one of --out, --reports and --database.")
    population = Population(procedures, sites, years, last_year, seed)
    with console(stderr=True).status("Making …") as spinner:

        def told(year: int, month: int) -> None:
            spinner.update(f"Making … {year}-{month:02}")

        if dataset is not None:
            made = generate_dataset(population, dataset, told)
            click.echo(f"{counted(made.rows, 'procedure')} in {counted(made.written, 'file')} of {dataset}.")
        elif reports is not None:
            click.echo(f"{generate_reports(population, reports, told):,} reports in {reports}, a folder for each site.")
        else:
            click.echo(f"{generate_database(population, config, told):,} procedures in the database.")
            click.echo(f"To audit a month of its largest site: {_audit(population, config)}")
