"""A route whose tax regime does not fit the country of its ledger books nothing until a person has answered."""

from __future__ import annotations

from datetime import date

import pytest

from bridge.model.connections import BankLeg, TaxRegime
from bridge.model.deliveries import DeliveryState
from bridge.model.entries import Mode
from bridge.model.facts import LedgerTaxCode
from bridge.model.line_tax import taxed_at
from bridge.model.lines import Line, Part
from bridge.model.reasons import Reason
from tests.books.book import MakeBook
from tests.books.builders import settlement
from tests.books.shop import Fact, MakeShop, Shop, money, order, payout, refund, sale

DAY = 86_400
CODES = (
    LedgerTaxCode("5", "20.0% S", "20", ("sale:20", "purchase:20")),
    LedgerTaxCode("6", "5.0% R", "5", ("sale:5",)),
    LedgerTaxCode("9", "No VAT", "", ("none",)),
)


def sold(name: str, day: int = 3, paid: str = "card") -> Fact:
    """An order of 10.00 and 2.00 of tax, at the rate that the shop tells."""
    when = f"2026-06-{day:02} 12:00"
    lines: list[Line] = [
        sale(f"{name}:a", "sale.product", 1000, when, tax=taxed_at("20")),
        sale(f"{name}:tax", "tax.collected", 200, when, tax=taxed_at("20", base="sale.product")),
        money(f"{name}:t", paid, -1200, when),
    ]
    return order(name, when, {}, {}).with_lines(lines)


def british(make_shop: MakeShop, **route: object) -> Shop:
    """A shop whose ledger is a company in Britain."""
    shop = make_shop(country="GB", **route)
    shop.ledger.tax_codes = CODES
    return shop


def states(shop: Shop) -> dict[str, int]:
    """How many vouchers stand how, withdrawn ones aside."""
    found: dict[str, int] = {}
    with shop.store.reading() as uow:
        for each in uow.deliveries.of_route(shop.route.route_id):
            if each.state is not DeliveryState.WITHDRAWN:
                name = f"{each.state} {each.reason}".strip()
                found[name] = found.get(name, 0) + 1
    return found


def test_a_company_abroad_books_nothing_by_a_default_p28(make_shop: MakeShop) -> None:
    shop = british(make_shop)
    run = shop.book(sold("1"))

    assert run.question is not None
    assert (run.question.code, run.question.company, run.question.country) == (Reason.UNSTATED, "Example Company", "GB")
    assert (run.documents, shop.entries()) == ((), [])
    assert shop.reasons() == {"1": "new"}
    assert shop.book(sold("1")).question == run.question, "a second run asks the same"


def test_in_the_united_states_nobody_is_asked(make_shop: MakeShop) -> None:
    shop = make_shop()
    run = shop.book(sold("1"))

    assert run.question is None
    assert shop.balances() == {"1210": 1200, "2100": -200, "4000": -1000}


@pytest.mark.parametrize(
    ("regime", "sales"),
    [(TaxRegime.VAT_STANDARD, ("sale:20", -1200, -200)), (TaxRegime.NOT_REGISTERED, ("", -1200, 0))],
)
def test_once_answered_what_waited_is_booked_by_the_answer(
    make_shop: MakeShop, regime: TaxRegime, sales: tuple[str, int, int]
) -> None:
    shop = british(make_shop)
    shop.book(sold("1"))
    shop.change_route(tax_regime=regime)
    run = shop.run()

    (entry,) = shop.entries()
    assert run.question is None
    assert sales in [(each.tax_code, each.amount_minor, each.tax_minor) for each in entry.postings]
    assert "2100" not in shop.balances()


def test_a_regime_that_does_not_fit_books_once_a_person_confirmed_it_for_that_country(make_shop: MakeShop) -> None:
    shop = british(make_shop, tax_regime=TaxRegime.US_SALES_TAX)
    asked = shop.book(sold("1"))
    shop.change_route(tax_regime_confirmed="GB")

    assert asked.question is not None
    assert asked.question.code == Reason.MISFIT
    assert shop.run().question is None
    assert shop.balances()["2100"] == -200


def test_a_stated_regime_books_before_the_ledger_was_ever_asked_and_is_held_when_it_turns_out_not_to_fit(
    make_shop: MakeShop,
) -> None:
    shop = british(make_shop, tax_regime=TaxRegime.US_SALES_TAX)
    shop.ledger.is_authorized = False
    shop.book(sold("1"))
    assert states(shop) == {"held facts.unavailable": 1}

    shop.ledger.is_authorized = True
    shop.book(sold("2", day=4))
    assert states(shop) == {f"held {Reason.MISFIT}": 1}
    assert shop.reasons() == {"1": "booked", "2": "new"}


def test_without_a_stated_regime_everything_waits_until_the_ledger_answers(make_shop: MakeShop) -> None:
    shop = make_shop()
    shop.ledger.is_authorized = False
    run = shop.book(sold("1"))
    assert run.question is not None
    assert run.question.country == ""
    assert "access was revoked" in run.silence
    assert shop.reasons() == {"1": "new"}

    shop.ledger.is_authorized = True
    assert shop.run().question is None
    assert shop.reasons() == {"1": "booked"}


def test_a_ledger_that_is_silent_for_once_is_known_by_what_it_said_before(make_shop: MakeShop) -> None:
    shop = make_shop()
    with shop.store.unit("host") as uow:
        uow.facts.put(shop.ledger.facts())
    shop.ledger.is_authorized = False

    assert shop.book(sold("1")).question is None
    assert states(shop) == {"held facts.unavailable": 1}


def test_a_ledger_that_tells_no_country_is_asked_again_at_every_run(make_shop: MakeShop) -> None:
    """Facts from before countries were asked for are no answer."""
    shop = make_shop()
    shop.ledger.country = ""
    with shop.store.unit("host") as uow:
        uow.facts.put(shop.ledger.facts())
    assert shop.book(sold("1")).question is not None
    shop.ledger.country = "US"

    assert shop.run().question is None


# A route of an earlier version, whose regime was nobody's choice


def lived(make_shop: MakeShop, **route: object) -> Shop:
    """A shop booked as if it were in the United States: one day delivered, one owed; now its country is known."""
    shop = make_shop(tax_regime=TaxRegime.US_SALES_TAX, **route)
    shop.book(sold("1"))
    shop.deliver_all()
    shop.book(sold("2", day=4))
    assert states(shop) == {"delivered": 1, "owed": 1}
    shop.ledger.country = "GB"
    shop.ledger.tax_codes = CODES
    shop.clock.advance(DAY)
    return shop


@pytest.mark.parametrize("mode", [Mode.DAY, Mode.ORDER])
def test_on_upgrade_what_was_sent_stands_and_the_rest_waits_for_the_answer(make_shop: MakeShop, mode: Mode) -> None:
    shop = lived(make_shop, mode=mode)
    run = shop.book(sold("3", day=5))

    assert run.question is not None
    assert run.question.code == Reason.MISFIT
    assert states(shop) == {"delivered": 1, f"held {Reason.MISFIT}": 1}
    assert shop.reasons()["3"] == "new"
    shop.deliver()
    assert shop.ledger.trial_balance() == {"1210": 1200, "2100": -200, "4000": -1000}


@pytest.mark.parametrize("mode", [Mode.DAY, Mode.ORDER])
def test_what_was_booked_by_the_former_default_and_not_sent_is_booked_anew_by_the_answer(
    make_shop: MakeShop, mode: Mode
) -> None:
    shop = lived(make_shop, mode=mode)
    shop.book(sold("3", day=5))
    shop.change_route(tax_regime=TaxRegime.VAT_STANDARD)
    shop.run()
    shop.deliver()

    assert states(shop) == {"delivered": 3}
    taxes = [[(each.account, each.tax_minor) for each in entry.postings if each.tax_minor] for entry in shop.entries()]
    assert taxes == [[], [("4000", -200)], [("4000", -200)]]
    assert shop.ledger.trial_balance()["2100"] == -200, "what was sent before the question stands"
    shop.check()


def test_confirmed_what_waited_goes_out_as_it_was(make_shop: MakeShop) -> None:
    shop = lived(make_shop)
    shop.book(sold("3", day=5))
    shop.change_route(tax_regime_confirmed="GB")
    shop.run()
    shop.deliver()

    assert shop.ledger.trial_balance() == {"1210": 3600, "2100": -600, "4000": -3000}


def test_a_refund_after_the_answer_of_a_sale_from_before_goes_by_the_answer(make_shop: MakeShop) -> None:
    shop = lived(make_shop)
    shop.change_route(tax_regime=TaxRegime.VAT_STANDARD)
    shop.book(refund("R1", "1", "2026-06-06 12:00", {"refund.product": -1200}))

    back = shop.entries()[-1]
    assert ("4200", 1200, "sale:20", 200) in [
        (each.account, each.amount_minor, each.tax_code, each.tax_minor) for each in back.postings
    ]


def test_the_transfer_of_a_payout_waits_with_its_route_and_goes_out_after_the_answer(make_shop: MakeShop) -> None:
    shop = make_shop(tax_regime=TaxRegime.US_SALES_TAX)
    rows = [
        sale("s", "settles", 1200, "2026-06-03 12:00", reference="card:1:t"),
        sale("f", "fee.payment", -35, "2026-06-05 00:00", Part.FEE),
    ]
    shop.book(sold("1"), payout("P1", "2026-06-05 00:00", rows))
    assert [entry.is_bank_leg for entry in shop.entries()].count(True) == 1
    shop.ledger.country = "GB"
    shop.clock.advance(DAY)
    shop.run()
    held = states(shop)
    shop.change_route(tax_regime=TaxRegime.NOT_REGISTERED)
    shop.run()
    shop.deliver()

    assert set(held) == {f"held {Reason.MISFIT}"}
    assert states(shop) == {"delivered": sum(held.values())}


def test_a_settlement_that_waited_is_booked_anew_as_a_whole_transfer_included(make_book: MakeBook) -> None:
    rows = "2026-06-05 sale.product 10.00 A\n2026-06-05 tax.collected 2.00 A"
    book = make_book(tax_regime=TaxRegime.US_SALES_TAX)
    book.book(settlement("S1", rows, opened="2026-06-01", closed="2026-06-14", pays="2026-06-16"))
    book.ledger.country = "GB"
    book.clock.advance(DAY)
    asked = book.run()
    assert asked.waiting == ((Reason.MISFIT, 2),)

    book.change_route(tax_regime=TaxRegime.NOT_REGISTERED)
    book.run()
    assert book.accounts("S1 2026-06") == {"1200": "12.00", "4000": "-12.00"}
    assert book.deliver() == ["S1 2026-06", "S1 bank"]


def test_a_settlement_of_which_a_part_was_sent_keeps_its_books(make_book: MakeBook) -> None:
    """Half of it in the ledger by one regime and half by another would be neither."""
    rows = "2026-05-30 sale.product 10.00 A\n2026-06-05 sale.product 5.00 B\n2026-06-05 tax.collected 1.00 B"
    book = make_book(tax_regime=TaxRegime.US_SALES_TAX, bank_leg=BankLeg.NONE, first_day=date(2026, 1, 1))
    book.ledger.locked_through = None
    book.receive(settlement("S1", rows, opened="2026-05-28", closed="2026-06-14"))
    book.ledger.close_account("2100")
    book.run()
    book.deliver()
    book.ledger.country = "GB"
    book.clock.advance(DAY)
    book.ledger.reopen_account("2100")
    book.run()
    assert "S1 2026-05 delivered" in book.vouchers()
    assert f"S1 2026-06 held {Reason.MISFIT}" in book.vouchers()

    book.change_route(tax_regime=TaxRegime.NOT_REGISTERED)
    book.run()
    assert book.accounts("S1 2026-06")["2100"] == "-1.00"
    assert "S1 2026-06 owed" in book.vouchers()


# Codes of another rate


def test_a_treatment_mapped_to_a_code_of_another_rate_is_held_with_what_to_do(make_shop: MakeShop) -> None:
    shop = british(make_shop, tax_regime=TaxRegime.VAT_STANDARD, tax_codes=(("sale:20", "5.0% R"),))
    shop.book(sold("1"))

    with shop.store.reading() as uow:
        (delivery,) = uow.deliveries.of_route(shop.route.route_id)
    assert (delivery.state, delivery.reason) == (DeliveryState.HELD, "tax_code.rate")
    assert delivery.note == (
        "sale:20 is mapped to '5.0% R', a code of 5 %: map a code of the treatment's own rate in "
        "[routes.shop.tax_codes], then run again"
    )
    shop.change_route(tax_codes=(("sale:20", "20.0% S"),))
    shop.run()
    assert states(shop) == {"owed": 1}


def test_a_mapping_that_nothing_needs_holds_nothing(make_shop: MakeShop) -> None:
    shop = british(make_shop, tax_regime=TaxRegime.VAT_STANDARD, tax_codes=(("sale:17.5", "5.0% R"),))
    shop.book(sold("1"))

    assert states(shop) == {"owed": 1}
