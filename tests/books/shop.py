"""A shop's books for tests: orders, refunds, fees and payouts received as ingest saves them, and what is booked."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec

from bridge.books import BookRun, Books, activate
from bridge.desk import Views
from bridge.model.channel import Window, WindowState
from bridge.model.connections import Connection, Route, Side
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import Document, DocumentKind, DocumentState, Identity, Witness
from bridge.model.entries import JournalEntry, Mode
from bridge.model.findings import Finding, FindingState
from bridge.model.lines import CHARGED_IN, GATEWAY, TENDER, Line, Part
from bridge.model.money import decimal_text
from bridge.model.rules import Rule
from bridge.plugin import SourceCapabilities, SourceOffer, Stream, Tender, TenderClass, WindowOf
from bridge.store.api import KeptDocument, Store
from tests.charts import SHOPIFY_CLEARING
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.fakes.ledger import FakeLedger, fake_sink_offer

CHANNEL, LEDGER, ROUTE = "shop-us", "books", "shop"
MakeShop = Callable[..., "Shop"]
ORDER, REFUND = DocumentKind.ORDER, DocumentKind.REFUND
TENDERS = (
    Tender("card", "1210", TenderClass.MARKETPLACE_PAYOUT),
    Tender("paypal", "1230", TenderClass.WALLET),
    Tender("gift_card", "2200", TenderClass.LIABILITY),
    Tender("cash", "1250", TenderClass.MANUAL),
    Tender("*", "1240", TenderClass.PAYS_OUT),
)
CAPABILITIES = SourceCapabilities(
    modes=(Mode.DAY, Mode.ORDER, Mode.PAYOUT),
    files=(),
    accounts=(SHOPIFY_CLEARING,),
    clearing="1210",
    bank="1000",
    prefix="SHP",
    tenders=TENDERS,
    payable=("card",),
    streams=(
        Stream(name="orders", title="orders", owners=("order",), window=WindowOf.CHANGED, brings=(ORDER, REFUND)),
        Stream(name="payouts", title="payouts", owners=("payout",), window=WindowOf.LISTED, grants=("read_payouts",)),
        Stream(
            name="disputes",
            title="disputes",
            owners=("dispute",),
            window=WindowOf.CREATED,
            brings=(DocumentKind.ADJUSTMENT,),
        ),
    ),
)


def at(text: str) -> datetime:
    """An instant in UTC, from ``2026-09-03 12:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Fact(msgspec.Struct, frozen=True):
    """A document as a channel reports it."""

    kind: DocumentKind
    external_id: str
    lines: tuple[Line, ...]
    at: datetime
    paid_at: datetime | None
    order_id: str = ""
    status: str = ""
    currency: str = "USD"
    agreed_at: datetime | None = None

    @property
    def total_minor(self) -> int:
        """What the channel says it comes to."""
        return self.lines_minor

    @property
    def lines_minor(self) -> int:
        return sum(line.amount_minor for line in self.lines if not line.part.is_money)

    def with_lines(self, lines: Sequence[Line]) -> Fact:
        """The same document with other lines."""
        return msgspec.structs.replace(self, lines=tuple(lines))

    def ignored(self) -> Fact:
        """The same document, not to be booked any more."""
        return self.with_lines([msgspec.structs.replace(line, kind="ignored") for line in self.lines])


class Unbalanced(Fact, frozen=True):
    """A document whose lines miss the total that the channel states."""

    stated_minor: int = 0

    @property
    def total_minor(self) -> int:
        return self.stated_minor


def unbalanced(fact: Fact, stated_minor: int) -> Unbalanced:
    return Unbalanced(**msgspec.structs.asdict(fact), stated_minor=stated_minor)


def sale(key: str, kind: str, minor: int, when: str, part: Part = Part.SALE, **facts: Any) -> Line:
    return Line(key=key, kind=kind, part=part, amount_minor=minor, occurred_at=at(when), **facts)


def money(
    key: str,
    gateway: str,
    minor: int,
    when: str,
    part: Part = Part.RECEIPT,
    charged_in: str = "",
    order_id: str = "",
) -> Line:
    """A buyer's payment (negative) or what a buyer got back (positive); ``charged_in``: in another currency."""
    attributes = ((GATEWAY, gateway), *(((CHARGED_IN, charged_in),) if charged_in else ()))
    return Line(
        key=key,
        kind=TENDER,
        part=part,
        amount_minor=minor,
        occurred_at=at(when),
        order_id=order_id,
        attributes=attributes,
        reference=f"{gateway}:{key}",
    )


def order(
    name: str,
    when: str,
    parts: dict[str, int],
    paid: dict[str, int] | None = None,
    *,
    charged_in: str = "",
    **facts: Any,
) -> Fact:
    """An order: kinds and amounts, and what was paid by which gateway (positive); fully by card when left out."""
    total = sum(parts.values())
    paid = {"card": total} if paid is None else paid
    lines = [sale(f"{name}/{kind}", kind, minor, when, order_id=name) for kind, minor in parts.items()]
    lines += [
        money(f"{name}/{by}", by, -minor, when, charged_in=charged_in, order_id=name) for by, minor in paid.items()
    ]
    paid_at = at(when) if sum(paid.values()) >= total else None
    return Fact(DocumentKind.ORDER, name, tuple(lines), at(when), facts.pop("paid_at", paid_at), name, **facts)


def refund(
    name: str,
    of: str,
    when: str,
    parts: dict[str, int],
    back: dict[str, int] | None = None,
    *,
    charged_in: str = "",
) -> Fact:
    """A refund: kinds and (negative) amounts, and what was paid back (positive); fully by card when left out."""
    back = {"card": -sum(parts.values())} if back is None else back
    lines = [sale(f"{name}/{kind}", kind, minor, when, Part.REFUND, order_id=of) for kind, minor in parts.items()]
    lines += [money(f"{name}/{by}", by, minor, when, Part.REPAYMENT, charged_in, of) for by, minor in back.items()]
    return Fact(DocumentKind.REFUND, name, tuple(lines), at(when), at(when), of)


def payout(name: str, when: str, rows: Sequence[Line], status: str = "paid") -> Fact:
    return Fact(DocumentKind.PAYOUT, name, tuple(rows), at(when), None, status=status)


class Shop:
    """What a test says to a shop's books, and what it reads there."""

    def __init__(self, store: Store, clock: FakeClock, ledger: FakeLedger, **route: Any) -> None:
        self.store, self.clock, self.ledger = store, clock, ledger
        self.desk = self._desk(CAPABILITIES)
        facts: dict[str, Any] = {"time_zone": "UTC", "first_day": date(2026, 1, 1), "mode": Mode.DAY}
        self.route = Route(ROUTE, CHANNEL, LEDGER, clearing="1210", bank="1000", **{**facts, **route})
        self.connection = Connection(CHANNEL, "shop", Side.SOURCE, "shop.example")
        with store.unit("test") as uow:
            uow.connections.put(self.connection)
            uow.connections.put(Connection(LEDGER, "fake", Side.SINK, "company"))
            uow.routes.put(self.route)
        self.rules()

    def _desk(self, capabilities: SourceCapabilities) -> FakeDesk:
        offer = SourceOffer(name="shop", title="Shop", version="1.0", capabilities=capabilities, build=lambda _: None)  # type: ignore[arg-type, return-value]
        return FakeDesk(
            self.clock,
            source_offers={CHANNEL: offer},
            sinks={LEDGER: self.ledger},
            sink_offers={LEDGER: fake_sink_offer(self.ledger)},
        )

    def tenders(self, *tenders: Tender) -> None:
        """Let the channel declare other gateways."""
        self.desk = self._desk(msgspec.structs.replace(CAPABILITIES, tenders=tenders))

    def change_route(self, **facts: Any) -> None:
        """Set the route up differently from now on."""
        self.route = msgspec.structs.replace(self.route, **facts)
        with self.store.unit("test") as uow:
            uow.routes.put(self.route)

    def rules(self, *rules: Rule) -> None:
        activate(self.store, ROUTE, rules, date(2000, 1, 1), "ann", "as agreed", self.clock)

    def receive(self, *facts: Fact) -> None:
        """Save facts as ingest does: the next revision where the content is new."""
        for fact in facts:
            identity = Identity("shop", "shop.example", fact.kind, fact.external_id)
            with self.store.unit("test") as uow:
                latest = uow.documents.latest(identity.document_id)
                content = hashlib.sha256(msgspec.json.encode(fact)).hexdigest()
                if latest is not None and latest.document.content_hash == content:
                    continue
                document = Document(
                    identity=identity,
                    revision=latest.document.revision + 1 if latest else 1,
                    currency=fact.currency,
                    total_minor=fact.total_minor,
                    opened_at=fact.at,
                    closed_at=fact.at,
                    pays_at=fact.at if fact.kind is DocumentKind.PAYOUT else None,
                    line_count=len(fact.lines),
                    content_hash=content,
                    vault_hash=content,
                    witness=Witness.API,
                    plugin="shop",
                    plugin_version="1.0",
                    title=f"#{fact.external_id}",
                    paid_at=fact.paid_at,
                    order_id=fact.order_id,
                    status=fact.status,
                    agreed_at=fact.agreed_at,
                )
                kept = KeptDocument(
                    document, self.connection.connection_id, fact.lines_minor, DocumentState.NEW, self.clock.now()
                )
                uow.documents.add_many([(kept, fact.lines)])

    def read(self, **through: datetime) -> None:
        """Let streams of the channel be read whole up to then."""
        with self.store.unit("pull") as uow:
            for name, until in through.items():
                known = uow.windows.closed(self.connection.connection_id, name)
                if known:
                    uow.windows.save(msgspec.structs.replace(known[0], until=until))
                else:
                    first = until - timedelta(hours=1)
                    window = Window(self.connection.connection_id, name, first, until, WindowState.CLOSED)
                    uow.windows.open(window)

    def run(self, store: Store | None = None) -> BookRun:
        return Books(store or self.store, self.desk, self.clock).run(ROUTE, actor="cli")

    def book(self, *facts: Fact) -> BookRun:
        self.receive(*facts)
        return self.run()

    def deliver(self) -> None:
        """Send everything that is owed."""
        while due := self._owed():
            delivery = due[0]
            assert delivery.voucher is not None
            copy = self.ledger.send(delivery.voucher, delivery.header_key)
            sending = msgspec.structs.replace(delivery, state=DeliveryState.SENDING, attempts=delivery.attempts + 1)
            done = msgspec.structs.replace(sending, state=DeliveryState.DELIVERED, ref=copy.ref)
            with self.store.unit("delivery") as uow:
                uow.deliveries.move(delivery, sending)
                uow.deliveries.move(sending, done)
                uow.deliveries.put_baseline(delivery.voucher_id, delivery.entry_id, LEDGER, copy)

    def deliver_all(self) -> None:
        """Let every day be over, and send what is owed."""
        self.run()
        self.deliver()

    def findings(self) -> list[Finding]:
        """Every open finding."""
        with self.store.reading() as uow:
            return [kept.finding for kept in uow.findings.of_route(self.route.route_id, FindingState.OPEN)]

    def entries(self) -> list[JournalEntry]:
        """Every live entry, by day."""
        with self.store.reading() as uow:
            found = [kept.entry for kept in uow.entries.of_route(self.route.route_id)]
        return sorted(found, key=lambda entry: (entry.booked_on, entry.slot.group, entry.slot.part, entry.number))

    def text(self) -> str:
        """The books as a bookkeeper reads them."""
        return "\n".join(_text(entry) for entry in self.entries())

    def balances(self) -> dict[str, int]:
        """Account to balance, zeros left out."""
        found: dict[str, int] = {}
        for entry in self.entries():
            for posting in entry.postings:
                found[posting.account] = found.get(posting.account, 0) + posting.amount_minor
        return {account: minor for account, minor in sorted(found.items()) if minor}

    def reasons(self) -> dict[str, str]:
        """External id to (state and reason) of every document."""
        with self.store.reading() as uow:
            kept = tuple(uow.documents.of_connection(self.connection.connection_id))
        return {each.document.identity.external_id: f"{each.state} {each.reason}".strip() for each in kept}

    def check(self) -> None:
        """Promise 1: every posting is minus its lines plus what it takes back, and every booked line is booked once."""
        self.check_open()
        assert not [reason for reason in self.reasons().values() if reason == "new"]

    def check_open(self) -> None:
        """The same, while documents may still wait to be booked."""
        with self.store.reading() as uow:
            for entry in self.entries():
                for posting in entry.postings:
                    booked = sum(
                        line.amount_minor
                        for page in uow.entries.lines_of(entry.entry_id, posting.number)
                        for line in page
                    )
                    back = sum(
                        line.amount_minor
                        for page in uow.entries.taken_back_by(entry.entry_id, posting.number)
                        for line in page
                    )
                    if posting.line_count:
                        assert posting.amount_minor == back - booked, (entry.narration, posting)
                halves: dict[str, int] = {}
                for posting in entry.postings:
                    halves[posting.half] = halves.get(posting.half, 0) + posting.amount_minor
                assert not any(halves.values()), (entry.narration, halves)
            for kept in uow.documents.of_connection(self.connection.connection_id):
                if kept.state is DocumentState.BOOKED:
                    document = kept.document
                    lines = [
                        line for page in uow.documents.lines(document.document_id, document.revision) for line in page
                    ]
                    fates = uow.entries.fates_of([document.document_id]).get(document.document_id, {})
                    assert {line.key for line in lines} == set(fates), document.identity.external_id
                    assert {placed.revision for placed in fates.values()} <= {document.revision}

    def _owed(self) -> list[Delivery]:
        with self.store.reading() as uow:
            owed = uow.deliveries.with_state(LEDGER, DeliveryState.OWED)
            delivered = {
                each.voucher_id
                for each in uow.deliveries.with_state(LEDGER, DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)
            }
        return [each for each in owed if each.voucher is not None and set(each.voucher.after) <= delivered]

    def books(self) -> Books:
        return Books(self.store, self.desk, self.clock)

    def views(self) -> Views:
        """What a person sees."""
        return Views(self.store, self.clock, lambda: self.desk, self.books)


def _text(entry: JournalEntry) -> str:
    legs = [
        f"    {posting.account} {decimal_text(posting.amount_minor, entry.currency):>9} {posting.kind}"
        + (f" {posting.tax_code} {decimal_text(posting.tax_minor, entry.currency)}" if posting.tax_code else "")
        for posting in entry.postings
    ]
    return "\n".join([f"{entry.booked_on} {entry.narration}", *legs])
