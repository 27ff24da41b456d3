"""Every body that a sink can plan: each document in each mode, with each treatment of tax, in each currency, and items.

Nothing is spared: whatever is planned is sent to the vendor's fake, which checks the body against the vendor's
published schema and by the vendor's own rules, and what it echoes is what was planned. What is not planned is held,
with a code that is named here. A treatment that a ledger newly serves is walked at once; a company, a currency and a
document are rows of the tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from itertools import product

import msgspec
import pytest
from pydantic import SecretStr

from bridge.books.planning.accounts import off_currency
from bridge.delivery.check import differences
from bridge.errors import HoldError
from bridge.model.entries import Half, JournalEntry, Mode, Posting, Purpose, Slot
from bridge.model.facts import LedgerFacts
from bridge.model.tax import NONE, PURCHASE, SALE, rate_of
from bridge.model.vouchers import AccountRef, Voucher, lines_hash, voucher_id
from bridge.plugin import OpenDocument, PlanRequest, Sink
from bridge_quickbooks.settings import QuickBooksConnection, QuickBooksSettings
from bridge_quickbooks.sink import CAPABILITIES as OF_QUICKBOOKS
from bridge_quickbooks.sink import QuickBooksSink
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_xero.settings import XeroSettings
from bridge_xero.sink import CAPABILITIES as OF_XERO
from bridge_xero.sink import XeroSink
from bridge_xero_sandbox import XeroSandbox
from plugins.quickbooks.tests.company import REALM
from plugins.quickbooks.tests.company import SinkContext as QuickBooksContext
from plugins.xero.tests.organisation import TENANT
from plugins.xero.tests.organisation import SinkContext as XeroContext

S, R, N = Half.SALE, Half.REFUND, Half.NONE
DAY = date(2026, 6, 30)
UNTAXED, TAX_LINE = "no code", "tax as a line"
"""How a regime without codes has tax: as a part of the price, or as a line of its own."""
CURRENCIES = ("", "EUR", "JPY", "KWD")
"""The company's own; one that it uses beside that, where it may; one without decimals; one with three."""
ON_RECEIVABLES = {"1150": "1100"}


class Step(msgspec.Struct, frozen=True):
    """One entry of a story. settles: by the place of an earlier entry, how much of what it left open."""

    purpose: Purpose
    mode: Mode
    postings: tuple[Posting, ...]
    settles: tuple[tuple[int, int], ...] = ()
    after: tuple[int, ...] = ()


class Document(msgspec.Struct, frozen=True):
    """A kind of document and how it is made. mapped: numbers of our chart kept on others of the ledger."""

    name: str
    story: Callable[[Lines], tuple[Step, ...]]
    mapped: Mapping[str, str] = {}

    @property
    def purpose(self) -> Purpose:
        """Of its first entry."""
        return self.story(Lines(UNTAXED))[0].purpose


class Lines(msgspec.Struct, frozen=True):
    """Postings under one treatment of tax."""

    treatment: str

    def sold(self, amount: int, account: str = "4000", kind: str = "sale.product", half: Half = S) -> Posting:
        """Something with tax in it: a credit where the amount is positive."""
        if self.treatment in {UNTAXED, TAX_LINE}:
            return leg(account, -amount, kind, half)
        rate = rate_of(self.treatment)
        tax = round(amount * rate / (100 + rate) / 10) * 10  # of whole tens, as a currency of three decimals may have
        return msgspec.structs.replace(leg(account, -amount, kind, half), tax_code=self.treatment, tax_minor=-int(tax))

    def taxed(self, amount: int, half: Half = S) -> tuple[Posting, ...]:
        """Tax as a line of its own, where it is."""
        return (leg("2100", -amount, "tax.collected", half),) if self.treatment == TAX_LINE else ()

    def bought(self, amount: int, account: str, kind: str) -> Posting:
        """A fee under the same rate, where that is a rate."""
        is_coded = self.treatment not in {UNTAXED, TAX_LINE}
        rate = self.treatment.partition(":")[2]
        treatment = f"{PURCHASE}:{rate}" if is_coded and rate.isdecimal() else NONE if is_coded else ""
        part = round(amount * rate_of(treatment) / (100 + rate_of(treatment))) if treatment else 0
        return msgspec.structs.replace(leg(account, amount, kind, N), tax_code=treatment, tax_minor=int(part))


def leg(account: str, amount: int, kind: str, half: Half = N) -> Posting:
    return Posting(1, account, amount, kind, "default", line_count=1, half=half)


def step(purpose: Purpose, mode: Mode, *postings: Posting, **more: object) -> Step:
    return Step(purpose, mode, postings, **more)  # type: ignore[arg-type]


def closed(lines: tuple[Posting, ...], account: str, kind: str, half: Half) -> tuple[Posting, ...]:
    """The lines, and one more by which they add up to nothing."""
    return (*lines, leg(account, -sum(line.amount_minor for line in lines), kind, half))


def order(t: Lines, *tenders: tuple[str, int], owed: int = 0) -> tuple[Posting, ...]:
    """An order of 120.00, what was paid of it in each way but the last, and what is owed."""
    goods = t.sold(12000), t.sold(-1200, "4100", "discount.product"), t.sold(600, "4050", "sale.shipping")
    lines: tuple[Posting, ...] = (*goods, *t.taxed(960))
    lines += tuple(leg(account, amount, "tender", S) for account, amount in tenders[:-1])
    lines += (leg("1150", owed, "order.open", S),) if owed else ()
    return closed(lines, tenders[-1][0], "tender", S)


def refund(t: Lines, account: str = "1220") -> tuple[Posting, ...]:
    return closed((t.sold(-6000, "4200", "refund.product", R), *t.taxed(-480, R)), account, "tender", R)


def credited(t: Lines, amount: int, back: int = 0) -> tuple[Posting, ...]:
    """A refund of what was never paid; back: and of what was."""
    return (
        t.sold(-amount - back, "4200", "refund.product", R),
        *((leg("1220", -back, "tender", R),) if back else ()),
        leg("1150", -amount, "order.open", S),
        leg("2220", amount, "refund.owed", S),
        leg("2220", -amount, "refund.owed", R),
    )


def owed_again(t: Lines, amount: int, *back: tuple[str, int]) -> tuple[Posting, ...]:
    """What was taken back, and in each way how much money went back: more than that."""
    lines = (t.sold(-amount, "4200", "refund.product", R),) if amount else ()
    owed = sum(minor for _, minor in back) - amount
    return (
        *lines,
        *(leg(account, -minor, "tender", R) for account, minor in back),
        leg("1150", owed, "order.open", S),
        leg("2220", -owed, "refund.owed", S),
        leg("2220", owed, "refund.owed", R),
    )


def paid_later(amount: int, *settles: tuple[int, int]) -> Step:
    """A payment of what is open: of the first entry, where nothing else is said."""
    owed = leg("1150", -amount, "order.open", S)
    settled = settles or ((0, amount),)
    return step(Purpose.ORDER, Mode.ORDER, leg("1220", amount, "tender", S), owed, settles=settled)


def fees(t: Lines, amount: int, account: str, *others: Posting) -> tuple[Posting, ...]:
    return closed((t.bought(amount, "6100", "fee.payment"), *others), account, "tender", N)


def settlement(t: Lines, total: str, kind: str = "settlement.total", sold: int = 12000) -> tuple[Posting, ...]:
    fees = t.bought(2400, "6000", "fee.referral"), t.bought(1200, "5220", "fee.storage")
    return closed((t.sold(sold, half=N), *t.taxed(960, N), *fees), total, kind, N)


def opened(mode: Mode, *others: Callable[[Lines], Step]) -> Callable[[Lines], tuple[Step, ...]]:
    """An order of which 30.00 is owed, and what comes of it."""
    return lambda t: (
        step(Purpose.ORDER, mode, *order(t, ("1220", 0), owed=3000)),
        *(other(t) for other in others),
    )


def alone(purpose: Purpose, mode: Mode, of: Callable[[Lines], tuple[Posting, ...]]) -> Callable[..., tuple[Step, ...]]:
    return lambda t: (step(purpose, mode, *of(t)),)


P = Purpose
DOCUMENTS = (
    Document("settlement", alone(P.SETTLEMENT, Mode.PAYOUT, lambda t: settlement(t, "1200"))),
    Document("settlement as a document", alone(P.SETTLEMENT, Mode.PAYOUT, lambda t: settlement(t, "1100"))),
    Document("settlement that is owed", alone(P.SETTLEMENT, Mode.PAYOUT, lambda t: settlement(t, "1200", sold=1000))),
    Document("first part", alone(P.SETTLEMENT, Mode.PAYOUT, lambda t: settlement(t, "1280", "carry"))),
    Document("order", alone(P.ORDER, Mode.ORDER, lambda t: order(t, ("1220", 0)))),
    Document("order paid in two ways", alone(P.ORDER, Mode.ORDER, lambda t: order(t, ("1220", 5000), ("1250", 0)))),
    Document("order paid by gift card", alone(P.ORDER, Mode.ORDER, lambda t: order(t, ("2200", 5000), ("1220", 0)))),
    Document("order of which something is owed", opened(Mode.ORDER)),
    Document("order left open", opened(Mode.ORDER), ON_RECEIVABLES),
    Document(
        "order left open and paid",
        opened(
            Mode.ORDER,
            lambda t: step(
                P.ORDER,
                Mode.ORDER,
                leg("1220", 2000, "tender", S),
                leg("1250", 1000, "tender", S),
                leg("1150", -3000, "order.open", S),
                settles=((0, 3000),),
            ),
        ),
        ON_RECEIVABLES,
    ),
    Document(
        "order left open and credited",
        opened(Mode.ORDER, lambda t: step(P.REFUND, Mode.ORDER, *credited(t, 1200), settles=((0, 1200),))),
        ON_RECEIVABLES,
    ),
    Document(
        "order left open, credited and paid back",
        opened(Mode.ORDER, lambda t: step(P.REFUND, Mode.ORDER, *credited(t, 1200, 600), settles=((0, 1200),))),
        ON_RECEIVABLES,
    ),
    Document(
        "order left open, paid in part, and more paid back than was credited",
        opened(
            Mode.ORDER,
            lambda t: paid_later(2000),
            lambda t: step(P.REFUND, Mode.ORDER, *owed_again(t, 600, ("1220", 1500), ("1250", 500))),
            lambda t: paid_later(2400, (0, 1000), (2, 1400)),
        ),
        ON_RECEIVABLES,
    ),
    Document(
        "order left open, paid in part, and paid back for nothing",
        opened(
            Mode.ORDER,
            lambda t: paid_later(2000),
            lambda t: step(P.REFUND, Mode.ORDER, *owed_again(t, 0, ("1220", 500))),
            lambda t: paid_later(1500, (0, 1000), (2, 500)),
        ),
        ON_RECEIVABLES,
    ),
    Document(
        "order left open, paid in part, and that payment taken back",
        opened(
            Mode.ORDER,
            lambda t: paid_later(2000),
            lambda t: step(P.REVERSAL, Mode.ORDER, *taken_back(paid_later(2000).postings)),
        ),
        ON_RECEIVABLES,
    ),
    Document("refund", alone(P.REFUND, Mode.ORDER, refund)),
    Document("refund to a gift card", alone(P.REFUND, Mode.ORDER, lambda t: refund(t, "2200"))),
    Document("refund that is agreed", alone(P.REFUND, Mode.ORDER, lambda t: refund(t, "2220"))),
    Document("day", alone(P.DAY, Mode.DAY, lambda t: (*order(t, ("2200", 500), ("1220", 0)), *refund(t)))),
    Document("sales of a payout", alone(P.DAY, Mode.PAYOUT, lambda t: (*order(t, ("1210", 0)), *refund(t, "1210")))),
    Document("fees", alone(P.JOURNAL, Mode.DAY, lambda t: fees(t, 310, "1210"))),
    Document("fees of a wallet", alone(P.JOURNAL, Mode.ORDER, lambda t: fees(Lines(UNTAXED), 310, "1230"))),
    Document("fees of cash", alone(P.JOURNAL, Mode.DAY, lambda t: fees(t, 310, "1250"))),
    Document("fees given back", alone(P.JOURNAL, Mode.DAY, lambda t: fees(t, -310, "1210"))),
    Document("fees and a dispute", alone(P.JOURNAL, Mode.PAYOUT, lambda t: fees(t, 310, "1210", leg("1265", 50, "d")))),
    Document("payout", alone(P.BANK, Mode.PAYOUT, lambda t: (leg("1000", 8445, "bank"), leg("1230", -8445, "bank")))),
    Document("reversal of an order", alone(P.REVERSAL, Mode.ORDER, lambda t: taken_back(order(t, ("1220", 0))))),
    Document("reversal of a settlement", alone(P.REVERSAL, Mode.PAYOUT, lambda t: taken_back(settlement(t, "1200")))),
)


def taken_back(postings: tuple[Posting, ...]) -> tuple[Posting, ...]:
    return tuple(
        msgspec.structs.replace(each, amount_minor=-each.amount_minor, tax_minor=-each.tax_minor) for each in postings
    )


class Company(msgspec.Struct, frozen=True):
    """A company in one ledger: its country and its own currency."""

    ledger: str
    country: str
    currency: str


COMPANIES = (
    Company("quickbooks", "US", "USD"),
    Company("quickbooks", "GB", "GBP"),
    Company("xero", "GB", "GBP"),
    Company("xero", "AU", "AUD"),
)
# What may be held, and where. Nothing is in a company's own currency.
FOREIGN = {
    "quickbooks": {"rate.missing", "account.currency", "quickbooks.amount"},
    "xero": {"xero.currency", "xero.amount", "rate.missing", "xero.no_transfer", "account.currency"},
}
# What has lines that rules may name an item for, and no place for it in QuickBooks.
ITEMLESS = frozenset({P.SETTLEMENT, P.DAY, P.JOURNAL})
ITEM = "Tasse ü"
"""What rules name where no item posts to the account: in Xero it may stand on any, in QuickBooks on no form."""
SOLD = ("sale.", "discount.", "refund.product", "tax.", "fee.")
"""Kinds of lines, as they begin, that the walk with items gives one."""
WITH_ITEMS = {
    "quickbooks": {"SalesReceipt", "RefundReceipt", "Invoice", "CreditMemo"},
    "xero": {"Invoice", "CreditNote", "BankTransaction"},
}


class Books:
    """One company's books: its sink, its facts, and which of its accounts a number is."""

    def __init__(self, company: Company, sink: Sink, own: Callable[[str], str]) -> None:
        self.company, self.sink, self.facts, self._own = company, sink, sink.facts(), own
        self.sent: Counter[str] = Counter()
        self.sold: Counter[str] = Counter()

    def with_items(self, made: JournalEntry) -> JournalEntry:
        """The entry, where rules name an item for all that is sold or bought: one that may stand on its account."""
        usual = {item.account_id: item.name for item in self.facts.items}
        postings = [
            msgspec.structs.replace(each, item=usual.get(self._own(each.account), ITEM))
            if each.kind.startswith(SOLD)
            else each
            for each in made.postings
        ]
        return msgspec.structs.replace(made, postings=tuple(postings))

    def account(self, number: str, mapped: Mapping[str, str]) -> AccountRef:
        wanted = mapped.get(number) or number
        return AccountRef(self._own(wanted), number, number)

    def treatments(self, currency: str) -> list[str]:
        """How sales are without a code, and those of sales that one code of the ledger serves.

        In a foreign currency one of either stands for all: what it adds are amounts, not codes.
        """
        served = Counter(treatment for code in self.facts.tax_codes for treatment in code.serves)
        sales = sorted(each for each, codes in served.items() if codes == 1 and each.startswith(SALE))
        every = [UNTAXED, TAX_LINE, *sales]
        return [every[0], every[-1]] if currency else every

    def plan(self, made: JournalEntry, document: Document, settles: tuple[OpenDocument, ...]) -> tuple[Voucher, ...]:
        codes = {treatment: code.ledger_id for code in self.facts.tax_codes for treatment in code.serves}
        request = PlanRequest(
            entry=made,
            accounts={
                number: self.account(number, document.mapped)
                for number in ("2220", *(each.account for each in made.postings))
            },
            facts=self.facts,
            prefix="WLK",
            dated_on=made.booked_on,
            after=tuple(each.voucher_id for each in settles),
            tax_codes=codes,
            customer=self.facts.own_customer,
            settles=settles,
        )
        if off_currency(request.accounts, made.currency, self.facts):
            raise HoldError(made.narration, "an account is of another currency", "Map one", code="account.currency")
        vouchers = self.sink.plan(request)
        assert vouchers == self.sink.plan(request)
        return vouchers

    def held(self, document: Document, treatment: str, currency: str, *, has_items: bool) -> str:
        """The code with which it is held; empty where it was sent."""
        try:
            self.walk(document, treatment, currency, has_items=has_items)
        except HoldError as cause:
            return cause.code
        return ""

    def walk(self, document: Document, treatment: str, currency: str, *, has_items: bool) -> None:
        """A document's story, planned and sent. Raises: HoldError where an entry of it cannot be planned."""
        refs: dict[str, str] = {}
        first: list[str] = []
        for place, one in enumerate(document.story(Lines(treatment))):
            group = f"{document.name} {treatment} {currency} {has_items} {place}"
            made = entry(one, group, currency or self.company.currency)
            made = self.with_items(made) if has_items else made
            settles = tuple(OpenDocument(first[earlier], amount) for earlier, amount in one.settles)
            for voucher in self.plan(made, document, settles):
                echo = self.sink.send(voucher, f"{voucher.key}-0", refs)
                refs[voucher.voucher_id] = echo.ref
                assert echo.lines_hash == lines_hash(voucher.as_kept), (document.name, treatment, currency)
                assert (echo.type, echo.currency, echo.is_voided) == (voucher.type, made.currency, False)
                assert "marks" not in [field for field, _, _ in differences(voucher, echo)], (document.name, treatment)
                self.sent[voucher.type] += 1
                self.sold[voucher.type] += any(line.item for line in voucher.lines)
            first.append(voucher_id(made.entry_id, 1))


def entry(one: Step, group: str, currency: str) -> JournalEntry:
    return JournalEntry(
        slot=Slot("rte_walk", one.mode, group, one.purpose.value),
        number=1,
        document_id="doc_walk",
        revision=1,
        booked_on=DAY,
        currency=currency,
        narration=f"Walk {group}",
        postings=tuple(msgspec.structs.replace(each, number=n) for n, each in enumerate(one.postings, start=1)),
        rule_version=1,
        content_hash="0",
        plugin_version="0",
        purpose=one.purpose,
    )


@contextmanager
def quickbooks(company: Company) -> Iterator[Books]:
    with QuickBooksSandbox() as sandbox:
        sandbox.add_company(REALM, home_currency=company.currency, country=company.country)
        app = QuickBooksSettings(
            client_id=sandbox.client_id, client_secret=SecretStr(sandbox.client_secret), base_url=sandbox.base_url
        )
        sink = QuickBooksSink(
            QuickBooksContext(
                app, sandbox.issue_tokens(REALM)[0], settings=QuickBooksConnection(customer="Sales channels")
            )
        )
        yield Books(company, sink, lambda number: sandbox.account_id(REALM, number))


@contextmanager
def xero(company: Company) -> Iterator[Books]:
    with XeroSandbox() as sandbox:
        used = {"base_currency": company.currency, "currencies": ["EUR", "KWD"]}
        sandbox.add_organisation(TENANT, country=company.country, **used)
        app = XeroSettings(
            client_id=sandbox.client_id, client_secret=SecretStr(sandbox.client_secret), base_url=sandbox.base_url
        )
        sandbox.tamper(TENANT).add_item(ITEM)
        sink = XeroSink(XeroContext(app, sandbox.issue_tokens(TENANT)[0], items=(ITEM,)))
        facts = sink.facts()
        yield Books(company, sink, lambda number: account_of(facts, number))


LEDGERS = {"quickbooks": (quickbooks, OF_QUICKBOOKS), "xero": (xero, OF_XERO)}


def account_of(facts: LedgerFacts, number: str) -> str:
    found = facts.account(number)
    assert found is not None, number
    return found.ledger_id


@pytest.mark.parametrize("company", COMPANIES, ids=lambda one: f"{one.ledger} {one.country}")
def test_every_body_that_can_be_planned_is_valid_and_taken_and_echoed_as_it_was_planned(company: Company) -> None:
    """F17, F18, F29: whatever is not sent is held with a code that is expected of it."""
    opened_books, declared = LEDGERS[company.ledger]
    walked, held = 0, Counter[str]()
    with opened_books(company) as books:
        ways = [(currency, treatment) for currency in CURRENCIES for treatment in books.treatments(currency)]
        for document, (currency, treatment), has_items in product(DOCUMENTS, ways, (False, True)):
            code = books.held(document, treatment, currency, has_items=has_items)
            expected = FOREIGN[company.ledger] if currency else set()
            is_itemless = has_items and company.ledger == "quickbooks" and document.purpose in ITEMLESS
            if is_itemless and not (currency and code in expected):
                assert code == "quickbooks.not_carried", (document.name, treatment, currency, code)
                continue
            assert not code or code in expected, (document.name, treatment, currency, code)
            walked += not code
            held[currency] += bool(code)

        assert set(books.sold) >= WITH_ITEMS[company.ledger]
        assert set(books.sent) == set(declared.types)
        assert walked >= len(books.treatments("")) * len(DOCUMENTS)
        assert all(held[currency] for currency in CURRENCIES[1:] if company.ledger == "quickbooks" or currency == "JPY")
