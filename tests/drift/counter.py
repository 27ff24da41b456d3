"""A shop whose orders, refunds and payouts are booked and delivered, and a ledger in which others may do things."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from datetime import date
from typing import Any

import msgspec

from bridge import ids
from bridge.books import BookRun, Books, activate
from bridge.delivery import Deliverer, Witness, Word
from bridge.drift import Drift, Report, Statement
from bridge.drift.explaining import Clearing
from bridge.model.connections import Connection, Side
from bridge.model.entries import Purpose
from bridge.model.facts import LedgerFacts, LedgerTaxCode
from bridge.model.findings import InstructionKind
from bridge.model.lines import TENDER, Line, Part
from bridge.model.money import decimal_text
from bridge.model.vouchers import AccountRef, Voucher, VoucherLine, voucher_id
from bridge.plugin import PlanRequest
from bridge.store.api import Store
from tests.books.shop import CAPABILITIES, CHANNEL, LEDGER, Fact, Shop, at
from tests.books.shop import payout as paid_out
from tests.drift.firm import Hands, adds_up
from tests.drift.reading import read_whole
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.fakes.heads import new_head_file

INVOICE, CREDIT_NOTE, PAYMENT = "Invoice", "CreditNote", "Payment"
VAT = (
    LedgerTaxCode("OUT20", "20% on sales", "20", ("sale:20",)),
    LedgerTaxCode("OUT0", "Zero rated", "0", ("sale:0",)),
    LedgerTaxCode("OUT5", "5% on sales", "5", ("sale:5",)),
    LedgerTaxCode("NONE", "No tax", "", ("none",)),
)


class InvoicingHands(Hands):
    """A ledger of invoices and credit notes, each with a payment a tender, as Xero has them.

    has_invoices: otherwise it takes one journal an entry, as the plain one. takes_currencies: besides its own.
    """

    has_invoices = True
    takes_currencies: tuple[str, ...] = ()

    def facts(self) -> LedgerFacts:
        return msgspec.structs.replace(super().facts(), receivable_id=self.account_id("1100"))

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        entry, facts = request.entry, request.facts
        if entry.currency in self.takes_currencies:
            facts = msgspec.structs.replace(facts, home_currency=entry.currency)
        (whole,) = super().plan(msgspec.structs.replace(request, facts=facts))
        receivable = AccountRef(facts.receivable_id, "", "Receivable")
        if not self.has_invoices:
            return (whole,)
        if entry.purpose is Purpose.SETTLEMENT:
            return (msgspec.structs.replace(whole, type=INVOICE),)
        if entry.purpose in (Purpose.BANK, Purpose.JOURNAL):
            return (whole,)
        moved = [posting for posting in entry.postings if posting.amount_minor]
        pieces: list[tuple[str, tuple[VoucherLine, ...]]] = []
        for half in ("sale", "refund"):
            drawn = [(posting, line) for posting, line in zip(moved, whole.lines, strict=True) if posting.half == half]
            paying = [line for posting, line in drawn if posting.kind == TENDER]
            lines = tuple(line for posting, line in drawn if posting.kind != TENDER)
            total = -sum(line.amount_minor for line in lines)
            owed = VoucherLine(account=receivable, amount_minor=total, is_implied=True)
            if drawn:
                pieces.append((INVOICE if half == "sale" else CREDIT_NOTE, (*lines, owed) if total else lines))
            pieces += [
                (PAYMENT, (line, VoucherLine(account=receivable, amount_minor=-line.amount_minor, is_implied=True)))
                for line in paying
            ]
        return tuple(
            msgspec.structs.replace(
                whole,
                voucher_id=voucher_id(entry.entry_id, place),
                type=kind,
                number="" if kind == PAYMENT else f"{whole.number[:18]}-{place}",
                key=ids.derive("brk", entry.intent_id, place),
                lines=lines,
            )
            for place, (kind, lines) in enumerate(pieces, start=1)
        )

    def edit_tax(self, ref: str, code: str, tax_minor: int) -> None:
        """Give the first taxed line another code and tax; its amount stays."""
        lines = list(self.object(ref).lines)
        place = next(number for number, line in enumerate(lines) if line.tax_code)
        lines[place] = msgspec.structs.replace(lines[place], tax_code=code, tax_minor=tax_minor)
        self._edit(ref, lines=tuple(lines))

    def leave_open(self, ref: str, minor: int) -> None:
        """Say what of an open document nobody has paid."""
        self._edit(ref, open_minor=minor)

    def sign(self, ref: str, person: str) -> None:
        """Say who changed an object last."""
        self._edit(ref, changed_by=person)

    def pay_out(self, on: str, account: str, minor: int, **facts: Any) -> str:
        """A person codes a line of the bank to an account."""
        return self.add_foreign(
            date.fromisoformat(on), [("1000", minor), (account, -minor)], **{"type": "Deposit", **facts}
        )


class Counter(Shop):
    """What a test does with a shop's books and its ledger, and what the check says."""

    ledger: InvoicingHands

    def __init__(self, store: Store, clock: FakeClock, ledger: InvoicingHands, **route: Any) -> None:
        ledger.tax_codes = VAT
        super().__init__(store, clock, ledger, **route)
        self._head_file = new_head_file()

    def sister(self) -> Counter:
        """Another shop whose route feeds the same ledger, through the same accounts."""
        other = copy(self)
        other.connection = Connection("shop-eu", "shop", Side.SOURCE, "other.example")
        other.route = msgspec.structs.replace(self.route, name="sister", source="shop-eu")
        offer = self.desk.source_offer(CHANNEL)
        self.desk = other.desk = FakeDesk(
            self.clock,
            source_offers={CHANNEL: offer, "shop-eu": offer},
            sinks={LEDGER: self.ledger},
            sink_offers={LEDGER: self.desk.sink_offer(LEDGER)},
        )
        with self.store.unit("test") as unit:
            unit.connections.put(other.connection)
            unit.routes.put(other.route)
        activate(self.store, "sister", (), date(2000, 1, 1), "ann", "as agreed", self.clock)
        return other

    def pay_nothing_out(self, clearing: str) -> None:
        """Let its channel have no payouts of its own, and its route this clearing account."""
        self.route = msgspec.structs.replace(self.route, clearing=clearing)
        with self.store.unit("test") as unit:
            unit.routes.put(self.route)
        offer = self.desk.source_offer(CHANNEL)
        capabilities = msgspec.structs.replace(offer.capabilities, payable=())
        self.desk = FakeDesk(
            self.clock,
            source_offers={CHANNEL: msgspec.structs.replace(offer, capabilities=capabilities)},
            sinks={LEDGER: self.ledger},
            sink_offers={LEDGER: self.desk.sink_offer(LEDGER)},
        )

    def run(self, store: Store | None = None) -> BookRun:
        return Books(store or self.store, self.desk, self.clock).run(self.route.name, actor="cli")

    def _process(self) -> Deliverer:
        return Deliverer(self.store, self.desk, self.clock, "process", Witness(self.store, self.clock, self._head_file))

    def deliver(self) -> None:
        self._process().drain(LEDGER, actor="cli")

    def undo(self, name: str) -> None:
        """A person takes a voucher out of the ledger, by its id."""
        self._process().undo(LEDGER, [name], Word("ann", "wrong"), actor="cli")

    def bring_in(self, *facts: Fact) -> None:
        """Receive, book and deliver."""
        self.receive(*facts)
        self.run()
        self.deliver()

    def check_ledger(self, progress: Callable[[int], None] = lambda _count: None) -> Report:
        """Press drift."""
        streams = [stream.name for stream in CAPABILITIES.streams]
        with read_whole(self.store, (self.route.source,), streams, self.clock.now()):
            return Drift(self.store, self.desk, self.clock).check(self.route.name, actor="cli", progress=progress)

    def read_statement(self, number: str, minor: int, on: str = "2026-06-30") -> None:
        """A person reads what the statement of a wallet shows."""
        statement = Statement(date.fromisoformat(on), minor, "USD", "ann")
        Drift(self.store, self.desk, self.clock).state_balance(self.route.name, number, statement)

    def accept(self, report: Report, code: str) -> None:
        """A person accepts what is open of this code."""
        for kept in report.open_findings:
            if kept.finding.code == f"drift.{code}":
                books = Books(self.store, self.desk, self.clock)
                books.decide(InstructionKind.ACCEPT, kept.finding.finding_id, by="ann", reason="seen")

    def refs(self, name: str, kind: str = "") -> list[str]:
        """The ledger's ids of an entry's vouchers, by how the entry is called; of one type when given."""
        with self.store.reading() as unit:
            (entry,) = [each for each in self.entries() if each.narration == name]
            deliveries = unit.deliveries.of_entry(entry.entry_id)
        return [
            each.ref for each in deliveries if each.ref and (not kind or (each.voucher and each.voucher.type == kind))
        ]

    def ref(self, name: str, kind: str = "") -> str:
        """The ledger's id of the entry's first voucher, of one type when given."""
        return self.refs(name, kind)[0]


MakeCounter = Callable[..., Counter]


def row(order: str, minor: int, when: str, fee: int = 0, gateway: str = "card") -> list[Line]:
    """The rows of a payout for one payment of an order."""
    rows = [
        Line(
            key=f"b{order}",
            kind="settles",
            part=Part.PAYOUT,
            amount_minor=minor,
            occurred_at=at(when),
            reference=f"{gateway}:{order}/{gateway}",
        )
    ]
    return rows + (
        [Line(key=f"b{order}:fee", kind="fee.payment", part=Part.FEE, amount_minor=-fee, occurred_at=at(when))]
        if fee
        else []
    )


def payout(name: str, when: str, *rows: list[Line], status: str = "paid") -> Fact:
    return paid_out(name, when, [line for some in rows for line in some], status)


def account(report: Report, number: str) -> Clearing:
    """What the report says of one clearing account."""
    return next(one for one in report.clearings if one.account.startswith(number))


def items(report: Report, number: str) -> list[tuple[str, str]]:
    """What stands in an account: what, and how much."""
    one = account(report, number)
    return [(item.what, decimal_text(item.amount_minor, one.currency)) for item in one.items]


def are_explained(report: Report) -> bool:
    """Whether opening + in - out = closing = all items = balance, on every account of the balance sheet."""
    every = (*report.clearings, *report.rolled, *(one.account for one in report.shared))
    return all(adds_up(one) for one in every)


def ties(report: Report) -> list[tuple[str, str, int, int, int]]:
    """Every tie: its kind, what or when, and the three sums."""
    return [
        (
            str(tie.kind),
            f"{tie.closed_on} {tie.title}" if tie.kind == "day" else tie.title,
            tie.channel_minor,
            tie.booked_minor,
            tie.ledger_minor,
        )
        for tie in report.ties
    ]
