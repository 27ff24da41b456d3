"""Pure: accounts that end on the wrong side: an asset in credit, a liability in debit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.drift.chart import Side
from bridge.drift.explained import Clearing
from bridge.model.chart import OPENING_CLEARING
from bridge.model.connections import Route
from bridge.model.findings import Finding, Severity

_ENDS = {Side.DEBIT: "an asset that ends in credit", Side.CREDIT: "a liability that ends in debit"}
_OTHER_SIDE = {Side.DEBIT: "debit", Side.CREDIT: "credit"}


def findings(accounts: Iterable[Clearing], route: Route) -> Iterator[Finding]:
    """One for each account on which the route's own entries end on the wrong side, by currency.

    What hands changed on them has findings of its own, and is set aside. What else stands in the account (from
    before, by others' hands) speaks for the route as far as it goes.
    """
    for one in accounts:
        if one.side is Side.EITHER:
            continue
        sign = 1 if one.side is Side.DEBIT else -1
        part = one.part(route.route_id)
        own = part.closing_minor - part.changed_minor
        total = one.closing_minor if one.balance_minor is None else one.balance_minor
        rest = total - sum(part.closing_minor for part in one.parts)
        if sign * own + max(sign * rest, 0) < 0:
            yield _finding(one, route, own)


def _finding(one: Clearing, route: Route, own_minor: int) -> Finding:
    side = _OTHER_SIDE[one.side]
    return Finding(
        code="drift.wrong_side",
        severity=Severity.WARNING,
        route_id=route.route_id,
        subject=f"{one.account} {one.currency}",
        title=f"{one.account}: {_ENDS[one.side]}",
        amount_minor=own_minor,
        currency=one.currency,
        cause=f"Since {route.first_day} more left it than came in: what it held before is not in the ledger, or an "
        "entry is wrong",
        repair=f"Enter what it held on {route.first_day}: {side} it against {OPENING_CLEARING} Opening clearing; or "
        "find the wrong entry in what it is made of",
        account=one.account,
    )
