"""The preview: every voucher that is owed or held, exactly as it would be sent."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bridge.model.duties import DutyKind
from bridge.model.tax_regimes import row_of
from bridge.web.asked import Asked, action, page
from bridge.web.pages.waits import number_of
from bridge.web.people import Role


def preview(asked: Asked) -> Response:
    """What would be sent for a route, a page at a time; the first route where none is named."""
    routes = [route.name for route in asked.app.desk.routes()]
    name = asked.query.get("route", "") or next(iter(routes), "")
    if name and name not in routes:
        raise HTTPException(404)
    card = asked.app.desk.card(name) if name else None
    return asked.show(
        "preview.html",
        routes=routes,
        card=card,
        tax_means=row_of(card.books_by).means if card and card.books_by else "",
        found=asked.app.desk.preview_page(name, number_of(asked.query)) if name else None,
        workers=asked.app.desk.workers(),
        is_asked=asked.query.get("asked", "") == "1",
        may=asked.role >= Role.BOOKKEEPER,
    )


def deliver_now(asked: Asked) -> Response:
    """Have what is owed to a route's ledger sent now."""
    route = next((one for one in asked.app.desk.routes() if one.name == asked.part("route")), None)
    if route is None:
        raise HTTPException(404)
    asked.app.asking.ask(DutyKind.DELIVER, route.ledger, actor=asked.actor)
    return asked.go_with("preview", {"route": route.name, "asked": "1"})


PAGES = (page("/preview", preview), action("/preview/{route}/deliver", deliver_now))
