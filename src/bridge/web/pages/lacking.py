"""What the routes into a ledger need of its lists, and making it on an owner's word."""

from __future__ import annotations

from starlette.responses import Response

from bridge.books import MasterResult, Needs
from bridge.errors import ConfigError
from bridge.web.asked import Asked, action, page
from bridge.web.pages.connections import one_shown
from bridge.web.people import Role

_WHOLE = "whole"


def lacking(asked: Asked) -> Response:
    """What is missing just now; nothing is made."""
    is_whole = asked.query.get(_WHOLE) == "yes"
    return _show(asked, asked.app.masters.missing(asked.part("name"), is_whole=is_whole), is_whole=is_whole)


def make_what_lacks(asked: Asked) -> Response:
    """Make it, one by one. Twice: what is there is not missing any more."""
    name, reason, is_whole = asked.part("name"), asked.field("reason").strip(), asked.field(_WHOLE) == "yes"
    if not reason:
        raise ConfigError(
            "the reason", "is missing", "Say why it is made: it stands in the audit log", code="config.missing"
        )
    asked.touches(name)
    made = tuple(asked.app.masters.create(name, by=asked.person.name, reason=reason, is_whole=is_whole))
    return _show(asked, asked.app.masters.missing(name, is_whole=is_whole), made, is_whole=is_whole)


def _show(asked: Asked, needs: Needs, made: tuple[MasterResult, ...] = (), *, is_whole: bool) -> Response:
    return asked.show("lacking.html", shown=one_shown(asked), needs=needs, made=made, is_whole=is_whole)


PAGES = (
    page("/connections/{name}/lacks", lacking, Role.BOOKKEEPER),
    action("/connections/{name}/lacks", make_what_lacks, Role.OWNER),
)
