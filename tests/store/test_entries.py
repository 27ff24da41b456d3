"""Entries, their chains, and the fate of every line."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
import sqlalchemy as sa

from bridge.errors import ConfigError, InvariantError, StaleError
from bridge.model.documents import DocumentKind, Identity
from bridge.model.entries import Fate, Posting, Purpose, Reversal
from bridge.model.lines import Line, Part
from bridge.store.api import Reserve
from bridge.store.sql import SqlStore
from tests.store import facts

DOCUMENT = facts.SETTLEMENT.document_id
ENTRY = facts.entry().entry_id


@pytest.fixture
def some(store: SqlStore) -> tuple[Line, ...]:
    """Five saved lines, and an entry for them."""
    lines = facts.lines(5)
    with store.unit("books") as unit:
        facts.save(unit, lines)
        unit.entries.add(facts.entry())
    return lines


def test_an_entry_comes_back_as_it_was_saved(store: SqlStore) -> None:
    ours = facts.entry(after=("ent_before",), purpose=Purpose.BANK, sent_before=2)
    with store.unit("books") as unit:
        unit.entries.add(ours)
    with store.reading() as unit:
        kept = unit.entries.get(ours.entry_id)
        assert (kept.entry, kept.is_live) == (ours, True)
        assert unit.entries.of_document(DOCUMENT) == unit.entries.chain(ours.slot) == (kept,)
        with pytest.raises(ConfigError):
            unit.entries.get("ent_unknown")


def test_a_slot_holds_a_chain_whose_numbers_follow_each_other(store: SqlStore) -> None:
    with store.unit("books") as unit:
        unit.entries.add(facts.entry(1))
        unit.entries.replace([facts.entry(1).entry_id])
        unit.entries.add(facts.entry(2, amount_minor=900))
    for taken_or_early in (1, 2, 4):
        with pytest.raises(StaleError), store.unit("books") as unit:
            unit.entries.add(facts.entry(taken_or_early))
    with store.reading() as unit:
        chain = unit.entries.chain(facts.slot())
        assert [(kept.entry.number, kept.is_live) for kept in chain] == [(1, False), (2, True)]
        assert [posting.amount_minor for posting in chain[1].entry.postings] == [-900, 900]


def test_a_second_fate_is_refused_by_the_schema(store: SqlStore, some: tuple[Line, ...]) -> None:
    """Promise 1: one live booking per line, whoever tries and however."""
    with store.unit("books") as unit:
        facts.bind(unit, DOCUMENT, 1, facts.booked(some, ENTRY))
    for second in (Fate(some[0].key, ENTRY, 2), Fate(some[0].key, reason="zero")):
        with pytest.raises(InvariantError) as refused, store.unit("books") as unit:
            facts.bind(unit, DOCUMENT, 1, [second])
        assert refused.value.code == "store.second_fate"


def test_a_fate_needs_a_line_and_a_posting_that_are_there(store: SqlStore, some: tuple[Line, ...]) -> None:
    for fate in (Fate("9999999", ENTRY, 1), Fate(some[0].key, "ent_unknown", 1), Fate(some[0].key, ENTRY, 7)):
        with pytest.raises(InvariantError), store.unit("books") as unit:
            facts.bind(unit, DOCUMENT, 1, [fate])


def test_booked_and_excluded_at_once_is_refused_by_the_schema(
    store: SqlStore, some: tuple[Line, ...], database_url: str
) -> None:
    engine = sa.create_engine(database_url)
    statement = sa.text(
        "INSERT INTO fate (organisation_id, document_id, line_key, revision, entry_id, posting, reason)"
        " VALUES ('local', :document, :line, 1, :entry, :posting, :reason)"
    )
    for entry, posting, reason in ((ENTRY, 1, "zero"), (None, None, None), (ENTRY, None, None)):
        values = {"document": DOCUMENT, "line": some[0].key, "entry": entry, "posting": posting, "reason": reason}
        with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
            connection.execute(statement, values)
    engine.dispose()


def test_fates_may_come_before_their_entry(store: SqlStore) -> None:
    some = facts.lines(2)
    with store.unit("books") as unit:
        facts.save(unit, some)
        facts.bind(unit, DOCUMENT, 1, facts.booked(some, ENTRY))
        unit.entries.add(facts.entry())
    with store.reading() as unit:
        assert list(unit.entries.lines_of(ENTRY, 1)) == [some]


def test_a_posting_knows_the_lines_it_sums(store: SqlStore, some: tuple[Line, ...]) -> None:
    with store.unit("books") as unit:
        facts.bind(unit, DOCUMENT, 1, facts.booked(some[:2], ENTRY, 1))
        facts.bind(unit, DOCUMENT, 1, facts.booked(some[2:4], ENTRY, 2))
        facts.bind(unit, DOCUMENT, 1, [Fate(some[4].key, reason="zero")])
    with store.reading() as unit:
        assert list(unit.entries.lines_of(ENTRY, 1)) == [some[:2]]
        assert list(unit.entries.lines_of(ENTRY, 2)) == [some[2:4]]
        assert [line for page in unit.entries.lines_of(ENTRY, 0) for line in page] == list(some[:4])
        assert unit.entries.exclusions(DOCUMENT) == (("zero", 1, 1000),)


def test_of_a_posting_only_the_first_lines_are_read_those_taken_back_since_included(
    store: SqlStore, some: tuple[Line, ...]
) -> None:
    later = facts.entry(2)
    with store.unit("books") as unit:
        facts.bind(unit, DOCUMENT, 1, facts.booked(some[:4], ENTRY, 1))
        unit.entries.add(later)
        unit.entries.take_back([(DOCUMENT, Reversal(some[0].key, 1, ENTRY, 1, later.entry_id, 1))])
    whole = (*some[1:4], some[0])
    with store.reading() as unit:
        assert [unit.entries.some_lines_of(ENTRY, 1, limit) for limit in range(6)] == [whole[:n] for n in range(6)]
        assert unit.entries.some_lines_of(ENTRY, 2, 5) == ()
        for line in some:
            end = line.occurred_at + timedelta(seconds=1)
            assert unit.entries.has_lines(ENTRY, 1, line.occurred_at, end) is (line != some[4])
        assert unit.entries.has_lines(ENTRY, 1, None, some[0].occurred_at) is False
        assert unit.entries.has_lines(ENTRY, 1, some[3].occurred_at, None) is True
        assert unit.entries.has_lines(ENTRY, 2, None, None) is False


def test_of_the_documents_of_an_entry_only_the_first_are_read_and_all_are_counted(store: SqlStore) -> None:
    identities = [Identity("shop", "S1", DocumentKind.ORDER, f"{number}") for number in range(5)]
    with store.unit("books") as unit:
        unit.entries.add(facts.entry())
        for identity in identities:
            lines = facts.lines(3)
            facts.save(unit, lines, facts.document(lines, identity=identity))
            facts.bind(unit, identity.document_id, 1, facts.booked(lines, ENTRY))
    ids = sorted(identity.document_id for identity in identities)
    with store.reading() as unit:
        assert unit.entries.some_documents_in(ENTRY, 2) == (tuple(ids[:2]), 5)
        assert unit.entries.some_documents_in(ENTRY, 9) == (tuple(ids), 5)
        assert unit.entries.some_documents_in("ent_9", 9) == ((), 0)


def test_many_lines_of_a_posting_come_in_pages(store: SqlStore) -> None:
    some = facts.lines(11_000)
    with store.unit("books") as unit:
        facts.save(unit, some)
        unit.entries.add(facts.entry())
        facts.bind(unit, DOCUMENT, 1, facts.booked(some, ENTRY))
    with store.reading() as unit:
        pages = list(unit.entries.lines_of(ENTRY, 1))
    assert [len(page) for page in pages] == [5_000, 5_000, 1_000]
    assert tuple(line for page in pages for line in page) == some


def test_replacing_an_entry_frees_its_lines(store: SqlStore, some: tuple[Line, ...]) -> None:
    with store.unit("books") as unit:
        facts.bind(unit, DOCUMENT, 1, [*facts.booked(some[:4], ENTRY), Fate(some[4].key, reason="zero")])
        unit.entries.replace([ENTRY])
        unit.entries.add(facts.entry(2))
        facts.bind(unit, DOCUMENT, 1, facts.booked(some, facts.entry(2).entry_id), again=True)
    with store.reading() as unit:
        assert not unit.entries.get(ENTRY).is_live
        assert list(unit.entries.lines_of(ENTRY, 0)) == []
        assert list(unit.entries.lines_of(facts.entry(2).entry_id, 0)) == [some]
    with pytest.raises(StaleError), store.unit("books") as unit:
        unit.entries.replace([ENTRY])


def test_the_entries_of_a_route_come_in_slot_order(store: SqlStore) -> None:
    ours = [facts.entry(place=facts.slot(group=f"{number:04d}")) for number in range(450)]
    with store.unit("books") as unit:
        for one in reversed(ours):
            unit.entries.add(one)
        unit.entries.add(facts.entry(place=facts.slot(route_id="rte_other")))
        unit.entries.replace([ours[7].entry_id])
    with store.reading() as unit:
        live = [kept.entry.entry_id for kept in unit.entries.of_route(facts.route().route_id)]
        every = [kept.entry for kept in unit.entries.of_route(facts.route().route_id, live_only=False)]
    assert every == ours
    assert live == [one.entry_id for one in ours if one is not ours[7]]


def test_live_entries_are_found_by_what_their_postings_are_for(store: SqlStore) -> None:
    total, other = facts.entry(), facts.entry(place=facts.slot("2026-07"))
    bank = facts.entry(place=facts.slot("bank"), postings=(Posting(1, "1000", 0, "bank", ""),))
    with store.unit("books") as unit:
        for one in (bank, other, total, facts.entry(place=facts.slot(route_id="rte_other"))):
            unit.entries.add(one)
        unit.entries.replace([other.entry_id])
    with store.reading() as unit:
        route_id = facts.route().route_id
        assert [kept.entry for kept in unit.entries.with_kind(route_id, "settlement.total")] == [total]
        assert [kept.entry for kept in unit.entries.with_kind(route_id, "bank", "settlement.total")] == [total, bank]
        assert unit.entries.with_kind(route_id, "carry") == ()


def test_a_reserve_is_what_booked_lines_of_its_kind_did_to_its_account(store: SqlStore) -> None:
    at = facts.NOON
    some = [
        Line(key="1", kind="reserve", part=Part.ADJUSTMENT, amount_minor=300, occurred_at=at),
        Line(key="2", kind="reserve", part=Part.ADJUSTMENT, amount_minor=112, occurred_at=at - timedelta(days=3)),
        Line(key="3", kind="reserve", part=Part.ADJUSTMENT, amount_minor=-120, occurred_at=at - timedelta(days=9)),
        Line(key="4", kind="reserve", part=Part.ADJUSTMENT, amount_minor=77, occurred_at=at),
        Line(key="5", kind="fee.storage", part=Part.FEE, amount_minor=-5, occurred_at=at),
    ]
    postings = (
        Posting(1, "1260", -292, "reserve", "default", 3),
        Posting(2, "1285", -77, "reserve", "bridge:opening", 1),
        Posting(3, "1260", 5, "fee.storage", "odd", 1),
        Posting(4, "1200", 364, "settlement.total", ""),
    )
    entry = facts.entry(postings=postings)
    places = (1, 1, 1, 2, 3)
    with store.unit("books") as unit:
        facts.save(unit, some)
        unit.entries.add(entry)
        fates = [Fate(line.key, entry.entry_id, place) for line, place in zip(some, places, strict=True)]
        facts.bind(unit, DOCUMENT, 1, fates)
    route_id = facts.route().route_id
    with store.reading() as unit:
        assert unit.entries.reserves("rte_other", "1260", "reserve") == ()
        assert unit.entries.reserves(route_id, "1260", "reserve") == (
            Reserve(DOCUMENT, 1, at, "USD", 412, 120, at - timedelta(days=3)),
        )
    with store.unit("books") as unit:
        unit.entries.replace([entry.entry_id])
    with store.reading() as unit:
        assert unit.entries.reserves(route_id, "1260", "reserve") == ()


@pytest.mark.parametrize(
    "harm",
    [
        "UPDATE line SET amount_minor = amount_minor + 1",
        "DELETE FROM line",
        "UPDATE posting SET amount_minor = amount_minor + 1",
        "DELETE FROM posting",
    ],
)
def test_lines_and_postings_cannot_be_changed_in_the_database(
    store: SqlStore, some: tuple[Line, ...], database_url: str, harm: str
) -> None:
    """Promise 3: facts and entries are never edited."""
    engine = sa.create_engine(database_url)
    with pytest.raises(sa.exc.DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(sa.text(harm))
    engine.dispose()


def test_what_the_live_entries_of_a_route_touch_is_told_once_each(store: SqlStore) -> None:
    first, second, gone = facts.entry(), facts.entry(place=facts.slot("2026-07")), facts.entry(place=facts.slot("x"))
    other = msgspec.structs.replace(gone.postings[0], account="4999")
    gone = msgspec.structs.replace(gone, postings=(other, gone.postings[1]))
    with store.unit("cli") as unit:
        unit.entries.add_many([first, second, gone])
        unit.entries.replace([gone.entry_id])
        assert unit.entries.touched(facts.route().route_id) == {("4000", "sale.product"), ("1240", "settlement.total")}
        assert unit.entries.touched("rte_2") == frozenset()
