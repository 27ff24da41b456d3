"""What a channel tells, short enough to write by hand in a story, and the entries that come of it as Beancount text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, datetime, timedelta

import msgspec

from bridge.books import Books, activate
from bridge.desk.beancount import entry_text
from bridge.model.connections import Connection, Route, Side
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import Document, DocumentKind, DocumentState, Identity, Witness
from bridge.model.entries import JournalEntry, Mode, Purpose
from bridge.model.line_tax import taxed_at
from bridge.model.lines import CHARGED_IN, GATEWAY, TENDER, Line, Part
from bridge.model.money import minor_from_text
from bridge.plugin import SourceCapabilities, SourceOffer, Tender, TenderClass
from bridge.store.api import KeptDocument, Store
from tests.books.builders import at
from tests.charts import CHART, SHOPIFY_CLEARING
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.fakes.ledger import FakeLedger, fake_sink_offer

SHOPIFY = SourceCapabilities(
    modes=(Mode.DAY, Mode.ORDER, Mode.PAYOUT),
    files=(),
    accounts=(SHOPIFY_CLEARING,),
    clearing="1210",
    bank="1000",
    prefix="SHO",
    tenders=(
        Tender("shopify_payments", "1210", TenderClass.MARKETPLACE_PAYOUT),
        Tender("paypal", "1230", TenderClass.WALLET),
        Tender("gift_card", "2200", TenderClass.LIABILITY),
        Tender("*", "1250", TenderClass.MANUAL),
    ),
    payable=("shopify_payments",),
)
WOOCOMMERCE = SourceCapabilities(
    modes=(Mode.ORDER, Mode.DAY),
    files=(),
    clearing="1220",
    bank="1000",
    prefix="WOO",
    tenders=(Tender("stripe", "1220", TenderClass.PAYS_OUT), Tender("*", "1250", TenderClass.MANUAL)),
)
CHANNELS = {"shopify": SHOPIFY, "woocommerce": WOOCOMMERCE}
SOURCE, LEDGER, ROUTE = "shop", "books", "shop to books"
PARTS = {
    DocumentKind.ORDER: Part.SALE,
    DocumentKind.REFUND: Part.REFUND,
    DocumentKind.FEE: Part.FEE,
    DocumentKind.ADJUSTMENT: Part.ADJUSTMENT,
    DocumentKind.PAYOUT: Part.PAYOUT,
}

TITLES = {"shopify": "Shopify", "woocommerce": "WooCommerce", "amazon": "Amazon"}


class ToldShop:
    """One channel, one route, one ledger in memory."""

    def __init__(self, store: Store, clock: FakeClock, channel: str, currency: str, route: dict[str, object]) -> None:
        self._store, self._clock, self._channel, self._currency = store, clock, channel, currency
        capabilities = CHANNELS[channel]
        facts: dict[str, object] = {
            "time_zone": "America/New_York",
            "first_day": date(2026, 1, 1),
            "mode": capabilities.modes[0],
            "clearing": capabilities.clearing,
            "bank": capabilities.bank,
        }
        self._route = Route(ROUTE, SOURCE, LEDGER, **{**facts, **route})  # type: ignore[arg-type]
        self._connection = Connection(SOURCE, channel, Side.SOURCE, "shop.example")
        self._ledger = FakeLedger(clock, home_currency=currency)
        self._desk = FakeDesk(
            clock,
            source_offers={
                SOURCE: SourceOffer(
                    name=channel,
                    title=TITLES[channel],
                    version="1.0",
                    capabilities=capabilities,
                    build=_never,  # type: ignore[arg-type]
                )
            },
            sinks={LEDGER: self._ledger},
            sink_offers={LEDGER: fake_sink_offer(self._ledger)},
        )
        self._revisions: dict[str, int] = {}
        self._shown: set[str] = set()
        with store.unit("test") as uow:
            uow.connections.put(self._connection)
            uow.connections.put(Connection(LEDGER, "fake", Side.SINK, "company"))
            uow.routes.put(self._route)
        activate(store, ROUTE, (), date(2000, 1, 1), "ann", "as agreed", clock)

    # What happens

    def order(self, external_id: str, when: str, rows: str, *, currency: str = "") -> None:
        """A paid order, or another content of one that is known. currency: where it is not the shop's own."""
        self._receive(DocumentKind.ORDER, external_id, external_id, when, rows, currency)

    def refund(self, external_id: str, order_id: str, when: str, rows: str) -> None:
        self._receive(DocumentKind.REFUND, external_id, order_id, when, rows)

    def fee(self, external_id: str, order_id: str, when: str, rows: str) -> None:
        self._receive(DocumentKind.FEE, external_id, order_id, when, rows)

    def adjustment(self, external_id: str, order_id: str, when: str, rows: str) -> None:
        self._receive(DocumentKind.ADJUSTMENT, external_id, order_id, when, rows)

    def payout(self, external_id: str, when: str, rows: str) -> None:
        self._receive(DocumentKind.PAYOUT, external_id, "", when, rows)

    def news(self) -> str:
        """Book, and read what is new since the last time."""
        run = Books(self._store, self._desk, self._clock).run(ROUTE, actor="cli")
        held = [(each.external_id, each.reason, each.message) for each in run.documents if each.reason]
        assert not held, held
        found = [entry for entry in self._entries() if entry.entry_id not in self._shown]
        self._shown |= {entry.entry_id for entry in found}
        return "\n".join(entry_text(entry, CHART) for entry in found)

    def deliver(self) -> None:
        """Everything that is owed reaches the ledger."""
        with self._store.unit("delivery") as uow:
            for delivery in list(uow.deliveries.with_state(LEDGER, DeliveryState.OWED)):
                assert delivery.voucher is not None
                copy = self._ledger.send(delivery.voucher, delivery.header_key)
                sending = msgspec.structs.replace(delivery, state=DeliveryState.SENDING, attempts=1)
                done = msgspec.structs.replace(sending, state=DeliveryState.DELIVERED, ref=copy.ref)
                uow.deliveries.move(delivery, sending)
                uow.deliveries.move(sending, done)
                uow.deliveries.put_baseline(delivery.voucher_id, delivery.entry_id, LEDGER, copy)

    def _entries(self) -> list[JournalEntry]:
        """Every live entry, as it happened: by day, money on its way to the bank last."""
        with self._store.reading() as uow:
            found = [kept.entry for kept in uow.entries.of_route(self._route.route_id)]
        return sorted(
            found, key=lambda one: (one.booked_on, one.is_bank_leg, one.purpose is Purpose.JOURNAL, one.number)
        )

    def _receive(
        self, kind: DocumentKind, external_id: str, order_id: str, when: str, rows: str, currency: str = ""
    ) -> None:
        moment, currency = at(when), currency or self._currency
        lines = tuple(_lines(rows, kind, order_id, moment, currency))
        identity = Identity(self._channel, self._connection.account, kind, external_id)
        revision = self._revisions[identity.document_id] = self._revisions.get(identity.document_id, 0) + 1
        total = sum(line.amount_minor for line in lines if not line.part.is_money)
        digest = hashlib.sha256(repr((identity, revision, lines)).encode()).hexdigest()
        is_payout = kind is DocumentKind.PAYOUT
        document = Document(
            identity=identity,
            revision=revision,
            currency=currency,
            total_minor=total,
            opened_at=moment,
            closed_at=moment,
            pays_at=moment + timedelta(days=1) if is_payout else None,
            line_count=len(lines),
            content_hash=digest,
            vault_hash=digest,
            witness=Witness.API,
            plugin=self._channel,
            plugin_version="1.0",
            title=f"#{external_id}" if kind is DocumentKind.ORDER else "",
            paid_at=None if is_payout else moment,
            agreed_at=None if is_payout else moment,
            as_of=moment + timedelta(hours=revision),
            order_id=order_id,
            status="paid" if is_payout else "",
        )
        kept = KeptDocument(document, self._connection.connection_id, total, DocumentState.NEW, moment)
        with self._store.unit("test") as uow:
            uow.documents.add_many([(kept, lines)])


def _lines(rows: str, kind: DocumentKind, order_id: str, moment: datetime, currency: str) -> Iterator[Line]:
    """A line a row; a row may begin with a day of its own.

    Shape: ``KIND AMOUNT``, ``KIND AMOUNT RATE``, ``tax.collected AMOUNT RATE of KIND``, ``paid|change|repaid GATEWAY
    AMOUNT``, with the currency that the buyer paid in where it is another, ``settles AMOUNT GATEWAY ORDER``.
    """
    for number, row in enumerate(rows.strip().splitlines(), start=1):
        first, *words = row.split()
        if first[0].isdigit():
            moment, (first, *words) = at(f"{first} 16:00"), words
        key = f"{number:02d} {first}"
        if first in {"paid", "change", "repaid"}:
            gateway, amount, *charged_in = words
            yield Line(
                key=key,
                kind=TENDER,
                part=Part.REPAYMENT if first == "repaid" else Part.RECEIPT,
                amount_minor=minor_from_text(amount, currency) * (-1 if first == "paid" else 1),
                occurred_at=moment,
                order_id=order_id,
                attributes=((GATEWAY, gateway), *((CHARGED_IN, each) for each in charged_in)),
                reference=f"{gateway}:{order_id}",
            )
            continue
        amount, *more = words
        is_match = first == "settles"
        yield Line(
            key=key,
            kind=first,
            part=Part.FEE if kind is DocumentKind.PAYOUT and first.startswith("fee") else PARTS[kind],
            amount_minor=minor_from_text(amount, currency),
            occurred_at=moment,
            order_id=order_id,
            reference=":".join(more) if is_match else "",
            tax=taxed_at(more[0] if more and not is_match else "", base=more[2] if len(more) > 2 else ""),
        )


def _never(_: object) -> object:
    raise AssertionError("books never asks for the source itself")
