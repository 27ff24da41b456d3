"""Checks of what a sink tells to have changed, for one that declares ``feed_days``; of any other they say nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bridge.errors import BridgeError, RateLimitedError, UnavailableError
from bridge.model.facts import LedgerFacts
from bridge.model.vouchers import LedgerCopy
from bridge.plugin import Changes, ChangingSink, Present, Unknown
from bridge.testing.sinks.bench import SinkBench, header_key
from bridge.testing.sinks.entries import BANK, CLEARING, DAY
from bridge.testing.sinks.ledger import FakeLedger
from bridge.testing.verdict import fail, none_of, that

_STRANGE = 4321
_OVERLAP = timedelta(hours=1)


class ChangesChecks(SinkBench):
    """What changed, and what stands."""

    def test_what_was_edited_deleted_or_put_in_is_told_to_have_changed(self) -> None:
        if self._has_feed():
            with self.ledger() as ledger:
                none_of(self._untold(ledger))

    def test_a_feed_that_is_not_answered_ends_in_an_error(self) -> None:
        if self._has_feed():
            with self.ledger() as ledger:
                sink, copy = _changing(ledger), self._sent(ledger, "kit 1")
                ledger.fall_silent()
                try:
                    told: object = list(sink.changes(_before(copy)))
                except BridgeError as error:
                    told = error
                that(
                    isinstance(told, UnavailableError | RateLimitedError),
                    f"the ledger does not answer, and changes gives {told!r}; an UnavailableError is wanted",
                )

    def test_what_stands_is_told_as_by_facts(self) -> None:
        if self._has_feed():
            with self.ledger() as ledger:
                self._sent(ledger, "kit 1")
                none_of(_differing(ledger.sink.facts(), _changing(ledger).standing()))

    # Inside

    def _has_feed(self) -> bool:
        return self.offer().capabilities.feed_days > 0

    def _sent(self, ledger: FakeLedger, group: str) -> LedgerCopy:
        voucher = self.settled(ledger.sink, ledger.sink.facts(), group=group)
        return ledger.sink.send(voucher, header_key(voucher))

    def _untold(self, ledger: FakeLedger) -> Iterator[str]:
        edited, deleted = self._sent(ledger, "kit 1"), self._sent(ledger, "kit 2")
        facts = ledger.sink.facts()
        bank, clearing = (self.account(facts, number).ledger_id for number in (BANK, CLEARING))
        ledger.add_foreign(DAY, bank, clearing, _STRANGE)
        ledger.edit(edited.type, edited.ref)
        ledger.delete(deleted.type, deleted.ref)
        copies, gone = _told(_changing(ledger), _before(edited))
        ((_, now),) = ledger.sink.read_back([(edited.type, edited.ref)])
        seen = copies.get(edited.ref)
        if not isinstance(now, Present) or seen is None or (seen.memo, seen.lines_hash) != _words(now.copy):
            yield "an object that was edited is not told as it stands"
        if deleted.ref not in gone or deleted.ref in copies:
            yield "an object that was deleted is not told to be gone"
        if not any(_moves(copy, clearing) for copy in copies.values()):
            yield "a stranger's object is not told"
        if _told(_changing(ledger), _before(edited)) != (copies, gone):
            yield "asked for the same once more it tells something else"


def _changing(ledger: FakeLedger) -> ChangingSink:
    sink = ledger.sink
    if not isinstance(sink, ChangingSink):
        fail("feed_days are declared, and the sink has no changes or no standing")
    return sink


def _before(copy: LedgerCopy) -> datetime:
    if not copy.changed_at:
        fail("feed_days are declared, and an echo does not say when its object changed")
    return datetime.fromisoformat(copy.changed_at) - _OVERLAP


def _told(sink: ChangingSink, since: datetime) -> tuple[dict[str, LedgerCopy], set[str]]:
    copies: dict[str, LedgerCopy] = {}
    gone: set[str] = set()
    for page in sink.changes(since):
        if isinstance(page, Unknown):
            fail(f"what changed within an hour is not told: {page.cause}")
        assert isinstance(page, Changes)
        copies |= {copy.ref: copy for copy in page.copies}
        gone |= set(page.gone)
    return copies, gone


def _words(copy: LedgerCopy) -> tuple[str, str]:
    return copy.memo, copy.lines_hash


def _moves(copy: LedgerCopy, account: str) -> bool:
    return sum(line.amount_minor for line in copy.lines if line.account_id == account) == -_STRANGE


def _differing(facts: LedgerFacts, standing: LedgerFacts) -> Iterator[str]:
    for name in ("company", "home_currency", "accounts", "locked_through", "receivable_id"):
        if getattr(facts, name) != getattr(standing, name):
            yield f"standing says otherwise than facts of the {name}"
