"""What is installed, what is set, and what was changed by whom: plugins, settings and the audit log."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.responses import Response

from bridge.errors import InvariantError
from bridge.settings import Settings
from bridge.web.asked import Asked, page
from bridge.web.looks import number_of
from bridge.web.people import Role

AT_ONCE = 50
NOTES_SHOWN = 4
"""Of a row in the list; its own page has more."""


def plugins(asked: Asked) -> Response:
    """Each that is installed, and why one is broken."""
    used: dict[str, list[str]] = {}
    for one in asked.app.desk.connections():
        used.setdefault(one.plugin, []).append(one.name)
    return asked.show("plugins.html", plugins=asked.app.plugins, used=used)


def settings(asked: Asked) -> Response:
    """The routes and rules of the organisation; for owners of the operator's own also what the operator set."""
    desk = asked.app.desk
    cards = [(card, desk.rules(card.route.name)) for card in desk.cards()]
    operator: Settings = asked.request.app.state.house.settings
    is_operators = asked.role is Role.OWNER and asked.organisation == operator.organisation
    told = operator.told() if is_operators else ()
    return asked.show("settings.html", cards=cards, operator=told)


def audit(asked: Asked) -> Response:
    """Rows, newest first."""
    found = asked.app.desk.audit_log(AT_ONCE + 1, number_of(asked.query.get("before", "")))
    older = found[AT_ONCE - 1].seq if len(found) > AT_ONCE else None
    return asked.show("audit.html", entries=found[:AT_ONCE], older=older, shown=NOTES_SHOWN)


def audit_row(asked: Asked) -> Response:
    """All that one row says."""
    number = number_of(asked.part("number"))
    found = asked.app.desk.audit_log(1, number + 1) if number is not None else ()
    if not found or found[0].seq != number:
        raise HTTPException(404)
    return asked.show("audit_row.html", entry=found[0])


def audit_verified(asked: Asked) -> Response:
    """The chain, recomputed just now."""
    try:
        rows, head, _ = asked.app.desk.audit_verified(None)
    except InvariantError as error:
        return asked.show("audit_verified.html", error=error, rows=0, head="")
    return asked.show("audit_verified.html", error=None, rows=rows, head=head)


PAGES = (
    page("/plugins", plugins),
    page("/settings", settings),
    page("/audit", audit),
    page("/audit/verified", audit_verified, Role.BOOKKEEPER),
    page("/audit/{number}", audit_row),
)
