"""The texts of a slot are composed and read in one place, and say the same for ever: ids and keys derive from them."""

from __future__ import annotations

import ast
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import InvariantError
from bridge.model.documents import DocumentKind
from bridge.model.entries import Mode, Slot
from bridge.model.periods import month_of
from bridge.model.slots import (
    BankPart,
    BookDay,
    BouncedPart,
    ConvertedPart,
    DayFees,
    DaySales,
    DocumentPart,
    ExchangePart,
    FirstDayPart,
    MonthPart,
    OpeningPart,
    SalesOfMonth,
    SlotPart,
    compose,
    is_of_fees,
    parse,
)

JUNE_7 = date(2026, 6, 7)
STORED: tuple[tuple[SlotPart, str], ...] = (
    (MonthPart("2026-06"), "2026-06"),
    (SalesOfMonth("2026-06"), "sales 2026-06"),
    (BankPart(), "bank"),
    (BouncedPart(), "bounced"),
    (OpeningPart(), "opening"),
    (FirstDayPart("USD"), "opening USD"),
    (ExchangePart(JUNE_7), "exchange 2026-06-07"),
    (ConvertedPart(JUNE_7, "USD", is_paid=False), "captured USD 2026-06-07"),
    (ConvertedPart(JUNE_7, "USD", is_paid=True), "paid USD 2026-06-07"),
    (DocumentPart(DocumentKind.REFUND, "12", JUNE_7), "refund 12 2026-06-07"),
    (DocumentPart(DocumentKind.FEE, "a b", JUNE_7), "fee a b 2026-06-07"),
    (DaySales(), "sales"),
    (DayFees(), "fees"),
)
MONTHS = st.dates().map(month_of)
# An external id is whatever text the channel uses, and may look like anything that is composed here.
IDS = st.text(min_size=1) | st.sampled_from([" ", "2026-06", "sales", "order 1 2026-06-07", "exchange 2026-06-07"])
PARTS: st.SearchStrategy[SlotPart] = st.one_of(
    st.builds(MonthPart, MONTHS),
    st.builds(SalesOfMonth, MONTHS),
    st.sampled_from([BankPart(), BouncedPart(), OpeningPart(), DaySales(), DayFees()]),
    st.builds(ExchangePart, st.dates()),
    st.builds(DocumentPart, st.sampled_from(DocumentKind), IDS, st.dates()),
)


@pytest.mark.parametrize(("part", "text"), STORED)
def test_parts_are_stored_as_they_always_were(part: SlotPart, text: str) -> None:
    assert compose(part) == text
    assert Slot("rte_1", Mode.PAYOUT, "1", text).what == part


@given(PARTS)
def test_a_part_that_is_stored_is_read_back(part: SlotPart) -> None:
    assert parse(compose(part)) == part


@given(PARTS, PARTS)
def test_two_parts_never_share_a_text(one: SlotPart, other: SlotPart) -> None:
    assert (compose(one) == compose(other)) == (one == other)


@given(st.text(alphabet=st.characters(codec="ascii", categories=["Lu"]), min_size=3, max_size=3), st.dates())
def test_a_book_day_that_is_stored_is_read_back(currency: str, day: date) -> None:
    assert BookDay.parse(BookDay(currency, day).text) == BookDay(currency, day)


def test_a_book_day_is_stored_as_it_always_was() -> None:
    assert BookDay("USD", JUNE_7).text == "USD 2026-06-07"


@pytest.mark.parametrize(
    "text",
    ["", "2026-13", "2026-6", "202606", "sales 2026", "exchange", "gift 1 2026-06-07", "order 1", "Bank", "bank "],
)
def test_a_text_that_no_part_is_stored_as_is_refused(text: str) -> None:
    with pytest.raises(InvariantError):
        parse(text)


@pytest.mark.parametrize("text", ["USD", "USD 20260607", "2026-06-07 ", ""])
def test_a_text_that_no_book_day_is_stored_as_is_refused(text: str) -> None:
    with pytest.raises(InvariantError):
        BookDay.parse(text)


@given(PARTS)
def test_a_part_is_of_fees_as_the_beginning_of_its_text_tells(part: SlotPart) -> None:
    assert is_of_fees(part) == compose(part).startswith(("fee", "adjustment"))


def test_no_room_composes_a_part_by_itself() -> None:
    rooms = Path(__file__).parents[2] / "src/bridge"
    made = [
        call.args[3]
        for path in sorted(rooms.rglob("*.py"))
        if not {"testing", "sql"} & set(path.parts)
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "Slot"
    ]

    assert made
    assert {ast.unparse(part).partition("(")[0] for part in made} == {"compose"}
