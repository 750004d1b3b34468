"""Sphinx: the documents as they stand, and reference pages that are written from the code when they are built."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from alara import __version__

DOCS = Path(__file__).parent
sys.path.insert(0, str(DOCS))

import from_code  # noqa: E402 - it stands beside this file

project = "alara"
author = "the alara authors"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_click"]
source_suffix = {".md": "markdown", ".rst": "restructuredtext"}
exclude_patterns = ["_build"]
myst_heading_anchors = 4
myst_enable_extensions = ["deflist"]
autodoc_typehints = "none"
napoleon_google_docstring = False
html_theme = "pydata_sphinx_theme"
html_title = "alara"
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "show_prev_next": False,
    "navigation_depth": 2,
    "show_nav_level": 2,
    "secondary_sidebar_items": ["page-toc"],
}
# One page is no section: there would be nothing to navigate to.
html_sidebars = {"index": [], "tutorial/first-month": []}
html_static_path = ["_static"]
html_css_files = ["wrap.css"]

from_code.write(DOCS / "reference" / "generated")


def _example_as_code(_app: object, _context: object, lines: list[str]) -> None:
    """The example at the end of a command's help as code, whose letters mean nothing to reStructuredText."""
    start = "Example: "
    lines[:] = [f"{start}``{line.removeprefix(start)}``" if line.startswith(start) else line for line in lines]


def setup(app: Any) -> None:
    app.connect("sphinx-click-process-epilog", _example_as_code)
