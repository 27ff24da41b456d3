"""Orders that are sold before they are paid, from what a shop says to open documents in the ledger's own books."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plugins.shopify.tests import shop as shopify
from tests.end_to_end.telling import Told, told
from tests.end_to_end.test_open_orders import BOTH, FIRST, GREEN, books, documents, due, ledger, on_receivables, take

WOO = pytest.mark.parametrize("name", ["woo-us", "woo-gb"], ids=["quickbooks", "xero"])
PLACED = shopify.order(agreements=[FIRST], total="44.04")["processedAt"][:10]
UNPAID: dict[str, Any] = {"agreements": [FIRST], "total": "44.04", "transactions": []}


def on_terms(name: str) -> str:
    return f"placed_from = 2026-01-01\n{on_receivables(name)}"


def later(day: int) -> dict[str, str]:
    return {"updatedAt": f"2026-09-{day:02}T12:00:00Z"}


def money(number: int, amount: str, day: int) -> dict[str, Any]:
    return shopify.transaction(number, amount, at=f"2026-09-{day:02}T10:00:00Z")


def days(shop: Told) -> list[str]:
    return [str(entry.booked_on) for entry in shop.opened.entries(shop.name)]


@BOTH
def test_an_order_on_terms_is_an_open_invoice_that_its_money_pays_part_by_part(tmp_path: Path, name: str) -> None:
    """C10: on terms an invoice and a payment; S4: the sale when it is placed, the money when it comes; S8."""
    (orders := tmp_path / "orders").mkdir()
    with told(tmp_path, name, more=on_terms(name)) as shop:
        take(shop, orders, **UNPAID)
        assert (documents(shop), due(shop)) == ({"Invoice": 1}, ["44.04"])
        assert shop.opened.trial_balance(ledger(shop)) == {"1100": 44_04, "4000": -44_04}

        take(shop, orders, **{**UNPAID, "transactions": [money(501, "20.00", 8)]}, **later(9))
        assert (documents(shop), due(shop)) == ({"Invoice": 1, "Payment": 1}, ["24.04"])

        paid = [money(501, "20.00", 8), money(502, "24.04", 20)]
        take(shop, orders, **{**UNPAID, "transactions": paid}, **later(21))
        report = shop.check()

        assert (documents(shop), due(shop)) == ({"Invoice": 1, "Payment": 2}, ["0.00"])
        assert shop.opened.trial_balance(ledger(shop)) == {"1210": 44_04, "4000": -44_04}
        assert (report.is_delivered, report.is_matched, report.is_reconciled) == GREEN
        assert days(shop) == [PLACED, "2026-09-08", "2026-09-20"]


@BOTH
def test_what_is_taken_back_before_it_is_paid_is_credit_and_no_money_moves(tmp_path: Path, name: str) -> None:
    """C10: a cancelled order of a shop is a refund of all of it, over no money."""
    (orders := tmp_path / "orders").mkdir()
    sold = shopify.sale(303, "-44.04", action="RETURN", item=1)
    back = shopify.agreement(203, [sold], shopify.LATEST, "Refund", 601)
    with told(tmp_path, name, more=on_terms(name)) as shop:
        take(shop, orders, **UNPAID)
        gone = {"agreements": [FIRST, back], "current": "0.00", "refunds": [shopify.refund(601, (), shopify.LATEST)]}
        take(shop, orders, **{**UNPAID, **gone, "cancelledAt": shopify.LATEST}, **later(12))
        report = shop.check()

        assert set(due(shop)) == {"0.00"}
        assert shop.opened.trial_balance(ledger(shop)) == {"4000": -44_04, "4200": 44_04}
        assert report.is_delivered


@WOO
def test_cash_on_delivery_is_a_sale_when_it_goes_out_and_paid_when_the_shop_says_so(tmp_path: Path, name: str) -> None:
    """What waits for a transfer (on hold) is none, and neither is an order that was never finished."""
    unpaid: dict[str, Any] = {"date_paid_gmt": None, "payment_method": "cod", "date_created_gmt": "2026-03-02T10:00:00"}
    with told(tmp_path, name, more=on_terms(name)) as shop:
        shop.order(3, status="on-hold", **unpaid)
        assert documents(shop) == {}
        shop.order(4, status="processing", **unpaid)
        assert due(shop) == ["10.00"]

        shop.order(9, status="completed", **{**unpaid, "date_paid_gmt": "2026-03-08T10:00:00"})
        report = shop.opened.check(name)

        assert due(shop) == ["0.00"]
        assert days(shop) == ["2026-03-02", "2026-03-08"]
        assert (report.is_delivered, report.is_matched) == GREEN[:2]


@WOO
@pytest.mark.parametrize("how", ["cod", "stripe"])
def test_what_is_taken_off_before_it_is_paid_is_credit_and_its_gateway_charges_the_whole_all_the_same(
    tmp_path: Path, name: str, how: str
) -> None:
    """C15: who pays a courier pays what is due; no money goes back before it came."""
    unpaid: dict[str, Any] = {"date_paid_gmt": None, "payment_method": how, "date_created_gmt": "2026-03-02T10:00:00"}
    with told(tmp_path, name, more=on_terms(name)) as shop:
        shop.order(4, status="processing", **unpaid)
        shop.order(12, 88, status="processing", **unpaid)
        shop.refund(12)
        assert sorted(due(shop)) == ["0.00", "7.00"]

        shop.order(16, 88, status="completed", **{**unpaid, "date_paid_gmt": "2026-03-15T10:00:00"})
        report = shop.opened.check(name)

        money_in = {"cod": {"1250": 7_00}, "stripe": {"1220": 7_00}}[how]
        assert set(due(shop)) == {"0.00"}
        assert shop.opened.trial_balance(shop.ledger) == {**money_in, "4000": -10_00, "4220": 3_00}
        assert (report.is_delivered, report.is_matched, report.open_findings) == (*GREEN[:2], ())
        moved = {
            (str(entry.booked_on), each.amount_minor)
            for entry in shop.opened.entries(name)
            for each in entry.postings
            if each.kind == "tender"
        }
        assert moved == {("2026-03-15", 7_00)} if how == "cod" else {("2026-03-15", 10_00), ("2026-03-15", -3_00)}


@WOO
def test_what_is_cancelled_before_it_is_paid_stands_until_a_person_takes_it_back(tmp_path: Path, name: str) -> None:
    """C14: no money moved; its buyer owes nothing any more once somebody says so."""
    unpaid: dict[str, Any] = {"date_paid_gmt": None, "payment_method": "cod"}
    with told(tmp_path, name, more=on_terms(name)) as shop:
        shop.order(4, status="processing", **unpaid)
        shop.order(9, status="cancelled", **unpaid)
        (kept,) = shop.opened.check(name).open_findings
        assert kept.finding.code == "channel.cancelled"
        assert "was under way unpaid and is cancelled now" in kept.finding.cause
        assert "nobody had paid it in full" in kept.finding.title

        shop.reverse(kept)

        assert set(due(shop)) == {"0.00"}
        assert not {account for account in shop.opened.trial_balance(shop.ledger) if account.startswith("1")}


@WOO
def test_of_what_is_cancelled_while_it_waits_to_be_paid_nobody_has_to_take_anything_back(
    tmp_path: Path, name: str
) -> None:
    """C14: on a route that books what is paid none of it is in the books."""
    unpaid: dict[str, Any] = {"date_paid_gmt": None, "payment_method": "cod"}
    with told(tmp_path, name) as shop:
        shop.order(4, status="processing", **unpaid)
        shop.order(9, status="cancelled", **unpaid)
        assert shop.opened.check(name).open_findings == ()


@BOTH
def test_a_cancelled_order_of_which_nothing_was_taken_back_is_told_until_a_person_does(
    tmp_path: Path, name: str
) -> None:
    """C14: else its buyer would owe it for ever, and nobody would say so."""
    (orders := tmp_path / "orders").mkdir()
    with told(tmp_path, name, more=on_terms(name)) as shop:
        take(shop, orders, **UNPAID)
        take(shop, orders, **{**UNPAID, "cancelledAt": shopify.LATEST}, **later(12))
        (kept,) = shop.opened.check(shop.name).open_findings
        assert (kept.finding.code, kept.finding.amount_minor) == ("channel.cancelled", 44_04)
        assert "before it was paid in full" in kept.finding.cause

        shop.reverse(kept)

        assert set(due(shop)) == {"0.00"}
        assert shop.check().is_delivered
        assert "1100" not in shop.opened.trial_balance(ledger(shop))


@BOTH
def test_a_gift_card_and_money_of_one_day_pay_what_is_open_together(tmp_path: Path, name: str) -> None:
    """C9, C10: a card is no account that money comes to: in QuickBooks it is credit, in Xero a payment."""
    (orders := tmp_path / "orders").mkdir()
    with told(tmp_path, name, more=f'gift_cards = "multi_purpose"\n{on_terms(name)}') as shop:
        take(shop, orders, **UNPAID)
        card = shopify.transaction(501, "20.00", at="2026-09-08T10:00:00Z", gateway="gift_card")
        paid = [card, money(502, "10.00", 8), money(503, "4.04", 8)]
        take(shop, orders, **{**UNPAID, "transactions": paid}, **later(9))

        assert max(due(shop)) == "10.00"
        report = shop.opened.check(shop.name)
        assert (report.is_delivered, report.is_matched) == GREEN[:2]
        assert shop.opened.trial_balance(ledger(shop)) == {"1100": 10_00, "1210": 14_04, "2200": 20_00, "4000": -44_04}


@BOTH
def test_by_default_an_order_that_is_not_paid_waits_and_says_what_would_book_it(tmp_path: Path, name: str) -> None:
    (orders := tmp_path / "orders").mkdir()
    with told(tmp_path, name) as shop:
        take(shop, orders, **UNPAID)

        assert documents(shop) == {}
        held = json.loads(shop.command("held", "--all", "--json")[1])
        assert "order.unpaid" in json.dumps(held)


def test_a_route_by_payout_books_nothing_that_is_not_paid(tmp_path: Path) -> None:
    """What a payout holds was paid; a sale would move from its day to the payout."""
    with (
        pytest.raises(Exception, match=r"placed_from.*mode order or day"),
        told(tmp_path, "shop-us", mode="payout", more="placed_from = 2026-01-01\n"),
    ):
        pass


@BOTH
def test_what_settles_an_order_stands_in_the_name_that_a_rule_gave_it(tmp_path: Path, name: str) -> None:
    """Else QuickBooks refuses the payment, as of another customer, and Xero the allocation."""
    (orders := tmp_path / "orders").mkdir()
    rules = f'\n[rules.{name}]\neffective_from = 2026-01-01\nreason = "one buyer"\n'
    rules += f'[[rules.{name}.rule]]\nid = "acme"\nkind = "sale.product"\naccount = "4000"\ncontact = "Acme Ltd"\n'
    with told(tmp_path, name, more=on_terms(name) + rules) as shop:
        shop.command("accounts", "create", name, "--yes", "--reason", "one buyer")
        take(shop, orders, **UNPAID)
        take(shop, orders, **{**UNPAID, "transactions": [money(501, "20.00", 8)]}, **later(9))
        sold = shopify.sale(303, "-24.04", action="RETURN", item=1)
        back = {
            "agreements": [FIRST, shopify.agreement(203, [sold], shopify.LATEST, "Refund", 601)],
            "current": "20.00",
            "refunds": [shopify.refund(601, (), shopify.LATEST)],
        }
        take(shop, orders, **{**UNPAID, **back, "transactions": [money(501, "20.00", 8)]}, **later(12))

        assert set(due(shop)) == {"0.00"}
        named = [row for kind in ("Payment", "CreditMemo", "CreditNotes") for row in books(shop).get(kind, ())]
        whom = {(row.get("CustomerRef") or row["Contact"]).get("name", "Acme Ltd") for row in named}
        assert whom == {"Acme Ltd"}
        assert shop.check().is_delivered
