"""What reached the bank of a payout in another currency: asked for, foreseen, then kept on a person's word."""

from __future__ import annotations

from starlette.responses import Response

from bridge.errors import ConfigError
from bridge.web.asked import Asked, action, page
from bridge.web.people import Role
from bridge.work.arriving import word_of

_TYPED = ("amount", "currency", "on", "fee")


def arrived(asked: Asked) -> Response:
    """The form; with what was typed, what would come of it. Nothing is done by looking."""
    return _show(asked, {name: asked.query.get(name, "").strip() for name in _TYPED})


def say_arrived(asked: Asked) -> Response:
    """Keep the word, or take back what was said."""
    typed = {name: asked.field(name).strip() for name in _TYPED}
    wanted = None if asked.field("do") == "take_back" else word_of(**typed)
    meant = asked.app.arriving.foresee(asked.part("thing"), wanted, actor=asked.actor)
    asked.touches(meant.books.paid.route.route_id)
    reason, is_sure = asked.field("reason").strip(), bool(asked.field("sure"))
    asked.app.arriving.carry_out(meant, by=asked.person.name, reason=reason, actor=asked.actor, is_sure=is_sure)
    return asked.go_with("explain", {"said": "arrived"}, thing=asked.part("thing"))


def _show(asked: Asked, typed: dict[str, str]) -> Response:
    thing = asked.part("thing")
    paid = asked.app.books.said_of(thing)
    meant, refusal = None, None
    if typed["amount"]:
        try:
            meant = asked.app.arriving.foresee(thing, word_of(**typed), actor=asked.actor)
        except ConfigError as error:
            refusal = error
    return asked.show(
        "arrived.html",
        status=422 if refusal else 200,
        thing=thing,
        paid=paid,
        typed=typed,
        meant=meant,
        refusal=refusal,
        titles=asked.app.desk.titles(paid.route.name),
    )


PAGES = (
    page("/arrived/{thing:path}", arrived, Role.BOOKKEEPER),
    action("/arrived/{thing:path}", say_arrived),
)
