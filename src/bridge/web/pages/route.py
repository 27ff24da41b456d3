"""A route: the ten questions of a Monday, each in its place, and what can be asked for."""

from __future__ import annotations

from starlette.responses import Response

from bridge.errors import ConfigError
from bridge.model.duties import DutyKind
from bridge.model.pauses import of_connection
from bridge.web.asked import Asked, action, page
from bridge.web.people import Role


def route(asked: Asked) -> Response:
    """What is known of it."""
    desk = asked.app.desk
    view = desk.route(asked.part("route"), asked.query.get("month", ""), is_all=bool(asked.query.get("all")))
    pauses = desk.pauses()
    sides = (view.card.route.source, view.card.route.ledger)
    paused = {name: of_connection(pauses, name) for name in sides}
    accesses = {name: desk.access(name) for name in sides}
    return asked.show(
        "route.html", view=view, paused=paused, accesses=accesses, workers=desk.workers(), now=asked.app.clock.now()
    )


def route_profit(asked: Asked) -> Response:
    """The ledger's own profit and loss of a month, beside what is booked and what the channel told."""
    name, month = asked.part("route"), asked.query.get("month", "")
    view = asked.app.desk.route(name, month, is_all=bool(asked.query.get("all")))
    return asked.show("route_profit.html", view=view, found=asked.app.desk.profit(name, month))


def route_ask(asked: Asked) -> Response:
    """Have it read, sent or checked now, by a worker."""
    name = asked.part("route")
    ledger = next((one.ledger for one in asked.app.desk.routes() if one.name == name), "")
    what = asked.field("what")
    if not ledger or what not in (DutyKind.SYNC, DutyKind.DELIVER, DutyKind.CHECK):
        raise ConfigError(f"route {name}", "has no duty of that kind", "Use the buttons of its page", code="web.form")
    kind = DutyKind(what)
    if not asked.app.asking.ask(kind, ledger if kind is DutyKind.DELIVER else name, actor=asked.actor):
        cause, step = f"says that no worker is to {kind} it", f"Run `bridge drift {name}`"
        raise ConfigError(f"route {name}", cause, step, code="worker.no_duty")
    return asked.go_with("route", {"asked": what}, route=name)


def route_pause(asked: Asked) -> Response:
    """Do nothing with one of its connections, or let it work again."""
    name, connection = asked.part("route"), asked.field("connection")
    if asked.field("what") == "resume":
        asked.app.pausing.resume(connection, by=asked.person.name, actor=asked.actor)
    else:
        reason = asked.field("reason").strip()
        asked.app.pausing.pause(connection, by=asked.person.name, reason=reason, actor=asked.actor)
    return asked.go("route", route=name)


PAGES = (
    page("/routes/{route}", route),
    page("/routes/{route}/profit", route_profit, Role.BOOKKEEPER),
    action("/routes/{route}/ask", route_ask),
    action("/routes/{route}/pause", route_pause),
)
