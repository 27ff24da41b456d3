"""Links and invitations over HTTP: opened by anybody's mail scanner, good once, and not to be guessed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bridge.app import House
from bridge.model.people import Role
from tests.fakes.clock import FakeClock
from tests.web.visiting import CSRF, ann, browser, field_of, opened, place, sign_in, text_of


@pytest.fixture
def house(tmp_path: Path, clock: FakeClock) -> Iterator[House]:
    with opened(place(tmp_path), clock) as made:
        yield made


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with browser(house) as made:
        yield made


def link_of(house: House) -> str:
    return f"/sign-in/link/{house.entrance.link(house.office('local').members.owner('ann').person_id)}"


def posted(client: TestClient, way: str) -> int:
    csrf = field_of(client.get(way).text, "csrf")
    return int(client.post(way, data={"csrf": csrf}).status_code)


def test_a_link_that_is_only_opened_stays_good_and_replayed_it_is_refused(house: House, client: TestClient) -> None:
    link = link_of(house)
    for _ in range(3):
        assert client.get(link).status_code == 200
    assert posted(client, link) == 303
    with browser(house) as thief:
        assert posted(thief, link) == 422
        assert thief.get("/me").status_code == 303


def test_guessing_is_stopped_for_the_address_and_for_the_link(house: House, client: TestClient) -> None:
    link = link_of(house)
    secret = link.rpartition("/")[2]
    csrf = field_of(client.get(link).text, "csrf")
    guesses = [f"/sign-in/link/{secret[:8]}{number:035}" for number in range(11)]
    assert [client.post(one, data={"csrf": csrf}).status_code for one in guesses] == [422] * 10 + [429]
    refused = client.post(link, data={"csrf": csrf})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "900")
    assert "Wait" in text_of(refused.text)


def test_a_wrong_secret_says_no_more_than_a_used_one(house: House, client: TestClient) -> None:
    link = link_of(house)
    assert posted(client, link) == 303
    with browser(house) as other:
        told = [text_of(other.post(one, data={"csrf": field_of(other.get(one).text, "csrf")}).text)
                for one in (link, "/sign-in/link/never-was")]  # fmt: skip
    assert told[0] == told[1]


def test_an_invitation_is_accepted_once_and_gives_what_it_says(house: House, client: TestClient) -> None:
    sign_in(house, client, ann())
    shown = client.post("/o/local/people/invite", data={"csrf": CSRF, "name": "Bob", "role": "viewer"}).text
    way = shown.partition("https://bridge.test")[2].partition("<")[0]
    assert way.startswith("/join/local/")
    with browser(house) as bob:
        assert "You are invited to local" in text_of(bob.get(way).text)
        assert bob.get("/o/local/").status_code == 303, "to look at it gives nothing"
        answer = bob.post(way, data={"csrf": field_of(bob.get(way).text, "csrf")})
        assert answer.headers["location"] == "/o/local/"
        assert bob.get("/o/local/").status_code == 200
        assert bob.get("/o/local/people").status_code == 403
    with browser(house) as thief:
        assert thief.get(way).status_code == 422
    assert "Bob" in text_of(client.get("/o/local/people").text)


def test_who_is_signed_in_accepts_as_who_they_are(house: House, client: TestClient) -> None:
    sign_in(house, client, ann())
    secret = house.office("second").members.invite("whoever", "", Role.BOOKKEEPER, by="test")
    way = f"/join/second/{secret}"
    assert "You accept it as Ann" in text_of(client.get(way).text)
    assert client.post(way, data={"csrf": CSRF}).status_code == 303
    assert client.get("/o/second/").status_code == 200
    assert client.get("/o/second/people").status_code == 403


def test_an_invitation_to_one_organisation_opens_no_other(house: House, client: TestClient) -> None:
    secret = house.office("local").members.invite("Bob", "", Role.OWNER, by="test")
    for other in ("second", "", "..", "local/../second"):
        assert client.get(f"/join/{other}/{secret}").status_code in (404, 422)
    there, nowhere = (client.get(f"/join/{name}/guess").text for name in ("local", "never-was"))
    assert there == nowhere, "who asks does not learn which organisations there are"


def test_guessing_at_invitations_is_stopped(house: House, client: TestClient) -> None:
    secret = house.office("local").members.invite("Bob", "", Role.OWNER, by="test")
    assert [client.get(f"/join/local/guess-{number}").status_code for number in range(11)] == [422] * 10 + [429]
    assert client.get(f"/join/local/{secret}").status_code == 429
