"""``alara policy``."""

from __future__ import annotations

from pathlib import Path

import click

from alara.cli.options import as_json, command, console, echo_json, with_config
from alara.cli.values import ids, periods
from alara.cli.wrong_use import Group
from alara.config import Config


@click.group("policy", cls=Group, epilog="Example: alara policy show capacity_aware")
def policy_command() -> None:
    """The ultrasound policies: show, reasons, check, diff."""


@command("show", "alara policy show capacity_aware")
@click.argument("policy_id", required=False, metavar="[ID]", shell_complete=ids("policies"))
@with_config("data_dir", "knowledge")
@as_json
def show_command(config: Config, policy_id: str | None, json_output: bool) -> None:
    """Show what each policy counts as an alternative; with ID, which procedures those are."""
    from alara.app.catalogue import knowledge_of
    from alara.audit.ultrasound import policy
    from alara.report.policy import policy_as_dict, print_policies

    knowledge = knowledge_of(config)
    entries = [policy(knowledge, policy_id)] if policy_id else list(knowledge.policies.values())
    if json_output:
        policies = [policy_as_dict(entry, knowledge) for entry in entries]
        echo_json({"knowledge_sha256": knowledge.digest, "policies": policies})
    else:
        print_policies(entries, knowledge, console())


@command("reasons", "alara policy reasons")
@with_config("data_dir", "knowledge")
@as_json
def reasons_command(config: Config, json_output: bool) -> None:
    """Show the reasons and exceptions of the ultrasound review, and what would have to be known.

    And what the site's own files say: us_rooms.toml and us_operators.toml of the
    knowledge folder (docs/methods/ultrasound-review.md).
    """
    from alara.app.catalogue import knowledge_of
    from alara.report.reasons import print_reasons, reasons_as_dict

    knowledge = knowledge_of(config)
    if json_output:
        echo_json(reasons_as_dict(knowledge))
    else:
        print_reasons(knowledge, console())


@command("check", "alara policy check site-knowledge/")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@with_config("data_dir", "knowledge")
@as_json
def check_command(config: Config, folder: Path | None, json_output: bool) -> None:
    """Check the knowledge with the site's own files laid over it; all errors at once.

    Of the site's folder, or of DIR before it becomes that. Exits with 2 when
    something is wrong.
    """
    from alara.app.policy import check

    done = check(folder or config.overlay)
    digest = done.knowledge.digest
    if json_output:
        counts = {"grades_proposed": done.proposals, "coefficients_recalled": done.recalled}
        changed = {name: {"replaced": done.replaced[name], "added": done.added[name]} for name in done.added}
        echo_json({"folder": done.folder and str(done.folder), "tables": changed, "knowledge_sha256": digest, **counts})
        return
    procedures, coefficients = done.knowledge.procedures, done.knowledge.coefficients
    click.echo(f"The knowledge is consistent: {len(procedures):,} procedures. Knowledge {digest[:12]}.")
    click.echo(
        f"Without a source that was seen: the grades of {done.proposals:,} of {len(procedures):,} procedures are"
        f" proposals, and {done.recalled:,} of {len(coefficients):,} coefficients are recalled."
    )
    click.echo(f"The site's own files: {done.folder or 'none'}")
    for name in done.added:
        for what, names in (("replaces", done.replaced[name]), ("adds", done.added[name])):
            if names:
                click.echo(f"  {name}: {what} {', '.join(names)}")


@command("diff", "alara policy diff capacity_aware us_forward --month 2026-10")
@click.argument("first", metavar="A", shell_complete=ids("policies"))
@click.argument("second", metavar="B", shell_complete=ids("policies"))
@click.option(
    "--month",
    required=True,
    metavar="PERIOD",
    shell_complete=periods,
    help="2026-10, 2026-Q4, 2026, or 2026-10-01..2026-10-15.",
)
@with_config("data_dir", "database", "background", "site", "knowledge")
@as_json
def diff_command(config: Config, first: str, second: str, month: str, json_output: bool) -> None:
    """Show which cases of a month two policies see differently.

    A and B are policies by id. POLICY@DIR is a policy with the knowledge of a
    folder in place of the site's own: what would change if that folder became it.
    """
    from alara.app.policy import Side, diff
    from alara.report.policy import changes_as_dicts, print_changes

    found = diff(config, first, second, month)

    def side(one: Side) -> dict[str, str | None]:
        folder = str(one.folder) if one.folder else None
        return {"policy": one.policy, "folder": folder, "knowledge_sha256": one.audit.knowledge_digest}

    if json_output:
        echo_json(
            {
                "period": found.period.label,
                "site": config.site,
                "first": side(found.first),
                "second": side(found.second),
                "procedures": found.procedures,
                "differ": len(found.cases),
                "cases": changes_as_dicts(found.cases),
            }
        )
        return
    print_changes(found.cases, found.procedures, (first, second), console())
    digests = dict.fromkeys(one.audit.knowledge_digest[:12] for one in (found.first, found.second))
    click.echo(f"Knowledge {', '.join(digests)}.")


for _member in (show_command, reasons_command, check_command, diff_command):
    policy_command.add_command(_member)
