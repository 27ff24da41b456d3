"""Checks of plans: pure, whole, and within what is declared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from bridge.errors import HoldError
from bridge.model.entries import Purpose
from bridge.model.facts import LedgerFacts
from bridge.model.money import decimal_text
from bridge.model.tracking import Tracked
from bridge.model.vouchers import Voucher, voucher_id
from bridge.plugin import Sink
from bridge.testing.sinks.bench import Planned, SinkBench
from bridge.testing.sinks.entries import ALONE, DAY, PREFIX, TAX_MINOR, TAXED, asking, entry, rebuilt
from bridge.testing.verdict import fail, none_of

_TRACKED = (Tracked("kit", "kit-option", "Kit", "Kit"),)


class PlanChecks(SinkBench):
    """What an entry becomes."""

    def test_a_plan_is_pure(self) -> None:
        with self.ledger() as ledger:
            facts = ledger.sink.facts()
            first = list(self.planned(ledger.sink, facts))
            ledger.fall_silent()
            ledger.revoke()
            try:
                again = list(self.planned(ledger.sink, facts))
            except Exception as error:  # noqa: BLE001 - whatever comes out of a plugin is what is judged here
                fail(f"while the ledger does not answer, plan raises {type(error).__name__} ({error}): it must not ask")
        none_of(
            f"{one.entry.narration}: is planned otherwise a second time, while the ledger does not answer"
            for one, other in zip(first, again, strict=True)
            if one != other
        )

    def test_a_plan_says_what_its_entry_says(self) -> None:
        with self.ledger() as ledger:
            facts = ledger.sink.facts()
            none_of(fault for one in self.planned(ledger.sink, facts) for fault in _apart(one))

    def test_every_purpose_is_planned_or_held_with_a_code(self) -> None:
        with self.ledger() as ledger:
            none_of(self._unplanned(ledger.sink, ledger.sink.facts()))

    def test_what_a_posting_asks_for_is_carried_or_held(self) -> None:
        with self.ledger() as ledger:
            none_of(self._dropped(ledger.sink, ledger.sink.facts()))

    def test_vouchers_keep_to_what_is_declared(self) -> None:
        with self.ledger() as ledger:
            facts = ledger.sink.facts()
            none_of(
                f"{one.entry.narration}: {fault}"
                for one in self.planned(ledger.sink, facts)
                for voucher in one.vouchers
                for fault in self._undeclared(voucher)
            )

    def test_keys_and_numbers_name_the_intent(self) -> None:
        with self.ledger() as ledger:
            none_of(self._misnamed(ledger.sink, ledger.sink.facts()))

    # Inside

    def _unplanned(self, sink: Sink, facts: LedgerFacts) -> Iterator[str]:
        foreign = "SEK" if facts.home_currency != "SEK" else "USD"
        for currency in (facts.home_currency, foreign):
            for purpose in ALONE:
                try:
                    if not self.plan(sink, facts, entry(purpose, currency=currency)):
                        yield f"an entry for {purpose} in {currency} becomes no voucher, and is not held"
                except HoldError as held:
                    if held.code == HoldError.code:
                        yield f"an entry for {purpose} in {currency} is held without a code of its own"
        if not any(True for _ in self.planned(sink, facts)):
            yield "no purpose at all is planned"

    def _dropped(self, sink: Sink, facts: LedgerFacts) -> Iterator[str]:
        """What is neither carried nor a reason to hold the entry: then it would be lost without a word."""
        codes = {code.ledger_id for code in facts.tax_codes for served in code.serves if served == TAXED}
        code = min(codes, default="kit-code")
        for what, value in (("tax_code", TAXED), ("contact", "Kit"), ("tracking", "Kit=Kit"), ("item", "Kit")):
            made = asking(Purpose.ORDER, what, value, currency=facts.home_currency)
            try:
                vouchers = self.plan(sink, facts, made, tax_codes={TAXED: code}, tracked=_TRACKED)
            except HoldError:
                continue
            lines = [line for voucher in vouchers for line in voucher.lines]
            field = "tracked" if what == "tracking" else what
            carried = [getattr(line, field) for line in lines] + [getattr(voucher, what, "") for voucher in vouchers]
            if not any(carried):
                yield f"a posting's {what} {value!r} is in no voucher, and the entry is not held"
            taxes = sum(line.tax_minor for line in lines)
            if what == "tax_code" and (code not in carried or taxes != TAX_MINOR):
                yield f"{TAXED} is code {code!r} and {TAX_MINOR} of tax; the plan has {set(carried) - {''}} and {taxes}"

    def _undeclared(self, voucher: Voucher) -> Iterator[str]:
        declared = self.offer().capabilities
        if voucher.type not in declared.types:
            yield f"a {voucher.type} is planned, and {', '.join(declared.types)} are declared"
        if len(voucher.number) > declared.number_length:
            yield f"number {voucher.number!r} is longer than the {declared.number_length} characters declared"
        if voucher.number and not voucher.number.startswith(PREFIX):
            yield f"number {voucher.number!r} does not begin with the prefix {PREFIX!r}"
        if voucher.dated_on != DAY:
            yield f"is dated {voucher.dated_on}, and {DAY} was asked for"
        if "vch_before" not in voucher.after:
            yield f"{voucher.type} forgets that another voucher must be in the ledger first"

    def _misnamed(self, sink: Sink, facts: LedgerFacts) -> Iterator[str]:
        first = list(self.planned(sink, facts))
        for one in first:
            again = self.plan(sink, facts, rebuilt(one.entry))
            if [voucher.key for voucher in again] != [voucher.key for voucher in one.vouchers]:
                yield f"{one.entry.narration}: has other keys in a store that was built anew"
        others = [*first, *self.planned(sink, facts, group="kit 2")]
        for what in ("key", "number"):
            names = Counter(getattr(voucher, what) for one in others for voucher in one.vouchers)
            for name, count in names.items():
                if name and count > 1:
                    yield f"{count} vouchers have the {what} {name!r}"


def _apart(one: Planned) -> Iterator[str]:
    """What of a plan does not say what its entry says; the host asks the same before anything is owed."""
    entry_id, vouchers = one.entry.entry_id, one.vouchers
    name = one.entry.narration
    if [each.voucher_id for each in vouchers] != [voucher_id(entry_id, n) for n in range(1, len(vouchers) + 1)]:
        yield f"{name}: its vouchers are not numbered from 1 by voucher_id()"
    if any(voucher.entry_id != entry_id or voucher.currency != one.entry.currency for voucher in vouchers):
        yield f"{name}: a voucher names another entry, or another currency"
    if len({voucher.key for voucher in vouchers} - {""}) < len(vouchers):
        yield f"{name}: its vouchers do not each have a key of their own"
    yield from _off(one)
    for voucher in vouchers:
        if any({type(line.amount_minor), type(line.tax_minor)} != {int} for line in voucher.lines):
            yield f"{name}: an amount of {voucher.type} is no whole number"


def _off(one: Planned) -> Iterator[str]:
    sums, wanted = Counter[str](), Counter[str]()
    for voucher in one.vouchers:
        for line in voucher.lines:
            sums[line.account.number] += line.amount_minor
    for posting in one.entry.postings:
        wanted[posting.account] += posting.amount_minor
    for account in sorted(sums.keys() | wanted.keys()):
        if sums[account] != wanted[account]:
            planned, booked = (decimal_text(minor, one.entry.currency) for minor in (sums[account], wanted[account]))
            yield f"{one.entry.narration}: account {account} gets {planned} by the plan and {booked} by the entry"
