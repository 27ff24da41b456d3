"""What a page is asked, and by whom; the one way from a request to a page's function and back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlencode

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, QueryParams
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bridge.app import App
from bridge.errors import BridgeError, ConfigError, disk_told
from bridge.web.forms import check_ours, form_of
from bridge.web.looks import render
from bridge.web.people import Person, Role
from bridge.web.stopped import Stopped, stopped


class Asked(msgspec.Struct, frozen=True):
    """One request of a person for one organisation. form: what was sent with it; empty for a GET.

    touched: routes and connections of which something is to show on the board before the next run.
    """

    request: Request
    person: Person
    organisation: str
    role: Role
    app: App
    form: FormData
    touched: set[str] = msgspec.field(default_factory=set)

    def touches(self, *names: str) -> None:
        """Say, before it is done, whose standing changes by it: routes (name or id), or all of a connection (name)."""
        self.touched.update(names)

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
        quoted = {name: quote(str(part)) for name, part in parts.items()}
        return str(self.request.app.url_path_for(page, organisation=self.organisation, **quoted))

    def field(self, name: str) -> str:
        """What was typed there; empty for nothing."""
        found = self.form.get(name, "")
        return found if isinstance(found, str) else ""

    @property
    def typed(self) -> Mapping[str, str]:
        """Everything that was typed, by field."""
        return {name: value for name, value in self.form.items() if isinstance(value, str)}

    @property
    def browser(self) -> str:
        """A name for this person's session that tells nothing of it: a sign-in elsewhere ends where it began."""
        secret = f"{self.person.person_id}/{self.person.csrf}".encode()
        return hashlib.sha256(secret).hexdigest()

    def fields(self, name: str) -> tuple[str, ...]:
        """Everything that was chosen there."""
        return tuple(one for one in self.form.getlist(name) if isinstance(one, str))

    def show(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page of this organisation, below what is stopped in it."""
        return HTMLResponse(render(template, {"asked": self, "stopped": self._stopped(), **values}), status_code=status)

    def _stopped(self) -> tuple[Stopped, ...]:
        try:
            return tuple(map(stopped, self.app.desk.pauses()))
        except BridgeError:  # perhaps what the page itself is about
            return ()

    def go(self, page: str, **parts: Any) -> Response:
        """On to another page, after something was done: loading that anew does nothing twice."""
        return RedirectResponse(self.url(page, **parts), status_code=303)

    def go_with(self, page: str, query: Mapping[str, str], **parts: Any) -> Response:
        """The same, with something that the page is to show."""
        return RedirectResponse(f"{self.url(page, **parts)}?{urlencode(query)}", status_code=303)


Do = Callable[[Asked], Response]


def page(path: str, do: Do, needs: Role = Role.VIEWER) -> Route:
    """A page of an organisation, below ``/o/ORGANISATION``."""
    return _route(path, do, needs, "GET")


def action(path: str, do: Do, needs: Role = Role.BOOKKEEPER) -> Route:
    """Something that is done for an organisation, by a form; its answer leads on to a page, or shows what is wrong."""
    return _route(path, do, needs, "POST")


def upload(path: str, do: Do, needs: Role = Role.BOOKKEEPER) -> Route:
    """Something that is done with a file that a person brings; it goes to disk while it comes, up to a limit."""
    return _route(path, do, needs, "POST", is_file=True)


def coming_back(path: str, do: Do, needs: Role, organisation: Callable[[Request], str]) -> Route:
    """Where browsers come back to from elsewhere, at an address that names no organisation: what they bring does."""

    async def endpoint(request: Request) -> Response:
        request.path_params["organisation"] = organisation(request)
        if await run_in_threadpool(request.app.state.doorkeeper.who, request) is None:
            return RedirectResponse(request.app.url_path_for("sign_in"), status_code=303)  # with nothing of the address
        return await run_in_threadpool(_answer, request, FormData(), do, needs)

    return Route(path, endpoint, methods=["GET"], name=do.__name__)


def _route(path: str, do: Do, needs: Role, method: str, *, is_file: bool = False) -> Route:
    async def endpoint(request: Request) -> Response:
        if method != "POST":
            return await run_in_threadpool(_answer, request, FormData(), do, needs)
        if is_file and isinstance(refused := await run_in_threadpool(_admitted, request, needs), Response):
            return refused  # before anything of it is kept
        limits = request.app.state.house.settings.limits
        form = await (form_of(request, limits.max_upload_bytes, None) if is_file else form_of(request))
        try:
            return await run_in_threadpool(_answer, request, form, do, needs)
        finally:
            await form.close()

    return Page(f"/o/{{organisation}}{path}", endpoint, methods=[method], name=do.__name__, needs=needs)


class Page(Route):
    """A way to a page or an action of an organisation. needs: the role that may go it."""

    def __init__(self, *told: Any, needs: Role, **options: Any) -> None:
        super().__init__(*told, **options)
        self.needs = needs


def _admitted(request: Request, needs: Role) -> tuple[Person, Role] | Response:
    """Who asks, and what they are there; or where to sign in. Raises: HTTPException."""
    person = request.app.state.doorkeeper.who(request)
    if person is None:
        return signing_in(request)
    role = person.seats.get(request.path_params["organisation"])
    if role is None:
        raise HTTPException(404)  # nobody is told what other organisations there are
    if role < needs:
        raise HTTPException(403)
    return person, role


def _answer(request: Request, form: FormData, do: Do, needs: Role) -> Response:
    admitted = _admitted(request, needs)
    if isinstance(admitted, Response):
        return admitted
    person, role = admitted
    organisation = request.path_params["organisation"]
    if request.method == "POST":
        check_ours(request, form, person.csrf)
    asked = Asked(request, person, organisation, role, request.app.state.house.office(organisation), form)
    try:
        with disk_told():
            try:
                return do(asked)
            finally:
                if asked.touched:
                    asked.app.summing.of(asked.touched, actor=asked.actor)
    except BridgeError as error:
        return asked.show("error.html", status=_status(request, error), error=error)


def _status(request: Request, error: BridgeError) -> int:
    if not isinstance(error, ConfigError):
        return 409
    return 404 if request.method == "GET" and error.code.endswith(".unknown") else 422


def signing_in(request: Request) -> Response:
    """To where people sign in, and from there back; also where a script asked for a part of a page."""
    way = str(request.app.url_path_for("sign_in"))
    if request.headers.get("HX-Request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": way})
    if request.method == "GET":
        told = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        way = f"{way}?next={quote(told, safe='/')}"
    return RedirectResponse(way, status_code=303)
