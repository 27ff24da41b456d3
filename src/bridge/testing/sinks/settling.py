"""Checks of what settles what an earlier entry of its order left open in the customer's name.

They are for a sink whose facts tell the account of open documents (``receivable_id``); of any other they say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from bridge.errors import HoldError
from bridge.model.chart import DUE_FROM_BUYERS
from bridge.model.entries import Half, JournalEntry, Purpose
from bridge.model.facts import LedgerFacts
from bridge.model.vouchers import AccountRef, Voucher
from bridge.plugin import OpenDocument, Present, Sink
from bridge.testing.sinks.bench import SinkBench, header_key
from bridge.testing.sinks.entries import CLEARING, of
from bridge.testing.verdict import none_of

_OWED: Final = (2000, 700)
_PAID: Final = 2400  # the first order whole, of the second a part


class SettlingChecks(SinkBench):
    """What is open, and what pays it."""

    def test_what_settles_names_what_it_settles(self) -> None:
        with self.ledger() as ledger:
            facts = ledger.sink.facts()
            if facts.receivable_id:
                none_of(self._unsettled(ledger.sink, facts))

    def test_more_than_is_open_is_held(self) -> None:
        with self.ledger() as ledger:
            facts = ledger.sink.facts()
            if facts.receivable_id:
                none_of(self._overpaid(ledger.sink, facts))

    def test_what_was_settled_is_so_in_the_ledger(self) -> None:
        with self.ledger() as ledger:
            facts = ledger.sink.facts()
            if facts.receivable_id:
                none_of(self._left_open(ledger.sink, facts))

    # Inside

    def _unsettled(self, sink: Sink, facts: LedgerFacts) -> Iterator[str]:
        debts = self._debts(sink, facts)
        if not debts:
            yield "an order that stays open on accounts receivable becomes no voucher"
            return
        settles = _shares(debts)
        payments = self._settling(sink, facts, settles)
        paid = Counter[str]()
        for each in payments:
            paid[each.pays] -= sum(
                one.amount_minor for one in each.lines if one.account.ledger_id == facts.receivable_id
            )
            if each.pays not in each.after:
                yield f"{each.type} pays {each.pays or 'nothing'}, and does not wait for it"
        if wanted := {
            one.voucher_id: one.settled_minor for one in settles if one.settled_minor != paid[one.voucher_id]
        }:
            yield f"{wanted} is to be settled, and the plan settles {dict(paid)}"

    def _overpaid(self, sink: Sink, facts: LedgerFacts) -> Iterator[str]:
        debts = self._debts(sink, facts)
        try:
            made = self._settling(sink, facts, _shares(debts)[:1])
        except HoldError:
            return
        yield f"a payment of more than is open is planned: {', '.join(one.type for one in made) or 'as nothing'}"

    def _left_open(self, sink: Sink, facts: LedgerFacts) -> Iterator[str]:
        debts, refs = self._debts(sink, facts), {"vch_before": "0"}
        settles = _shares(debts)
        for each in (*debts, *self._settling(sink, facts, settles)):
            refs[each.voucher_id] = sink.send(each, header_key(each), refs).ref
        states = dict(sink.read_back([(each.type, refs[each.voucher_id]) for each in debts]))
        for each, owed, share in zip(debts, _OWED, settles, strict=True):
            state = states[refs[each.voucher_id]]
            left = state.copy.open_minor if isinstance(state, Present) else None
            if left != owed - share.settled_minor:
                yield f"of {each.type} {owed - share.settled_minor} is open, and its copy says {left}"

    def _debts(self, sink: Sink, facts: LedgerFacts) -> tuple[Voucher, ...]:
        """Of each order that stays open its document, which is the first of its vouchers."""
        planned = (self._planned(sink, facts, _order(facts, owed)) for owed in _OWED)
        return tuple(vouchers[0] for vouchers in planned if vouchers)

    def _settling(self, sink: Sink, facts: LedgerFacts, settles: Sequence[OpenDocument]) -> tuple[Voucher, ...]:
        return self._planned(sink, facts, _payment(facts), settles)

    def _planned(
        self, sink: Sink, facts: LedgerFacts, made: JournalEntry, settles: Sequence[OpenDocument] = ()
    ) -> tuple[Voucher, ...]:
        return self.plan(sink, facts, made, mapped=_mapped(facts), settles=tuple(settles))


def _mapped(facts: LedgerFacts) -> Mapping[str, AccountRef]:
    """As a route does that keeps what buyers owe on the ledger's accounts receivable."""
    return {DUE_FROM_BUYERS: AccountRef(facts.receivable_id, DUE_FROM_BUYERS, "Accounts receivable")}


def _order(facts: LedgerFacts, owed: int) -> JournalEntry:
    parts = (("4000", -owed, "sale.product", Half.SALE), (DUE_FROM_BUYERS, owed, "order.open", Half.SALE))
    return of(Purpose.ORDER, parts, currency=facts.home_currency, group=f"kit owes {owed}")


def _payment(facts: LedgerFacts) -> JournalEntry:
    parts = ((CLEARING, _PAID, "tender", Half.SALE), (DUE_FROM_BUYERS, -_PAID, "order.open", Half.SALE))
    return of(Purpose.ORDER, parts, currency=facts.home_currency, group="kit pays")


def _shares(debts: Sequence[Voucher]) -> tuple[OpenDocument, ...]:
    """What the payment settles, the oldest first, as the host works it out."""
    left, found = _PAID, []
    for debt, owed in zip(debts, _OWED, strict=True):
        share = min(left, owed)
        left -= share
        found.append(OpenDocument(debt.voucher_id, share))
    return tuple(found)
