"""Settlements that hang together: debts carried over, charges, payouts that bounce, negative totals."""

from bridge.model.deliveries import DeliveryState
from tests.books.book import DAY, Book, MakeBook, plain
from tests.books.builders import Received, settlement
from tests.books.raw import sample


def first(total: str = "100.00") -> Received:
    return settlement(
        "S1", f"2026-06-05 sale.product {total}", opened="2026-06-01", closed="2026-06-14", pays="2026-06-16"
    )


def bounced(amount: str = "100.00") -> Received:
    text = f"2026-06-17 payout.failed {amount}\n2026-06-20 sale.product 40.00"
    return settlement("S2", text, opened="2026-06-14", closed="2026-06-28", pays="2026-07-30")


def test_a_negative_settlement_is_booked_without_a_payout(make_book: MakeBook) -> None:
    book = make_book(currency="CAD", country="US", time_zone="America/Toronto")
    book.book(sample("ca_v2_negative.txt"))

    assert book.accounts("28500000021 2026-05")["1200"] == "-298.23"
    assert book.vouchers() == "28500000021 2026-05 owed"


def test_after_debt_and_charge_clearing_ends_at_the_deposit(make_book: MakeBook) -> None:
    """The debt carried in and the charge to the card both move clearing; the card's own feed line is coded there."""
    book = make_book(currency="CAD", country="US", time_zone="America/Toronto")
    book.book(sample("ca_v2_negative.txt"), sample("ca_v2_after_negative.txt"))

    card_feed = 298_23
    assert book.balance_minor("1200", include_bank_legs=False) + card_feed == 59_61
    assert book.entry("28500000022 2026-05") == plain("""
        2026-05-29 Amazon settlement 28500000022
            1200 Amazon clearing                            298.23 CAD   balance.carried_in
            1200 Amazon clearing                           -298.23 CAD   balance.paid
            2110 Marketplace-facilitator tax pass-through   -11.96 CAD   tax.collected
            2110 Marketplace-facilitator tax pass-through    11.96 CAD   tax.facilitator
            4000 Product sales                              -92.00 CAD   sale.product
            5200 Fulfilment fees                             17.29 CAD   fee.fulfilment
            6000 Marketplace referral fees                   13.80 CAD   fee.referral
            6200 Advertising                                  1.30 CAD   fee.advertising
            1200 Amazon clearing                             59.61 CAD   settlement.total
    """)


def test_a_payout_waits_until_its_day_and_then_follows_its_settlement(book: Book) -> None:
    book.clock.advance(-20 * DAY)
    book.book(first())
    assert book.vouchers() == plain("""
        S1 2026-06  owed
        S1 bank     held  payout.not_paid
    """)

    book.clock.advance(20 * DAY)
    book.run()
    assert book.deliver() == ["S1 2026-06", "S1 bank"]


def test_a_payout_that_failed_before_it_was_sent_is_withdrawn(book: Book) -> None:
    book.clock.advance(-20 * DAY)
    book.book(first())
    book.clock.advance(20 * DAY)
    book.book(bounced())

    assert book.vouchers() == plain("""
        S1 2026-06  owed
        S1 bank     withdrawn  payout.failed
        S2 2026-06  owed
        S2 bank     held  payout.not_paid
    """)
    assert "S2" in book.delivery("S1 bank").note
    assert book.findings() == []


def test_a_bounced_payout_leaves_clearing_at_what_the_next_one_pays(book: Book) -> None:
    book.book(first(), bounced())
    book.clock.advance(60 * DAY)
    book.run()
    book.deliver()

    assert book.accounts("S2 2026-06") == {"1200": "40.00", "4000": "-40.00"}
    assert book.ledger.trial_balance() == {"1000": 140_00, "4000": -140_00}


def test_a_payout_that_failed_after_its_transfer_was_sent_is_a_finding(book: Book) -> None:
    book.book(first())
    book.deliver()
    book.book(bounced())
    book.run()

    [kept] = book.findings()
    assert (kept.finding.code, kept.finding.amount_minor, kept.finding.severity) == (
        "books.payout_bounced",
        10_000,
        "error",
    )
    assert kept.finding.ref == book.delivery("S1 bank").ref
    assert book.delivery("S1 bank").state is DeliveryState.DELIVERED


def test_a_failed_line_of_another_amount_leaves_the_payout_alone(book: Book) -> None:
    book.book(first(), bounced("99.99"))

    assert book.delivery("S1 bank").state is DeliveryState.OWED


def test_one_failed_line_takes_back_one_payout_and_the_latest_of_that_amount(book: Book) -> None:
    earlier = settlement(
        "S0", "2026-05-05 sale.product 100.00", opened="2026-05-01", closed="2026-05-14", pays="2026-05-16"
    )
    book.book(earlier, first(), bounced())

    assert book.delivery("S0 bank").state is DeliveryState.OWED
    assert book.delivery("S1 bank").state is DeliveryState.WITHDRAWN


def test_a_held_settlement_too_can_tell_that_a_payout_failed(book: Book) -> None:
    unbalanced = settlement(
        "S2", "2026-06-17 payout.failed 100.00", opened="2026-06-14", closed="2026-06-28", total="123.45"
    )
    book.book(first(), unbalanced)

    assert book.delivery("S1 bank").state is DeliveryState.WITHDRAWN


def test_a_route_without_bank_leg_leaves_the_bank_to_its_feed(make_book: MakeBook) -> None:
    book = make_book(bank_leg="none")
    book.book(first())

    assert book.vouchers() == "S1 2026-06 owed"


def test_an_instant_payout_inside_a_settlement_meets_clearing(book: Book) -> None:
    """Only the settlement's own total reaches the bank; what left before stays open until its bank line is coded."""
    text = "2026-06-05 sale.product 100.00\n2026-06-10 payout -40.00"
    book.book(settlement("S1", text, opened="2026-06-01", closed="2026-06-14", pays="2026-06-16"))

    assert book.entry("S1 2026-06") == plain("""
        2026-06-13 Amazon settlement S1
            1200 Amazon clearing     40.00 USD  payout
            4000 Product sales     -100.00 USD  sale.product
            1200 Amazon clearing     60.00 USD  settlement.total
    """)
    assert book.balance("1200") == "40.00"


def test_a_settlement_over_three_months_carries_everything_into_the_last(book: Book) -> None:
    """F35: any number of months; the carry-forward returns to zero at the settlement's end."""
    text = "2026-04-20 sale.product 10.00\n2026-05-20 fee.storage -25.00\n2026-06-02 sale.product 100.00"
    book.book(settlement("S1", text, opened="2026-04-15", closed="2026-06-05", pays="2026-06-07"))

    assert book.accounts("S1 2026-04") == {"1280": "10.00", "4000": "-10.00"}
    assert book.accounts("S1 2026-05") == {"1280": "-25.00", "5220": "25.00"}
    assert book.accounts("S1 2026-06") == {"1200": "85.00", "1280": "15.00", "4000": "-100.00"}
    assert book.balance("1280") == "0.00"
    assert book.entry_of("S1 bank").after == tuple(
        book.entry_of(f"S1 {month}").entry_id for month in ("2026-04", "2026-05", "2026-06")
    )


def test_the_closing_month_bears_the_total_even_without_lines(book: Book) -> None:
    text = "2026-05-20 sale.product 10.00"
    book.book(settlement("S1", text, opened="2026-05-15", closed="2026-06-05", pays="2026-06-07"))

    assert book.accounts("S1 2026-05") == {"1280": "10.00", "4000": "-10.00"}
    assert book.accounts("S1 2026-06") == {"1200": "10.00", "1280": "-10.00"}


def test_lines_outside_the_period_are_booked_at_the_nearer_end_of_it(book: Book) -> None:
    text = "2026-04-01 sale.product 1.00\n2026-08-01 sale.product 2.00"
    book.book(settlement("S1", text, opened="2026-05-15", closed="2026-06-05", pays="2026-06-07"))

    assert book.accounts("S1 2026-05") == {"1280": "1.00", "4000": "-1.00"}
    assert book.accounts("S1 2026-06") == {"1200": "3.00", "1280": "-1.00", "4000": "-2.00"}


def test_a_settlement_of_nothing_is_done_without_an_entry(book: Book) -> None:
    nothing = settlement("S1", "2026-06-05 sale.product 0.00", opened="2026-06-01", closed="2026-06-14")
    outcome = book.book(nothing).documents[0]

    assert (book.entries(), book.document_state(nothing)) == ([], ("booked", ""))
    assert outcome.excluded == (("zero", 1),)
