"""A merchant's books for tests: one route, the real store, a ledger in memory, and text a bookkeeper can review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import msgspec

from bridge.books import BookRun, Books, activate
from bridge.delivery.decide import instructed
from bridge.desk import Views
from bridge.ingest import Importer
from bridge.model.connections import Connection, Route, Side
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.entries import JournalEntry
from bridge.model.findings import InstructionKind, KeptFinding
from bridge.model.money import decimal_text
from bridge.model.rules import Rule
from bridge.plugin import SourceCapabilities, SourceOffer
from bridge.store.api import Store
from bridge_amazon.source import AmazonSource
from tests.books.builders import Received
from tests.charts import AMAZON_CLEARING, CHART
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.fakes.ledger import FakeLedger, fake_sink_offer

AMAZON, LEDGER, ROUTE = "amazon-us", "books", "amazon to books"
DAY = 86_400


class Book:
    """What a test says to a merchant's books, and what it reads there.

    is_set_up: the store already holds its connections, route and rules.
    """

    def __init__(
        self, store: Store, clock: FakeClock, ledger: FakeLedger, *, is_set_up: bool = False, **route: object
    ) -> None:
        self.store, self.clock, self.ledger = store, clock, ledger
        self.desk = FakeDesk(
            clock,
            sources={AMAZON: AmazonSource(max_file_megabytes=64)},
            source_offers={AMAZON: _offer()},
            sinks={LEDGER: ledger},
            sink_offers={LEDGER: fake_sink_offer(ledger)},
        )
        facts: dict[str, object] = {"time_zone": "America/Los_Angeles", "first_day": date(2026, 1, 1)}
        self.route = Route(ROUTE, AMAZON, LEDGER, clearing="1200", bank="1000", **{**facts, **route})  # type: ignore[arg-type]
        self.connection = Connection(AMAZON, "amazon", Side.SOURCE, "A1SELLER")
        if not is_set_up:
            with store.unit("test") as uow:
                uow.connections.put(self.connection)
                uow.connections.put(Connection(LEDGER, "fake", Side.SINK, "company"))
                uow.routes.put(self.route)
            self.rules()

    # What happens

    def rules(self, *rules: Rule, since: date = date(2000, 1, 1), reason: str = "as agreed") -> None:
        """Activate rules, with the defaults behind them."""
        activate(self.store, ROUTE, rules, since, "ann", reason, self.clock)

    def change_route(self, **facts: object) -> None:
        """Set the route up differently from now on."""
        self.route = msgspec.structs.replace(self.route, **facts)
        with self.store.unit("test") as uow:
            uow.routes.put(self.route)

    def receive(self, *received: Received) -> None:
        """Save settlements as ingest does."""
        for one in received:
            kept = msgspec.structs.replace(one.kept, connection_id=self.connection.connection_id)
            document = kept.document
            with self.store.unit("test") as uow:
                if uow.documents.revision(document.document_id, document.revision) is None:
                    uow.documents.add_many([(kept, one.lines)])

    def books(self, store: Store | None = None) -> Books:
        return Books(store or self.store, self.desk, self.clock)

    def views(self) -> Views:
        """What a person sees."""
        return Views(self.store, self.clock, lambda: self.desk, self.books)

    def run(self) -> BookRun:
        """A run of the books, by the CLI."""
        return self.books().run(ROUTE, actor="cli")

    def bring_in(self, *files: Path) -> BookRun:
        """Import files as ``bridge import`` does, and run."""
        for file in files:
            imported = Importer(self.store, self.desk, self.clock).import_file(AMAZON, file, actor="cli")
            assert imported.error is None, imported.error
        return self.run()

    def book(self, *received: Received) -> BookRun:
        """Receive settlements and run."""
        self.receive(*received)
        return self.run()

    def decide(self, kind: InstructionKind, name: str, reason: str = "seen") -> None:
        """A person decides about the voucher of an entry (``S1 2026-06``)."""
        self.books().decide(kind, self.delivery(name).voucher_id, by="ann", reason=reason)

    def deliver(self) -> list[str]:
        """Send what is owed and not waiting for another, as delivery does; names in order of arrival."""
        arrived = []
        while due := self._due():
            delivery = due[0]
            assert delivery.voucher is not None
            copy = self.ledger.send(delivery.voucher, delivery.header_key)
            sending = msgspec.structs.replace(delivery, state=DeliveryState.SENDING, attempts=delivery.attempts + 1)
            done = msgspec.structs.replace(sending, state=DeliveryState.DELIVERED, ref=copy.ref)
            with self.store.unit("delivery") as uow:
                uow.deliveries.move(delivery, sending)
                uow.deliveries.move(sending, done)
                uow.deliveries.put_baseline(delivery.voucher_id, delivery.entry_id, LEDGER, copy)
            arrived.append(self._name(delivery.entry_id))
        return arrived

    def park(self, name: str, reason: str) -> None:
        """Delivery meets a check or a refusal that speaks against a voucher."""
        delivery = self.delivery(name)
        sending = msgspec.structs.replace(delivery, state=DeliveryState.SENDING, attempts=delivery.attempts + 1)
        parked = msgspec.structs.replace(
            sending, state=DeliveryState.PARKED, reason=reason, note="refused", due_at=self.clock.now()
        )
        with self.store.unit("delivery") as uow:
            uow.deliveries.move(delivery, sending)
            uow.deliveries.move(sending, parked)

    def retry(self, name: str) -> None:
        """Delivery carries out a person's decision to try a parked voucher again."""
        parked = self.delivery(name)
        owed = msgspec.structs.replace(parked, state=DeliveryState.OWED, reason="", round=parked.round + 1)
        with self.store.unit("delivery") as uow:
            uow.deliveries.move(parked, owed)

    def carry_out(self, name: str) -> None:
        """Delivery carries out what a person said about a parked voucher, if anything."""
        parked = self.delivery(name)
        with self.store.unit("delivery") as uow:
            after = instructed(parked, uow.instructions.of_subject(parked.voucher_id), self.clock.now())
            if after is not None:
                uow.deliveries.move(parked, after)

    # What is written there

    def entries(self) -> list[JournalEntry]:
        """Every live entry."""
        with self.store.reading() as uow:
            return [kept.entry for kept in uow.entries.of_route(self.route.route_id)]

    def entry_of(self, name: str) -> JournalEntry:
        """The live entry ``S1 2026-06`` or ``S1 bank``."""
        return next(entry for entry in self.entries() if _name(entry) == name)

    def entry(self, name: str) -> str:
        """A live entry as a book shows it: date, narration, and each posting."""
        entry = self.entry_of(name)
        rows = [f"{entry.booked_on} {entry.narration}"]
        for posting in entry.postings:
            amount = decimal_text(posting.amount_minor, entry.currency)
            rows.append(f"{title(posting.account)}  {amount} {entry.currency}  {posting.kind}")
        return plain("\n".join(rows))

    def accounts(self, name: str) -> dict[str, str]:
        """What an entry does to each account, zeros left out."""
        entry = self.entry_of(name)
        sums: Counter[str] = Counter()
        for posting in entry.postings:
            sums[posting.account] += posting.amount_minor
        return {account: decimal_text(minor, entry.currency) for account, minor in sorted(sums.items()) if minor}

    def balance(self, account: str) -> str:
        """An account over all live entries."""
        return decimal_text(self.balance_minor(account), "USD")

    def balance_minor(self, account: str, *, include_bank_legs: bool = True) -> int:
        """The same in minor units, perhaps as it stands before any payout."""
        return sum(
            posting.amount_minor
            for entry in self.entries()
            if include_bank_legs or not entry.is_bank_leg
            for posting in entry.postings
            if posting.account == account
        )

    def balances(self) -> dict[tuple[str, date, str], int]:
        """Minor units by account, day and currency, over all live entries."""
        sums: Counter[tuple[str, date, str]] = Counter()
        for entry in self.entries():
            for posting in entry.postings:
                sums[posting.account, entry.booked_on, entry.currency] += posting.amount_minor
        return {key: minor for key, minor in sums.items() if minor}

    def booked_lines(self) -> list[tuple[str, str, str]]:
        """(document, line key, account) of every booked line."""
        with self.store.reading() as uow:
            return sorted(
                (kept.entry.document_id, line.key, posting.account)
                for kept in uow.entries.of_route(self.route.route_id)
                for posting in kept.entry.postings
                if posting.line_count
                for page in uow.entries.lines_of(kept.entry.entry_id, posting.number)
                for line in page
            )

    def deliveries(self) -> list[Delivery]:
        """Every delivery of the route, withdrawn ones included."""
        with self.store.reading() as uow:
            return list(uow.deliveries.of_route(self.route.route_id))

    def delivery(self, name: str) -> Delivery:
        """The delivery of a live entry's first voucher."""
        entry_id = self.entry_of(name).entry_id
        with self.store.reading() as uow:
            return uow.deliveries.of_entry(entry_id)[0]

    def vouchers(self) -> str:
        """Every voucher of a live entry: its name, state and reason."""
        with self.store.reading() as uow:
            rows = [
                f"{_name(entry)}  {delivery.state}  {delivery.reason}"
                for entry in self.entries()
                for delivery in uow.deliveries.of_entry(entry.entry_id)
            ]
        return plain("\n".join(sorted(rows)))

    def bodies(self) -> list[bytes]:
        """What would be sent, in the order of sending."""
        return [each.body for each in self.views().preview(ROUTE) if each.body is not None]

    def findings(self) -> list[KeptFinding]:
        """Everything found on the route."""
        with self.store.reading() as uow:
            return list(uow.findings.of_route(self.route.route_id))

    def audit_rows(self) -> int:
        """How many units of work wrote something."""
        with self.store.reading() as uow:
            return sum(1 for _ in uow.audit.rows())

    def document_state(self, received: Received) -> tuple[str, str]:
        """Where a document stands: state and reason."""
        with self.store.reading() as uow:
            kept = uow.documents.latest(received.document.document_id)
        assert kept is not None
        return kept.state.value, kept.reason

    def _due(self) -> Sequence[Delivery]:
        with self.store.reading() as uow:
            ready = uow.deliveries.due(LEDGER, self.clock.now(), 10)
            delivered = {each.voucher_id for each in uow.deliveries.with_state(LEDGER, DeliveryState.DELIVERED)}
        return [each for each in ready if each.voucher is not None and set(each.voucher.after) <= delivered]

    def _name(self, entry_id: str) -> str:
        with self.store.reading() as uow:
            return _name(uow.entries.get(entry_id).entry)


MakeBook = Callable[..., Book]


def title(account: str) -> str:
    """An account as a book shows it: number and name."""
    return f"{account} {CHART[account].name}"


def plain(text: str) -> str:
    """Text without margins, so that books can be written as books in a test."""
    return "\n".join(" ".join(row.split()) for row in text.splitlines() if row.strip())


def _name(entry: JournalEntry) -> str:
    return f"{entry.slot.group} {entry.slot.part}"


def _offer() -> SourceOffer:
    capabilities = SourceCapabilities(
        modes=(), files=(), accounts=(AMAZON_CLEARING,), clearing="1200", bank="1000", prefix="AMZ"
    )

    def build(_: object) -> object:
        raise AssertionError("books never asks for the source itself")

    return SourceOffer(name="amazon", title="Amazon", version="1.0", capabilities=capabilities, build=build)  # type: ignore[arg-type]
