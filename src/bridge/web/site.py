"""The site: pages, doors and what answers for them, put together."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

from bridge.app import House
from bridge.web.looks import render
from bridge.web.pages import deciding, drift, explain, overview, preview, signed, waits
from bridge.web.people import Doorkeeper

STATIC: Final = Path(__file__).parent / "static"
PAGES: Final[tuple[BaseRoute, ...]] = (
    *overview.PAGES,
    *waits.PAGES,
    *deciding.PAGES,
    *preview.PAGES,
    *drift.PAGES,
    *signed.PAGES,
    *explain.PAGES,
)


def site(house: House, doorkeeper: Doorkeeper, doors: Sequence[BaseRoute] = ()) -> Starlette:
    """Everything that is served. doors: what needs nobody to be signed in."""
    static = Mount("/static", StaticFiles(directory=STATIC), name="static")
    made = Starlette(routes=[static, *PAGES, *doors], exception_handlers={HTTPException: _refused})
    made.state.house, made.state.doorkeeper = house, doorkeeper
    return made


def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    words = HTTPStatus(error.status_code).phrase
    return HTMLResponse(render("refused.html", {"words": words}), status_code=error.status_code, headers=error.headers)
