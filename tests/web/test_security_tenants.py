"""Every page and action there is, tried by nobody, with another tenant's organisation or things, or too low a role.

What is added to the site is tried without a word here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from bridge.app import House
from bridge.store.sql.tables import metadata
from bridge.web.asked import Page
from bridge.web.people import Person, Role
from bridge.web.site import PAGES
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import Merchant
from tests.end_to_end.sellers import SELLERS
from tests.web.visiting import CSRF, browser, opened, sign_in

OURS = [route for route in PAGES if isinstance(route, Route) and route.path.startswith("/o/{organisation}")]
COMPANY = next(seller.realm for seller in SELLERS if seller.country == "gb")
Things = Mapping[str, Any]


def called(route: Route) -> str:
    """How a test of it is named; the methods stand in no order."""
    return f"{'POST' if 'POST' in (route.methods or ()) else 'GET'} {route.path}"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with QuickBooksSandbox() as sandbox:
        merchant = Merchant(tmp_path_factory.mktemp("tenants"), sandbox, "gb")
        merchant.connect()
        merchant.import_samples("gb", "gb_v2_dmy.txt")
        with opened(merchant.config) as made:
            yield made


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[TestClient]:
    with browser(house) as made:
        for role in Role:
            sign_in(house, made, Person(f"p-{role.word}", role.word, {"local": role}, CSRF))
        sign_in(house, made, Person("p-mallory", "Mallory", {"mine": Role.OWNER}, CSRF))
        yield made


@pytest.fixture(scope="module")
def theirs(house: House, client: TestClient) -> Things:
    """What the other organisation calls its things, by every name that a column has; the rest is ``x``."""
    known: dict[str, Any] = {}
    for table in metadata.tables.values():
        for row in rows(house, "local")[table.name][-1:]:
            for name, value in zip(table.columns.keys(), row, strict=True):
                if isinstance(value, str | int) and len(str(value)) < 100:
                    known |= {name: value, name.removesuffix("_id"): value}
    assert {"voucher", "document", "entry", "person"} <= known.keys()
    named = {"route": "gb", "connection": "books-gb", "ledger": "books-gb", "name": "books-gb", "subject": "books-gb"}
    chosen = {"role": "viewer", "scope": "connection", "kind": "csv", "plugin": "quickbooks", "person": "p-owner"}
    return {**known, **named, **chosen, "thing": known["voucher"], "number": 1, "reason": "x"}


@pytest.fixture
def mallory(house: House, client: TestClient) -> TestClient:
    sign_in(house, client, Person("p-mallory", "Mallory", {"mine": Role.OWNER}, CSRF))
    return client


@pytest.mark.parametrize("route", OURS, ids=called)
def test_with_anothers_organisation_nothing_is_shown_or_done(
    mallory: TestClient, house: House, theirs: Things, route: Route
) -> None:
    before = rows(house, "local")
    answer = asked(mallory, theirs, route, "local")
    assert answer.status_code == 404
    assert answer.text == asked(mallory, theirs, route, "never-was").text, "who asks does not learn that there is one"
    assert rows(house, "local") == before


@pytest.mark.parametrize("route", [route for route in OURS if isinstance(route, Page) and route.needs > Role.VIEWER],
                         ids=called)  # fmt: skip
def test_with_too_low_a_role_nothing_is_shown_or_done(
    client: TestClient, house: House, theirs: Things, route: Page
) -> None:
    lower = Role(route.needs - 1)
    sign_in(house, client, Person(f"p-{lower.word}", lower.word, {"local": lower}, CSRF))
    before = rows(house, "local")
    assert asked(client, theirs, route, "local").status_code == 403
    assert rows(house, "local") == before


@pytest.mark.parametrize("route", OURS, ids=called)
def test_an_owner_reaches_nothing_of_another_organisation_through_their_own(
    mallory: TestClient, house: House, theirs: Things, route: Route
) -> None:
    before = rows(house, "local")
    answer = asked(mallory, theirs, route, "mine")
    assert answer.status_code < 500, answer.text
    assert COMPANY not in answer.text
    assert rows(house, "local") == before


@pytest.mark.parametrize("route", OURS, ids=called)
def test_nobody_sees_or_does_anything(house: House, theirs: Things, route: Route) -> None:
    before = rows(house, "local")
    with browser(house) as nobody:
        answer = asked(nobody, theirs, route, "local")
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in")
    assert rows(house, "local") == before


def test_whatever_is_below_an_organisation_goes_through_the_one_way(client: TestClient) -> None:
    app = client.app
    assert isinstance(app, Starlette)
    past = [
        route for route in app.routes if getattr(route, "path", "").startswith("/o/") and not isinstance(route, Page)
    ]
    assert past == []


def test_what_the_operator_set_is_shown_to_owners_of_the_operators_organisation_alone(
    house: House, mallory: TestClient
) -> None:
    told = [name for name, _ in house.settings.told() if name in ("redirect_uri", "internal_networks", "notices_url")]
    shown = mallory.get("/o/mine/settings")
    assert shown.status_code == 200
    assert [name for name in told if name in shown.text] == []
    sign_in(house, mallory, Person("p-owner", "owner", {"local": Role.OWNER}, CSRF))
    assert all(name in mallory.get("/o/local/settings").text for name in told)


def test_what_the_operator_stopped_everywhere_no_owner_lets_go_on(house: House, mallory: TestClient) -> None:
    everywhere = house.organisations
    everywhere.stop("", "", by="op", reason="looking", actor="cli:op")
    try:
        assert "looking" in mallory.get("/o/mine/stop").text
        for subject in ("", "quickbooks", " ", "everywhere"):
            mallory.post("/o/mine/stop/deliveries/allow", data={"csrf": CSRF, "subject": subject})
        assert "looking" in mallory.get("/o/mine/stop").text
    finally:
        everywhere.lift("", "", by="op", actor="cli:op")


def test_an_action_is_no_page_that_a_link_could_open(client: TestClient) -> None:
    for route in OURS:
        assert route.methods in ({"GET", "HEAD"}, {"POST"})


def asked(client: TestClient, theirs: Things, route: Route, organisation: str) -> Any:
    """A page or an action, with what the other organisation has in its path and its form."""
    wanted = re.findall(r"{(\w+)(?::(\w+))?}", route.path)
    parts = {name: theirs.get(name, 1 if kind == "int" else "x") for name, kind in wanted}
    way = re.sub(r"{(\w+)(?::\w+)?}", lambda found: str({**parts, "organisation": organisation}[found[1]]), route.path)
    if "POST" in (route.methods or ()):
        return client.post(way, data={**theirs, "csrf": CSRF})
    return client.get(way)


def rows(house: House, organisation: str) -> Mapping[str, Any]:
    """Everything that an organisation has."""
    engine = sa.create_engine(house.settings.database_url.get_secret_value())
    with engine.connect() as connection:
        found = {
            table.name: connection.execute(
                sa.text(f'SELECT * FROM "{table.name}" WHERE organisation_id = :one'),
                {"one": organisation},
            ).fetchall()
            for table in metadata.tables.values()
        }
    engine.dispose()
    return found
