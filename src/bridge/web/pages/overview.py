"""The overview of an organisation: its routes, what to do next, what is wrong, and what comes due."""

from __future__ import annotations

from contextlib import suppress

from starlette.responses import Response

from bridge.app import App
from bridge.errors import BridgeError
from bridge.web.asked import Asked, page


def overview(asked: Asked) -> Response:
    """Every route, and what waits."""
    desk = asked.app.desk
    return asked.show(
        "overview.html",
        has_routes=bool(desk.routes()),
        board=desk.board(),
        workers=desk.workers(),
        alerts=_alerts(asked.app),
    )


def _alerts(app: App) -> tuple[tuple[str, str], ...]:
    """What is odd about the database or the clock, each with what to do."""
    found = []
    with suppress(BridgeError):
        if seen := app.witness.look().words:
            found.append((seen, "What may be in a ledger already is looked for there before anything is sent"))
    times = app.times()
    if times.jump:
        found.append((times.jump, "Check the clock of the machine: `bridge clock`"))
    if any(one.what != "decision" for one in times.beyond):
        words = f"{len(times.beyond):,} things wait for a time from a future that no wait reaches"
        found.append((words, "A clock was wrong once: `bridge clock --put-right` frees them"))
    return tuple(found)


PAGES = (page("/", overview),)
