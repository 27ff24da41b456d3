"""A company in the sandbox, and our sink connected to it over real HTTP on loopback."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import msgspec
import requests

from bridge.model.chart import recommended_chart
from bridge.model.contacts import Contacts
from bridge.model.entries import Half, JournalEntry, Mode, Posting, Purpose, Slot
from bridge.model.facts import LedgerFacts
from bridge.model.tracking import Tracked
from bridge.model.vouchers import AccountRef, Voucher
from bridge.plugin import OpenDocument, PlanRequest
from bridge.transport import HostSession
from bridge_quickbooks.settings import QuickBooksConnection, QuickBooksSettings, hosts
from bridge_quickbooks.sink import QuickBooksSink
from bridge_quickbooks_sandbox import QuickBooksSandbox, Tamper

REALM = "9130000000000001"


class PatientClock:
    """Stands still but for the time somebody waits; nobody really does."""

    def __init__(self) -> None:
        self.at = datetime(2026, 8, 1, 12, tzinfo=UTC)
        self.waits: list[float] = []

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.at += timedelta(seconds=seconds)


@dataclass
class SinkContext:
    """What the host lends a sink."""

    app: QuickBooksSettings
    token: str
    clock: PatientClock = field(default_factory=PatientClock)
    connection: str = "books"
    account: str = REALM
    settings: QuickBooksConnection = field(default_factory=lambda: QuickBooksConnection(customer="Sales channels"))
    contacts: Contacts = field(default_factory=Contacts)
    items: tuple[str, ...] = ()
    spent: Counter[str] = field(default_factory=Counter)

    def spend(self, what: str, many: int = 1, *, longest_wait_seconds: int = 0) -> None:
        self.spent[what] += many

    def session(self, *, bears_token: bool = True) -> requests.Session:
        return HostSession(hosts(self.app), self.clock, lambda: self.token, read_seconds=5)


@dataclass
class Books:
    """One company, seen from our side (``sink``), from its own (``sandbox``), and from a person's (``person``)."""

    sandbox: QuickBooksSandbox
    context: SinkContext
    sink: QuickBooksSink
    tracked: tuple[Tracked, ...] = ()  # what all of profit and loss is reported by

    @property
    def person(self) -> Tamper:
        return self.sandbox.tamper(REALM)

    def set(self, **settings: object) -> None:
        self.sandbox.set(REALM, **settings)

    def account(self, number: str) -> AccountRef:
        return AccountRef(self.sandbox.account_id(REALM, number), number, number)

    def plan(self, entry: JournalEntry) -> Voucher:
        accounts = {posting.account: self.account(posting.account) for posting in entry.postings}
        facts = LedgerFacts(
            connection="books",
            taken_at=self.context.clock.now(),
            company="Sandbox Company",
            home_currency=entry.currency,
            accounts=(),
        )
        (voucher,) = self.sink.plan(
            PlanRequest(entry=entry, accounts=accounts, facts=facts, prefix="AMZ", dated_on=entry.booked_on)
        )
        return voucher

    def plan_with(self, entry: JournalEntry, facts: LedgerFacts) -> Voucher:
        """The one voucher, with the company's own facts, and the codes that it says serve each treatment."""
        (voucher,) = self.plan_all(entry, facts)
        return voucher

    def plan_all(
        self,
        entry: JournalEntry,
        facts: LedgerFacts,
        *settles: OpenDocument,
        **mapped: str,
    ) -> tuple[Voucher, ...]:
        """mapped: the number of the company's own chart for a number, as ``a1150="1100"``."""
        accounts = {
            posting.account: self.account(mapped.get(f"a{posting.account}", posting.account))
            for posting in entry.postings
        }
        codes = {treatment: code.ledger_id for code in facts.tax_codes for treatment in code.serves}
        return self.sink.plan(
            PlanRequest(
                entry=entry,
                accounts=accounts,
                facts=facts,
                prefix="SHP",
                dated_on=entry.booked_on,
                after=tuple(each.voucher_id for each in settles),
                tax_codes=codes,
                names=NAMES,
                customer=facts.own_customer,
                tracking={one.number: self.tracked for one in entry.postings if one.account >= "4000"},
                settles=settles,
            )
        )

    def journals(self) -> int:
        return len(self.sandbox.entities(REALM, "JournalEntry"))

    def calls(self, label: str) -> int:
        return self.sandbox.requests.count(label=label)


NAMES = {number: account.name for number, account in recommended_chart().items()}


def entry(
    *postings: tuple[str, int, str],
    group: str = "settlement 1",
    on: date = date(2026, 6, 30),
    purpose: Purpose = Purpose.SETTLEMENT,
) -> JournalEntry:
    """An entry of (account, minor units, kind) in dollars."""
    return JournalEntry(
        slot=Slot("rte_shop", Mode.PAYOUT, group, "bank" if purpose is Purpose.BANK else f"{on:%Y-%m}"),
        number=1,
        document_id="doc_settlement",
        revision=1,
        booked_on=on,
        currency="USD",
        narration=f"Amazon.com {group}",
        postings=tuple(
            Posting(number, account, amount, kind, "default", line_count=0 if "." not in kind else 6)
            for number, (account, amount, kind) in enumerate(postings, start=1)
        ),
        rule_version=1,
        content_hash="0",
        plugin_version="0",
        purpose=purpose,
    )


def posting(
    account: str, amount: int, kind: str, *, tax: str = "", tax_minor: int = 0, half: Half = Half.SALE, item: str = ""
) -> Posting:
    """A posting of one line; ``made`` numbers it."""
    return Posting(
        1, account, amount, kind, "default", line_count=1, tax_code=tax, tax_minor=tax_minor, half=half, item=item
    )


def made(purpose: Purpose, *postings: Posting, currency: str = "USD", group: str = "5001") -> JournalEntry:
    """An entry of a channel that books by order or day."""
    return JournalEntry(
        slot=Slot("rte_shop", Mode.DAY if purpose is Purpose.DAY else Mode.ORDER, group, purpose.value),
        number=1,
        document_id="doc_order",
        revision=1,
        booked_on=date(2026, 7, 3),
        currency=currency,
        narration=f"Shopify {purpose.value} #1001",
        postings=tuple(msgspec.structs.replace(each, number=number) for number, each in enumerate(postings, start=1)),
        rule_version=1,
        content_hash="0",
        plugin_version="0",
        purpose=purpose,
    )


def american_order(tender: str = "1220") -> JournalEntry:
    """100.00 of goods less 10.00, 5.00 of shipping, 7.84 of sales tax; paid whole."""
    return made(
        Purpose.ORDER,
        posting("4000", -10000, "sale.product"),
        posting("4100", 1000, "discount.product"),
        posting("4050", -500, "sale.shipping"),
        posting("2100", -784, "tax.collected"),
        posting(tender, 10284, "tender"),
    )


def american_refund(tender: str = "1220") -> JournalEntry:
    """50.00 of goods and their tax, paid back."""
    return made(
        Purpose.REFUND,
        posting("4200", 5000, "refund.product", half=Half.REFUND),
        posting("2100", 436, "tax.collected", half=Half.REFUND),
        posting(tender, -5436, "tender", half=Half.REFUND),
        group="6001",
    )


def british_order() -> JournalEntry:
    """120.00 at 20 %, 10.00 off, books for 30.00 at 0 %, postage 4.99; VAT as the shop says it, to the penny."""
    return made(
        Purpose.ORDER,
        posting("4000", -12000, "sale.product", tax="sale:20", tax_minor=-2000),
        posting("4100", 1000, "discount.product", tax="sale:20", tax_minor=167),
        posting("4000", -3000, "sale.product", tax="sale:0"),
        posting("4050", -499, "sale.shipping", tax="sale:20", tax_minor=-83),
        posting("2200", -2500, "gift_card", tax="none"),
        posting("1220", 16999, "tender", tax="none"),
        currency="GBP",
    )


def two_ways(currency: str = "USD") -> JournalEntry:
    """110.00 of goods and postage, paid by card and through PayPal."""
    return made(
        Purpose.ORDER,
        posting("4000", -10000, "sale.product"),
        posting("4050", -1000, "sale.shipping"),
        posting("1220", 8000, "tender"),
        posting("1230", 3000, "tender"),
        currency=currency,
    )


def open_order(owed: int = 3000, currency: str = "USD") -> JournalEntry:
    """100.00 of goods, of which the buyer still owes something."""
    return made(
        Purpose.ORDER,
        posting("4000", -10000, "sale.product"),
        posting("1220", 10000 - owed, "tender"),
        posting("1150", owed, "order.open"),
        currency=currency,
    )


def paid_later(*amounts: tuple[str, int]) -> JournalEntry:
    """What was owed of it is paid."""
    paid = [posting(account, amount, "tender") for account, amount in amounts]
    owed = -sum(amount for _, amount in amounts)
    entry = made(Purpose.ORDER, *paid, posting("1150", owed, "order.open"))
    return msgspec.structs.replace(entry, slot=Slot("rte_shop", Mode.ORDER, "5001", "order paid later"))


def credited(amount: int = 1200, currency: str = "USD") -> JournalEntry:
    """Goods that were never paid come back: as the books make it, through what is owed to buyers."""
    return made(
        Purpose.REFUND,
        posting("4200", amount, "refund.product", half=Half.REFUND),
        posting("1150", -amount, "order.open"),
        posting("2220", amount, "refund.owed"),
        posting("2220", -amount, "refund.owed", half=Half.REFUND),
        currency=currency,
    )


def british_refund() -> JournalEntry:
    """24.00 at 20 % paid back."""
    return made(
        Purpose.REFUND,
        posting("4200", 2400, "refund.product", tax="sale:20", tax_minor=400, half=Half.REFUND),
        posting("1220", -2400, "tender", tax="none", half=Half.REFUND),
        currency="GBP",
        group="6001",
    )


def british_day() -> JournalEntry:
    """A day of sales through two tenders, and a refund."""
    return made(
        Purpose.DAY,
        posting("4000", -36000, "sale.product", tax="sale:20", tax_minor=-6001),
        posting("4000", -5000, "sale.product", tax="sale:0"),
        posting("1220", 38500, "tender"),
        posting("2200", 2500, "tender"),
        posting("4200", 1200, "refund.product", tax="sale:20", tax_minor=200, half=Half.REFUND),
        posting("1220", -1200, "tender", half=Half.REFUND),
        currency="GBP",
        group="GBP 2026-07-03",
    )


def british_fees() -> JournalEntry:
    """Fees with VAT on them, and some that are exempt."""
    return made(
        Purpose.JOURNAL,
        posting("6000", 2400, "fee.referral", tax="purchase:20", tax_minor=400, half=Half.NONE),
        posting("6100", 310, "fee.payment", tax="purchase:exempt", half=Half.NONE),
        posting("1200", -2710, "settlement.total", half=Half.NONE),
        currency="GBP",
        group="7001",
    )


def american_fees() -> JournalEntry:
    return made(
        Purpose.JOURNAL,
        posting("6100", 310, "fee.payment", half=Half.NONE),
        posting("1220", -310, "settlement.total", half=Half.NONE),
    )


def named(entry: JournalEntry, number: int, contact: str) -> JournalEntry:
    """A rule names somebody for one of its postings."""
    return msgspec.structs.replace(
        entry,
        postings=tuple(
            msgspec.structs.replace(each, contact=contact) if each.number == number else each for each in entry.postings
        ),
    )


def payout_entry(group: str = "settlement 1", amount: int = 8445) -> JournalEntry:
    """The bank leg of a settlement."""
    return entry(
        ("1000", amount, "bank"), ("1200", -amount, "bank"), group=group, on=date(2026, 7, 8), purpose=Purpose.BANK
    )
