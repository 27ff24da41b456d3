"""Checks of bodies: exact decimals, and the same bytes for the same voucher."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from bridge.errors import HoldError
from bridge.model.entries import Purpose
from bridge.model.facts import LedgerFacts
from bridge.model.money import decimal_text
from bridge.model.vouchers import Voucher
from bridge.plugin import Sink
from bridge.testing.sinks.bench import SinkBench
from bridge.testing.sinks.entries import entry
from bridge.testing.verdict import none_of

# 17 digits, which no float holds: 90 071 992 547 409.93 becomes ...409.94 or ...409.92.
UNFLOATABLE: Final = 9_007_199_254_740_993
_NUMBER: Final = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_CURRENCIES: Final = ("JPY", "KWD")


class BodyChecks(SinkBench):
    """What ``send`` would send."""

    def test_the_same_voucher_gives_the_same_body(self) -> None:
        with self.ledger() as ledger:
            none_of(self._restless(ledger.sink, ledger.sink.facts()))

    def test_amounts_leave_as_exact_decimals(self) -> None:
        with self.ledger() as ledger:
            facts = ledger.sink.facts()
            none_of(
                f"{voucher.type} in {voucher.currency}: {fault}"
                for voucher in self._telling(ledger.sink, facts)
                for fault in _inexact(voucher, ledger.sink.render(voucher))
            )

    def _restless(self, sink: Sink, facts: LedgerFacts) -> Iterator[str]:
        for first, again in zip(self.planned(sink, facts), self.planned(sink, facts), strict=True):
            for voucher, same in zip(first.vouchers, again.vouchers, strict=True):
                bodies = [sink.render(voucher), sink.render(voucher), sink.render(same)]
                if len(set(bodies)) > 1:
                    yield f"{first.entry.narration}: the body of {voucher.type} is not the same bytes each time"

    def _telling(self, sink: Sink, facts: LedgerFacts) -> Iterator[Voucher]:
        """Vouchers whose amounts a float would change, in currencies of two, no and three decimals."""
        for currency in (facts.home_currency, *_CURRENCIES):
            kept_in = msgspec.structs.replace(facts, home_currency=currency, currencies=())
            for scale in (1, 7, UNFLOATABLE // 8445):
                try:
                    made = entry(Purpose.REVERSAL, currency=currency, scale=scale)
                    yield from self.plan(sink, kept_in, made)
                except HoldError:
                    continue


def _inexact(voucher: Voucher, body: bytes) -> Iterator[str]:
    found = {abs(Decimal(number)) for number in _NUMBER.findall(body.decode("utf-8", "replace"))}
    for line in voucher.lines:
        wanted = decimal_text(abs(line.amount_minor), voucher.currency)
        if not line.is_implied and Decimal(wanted) not in found:
            yield f"the amount {wanted} does not stand in the body as a decimal"
