"""Wrong use of the command line in alara's own words: one sentence, and the next command."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from alara.alike import did_you_mean
from alara.errors import UsageError

__all__ = ["Command", "Group", "explained"]


_NOT_A_CHOICE = re.compile(r"'(.*)' is not one of ")


class _Missing(click.UsageError):
    """Arguments and options that a command cannot do without, all of those that were not given."""

    def __init__(self, missing: list[click.Parameter], ctx: click.Context) -> None:
        super().__init__(f"{ctx.command_path} needs {_listed([_asked(each) for each in missing])}.", ctx)


class Command(click.Command):
    """A command that asks for everything it needs at once, and not for one thing after the other."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given = list(args)  # click takes them out of the list as it reads them
        try:
            return super().parse_args(ctx, args)
        except click.MissingParameter as error:
            raise _Missing(list(self._missing(ctx, given)), ctx) from error
        except click.UsageError as error:
            error.ctx = error.ctx or ctx  # click's parser does not always know whose arguments it reads
            raise

    def _missing(self, ctx: click.Context, args: list[str]) -> Iterator[click.Parameter]:
        again = click.Context(self, parent=ctx.parent, info_name=ctx.info_name, resilient_parsing=True)
        super().parse_args(again, args)
        for parameter in self.get_params(ctx):
            if parameter.required and again.params.get(parameter.name or "") in (None, ()):
                yield parameter


class Group(click.Group):
    """A group that knows what was meant by a command that it does not have."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-") and not ctx.resilient_parsing:
            raise _NoCommand(name, self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)


class _NoCommand(click.UsageError):
    def __init__(self, name: str, known: list[str], ctx: click.Context) -> None:
        super().__init__(f"There is no command {name!r} of {ctx.command_path}.", ctx)
        self.meant = did_you_mean(name, known, f"{ctx.command_path} ")


def explained(error: click.ClickException) -> UsageError:
    """What click says of wrong use, as an error of alara's."""
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else "alara"
    return UsageError(_sentence(error, path), hint=_hint(error, ctx, path))


def _sentence(error: click.ClickException, path: str) -> str:
    if isinstance(error, click.NoSuchOption):
        return f"{path} has no option {error.option_name}."
    if isinstance(error, click.BadOptionUsage):
        return f"{path} {error.option_name} needs a value."
    if isinstance(error, click.BadParameter):
        return f"{_name(error)}: {_ended(error.message)}"
    return _ended(error.message)


def _hint(error: click.ClickException, ctx: click.Context | None, path: str) -> str:
    help_of = f"{path} --help"
    if isinstance(error, _NoCommand):
        return f"{error.meant}{help_of} shows all commands."
    if isinstance(error, click.NoSuchOption) and ctx is not None:
        known = [name for each in ctx.command.get_params(ctx) for name in each.opts if name.startswith("--")]
        return f"{did_you_mean(error.option_name, known)}{help_of} shows all options."
    if isinstance(error, click.BadParameter) and (meant := _meant(error)):
        return f"{meant}{help_of} shows what there is."
    example = (ctx.command.epilog or "").removeprefix("Example: ") if ctx is not None else ""
    return f"{example}  ({help_of})" if example.startswith(path) else help_of


def _meant(error: click.BadParameter) -> str:
    """Which choice a value that is none of them may mean; click says the value in its message alone."""
    typed = _NOT_A_CHOICE.match(error.message)
    if typed is None or error.param is None or not isinstance(error.param.type, click.Choice):
        return ""
    return did_you_mean(typed[1], [str(choice) for choice in error.param.type.choices])


def _name(error: click.BadParameter) -> str:
    if error.param is None:
        return error.param_hint if isinstance(error.param_hint, str) else "A value"
    return error.param.opts[-1] if isinstance(error.param, click.Option) else _asked(error.param)


def _asked(parameter: click.Parameter) -> str:
    """A parameter as it is to be typed: CASE, --by CODE."""
    if not isinstance(parameter, click.Option):
        return parameter.human_readable_name
    long = max(parameter.opts, key=len)
    if isinstance(parameter.type, click.Choice):
        return f"{long} {'|'.join(map(str, parameter.type.choices))}"
    return f"{long} {parameter.metavar or ''}".rstrip()


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _ended(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."
