"""The site: pages, doors and what answers for them, put together."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bridge import log
from bridge.app import House
from bridge.errors import BridgeError
from bridge.people import Brake
from bridge.web.front import front_of
from bridge.web.headers import Headers
from bridge.web.looks import render
from bridge.web.pages import (
    arrived,
    board,
    connecting,
    connections,
    deciding,
    drift,
    explain,
    files,
    lacking,
    new_route,
    overview,
    people,
    pilot,
    preview,
    records,
    route,
    runs,
    sign_in,
    signed,
    stop,
    undo,
    waits,
)
from bridge.web.people import Doorkeeper, SessionKeeper

STATIC: Final = Path(__file__).parent / "static"
PAGES: Final[tuple[BaseRoute, ...]] = (
    *board.PAGES,
    *overview.PAGES,
    *route.PAGES,
    *waits.PAGES,
    *deciding.PAGES,
    *preview.PAGES,
    *drift.PAGES,
    *signed.PAGES,
    *explain.PAGES,
    *undo.PAGES,
    *arrived.PAGES,
    *connections.PAGES,
    *connecting.PAGES,
    *new_route.PAGES,
    *files.PAGES,
    *lacking.PAGES,
    *pilot.PAGES,
    *runs.PAGES,
    *records.PAGES,
    *people.PAGES,
    *stop.PAGES,
    *sign_in.PAGES,
)
_AGAIN_SECONDS: Final = 10
STARTS: Final = 60
"""How often people of one address may be sent to the provider in a quarter of an hour."""


def site(house: House, doorkeeper: Doorkeeper | None = None, doors: Sequence[BaseRoute] = ()) -> Starlette:
    """Everything that is served. doorkeeper: of the sessions, unless told. doors: what needs nobody to be signed in."""
    front = front_of(house.settings)
    static = Mount("/static", StaticFiles(directory=STATIC), name="static")
    made = Starlette(
        routes=_in_turn(static, doors),
        exception_handlers={HTTPException: _refused, BridgeError: _failed},
        middleware=[
            Middleware(Headers, front=front),
            Middleware(TrustedHostMiddleware, allowed_hosts=front.hosts, www_redirect=False),
        ],
    )
    made.state.house, made.state.front = house, front
    made.state.doorkeeper = doorkeeper or SessionKeeper(house.entrance, front)
    made.state.provider = house.provider(front.url + sign_in.BACK)
    made.state.brake, made.state.starts = Brake(house.clock), Brake(house.clock, STARTS)
    return made


def _in_turn(static: BaseRoute, doors: Sequence[BaseRoute]) -> list[BaseRoute]:
    """Asked one by one. Notices come by the hundred a second, so their doors stand first, unless they would hide pages:

    below no path of their own every page of two parts looks like one of them.
    """
    is_wide = any(isinstance(door, Route) and door.path.startswith("/{") for door in doors)
    return [static, *PAGES, *doors] if is_wide else [*doors, static, *PAGES]


def _failed(request: Request, error: Exception) -> Response:
    """Whatever goes wrong before a page, or an action, is come to: who asks, and what they sent."""
    assert isinstance(error, BridgeError)
    log.get("web").warning("request was not answered", way=request.scope["route"].path, code=error.code)
    answer = HTMLResponse(render("error.html", {"error": error}), status_code=503)
    answer.headers["Retry-After"] = str(_AGAIN_SECONDS)
    return answer


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = HTTPStatus(error.status_code).phrase
    told = {"words": words, "detail": error.detail if error.detail != words else ""}
    return HTMLResponse(render("refused.html", told), status_code=error.status_code, headers=error.headers)
