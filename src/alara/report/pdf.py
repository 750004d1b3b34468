"""``report.pdf``: the page on A4 through WeasyPrint, an extra.

WeasyPrint lays out a plainer CSS than browsers do, so the page gets a style sheet of its own here, and its drawings
carry their style within them. Nothing is fetched. Same page, same bytes on one machine; another has other fonts.
"""

from __future__ import annotations

import hashlib
import re

from alara.report.page import style_sheet

__all__ = ["printed"]


def printed(html: bytes) -> bytes:
    """The page as PDF.

    Parameters
    ----------
    html
        ``report.html``, as :func:`alara.report.page.page` makes it.
    """
    from weasyprint import CSS, HTML
    from weasyprint.urls import URLFetcher

    no_way_out = URLFetcher(allowed_protocols=frozenset())
    document = HTML(string=_for_paper(html.decode("utf-8")), url_fetcher=no_way_out)
    made: bytes = document.write_pdf(
        stylesheets=[CSS(string=style_sheet("pdf.css"))],
        pdf_identifier=hashlib.sha256(html).digest()[:16],
        pdf_variant="pdf/ua-1",
    )
    return made


def _for_paper(html: str) -> str:
    """The page without the screen's style and script, with the style of its marks in every drawing."""
    plain = re.sub(r"<style>.*?</style>|<script>.*?</script>", "", html, flags=re.DOTALL)
    marks = f"<style>{style_sheet('pdf-marks.css')}</style>"
    return re.sub(r"(<svg[^>]*>)", lambda found: found[1] + marks, plain)
