"""Connections: whether bridge is let into each, what it says of itself when it is asked, and what people do with it."""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec
from starlette.responses import Response

from bridge.desk import Access, Checked, LedgerBooks
from bridge.desk.access import Way
from bridge.errors import BridgeError, ConfigError
from bridge.host.leaving import Ending
from bridge.model.connections import Connection, Route, Side
from bridge.web.asked import Asked, action, page
from bridge.web.connect_form import ways_of
from bridge.web.people import Role

ENDINGS: Final = {
    Ending.REVOKED: "The vendor took the access back.",
    Ending.LEFT: "The vendor took this account out of a sign-in that stays good for others.",
    Ending.DEAD: "It let nobody in any more.",
    Ending.BY_HAND: "Take the access back at the vendor too: bridge could not, or was not to.",
    Ending.NONE: "Nothing was sealed for it.",
}


class Shown(msgspec.Struct, frozen=True):
    """A connection on a page. asks: whether a key or a sign-in lets bridge in."""

    access: Access
    title: str
    routes: tuple[Route, ...]
    asks: bool

    @property
    def connection(self) -> Connection:
        return self.access.connection

    @property
    def is_channel(self) -> bool:
        return self.connection.side is Side.SOURCE

    @property
    def route(self) -> Route | None:
        """The one that reads from it."""
        return next((one for one in self.routes if one.source == self.connection.name), None)

    @property
    def is_paused(self) -> bool:
        return self.access.way in {Way.STOPPED, Way.PAUSED}


def connections(asked: Asked) -> Response:
    """All of them."""
    routes = asked.app.desk.routes()
    return asked.show("connections.html", shown=[_shown(asked, one, routes) for one in asked.app.desk.accesses()])


def connection(asked: Asked) -> Response:
    """One, as the store knows it; nobody is asked."""
    shown = one_shown(asked)
    remarks = () if shown.is_channel else asked.app.desk.known_remarks(shown.connection.name)
    return asked.show("connection.html", shown=shown, remarks=remarks, at=shown.access.asked_at, fault=None)


def check_connection(asked: Asked) -> Response:
    """The same, asked just now. A fault is shown beside what is known."""
    fault: BridgeError | None = None
    checked: Checked | None = None
    try:
        checked = asked.app.desk.checked(one_shown(asked).connection.name)
    except BridgeError as error:
        fault = error
    remarks, at = (checked.remarks, checked.at) if checked else ((), None)
    return asked.show("connection.html", shown=one_shown(asked), remarks=remarks, at=at, fault=fault)


def ledger_books(asked: Asked) -> Response:
    """What a ledger itself says its accounts come to."""
    shown = one_shown(asked)
    today = asked.app.clock.now().date()
    until = _day(asked.query.get("until", "")) or today
    since = _day(asked.query.get("since", ""))
    books: LedgerBooks = asked.app.desk.ledger_books(shown.connection.name, until, since)
    return asked.show("connection_books.html", shown=shown, books=books, until=until, since=since)


def pause_connection(asked: Asked) -> Response:
    """Do nothing with it until somebody resumes it."""
    asked.app.pausing.pause(
        asked.part("name"), by=asked.person.name, reason=asked.field("reason").strip(), actor=asked.actor
    )
    return asked.go("connection", name=asked.part("name"))


def resume_connection(asked: Asked) -> Response:
    """Let it work again, whoever or whatever stopped it."""
    name = asked.part("name")
    if not asked.app.pausing.resume(name, by=asked.person.name, actor=asked.actor):
        asked.app.host.resume(name, asked.actor)
    return asked.go("connection", name=name)


def leaving(asked: Asked) -> Response:
    """What removing it would do."""
    foreseen = asked.app.host.leaving.foreseen(asked.part("name"))
    return asked.show("connection_leave.html", shown=one_shown(asked), foreseen=foreseen, ending=None)


def leave(asked: Asked) -> Response:
    """Take back what lets bridge in. Twice: nothing is sealed then."""
    name = asked.part("name")
    foreseen = asked.app.host.leaving.foreseen(name)
    asked.touches(name)
    ending = asked.app.leave(name, actor=asked.actor, is_told=not asked.field("without_vendor"))
    return asked.show("connection_leave.html", shown=one_shown(asked), foreseen=foreseen, ending=ENDINGS[ending])


def one_shown(asked: Asked) -> Shown:
    """The connection that the path names. Raises: ConfigError for none of that name."""
    return _shown(asked, asked.app.desk.access(asked.part("name")), asked.app.desk.routes())


def _shown(asked: Asked, access: Access, routes: tuple[Route, ...]) -> Shown:
    mine, name = access.connection, access.connection.name
    using = tuple(one for one in routes if name in {one.source, one.ledger} and not one.is_ended)
    try:
        title, asks = asked.app.host.registry.offer(mine.plugin).title, bool(ways_of(asked.app, mine.plugin, mine))
    except ConfigError:  # its plugin is away, or nothing can be sealed here
        title, asks = mine.plugin, False
    return Shown(access, title, using, asks)


def _day(told: str) -> date | None:
    try:
        return date.fromisoformat(told) if told else None
    except ValueError:
        raise ConfigError(
            f"day {told[:20]!r}", "is no day", "Write one such as 2026-01-31", code="config.option"
        ) from None


PAGES = (
    page("/connections", connections),
    page("/connections/{name}", connection),
    page("/connections/{name}/check", check_connection, Role.BOOKKEEPER),
    page("/connections/{name}/books", ledger_books, Role.BOOKKEEPER),
    action("/connections/{name}/pause", pause_connection),
    action("/connections/{name}/resume", resume_connection),
    page("/connections/{name}/remove", leaving, Role.OWNER),
    action("/connections/{name}/remove", leave, Role.OWNER),
)
