"""Pure: what each account of the balance sheet holds, on which side, who else rightly posts there, and until when.

One row a number of the chart; a number of the merchant's own goes by the class of its account.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from bridge.model import chart


class Side(StrEnum):
    """The side on which an account of the balance sheet rightly ends."""

    DEBIT = "debit"
    CREDIT = "credit"
    EITHER = "either"


class Others(StrEnum):
    """Who else rightly posts to an account.

    nobody: an entry of others is a stranger. settle: people take out of it what it holds, as by paying a tax; an entry
    that adds to it, or takes more, is a stranger. daily: everybody, every day: only our part of it is told.
    """

    NOBODY = "nobody"
    SETTLE = "settle"
    DAILY = "daily"


class Due(StrEnum):
    """When an item of an account is due to be gone; what is there longer is late."""

    NEVER = ""
    AT_ONCE = "at once"
    NEXT_SETTLEMENT = "when the next settlement is booked"
    SIGN_OFF = "when a person accepts the opening"
    IN_A_MONTH = "within 31 days"

    @property
    def days(self) -> int | None:
        """How old an item may grow, where that is what counts."""
        return {Due.IN_A_MONTH: 31}.get(self)


class Holding(msgspec.Struct, frozen=True):
    """What one account holds, in words that follow "holds"."""

    number: str
    holds: str
    side: Side
    due: Due = Due.NEVER
    others: Others = Others.NOBODY


_DEBIT, _CREDIT, _EITHER = Side
_SETTLE, _DAILY = Others.SETTLE, Others.DAILY
_ROWS = (
    Holding(chart.ACCOUNTS_RECEIVABLE, "what open invoices of ours come to", _EITHER, others=_DAILY),
    Holding(chart.DUE_FROM_BUYERS, "what buyers owe on orders that grew, or were shipped unpaid", _DEBIT),
    Holding(chart.MARKETPLACE_RESERVES, "what a channel keeps back", _DEBIT),
    Holding(chart.PAYMENT_DISPUTES, "what was taken for disputes that are open", _DEBIT),
    Holding(chart.DEFERRED_PROCEEDS, "what the channel has deferred", _DEBIT, others=_SETTLE),
    Holding("1275", "what is released and in no settlement yet", _DEBIT, others=_SETTLE),
    Holding(
        chart.CARRY_FORWARD, "the first month of a settlement, until its second is booked", _EITHER, Due.NEXT_SETTLEMENT
    ),
    Holding(
        chart.OPENING_CLEARING, "the other half of what was there before the first day", _EITHER, Due.SIGN_OFF, _SETTLE
    ),
    Holding(chart.INTER_MARKETPLACE, "debts that one marketplace takes from another", _EITHER, Due.IN_A_MONTH),
    Holding(chart.CURRENCY_EXCHANGE, "both halves of conversions, each in its own currency", _EITHER),
    Holding("1300", "stock", _DEBIT, others=_DAILY),
    Holding("1310", "stock", _DEBIT, others=_DAILY),
    Holding("1320", "stock", _DEBIT, others=_DAILY),
    Holding("1330", "stock", _DEBIT, others=_DAILY),
    Holding("1340", "stock", _DEBIT, others=_DAILY),
    Holding("1400", "what is paid ahead", _DEBIT, others=_DAILY),
    Holding("1450", "tax on purchases, to be claimed", _DEBIT, others=_DAILY),
    Holding("1460", "tax that was withheld, to be credited", _DEBIT, others=_DAILY),
    Holding(chart.SUSPENSE, "lines of which nobody has said what they are", _EITHER, Due.AT_ONCE, _SETTLE),
    Holding("2100", "tax of sales, until it is paid to the states", _CREDIT, others=_SETTLE),
    Holding(
        chart.FACILITATOR_TAX,
        "tax that a marketplace collects and pays itself",
        _EITHER,
        Due.AT_ONCE,
        _SETTLE,
    ),
    Holding(chart.VAT_PAYABLE, "tax of sales, until the return is paid", _CREDIT, others=_DAILY),
    Holding("2130", "duties that buyers paid, until the courier's bill", _CREDIT, others=_SETTLE),
    Holding("2140", "tax of sales abroad, until the return is paid", _CREDIT, others=_SETTLE),
    Holding(chart.GIFT_CARDS, "what holders of gift cards and store credit can redeem", _CREDIT),
    Holding(chart.CUSTOMER_DEPOSITS, "what buyers paid ahead", _CREDIT),
    Holding(chart.REFUNDS_PAYABLE, "refunds that are agreed and not paid", _CREDIT),
    Holding("2300", "what advances and loans still come to", _CREDIT),
    Holding("2400", "tips, until they are paid to staff", _CREDIT, others=_SETTLE),
)
HOLDINGS: Mapping[str, Holding] = {row.number: row for row in _ROWS}
# Accounts that stand at zero once everything is in the ledger.
AT_ZERO = tuple(row.number for row in _ROWS if row.due in (Due.AT_ONCE, Due.NEXT_SETTLEMENT))
