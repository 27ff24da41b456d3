"""What a reader must know of a file as a whole: counted while it is read, told once, at its end."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto

from bridge.model.documents import Problem
from bridge.plugin.reading import Place


class Seen(Enum):
    """What is counted."""

    TEST_ORDERS = auto()
    MORE_ORDERS = auto()
    MORE_PAYMENTS = auto()
    PENDING_ROWS = auto()
    ROWS_OF_ABSENT_PAYOUTS = auto()
    TEST_ROWS = auto()
    OPEN_DISPUTES = auto()
    UNDATED_DISPUTES = auto()
    INQUIRIES = auto()


class Notes:
    """The counts of one file."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._counts = dict.fromkeys(Seen, 0)
        self._lines, self._orders, self._latest = 0, 0, ""

    def count(self, what: Seen, by: int = 1) -> None:
        self._counts[what] += by

    def of(self, what: Seen) -> int:
        return self._counts[what]

    def unknown_liability(self, order_id: str) -> None:
        """A line of tax of which the channel does not know who remits it. Lines of one order come together."""
        self._lines += 1
        if order_id != self._latest:
            self._orders, self._latest = self._orders + 1, order_id

    def problems(self) -> tuple[Problem, ...]:
        """One problem a cause, none of them blocking."""
        return tuple(problem for problem in self._all() if problem is not None)

    def _all(self) -> Iterator[Problem | None]:
        yield self._told(
            Seen.TEST_ORDERS, "{} test order(s): read and counted, never booked.", code="shopify.order.test"
        )
        yield self._told(
            Seen.MORE_ORDERS,
            "The answer says that there are further pages of orders. Bring those too.",
            code="shopify.answer.more_pages",
        )
        yield self._told(
            Seen.MORE_PAYMENTS,
            "The answer says that there are further payouts, balance transactions or disputes ({} connection(s) say "
            "so). Bring those too; a payout whose rows do not add up waits for them.",
            code="shopify.answer.more_pages",
        )
        yield self._told(
            Seen.PENDING_ROWS,
            "{} balance transaction(s) belong to no payout yet. They stay in the clearing account until they do.",
            code="shopify.payout.pending",
        )
        yield self._told(
            Seen.ROWS_OF_ABSENT_PAYOUTS,
            "{} balance transaction(s) belong to payouts that are not in this file. Bring a file with those payouts "
            "and all their rows.",
            code="shopify.payout.absent",
        )
        yield self._told(
            Seen.TEST_ROWS, "{} row(s) of test payments: counted, never booked.", code="shopify.payout.test"
        )
        yield self._told(Seen.OPEN_DISPUTES, "{} dispute(s) are neither won nor lost yet.", code="shopify.dispute.open")
        yield self._told(
            Seen.UNDATED_DISPUTES,
            "{} lost dispute(s) do not say since when, and are not booked. Save the answer again with finalizedOn.",
            code="shopify.dispute.undated",
        )
        yield self._told(
            Seen.INQUIRIES,
            "{} inquiry(ies) ended against the shop without a chargeback: no money was taken, nothing is booked.",
            code="shopify.dispute.inquiry",
        )
        if self._lines:
            message = (
                f"{self._lines} line(s) of tax in {self._orders} order(s) do not say who remits them. They are taken "
                "as collected by the merchant; where that is wrong, a rule on the attribute liable=unknown says so."
            )
            yield Problem(code="shopify.tax.liability", message=message, where=self._place(), blocking=False)

    def _told(self, what: Seen, message: str, *, code: str) -> Problem | None:
        if not self._counts[what]:
            return None
        return Problem(code=code, message=message.format(self._counts[what]), where=self._place(), blocking=False)
