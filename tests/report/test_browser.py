"""A real browser opens the page with no complaint, and with no way out to a network."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alara.knowledge import Knowledge
from alara.report import write

pytestmark = pytest.mark.peer

#: Opens one page of the folder and returns what the browser printed.
Browser = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder(audit: Any, knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("page")
    write(audit, made, knowledge)
    return made


@pytest.fixture(scope="module")
def chromium(folder: Path, program: Callable[[str], str]) -> Browser:
    path = program("chromium")

    def run(page: str, *flags: str) -> subprocess.CompletedProcess[str]:
        command = [
            path,
            *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-logging=stderr"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            *("--disable-extensions", "--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom"),
            f"--user-data-dir={folder / 'profile'}",
            *flags,
            (folder / page).as_uri(),
        ]
        return subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    return run


def complaints(log: str) -> list[str]:
    return [line for line in log.splitlines() if ":CONSOLE" in line or "Content Security Policy" in line]


def test_page_opens_without_complaint(folder: Path, chromium: Browser) -> None:
    done = chromium("report.html")
    assert complaints(done.stderr) == []
    assert done.stdout.count("<table") == (folder / "report.html").read_text(encoding="utf-8").count("<table")


def test_the_policy_is_in_force(folder: Path, chromium: Browser) -> None:
    html = (folder / "report.html").read_text(encoding="utf-8")
    probe = html.replace("<main>", "<main><p style='color:red'>x</p><script>document.title='ran'</script>")
    (folder / "probe.html").write_text(probe, encoding="utf-8")
    done = chromium("probe.html")
    assert len(complaints(done.stderr)) >= 2
    assert "<title>ran</title>" not in done.stdout


@pytest.mark.parametrize("width", [360, 740, 840, 1600])
def test_page_never_scrolls_sideways(folder: Path, chromium: Browser, width: int) -> None:
    """A copy without its policy, in a frame of that width, tells the frame around it how wide it is."""
    html = (folder / "report.html").read_text(encoding="utf-8")
    free = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", html)
    tell = "<script>onload = () => parent.postMessage(document.documentElement.scrollWidth, '*')</script></body>"
    (folder / f"inner{width}.html").write_text(free.replace("</body>", tell), encoding="utf-8")
    frame = (
        "<script>onmessage = (event) => document.title = event.data</script>"
        f"<iframe width={width} height=900 style='border:0' src=inner{width}.html></iframe>"
    )
    (folder / f"outer{width}.html").write_text(frame, encoding="utf-8")
    done = chromium(f"outer{width}.html", "--hide-scrollbars", "--virtual-time-budget=5000")
    assert f"<title>{width}</title>" in done.stdout
