"""What waits, what pays and what is meant by a name: found by what it is, among all that is neither."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentKind, DocumentState, Identity
from bridge.model.entries import Mode, Posting, Purpose, Slot
from bridge.model.findings import FindingState, Instruction, InstructionKind
from bridge.model.lines import Line
from bridge.store.api import Chain, KeptDocument
from bridge.store.sql import SqlStore, open_store, tables
from bridge.store.sql.dialect import dialect_of
from tests.fakes.clock import FakeClock
from tests.store import facts

MINE, OTHER = facts.connection().connection_id, facts.connection("other", "A2").connection_id
ROUTE = facts.route().route_id
UNSENT = (DeliveryState.HELD, DeliveryState.OWED, DeliveryState.WITHDRAWN)
DAY = timedelta(days=1)
S = DeliveryState


def save(
    store: SqlStore,
    name: str,
    state: DocumentState = DocumentState.HELD,
    reason: str = "",
    *,
    kind: DocumentKind = DocumentKind.ORDER,
    lines: Sequence[Line] = (),
    **more: Any,
) -> None:
    """Save a document as it stands; what it says of itself need not be what its lines add up to."""
    document = facts.document(lines, identity=Identity("shop", "S1", kind, name), **more)
    lines_minor = sum(line.amount_minor for line in lines)
    with store.unit("cli") as unit:
        unit.documents.add_many([(KeptDocument(document, MINE, lines_minor, state, facts.NOON, reason), lines)])


def names(found: tuple[KeptDocument, ...]) -> list[str]:
    return [kept.document.identity.external_id for kept in found]


def test_what_is_held_is_found_by_its_reason_and_by_its_day(store: SqlStore) -> None:
    """Its day is that of its payment; where nothing says when it was paid, the day it closed."""
    early, late = facts.NOON - 30 * DAY, facts.NOON
    save(store, "paid early", reason="before_first_day", closed_at=late, paid_at=early)
    save(store, "paid late", reason="before_first_day", closed_at=early, paid_at=late)
    save(store, "closed late", reason="before_first_day", closed_at=late + DAY)
    save(store, "closed early", reason="before_first_day", closed_at=early - DAY)
    save(store, "unpaid", reason="order.unpaid")
    save(store, "booked", DocumentState.BOOKED, "before_first_day")
    save(store, "new", DocumentState.NEW)
    with store.reading() as unit:
        every = unit.documents.held_for(MINE, ["before_first_day"])
        assert names(every) == ["closed early", "paid late", "paid early", "closed late"]
        assert names(unit.documents.held_for(MINE, ["before_first_day"], since=late)) == ["paid late", "closed late"]
        assert names(unit.documents.held_for(MINE, ["before_first_day", "order.unpaid"]))[-1] == "closed late"
        assert unit.documents.held_for(OTHER, ["before_first_day"]) == ()
        assert unit.documents.reasons(MINE, DocumentState.HELD) == {"before_first_day", "order.unpaid"}
        assert unit.documents.reasons(MINE, DocumentState.NEW) == {""}
        assert unit.documents.reasons(OTHER, DocumentState.HELD) == frozenset()


def test_only_the_newest_revision_waits_and_by_its_kind(store: SqlStore) -> None:
    save(store, "A", reason="order.unpaid")
    save(store, "A", DocumentState.NEW, revision=2)
    save(store, "P", DocumentState.NEW, kind=DocumentKind.PAYOUT, closed_at=facts.NOON + DAY)
    with store.reading() as unit:
        assert unit.documents.held_for(MINE, ["order.unpaid"]) == ()
        assert names(unit.documents.with_state(MINE, DocumentState.NEW)) == ["A", "P"]
        assert names(unit.documents.with_state(MINE, DocumentState.NEW, kinds=[DocumentKind.PAYOUT])) == ["P"]
        assert unit.documents.with_state(MINE, DocumentState.BOOKED, DocumentState.HELD) == ()


def test_payouts_are_found_by_total_and_by_status_and_what_takes_them_back_by_its_kind(store: SqlStore) -> None:
    payout, failed = DocumentKind.PAYOUT, facts.lines(1, kind="payout.failed", amount_minor=700)
    save(store, "P1", DocumentState.BOOKED, kind=payout, total_minor=700, status="paid")
    save(store, "P2", DocumentState.BOOKED, kind=payout, total_minor=900, status="failed")
    save(store, "S1", DocumentState.HELD, "x", kind=DocumentKind.SETTLEMENT, lines=failed)
    save(store, "O1", DocumentState.BOOKED, total_minor=700, status="failed")
    with store.reading() as unit:
        assert sorted(names(unit.documents.paying(MINE, totals=[700], statuses=["failed"]))) == ["P1", "P2", "S1"]
        assert names(unit.documents.paying(MINE, totals=[900])) == ["P2"]
        assert unit.documents.paying(MINE) == unit.documents.paying(OTHER, totals=[700]) == ()
        ((kept, minor, at),) = unit.documents.failures(MINE)
        assert (kept.document.identity.external_id, minor, at) == ("S1", 700, failed[0].occurred_at)
        assert unit.documents.failures(OTHER) == ()


def test_entries_are_found_many_at_once_by_document_by_group_and_by_the_beginning_of_their_id(store: SqlStore) -> None:
    first, second = facts.entry(1), facts.entry(1, place=facts.slot("2026-07"), document_id="doc_2")
    replaced = facts.entry(1, place=facts.slot("2026-08"), document_id="")
    with store.unit("books") as unit:
        for each in (first, second, replaced):
            unit.entries.add(each)
        unit.entries.replace([replaced.entry_id])
    with store.reading() as unit:
        entries = unit.entries
        assert set(entries.get_many([second.entry_id, first.entry_id, "ent_no"])) == {first.entry_id, second.entry_id}
        assert {name: len(kept) for name, kept in entries.of_documents(["doc_2", "doc_9"]).items()} == {"doc_2": 1}
        assert [kept.entry for kept in entries.of_group(ROUTE, "6100000001")] == [first, second]
        assert entries.of_group("rte_9", "6100000001") == ()
        assert entries.beginning(first.entry_id[:14]) == entries.beginning(first.entry_id) == (first.entry_id,)
        assert len(entries.beginning("ent_")) == 3
        assert [kept.entry for kept in entries.chain(replaced.slot, live_only=True)] == []
        assert [kept.entry for kept in entries.chain(replaced.slot)] == [replaced]


def test_entries_are_found_by_what_they_pay_or_take_back(store: SqlStore) -> None:
    def legs(minor: int, kind: str) -> tuple[Posting, ...]:
        return Posting(1, "1000", minor, kind, ""), Posting(2, "1200", -minor, kind, "")

    bank = [facts.entry(1, place=facts.slot("bank", f"{n}"), postings=legs(n, "bank")) for n in (700, 900)]
    back = facts.entry(1, place=facts.slot(), postings=legs(700, "payout.failed"))
    gone = facts.entry(1, place=facts.slot("bank", "gone"), postings=legs(700, "bank"), purpose=Purpose.BANK)
    with store.unit("books") as unit:
        for each in (*bank, back, gone, facts.entry(1, place=facts.slot("2026-07"))):
            unit.entries.add(each)
        unit.entries.replace([gone.entry_id])
    with store.reading() as unit:
        assert [kept.entry for kept in unit.entries.with_kind(ROUTE, "bank", amounts=[700, 5])] == bank[:1]
        assert {kept.entry.entry_id for kept in unit.entries.with_kind(ROUTE, "bank")} == {one.entry_id for one in bank}
        assert [kept.entry for kept in unit.entries.with_kind(ROUTE, "payout.failed")] == [back]
        assert unit.entries.with_kind(ROUTE, "bank", amounts=[]) == unit.entries.with_kind("rte_9", "bank") == ()


def test_the_end_of_a_chain_is_its_last_number_and_one_more_than_the_last_sent_was_told(store: SqlStore) -> None:
    """Where a person withdrew one between two that were sent, their count would tell a key anew."""
    slot = Slot(ROUTE, Mode.DAY, "USD 2026-06-14", "sales")
    with store.reading() as unit:
        assert unit.entries.chains([slot], UNSENT) == {slot: Chain()}
    with store.unit("books") as unit:
        for number, (sent_before, state) in enumerate(
            ((0, S.DELIVERED), (1, S.WITHDRAWN), (2, S.IN_DOUBT), (3, S.OWED)), start=1
        ):
            entry = facts.entry(number, place=slot, sent_before=sent_before)
            unit.entries.add(entry)
            unit.deliveries.add(facts.delivery(entry.entry_id, state, round=number))
    with store.reading() as unit:
        chain = unit.entries.chains([slot], UNSENT)[slot]
        assert (chain.number, chain.sent_before) == (4, 3)
        assert chain.from_round(2) == 4
        assert chain.from_round(9) == 0
        assert unit.entries.chains([facts.slot()], UNSENT)[facts.slot()].from_round(2) == 0


def test_a_voucher_never_tried_leaves_the_round_free(store: SqlStore) -> None:
    with store.unit("books") as unit:
        unit.entries.add(facts.entry())
        unit.deliveries.add(facts.delivery(facts.entry().entry_id))
        assert unit.entries.chains([facts.slot()], UNSENT)[facts.slot()].from_round(0) == 0


def test_vouchers_are_found_many_at_once_by_number_by_reference_and_by_the_beginning_of_their_id(
    store: SqlStore,
) -> None:
    owed, there = facts.delivery(), facts.delivery("ent_2", S.DELIVERED, ref="145")
    unplanned = facts.delivery("ent_3", S.HELD, voucher=None)
    with store.unit("books") as unit:
        for each in (owed, there, unplanned):
            unit.deliveries.add(each)
    assert owed.voucher is not None
    with store.reading() as unit:
        deliveries = unit.deliveries
        assert deliveries.of_entries(["ent_2", "ent_9"]) == {"ent_2": (there,)}
        assert deliveries.refs([owed.voucher_id, there.voucher_id]) == {there.voucher_id: "145"}
        assert deliveries.named(owed.voucher.number) == (owed,)
        assert deliveries.named("145") == (there,)
        assert deliveries.named("") == deliveries.named("nothing") == ()
        assert deliveries.beginning(owed.voucher_id[:14]) == (owed.voucher_id,)
        assert [(one.state, one.count) for one in deliveries.standing(facts.LEDGER, S.DELIVERED)] == [(S.DELIVERED, 1)]


def test_a_voucher_that_is_planned_later_is_found_by_its_number_from_then_on(store: SqlStore) -> None:
    unplanned = facts.delivery(state=S.HELD, voucher=None)
    voucher = facts.voucher()
    planned = facts.moved(unplanned, S.OWED, voucher=voucher)
    with store.unit("books") as unit:
        unit.deliveries.add(unplanned)
        assert unit.deliveries.named(voucher.number) == ()
        unit.deliveries.move(unplanned, planned)
        assert unit.deliveries.named(voucher.number) == (planned,)


def test_findings_and_instructions_are_found_by_what_they_are_about(store: SqlStore) -> None:
    ours, other = facts.finding("a"), facts.finding("b")
    said = Instruction(InstructionKind.RELEASE, "vch_1", "ann", "seen", facts.NOON)
    with store.unit("ann") as unit:
        unit.findings.add(ours, facts.NOON)
        unit.findings.add(other, facts.NOON)
        unit.instructions.add(said)
    with store.unit("drift") as unit:
        unit.findings.settle(ROUTE, [], facts.NOON, prefix="drift.")
    with store.reading() as unit:
        (kept,) = unit.findings.of_ids([ours.finding_id, "fnd_no"])
        assert (kept.finding, kept.state) == (ours, FindingState.CLOSED)
        assert unit.findings.beginning(other.finding_id[:14]) == (other.finding_id,)
        assert unit.instructions.of_subjects(["vch_1", "vch_2"]) == {"vch_1": (said,)}


def test_a_database_of_the_version_before_learns_the_numbers_of_its_vouchers(empty_url: str) -> None:
    """More than a page of them, and those that have none."""
    vouchers = [facts.delivery(f"ent_{number}") for number in range(1_203)]
    _at_first_version(empty_url)
    store = open_store(empty_url, "local", FakeClock())
    _insert_as_it_was(empty_url, [*vouchers, facts.delivery("ent_held", S.HELD, voucher=None)])

    store.migrate()

    with store.reading() as unit:
        assert all(unit.deliveries.named(each.voucher.number) == (each,) for each in vouchers[::97] if each.voucher)
        assert len(list(unit.deliveries.of_route(ROUTE))) == 1_204
    store.close()


def _at_first_version(url: str) -> None:
    config = Config()
    config.set_main_option("script_location", "bridge.store.sql:migrations")
    config.set_main_option("path_separator", "os")
    dialect = dialect_of(url)
    engine = dialect.engine()
    with dialect.transaction(engine, is_reading=False) as connection:
        config.attributes |= {"connection": connection, "dialect": dialect}
        command.upgrade(config, "0001")
    engine.dispose()


def _insert_as_it_was(url: str, deliveries: list[object]) -> None:
    """Rows as the version before wrote them: it knew no column for the number, nor for what it comes to."""
    later = {"number", "total_minor", "currency"}
    columns = [column for column in tables.delivery.columns if column.name not in later]
    former = sa.table("delivery", *(sa.column(column.name, column.type) for column in columns))
    rows = [
        {column.name: getattr(each, column.name, None) for column in columns}
        | {"organisation_id": "local", "dated_on": date(2026, 6, 14)}
        for each in deliveries
    ]
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.insert(former), rows)
    engine.dispose()
