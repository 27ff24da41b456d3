"""A real browser before a real server: what pages are when they are laid out, styled and scripted."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.web.beside import PATIENCE_SECONDS
from tests.web.chromium import find

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page

WIDE, NARROW = 1280, 390
AXE = Path(__file__).parent / "axe" / "axe.min.js"
GRAVE = ("serious", "critical")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--pictures", type=Path, help="a folder: take pictures of every page into it")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for the tests of a file. Not longer: it keeps the main thread's event loop to itself while it is there."""
    from playwright.sync_api import sync_playwright  # only where a browser is asked for

    found = find()
    environment: dict[str, str | float | bool] = {**os.environ, **found.environment}
    with sync_playwright() as playwright:
        # Without a sandbox of its own: containers give it none, and it sees nothing but our pages.
        arguments = ["--no-sandbox", "--disable-gpu"]
        started = playwright.chromium.launch(executable_path=found.program, args=arguments, env=environment)
        try:
            yield started
        finally:
            started.close()


@pytest.fixture
def pictures(request: pytest.FixtureRequest) -> Path | None:
    """Where pictures of pages are to be put; None where nobody asked for any."""
    asked: Path | None = request.config.getoption("--pictures")
    if asked is not None:
        asked.mkdir(parents=True, exist_ok=True)
    return asked


@contextmanager
def looking(
    browser: Browser, address: str, *, session: str = "", width: int = WIDE, scripts: bool = True
) -> Iterator[Page]:
    """An empty window of a person who knows nothing of the others; paths start at ``address``.

    session: the secret by which they are signed in; empty for nobody.
    Raises: AssertionError at the end, for whatever the browser complained of: a script's error, or a refused source.
    """
    size: Any = {"width": width, "height": 900}
    context = browser.new_context(base_url=address, viewport=size, java_script_enabled=scripts, reduced_motion="reduce")
    if session:
        context.add_cookies([{"name": "bridge", "value": session, "url": address}])
    page = context.new_page()
    page.set_default_timeout(PATIENCE_SECONDS * 1000)
    complaints: list[str] = []
    page.on("console", lambda told: complaints.append(told.text) if _is_complaint(page, told) else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield page
    finally:
        context.close()
    assert not complaints, f"the browser complained: {complaints}"


def _is_complaint(page: Page, told: ConsoleMessage) -> bool:
    """What a page itself is answered with is for its test to judge."""
    return told.type == "error" and told.location["url"] != page.url


def no_horizontal_scrolling(page: Page) -> list[str]:
    """What sticks out of the window on its right, as tags with their texts; nothing, if it need not be scrolled."""
    return list(
        page.evaluate(
            """() => {
                const width = document.documentElement.clientWidth;
                if (document.documentElement.scrollWidth <= width) return [];
                return [...document.querySelectorAll("body *")]
                    .filter((one) => one.getBoundingClientRect().right > width + 0.5 && !one.children.length)
                    .map((one) => `<${one.tagName.toLowerCase()}> sticks out: ${one.textContent.trim().slice(0, 60)}`)
                    .concat(["the page is wider than the window"]);
            }"""
        )
    )


def torn_cells(page: Page) -> list[str]:
    """Cells of cards, on a narrow window, whose text does not stand beside its label but under it, as texts."""
    return list(
        page.evaluate(
            """() => [...document.querySelectorAll("table.cards td[data-label]")].flatMap((cell) => {
                if (getComputedStyle(cell, "::before").content === "none") return [];
                const left = cell.getBoundingClientRect().left, range = document.createRange();
                return [...cell.childNodes].filter((one) => one.nodeType === Node.TEXT_NODE && one.textContent.trim())
                    .filter((one) => {
                        range.selectNodeContents(one);
                        return [...range.getClientRects()].some((box) => box.width && box.left < left + 80);
                    })
                    .map((one) => `${cell.dataset.label}: ${one.textContent.trim().slice(0, 60)} is under its label`);
            })"""
        )
    )


def axe(page: Page) -> list[str]:
    """What axe finds serious or critical: its rule, what it is about, and where."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))  # by the browser's own door, which no policy of the page shuts
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']}: {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]
