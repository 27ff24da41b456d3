"""Where money comes from: document, line, entry, voucher, and what the ledger says of it."""

from __future__ import annotations

from starlette.responses import Response

from bridge.web.asked import Asked, page
from bridge.web.pages.waits import number_of

LINES = 20
"""So many lines of a posting are on a page of it."""
_MOST = 2_000


def explain(asked: Asked) -> Response:
    """All the entries of what is named, and what became of them."""
    lines = min(LINES * number_of(asked.query), _MOST)
    wanted = asked.part("thing")
    found = asked.app.desk.explain(wanted, lines=lines)
    vouchers = [each.voucher_id for one in found for each in one.deliveries]
    return asked.show(
        "explain.html",
        wanted=wanted,
        found=found,
        copies=asked.app.desk.copies(found),
        findings=asked.app.desk.findings_about(found),
        waiting={one.subject: one for one in asked.app.desk.about(vouchers)},
        more=number_of(asked.query) + 5,
    )


PAGES = (page("/explain/{thing:path}", explain),)
