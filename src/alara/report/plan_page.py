"""The files of a plan alone: ``plan.csv``, ``columns.csv`` and ``plan.html``, which needs no network and no script."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace

from markupsafe import Markup

from alara.audit.plan import Plan
from alara.report.csv import columns_csv
from alara.report.manifest import sha256
from alara.report.methods import references
from alara.report.page import content_policy, environment, style_sheet
from alara.report.plan import plan_csv
from alara.report.plan_columns import PLAN
from alara.report.plan_view import plan_view
from alara.report.sentences import FOOTER

__all__ = ["plan_files"]


def plan_files(plan: Plan) -> Mapping[str, bytes]:
    """The bytes of each file by name; same plan, same bytes."""
    groups = plan_csv(plan)
    return {"plan.csv": groups, "columns.csv": columns_csv({"plan.csv": PLAN}), "plan.html": _page(plan, groups)}


def _page(plan: Plan, groups: bytes) -> bytes:
    """The section of an audit's page as a page of its own; every text in it is escaped."""
    style = style_sheet("report.css")
    html = (
        environment()
        .get_template("plan_page.html")
        .render(
            view=SimpleNamespace(plan=plan_view(plan)),
            made_of=plan,
            references=tuple(references(plan.references)),
            versions=(("knowledge, SHA-256", plan.knowledge_digest), ("plan.csv, SHA-256", sha256(groups))),
            style=Markup(style),  # noqa: S704 - our own style sheet, which holds no text of a user's
            policy=content_policy(style),
            footer=FOOTER,
        )
    )
    return html.encode("utf-8")
