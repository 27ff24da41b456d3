"""A payout of a shop's sales that its bank converted, as a person said, in the books and in what a check says of it."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from bridge.books import check_sure
from bridge.errors import ConfigError, StaleError
from bridge.model.arrivals import Arrival
from bridge.model.deliveries import DeliveryState
from bridge.model.entries import Mode
from tests.books.shop import order
from tests.drift.counter import Counter, MakeCounter, payout, row, ties
from tests.drift.firm import codes, only

WHEN, PAID, ON = "2026-06-03 12:00", "2026-06-05 09:00", date(2026, 6, 8)
CLEARING = (("@clearing:EUR", "1240"),)


def in_euros(counter: Counter) -> Counter:
    """An order of 167.29 EUR, paid out in euros less a fee of 0.50, to a bank that is kept in dollars."""
    counter.ledger.takes_currencies, counter.ledger.known_rates = ("EUR",), {"EUR": "1.1"}
    counter.ledger.keep_in("1240", "EUR")
    counter.change_route(accounts=CLEARING)
    counter.bring_in(order("1001", WHEN, {"sale.product": 167_29}, currency="EUR"))
    paid = payout("778", PAID, row("1001", 167_29, WHEN, fee=50))
    counter.bring_in(msgspec.structs.replace(paid, currency="EUR"))
    return counter


def say(counter: Counter, word: Arrival | None) -> None:
    books = counter.books()
    counter.clock.advance(60)
    books.say_arrived(books.foresee_arrival("778", word), by="ann", reason="as the statement says")
    counter.run()


@pytest.mark.parametrize("mode", [Mode.DAY, Mode.ORDER, Mode.PAYOUT])
def test_a_payout_that_its_bank_converted_ties_and_leaves_nothing_on_either_clearing_account(
    make_counter: MakeCounter, mode: Mode
) -> None:
    counter = in_euros(make_counter(mode=mode))
    before = counter.check_ledger()
    assert not before.is_delivered
    with counter.store.reading() as unit:
        (held,) = unit.deliveries.with_state("books", DeliveryState.HELD)
    assert (held.reason, '`bridge arrived 778 "AMOUNT' in held.note) == ("account.currency", True)

    say(counter, Arrival("USD", 180_00, ON, 2_00))
    counter.deliver_all()
    report = counter.check_ledger()

    assert codes(report) == []
    assert ties(report)[0] == ("payout", "778", 180_00, 180_00, 180_00)
    own = [(one.account[:4], one.currency, one.closing_minor) for one in report.clearings if one.is_own]
    assert own == [("1210", "USD", 0), ("1240", "EUR", 0)]
    assert (report.is_delivered, report.is_matched) == (True, True)
    assert counter.balances()["7100"] == 2_00
    entries = counter.entries()
    counter.run()
    assert counter.entries() == entries


def test_a_half_that_somebody_deletes_is_found_and_a_word_taken_back_leaves_the_payout_waiting(
    counter: Counter,
) -> None:
    in_euros(counter)
    say(counter, Arrival("USD", 180_00, ON))
    counter.deliver_all()
    counter.ledger.delete(counter.ref("Shop money from EUR of 2026-06-08, payout 778"))

    found = only(counter.check_ledger()).finding

    assert (found.code, found.amount_minor, found.currency) == ("drift.deleted", -180_00, "USD")


def test_a_word_of_a_shop_is_refused_where_its_books_take_no_euros_and_one_is_kept_once(counter: Counter) -> None:
    in_euros(counter)
    books = counter.books()
    seen = books.foresee_arrival("778", Arrival("USD", 180_00, ON))
    say(counter, Arrival("USD", 181_00, ON))
    with pytest.raises(StaleError, match="has changed since it was looked at"):
        books.say_arrived(seen, by="bob", reason="read as well")
    with pytest.raises(ConfigError, match="times less than the usual"):
        check_sure(books.foresee_arrival("778", Arrival("USD", 18_00, ON)))
    say(counter, None)
    assert [entry.currency for entry in counter.entries() if entry.is_bank_leg] == ["EUR"]
    assert "1295" not in counter.balances()

    counter.ledger.known_rates = {}
    counter.clock.advance(7_200)
    with pytest.raises(ConfigError, match="booked order by order or day by day"):
        books.foresee_arrival("778", Arrival("USD", 180_00, ON))
