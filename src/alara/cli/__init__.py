"""The command line: parse flags, call ``alara.app``, print. Commands are imported when they are called."""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
from typing import NoReturn

import click

from alara._version import __version__
from alara.cli.wrong_use import Group, explained
from alara.errors import AlaraError, ConfigError, DatabaseMissing, NothingFound, UnreadableReport

__all__ = ["cli", "main"]

#: Command → (module, one line of help). The help stands here so that ``alara --help`` imports nothing.
COMMANDS = {
    "init": ("start", "Write an alara.toml that explains each setting."),
    "listen": ("node", "Receive dose reports from C-arms over DICOM."),
    "import": ("data", "Import dose reports from files, folders and zip archives."),
    "fetch": ("fetch", "Fetch past dose reports from an archive, by DICOM or DICOMweb."),
    "audit": ("audit", "Audit a month (or quarter, year, range): CSVs and a page."),
    "read": ("data", "Read one dose report and print what it says; needs no database."),
    "classify": ("classify", "Say which procedure a description names."),
    "catalogue": ("catalogue", "The catalogue of procedures, and the site's own map of words."),
    "dose": ("dose", "Estimate effective dose and peak skin dose from a dose reading."),
    "plan": ("plan", "Whom to route to ultrasound first, with so many slots a week."),
    "policy": ("policy", "The ultrasound policies: show, reasons, check, diff."),
    "review": ("review", "The cases that the audit asks about: list, show, close, reopen."),
    "explain": ("explain", "Walk from why the audit asks about a case to the file it read."),
    "list": ("inspect", "List what the database holds."),
    "show": ("inspect", "Show one case: planes, events, reports, findings."),
    "status": ("status", "Who sends what, and what waits or is set aside."),
    "quarantine": ("quarantine", "What could not be read: list, show, retry, drop."),
    "doctor": ("inspect", "Check the installation; name the next command for each failure."),
    "db": ("db", "The database: info, upgrade, move, roles."),
    "reingest": ("reingest", "Read all that was kept again, and show what changes before it changes."),
    "compare": ("compare", "Compare sites by procedure: grouped statistics, and no single case."),
    "export": ("export", "Write the procedures of all sites as a Parquet dataset."),
    "backup": ("backup", "Copy the database and the inbox while the node runs."),
    "restore": ("backup", "Bring a backup back."),
    "echo": ("node", "Ask a DICOM node whether it answers (C-ECHO)."),
    "send": ("node", "Send dose reports to a DICOM node (C-STORE)."),
    "ingest": ("node", "Read what waits in the inbox into the database."),
    "samples": ("samples", "Write the synthetic month of dose reports."),
    "generate": ("generate", "Make up procedures of many sites, for trials of size."),
    "demo": ("samples", "Run the whole way once on the synthetic month."),
    "completion": ("start", "Print the script that completes commands, options and values in a shell."),
}


#: What to do after a command was stopped.
_WHEN_STOPPED = dict.fromkeys(
    ("import", "ingest", "fetch", "export", "reingest"), "run it again; what is done already is passed over."
) | {
    "generate": "what was made is a part: remove it, and run it again.",
    "db move": "run it again; the target has no row, though its tables may be there.",
}


class _ReaderHasGone(Exception):
    """Nobody reads any more what a command writes into a pipe."""


class _LazyGroup(Group):
    """Lists its commands from :data:`COMMANDS` and imports a command's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"alara.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except BrokenPipeError as error:  # click would end with 1
            raise _ReaderHasGone from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=_LazyGroup,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="First steps: alara demo. With a C-arm: alara listen, then alara status, then alara audit 2026-10.",
)
@click.version_option(__version__, message="alara %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """The dose node of a clinic that puts needles into joints and spines.

    C-arms send their Radiation Dose Structured Reports here; alara keeps every
    one, reads air kerma, kerma-area product and fluoroscopy time, and audits
    the month: which cases ultrasound could have guided, what the dose amounts
    to in days of natural background, and what to do next.
    """
    if ctx.invoked_subcommand is None:
        from alara.cli.start import show_next_steps

        show_next_steps()


def main(args: list[str] | None = None) -> NoReturn:
    """Run the command line and exit: 0 done, 1 unforeseen, 2 wrong use, 3 and above as ``alara.errors`` says."""
    arguments = sys.argv[1:] if args is None else args
    logging.getLogger("alara").addHandler(logging.NullHandler())  # commands that log to the terminal say so
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a letter shows a question mark
    try:
        result = cli.main(arguments, prog_name="alara", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()  # the help of the group: which commands it has
        sys.exit(error.exit_code)
    except click.ClickException as error:
        _tell(explained(error), arguments)
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("alara: stopped.", err=True)
        words = " ".join(arguments[:2])
        if following := next((hint for name, hint in _WHEN_STOPPED.items() if words.startswith(name)), ""):
            click.echo(f"  next: {following}", err=True)
        sys.exit(130)
    except _ReaderHasGone:
        _end_of_pipe()
    except Exception as error:
        if "--debug" in arguments:
            raise
        _tell(error, arguments)
        sys.exit(error.exit_code if isinstance(error, AlaraError) else 1)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _end_of_pipe()
    sys.exit(result if isinstance(result, int) else 0)


def _end_of_pipe() -> NoReturn:
    """End as other tools do when the reader of a pipe has gone (SIGPIPE), with nothing more to say to anyone."""
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - not a path of ours
        os.dup2(nowhere.fileno(), sys.stdout.fileno())  # what is still to be flushed goes there
    sys.exit(141)


def _nothing_here(arguments: list[str]) -> str:
    """Where settings and data were looked for, when nobody said where they are and neither is there."""
    if {word.partition("=")[0] for word in arguments} & {"--config", "--data-dir", "--database"}:
        return ""
    from alara.app.next_steps import looked_for
    from alara.config import config_file, load

    return looked_for(load(), settings=config_file(os.environ))


def _tell(error: Exception, arguments: list[str]) -> None:
    if isinstance(error, AlaraError):
        reason = f" ({error.reason.value})" if isinstance(error, UnreadableReport) else ""
        faults = error.faults if isinstance(error, ConfigError) else ()
        click.echo(f"alara: {error.headline if isinstance(error, ConfigError) else error.message}{reason}", err=True)
        for fault in faults:
            click.echo(f"  - {fault}", err=True)
        if error.hint:
            click.echo(f"  next: {error.hint}", err=True)
        if isinstance(error, (DatabaseMissing, NothingFound)) and (empty := _nothing_here(arguments)):
            click.echo(f"  here: {empty}", err=True)
    elif isinstance(error, OSError) and error.strerror:
        from alara.cli.options import CHECK_THE_PATH

        where = f" ({error.filename})" if error.filename else ""
        click.echo(f"alara: {error.strerror}{where}.", err=True)
        click.echo(f"  next: {next(iter(getattr(error, '__notes__', ())), CHECK_THE_PATH)}", err=True)
    else:
        click.echo(f"alara: an error that nobody foresaw: {type(error).__name__}.", err=True)
        click.echo("  next: the same command with --debug shows where; please report it.", err=True)
