"""Pure: the money of an order: what came in, what went back and with which refund, and when it was paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec

from bridge_shopify.facts import Amounts, digits, in_order, utc
from bridge_shopify.lines import Lines
from bridge_shopify.wire import Order, Refund, Transaction

_RECEIPTS = frozenset({"SALE", "CAPTURE"})
_REFUND, _SUCCESS = "REFUND", "SUCCESS"
_COUNTED = _RECEIPTS | {"CHANGE", _REFUND}


class Moved(msgspec.Struct, frozen=True, gc=False):
    """One successful movement of money.

    minor, rounding: from the buyer positive, to the buyer negative. is_test: of a test payment on a real order.
    """

    key: str
    at: datetime
    gateway: str
    kind: str
    minor: int
    rounding: int
    is_test: bool


class Tenders(msgspec.Struct, frozen=True, gc=False):
    """The movements of an order. repaid: by the numeric id of their refund. stray: repayments of no known refund."""

    receipts: Sequence[Moved]
    repaid: Mapping[str, Sequence[Moved]]
    stray: Sequence[Moved]


def tenders(order: Order, amounts: Amounts, placed_at: datetime) -> Tenders:
    """All successful movements, in the order of their instants and ids.

    Counts:  SALE and CAPTURE, less CHANGE; REFUND. Authorisations, voids, and what is pending or failed move nothing.
    """
    counted = [each for each in order.transactions if each.status == _SUCCESS]
    if not order.refunds and len(counted) == 1 and counted[0].kind in _RECEIPTS:
        return Tenders((_moved(order, counted[0], amounts, placed_at),), {}, ())
    moved = [_moved(order, each, amounts, placed_at) for each in counted if each.kind in _COUNTED]
    back = {each.key: each for each in moved if each.kind == _REFUND}
    repaid: dict[str, list[Moved]] = {}
    for refund in order.refunds:
        for each in refund.transactions.items() if refund.transactions else ():
            if each.status == _SUCCESS and each.kind == _REFUND:
                money = back.pop(digits(each.id), None) or _moved(order, each, amounts, placed_at)
                repaid.setdefault(digits(refund.id), []).append(money)
    stray = _assign(order.refunds, _sorted(back.values()), repaid, amounts) if back else ()
    receipts = _sorted(each for each in moved if each.kind != _REFUND)
    return Tenders(receipts, {refund: _sorted(each) for refund, each in repaid.items()}, stray)


def _assign(
    refunds: Sequence[Refund], back: list[Moved], repaid: dict[str, list[Moved]], amounts: Amounts
) -> Sequence[Moved]:
    """Give repayments that no refund lists to the refunds that list none, as in bulk files; what is left comes back.

    Rule: a refund takes, of those with exactly its amount, the one nearest in time; else all of its own instant, if
          they make its amount; else, if it is the only refund, all of them, if they do.
    """
    for refund in sorted(refunds, key=lambda each: (_instant(each) is None, _instant(each), in_order(each.id))):
        at, owed = _instant(refund), -amounts.shop(refund.total_refunded_set)
        if refund.transactions is not None or not owed or at is None:
            continue
        exact = sorted((each for each in back if each.minor == owed), key=lambda each: abs(each.at - at))[:1]
        together = [each for each in back if each.at == at]
        taken = next((some for some in (exact, together, back if len(refunds) == 1 else []) if _sum(some) == owed), [])
        if taken:
            repaid[digits(refund.id)] = list(taken)
            back = [each for each in back if each not in taken]
    return back


def _instant(refund: Refund) -> datetime | None:
    return refund.processed_at or refund.created_at


def _sum(moved: Sequence[Moved]) -> int:
    return sum(each.minor for each in moved)


def _moved(order: Order, transaction: Transaction, amounts: Amounts, placed_at: datetime) -> Moved:
    sign = 1 if transaction.kind in _RECEIPTS else -1
    rounding = transaction.amount_rounding_set
    return Moved(
        digits(transaction.id),
        utc(transaction.processed_at) if transaction.processed_at else placed_at,
        transaction.gateway or "",
        transaction.kind,
        sign * amounts.shop(transaction.amount_set),
        0 if rounding is None else sign * amounts.shop(rounding),
        transaction.test and not order.test,
    )


def _sorted(moved: Iterable[Moved]) -> list[Moved]:
    return sorted(moved, key=lambda each: (each.at, in_order(each.key)))


def add_tenders(lines: Lines, moved: Sequence[Moved]) -> None:
    """Add what came in to an order, or went back with a refund.

    Cash rounding is a line of its own beside the sale, so that total and cash agree. Whether a transaction's amount
    has it inside is told by the document's total: bare amounts that make the total leave it out.
    """
    is_inside = _has_rounding_inside(lines.sold_minor, moved)
    for each in moved:
        if each.rounding and not each.is_test:
            words = f"{each.kind}|cash rounding"
            lines.add_rounding(each.key + ":rounding", each.rounding, each.at, words, is_of_cash=True)
        minor = each.minor if is_inside else each.minor + each.rounding
        lines.add_tender(each.key, each.gateway, -minor, each.at, f"{each.kind}|{_SUCCESS}", is_test=each.is_test)


def _has_rounding_inside(total: int, moved: Sequence[Moved]) -> bool:
    rounding = sum([each.rounding for each in moved if not each.is_test])
    return bool(rounding) and sum([each.minor for each in moved if not each.is_test]) == total + rounding


def covered_at(agreed: Sequence[tuple[datetime, int]], receipts: Sequence[Moved]) -> datetime | None:
    """When payments first covered what had been agreed until then; None while they never did.

    agreed: instant and total of the order and of each edit. What the order was placed for counts from the beginning. A
    later edit, paid or not, leaves that instant, and so the days of earlier lines, as they were.
    """
    total = sum([minor for _, minor in agreed])
    is_inside = _has_rounding_inside(total, receipts)
    paid = [(each.at, each.minor - (each.rounding if is_inside else 0)) for each in receipts if not each.is_test]
    if not paid:
        return None
    first = min([at for at, _ in agreed])
    owed = sum([minor for at, minor in agreed if at == first])
    edits = [(at, -minor) for at, minor in agreed if at != first]
    for at, minor in sorted([*paid, *edits], key=lambda each: each[0]) if edits else paid:
        owed -= minor
        if owed <= 0:
            return at
    return None


def settled_at(agreed: int, money: Tenders, returned: Sequence[tuple[datetime, int]]) -> datetime | None:
    """When an order that its payments alone never covered was settled: what was never paid was taken back.

    agreed: what it came to. returned: instant and (negative) total of its refunds. None while something is owed, and
    for an order of which nothing was ever paid.
    """
    paid = [each for each in money.receipts if not each.is_test]
    if not paid:
        return None
    back = [each for some in money.repaid.values() for each in some if not each.is_test]
    owed = agreed
    for at, minor in sorted([*((each.at, -each.minor) for each in (*paid, *back)), *returned]):
        owed += minor
        if owed <= 0:
            return at
    return None
