"""A merchant whose settlements are booked and delivered, and a ledger in which others may do as they please."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec

from bridge.books import Books, activate
from bridge.clock import Clock
from bridge.delivery import Deliverer, Witness
from bridge.delivery.decide import intent
from bridge.drift import Drift, Report
from bridge.drift.explaining import Clearing
from bridge.drift.sides import Purpose
from bridge.ingest.revisions import reissue_finding
from bridge.model.connections import Connection, Route, Side
from bridge.model.deliveries import Delivery
from bridge.model.entries import JournalEntry
from bridge.model.facts import LedgerFacts
from bridge.model.findings import InstructionKind, KeptFinding
from bridge.model.money import decimal_text
from bridge.model.rules import Rule
from bridge.model.vouchers import LedgerCopy, LedgerLine, Mark
from bridge.plugin import (
    Changes,
    LookUp,
    Observation,
    Outcome,
    Parcel,
    SourceCapabilities,
    SourceOffer,
    Unknown,
    Unread,
)
from bridge.store.api import Store
from tests.books.builders import Received, settlement
from tests.charts import AMAZON_CLEARING
from tests.drift.reading import read_whole
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.fakes.heads import new_head_file
from tests.fakes.ledger import FakeLedger, Fault, fake_sink_offer

LEDGER, AMAZON, ROUTE = "books", "amazon-us", "us"
DAY = 86_400


class Hands(FakeLedger):
    """The ledger, with more things that people do to it by hand, and more ways to fall silent.

    answers_nothing: a read-back ends before it has spoken of anything. tells_balances: whether its chart does.
    hides_new_objects: whether a list leaves out what came in last, as one does whose index trails.
    listed_as:       what a list shows of an object instead of what it is, by ref.
    """

    answers_nothing, tells_balances, hides_new_objects = False, True, False

    def __init__(self, clock: Clock, **options: Any) -> None:
        super().__init__(clock, **options)
        self._at_read: dict[int, list[Callable[[], object]]] = {}
        self._reads_counted = 0
        self._refused_types: set[str] = set()
        self._ghosts: list[LedgerCopy] = []
        self.listed_as: dict[str, LedgerCopy] = {}
        self._remembered: dict[str, LedgerCopy] = {}

    def facts(self) -> LedgerFacts:
        facts = super().facts()
        if self.tells_balances:
            return facts
        untold = tuple(msgspec.structs.replace(account, balance_minor=None) for account in facts.accounts)
        return msgspec.structs.replace(facts, accounts=untold)

    def refuse(self, type_name: str) -> None:
        """Refuse every object of this type from now on."""
        self._refused_types.add(type_name)

    def send_batch(self, parcels: Sequence[Parcel]) -> tuple[Outcome, ...]:
        if parcels[0].voucher.type in self._refused_types:
            self.fail_next_send(Fault.REFUSE, code="type.refused")
        return super().send_batch(parcels)

    def list_anyway(self, copy: LedgerCopy) -> None:
        """Let a list show an object that is no more."""
        self._ghosts.append(copy)

    def remember(self) -> None:
        """Keep what stands now, to come back to."""
        self._remembered = dict(self._objects)

    def come_back(self) -> None:
        """Undo whatever people did since."""
        before = set(self._objects)
        self._objects.clear()
        now = self._clock.now().isoformat()
        for ref, copy in self._remembered.items():
            self._objects[ref] = msgspec.structs.replace(copy, changed_at=now)
        for ref in before.difference(self._objects):
            self._gone_at[ref] = self._clock.now()
        for ref in self._objects:
            self._gone_at.pop(ref, None)
        self._gone.clear()

    def when_read(self, place: int, happens: Callable[[], object]) -> None:
        """Let this happen just after the n-th read from now on (a page, a read-back), counted from zero."""
        self._at_read.setdefault(self._reads_counted + place, []).append(happens)

    def silence(self, place: int, fault: Fault) -> None:
        """Let the n-th read from now on fail."""
        if place:
            self.when_read(place - 1, lambda: self.fail_next_read(fault, seconds=60))
        else:
            self.fail_next_read(fault, seconds=60)

    def observe(self, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...] | Unread]:
        if self._ghosts:
            yield tuple(self._ghosts)
        for page in super().observe(wanted):
            self._counted()
            if isinstance(page, Unread):
                yield page
                continue
            latest = max(self._objects, default="") if self.hides_new_objects else ""
            yield tuple(self.listed_as.get(copy.ref, copy) for copy in page if copy.ref != latest)

    def changes(self, since: datetime) -> Iterator[Changes | Unread | Unknown]:
        for page in super().changes(since):
            self._counted()
            if isinstance(page, Changes):
                latest = max(self._objects, default="") if self.hides_new_objects else ""
                shown = tuple(self.listed_as.get(copy.ref, copy) for copy in page.copies if copy.ref != latest)
                page = Changes((*self._ghosts, *shown), page.gone)
            yield page

    def read_back(self, refs: Sequence[tuple[str, str]]) -> Iterator[tuple[str, LookUp]]:
        for answer in () if self.answers_nothing else super().read_back(refs):
            self._counted()
            yield answer

    def _counted(self) -> None:
        due = self._at_read.pop(self._reads_counted, [])
        self._reads_counted += 1
        for happens in due:
            happens()

    def edit_number(self, ref: str, number: str) -> None:
        """Give the object another number."""
        self._edit(ref, number=number)

    def edit_currency(self, ref: str, currency: str) -> None:
        """Give the object another currency."""
        self._edit(ref, currency=currency)

    def edit_marks(self, ref: str, *marks: Mark) -> None:
        """Mark the object as a whole so, and not otherwise."""
        self._edit(ref, marks=marks)

    def edit_marks_of_line(self, ref: str, place: int, *marks: Mark) -> None:
        """Mark a line of the object so, and not otherwise."""
        lines = list(self.object(ref).lines)
        lines[place] = msgspec.structs.replace(lines[place], marks=marks)
        self._edit(ref, lines=tuple(lines))

    def edit_lines(self, ref: str, lines: Sequence[tuple[str, int]]) -> None:
        """Put other lines on the object: (account number, amount)."""
        self._edit(ref, lines=tuple(LedgerLine(self.account_id(account), minor) for account, minor in lines))

    def move(self, ref: str, before: str, after: str, minor: int) -> None:
        """Take an amount from one account of the object to another."""
        lines = [*self.lines(ref), (before, -minor), (after, minor)]
        self.edit_lines(ref, lines)

    def lines(self, ref: str) -> list[tuple[str, int]]:
        """(account number, amount) of the object as it stands."""
        numbers = {account.ledger_id: account.number for account in self.accounts}
        return [(numbers[line.account_id], line.amount_minor) for line in self.object(ref).lines]

    def save_again(self, ref: str) -> None:
        """Open the object, say other words, and save it."""
        words = "as the client says"
        lines = tuple(msgspec.structs.replace(line, description=words) for line in self.object(ref).lines)
        self._edit(ref, lines=lines, memo=words)

    def recut(self, ref: str) -> None:
        """Cut every line in two and put them in another order; each account gets what it got."""
        lines = [(account, minor - 1) for account, minor in self.lines(ref)]
        self.edit_lines(ref, [*((account, 1) for account, _ in lines), *reversed(lines)])

    def tell_what_is_open(self) -> None:
        """Tell of every open document from now on what nobody has paid yet."""
        receivable = self.account_id("1100")

        def told(copy: LedgerCopy) -> LedgerCopy:
            owed = sum(line.amount_minor for line in copy.lines if line.account_id == receivable)
            return msgspec.structs.replace(copy, open_minor=owed) if owed > 0 else copy

        self.alters = told

    def pay(self, ref: str, minor: int, on: date, *, account: str = "1000") -> str:
        """Pay so much of an open document from an account. Returns the payment's ref."""
        open_minor = self.object(ref).open_minor
        assert open_minor is not None
        self._edit(ref, open_minor=open_minor - minor)
        return self.add_foreign(on, [(account, minor), ("1100", -minor)], type="Payment", settles=[ref])

    def credit_the_rest(self, ref: str) -> None:
        """Set something against what is open of a document that no list shows."""
        self._edit(ref, open_minor=0)

    def forget(self, ref: str) -> None:
        """Lose the object without a trace, as a ledger does long after a deletion."""
        del self._objects[ref]

    def forget_deletions(self) -> None:
        """Know nothing more of what was deleted, as a ledger does long after."""
        self._gone.clear()

    def change_unseen(self, ref: str, *lines: tuple[str, int]) -> None:
        """Put other lines on the object, and let no feed tell of it."""
        changed_at = self.object(ref).changed_at
        self.edit_lines(ref, lines)
        self._objects[ref] = msgspec.structs.replace(self._objects[ref], changed_at=changed_at)

    def add_unseen(self, dated_on: date, lines: Sequence[tuple[str, int]]) -> None:
        """Put in somebody else's object, and let no feed tell of it."""
        self.date_back(self.add_foreign(dated_on, lines), timedelta(days=40))

    def date_back(self, ref: str, by: timedelta) -> None:
        """Let the object have changed so much earlier, by the ledger's own clock."""
        at = datetime.fromisoformat(self._objects[ref].changed_at) - by
        self._objects[ref] = msgspec.structs.replace(self._objects[ref], changed_at=at.isoformat())

    def rename_account(self, number: str, name: str) -> None:
        """Give an account another name; its id stays."""
        self.accounts = tuple(
            msgspec.structs.replace(one, name=name) if one.number == number else one for one in self.accounts
        )

    @staticmethod
    def rounded(copy: LedgerCopy, minor: int) -> LedgerCopy:
        """The object as a ledger keeps it that rounds its own way."""
        first, *others, last = copy.lines
        raised = msgspec.structs.replace(first, amount_minor=first.amount_minor + minor)
        lowered = msgspec.structs.replace(last, amount_minor=last.amount_minor - minor)
        return msgspec.structs.replace(copy, lines=(raised, *others, lowered))

    def object(self, ref: str) -> LedgerCopy:
        """The object as it stands."""
        return next(copy for copy in self.objects() if copy.ref == ref)


class Firm:
    """Routes from channels into one ledger."""

    def __init__(self, store: Store, clock: FakeClock, ledger: Hands, **route: object) -> None:
        self.store, self.clock, self.ledger, self._head_file = store, clock, ledger, new_head_file()
        self.is_read_whole = True  # whether the channels were asked for all that they have; else only files came
        self._offers: dict[str, SourceOffer] = {}
        with store.unit("test") as unit:
            unit.connections.put(Connection(LEDGER, "fake", Side.SINK, "company"))
        self.routes: dict[str, Route] = {}
        self.add_route(ROUTE, AMAZON, **route)  # type: ignore[arg-type]

    # What happens

    def add_route(self, name: str, source: str, *rules: Rule, prefix: str = "AMZ", **facts: object) -> None:
        """One more channel account that feeds the ledger."""
        given: dict[str, object] = {
            "time_zone": "America/Los_Angeles",
            "first_day": date(2026, 1, 1),
            "clearing": "1200",
            "bank": "1000",
            **facts,
        }
        self.routes[name] = Route(name, source, LEDGER, **given)  # type: ignore[arg-type]
        self._offers[source] = _offer(prefix)
        self.desk = FakeDesk(
            self.clock,
            source_offers=self._offers,
            sinks={LEDGER: self.ledger},
            sink_offers={LEDGER: fake_sink_offer(self.ledger)},
        )
        with self.store.unit("test") as unit:
            unit.connections.put(Connection(source, "amazon", Side.SOURCE, f"seller of {source}"))
            unit.routes.put(self.routes[name])
        activate(self.store, name, rules, date(2000, 1, 1), "ann", "as agreed", self.clock)

    def change_sink_version(self, version: str) -> None:
        """The plugin of the ledger is another from now on."""
        self._change_sink(version=version)

    def declare_feed_days(self, days: int) -> None:
        """The plugin of the ledger declares another reach of what it tells to have changed."""
        capabilities = fake_sink_offer(self.ledger).capabilities
        self._change_sink(capabilities=msgspec.structs.replace(capabilities, feed_days=days))

    def _change_sink(self, **changes: Any) -> None:
        offer = msgspec.structs.replace(fake_sink_offer(self.ledger), **changes)
        self.desk = FakeDesk(
            self.clock, source_offers=self._offers, sinks={LEDGER: self.ledger}, sink_offers={LEDGER: offer}
        )

    def change_route(self, name: str = ROUTE, **facts: object) -> None:
        """Set a route up differently from now on."""
        self.routes[name] = msgspec.structs.replace(self.routes[name], **facts)
        with self.store.unit("test") as unit:
            unit.routes.put(self.routes[name])

    def receive(self, *received: Received, source: str = AMAZON) -> None:
        """Save settlements as ingest does."""
        with self.store.unit("test") as unit:
            connection_id = unit.connections.get(source).connection_id
            unit.documents.add_many(
                [(msgspec.structs.replace(one.kept, connection_id=connection_id), one.lines) for one in received]
            )

    def receive_in(self, currency: str, received: Received) -> None:
        """Receive a settlement as if it were in another currency, minor unit for minor unit."""
        document = msgspec.structs.replace(received.document, currency=currency)
        self.receive(Received(msgspec.structs.replace(received.kept, document=document), received.lines))

    def run(self) -> None:
        """Book what is new."""
        for name in self.routes:
            Books(self.store, self.desk, self.clock).run(name, actor="cli")

    def _process(self) -> Deliverer:
        return Deliverer(self.store, self.desk, self.clock, "process", Witness(self.store, self.clock, self._head_file))

    def deliver(self) -> None:
        """Send what is owed."""
        self._process().drain(LEDGER, actor="cli")

    def deliver_some(self, count: int) -> None:
        """Send so many of what is owed."""
        self._process().drain(LEDGER, actor="cli", limit=count)

    def begin_to_send(self) -> None:
        """Send what is owed, as a process that does not live to say so: the ledger has it, and nothing is saved."""
        with self.store.reading() as unit:
            owed = next(iter(unit.deliveries.due(LEDGER, self.clock.now(), 1)))
        with self.store.unit("delivery") as unit:
            unit.deliveries.move(owed, intent(owed, self.clock.now()))
        assert owed.voucher is not None
        self.ledger.send(owed.voucher, owed.header_key)

    def bring_in(self, *received: Received, source: str = AMAZON) -> None:
        """Receive, book and deliver."""
        self.receive(*received, source=source)
        self.run()
        self.deliver()

    def issue_again(self, second: Received) -> None:
        """The channel issues a settlement again, and a person lets the books follow."""
        self.receive(second)
        self.run()
        document = second.document
        with self.store.unit("test") as unit:
            first = unit.documents.revision(document.document_id, document.revision - 1)
            assert first is not None
            finding = reissue_finding(document, first, self.routes[ROUTE])
            unit.findings.add(finding, self.clock.now())
        books = Books(self.store, self.desk, self.clock)
        books.decide(InstructionKind.SUPPLEMENT, finding.finding_id, by="ann", reason="checked")
        self.run()
        self.deliver()

    def pass_days(self, days: int) -> None:
        self.clock.advance(days * DAY)

    def decide(self, kind: InstructionKind, name: str, reason: str = "seen") -> None:
        """A person decides about a voucher, by the name of its entry."""
        books = Books(self.store, self.desk, self.clock)
        books.decide(kind, self.delivery(name).voucher_id, by="ann", reason=reason)

    def accept(self, kept: KeptFinding, reason: str = "agreed with the client", days: int | None = None) -> None:
        """A person accepts a finding, for good or for so many days."""
        until = None if days is None else self.clock.now() + timedelta(days=days)
        books = Books(self.store, self.desk, self.clock)
        books.decide(InstructionKind.ACCEPT, kept.finding.finding_id, by="ann", reason=reason, until=until)

    # What is asked

    def check(
        self,
        route: str = ROUTE,
        progress: Callable[[int], None] = lambda _count: None,
        *,
        in_full: bool = False,
        announce: Callable[[str], None] = lambda _words: None,
    ) -> Report:
        """Press drift. in_full: though what changed might do."""
        sources = sorted({one.source for one in self.routes.values()}) if self.is_read_whole else ()
        with read_whole(self.store, sources, ("settlements",), self.clock.now()):
            drift = Drift(self.store, self.desk, self.clock)
            return drift.check(route, actor="cli", in_full=in_full, progress=progress, announce=announce)

    def findings(self) -> list[KeptFinding]:
        """What the store keeps of every route, closed ones included."""
        with self.store.reading() as unit:
            return [kept for route in self.routes.values() for kept in unit.findings.of_route(route.route_id)]

    def entry(self, name: str) -> JournalEntry:
        """The live entry called ``S1 2026-06`` or ``S1 bank``."""
        with self.store.reading() as unit:
            return next(
                kept.entry
                for route in self.routes.values()
                for kept in unit.entries.of_route(route.route_id)
                if f"{kept.entry.slot.group} {kept.entry.slot.part}" == name
            )

    def delivery(self, name: str) -> Delivery:
        with self.store.reading() as unit:
            return unit.deliveries.of_entry(self.entry(name).entry_id)[0]

    def ref(self, name: str) -> str:
        """The ledger's id of the entry's voucher."""
        return self.delivery(name).ref


MakeFirm = Callable[..., Firm]


def paid(
    name: str,
    sales: str = "100.00",
    fees: str = "-15.00",
    *,
    opened: str = "2026-06-01 12:00",
    closed: str = "2026-06-14 20:00",
    pays: str = "2026-06-16 12:00",
    more: str = "",
    revision: int = 1,
) -> Received:
    """A settlement of sales and fees that is paid out two days later. more: further lines."""
    day = opened[:10]
    return settlement(
        name,
        f"""
        {day} sale.product {sales}
        {day} fee.referral {fees}
        {more}
        """,
        opened=opened,
        closed=closed,
        pays=pays,
        revision=revision,
    )


def over_month_end(name: str) -> Received:
    """A settlement of two months, paid out before the end of June: 85.00 of May and 50.00 of June."""
    june = "2026-06-03 sale.product 50.00"
    return paid(name, opened="2026-05-25 12:00", closed="2026-06-08 20:00", pays="2026-06-10 12:00", more=june)


def codes(report: Report) -> list[str]:
    """The codes of what is open, without their prefix."""
    return sorted(kept.finding.code.removeprefix("drift.") for kept in report.open_findings)


def only(report: Report) -> KeptFinding:
    """The one finding that is open."""
    (kept,) = report.open_findings
    return kept


def items(report: Report) -> list[tuple[str, str, str]]:
    """What stands in the clearing account: what, how much, why."""
    account = report.clearing
    return [(item.what, decimal_text(item.amount_minor, account.currency), item.reason) for item in account.items]


def is_explained(report: Report) -> bool:
    """Whether opening + in - out = closing = all items = balance; a part of a shared account has no balance."""
    return all(adds_up(one) for one in (report.clearing, *report.rolled, *(one.account for one in report.shared)))


def adds_up(account: Clearing) -> bool:
    """Whether opening + in - out = closing = all items = the ledger's balance, where it is compared."""
    closing = account.opening_minor + account.in_minor - account.out_minor
    has_items = account.purpose is not Purpose.BUSY
    return (
        closing == account.closing_minor
        and (not has_items or sum(item.amount_minor for item in account.items) == closing)
        and (account.is_part or account.purpose is Purpose.BUSY or account.balance_minor == closing)
    )


def _offer(prefix: str) -> SourceOffer:
    capabilities = SourceCapabilities(
        modes=(), files=(), accounts=(AMAZON_CLEARING,), clearing="1200", bank="1000", prefix=prefix
    )

    def build(_: object) -> object:
        raise AssertionError("nobody asks for the source itself")

    return SourceOffer(name="amazon", title="Amazon", version="1.0", capabilities=capabilities, build=build)  # type: ignore[arg-type]
