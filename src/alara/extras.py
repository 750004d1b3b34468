"""What an extra of the package needs, as a command that is right for a wheel, a clone and an index alike.

``pip install 'alara[pdf]'`` would ask an index for alara itself, also where it came as a file or runs from a clone.
"""

from __future__ import annotations

import re
import shlex
import sys
from importlib.metadata import PackageNotFoundError, requires

__all__ = ["install"]


def install(extra: str) -> str:
    """The command that installs what an extra names, into the environment that alara runs in."""
    try:
        stated = requires("alara") or []
    except PackageNotFoundError:  # run from its folder, without having been installed
        stated = []
    of_extra = re.compile(rf"""extra\s*==\s*['"]{re.escape(extra)}['"]""")
    packages = [shlex.quote(line.partition(";")[0].strip()) for line in stated if of_extra.search(line)]
    return f"{shlex.quote(sys.executable)} -m pip install {' '.join(packages) or shlex.quote(f'alara[{extra}]')}"
