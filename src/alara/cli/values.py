"""What a shell offers for a value: periods, cases, ids of the knowledge, peers. Never slow, never an error."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import click
from click.shell_completion import CompletionItem

from alara.config import Config, load, settings
from alara.errors import AlaraError

__all__ = ["REASONS", "cases", "ids", "peers", "periods", "reasons", "reviewed_cases"]

Completion = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]
#: The flags of an audit; to ask it for them takes longer than a shell may wait.
REASONS: Final = ("substantial_dose", "implausible", "stands_out", "incomplete", "contested", "alternative_exists")


def _offered(find: Callable[[Config, click.Context, str], Iterable[tuple[str, str]]]) -> Completion:
    """A completion by what a function finds for what was typed; nothing where it cannot."""

    def complete(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
        try:
            return [CompletionItem(value, help=about or None) for value, about in find(_config(ctx), ctx, incomplete)]
        except (AlaraError, sqlite3.Error, OSError, ValueError):
            return []  # the command itself says what is wrong

    return complete


def _config(ctx: click.Context) -> Config:
    """The settings, with the flags that stand before what is completed."""
    flags = {name: value for name, value in ctx.params.items() if name in settings() and value not in (None, ())}
    file = ctx.params.get("config_path")
    return load(flags, file=Path(file) if file else None)


def _periods(config: Config, ctx: click.Context, incomplete: str) -> Iterable[tuple[str, str]]:
    from alara.app import completing

    of_one_site = any(parameter.name == "site" for parameter in ctx.command.params)
    return ((period, "") for period in completing.periods(config, incomplete, every_site=not of_one_site))


def _cases(config: Config, _ctx: click.Context, incomplete: str) -> Iterable[tuple[str, str]]:
    from alara.app import completing

    return completing.cases(config, incomplete)


def _reviewed_cases(config: Config, _ctx: click.Context, incomplete: str) -> Iterable[tuple[str, str]]:
    from alara.app import completing

    return completing.reviewed_cases(config, incomplete)


def ids(table: str) -> Completion:
    """A completion by the ids of a table of the knowledge: procedures, policies, backgrounds."""

    def found(config: Config, _ctx: click.Context, incomplete: str) -> Iterable[tuple[str, str]]:
        from alara.app import completing

        return completing.entries(config, table, incomplete)

    return _offered(found)


periods: Final = _offered(_periods)
cases: Final = _offered(_cases)
reviewed_cases: Final = _offered(_reviewed_cases)
peers: Final = _offered(
    lambda config, _ctx, incomplete: (
        (name, peer.address) for name, peer in config.peers.items() if name.startswith(incomplete)
    )
)
reasons: Final = _offered(lambda _config, _ctx, incomplete: ((r, "") for r in REASONS if r.startswith(incomplete)))
