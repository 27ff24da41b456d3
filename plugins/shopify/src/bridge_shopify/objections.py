"""Pure: what speaks against booking an order. All of it is blocking: it holds the order, and so its refunds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from bridge.model.documents import Problem
from bridge.model.money import decimal_text
from bridge_shopify.facts import Amounts
from bridge_shopify.lines import Lines
from bridge_shopify.tenders import Tenders
from bridge_shopify.wire import Agreement, Order, Page


class Standing(msgspec.Struct, frozen=True, gc=False):
    """An order as it was read. missing_minor: its current total less all its documents."""

    order: Order
    amounts: Amounts
    sale: Lines
    backs: Sequence[Lines]
    money: Tenders
    missing_minor: int
    where: str

    def text(self, minor: int) -> str:
        return f"{decimal_text(minor, self.amounts.currency)} {self.amounts.currency}"


def objections(standing: Standing) -> list[Problem]:
    """Everything that speaks against the order; nothing against a test order, which is not booked."""
    if standing.order.test:
        return []
    told = [_incomplete(standing), _total(standing), _repayments(standing), _received(standing)]
    return [problem for problem in told if problem is not None]


def stated_total(standing: Standing) -> int:
    """What Shopify says the ORDER document comes to: its lines, unless they are proved wrong; then they do not add up.

    Rule: where all documents miss the current total, the order bears what is missing. Where they make it, its own sum
          stands if ``totalPriceSet`` can be read so, and else that total does. Cash rounding is beside all of these.
    """
    sale, order = standing.sale, standing.order
    if order.test or (not standing.missing_minor and _is_a_reading(standing)):
        return sale.total_minor
    if standing.missing_minor:
        return sale.total_minor + standing.missing_minor
    return standing.amounts.shop(order.total_price_set) + sale.cash_rounding_minor


def is_cut(order: Order) -> bool:
    """Whether something of the order is missing in the answer."""
    agreements, refunds = _agreements(order), order.refunds
    pages: list[Page[Any] | None] = [order.line_items, order.shipping_lines, order.agreements]
    pages += [agreement.sales for agreement in agreements]
    for refund in refunds:
        pages += refund.refund_line_items, refund.refund_shipping_lines, refund.order_adjustments, refund.transactions
    if any(page is not None and page.is_cut for page in pages):
        return True
    named = {agreement.refund.id for agreement in agreements if agreement.refund}
    return bool(named) and not named.issubset([refund.id for refund in refunds])


def _incomplete(standing: Standing) -> Problem | None:
    if not is_cut(standing.order):
        return None
    message = (
        "The answer does not hold the whole order: one of its connections has further pages, was asked for without its "
        "nodes, or lacks a refund that its agreements name. Save it again with all of them."
    )
    return _blocking(standing, message, code="shopify.order.incomplete")


def _agreements(order: Order) -> Sequence[Agreement]:
    return order.agreements.items() if order.agreements is not None else ()


def _total(standing: Standing) -> Problem | None:
    """All documents must come to the current total; then the order must be a reading of its total before returns."""
    shop, order = standing.amounts.shop, standing.order
    if missing := standing.missing_minor:
        message = (
            f"Its agreements, refunds and lines come to {standing.text(abs(missing))} "
            f"{'less' if missing > 0 else 'more'} than its current total of "
            f"{standing.text(shop(order.current_total_price_set))}. Save the order again, with its agreements and "
            "refunds."
        )
        return _blocking(standing, message, code="shopify.order.total")
    if _is_a_reading(standing):
        return None
    total, sold = shop(order.total_price_set), standing.sale.sold_minor
    message = (
        f"Its order and edits come to {standing.text(sold)}, and its total before returns is {standing.text(total)}. "
        "Save the order again; if it stays, report it to bridge."
    )
    return _blocking(standing, message, code="shopify.order.total")


def _is_a_reading(standing: Standing) -> bool:
    """Whether the sum of order and edits is what ``totalPriceSet`` (after edits, before returns) may mean.

    Goods taken off by an edit may count as returned; goods that a return puts in their place may count as edits. The
    current total, which is proved first, leaves no doubt of the whole.
    """
    sale, total = standing.sale, standing.amounts.shop(standing.order.total_price_set)
    if total == sale.sold_minor:
        return True
    exchanged = sum(back.sold_minor - back.returned_minor for back in standing.backs)
    return total in {sale.sold_minor + added - taken for added in (0, exchanged) for taken in (0, sale.returned_minor)}


def _repayments(standing: Standing) -> Problem | None:
    stray = standing.money.stray
    if not stray:
        return None
    message = (
        f"{len(stray)} repayment(s) of {standing.text(-sum(each.minor for each in stray))} in all belong to no refund "
        "of the order. Save it again with its refunds and their transactions."
    )
    return _blocking(standing, message, code="shopify.order.repayment")


def _received(standing: Standing) -> Problem | None:
    """A list of transactions has no page info; what is missing of it shows in what the order says was received."""
    received = standing.order.total_received_set
    if received is None:
        return None
    told = standing.amounts.shop(received)
    found, rounding = 0, 0
    for each in standing.money.receipts:
        if not each.is_test:
            found, rounding = found + each.minor, rounding + each.rounding
    if max(found, found + rounding) >= told:
        return None
    message = (
        f"Its payments come to {standing.text(found)}, and it says that {standing.text(told)} were received. Save it "
        "again with all its transactions."
    )
    return _blocking(standing, message, code="shopify.order.received")


def _blocking(standing: Standing, message: str, *, code: str) -> Problem:
    return Problem(code=code, message=message, where=standing.where, blocking=True)
