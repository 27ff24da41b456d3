"""What the author of a sink gives, and what every check of it starts from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType

import msgspec

from bridge.errors import HoldError
from bridge.model.accounts import seek
from bridge.model.chart import recommended_chart
from bridge.model.entries import JournalEntry
from bridge.model.facts import LedgerFacts
from bridge.model.tracking import Tracked
from bridge.model.vouchers import AccountRef, LedgerCopy, LedgerLine, Voucher
from bridge.plugin import NO_REFS, Observation, OpenDocument, PlanRequest, Present, Sink, SinkOffer, Unknown, Unread
from bridge.testing.plugin import PluginConformance
from bridge.testing.sinks.entries import ALONE, PREFIX, entry
from bridge.testing.sinks.ledger import FakeLedger
from bridge.testing.verdict import fail


class Planned(msgspec.Struct, frozen=True):
    """An entry and the vouchers it became."""

    entry: JournalEntry
    vouchers: tuple[Voucher, ...]


class SinkBench(PluginConformance):
    """An author's answers."""

    @abstractmethod
    def offer(self) -> SinkOffer:
        """What the plugin offers to the host."""

    @abstractmethod
    def ledger(self) -> AbstractContextManager[FakeLedger]:
        """Starts a fake of the ledger with empty books, and stops it afterwards."""

    def accounts(self) -> Mapping[str, str]:
        """Chart number to the fake's account, by number, name or id, where they differ."""
        return {}

    # What checks start from

    def plan(
        self,
        sink: Sink,
        facts: LedgerFacts,
        made: JournalEntry,
        *,
        tax_codes: Mapping[str, str] = NO_REFS,
        tracked: tuple[Tracked, ...] = (),
        mapped: Mapping[str, AccountRef] = MappingProxyType({}),
        settles: tuple[OpenDocument, ...] = (),
    ) -> tuple[Voucher, ...]:
        """The vouchers of an entry, planned as the host asks for them. Raises: HoldError as the sink does.

        mapped: accounts that a route has mapped otherwise than ``accounts`` says.
        """
        numbers = dict.fromkeys(posting.account for posting in made.postings)
        refs = {number: mapped[number] if number in mapped else self.account(facts, number) for number in numbers}
        return sink.plan(
            PlanRequest(
                entry=made,
                accounts=refs,
                facts=facts,
                prefix=PREFIX,
                dated_on=made.booked_on,
                after=("vch_before",),
                tax_codes=tax_codes,
                customer=facts.own_customer,
                tracking={posting.number: tracked for posting in made.postings if posting.tracking},
                settles=settles,
                names={number: account.name for number, account in recommended_chart().items()},
            )
        )

    def account(self, facts: LedgerFacts, number: str) -> AccountRef:
        """The ledger's account for a number of the chart."""
        found = seek(facts, number, self.accounts().items()).account
        if found is None:
            fail(f"the fake ledger has no account for chart number {number}; map it in accounts()")
        return AccountRef(found.ledger_id, number, found.name)

    def planned(self, sink: Sink, facts: LedgerFacts, *, group: str = "kit 1") -> Iterator[Planned]:
        """An entry of each purpose that the sink can express, with its vouchers."""
        for purpose in ALONE:
            made = entry(purpose, currency=facts.home_currency, group=group)
            try:
                vouchers = self.plan(sink, facts, made)
            except HoldError:
                continue
            yield Planned(made, vouchers)

    def settled(self, sink: Sink, facts: LedgerFacts, *, group: str = "kit 1") -> Voucher:
        """One voucher that can be sent by itself."""
        alone = (one.vouchers[0] for one in self.planned(sink, facts, group=group) if len(one.vouchers) == 1)
        voucher = next(alone, None)
        if voucher is None:
            fail("no purpose is planned as one voucher, so there is nothing simple to send")
        return voucher

    def sent(self, sink: Sink, one: Planned) -> tuple[tuple[Voucher, LedgerCopy], ...]:
        """Send the vouchers of an entry in their order, each told where those before it are."""
        refs: dict[str, str] = {"vch_before": "0"}
        copies: list[tuple[Voucher, LedgerCopy]] = []
        for voucher in one.vouchers:
            copy = sink.send(voucher, header_key(voucher), refs)
            refs[voucher.voucher_id] = copy.ref
            copies.append((voucher, copy))
        return tuple(copies)


def read_all(sink: Sink, wanted: Observation) -> list[LedgerCopy]:
    """Every object of an observation of which nothing may be left unread."""
    found: list[LedgerCopy] = []
    for page in sink.observe(wanted):
        if isinstance(page, Unread):
            fail(f"{page.kind} is left unread: {page.why}")
        found += page
    return found


def header_key(voucher: Voucher, turn: int = 0) -> str:
    """The vendor's idempotency header, as delivery makes it."""
    return f"{voucher.key}-{turn}"


def said_otherwise(voucher: Voucher, copy: LedgerCopy) -> Iterator[str]:
    """What a copy of a voucher says that the voucher does not; words are not compared.

    What the ledger posts by itself (receivables) stands among the copy's lines as among the voucher's.
    """
    pairs: tuple[tuple[str, object, object], ...] = (
        ("type", voucher.type, copy.type),
        ("number", voucher.number or copy.number, copy.number),
        ("date", voucher.dated_on, copy.dated_on),
        ("currency", voucher.currency, copy.currency),
        ("key", voucher.key, copy.key),
        ("is_voided", False, copy.is_voided),
    )
    name = f"{voucher.type} {voucher.number or voucher.key}"
    for what, ours, theirs in pairs:
        if ours != theirs:
            yield f"{name}: its {what} is {ours}, and {theirs} in the ledger's copy"
    if not copy.ref:
        yield f"{name}: its copy has no ref"
    sent = _as_copied(voucher, copy)
    if copy.lines_hash != sent.lines_hash:
        yield f"{name}: its accounts get {_sums(sent)}, and {_sums(copy)} in the ledger's copy"


def shown(state: object) -> str:
    """An answer of the ledger in a few words."""
    match state:
        case Present(copy=copy):
            return f"Present ({copy.type} {copy.ref})"
        case Unknown(cause=cause):
            return f"Unknown ({cause})"
        case tuple():
            return f"({', '.join(f'{copy.type} {copy.ref}' for copy in state)})"
        case _:
            return repr(state)


def _as_copied(voucher: Voucher, copy: LedgerCopy) -> LedgerCopy:
    lines = (
        LedgerLine(one.account.ledger_id, one.amount_minor, "", one.tax_code, one.tax_minor) for one in voucher.lines
    )
    return msgspec.structs.replace(copy, lines=tuple(lines))


def _sums(copy: LedgerCopy) -> str:
    return ", ".join(
        f"{line.account_id}{line.tax_code and f' ({line.tax_code})'}: {line.amount_minor}"
        for line in sorted(copy.lines, key=lambda line: (line.account_id, line.amount_minor))
    )
