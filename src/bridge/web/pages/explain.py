"""Finding a thing, and where its money comes from: document, line, entry, voucher, and what the ledger says of it."""

from __future__ import annotations

from starlette.responses import Response

from bridge.errors import ConfigError
from bridge.model.deliveries import DeliveryState
from bridge.web.asked import Asked, page
from bridge.web.pages.waits import number_of

LINES = 20
"""So many lines of a posting are on a page of it."""
_MOST = 2_000


def find(asked: Asked) -> Response:
    """Leads on to what is named; where nothing is, asks what is looked for."""
    wanted = asked.query.get("q", "").strip()
    return asked.go("explain", thing=wanted) if wanted else asked.show("find.html", wanted="")


def explain(asked: Asked) -> Response:
    """All the entries of what is named, and what became of them."""
    lines = min(LINES * number_of(asked.query), _MOST)
    wanted = asked.part("thing")
    try:
        found = asked.app.desk.explain(wanted, lines=lines)
    except ConfigError as error:
        if error.code != "entry.unknown":
            raise
        return asked.show("find.html", status=404, wanted=wanted)
    deliveries = [each for one in found for each in one.deliveries]
    named = next((each for each in deliveries if each.voucher_id == wanted), None)
    return asked.show(
        "explain.html",
        wanted=wanted,
        named=named,
        is_there=any(each.state is DeliveryState.DELIVERED for each in deliveries),
        undone=asked.query.get("undone", ""),
        is_said=asked.query.get("said") == "arrived",
        found=found,
        copies=asked.app.desk.copies(found),
        findings=asked.app.desk.findings_about(found),
        waiting={one.subject: one for one in asked.app.desk.about([each.voucher_id for each in deliveries])},
        more=number_of(asked.query) + 5,
    )


PAGES = (page("/explain", find), page("/explain/{thing:path}", explain))
