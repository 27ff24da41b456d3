"""Entries to plan and send: one of each purpose, as bridge's books make them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

import msgspec

from bridge.model.entries import Half, JournalEntry, Mode, Posting, Purpose, Slot
from bridge.model.periods import month_of
from bridge.model.slots import MonthPart, compose

DAY: Final = date(2026, 6, 15)
PREFIX: Final = "KIT"
TAXED: Final = "sale:20"
TAX_MINOR: Final = -333  # of the 20.00 that the first posting of an order credits, a sixth
BANK, CLEARING = "1000", "1240"
_SALE: Final = (("4000", -2000, "sale.product"), ("4050", -500, "sale.shipping"), ("2100", -160, "tax.collected"))
_REFUND: Final = (("4200", 1000, "refund.product"),)


def entry(purpose: Purpose, *, currency: str, group: str = "kit 1", on: date = DAY, scale: int = 1) -> JournalEntry:
    """An entry of a purpose. scale: what its amounts are multiplied by. group: two groups are two intents."""
    return of(purpose, _POSTINGS[purpose], currency=currency, group=group, on=on, scale=scale)


def of(
    purpose: Purpose,
    postings: Sequence[tuple[str, int, str, Half]],
    *,
    currency: str,
    group: str = "kit 1",
    on: date = DAY,
    scale: int = 1,
) -> JournalEntry:
    """An entry of (chart number, minor units, kind, half)."""
    before = 1 if purpose is Purpose.REVERSAL else 0  # it follows in its slot what it undoes
    return JournalEntry(
        slot=Slot("rte_kit", _MODES[purpose], group, _part(purpose, on)),
        number=1 + before,
        document_id="doc_kit",
        revision=1,
        booked_on=on,
        currency=currency,
        narration=f"Kit {purpose} {group}",
        postings=tuple(
            Posting(number, account, amount * scale, kind, "default", line_count="." in kind, half=half)
            for number, (account, amount, kind, half) in enumerate(postings, start=1)
        ),
        rule_version=1,
        content_hash="0",
        plugin_version="1",
        sent_before=before,
        purpose=purpose,
    )


def asking(purpose: Purpose, what: str, value: str, *, currency: str) -> JournalEntry:
    """An entry whose first posting has something that not every ledger takes; with a tax code, tax is in its amount."""
    made = entry(purpose, currency=currency, group=f"kit {what}")
    first, *others = made.postings
    tax = TAX_MINOR if what == "tax_code" else 0
    first = msgspec.structs.replace(first, **{what: value}, tax_minor=tax)
    return msgspec.structs.replace(made, postings=(first, *others))


def rebuilt(made: JournalEntry) -> JournalEntry:
    """The same intent in a store that was built anew: the entry has another number in its slot."""
    return msgspec.structs.replace(made, number=made.number + 2)


def _half(half: Half, parts: Sequence[tuple[str, int, str]]) -> tuple[tuple[str, int, str, Half], ...]:
    """Sales or refunds, and the tender that pays them."""
    paid = (CLEARING, -sum(amount for _, amount, _ in parts), "tender")
    return tuple((account, amount, kind, half) for account, amount, kind in (*parts, paid))


def _plain(*parts: tuple[str, int, str]) -> tuple[tuple[str, int, str, Half], ...]:
    return tuple((account, amount, kind, Half.NONE) for account, amount, kind in parts)


# What a sink can carry by itself: a bounced payout settles the document of another entry.
ALONE: Final = tuple(purpose for purpose in Purpose if purpose is not Purpose.BOUNCED)
_SETTLED: Final = (
    (CLEARING, 8445, "settlement.total"),
    ("4000", -10000, "sale.product"),
    ("6000", 1555, "fee.referral"),
)
_POSTINGS: Final = {
    Purpose.SETTLEMENT: _plain(*_SETTLED),
    Purpose.ORDER: _half(Half.SALE, _SALE),
    Purpose.REFUND: _half(Half.REFUND, _REFUND),
    Purpose.DAY: (*_half(Half.SALE, _SALE), *_half(Half.REFUND, _REFUND)),
    Purpose.JOURNAL: _plain(("6100", 88, "fee.payment"), (CLEARING, -88, "tender")),
    Purpose.BANK: _plain((BANK, 8445, "bank"), (CLEARING, -8445, "bank")),
    Purpose.REVERSAL: _plain(*((account, -amount, kind) for account, amount, kind in _SETTLED)),
}
_MODES: Final[Mapping[Purpose, Mode]] = dict.fromkeys(Purpose, Mode.PAYOUT) | {
    Purpose.ORDER: Mode.ORDER,
    Purpose.REFUND: Mode.ORDER,
    Purpose.DAY: Mode.DAY,
    Purpose.JOURNAL: Mode.DAY,
}


def _part(purpose: Purpose, on: date) -> str:
    """The month of a settlement or a reversal; else what the entry is for."""
    return compose(MonthPart(month_of(on))) if purpose in {Purpose.SETTLEMENT, Purpose.REVERSAL} else str(purpose)
