"""Every page in a real browser: wide and narrow, by keyboard, without scripts, and for people who do not see it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import pytest
import requests

from bridge.web.people import Role
from bridge.web.site import site
from tests.fakes.clock import FakeClock
from tests.web.beside import beside
from tests.web.browser import NARROW, WIDE, axe, looking, no_horizontal_scrolling, torn_cells
from tests.web.examples import paths
from tests.web.shown import NOW, books_to_show
from tests.web.visiting import ann, opened, signed_in

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


ALIKE = 3
WORDS = "one => one.textContent.trim().replace(/\\s+/g, ' ')"


class Shown:
    """A running site, the pages it has (their paths by name), and the session of a person who may see them all."""

    def __init__(self, address: str, pages: Mapping[str, str], session: str) -> None:
        self.address, self.pages, self._session = address, pages, session

    def to(self, browser: Browser, *, scripts: bool = True) -> AbstractContextManager[Page]:
        """A window of that person."""
        return looking(browser, self.address, session=self._session, scripts=scripts)

    def get(self, path: str) -> requests.Response:
        """What that person gets without a browser."""
        return requests.get(self.address + path, cookies={"bridge": self._session}, timeout=60)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    with (
        books_to_show(tmp_path_factory.mktemp("shown")) as merchant,
        opened(merchant.config, FakeClock(NOW), public_url="") as house,
    ):
        made = site(house)
        session = signed_in(house, ann(Role.OWNER))
        pages = paths(made.routes, house)
        with beside(made) as address:
            yield Shown(address, pages, session)


def test_every_page_fits_its_window_and_has_nothing_that_axe_calls_serious(
    shown: Shown, browser: Browser, pictures: Path | None
) -> None:
    found = {}
    with shown.to(browser) as page:
        for name, path in shown.pages.items():
            answer = page.goto(path)
            assert answer is not None
            told = [] if answer.ok else [f"answered {answer.status}"]
            if pictures:
                page.set_viewport_size({"width": WIDE, "height": 900})
                page.screenshot(path=pictures / f"{name}.png")  # what is seen first of all
            for width in (WIDE, NARROW):
                page.set_viewport_size({"width": width, "height": 900})
                told += [
                    f"{width} wide: {one}" for one in (*no_horizontal_scrolling(page), *torn_cells(page), *axe(page))
                ]
                if pictures:
                    page.screenshot(path=pictures / f"{name}-{width}.png", full_page=True)
            if told:
                found[f"{name} ({path})"] = told
    assert not found


def test_every_link_leads_to_a_page_and_to_a_place_on_it(shown: Shown) -> None:
    """From the board on, as an owner; of pages that are alike a few."""
    found: list[str] = []
    answers: dict[str, requests.Response] = {}
    alike = Counter[str]()
    ways = [("/", "the board"), *((path, name) for name, path in shown.pages.items())]
    while ways:
        way, on = ways.pop(0)
        path, _, place = way.partition("#")
        if path not in answers:
            kind = re.sub(r"/[^/]*\d[^/]*|\?.*", "", path)
            alike[kind] += 1
            if alike[kind] > ALIKE:
                continue
            answers[path] = answer = shown.get(path)
            if answer.headers["content-type"].startswith("text/html"):
                links = re.findall(r'<a [^>]*href="([^"]+)"', answer.text)
                ways += [(urljoin(path, unescape(one)), path) for one in links]
        if not answers[path].ok or (place and f'id="{place}"' not in answers[path].text):
            found.append(f"{on}: {way} answers {answers[path].status_code}")
    assert not found
    assert len(answers) > len(shown.pages)


def test_tab_leads_past_the_menu_or_through_it_and_reaches_every_link_and_button(
    shown: Shown, browser: Browser
) -> None:
    with shown.to(browser) as page:
        page.goto(shown.pages["overview"])
        page.keyboard.press("Tab")
        assert focused(page) == "Skip to the content"
        page.keyboard.press("Enter")
        assert page.evaluate("() => document.activeElement.id") == "main"

        page.reload()
        there = page.locator("a:visible, button:visible, summary:visible").evaluate_all(
            f"all => all.filter(one => !one.disabled).map({WORDS})"
        )
        reached = []
        for _ in range(2 * len(there)):
            page.keyboard.press("Tab")
            reached.append(focused(page))
        assert [one for one in there if one not in reached] == []


def test_every_page_says_the_same_without_scripts(shown: Shown, browser: Browser) -> None:
    with shown.to(browser, scripts=False) as page:
        for name, path in shown.pages.items():
            page.goto(path)
            assert page.get_by_role("heading", level=1).count() == 1, name


def test_on_paper_a_page_keeps_what_it_lists_and_leaves_out_what_is_pressed(shown: Shown, browser: Browser) -> None:
    with shown.to(browser) as page:
        page.emulate_media(media="print", color_scheme="dark")
        for name in ("review_route", "waits"):
            page.goto(shown.pages[name])
            assert page.get_by_role("link", name=re.compile("^Transfer .*deleted")).is_visible(), name
            assert page.locator("main :is(button, select, input):visible").count() == 0, name
            assert page.evaluate("() => getComputedStyle(document.body).color") == "rgb(23, 33, 46)", name


def focused(page: Page) -> str:
    """The words of what has the keyboard."""
    return str(page.evaluate(f"() => ({WORDS})(document.activeElement)"))
