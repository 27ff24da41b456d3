"""Requests that nobody's browser makes: hosts, paths, headers, ways on, and bodies."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.testclient import TestClient
from starlette.types import Message

from bridge.app import House
from bridge.model.words import LONGEST, OBEYED
from bridge.web.forms import LARGEST_FORM, form_of
from bridge.web.front import own_way
from tests.web.visiting import CSRF, ann, browser, opened, place, sign_in


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(place(tmp_path_factory.mktemp("requests"))) as made:
        yield made


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[TestClient]:
    with browser(house) as made:
        sign_in(house, made, ann())
        yield made


@pytest.mark.parametrize("host", ["evil.test", "bridge.test.evil.test", "bridge.test@evil.test", "", "a b"])
def test_a_site_of_another_name_is_none_of_ours(client: TestClient, host: str) -> None:
    """Else a name that an attacker points at this machine would have its pages read (DNS rebinding)."""
    assert client.get("/sign-in", headers={"Host": host}).status_code == 400


@pytest.mark.parametrize("host", ["bridge.test", "BRIDGE.TEST:443", "127.0.0.1:8730", "localhost"])
def test_its_own_name_and_this_machine_are_answered(client: TestClient, host: str) -> None:
    assert client.get("/sign-in", headers={"Host": host}).status_code == 303


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Original-URL", "X-Rewrite-URL", "Forwarded"])
def test_no_header_moves_the_site(client: TestClient, header: str) -> None:
    answer = client.get("/o/local/people", headers={header: "evil.test"})
    assert answer.status_code == 200
    assert "evil.test" not in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "/static/../site.py",
        "/static/..%2fsite.py",
        "/static/%2e%2e/templates/base.html",
        "/static//etc/passwd",
        "/static/..%5c..%5csite.py",
        "/o/local%2f..%2fother/",
        "/o/local/..%2f..%2fme",
        "/o/local%0d%0aSet-Cookie:%20a=b/",
    ],
)
def test_a_path_leads_nowhere_but_where_it_says(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in (404, 303)
    assert "a=b" not in str(answer.headers)
    assert "root:" not in answer.text
    assert "Jinja" not in answer.text


@pytest.mark.parametrize(
    "way",
    [
        "//evil.test",
        "https://evil.test/",
        "/\\evil.test",
        "\\\\evil.test",
        "javascript:alert(1)",
        "/\t/evil.test",
        "/\r\nSet-Cookie: a=b",
        " //evil.test",
        "evil.test",
        "///evil.test",
        "/" + "x" * 3_000,
        "",
    ],
)
def test_nobody_is_led_to_another_site(client: TestClient, way: str) -> None:
    answer = client.get(f"/sign-in?next={quote(way)}")
    assert answer.headers["location"] == "/"
    assert "a=b" not in str(answer.headers)


def test_people_are_led_back_to_where_they_wanted(client: TestClient, house: House) -> None:
    with browser(house) as nobody:
        asked = nobody.get("/o/local/people?after=1&x=%2F%2Fevil.test").headers["location"]
    assert asked.startswith("/sign-in?next=/o/local/people%3Fafter%3D1")
    assert client.get(asked).headers["location"] == "/o/local/people?after=1&x=%2F%2Fevil.test"
    assert own_way("/o/local/?a=b#c") == "/o/local/?a=b#c"


def test_a_script_that_asks_for_a_part_is_told_to_sign_in(house: House) -> None:
    with browser(house) as nobody:
        answer = nobody.get("/o/local/people", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in"


def test_what_is_sent_is_cut_off_where_it_is_too_much(client: TestClient) -> None:
    way = "/o/local/people/invite"
    large = b"csrf=" + CSRF.encode() + b"&name=" + b"x" * LARGEST_FORM
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post(way, content=large, headers=kind).status_code == 413

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(large), 65_536):
            yield large[start : start + 65_536]

    assert client.post(way, content=pieces(), headers=kind).status_code == 413, "also without a length told before"
    many = "&".join(f"a{number}=1" for number in range(20_000))
    assert client.post(way, content=f"csrf={CSRF}&{many}", headers=kind).status_code == 400


@pytest.mark.parametrize(
    "charset", ["punycode", "idna", "utf-7", "unicode_escape", '"punycode"', "x; charset=punycode"]
)
def test_nobody_chooses_how_letters_are_read(house: House, charset: str) -> None:
    """Punycode of two megabytes is read for minutes, of whoever asks, before anybody is known."""
    body = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n' + b"b" * 9 + b"-" + b"b" * 9 + b"\r\n--x--\r\n"
    with browser(house) as nobody:
        kind = {"Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
        assert nobody.post("/sign-in/link/abc", content=body, headers=kind).status_code == 415


def test_a_form_that_does_not_end_is_not_waited_for() -> None:
    async def receive() -> Message:
        await asyncio.sleep(0.01)
        return {"type": "http.request", "body": b"a", "more_body": True}

    async def asked() -> None:
        kind = [(b"content-type", b"application/x-www-form-urlencoded")]
        await form_of(Request({"type": "http", "method": "POST", "headers": kind}, receive), seconds=0.1)

    with pytest.raises(HTTPException) as refused:
        asyncio.run(asked())
    assert refused.value.status_code == 408


def test_a_zero_byte_is_nothing_that_a_person_typed(client: TestClient) -> None:
    """PostgreSQL takes none: it would be told as a database that is away."""
    for path in ("/o/%00/", "/o/local/explain/%00", "/o/local/waits?reason=%00", "/notices/local/%00"):
        assert client.get(path).status_code == 400
    for told in ({"name": "\0"}, {"na\0me": "x"}):
        assert client.post("/o/local/people/invite", data={"csrf": CSRF, "role": "viewer", **told}).status_code == 400


def test_no_name_turns_the_words_beside_it_round(client: TestClient) -> None:
    told = {"csrf": CSRF, "plugin": "", "reason": "\u202e00.1 \u2066<b>\u05d0\x1b[2J\x9b31m\r\nnext"}
    assert client.post("/o/local/stop/deliveries", data=told).status_code == 303
    for page in ("/o/local/stop", "/o/local/audit"):
        shown = client.get(page).text
        assert "\ufffd00.1 \ufffd&lt;b&gt;\u05d0\ufffd[2J\ufffd31m" in shown
        assert not OBEYED & set(shown)
    client.post("/o/local/stop/deliveries/allow", data={"csrf": CSRF, "subject": ""})


def test_words_beside_a_decision_are_as_long_as_somebody_reads_and_the_browser_says_so_first(
    client: TestClient,
) -> None:
    told = {"csrf": CSRF, "plugin": "", "reason": "x" * (LONGEST + 1)}
    answer = client.post("/o/local/stop/deliveries", data=told)
    assert (answer.status_code, "words.too_long" in answer.text) == (422, True)
    assert f'maxlength="{LONGEST}"' in client.get("/o/local/stop").text


def test_a_file_in_the_place_of_a_text_is_no_text(client: TestClient) -> None:
    told = {"csrf": ("a.txt", CSRF.encode()), "name": ("b.txt", b"Eve")}
    assert client.post("/o/local/people/invite", files=told).status_code == 403


def test_an_answer_tells_nothing_of_what_serves_it(client: TestClient) -> None:
    shown = client.get("/o/local/nothing")
    assert shown.status_code == 404
    assert "server" not in shown.headers
    assert "Traceback" not in shown.text
