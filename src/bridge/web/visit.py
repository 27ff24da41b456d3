"""Pages of nobody's organisation: before somebody is signed in, and about themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bridge.app import House
from bridge.errors import BridgeError, ConfigError
from bridge.people import Came, TooManyError
from bridge.people.secret import fresh
from bridge.web.asked import signing_in
from bridge.web.forms import check_ours, form_of
from bridge.web.front import Front
from bridge.web.looks import render
from bridge.web.people import Person


class Visit(msgspec.Struct, frozen=True):
    """One request outside any organisation. browser: a secret that this browser has, signed in or not."""

    request: Request
    person: Person | None
    browser: str
    form: FormData

    @property
    def house(self) -> House:
        house: House = self.request.app.state.house
        return house

    @property
    def front(self) -> Front:
        front: Front = self.request.app.state.front
        return front

    @property
    def csrf(self) -> str:
        """What forms of this page carry back."""
        return self.person.csrf if self.person else self.browser

    def part(self, name: str) -> str:
        """What the path says there."""
        return str(self.request.path_params[name])

    def field(self, name: str) -> str:
        """What was typed there; empty for nothing."""
        found = self.form.get(name, "")
        return found if isinstance(found, str) else ""

    def show(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page."""
        known = {"person": self.person} if self.person else {}
        return HTMLResponse(render(template, {"visit": self, **known, **values}), status_code=status)

    def go(self, way: str) -> Response:
        """On to another page."""
        return RedirectResponse(way, status_code=303)

    @property
    def came(self) -> Came:
        """The browser, for who signs in by it."""
        client, cookies = self.request.client, self.request.cookies
        words, before = self.request.headers.get("user-agent", ""), cookies.get(self.front.session_cookie, "")
        return Came(words, client.host if client else "", before)

    def enter(self, secret: str, way: str) -> Response:
        """Hand over the secret of a new session, and lead on."""
        response = self.go(way)
        self.front.remember(response, self.front.session_cookie, secret)
        return response


Do = Callable[[Visit], Response]


def open_page(path: str, do: Do) -> Route:
    """A page for everybody."""
    return _route(path, do, "GET", is_open=True)


def open_action(path: str, do: Do) -> Route:
    """Something that everybody may do, by a form that this browser was shown."""
    return _route(path, do, "POST", is_open=True)


def own_page(path: str, do: Do) -> Route:
    """A page for whoever is signed in."""
    return _route(path, do, "GET", is_open=False)


def own_action(path: str, do: Do) -> Route:
    """Something that whoever is signed in does, by a form of their session."""
    return _route(path, do, "POST", is_open=False)


def _route(path: str, do: Do, method: str, *, is_open: bool) -> Route:
    async def endpoint(request: Request) -> Response:
        form = await form_of(request) if method == "POST" else FormData()
        try:
            return await run_in_threadpool(_answer, request, form, do, is_open)
        finally:
            await form.close()

    return Route(path, endpoint, methods=[method], name=do.__name__)


def _answer(request: Request, form: FormData, do: Do, is_open: bool) -> Response:
    front: Front = request.app.state.front
    known = request.cookies.get(front.browser_cookie, "")
    person = request.app.state.doorkeeper.who(request)
    if person is None and not is_open:
        return signing_in(request)
    visit = Visit(request, person, known or fresh(), form)
    if request.method == "POST":
        check_ours(request, form, person.csrf if person else known)
    response = _done(visit, do)
    if not known and is_open and request.method == "GET":
        front.remember(response, front.browser_cookie, visit.browser)
    return response


def _done(visit: Visit, do: Do) -> Response:
    try:
        return do(visit)
    except TooManyError as error:
        response = visit.show("error.html", status=429, error=error)
        response.headers["Retry-After"] = str(error.seconds)
        return response
    except BridgeError as error:
        return visit.show("error.html", status=422 if isinstance(error, ConfigError) else 409, error=error)
