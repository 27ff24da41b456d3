"""Entries to plan, facts to plan by, and what the host lends a sink."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
import requests

from bridge.errors import HoldError
from bridge.model.chart import recommended_chart
from bridge.model.contacts import NOBODY, Contacts
from bridge.model.entries import Half, JournalEntry, Mode, Posting, Purpose, Slot
from bridge.model.facts import LedgerAccount, LedgerContact, LedgerFacts, LedgerTaxCode
from bridge.model.lines import TENDER
from bridge.model.vouchers import AccountRef, Voucher
from bridge.plugin import OpenDocument, PlanRequest
from bridge.transport import HostSession
from bridge_xero.accounts import account_types, class_of, takes_journals
from bridge_xero.plan import plan
from bridge_xero.settings import XeroConnection, XeroSettings, hosts

TENANT = "70784a63-d24b-46a9-a4db-0e70a274b056"
CONTACT = "c0ffee00-0000-4000-8000-000000000001"
TOTAL = "settlement.total"
_SYSTEM = {"1100": "DEBTORS", "2000": "CREDITORS", "3900": "RETAINEDEARNINGS"}
CODES = {
    "sale:20": "OUTPUT2",
    "sale:0": "ZERORATEDOUTPUT",
    "purchase:20": "INPUT2",
    "purchase:exempt": "EXEMPTINPUT",
    "none": "NONE",
}
RATES = {"OUTPUT2": "20", "ZERORATEDOUTPUT": "0", "INPUT2": "20", "EXEMPTINPUT": "0", "NONE": "0"}


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

    app: XeroSettings
    token: str = "token"
    clock: PatientClock = field(default_factory=PatientClock)
    connection: str = "books"
    account: str = TENANT
    settings: XeroConnection = field(default_factory=lambda: XeroConnection(contact="Sales channels"))
    contacts: Contacts = NOBODY
    items: tuple[str, ...] = ()

    def spend(self, what: str, many: int = 1, *, longest_wait_seconds: int = 0) -> None:
        raise AssertionError(f"no limit of {what} is declared")

    def session(self, *, bears_token: bool = True) -> requests.Session:
        return HostSession(hosts(self.app), self.clock, lambda: self.token, read_seconds=5)


NAMES = {number: one.name for number, one in recommended_chart().items()}


def account_id(number: str) -> str:
    return f"00000000-0000-4000-8000-{int(number):012d}"


def account(number: str, **changed: object) -> LedgerAccount:
    known = account_types().get(number) or account_types()["clearing"]
    word = _SYSTEM.get(number) or known.word or "CURRENT"
    made = LedgerAccount(
        ledger_id=account_id(number),
        number=number,
        name=NAMES.get(number, f"Account {number}"),
        type=word,
        currency="GBP",
        account_class=class_of({"Type": word}),
        takes_journals=takes_journals({"Type": word}),
        takes_payments=known.payments,
    )
    return msgspec.structs.replace(made, **changed)


def facts(*changed: LedgerAccount, currencies: tuple[str, ...] = ("EUR", "KWD"), country: str = "GB") -> LedgerFacts:
    """A British organisation with the recommended chart; ``changed`` stand in for accounts of the same id."""
    accounts = {account_id(number): account(number) for number in ("1200", "1210", *NAMES)}
    accounts |= {one.ledger_id: one for one in changed}
    serves = {code: (treatment,) for treatment, code in CODES.items()}
    codes = [LedgerTaxCode(code, code, rate, serves[code]) for code, rate in RATES.items()]
    if country == "AU":
        codes = [LedgerTaxCode("BASEXCLUDED", "BAS Excluded", "0", ("none",))]
    return LedgerFacts(
        connection="books",
        taken_at=datetime(2026, 7, 1, tzinfo=UTC),
        company="Shop Ltd",
        home_currency="GBP",
        accounts=tuple(accounts.values()),
        is_multicurrency=bool(currencies),
        tax_codes=tuple(codes),
        contacts=(LedgerContact(CONTACT, "Sales channels"), LedgerContact("c0ffee02", "Amazon EU")),
        currencies=currencies,
        receivable_id=account_id("1100"),
    )


def leg(number: str, minor: int, kind: str = "", half: Half = Half.NONE, **more: object) -> Posting:
    """A posting; its number is given by the entry."""
    made = Posting(0, number, minor, kind or TENDER, "default", line_count=0 if kind == TOTAL else 6, half=half)
    return msgspec.structs.replace(made, **more)


def sale(number: str, minor: int, kind: str = TENDER, **more: object) -> Posting:
    return leg(number, minor, kind, Half.SALE, **more)


def refund(number: str, minor: int, kind: str = TENDER, **more: object) -> Posting:
    return leg(number, minor, kind, Half.REFUND, **more)


def entry(
    *postings: Posting,
    purpose: Purpose = Purpose.SETTLEMENT,
    currency: str = "GBP",
    narration: str = "Amazon.co.uk settlement 1",
    group: str = "settlement 1",
    on: date = date(2026, 6, 30),
) -> JournalEntry:
    return JournalEntry(
        slot=Slot("rte_shop", Mode.PAYOUT, group, "bank" if purpose is Purpose.BANK else f"{on:%Y-%m}"),
        number=1,
        document_id="doc_settlement",
        revision=1,
        booked_on=on,
        currency=currency,
        narration=narration,
        postings=tuple(msgspec.structs.replace(one, number=place) for place, one in enumerate(postings, start=1)),
        rule_version=1,
        content_hash="0",
        plugin_version="0",
        purpose=purpose,
    )


def planned(
    made: JournalEntry,
    by: LedgerFacts | None = None,
    *,
    prefix: str = "AMZ",
    dated_on: date | None = None,
    contact: str = "Sales channels",
    settles: tuple[OpenDocument, ...] = (),
) -> tuple[Voucher, ...]:
    refs = {posting.account: AccountRef(account_id(posting.account), posting.account, "") for posting in made.postings}
    request = PlanRequest(
        entry=made,
        accounts=refs,
        facts=by or facts(),
        prefix=prefix,
        dated_on=dated_on or made.booked_on,
        after=("vch_before",),
        tax_codes=CODES,
        names=NAMES,
        customer=contact,
        settles=settles,
    )
    return plan(request)


def book(vouchers: Iterable[Voucher]) -> str:
    """Vouchers as a bookkeeper reads them: type, then account and amount a line; what Xero posts itself in brackets."""
    lines = []
    for voucher in vouchers:
        lines.append(voucher.type)
        for line in voucher.lines:
            shown = f"[{line.account.number or 'AR'}]" if line.is_implied else line.account.number
            tax = f"  {line.tax_code} {line.tax_minor / 100:.2f}" if line.tax_code else ""
            lines.append(f"    {shown:<7}{line.amount_minor / 100:>9.2f}{tax}")
    return "\n".join(lines)


def held(made: JournalEntry, by: LedgerFacts | None = None) -> HoldError:
    """The error that keeps an entry back."""
    with pytest.raises(HoldError) as caught:
        planned(made, by)
    return caught.value


def sums(vouchers: Iterable[Voucher]) -> dict[str, int]:
    """What each account gets over all vouchers."""
    counted = Counter[str]()
    for voucher in vouchers:
        for line in voucher.lines:
            counted[line.account.ledger_id] += line.amount_minor
    return {key: minor for key, minor in counted.items() if minor}
