"""Signing in over an OpenID provider: who was invited gets in, and no lie of anybody on the way does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bridge.app import House
from bridge.errors import ConfigError
from bridge.model.people import Role
from bridge.settings import load_settings
from tests.fakes.oidc import CLIENT, DISCOVERY, SECRET, FakeProvider, fake_provider
from tests.web.visiting import CSRF, ann, browser, opened, place, sign_in, text_of


@pytest.fixture(scope="module")
def running() -> Iterator[FakeProvider]:
    with fake_provider() as made:
        yield made


@pytest.fixture
def provider(running: FakeProvider) -> FakeProvider:
    running.lies, running.told, running.signed_by = {}, {}, "key"
    running.is_down = running.takes_body = False
    return running


@pytest.fixture
def house(tmp_path: Path, provider: FakeProvider) -> Iterator[House]:
    place_of, issuer = place(tmp_path), provider.issuer
    with opened(place_of, oidc_issuer=issuer, oidc_client_id=CLIENT, oidc_client_secret=SECRET) as made:
        made.office("local").members.owner("ann")
        yield made


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with browser(house) as made:
        yield made


def invited(house: House, role: Role = Role.BOOKKEEPER, email: str = "bob@example.com") -> str:
    secret = house.office("local").members.invite("Bob", email, role, by="test")
    return f"/sign-in/provider?organisation=local&invitation={secret}"


def came(client: TestClient, provider: FakeProvider, way: str, email: str = "bob@example.com", **claims: Any) -> Any:
    """Go to the provider, be let in there, come back."""
    back = provider.let_in(client.get(way).headers["location"], "bob", email, **claims)
    return client.get(back)


@pytest.mark.parametrize("takes_body", [False, True])
def test_who_is_invited_gets_a_seat_and_comes_in_by_it_from_then_on(
    client: TestClient, house: House, provider: FakeProvider, *, takes_body: bool
) -> None:
    provider.takes_body = takes_body
    answer = came(client, provider, invited(house), email="Bob@Example.com")
    assert (answer.status_code, answer.headers["location"]) == (303, "/o/local/")
    assert client.get("/o/local/").status_code == 200
    member = house.office("local").members.get("bob@example.com")
    assert (member.person.name, member.seat.role) == ("Bob", Role.BOOKKEEPER)
    with browser(house) as later:
        assert "Sign in at 127.0.0.1" in text_of(later.get("/sign-in").text)
        back = came(later, provider, "/sign-in/provider?next=/o/local/people", email="new@example.com")
        assert back.headers["location"] == "/o/local/people", "known by the subject, whatever the address is now"
        assert later.get("/o/local/").status_code == 200


def test_the_database_has_no_invitations_secret_while_somebody_is_at_the_provider(
    client: TestClient, house: House, tmp_path: Path
) -> None:
    """Else a copy of it would take the seat."""
    way = invited(house)
    assert client.get(way).status_code == 303
    secret = way.rpartition("=")[2].encode()
    assert [file.name for file in tmp_path.glob("bridge.db*") if secret in file.read_bytes()] == []


def test_who_is_not_invited_gets_nothing(client: TestClient, house: House, provider: FakeProvider) -> None:
    answer = came(client, provider, "/sign-in/provider")
    assert answer.status_code == 403
    assert "You are not invited" in text_of(answer.text)
    assert "set-cookie" not in answer.headers
    assert client.get("/me").status_code == 303
    assert len(house.office("local").members.all()) == 1


def test_an_invitation_is_for_its_address_alone(client: TestClient, house: House, provider: FakeProvider) -> None:
    way = invited(house)
    assert came(client, provider, way, email="eve@example.com").status_code == 422
    assert client.get("/me").status_code == 303
    assert came(client, provider, way).status_code == 303, "and stays good for whom it is meant"
    assert came(client, provider, way).status_code == 422, "once"


def test_with_a_provider_an_invitation_alone_lets_nobody_in(client: TestClient, house: House) -> None:
    secret = house.office("local").members.invite("Bob", "", Role.OWNER, by="test")
    shown = client.get(f"/join/local/{secret}")
    assert "Sign in at 127.0.0.1 and accept" in text_of(shown.text)
    client.get("/sign-in")
    csrf = client.cookies["__Host-bridge-browser"]
    assert client.post(f"/join/local/{secret}", data={"csrf": csrf}).status_code == 403
    assert len(house.office("local").members.all()) == 1


def test_who_came_by_a_link_takes_no_invitation_that_names_an_address(client: TestClient, house: House) -> None:
    sign_in(house, client, ann())
    secret = house.office("second").members.invite("Bob", "bob@example.com", Role.OWNER, by="test")
    assert client.post(f"/join/second/{secret}", data={"csrf": CSRF}).status_code == 422
    assert house.office("second").members.all() == ()


@pytest.mark.parametrize(
    ("lies", "signed_by"),
    [
        ({"nonce": "another"}, "key"),
        ({"nonce": None}, "key"),
        ({"iss": "https://evil.test"}, "key"),
        ({"aud": "another-client"}, "key"),
        ({"aud": ["another-client"], "azp": CLIENT}, "key"),
        ({"exp": 1_000_000_000}, "key"),
        ({"sub": None}, "key"),
        ({"email_verified": False}, "key"),
        ({"email_verified": None}, "key"),
        ({"email_verified": "true"}, "key"),
        ({"email": ""}, "key"),
        ({}, "stranger"),
        ({}, "secret"),
        ({}, "nothing"),
    ],
)
def test_what_proves_nothing_lets_nobody_in(
    client: TestClient, house: House, provider: FakeProvider, lies: dict[str, Any], signed_by: str
) -> None:
    provider.lies, provider.signed_by = lies, signed_by
    answer = came(client, provider, invited(house))
    assert answer.status_code == 409, text_of(answer.text)
    assert "eyJ" not in answer.text
    assert client.get("/me").status_code == 303
    assert len(house.office("local").members.all()) == 1


def test_an_answer_belongs_to_the_browser_that_asked_and_is_good_once(
    client: TestClient, house: House, provider: FakeProvider
) -> None:
    """Else an attacker has somebody else's browser finish the attacker's sign-in, or the other way round."""
    back = provider.let_in(client.get(invited(house)).headers["location"], "bob", "bob@example.com")
    with browser(house) as victim:
        victim.get("/sign-in")
        assert victim.get(back).status_code == 409
        assert victim.get("/me").status_code == 303
    assert client.get(back).status_code == 409, "that attempt used it up"
    back = provider.let_in(client.get(invited(house)).headers["location"], "bob", "bob@example.com")
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 409


@pytest.mark.parametrize("query", ["", "?state=guessed&code=x", "?code=x", "?error=access_denied&state=x"])
def test_an_answer_to_nothing_is_refused(client: TestClient, query: str) -> None:
    client.get("/sign-in")
    assert client.get(f"/sign-in/back{query}").status_code == 409


def test_guessing_at_answers_and_starting_without_end_are_stopped(client: TestClient, provider: FakeProvider) -> None:
    told = [client.get(f"/sign-in/back?state=guess-{number}&code=x").status_code for number in range(11)]
    assert told == [409] * 10 + [429]
    assert [client.get("/sign-in/provider").status_code for _ in range(61)] == [303] * 60 + [429]


def test_nobody_is_led_to_another_site_by_coming_back(client: TestClient, house: House, provider: FakeProvider) -> None:
    came(client, provider, invited(house))
    with browser(house) as later:
        back = came(later, provider, "/sign-in/provider?next=//evil.test/")
        assert back.headers["location"] == "/"


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://evil.test"},
        {"token_endpoint": "http://evil.test/token"},
        {"jwks_uri": ""},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
)
def test_a_provider_that_calls_itself_otherwise_is_not_believed(
    client: TestClient, provider: FakeProvider, told: dict[str, str]
) -> None:
    provider.told = told
    answer = client.get("/sign-in/provider")
    assert answer.status_code == 409
    assert "the OpenID provider" in text_of(answer.text)


def test_a_provider_that_is_down_is_asked_again_and_keeps_nobody_out_for_long(
    client: TestClient, provider: FakeProvider
) -> None:
    provider.is_down = True
    for _ in range(12):
        assert client.get("/sign-in/provider").status_code == 409
    provider.is_down = False
    assert client.get("/sign-in/provider").status_code == 303
    asked = provider.asked.count(DISCOVERY)
    client.get("/sign-in/provider")
    assert provider.asked.count(DISCOVERY) == asked


def test_without_a_provider_there_is_no_way_to_one(tmp_path: Path) -> None:
    with opened(place(tmp_path)) as house, browser(house) as client:
        assert client.get("/sign-in/provider").status_code == 404
        assert client.get("/sign-in/back?state=x&code=y").status_code == 404
        assert "bridge people link" in text_of(client.get("/sign-in").text)


def test_the_providers_secret_is_shown_nowhere(tmp_path: Path) -> None:
    settings = load_settings(None, {}, oidc_issuer="https://id.test", oidc_client_secret=SECRET)
    assert SECRET not in repr(settings)
    with pytest.raises(ConfigError) as refused:
        load_settings(None, {}, oidc_issuer="http://id.test", oidc_client_secret=SECRET)
    assert SECRET not in str(refused.value)
