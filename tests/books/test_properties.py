"""What holds for any lines, any calendar, any order, any repetition."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.model.deliveries import DeliveryState
from bridge.model.lines import Line, kinds
from tests.books.book import Book, MakeBook
from tests.books.builders import Received, line, settlement

KINDS = sorted(set(kinds()) - {"ignored", "unclassified"})
START = datetime(2026, 4, 20, 3, tzinfo=UTC)
LENGTH = timedelta(days=75)
GROUPS = ("", "order-1", "order-2", "order-3")
slow = settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])

some_lines = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(-100_000, 100_000),
        st.floats(-0.1, 1.1),
        st.sampled_from(GROUPS),
    ),
    max_size=40,
)
zones = st.sampled_from(["America/Los_Angeles", "UTC", "Pacific/Auckland", "Asia/Kolkata", "America/Sao_Paulo"])


def made(rows: Sequence[tuple[str, int, float, str]]) -> list[Line]:
    return [
        line(f"{number:04d}", kind, minor, START + LENGTH * when, tax_group=group)
        for number, (kind, minor, when, group) in enumerate(rows)
    ]


def of(name: str, rows: Sequence[tuple[str, int, float, str]]) -> Received:
    return settlement(name, made(rows), opened=START, closed=START + LENGTH, pays=START + LENGTH + timedelta(days=2))


@slow
@given(some_lines, zones)
def test_whatever_the_lines_the_books_balance_and_every_cent_has_one_place(
    make_book: MakeBook, rows: list[tuple[str, int, float, str]], zone: str
) -> None:
    """D01, D02: entries balance, the total stands on clearing, 1280 is zero, every line has one fate.

    2110 is zero, or a finding tells what stands there.
    """
    received = of("S1", rows)
    book = make_book(time_zone=zone)
    outcome = book.book(received).documents[0]

    entries = book.entries()
    assert all(sum(posting.amount_minor for posting in entry.postings) == 0 for entry in entries)
    totals = [p.amount_minor for entry in entries for p in entry.postings if p.kind == "settlement.total"]
    assert sum(totals) == received.document.total_minor
    assert book.balance("1280") == "0.00"
    assert book.balance_minor("2110") == sum(
        kept.finding.amount_minor for kept in book.findings() if kept.finding.code == "books.facilitator_residue"
    )
    summed = {p.kind: 0 for entry in entries for p in entry.postings}
    for entry in entries:
        for posting in entry.postings:
            summed[posting.kind] += posting.amount_minor
    for kind in KINDS:
        assert summed.get(kind, 0) == -sum(one.amount_minor for one in received.lines if one.kind == kind)
    booked = [key for _, key, _ in book.booked_lines()]
    assert sorted(booked) == [one.key for one in received.lines if one.amount_minor]
    assert outcome.excluded == ((("zero", len(rows) - len(booked)),) if len(rows) > len(booked) else ())


@slow
@given(some_lines, some_lines, st.data())
def test_order_and_repetition_of_imports_change_nothing(
    make_book: MakeBook,
    first: list[tuple[str, int, float, str]],
    second: list[tuple[str, int, float, str]],
    data: st.DataObject,
) -> None:
    """F09: the same documents, in any order and however often, give the same books."""
    documents = [of("S1", first), of("S2", second)]
    plain = make_book()
    plain.book(*documents)
    shuffled = make_book()
    for one in data.draw(st.lists(st.sampled_from(documents), min_size=2, max_size=5)):
        shuffled.book(one)
    shuffled.book(*reversed(documents))

    assert shuffled.balances() == plain.balances()
    assert shuffled.booked_lines() == plain.booked_lines()
    assert ids(shuffled) == ids(plain)


@slow
@given(some_lines)
def test_the_order_of_lines_within_a_file_does_not_move_the_postings(
    make_book: MakeBook, rows: list[tuple[str, int, float, str]]
) -> None:
    """D06: postings and their numbers follow from what the lines are."""
    one, other = make_book(), make_book()
    one.book(of("S1", rows))
    other.book(of("S1", rows[::-1]))

    assert [entry.postings for entry in one.entries()] == [entry.postings for entry in other.entries()]


def ids(book: Book) -> list[tuple[str, str]]:
    """Every voucher that stands; an opening that an earlier settlement made needless was withdrawn."""
    return sorted(
        (each.voucher_id, each.state.value) for each in book.deliveries() if each.state is not DeliveryState.WITHDRAWN
    )
