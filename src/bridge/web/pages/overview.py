"""The overview of an organisation: its routes, what is wrong first."""

from __future__ import annotations

from starlette.responses import Response

from bridge.web.asked import Asked, page


def overview(asked: Asked) -> Response:
    """Every route, and what waits."""
    return asked.show("overview.html", cards=asked.app.desk.cards())


PAGES = (page("/", overview),)
