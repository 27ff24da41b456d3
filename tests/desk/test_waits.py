"""What waits, counted, filtered, sorted and cut into pages by the database: as each thing says of itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest

from bridge.desk import PAGE, Waiting, Wanted
from bridge.desk.held import FAILED_SHOWN, known, lookout, what_waits
from bridge.desk.waits import about, chosen, waits
from bridge.model.connections import Connection, Route, Side
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentKind, DocumentState, Identity
from bridge.model.entries import Mode, Purpose
from bridge.model.findings import Instruction, InstructionKind, Severity
from bridge.model.reasons import Reason
from bridge.model.reviews import Assignment
from bridge.model.tax_setup import TaxQuestion
from bridge.model.waiting import Choice, Order, Thing
from bridge.store.api import UnitOfWork
from bridge.store.sql import SqlStore, tables
from tests.fakes.clock import FakeClock
from tests.fakes.statements import statements
from tests.store import facts

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
US, GB = facts.route(), msgspec.structs.replace(facts.route("gb"), source="amazon-gb", time_zone="Europe/London")
EDGES = [
    datetime(2026, 10, 25, 0, 30, tzinfo=UTC),  # in London the day before the clock goes back, and the day of it
    datetime(2026, 10, 25, 23, 30, tzinfo=UTC),
    datetime(2026, 11, 1, 6, 30, tzinfo=UTC),  # in Los Angeles the evening before, by either clock
    datetime(2026, 11, 1, 7, 30, tzinfo=UTC),
    datetime(2026, 11, 2, 7, 30, tzinfo=UTC),
    datetime(2026, 11, 27, 7, 59, tzinfo=UTC),  # a Thursday there, and a Friday in London
    datetime(2026, 11, 28, 12, tzinfo=UTC),
    datetime(2026, 11, 29, 23, 59, tzinfo=UTC),
]
SORTS: dict[Order, Callable[[Waiting], Any]] = {
    Order.GRAVEST: lambda one: (one.urgency.rank, one.due_on, -abs(one.amount_minor), one.subject),
    Order.OLDEST: lambda one: (one.since, one.subject),
    Order.DUE: lambda one: (one.due_on, one.urgency.rank, one.subject),
    Order.LARGEST: lambda one: (-abs(one.amount_minor), one.subject),
}


class Books:
    """A store in which things of every sort wait."""

    def __init__(self, store: SqlStore) -> None:
        self.store, self._number = store, 0
        with store.unit("ann") as unit:
            for route, account in ((US, "A1SELLER"), (GB, "A2SELLER")):
                unit.connections.put(Connection(route.source, "amazon", Side.SOURCE, account))
                unit.routes.put(route)

    def document(self, reason: str = "order.unbalanced", at: datetime = NOW, **more: Any) -> str:
        self._number += 1
        route: Route = more.pop("route", US)
        kind, state = more.pop("kind", DocumentKind.ORDER), DocumentState.HELD if reason else DocumentState.NEW
        account = "A1SELLER" if route is US else "A2SELLER"
        head = facts.document(
            identity=Identity("amazon", account, kind, f"{self._number}"), total_minor=self._number * 7 % 5, **more
        )
        kept = facts.kept(head, state, reason=reason)
        with self.store.unit("ann") as unit:
            name = unit.connections.get(route.source).connection_id
            kept = msgspec.structs.replace(kept, saved_at=at, connection_id=name, lines_minor=0)
            unit.documents.add_many([(kept, None)])
        return head.document_id

    def voucher(self, state: DeliveryState = DeliveryState.HELD, **more: Any) -> str:
        self._number += 1
        route: Route = more.pop("route", US)
        of_entry = {name: more.pop(name) for name in ("purpose",) if name in more}
        mode = more.pop("mode", Mode.ORDER)
        slot = msgspec.structs.replace(facts.slot(f"p{self._number}"), route_id=route.route_id, mode=mode)
        entry = facts.entry(place=slot, amount_minor=self._number, **of_entry)
        planned = {"voucher": facts.voucher(entry.entry_id)} | more
        delivery = facts.delivery(entry.entry_id, state, route_id=route.route_id, **planned)
        with self.store.unit("ann") as unit:
            unit.entries.add(entry)
            unit.deliveries.add(delivery)
        return delivery.voucher_id

    def finding(self, subject: str, code: str = "drift.amount", at: datetime = NOW, **more: Any) -> str:
        found = facts.finding(subject, code, **more)
        with self.store.unit("ann") as unit:
            unit.findings.add(found, at)
        return found.finding_id

    def say(self, kind: InstructionKind, subject: str, at: datetime = NOW) -> None:
        with self.store.unit("ann") as unit:
            unit.instructions.add(Instruction(kind, subject, "Ann", "looked", at))

    def give(self, subject: str, owner: str) -> None:
        with self.store.unit("ann") as unit:
            unit.assignments.put(Assignment(subject, owner, "", "Ann", NOW))


@pytest.fixture
def books(store: SqlStore, clock: FakeClock) -> Books:
    clock.advance((NOW - clock.now()).total_seconds())
    return Books(store)


def plain(_ledger: str) -> dict[str, str]:
    """What a ledger calls its objects: as they are."""
    return {}


def listed(unit: UnitOfWork, some: Choice, order: Order = Order.OLDEST) -> tuple[str, ...]:
    where = lookout(known(unit), (), NOW, is_all=False, has_findings=True)
    return tuple(subject for _, subject in unit.waits.some(where, some, order))


def test_each_thing_waits_in_the_database_as_it_says_of_itself(books: Books) -> None:
    """By whichever clock, whatever sort of thing: order, urgency, lateness, amount, owner, and for whom."""
    for number, at in enumerate(EDGES):
        route = (US, GB)[number % 2]
        books.document("order.unbalanced", at, route=route)
        books.document(Reason.VAT_IN_ROWS, at, route=route, kind=DocumentKind.SETTLEMENT)
        books.document(Reason.GIFT_CARDS, at, route=route)
        books.document(Reason.TAXED_JOURNAL, at, route=route)
        books.voucher(DeliveryState.PARKED, route=route, due_at=at, reason=Reason.TAX_CODE_RATE)
        books.finding(f"s{number}", ("drift.tax", "drift.amount", "drift.payout_rows")[number % 3], at)
    books.voucher(reason=Reason.REVIEW, mode=Mode.PAYOUT)
    books.voucher(reason=Reason.REVIEW, purpose=Purpose.BANK)
    books.voucher(reason=Reason.HOLD_BACK)
    books.voucher(DeliveryState.IN_DOUBT)
    books.voucher(reason=Reason.ACCOUNT_MISSING, voucher=None)
    books.document("")
    with books.store.reading() as unit:
        every = {order: listed(unit, Choice(), order) for order in Order}
        things = {one.subject: one for one in about(unit, every[Order.OLDEST], plain)}
        where = lookout(known(unit), (), NOW, is_all=False, has_findings=True)
        groups = unit.waits.groups(where)
    assert len(things) == 6 * len(EDGES) + 6
    for order, subjects in every.items():
        assert list(subjects) == [one.subject for one in sorted(things.values(), key=SORTS[order])], order
    said = Counter[tuple[Any, ...]]()
    money = Counter[tuple[Any, ...]]()
    for one in things.values():
        state = one.state.replace(" ", "_") if one.thing is Thing.VOUCHER else ""
        names = {US.name: US.route_id, GB.name: GB.route_id}
        told = one.thing, state, names[one.route], one.reason, one.urgency.rank, one.currency, one.owner
        key = (*told, one.is_patient, one.due_on < NOW.date())
        said[key] += 1
        money[key] += abs(one.amount_minor)
    counted = {
        (one.thing, one.state, one.route_id, one.reason, one.rank, one.currency, one.owner, one.is_patient, one.is_late)
        : (one.count, one.minor)
        for one in groups
    }  # fmt: skip
    assert counted == {key: (count, money[key]) for key, count in said.items()}
    assert {one.is_late for one in groups} == {True, False}


def test_what_is_told_of_elsewhere_or_of_no_use_is_left_out(books: Books) -> None:
    ours, reissued = books.document(), books.document(Reason.SETTLEMENT_REISSUED, kind=DocumentKind.SETTLEMENT)
    books.document(Reason.BEFORE_FIRST_DAY)
    books.document(Reason.UNPAID, status="cancelled")
    unpaid = books.document(Reason.UNPAID, status="pending")
    held = books.voucher(reason=Reason.REVIEW)
    books.voucher(DeliveryState.OWED)
    books.voucher(DeliveryState.DELIVERED)
    finding = books.finding(f"{reissued}#2", "books.reissued")
    books.finding(held, "drift.amount")
    books.finding("small", "drift.memo", severity=Severity.INFO)
    withdrawn, accepted, moving, again = (
        books.voucher(DeliveryState.WITHDRAWN, reason=Reason.WITHDRAWN, **more)
        for more in ({}, {}, {"purpose": Purpose.BANK}, {})
    )
    books.voucher(DeliveryState.WITHDRAWN, reason=Reason.REPLACED)
    for name in (withdrawn, accepted, moving, again):
        books.say(InstructionKind.WITHDRAW, name)
    books.finding(accepted, "drift.withdrawn")
    with books.store.unit("ann") as unit:
        (found,) = [one for one in unit.findings.of_route(US.route_id) if one.finding.subject == accepted]
        unit.findings.accept(found.finding.finding_id, "Ann", "by hand", None)
    books.say(InstructionKind.BOOK_AGAIN, again, NOW + timedelta(seconds=1))
    failed = [
        books.voucher(
            DeliveryState.WITHDRAWN,
            reason=Reason.PAYOUT_FAILED,
            voucher=facts.voucher(f"f{day}", dated_on=date(2026, 6, day)),
        )
        for day in range(1, FAILED_SHOWN + 3)
    ]
    with books.store.reading() as unit:
        for_a_person, every = listed(unit, Choice(is_patient=False)), listed(unit, Choice())
        held_ones = what_waits(unit, NOW, is_all=False)
        everything = what_waits(unit, NOW, is_all=True)
    assert set(for_a_person) == {ours, held, finding, withdrawn}
    assert set(every) - set(for_a_person) == {unpaid, again, *failed[2:]}
    assert {one.voucher_id for one in held_ones.withdrawn} == {withdrawn, again}
    assert {one.voucher_id for one in held_ones.failed} == set(failed[2:])
    assert (held_ones.given_up, held_ones.is_part, len(held_ones.documents)) == (1, True, 3)
    assert (everything.given_up, everything.is_part, len(everything.documents)) == (0, False, 5)


def test_a_decision_counts_until_a_voucher_is_parked_after_it(books: Books) -> None:
    parked_at = NOW - timedelta(hours=1)
    spent, said = (books.voucher(DeliveryState.PARKED, reason="x", due_at=parked_at) for _ in range(2))
    books.say(InstructionKind.RETRY, spent, parked_at - timedelta(seconds=1))
    books.say(InstructionKind.RETRY, said, parked_at + timedelta(seconds=1))
    with books.store.reading() as unit:
        assert listed(unit, Choice(is_patient=False)) == (spent,)
        assert listed(unit, Choice(is_patient=True)) == (said,)
        found = waits(unit, Wanted(who="all"), 1, NOW, plain)
    assert {one.subject: bool(one.decided) for one in found.shown.items} == {spent: False, said: True}


@pytest.mark.parametrize(
    ("wanted", "subjects"),
    [
        (Wanted(), ["finding", "mine", "parked", "unbalanced"]),
        (Wanted(who="all"), ["finding", "mine", "parked", "patient", "unbalanced"]),
        (Wanted(owner="Ann"), ["mine"]),
        (Wanted(owner="-"), ["finding", "parked", "unbalanced"]),
        (Wanted(thing="parked"), ["parked"]),
        (Wanted(thing="document"), ["unbalanced"]),
        (Wanted(thing="voucher", route="gb"), []),
        (Wanted(route="none such"), []),
        (Wanted(thing="no such state"), []),
        (Wanted(decision="retry"), ["parked"]),
        (Wanted(decision="accept"), ["finding"]),
        (Wanted(due="late"), ["parked"]),
        (Wanted(reason=Reason.REVIEW, urgency="other"), ["mine"]),
        (Wanted(urgency="tax"), []),
        (Wanted(urgency="no such"), []),
        (Wanted(sort="no such order", thing="finding"), ["finding"]),
    ],
)
def test_a_filter_lets_through_what_it_names(books: Books, wanted: Wanted, subjects: list[str]) -> None:
    made = {
        "mine": books.voucher(reason=Reason.REVIEW),
        "parked": books.voucher(DeliveryState.PARKED, reason="x", due_at=EDGES[0]),
        "patient": books.voucher(reason=Reason.HOLD_BACK),
        "unbalanced": books.document(),
        "finding": books.finding("s1"),
    }
    books.give(made["mine"], "Ann")
    named = {subject: name for name, subject in made.items()}
    with books.store.reading() as unit:
        found, (several, total) = waits(unit, wanted, 1, NOW, plain), chosen(unit, wanted, 500, NOW, plain)
    assert sorted(named[one.subject] for one in found.shown.items) == subjects
    assert sorted(named[one] for one in several) == subjects
    assert found.shown.total == total == len(subjects)


def test_what_an_older_bridge_wrote_beside_this_one_is_added_up_by_its_entry(books: Books) -> None:
    """It knows no amount beside a voucher."""
    books.voucher(reason=Reason.REVIEW)
    name = books.voucher(reason=Reason.REVIEW)
    with books.store.unit("older") as unit:
        columns = {"total_minor": None, "currency": None}
        work = unit.waits._work  # type: ignore[attr-defined]  # noqa: SLF001 - no door writes as it did
        work.write(work.update(tables.delivery).where(tables.delivery.c.voucher_id == name).values(**columns))
        unit.audit.note("older", name)
    with books.store.reading() as unit:
        assert waits(unit, Wanted(), 1, NOW, plain).sums == (("USD", 1000 + 2),)


def test_a_question_is_told_with_how_many_documents_it_keeps_back(books: Books) -> None:
    for _ in range(3):
        books.document("")
    books.document()
    with books.store.reading() as unit:
        found = waits(unit, Wanted(), 1, NOW, plain)
    asked = {one.route: (type(one.question), one.documents) for one in found.questions}
    assert asked["us"] == (TaxQuestion, 3)
    assert found.shown.total == 4


def test_a_page_costs_what_is_on_it(books: Books) -> None:
    """However much waits: as many statements, and as many rows of Python's."""
    for number in range(PAGE + 10):
        books.document() if number % 2 else books.voucher(reason=Reason.REVIEW)
    costs, pages = [], []
    for number in (1, 2, 3):
        with books.store.reading() as unit, statements() as sent:
            pages.append(waits(unit, Wanted(sort="largest"), number, NOW, plain).shown)
        costs.append(len(sent))
    first, second, beyond = pages
    assert (len(first.items), len(second.items), first.pages, first.total) == (PAGE, 10, 2, PAGE + 10)
    assert beyond == second
    both = [*first.items, *second.items]
    assert all(abs(one.amount_minor) >= abs(other.amount_minor) for one, other in pairwise(both))
    assert len({one.subject for one in both}) == PAGE + 10
    for _ in range(200):
        books.document()
    with books.store.reading() as unit, statements() as sent:
        assert waits(unit, Wanted(sort="largest"), 1, NOW, plain).shown.total == PAGE + 210
    assert len(sent) == costs[0]
