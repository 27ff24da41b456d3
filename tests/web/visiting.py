"""A person with a browser that runs no scripts, before the site of one merchant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path

from cryptography.fernet import Fernet
from starlette.requests import Request
from starlette.testclient import TestClient

from bridge.app import House, open_house
from bridge.clock import Clock, SystemClock
from bridge.model.people import KeptPerson, Seat, Session
from bridge.people.secret import fresh, kept
from bridge.settings import load_settings
from bridge.web.people import Person, Role
from bridge.web.site import site
from tests.end_to_end.merchant import plugins
from tests.fakes.stores import put_migrated

CSRF = "csrf-of-the-test"
HOME = "https://bridge.test"
COOKIE = "__Host-bridge"


class Known:
    """A doorkeeper who takes everybody for one person."""

    def __init__(self, person: Person) -> None:
        self._person = person

    def who(self, request: Request) -> Person | None:
        return self._person


def ann(role: Role = Role.OWNER, organisation: str = "local") -> Person:
    return Person("p-ann", "Ann", {organisation: role}, CSRF)


def place(folder: Path) -> Path:
    """The settings of an installation in which nothing is set up yet, over a migrated database."""
    (folder / "sealing.key").write_bytes(Fernet.generate_key())
    (folder / "bridge.toml").write_text('[bridge]\nsealing_key_file = "sealing.key"\n', encoding="utf-8")
    put_migrated(folder / "bridge.db")
    return folder / "bridge.toml"


@contextmanager
def visiting(config: Path, person: Person | Role, clock: Clock | None = None) -> Iterator[TestClient]:
    """What that person, signed in, gets from the site over a merchant's books."""
    somebody = ann(person) if isinstance(person, Role) else person
    with opened(config, clock) as house, browser(house) as client:
        sign_in(house, client, somebody)
        yield client


@contextmanager
def opened(config: Path, clock: Clock | None = None, **settings: str) -> Iterator[House]:
    """The organisations of a merchant's database, served as ``HOME``."""
    known = load_settings(config, {}, **{"public_url": HOME, **settings})
    with open_house(known, clock or SystemClock(), plugins()) as house:
        yield house


@contextmanager
def browser(house: House) -> Iterator[TestClient]:
    """One that nobody is signed in with yet."""
    with TestClient(site(house), base_url=house.settings.public_url or HOME, follow_redirects=False) as client:
        yield client


def sign_in(house: House, client: TestClient, person: Person) -> None:
    """Give a person their seats and a session whose forms carry their token, as signing in does."""
    client.cookies.set(COOKIE, signed_in(house, person))


def signed_in(house: House, person: Person) -> str:
    """The same; the secret of the session."""
    secret, now = fresh(), house.clock.now()
    with house.office(next(iter(person.seats))).store.reading() as unit:
        others = unit.people.roles(person.person_id).keys() - person.seats.keys()
    for organisation in others:
        with house.office(organisation).store.unit("test") as unit:
            unit.people.take(person.person_id)
    for organisation, role in person.seats.items():
        with house.office(organisation).store.unit("test") as unit:
            if unit.people.get(person.person_id) is None:
                unit.people.add(KeptPerson(person.person_id, person.name, now))
            if unit.people.roles(person.person_id).get(organisation) is not role:
                unit.people.give(Seat(person.person_id, role, "test", now))
    with house.office(next(iter(person.seats))).store.unit("test") as unit:
        unit.sign_ins.begin(Session(kept(secret), person.person_id, person.csrf, now, now))
    return secret


def field_of(html: str, name: str) -> str:
    """What a hidden field of a page holds."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no {name} in {text_of(html)}"
    return found[1]


def text_of(html: str) -> str:
    """What a page says, without its tags."""
    found: list[str] = []

    class Reader(HTMLParser):
        def handle_data(self, data: str) -> None:
            found.append(data)

    Reader().feed(html)
    return " ".join(" ".join(found).split())
