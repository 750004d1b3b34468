"""``alara samples`` and ``alara demo``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from alara.cli.options import command, console
from alara.words import counted


@command("samples", "alara samples sample_rdsr --month 2026-10")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), default=Path("sample_rdsr"))
@click.option("--month", default="2026-10", show_default=True, help="Month in which the synthetic clinic works.")
@click.option("--seed", default=2026, show_default=True, help="The same seed gives the same bytes.")
def samples_command(folder: Path, month: str, seed: int) -> None:
    """Write the synthetic month of dose reports.

    FOLDER is made when it does not exist. Every report is made up: no patient, no clinic and no C-arm in it exists.
    """
    from alara.samples import write_month

    with console(stderr=True).status("Writing samples …"):
        count = write_month(folder, seed=seed, month=month)
    click.echo(
        f"{counted(count, 'report')} written to {folder / month}; next to each, what it means: NAME.expected.json."
    )


@command("demo", "alara demo")
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("demo"),
    show_default=True,
    help="Folder for everything that the demonstration writes; its data are replaced.",
)
def demo_command(folder: Path) -> None:
    """Run the whole way once on the synthetic month.

    Starts a node on a free port, sends it a month of made-up reports over
    DICOM, audits the month, and leaves nothing running.
    """
    from alara.app.demo import run_demo
    from alara.cli.audit import tell
    from alara.config import load

    run = run_demo(folder, say=click.echo)
    tell(run, load(environ={}, file=folder / "alara.toml"))
    click.echo(f"\nAsk it more: {_as_called()} status --config {folder}/alara.toml")


def _as_called() -> str:
    """How to call alara from here: a path below this folder, else the name alone."""
    program = Path(sys.argv[0]).absolute()
    return str(program.relative_to(Path.cwd())) if program.is_relative_to(Path.cwd()) else "alara"
