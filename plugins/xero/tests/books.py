"""An organisation in the sandbox, and our sink connected to it over real HTTP on loopback."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bridge.errors import BridgeError
from bridge.model.entries import JournalEntry
from bridge.model.facts import LedgerFacts
from bridge.model.vouchers import AccountRef, LedgerCopy, Voucher
from bridge.plugin import NO_REFS, OpenDocument, PlanRequest
from bridge_xero.kinds import KINDS
from bridge_xero.sink import XeroSink
from bridge_xero_sandbox import Tamper, XeroSandbox
from plugins.xero.tests.organisation import CODES, NAMES, TENANT, SinkContext


@dataclass
class Books:
    """One organisation, seen from our side (``sink``), from its own (``sandbox``), and from a person's (``person``)."""

    sandbox: XeroSandbox
    context: SinkContext
    sink: XeroSink
    refs: dict[str, str] = field(default_factory=dict)
    _facts: LedgerFacts | None = None

    @property
    def person(self) -> Tamper:
        return self.sandbox.tamper(TENANT)

    def set(self, **settings: object) -> None:
        self.sandbox.set(TENANT, **settings)

    @property
    def facts(self) -> LedgerFacts:
        return self._facts or self.look()

    def look(self) -> LedgerFacts:
        """The facts, asked for anew."""
        self._facts = self.sink.facts()
        return self._facts

    def plan(
        self, entry: JournalEntry, *settles: OpenDocument, mapped: Mapping[str, str] = NO_REFS
    ) -> tuple[Voucher, ...]:
        """mapped: the number in Xero's chart for a number of ours, where they differ."""
        facts = self.facts
        accounts = {}
        for posting in entry.postings:
            found = facts.account(mapped.get(posting.account, posting.account))
            assert found is not None
            accounts[posting.account] = AccountRef(found.ledger_id, posting.account, found.name)
        request = PlanRequest(
            entry=entry,
            accounts=accounts,
            facts=facts,
            prefix="AMZ",
            dated_on=entry.booked_on,
            tax_codes=CODES,
            names=NAMES,
            customer=facts.own_customer,
            after=tuple(each.voucher_id for each in settles),
            settles=settles,
        )
        return self.sink.plan(request)

    def send(self, voucher: Voucher, turn: int = 0) -> LedgerCopy:
        copy = self.sink.send(voucher, f"{voucher.key}-{turn}", self.refs)
        self.refs[voucher.voucher_id] = copy.ref
        return copy

    def deliver(self, entry: JournalEntry) -> list[LedgerCopy]:
        return [self.send(voucher) for voucher in self.plan(entry)]

    def objects(self, kind: str) -> int:
        return len(self.sandbox.entities(TENANT, KINDS[kind].plural))

    def calls(self, label: str) -> int:
        return self.sandbox.requests.count(label=label)


def told(error: BridgeError) -> tuple[type[BridgeError], str]:
    return type(error), error.code


def as_sent(voucher: Voucher) -> list[tuple[str, int, str, int]]:
    """What the ledger must then hold: account, amount, tax code and tax, in no order."""
    return sorted((line.account.ledger_id, line.amount_minor, line.tax_code, line.tax_minor) for line in voucher.lines)


def as_held(copy: LedgerCopy) -> list[tuple[str, int, str, int]]:
    return sorted((line.account_id, line.amount_minor, line.tax_code, line.tax_minor) for line in copy.lines)


def refs_of(copies: Iterable[LedgerCopy]) -> list[tuple[str, str]]:
    return [(copy.type, copy.ref) for copy in copies]


def last(books: Books, made: JournalEntry) -> Voucher:
    """The entry's last voucher, with all before it delivered: one of every kind of object, over all entries."""
    *before, voucher = books.plan(made)
    for other in before:
        books.send(other)
    return voucher
