"""The page of an organisation's people: for its owners, who invite, change and remove."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from bridge.app import House
from bridge.model.people import Role
from bridge.people import Members
from tests.web.visiting import CSRF, ann, browser, opened, place, sign_in, text_of


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(place(tmp_path)) as made:
        yield made


@pytest.fixture
def members(house: House) -> Members:
    return house.office("local").members


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with browser(house) as made:
        sign_in(house, made, ann())
        yield made


def send(client: TestClient, way: str, **fields: str) -> int:
    return int(client.post(f"/o/local/people/{way}", data={"csrf": CSRF, **fields}).status_code)


def test_an_owner_changes_and_removes_a_seat(client: TestClient, members: Members) -> None:
    secret = members.invite("Bob", "", Role.VIEWER, by="test")
    bob = members.accept(members.invited(secret).invitation_id, None).person.person_id
    assert send(client, "role", person=bob, role="bookkeeper") == 303
    assert members.get("Bob").seat.role is Role.BOOKKEEPER
    assert members.get("Bob").seat.by == "web:Ann"
    assert send(client, "remove", person=bob) == 303
    assert [one.person.name for one in members.all()] == ["Ann"]
    assert send(client, "remove", person=bob) == 422
    assert send(client, "remove", person="p-ann") == 422, "the last owner"
    assert send(client, "role", person="p-ann", role="emperor") == 422


def test_an_owner_takes_an_invitation_back(client: TestClient, members: Members) -> None:
    members.invite("Bob", "bob@example.com", Role.VIEWER, by="test")
    assert "bob@example.com" in text_of(client.get("/o/local/people").text)
    assert send(client, "withdraw", invitation=members.invitations()[0].invitation_id) == 303
    assert "Nobody is invited just now" in text_of(client.get("/o/local/people").text)


def test_a_hostile_name_is_shown_and_does_nothing(client: TestClient) -> None:
    name = '<img src=x onerror="alert(1)">'
    assert send(client, "invite", name=name, role="viewer") == 200
    shown = client.get("/o/local/people").text
    assert "<img" not in shown
    assert name in text_of(shown)


def test_a_form_that_is_too_old_says_what_to_do(client: TestClient) -> None:
    answer = client.post("/o/local/people/invite", data={"csrf": "of yesterday"})
    assert answer.status_code == 403
    assert "load its page anew" in text_of(answer.text)
