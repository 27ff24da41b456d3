"""What a page is asked, and by whom; the one way from a request to a page's function and back."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bridge.app import App
from bridge.errors import BridgeError, ConfigError
from bridge.web.looks import render
from bridge.web.people import Person, Role

CSRF_FIELD, CSRF_HEADER = "csrf", "X-CSRF-Token"


class Asked(msgspec.Struct, frozen=True):
    """One request of a person for one organisation. form: what was sent with it; empty for a GET."""

    request: Request
    person: Person
    organisation: str
    role: Role
    app: App
    form: FormData

    @property
    def query(self) -> QueryParams:
        return self.request.query_params

    @property
    def actor(self) -> str:
        """Whom the audit log names."""
        return f"web:{self.person.name}"

    @property
    def is_partial(self) -> bool:
        """Whether a script asks, which swaps a part of the page."""
        return self.request.headers.get("HX-Request") == "true"

    def part(self, name: str) -> str:
        """What the path says there."""
        return str(self.request.path_params[name])

    def url(self, page: str, **parts: Any) -> str:
        """Where a page of this organisation is, by its function's name."""
        return str(self.request.app.url_path_for(page, organisation=self.organisation, **parts))

    def field(self, name: str) -> str:
        """What was typed there; empty for nothing."""
        found = self.form.get(name, "")
        return found if isinstance(found, str) else ""

    def fields(self, name: str) -> tuple[str, ...]:
        """Everything that was chosen there."""
        return tuple(one for one in self.form.getlist(name) if isinstance(one, str))

    def show(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page of this organisation."""
        return HTMLResponse(render(template, {"asked": self, **values}), status_code=status)

    def go(self, page: str, *, query: Mapping[str, str] | None = None, **parts: Any) -> Response:
        """On to another page, after something was done: loading that anew does nothing twice."""
        at = self.url(page, **parts)
        return RedirectResponse(f"{at}?{urlencode(query)}" if query else at, status_code=303)


Do = Callable[[Asked], Response]


def page(path: str, do: Do, needs: Role = Role.VIEWER) -> Route:
    """A page of an organisation, below ``/o/ORGANISATION``."""
    return _route(path, do, needs, "GET")


def action(path: str, do: Do, needs: Role = Role.BOOKKEEPER) -> Route:
    """Something that is done for an organisation, by a form; its answer leads on to a page, or shows what is wrong."""
    return _route(path, do, needs, "POST")


def _route(path: str, do: Do, needs: Role, method: str) -> Route:
    async def endpoint(request: Request) -> Response:
        form = await request.form() if method == "POST" else FormData()
        return await run_in_threadpool(_answer, request, form, do, needs)

    return Route(f"/o/{{organisation}}{path}", endpoint, methods=[method], name=do.__name__)


def _answer(request: Request, form: FormData, do: Do, needs: Role) -> Response:
    organisation = request.path_params["organisation"]
    person = request.app.state.doorkeeper.who(request)
    if person is None:
        return RedirectResponse(request.app.url_path_for("sign_in"), status_code=303)
    role = person.seats.get(organisation)
    if role is None:
        raise HTTPException(404)  # nobody is told what other organisations there are
    if role < needs:
        raise HTTPException(403)
    if request.method == "POST" and not is_ours(request, form, person):
        raise HTTPException(403)
    asked = Asked(request, person, organisation, role, request.app.state.house.office(organisation), form)
    try:
        return do(asked)
    except BridgeError as error:
        if request.method == "GET" and error.code.endswith(".unknown"):
            raise HTTPException(404) from error
        status = 422 if isinstance(error, ConfigError) else 409
        return asked.show("error.html", status=status, error=error)


def is_ours(request: Request, form: Mapping[str, Any], person: Person) -> bool:
    """Whether a form was made for this person's session."""
    told = request.headers.get(CSRF_HEADER) or form.get(CSRF_FIELD, "")
    return isinstance(told, str) and hmac.compare_digest(told.encode(), person.csrf.encode())
