"""``alara explain``."""

from __future__ import annotations

import click

from alara.cli.options import as_json, command, echo_json, with_config
from alara.cli.values import cases
from alara.config import Config


@command("explain", "alara explain k3v5m2qa7xwd")
@click.argument("case", shell_complete=cases)
@with_config("data_dir", "database", "policy", "background", "knowledge")
@as_json
def explain_command(config: Config, case: str, json_output: bool) -> None:
    """Walk from why the audit asks about a case to the file it read.

    Flag, rule, threshold, citation with its status, the numbers of the case,
    the content item that each value stands in, the SOP Instance UID, and the
    file with its digest, which is computed anew. CASE is a case id or its
    beginning. Exits with 3 when a file is missing or changed.
    """
    from alara.app.explain import explain
    from alara.report.explain_text import explained_lines
    from alara.report.explained import FileState, explained_as_dict

    found = explain(config, case)
    if json_output:
        echo_json(explained_as_dict(found))
    else:
        click.echo("\n".join(explained_lines(found)))
    if any(source.state is not FileState.VERIFIED for source in found.sources):
        raise SystemExit(3)
