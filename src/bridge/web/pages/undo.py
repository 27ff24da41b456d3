"""Taking out of a ledger what was posted: what would go and what hinders it, then, on a word, that and no more."""

from __future__ import annotations

from starlette.responses import Response

from bridge.delivery import Word
from bridge.errors import ConfigError
from bridge.web.asked import Asked, action, page
from bridge.web.people import Role
from bridge.work.undoing import Foreseen


def undo(asked: Asked) -> Response:
    """What would be taken out. Nothing is done by looking."""
    return _show(asked, _foreseen(asked))


def take_out(asked: Asked) -> Response:
    """Take out what the page showed, all or nothing; where it would be something else by now, that is shown first."""
    foreseen = _foreseen(asked)
    if foreseen.names != frozenset(asked.fields("voucher")):
        return _show(asked, foreseen, is_changed=True)
    then = asked.field("then")
    if then not in ("again", "out"):
        raise ConfigError("undo", "does not say what is to follow", "Choose one of the two", code="web.form")
    asked.touches(*(one.route_id for one in foreseen.vouchers))
    word = Word(asked.person.name, asked.field("reason").strip(), is_again=then == "again")
    asked.app.taking_out.carry_out(foreseen, word, actor=asked.actor)
    return asked.go_with("explain", {"undone": then}, thing=foreseen.thing)


def _foreseen(asked: Asked) -> Foreseen:
    return asked.app.taking_out.foresee(asked.part("thing"), actor=asked.actor)


def _show(asked: Asked, foreseen: Foreseen, *, is_changed: bool = False) -> Response:
    desk = asked.app.desk
    return asked.show(
        "undo.html",
        status=409 if is_changed else 200,
        foreseen=foreseen,
        company=next((desk.card(one.name).company for one in desk.routes() if one.ledger == foreseen.ledger), ""),
        is_changed=is_changed,
    )


PAGES = (
    page("/undo/{thing:path}", undo, Role.BOOKKEEPER),
    action("/undo/{thing:path}", take_out),
)
