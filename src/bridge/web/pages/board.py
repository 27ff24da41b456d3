"""The board: every route of every organisation in which somebody has a seat, the gravest first."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bridge.desk import BoardRow, Risk
from bridge.web.looks import render


async def board(request: Request) -> Response:
    """All of them; whoever has a seat in one alone goes there."""
    return await run_in_threadpool(_board, request)


def _board(request: Request) -> Response:
    person = request.app.state.doorkeeper.who(request)
    if person is None:
        return RedirectResponse(request.app.url_path_for("sign_in"), status_code=303)
    if len(person.seats) == 1:
        (only,) = person.seats
        return RedirectResponse(request.app.url_path_for("overview", organisation=only), status_code=303)
    found = request.app.state.house.board(tuple(person.seats))
    text, risk = request.query_params.get("q", "").strip(), request.query_params.get("state", "")
    rows = [row for row in found.rows if _is_wanted(row, text, risk)]
    values = {"person": person, "board": found, "rows": rows, "text": text, "risk": risk, "risks": list(Risk)}
    return HTMLResponse(render("board.html", values))


def _is_wanted(row: BoardRow, text: str, risk: str) -> bool:
    names = f"{row.organisation} {row.route} {row.source} {row.ledger}".casefold()
    return text.casefold() in names and risk in ("", row.risk)


PAGES = (Route("/", board, methods=["GET"], name="board"),)
