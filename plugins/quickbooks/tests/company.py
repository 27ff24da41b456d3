"""A company in the sandbox, and our sink connected to it over real HTTP on loopback."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import cast

import requests

from bridge.model.entries import JournalEntry, Mode, Posting, Purpose, Slot
from bridge.model.facts import LedgerFacts
from bridge.model.vouchers import AccountRef, Voucher
from bridge.plugin import AppSettings, ConnectionSettings
from bridge.transport import HostSession
from bridge_quickbooks.sandbox import QuickBooksSandbox, Tamper
from bridge_quickbooks.settings import QuickBooksSettings, hosts
from bridge_quickbooks.sink import QuickBooksSink

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

    app: AppSettings
    token: str
    clock: PatientClock = field(default_factory=PatientClock)
    connection: str = "books"
    account: str = REALM
    settings: ConnectionSettings = field(default_factory=ConnectionSettings)

    def session(self) -> requests.Session:
        app = cast("QuickBooksSettings", self.app)
        return HostSession(hosts(app), self.clock, lambda: self.token, read_seconds=5)


@dataclass
class Books:
    """One company, seen from our side (``sink``), from its own (``sandbox``), and from a person's (``person``)."""

    sandbox: QuickBooksSandbox
    context: SinkContext
    sink: QuickBooksSink

    @property
    def person(self) -> Tamper:
        return self.sandbox.tamper(REALM)

    def set(self, **settings: object) -> None:
        self.sandbox.set(REALM, **settings)

    def account(self, number: str) -> AccountRef:
        return AccountRef(self.sandbox.account_id(REALM, number), number, number)

    def plan(self, entry: JournalEntry) -> Voucher:
        accounts = {posting.account: self.account(posting.account) for posting in entry.postings}
        facts = LedgerFacts("books", self.context.clock.now(), "Sandbox Company", entry.currency, ())
        (voucher,) = self.sink.plan(entry, accounts, facts, prefix="AMZ", dated_on=entry.booked_on, after=())
        return voucher

    def journals(self) -> int:
        return len(self.sandbox.entities(REALM, "JournalEntry"))

    def calls(self, label: str) -> int:
        return self.sandbox.requests.count(label=label)


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


def payout_entry(group: str = "settlement 1", amount: int = 8445) -> JournalEntry:
    """The bank leg of a settlement."""
    return entry(
        ("1000", amount, "bank"), ("1200", -amount, "bank"), group=group, on=date(2026, 7, 8), purpose=Purpose.BANK
    )
