"""A person with a browser that runs no scripts, before the site of one merchant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

from starlette.requests import Request
from starlette.testclient import TestClient

from bridge.app import open_house
from bridge.clock import Clock, SystemClock
from bridge.settings import load_settings
from bridge.web.people import Person, Role
from bridge.web.site import site
from tests.end_to_end.merchant import plugins

CSRF = "csrf-of-the-test"


class Known:
    """A doorkeeper who takes everybody for one person."""

    def __init__(self, person: Person) -> None:
        self.person = person

    def who(self, request: Request) -> Person | None:
        return self.person


def ann(role: Role = Role.OWNER, organisation: str = "local") -> Person:
    return Person("p-ann", "Ann", {organisation: role}, CSRF)


@contextmanager
def visiting(config: Path, person: Person, clock: Clock | None = None) -> Iterator[TestClient]:
    """What that person gets from the site over a merchant's books."""
    with (
        open_house(load_settings(config, {}), clock or SystemClock(), plugins()) as house,
        TestClient(site(house, Known(person)), base_url="https://bridge.test", follow_redirects=False) as client,
    ):
        yield client


def text_of(html: str) -> str:
    """What a page says, without its tags."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            found.append(data)

    Reader().feed(html)
    return " ".join(" ".join(found).split())
