"""Every page in a real browser: wide and narrow, by keyboard, without scripts, and for people who do not see it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bridge.app import open_house
from bridge.settings import load_settings
from bridge.web.site import site
from tests.end_to_end.merchant import plugins
from tests.fakes.clock import FakeClock
from tests.web.browser import NARROW, WIDE, axe, looking, no_horizontal_scrolling, serving
from tests.web.examples import paths
from tests.web.shown import NOW, books_to_show
from tests.web.visiting import Known, ann

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


class Shown:
    """A running site, and the pages it has: their paths by name."""

    def __init__(self, address: str, pages: dict[str, str]) -> None:
        self.address, self.pages = address, pages


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with books_to_show(tmp_path_factory.mktemp("shown")) as merchant:
        settings = load_settings(merchant.config, {})
        with open_house(settings, FakeClock(NOW), plugins()) as house:
            made = site(house, Known(ann()))
            pages = paths(made.routes, house.office("local"))
            with serving(made) as address:
                yield Shown(address, dict(pages))


def test_every_page_fits_its_window_and_has_nothing_that_axe_calls_serious(
    shown: Shown, browser: Browser, pictures: Path | None
) -> None:
    found = {}
    with looking(browser, shown.address) as page:
        for name, path in shown.pages.items():
            answer = page.goto(path)
            assert answer is not None
            told = [] if answer.ok else [f"answered {answer.status}"]
            for width in (WIDE, NARROW):
                page.set_viewport_size({"width": width, "height": 900})
                told += [f"{width} wide: {one}" for one in (*no_horizontal_scrolling(page), *axe(page))]
                if pictures:
                    page.screenshot(path=pictures / f"{name}-{width}.png", full_page=True)
            if told:
                found[f"{name} ({path})"] = told
    assert not found


def test_the_first_tab_leads_past_the_menu_and_the_next_ones_through_it(shown: Shown, browser: Browser) -> None:
    with looking(browser, shown.address) as page:
        page.goto(shown.pages["overview"])
        page.keyboard.press("Tab")
        assert focused(page) == "Skip to the content"
        links = page.get_by_role("navigation", name="Main").get_by_role("link").all_inner_texts()
        bar = page.get_by_role("banner").locator("a:visible, button:visible").count()
        reached = []
        for _ in range(bar + len(links)):
            page.keyboard.press("Tab")
            reached.append(focused(page))
        assert reached[bar:] == links


def test_every_page_says_the_same_without_scripts(shown: Shown, browser: Browser) -> None:
    with looking(browser, shown.address, scripts=False) as page:
        for name, path in shown.pages.items():
            page.goto(path)
            assert page.get_by_role("heading", level=1).count() == 1, name


def focused(page: Page) -> str:
    """The words of what has the keyboard."""
    return str(page.evaluate("() => document.activeElement.textContent.trim()"))
