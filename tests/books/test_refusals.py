"""Documents that are not booked, and say why."""

from datetime import date

import pytest

from bridge.books import Result
from bridge.errors import ConfigError
from bridge.model.documents import DocumentKind
from tests.books.book import Book, MakeBook
from tests.books.builders import line, settlement


def test_lines_that_miss_the_total_hold_the_settlement_with_the_exact_difference(book: Book) -> None:
    """F22, D02: nothing is booked, and one missing cent is named."""
    short = settlement("S1", "2026-06-02 sale.product 99.99", total="100.00")
    outcome = book.book(short).documents[0]

    assert (outcome.result, outcome.reason) == (Result.HELD, "settlement.unbalanced")
    assert outcome.message == "its total is 100.00 USD but its lines add up to 99.99 USD: 0.01 USD apart"
    assert book.document_state(short) == ("held", "settlement.unbalanced")
    assert book.entries() == []


def test_money_that_a_reader_ignored_holds_the_settlement(book: Book) -> None:
    """F23: an ignored line cannot make money vanish; the total would not be met."""
    text = "2026-06-02 sale.product 100.00\n2026-06-02 ignored -1.00"
    outcome = book.book(settlement("S1", text)).documents[0]

    assert (outcome.result, outcome.reason) == (Result.HELD, "settlement.unbalanced")
    assert outcome.message.endswith("-1.00 USD apart")


def test_one_bad_settlement_does_not_stop_the_others(book: Book) -> None:
    """F11: the run goes on."""
    bad = settlement("S1", "2026-06-02 sale.product 1.00", total="2.00")
    good = settlement("S2", "2026-06-02 sale.product 1.00")
    run = book.book(bad, good)

    assert {outcome.external_id: outcome.result for outcome in run.documents} == {
        "S1": Result.HELD,
        "S2": Result.BOOKED,
    }


def test_what_closed_before_the_first_day_is_left_out_and_let_in_when_the_day_moves(book: Book) -> None:
    old = settlement("S1", "2025-12-02 sale.product 1.00", opened="2025-12-01", closed="2025-12-14")
    outcome = book.book(old).documents[0]

    assert (outcome.result, outcome.reason) == (Result.BEFORE_FIRST_DAY, "before_first_day")
    assert book.document_state(old) == ("held", "before_first_day")
    assert book.run().documents == ()

    book.change_route(first_day=book.route.first_day.replace(year=2025))
    assert [outcome.result for outcome in book.run().documents] == [Result.BOOKED]


def test_lines_from_before_the_first_day_go_to_opening_clearing_and_the_payout_ties(make_book: MakeBook) -> None:
    """Nothing is dated before the first day, and sales from before it are not booked as sales."""
    book = make_book(first_day=date(2026, 6, 5))
    text = "2026-05-30 sale.product 100.00\n2026-06-02 fee.storage -10.00\n2026-06-08 sale.product 7.00"
    book.book(settlement("S1", text, opened="2026-05-20", closed="2026-06-14"))

    assert book.accounts("S1 2026-06") == {"1200": "97.00", "1285": "-90.00", "4000": "-7.00"}
    assert [entry.slot.part for entry in book.entries()] == ["2026-06", "bank"]


def test_a_document_that_payout_mode_has_no_place_for_is_held(book: Book) -> None:
    order = settlement("O1", "2026-06-02 sale.product 1.00", kind=DocumentKind.ORDER)
    outcome = book.book(order).documents[0]

    assert (outcome.result, outcome.reason) == (Result.HELD, "mode.no_place")


def test_a_mode_that_cannot_be_booked_is_refused_before_anything_is_done(make_book: MakeBook) -> None:
    book = make_book(mode="day")

    with pytest.raises(ConfigError, match="mode day cannot be booked"):
        book.run()


def test_two_equal_lines_are_both_booked(book: Book) -> None:
    """Byte-identical rows of a settlement are two events."""
    twins = [line(key, "fee.storage", "-1.50", "2026-06-02") for key in ("1", "2")]
    book.book(settlement("S1", twins))

    assert book.balance("5220") == "3.00"


def test_another_revision_never_joins_one_that_is_booked(book: Book) -> None:
    """F49: however it came to be offered for booking, it is held; the booked one stays."""
    first = settlement("S1", "2026-06-02 sale.product 1.00")
    book.book(first)
    again = settlement("S1", "2026-06-02 sale.product 2.00", revision=2)
    outcome = book.book(again).documents[0]

    assert (outcome.result, outcome.reason) == (Result.HELD, "settlement.reissued")
    assert book.balance("4000") == "-1.00"


def test_a_preview_needs_no_ledger_while_nothing_could_be_planned(make_book: MakeBook) -> None:
    book = make_book(tax_regime="us_sales_tax")
    book.ledger.is_authorized = False
    book.book(settlement("S1", "2026-06-02 sale.product 1.00"))

    assert [shown.body for shown in book.views().preview(book.route.name)] == [None, None]
