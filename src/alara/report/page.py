"""``report.html``: one self-contained file that needs no network, runs no script and prints on A4.

The style sheet is inlined and named by its hash in the Content-Security-Policy;
everything else is forbidden. Every text is escaped by the template engine.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined, Template
from markupsafe import Markup

from alara.audit import Audit
from alara.knowledge import Knowledge
from alara.report import numbers
from alara.report.sentences import FOOTER
from alara.report.view import build

__all__ = ["page"]


def page(audit: Audit, knowledge: Knowledge, digests: Sequence[tuple[str, str]]) -> bytes:
    """The page of an audit.

    Parameters
    ----------
    audit, knowledge
        The audit and the knowledge that it was made with.
    digests
        Names and SHA-256 of the files that are written beside the page, for its last section.
    """
    style = _style()
    view = build(audit, knowledge, digests)
    # The style sheet is our own file and holds no text of a user's.
    html = _template().render(view=view, style=Markup(style), policy=_csp(style), footer=FOOTER)  # noqa: S704
    return html.encode("utf-8")


def _csp(style: str) -> str:
    """The Content-Security-Policy: nothing but this one style sheet."""
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _source(name: str) -> str:
    return (files("alara.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def _style() -> str:
    """The style sheet as it is inlined, without comments."""
    return re.sub(r"/\*.*?\*/\n?", "", _source("report.css"), flags=re.DOTALL)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["count"] = numbers.count
    return environment.get_template("report.html")
