"""``report.html``: one self-contained file that needs no network, is whole without script and prints on A4.

The style sheet, and the script that sorts and narrows, are inlined and named by their hashes in the
Content-Security-Policy; everything else is forbidden. Every text is escaped by the template engine.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from alara.audit import Audit
from alara.knowledge import Knowledge
from alara.report import numbers
from alara.report.beside import NOTHING, Beside
from alara.report.links import linked, quantities, source_words
from alara.report.sentences import FOOTER
from alara.report.status_view import moment
from alara.report.view import build

__all__ = ["content_policy", "environment", "page", "style_sheet"]


def page(audit: Audit, knowledge: Knowledge, digests: Sequence[tuple[str, str]], beside: Beside | None = None) -> bytes:
    """The page of an audit.

    Parameters
    ----------
    audit, knowledge
        The audit and the knowledge that it was made with.
    digests
        Names and SHA-256 of the files that are written beside the page, for its last section.
    beside
        What has sections of its own where it is there.
    """
    style, script = style_sheet("report.css"), style_sheet("report.js")
    view = build(audit, knowledge, digests, beside or NOTHING)
    # The style sheet and the script are our own files and hold no text of a user's.
    html = (
        environment()
        .get_template("report.html")
        .render(
            view=view,
            style=Markup(style),  # noqa: S704
            script=Markup(script),  # noqa: S704
            policy=content_policy(style, script),
            footer=FOOTER,
        )
    )
    return html.encode("utf-8")


def content_policy(style: str, script: str = "") -> str:
    """The Content-Security-Policy: nothing but this one style sheet and, where there is one, this one script."""
    sources = f"style-src {_source_hash(style)}" + (f"; script-src {_source_hash(script)}" if script else "")
    return f"default-src 'none'; {sources}; base-uri 'none'; form-action 'none'"


def _source_hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode('ascii')}'"


def _source(name: str) -> str:
    return (files("alara.report") / "templates" / name).read_text(encoding="utf-8")


@cache
def style_sheet(*names: str) -> str:
    """Style sheets or scripts as they are inlined, one after the other, without comments."""
    return re.sub(r"/\*.*?\*/\n?", "", "".join(map(_source, names)), flags=re.DOTALL)


@cache
def environment() -> Environment:
    """The templates, in which every text is escaped."""
    templates = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {"count": numbers.count, "moment": moment, "linked": linked, "quantities": quantities}
    templates.filters["source_words"] = source_words
    return templates
