"""Sessions in a browser: cookies, tokens of forms, fixation, and what every answer carries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import pytest
from starlette.testclient import TestClient

import bridge.web
from bridge.app import House
from bridge.model.people import IDLE, Role
from bridge.web.looks import browser as named
from tests.fakes.clock import FakeClock
from tests.web.visiting import COOKIE, CSRF, ann, browser, field_of, opened, place, sign_in, text_of, visiting

TEMPLATES = Path(bridge.web.__file__).parent / "templates"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return place(tmp_path)


@pytest.fixture
def house(config: Path, clock: FakeClock) -> Iterator[House]:
    with opened(config, clock) as made:
        yield made


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with browser(house) as made:
        yield made


def owner_link(house: House) -> str:
    return f"/sign-in/link/{house.entrance.link(house.office('local').members.owner('ann').person_id)}"


def follow(client: TestClient, link: str) -> str:
    """Sign in by a link as a person does; the new session's secret."""
    answer = client.post(link, data={"csrf": field_of(client.get(link).text, "csrf")})
    assert answer.status_code == 303, text_of(answer.text)
    return str(SimpleCookie(answer.headers["set-cookie"])[COOKIE].value)


def test_the_cookie_of_a_session_is_no_scripts_and_no_other_sites(house: House, client: TestClient) -> None:
    link = owner_link(house)
    answer = client.post(link, data={"csrf": field_of(client.get(link).text, "csrf")})
    told = answer.headers["set-cookie"]
    assert told.startswith(f"{COOKIE}=")
    for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert word in told
    assert "Domain" not in told
    assert answer.headers["location"] == "/"


def test_on_this_machine_alone_a_cookie_goes_without_encryption(config: Path) -> None:
    with opened(config, public_url="") as house, browser(house) as client:
        client.base_url = house.settings.host and f"http://127.0.0.1:{house.settings.port}"
        told = client.get("/sign-in").headers
        assert told["set-cookie"].startswith("bridge-browser=")
        assert "Secure" not in told["set-cookie"]
        assert "strict-transport-security" not in told


def test_a_session_that_somebody_planted_is_not_taken_over_by_signing_in(house: House, client: TestClient) -> None:
    planted = "attackers-choice-of-a-secret"
    client.cookies.set(COOKIE, planted)
    assert follow(client, owner_link(house)) != planted
    with browser(house) as attacker:
        attacker.cookies.set(COOKIE, planted)
        assert attacker.get("/o/local/").headers["location"].startswith("/sign-in")


def test_signing_in_anew_ends_the_session_before(house: House, client: TestClient) -> None:
    first = follow(client, owner_link(house))
    client.cookies.set(COOKIE, first)
    second = follow(client, owner_link(house))
    with browser(house) as thief:
        thief.cookies.set(COOKIE, first)
        assert thief.get("/me").status_code == 303
        thief.cookies.set(COOKIE, second)
        assert thief.get("/me").status_code == 200


@pytest.mark.parametrize("csrf", ["", "another", "CSRF-of-the-test"])
@pytest.mark.parametrize("way", ["/sign-out", "/o/local/people/invite"])
def test_a_form_without_the_sessions_token_does_nothing(house: House, client: TestClient, way: str, csrf: str) -> None:
    sign_in(house, client, ann())
    data = {"name": "Eve", "role": "owner", **({"csrf": csrf} if csrf else {})}
    assert client.post(way, data=data).status_code == 403
    assert client.post(way, data=data, headers={"X-CSRF-Token": "another"}).status_code == 403
    assert client.get("/me").status_code == 200
    assert house.office("local").members.invitations() == ()


def test_the_token_of_another_session_is_none_of_this_one(house: House, client: TestClient) -> None:
    with browser(house) as other:
        sign_in(house, other, ann())
        follow(client, owner_link(house))
        assert field_of(client.get("/me").text, "csrf") != CSRF
        assert client.post("/sign-out", data={"csrf": CSRF}).status_code == 403


def test_no_other_site_signs_a_browser_in(house: House, client: TestClient) -> None:
    """Else somebody would work in the attacker's organisation and take it for their own."""
    link = owner_link(house)
    assert client.post(link, data={}).status_code == 403
    assert client.post(link, data={"csrf": ""}).status_code == 403
    client.get("/sign-in")
    assert client.post(link, data={"csrf": "guessed"}).status_code == 403
    assert follow(client, link), "none of these used the link up"


def test_who_signs_out_is_out_also_with_a_copy_of_the_cookie(house: House, client: TestClient) -> None:
    secret = follow(client, owner_link(house))
    answer = client.post("/sign-out", data={"csrf": field_of(client.get("/me").text, "csrf")})
    assert answer.headers["location"] == "/sign-in"
    assert "Max-Age=0" in answer.headers["set-cookie"]
    client.cookies.set(COOKIE, secret)
    assert client.get("/me").status_code == 303


def test_one_sees_where_one_is_signed_in_and_ends_each_and_all(house: House, client: TestClient) -> None:
    with browser(house) as phone:
        phone.headers["user-agent"] = "A phone <script>alert(1)</script>"
        follow(phone, owner_link(house))
        follow(client, owner_link(house))
        shown = client.get("/me").text
        assert "A phone &lt;script&gt;" in shown
        ids = re.findall(r'name="session" value="(\w{64})"', shown)
        assert len(ids) == 2
        csrf = field_of(shown, "csrf")
        mine = re.search(r"this one.*?value=\"(\w{64})\"", shown, re.DOTALL)
        assert mine
        other = next(one for one in ids if one != mine[1])
        assert client.post("/sign-out", data={"csrf": csrf, "session": other}).headers["location"] == "/me"
        assert phone.get("/me").status_code == 303
        assert client.post("/sign-out", data={"csrf": csrf, "session": "all"}).headers["location"] == "/sign-in"
        assert client.get("/me").status_code == 303


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0 Safari/537.36",
            "Chrome on Linux",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/153.0 Safari/537.36 Edg/153.0", "Edge on Windows"),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1 Version/26 Safari/604.1",
            "Safari on iPhone",
        ),
        ("curl/8.9", "curl/8.9"),
        ("", "unknown"),
    ],
)
def test_a_browser_is_called_as_people_call_it(words: str, shown: str) -> None:
    assert named(words) == shown


def test_a_session_ends_by_itself(house: House, client: TestClient, clock: FakeClock) -> None:
    follow(client, owner_link(house))
    assert client.get("/o/local/people").status_code == 200
    clock.advance(IDLE.total_seconds())
    assert client.get("/o/local/people").headers["location"] == "/sign-in?next=/o/local/people"


def test_whose_seat_is_taken_is_out_with_the_next_request(config: Path) -> None:
    with opened(config) as house, browser(house) as client:
        house.office("local").members.owner("boss")
        sign_in(house, client, ann(Role.BOOKKEEPER))
        assert client.get("/o/local/").status_code == 200
        house.office("local").members.remove("p-ann", by="web:boss")
        assert client.get("/o/local/").status_code == 404


def test_every_answer_tells_the_browser_to_do_nothing_that_is_not_meant(house: House, client: TestClient) -> None:
    sign_in(house, client, ann())
    for way in ("/sign-in", "/o/local/people", "/me", "/nothing-here", "/o/other/"):
        told = client.get(way).headers
        policy = told["content-security-policy"]
        assert "unsafe" not in policy
        for word in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"):
            assert word in policy
        assert told["x-content-type-options"] == "nosniff"
        assert told["referrer-policy"] == "no-referrer"
        assert told["cache-control"] == "no-store"
        assert told["strict-transport-security"].startswith("max-age=31536000")
    assert client.get("/static/bridge.css").headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("template", sorted(TEMPLATES.glob("*.html")), ids=lambda path: path.name)
def test_no_template_has_what_the_policy_forbids(template: Path) -> None:
    text = template.read_text(encoding="utf-8")
    assert not re.findall(r"<style|\sstyle=|\son\w+=|hx-on|javascript:|<script(?![^>]*\ssrc=\"/static/)", text)
    assert "| safe" not in text
    assert "|safe" not in text


def test_a_person_is_known_over_http_as_visiting_shows_it(config: Path) -> None:
    with visiting(config, Role.VIEWER) as client:
        assert client.get("/o/local/").status_code == 200
        assert client.get("/o/local/people").status_code == 403
