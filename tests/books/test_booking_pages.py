"""What the pages of ``docs/bookings`` show is what the books make, and Beancount finds nothing wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache

import pytest

from tests.books.bean import load_entries
from tests.books.book import Book, MakeBook
from tests.books.stories import STORIES, Story
from tests.books.told import ToldShop
from tests.docs.pages import Block, pages
from tests.fakes.clock import FakeClock
from tests.fakes.stores import MakeOrganisation

SHOWN = {
    f"{page.name}:{block.line}": block for page in pages() for block in page.blocks() if block.language == "beancount"
}
BY_NAME = {block.name: block for block in SHOWN.values()}


LATER = datetime(2026, 12, 1, tzinfo=UTC)


class Desks:
    """Books and shops in one database, each in an organisation of its own."""

    def __init__(self, make_book: MakeBook, open_shop: MakeOrganisation) -> None:
        self._make_book, self._open_shop = make_book, open_shop

    def amazon(self, *, currency: str = "USD", **route: object) -> Book:
        return self._make_book(currency=currency, **route)

    def shop(self, channel: str = "shopify", *, currency: str = "USD", **route: object) -> ToldShop:
        clock = FakeClock(LATER)
        return ToldShop(self._open_shop(clock), clock, channel, currency, route)


@pytest.fixture(scope="module")
def desks(make_book: MakeBook, organisations: MakeOrganisation) -> Desks:
    return Desks(make_book, organisations)


@pytest.fixture(scope="module")
def booked(desks: Desks) -> Callable[[Story], dict[str, str]]:
    """Block name to text of a story; each is carried out once."""
    return cache(lambda story: dict(story(desks)))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_a_page_shows_what_the_books_make_of_its_situation(
    story: Story, booked: Callable[[Story], dict[str, str]]
) -> None:
    for name, text in booked(story).items():
        assert text == BY_NAME[name].text, f"block {name} should be:\n{text}"


def test_every_situation_shown_is_one_that_is_booked(booked: Callable[[Story], dict[str, str]]) -> None:
    assert {name for story in STORIES for name in booked(story)} == set(BY_NAME)


@pytest.mark.parametrize("where", SHOWN)
def test_beancount_finds_nothing_wrong_with_what_a_page_shows(where: str) -> None:
    block: Block = SHOWN[where]
    loaded = load_entries(block.text)

    assert loaded.errors == ()
    assert loaded.transactions, "a block shows at least one entry"
