"""The page as people use it: opened from a file with the network off, narrowed, sorted, printed, and read aloud."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from alara.knowledge import Knowledge
from alara.report import write
from tests.conftest import ROOT

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (group browser)")

# asyncio, which Playwright brings, leaves sockets to the collector when the interpreter ends
pytestmark = [pytest.mark.peer, pytest.mark.slow, pytest.mark.filterwarnings("ignore::ResourceWarning")]

#: Debian's browser, kept from everything that would call out.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
#: Where a screenshot goes for somebody to look at; nowhere unless it is named.
SHOTS = os.environ.get("ALARA_SCREENSHOTS", "")

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def address(audit: Any, knowledge: Knowledge, tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    write(audit, folder, knowledge)
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def browser(program: Callable[[str], str]) -> Iterator[Any]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=program("chromium"), args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def opened(browser: Any, address: str) -> Iterator[Open]:
    """Opens the page in a window of its own; at the end there was no request, and nothing on the console."""
    contexts, requests, said = [], [], []

    def open_page(width: int = 1280, height: int = 900, **how: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, offline=True, **how)
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert set(requests) == {address}
    assert said == []


def listed(page: Any, selector: str) -> list[str]:
    return [text for text in page.locator(f"{selector}:visible").all_inner_texts() if text]


def test_page_asks_for_nothing_and_complains_of_nothing(opened: Open) -> None:
    page = opened()
    assert page.locator("h1").inner_text().startswith("An ultrasound alternative exists for")
    assert page.locator("#filters").is_visible()


def test_page_is_whole_without_script(opened: Open) -> None:
    page, bare = opened(), opened(java_script_enabled=False)
    assert not bare.locator("#filters").is_visible()
    assert bare.locator("table tbody tr:visible").count() == page.locator("table tbody tr:visible").count()
    assert bare.locator(".sort").count() == 0


def test_a_room_narrows_the_cases_and_the_dots(opened: Open) -> None:
    page = opened()
    before = page.locator(".cases tr[data-room]:visible").count()
    rooms = page.locator("#filter-room option").all_inner_texts()
    assert len(rooms) == 4
    page.select_option("#filter-room", rooms[1])
    shown = page.locator(".cases tr[data-room]:visible")
    assert 0 < shown.count() < before
    assert {row.get_attribute("data-room") for row in shown.all()} == {rooms[1]}
    assert {dots.get_attribute("data-room") for dots in page.locator(".dots:not(.out)").all()} == {rooms[1]}
    says = page.locator("#filter-says").inner_text()
    assert says.startswith(f"Only {rooms[1]}: {shown.count()} of {before} listed cases.")
    page.click("#filter-clear")
    assert page.locator(".cases tr[data-room]:visible").count() == before
    assert page.locator("#filter-says").inner_text() == ""


def test_a_procedure_narrows_every_table(opened: Open) -> None:
    page = opened()
    page.select_option("#filter-procedure", "hip_inj")
    rows = page.locator("tr[data-procedure]:visible")
    assert rows.count() > 3
    assert {row.get_attribute("data-procedure") for row in rows.all()} == {"hip_inj"}
    assert page.locator(".dots:not(.out)").count() == 3


def test_heads_sort_numbers_as_numbers_and_missing_last(opened: Open) -> None:
    page = opened()
    head = page.locator("#p-ka table.chart th", has_text="Median")
    column = "#p-ka table.chart tbody td:nth-of-type(3)"
    head.get_by_role("button").click()
    upwards = [float(text.replace(",", "")) for text in listed(page, column)]
    assert head.get_attribute("aria-sort") == "ascending"
    assert upwards == sorted(upwards)
    assert len(set(upwards)) > 3
    head.get_by_role("button").press("Enter")
    downwards = [float(text.replace(",", "")) for text in listed(page, column)]
    assert head.get_attribute("aria-sort") == "descending"
    assert downwards == upwards[::-1]


def test_sorted_groups_keep_their_heads_and_what_is_left_out(opened: Open) -> None:
    page = opened()
    ends = """() => [...document.querySelectorAll('#review tbody')].map(
        body => body.rows[0].innerText + body.rows[body.rows.length - 1].cells.length)"""
    before = page.evaluate(ends)
    page.locator("#review th", has_text="Started").get_by_role("button").click()
    for body in page.locator("#review tbody").all():
        started = [cell.inner_text()[:16] for cell in body.locator("td.when").all()]
        assert started == sorted(started)
    assert page.evaluate(ends) == before
    page.locator("#review th", has_text="Age").get_by_role("button").click()
    assert page.evaluate(ends) == before


def test_page_prints_to_pdf_with_every_table_open(opened: Open, tmp_path: Path) -> None:
    page = opened()
    page.pdf(path=tmp_path / "printed.pdf", format="A4", prefer_css_page_size=True)
    printed = (tmp_path / "printed.pdf").read_bytes()
    assert printed.startswith(b"%PDF")
    assert 4 <= printed.count(b"/Type /Page\n") <= 40
    assert page.locator("details:not([open])").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 820, 1500])
def test_axe_finds_nothing(opened: Open, scheme: str, width: int) -> None:
    page = opened(width, color_scheme=scheme)
    for details in page.locator("details").all():
        details.evaluate("each => { each.open = true; }")
    page.evaluate(axe())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found["violations"]] == []
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{scheme}-{width}.png", full_page=True)


@pytest.mark.parametrize("width", [320, 390, 700, 820, 1100, 1920])
def test_nothing_scrolls_sideways_while_narrowed(opened: Open, width: int) -> None:
    page = opened(width)
    page.select_option("#filter-procedure", "hip_inj")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_hidden_heads_of_cards_are_not_reached_by_keyboard(opened: Open) -> None:
    page = opened(390)
    assert page.locator(".sort:not([disabled])").count() == 0
    page.set_viewport_size({"width": 1280, "height": 900})
    assert page.locator(".sort[disabled]").count() == 0


def axe() -> str:
    """axe-core, as npm installs it beside the project's other JavaScript of tests."""
    folders = [*filter(None, os.environ.get("NODE_PATH", "").split(":")), str(ROOT / ".ci" / "js" / "node_modules")]
    for folder in folders:
        file = Path(folder) / "axe-core" / "axe.min.js"
        if file.is_file():
            return file.read_text(encoding="utf-8")
    return (pytest.fail if os.environ.get("CI") else pytest.skip)("axe-core is not installed (npm)")
