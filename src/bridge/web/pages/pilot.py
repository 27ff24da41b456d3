"""A route's pilot: a few vouchers sent, read back and compared, before it sends by itself."""

from __future__ import annotations

from starlette.responses import Response

from bridge.web.asked import Asked, action, page
from bridge.work.piloting import Stage

_PATIENCE_SECONDS = 20


def pilot(asked: Asked) -> Response:
    """What would be tried out; or what was sent, beside what is in the ledger now."""
    return _show(asked, asked.app.piloting.stage(asked.part("route")))


def send_pilot(asked: Asked) -> Response:
    """Send what the page showed and nothing else; what else would go now is shown first. Twice: sends nothing twice."""
    route = asked.part("route")
    stage = asked.app.piloting.stage(route)
    if not stage.pilot.vouchers and set(asked.fields("voucher")) != set(_picked(asked)):
        return _show(asked, stage, is_changed=True)
    asked.touches(route)
    asked.app.piloting.send(
        route, by=asked.person.name, reason="pilot", actor=asked.actor, patience_seconds=_PATIENCE_SECONDS
    )
    return asked.go("pilot", route=route)


def accept_pilot(asked: Asked) -> Response:
    """From now on the route sends by itself."""
    asked.touches(asked.part("route"))
    asked.app.piloting.accept(asked.part("route"), by=asked.person.name, reason=asked.field("reason").strip())
    return asked.go("pilot", route=asked.part("route"))


def roll_pilot_back(asked: Asked) -> Response:
    """Take all of it out of the ledger again."""
    asked.touches(asked.part("route"))
    asked.app.piloting.roll_back(
        asked.part("route"), by=asked.person.name, reason=asked.field("reason").strip(), actor=asked.actor
    )
    return asked.go("pilot", route=asked.part("route"))


def _picked(asked: Asked) -> tuple[str, ...]:
    picks = asked.app.books.picks(asked.part("route"))
    return tuple(dict.fromkeys(name for pick in picks for name in pick.voucher_ids))


def _show(asked: Asked, stage: Stage, *, is_changed: bool = False) -> Response:
    route = asked.part("route")
    picks = () if stage.pilot.vouchers else asked.app.books.picks(route)
    names = dict.fromkeys(name for pick in picks for name in pick.voucher_ids)
    previews = [one for one in asked.app.desk.preview(route) if one.delivery.voucher_id in names] if picks else []
    return asked.show(
        "pilot.html",
        status=409 if is_changed else 200,
        stage=stage,
        picks=picks,
        names=list(names),
        previews=previews,
        is_changed=is_changed,
    )


PAGES = (
    page("/routes/{route}/pilot", pilot),
    action("/routes/{route}/pilot", send_pilot),
    action("/routes/{route}/pilot/accept", accept_pilot),
    action("/routes/{route}/pilot/roll-back", roll_pilot_back),
)
