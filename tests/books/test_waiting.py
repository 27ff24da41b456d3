"""Vouchers that wait: each for a stated reason, and each goes on by itself when the reason has passed."""

from datetime import date
from typing import Any

import pytest

from bridge.errors import ConfigError, PluginError
from bridge.model.connections import LatePolicy
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import InstructionKind
from bridge.model.vouchers import Voucher
from bridge.plugin import PlanRequest
from tests.books.book import DAY, Book, MakeBook, plain
from tests.books.builders import Received, settlement
from tests.books.mortal import RacingStore
from tests.books.shop import MakeShop, order


def june(external_id: str = "S1", *, currency: str = "USD") -> Received:
    return settlement(
        external_id,
        "2026-06-03 sale.product 10.00\n2026-06-04 fee.storage -1.00",
        opened="2026-06-01",
        closed="2026-06-14",
        pays="2026-06-16",
        currency=currency,
    )


def test_missing_accounts_hold_the_voucher_and_all_are_named(book: Book) -> None:
    book.ledger.close_account("4000")
    book.ledger.close_account("5220")
    book.book(june())

    delivery = book.delivery("S1 2026-06")
    assert (delivery.state, delivery.reason, delivery.voucher) == (DeliveryState.HELD, "account.archived", None)
    assert "4000 Product sales, 5220 Storage fees" in delivery.note

    book.ledger.reopen_account("4000")
    book.ledger.reopen_account("5220")
    book.clock.advance(DAY)
    book.run()
    assert book.deliver() == ["S1 2026-06", "S1 bank"]


def test_a_route_maps_roles_and_numbers_to_the_ledgers_own_accounts(book: Book) -> None:
    book.change_route(accounts=(("@clearing", "Other gateway clearing"), ("4000", "4050"), ("5220", "no such account")))
    book.book(june())
    assert "5220 Storage fees (mapped to 'no such account')" in book.delivery("S1 2026-06").note

    book.change_route(accounts=(("@clearing", "Other gateway clearing"), ("4000", "4050")))
    book.run()
    voucher = book.delivery("S1 2026-06").voucher
    assert voucher is not None
    names = {line.account.number: line.account.ledger_id for line in voucher.lines}
    assert names == {
        "1200": book.ledger.account_id("1240"),
        "4000": book.ledger.account_id("4050"),
        "5220": book.ledger.account_id("5220"),
    }


def test_a_ledger_that_does_not_answer_holds_the_vouchers_but_not_the_books(make_book: MakeBook) -> None:
    book = make_book(tax_regime="us_sales_tax")
    book.ledger.is_authorized = False
    run = book.book(june())

    assert book.balance("4000") == "-10.00"
    assert book.delivery("S1 2026-06").reason == "facts.unavailable"
    assert "access was revoked" in run.silence
    assert run.waiting == (("facts.unavailable", 2),)

    book.ledger.is_authorized = True
    run = book.run()
    assert (run.owed, run.waiting) == (2, ())


def test_a_foreign_settlement_without_a_rate_is_held(book: Book) -> None:
    """F27: no rate is ever guessed."""
    book.book(june(currency="CAD"))

    assert book.delivery("S1 2026-06").reason == "rate.missing"


def keep_canadian(book: Book) -> None:
    """A company that has Canadian dollars on accounts of their own."""
    book.ledger.known_rates = {"CAD": "0.73"}
    for number in ("1010", "1240"):
        book.ledger.keep_in(number, "CAD")
    book.change_route(accounts=(("@bank:CAD", "1010"), ("@clearing:CAD", "1240")))


def test_the_ledgers_own_rate_is_asked_for_once_and_what_it_gave_stays(book: Book) -> None:
    """F28: what is planned again before it is sent keeps the rate that it has."""
    keep_canadian(book)
    book.book(june(currency="CAD"))
    asked = book.ledger.requests.count("rates")
    book.ledger.known_rates = {"CAD": "0.75"}
    book.clock.advance(DAY)
    book.run()

    vouchers = [book.delivery(name).voucher for name in ("S1 2026-06", "S1 bank")]
    assert [voucher.rate if voucher else "" for voucher in vouchers] == ["0.73", "0.73"]
    assert asked == book.ledger.requests.count("rates") == 1


def test_a_ledger_that_tells_no_rates_for_now_keeps_what_needs_them_waiting(book: Book) -> None:
    keep_canadian(book)
    book.ledger.fail_next_read()
    book.book(june(currency="CAD"))
    assert book.delivery("S1 2026-06").reason == "rate.missing"

    book.run()
    assert book.delivery("S1 2026-06").state is DeliveryState.OWED


def test_money_at_a_bank_of_another_currency_waits_for_an_account_of_its_own(book: Book) -> None:
    """C7: roles resolve by currency; the wrong one is told before anything is written."""
    book.ledger.known_rates = {"CAD": "0.73"}
    book.book(june(currency="CAD"))
    delivery = book.delivery("S1 bank")
    assert delivery.reason == "account.currency"
    assert "1000 Operating bank (kept in USD)" in delivery.note
    assert '"1000:CAD" and "1200:CAD" in [routes.' in delivery.note

    keep_canadian(book)
    book.clock.advance(DAY)
    book.run()
    voucher = book.delivery("S1 bank").voucher
    assert voucher is not None
    assert {line.account.ledger_id for line in voucher.lines} == {
        book.ledger.account_id("1010"),
        book.ledger.account_id("1240"),
    }


def test_nothing_in_the_ledgers_own_currency_goes_to_an_account_of_another(book: Book) -> None:
    book.ledger.keep_in("1200", "CAD")
    book.book(june())

    assert book.delivery("S1 2026-06").reason == "account.currency"
    assert "1200 " in book.delivery("S1 2026-06").note


def test_a_closed_period_holds_the_voucher_until_it_is_open_again(book: Book) -> None:
    """F38, D09: with policy hold nothing is dated into, or moved out of, a closed period."""
    book.ledger.locked_through = date(2026, 6, 30)
    book.book(june())
    assert book.vouchers() == plain("""
        S1 2026-06  held  period.locked
        S1 bank     held  period.locked
    """)

    book.ledger.locked_through = date(2026, 5, 31)
    book.clock.advance(DAY)
    book.run()
    assert book.vouchers() == plain("""
        S1 2026-06  owed
        S1 bank     owed
    """)


def test_a_closed_period_moves_the_voucher_to_the_next_open_day_where_the_route_says_so(make_book: MakeBook) -> None:
    """F38: the entry keeps its true date; only the voucher moves."""
    book = make_book(late=LatePolicy.NEXT_OPEN_DAY)
    book.ledger.locked_through = date(2026, 6, 30)
    book.book(june())

    voucher = book.delivery("S1 2026-06").voucher
    assert voucher is not None
    assert (voucher.dated_on, book.entry_of("S1 2026-06").booked_on) == (date(2026, 7, 1), date(2026, 6, 13))


def test_a_voucher_parked_for_a_period_is_dated_anew_under_the_policy(make_book: MakeBook) -> None:
    book = make_book(late=LatePolicy.NEXT_OPEN_DAY)
    book.book(june())
    book.ledger.locked_through = date(2026, 6, 30)
    book.park("S1 2026-06", "period.locked")
    book.run()

    delivery = book.delivery("S1 2026-06")
    assert delivery.voucher is not None
    assert (delivery.state, delivery.voucher.dated_on, delivery.round) == (DeliveryState.OWED, date(2026, 7, 1), 1)


def test_a_voucher_parked_for_a_period_is_held_where_the_policy_holds(book: Book) -> None:
    book.book(june())
    book.ledger.locked_through = date(2026, 6, 30)
    book.park("S1 2026-06", "period.locked")
    book.run()

    assert (book.delivery("S1 2026-06").state, book.delivery("S1 2026-06").reason) == (
        DeliveryState.HELD,
        "period.locked",
    )


def test_a_voucher_refused_for_a_period_the_facts_do_not_show_waits_for_a_person(book: Book) -> None:
    """It is not sent again and again against a lock that bridge cannot see."""
    book.book(june())
    book.park("S1 2026-06", "period.locked")
    book.run()

    assert book.delivery("S1 2026-06").state is DeliveryState.PARKED


def test_what_the_ledger_refused_for_another_reason_is_deliverys_to_decide(book: Book) -> None:
    book.book(june())
    book.park("S1 2026-06", "rejected")
    book.run()

    assert (book.delivery("S1 2026-06").state, book.delivery("S1 2026-06").reason) == (DeliveryState.PARKED, "rejected")


def test_review_keeps_every_voucher_until_a_named_person_releases_it(make_book: MakeBook) -> None:
    book = make_book(review=True)
    book.book(june())
    assert book.delivery("S1 2026-06").reason == book.delivery("S1 bank").reason == "review"

    book.decide(InstructionKind.RELEASE, "S1 2026-06")
    book.run()
    delivery = book.delivery("S1 2026-06")
    assert (delivery.state, delivery.released_by) == (DeliveryState.OWED, "ann")
    assert book.delivery("S1 bank").state is DeliveryState.HELD


def test_a_person_may_release_unclassified_lines_to_suspense(book: Book) -> None:
    book.book(settlement("S1", "2026-06-03 unclassified -1.00", opened="2026-06-01", closed="2026-06-14"))
    book.decide(InstructionKind.RELEASE, "S1 2026-06")
    book.run()

    assert book.deliver() == ["S1 2026-06"]
    assert book.ledger.trial_balance() == {"1200": -100, "1990": 100}


def test_a_withdrawn_voucher_never_goes_and_nothing_waits_for_it(book: Book) -> None:
    book.book(june())
    book.decide(InstructionKind.WITHDRAW, "S1 2026-06", reason="posted by hand")
    book.run()

    delivery = book.delivery("S1 2026-06")
    assert (delivery.state, delivery.note) == (DeliveryState.WITHDRAWN, "ann: posted by hand")
    assert book.deliver() == ["S1 bank"]


def test_a_retry_decided_after_a_withdrawal_overrules_it(book: Book) -> None:
    book.book(june())
    book.decide(InstructionKind.WITHDRAW, "S1 2026-06")
    book.park("S1 2026-06", "rejected")
    book.clock.advance(1)
    book.decide(InstructionKind.RETRY, "S1 2026-06")
    book.retry("S1 2026-06")
    book.run()

    assert book.delivery("S1 2026-06").state is DeliveryState.OWED


def test_decisions_that_do_not_fit_are_refused_with_the_state(book: Book) -> None:
    book.book(june())
    books, owed = book.books(), book.delivery("S1 2026-06").voucher_id

    with pytest.raises(ConfigError, match="it is owed, which release does not fit"):
        books.decide(InstructionKind.RELEASE, owed, by="ann", reason="go")
    with pytest.raises(ConfigError, match="it is owed, which retry does not fit"):
        books.decide(InstructionKind.RETRY, owed, by="ann", reason="go")
    with pytest.raises(ConfigError, match="needs a name and a reason"):
        books.decide(InstructionKind.WITHDRAW, owed, by="ann", reason=" ")
    with pytest.raises(ConfigError, match="there is no voucher of that id"):
        books.decide(InstructionKind.WITHDRAW, "vch_nonesuch", by="ann", reason="go")


def test_a_finding_is_accepted_by_the_beginning_of_its_id(book: Book) -> None:
    book.book(settlement("S1", "2026-06-03 tax.facilitator -1.00 order", opened="2026-06-01", closed="2026-06-14"))
    finding = book.findings()[0].finding
    book.books().decide(InstructionKind.ACCEPT, finding.finding_id[:12], by="ann", reason="known")

    [kept] = book.findings()
    assert (kept.state, kept.accepted_by, kept.accepted_reason) == ("accepted", "ann", "known")


def test_a_lost_race_with_delivery_changes_nothing_and_is_no_error(book: Book) -> None:
    book.book(june())
    book.decide(InstructionKind.WITHDRAW, "S1 2026-06")
    books = book.books(RacingStore(book.store, book.deliver))

    run = books.run(book.route.name, actor="cli")
    assert run.withdrawn == 0
    assert book.delivery("S1 2026-06").state is DeliveryState.DELIVERED


def test_a_sink_that_breaks_while_planning_holds_its_entry_and_the_run_goes_on(book: Book) -> None:
    plan = book.ledger.plan

    def break_on_the_first(request: PlanRequest) -> tuple[Voucher, ...]:
        if request.entry.slot.group == "S1":
            raise PluginError("sink fake", "raised KeyError", "Report this to the plugin's author")
        return plan(request)

    book.ledger.plan = break_on_the_first  # type: ignore[method-assign]
    book.book(june("S1"), june("S2"))

    assert book.delivery("S1 2026-06").reason == "plugin"
    assert book.delivery("S2 2026-06").state is DeliveryState.OWED


def test_every_reason_to_be_held_says_what_to_do(make_book: MakeBook) -> None:
    """What, and where; a sentence each."""
    unknown = settlement("S1", "2026-06-03 unclassified 10.00", opened="2026-06-01", closed="2026-06-14")

    def told(received: Received, close: str = "", lock: date | None = None, **route: Any) -> str:
        book = make_book(**route)
        book.ledger.locked_through = lock
        if close:
            book.ledger.close_account(close)
        book.book(received)
        return book.delivery("S1 2026-06").note

    assert told(june(), close="4000") == (
        "the ledger has archived 4000 Product sales (or merged it into another account): make it active there, or map "
        "another in [routes.amazon to books.accounts]; then run again"
    )
    assert told(june(), lock=date(2026, 6, 30)) == (
        "2026-06-13 lies in a period closed through 2026-06-30: open it and run again, or set "
        'late = "next_open_day" in [routes.amazon to books]'
    )
    assert told(june(), country="GB", tax_regime="vat_standard", vat_in_rows=False) == (
        "no tax code of the ledger is known to serve sale:20: map it in [routes.amazon to books.tax_codes]"
    )
    assert told(unknown) == (
        "it has lines nobody has classified: map them by a rule, or `bridge decide VOUCHER release`"
    )
    assert told(june(), review=True) == (
        "its route says review: look at it with `bridge preview`, then `bridge decide VOUCHER release`"
    )


def test_what_only_waits_for_its_time_says_that_there_is_nothing_to_do(book: Book, make_shop: MakeShop) -> None:
    book.book(
        settlement("S1", "2026-06-03 sale.product 1.00", opened="2026-06-01", closed="2026-06-14", pays="2026-07-30")
    )
    shop = make_shop(hold_back_hours=30)
    shop.book(order("1", "2026-07-01 08:00", {"sale.product": 100}))

    assert book.delivery("S1 bank").note.startswith("nothing to do: it goes out when the payout is due, 2026-07-")
    with shop.store.reading() as uow:
        (day,) = uow.deliveries.of_route(shop.route.route_id)
    assert day.note == "nothing to do: more may come for 2026-07-01, so it waits 30 hours after it"
