"""Checks of what a ledger says its accounts come to, for a sink that declares ``tells_sums``; of any other nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from bridge.model.facts import LedgerFacts
from bridge.model.ledger_sums import LedgerSum
from bridge.plugin import SummingSink
from bridge.testing.sinks.bench import SinkBench
from bridge.testing.sinks.ledger import FakeLedger
from bridge.testing.verdict import fail, that

_DAY = timedelta(days=1)


class SumChecks(SinkBench):
    """What is sent is in the trial balance of its day, and what of it is earned or spent in the profit and loss."""

    def test_sums_tell_what_was_sent(self) -> None:
        if self.offer().capabilities.tells_sums:
            with self.ledger() as ledger:
                self._check_sums(ledger)

    # Inside

    def _check_sums(self, ledger: FakeLedger) -> None:
        sink, facts = _summing(ledger), ledger.sink.facts()
        voucher = self.settled(sink, facts)
        copy = sink.send(voucher, f"{voucher.key}-0")
        sent = {line.account_id: 0 for line in copy.lines}
        for line in copy.lines:
            sent[line.account_id] += line.amount_minor - line.tax_minor
            if line.tax_minor:
                sent[facts.tax_account_id] = sent.get(facts.tax_account_id, 0) + line.tax_minor
        on = copy.dated_on
        _same(sent, sink.balances_on(on), "the trial balance of its day")
        _same({}, sink.balances_on(on - _DAY), "the trial balance of the day before")
        _same(_earned(sent, facts), sink.profit_and_loss(on, on), "the profit and loss of its day")
        _same({}, sink.profit_and_loss(on + _DAY, on + 2 * _DAY), "the profit and loss of the days behind it")


def _earned(sent: dict[str, int], facts: LedgerFacts) -> dict[str, int]:
    classes = {one.ledger_id: one.account_class for one in facts.accounts}
    return {account: minor for account, minor in sent.items() if not classes[account].is_of_the_balance_sheet}


def _same(sent: dict[str, int], told: Iterable[LedgerSum], where: str) -> None:
    sums = {one.account_id: one.amount_minor for one in told if one.amount_minor}
    wanted = {account: minor for account, minor in sent.items() if minor}
    that(sums == wanted, f"{where} says {sums}, and {wanted} was sent")


def _summing(ledger: FakeLedger) -> SummingSink:
    sink = ledger.sink
    if not isinstance(sink, SummingSink):
        fail("tells_sums is declared, and the sink has no balances_on and profit_and_loss")
    return sink
