"""What commands share: settings as flags, ``--debug``, ``--json``, logging and progress."""

from __future__ import annotations

import functools
import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from alara import config as configuration
from alara.cli.values import ids
from alara.cli.wrong_use import Command
from alara.config import Config
from alara.errors import AlaraError, ConfigError
from alara.settings_values import ae_title, database

if TYPE_CHECKING:
    from rich.console import Console

__all__ = [
    "CHECK_THE_PATH",
    "as_json",
    "command",
    "console",
    "echo_files",
    "echo_json",
    "is_ae_title",
    "is_database",
    "log_to_stderr",
    "settings_sentence",
    "with_config",
]

#: What to do when the disk refuses in a way that nobody foresaw.
CHECK_THE_PATH = "check the path and who may use it; alara doctor looks at alara's own folders."

F = TypeVar("F", bound=Callable[..., Any])


def command(name: str, example: str) -> Callable[[Callable[..., None]], click.Command]:
    """A command with an example at the end of its help and ``--debug`` among its options."""

    def decorate(function: Callable[..., None]) -> click.Command:
        debug = click.option("--debug", is_flag=True, expose_value=False, help="Show a traceback on errors.")
        return click.command(name, cls=Command, epilog=f"Example: {example}")(debug(function))

    return decorate


def with_config(*names: str, takes_in: bool = False) -> Callable[[F], F]:
    """Give a command ``config: Config``, and each named setting (and ``--config``) as a flag.

    One that ``takes_in`` reports writes under the site, and refuses a name that the settings file has no table for.
    """

    def decorate(function: F) -> F:
        @functools.wraps(function)
        def wrapper(*args: Any, config_path: str | None, **kwargs: Any) -> Any:
            flags = {name: None if (value := kwargs.pop(name)) == () else value for name in names}
            if config_path is not None and not config_path.strip():
                raise ConfigError("--config names no file.", hint="--config FILE, or leave it out.")
            config = configuration.load(flags, file=None if config_path is None else Path(config_path))
            with _hints_of(config):
                if takes_in:
                    config.check_writing()
                return function(*args, config=config, **kwargs)

        meanings = configuration.settings()
        wrapped: Any = wrapper
        wrapped = click.option(
            "--config", "config_path", type=click.Path(), metavar="FILE", help="Settings file (alara.toml)."
        )(wrapped)
        for name in reversed(names):
            flag = f"--{name.replace('_', '-')}"
            meaning = f"{meanings[name][0].upper()}{meanings[name][1:]}."
            wrapped = click.option(flag, name, help=meaning, **_HOW.get(name, {"metavar": _metavar(name)}))(wrapped)
        return wrapped  # type: ignore[no-any-return]

    return decorate


@contextmanager
def _hints_of(config: Config) -> Iterator[None]:
    """What goes wrong in here names the next command as it must be typed for these settings."""
    try:
        yield
    except AlaraError as error:
        error.hint = config.here(error.hint)
        raise
    except OSError as error:
        error.add_note(config.here(CHECK_THE_PATH))
        raise


def settings_sentence(config: Config) -> str:
    """Which settings file was taken, for people; a file of the folder is taken without being named."""
    return f"Settings from {config.file}." if config.file else "No settings file: defaults, environment and flags."


#: Settings that are not one value each on the command line.
_HOW: dict[str, dict[str, Any]] = {
    "require_called_aet": {"is_flag": True, "default": None},
    "allowed_calling": {"multiple": True, "metavar": "AET"},
    "allowed_addresses": {"multiple": True, "metavar": "NETWORK"},
    "log_json": {"is_flag": True, "default": None},
    "data_dir": {"metavar": "DIR", "type": click.Path()},
    "database": {"metavar": "DATABASE", "type": click.Path()},
    "key_file": {"metavar": "FILE", "type": click.Path()},
    "tls_certificate": {"metavar": "CERTIFICATE", "type": click.Path()},
    "tls_key": {"metavar": "KEY", "type": click.Path()},
    "tls_client_ca": {"metavar": "CA", "type": click.Path()},
    "policy": {"metavar": "POLICY", "shell_complete": ids("policies")},
    "background": {"metavar": "BACKGROUND", "shell_complete": ids("backgrounds")},
    "knowledge": {"metavar": "DIR", "type": click.Path()},
    "slots_per_week": {"metavar": "N"},
}


def _metavar(name: str) -> str:
    return name.rsplit("_", 1)[-1].upper()


def is_ae_title(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Check an argument that is an AE title, where it is given."""
    try:
        return None if value is None else ae_title(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} {error}.") from error


def is_database(_ctx: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Check an argument that is a SQLite file or a URL; what it was is not said, since it may hold a password."""
    try:
        return database(value)
    except ValueError as error:
        raise click.BadParameter(f"it {error}.") from error


as_json = click.option("--json", "json_output", is_flag=True, help="Print JSON for programs.")


def echo_json(value: object) -> None:
    """Print a value as JSON: indented, keys as given, dates in ISO 8601, missing as null."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str, allow_nan=False))


def echo_files(files: Sequence[Path]) -> None:
    """Say which files were written, one a line."""
    click.echo("\nWritten:")
    for path in files:
        click.echo(f"  {path}")


def console(*, stderr: bool = False) -> Console:
    """A console that is plain when piped and honours ``NO_COLOR``.

    Paragraphs keep to its width; in a pipe they are one line each, unless ``COLUMNS`` says how wide its reader is.
    """
    from alara.report.terminal import Terminal

    stream = sys.stderr if stderr else sys.stdout
    has_width = stream.isatty() or os.environ.get("COLUMNS", "").isdigit()
    return Terminal(file=stream, highlight=False, soft_wrap=not has_width)


def log_to_stderr(*, as_objects: bool = False) -> None:
    """One line an event on standard error, with the time in UTC; JSON when ``as_objects``."""
    from alara.logs import JsonLines, TextLines

    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines() if as_objects else TextLines())
    logger = logging.getLogger("alara")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
