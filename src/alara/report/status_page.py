"""The status as one self-contained file: no network, no script; for a screen on the wall or an intranet folder."""

from __future__ import annotations

from markupsafe import Markup

from alara.report.page import content_policy, environment, style_sheet
from alara.report.status_view import StatusView

__all__ = ["status_page"]


def status_page(view: StatusView) -> bytes:
    """The page of one moment; every text in it is escaped."""
    style = style_sheet("report.css", "status.css")
    html = (
        environment()
        .get_template("status.html")
        .render(
            view=view,
            style=Markup(style),  # noqa: S704 - our own style sheets, which hold no text of a user's
            policy=content_policy(style),
            verdict=_verdict(view),
        )
    )
    return html.encode("utf-8")


def _verdict(view: StatusView) -> str:
    if not view.problems:
        return "All is well."
    count = len(view.problems)
    return "One thing wants seeing to." if count == 1 else f"{count} things want seeing to."
