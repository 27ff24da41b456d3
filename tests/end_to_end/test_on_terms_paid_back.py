"""Money that goes back while an order is open: with what was taken back, for less than it, or for nothing (0088)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bridge.delivery import Word
from plugins.shopify.tests import shop as shopify
from tests.end_to_end.abroad import company
from tests.end_to_end.telling import told
from tests.end_to_end.test_on_terms import UNPAID, later, money, on_terms
from tests.end_to_end.test_open_orders import BOTH, FIRST, GREEN, books, documents, due, ledger, take

BACK_AT = "2026-09-10T10:00:00Z"
QUICKBOOKS = pytest.mark.parametrize("name", ["shop-us"], ids=["quickbooks"])
Telling = dict[str, Any]


def paid_back(taken: str, *ways: tuple[str, str]) -> Telling:
    """An order of 44.04 of which 20.00 were paid in these ways, taken back so far, and all 20.00 went back."""
    came = [
        shopify.transaction(501 + n, text, at="2026-09-08T10:00:00Z", gateway=to) for n, (to, text) in ways_of(ways)
    ]
    went = [shopify.transaction(511 + n, text, "REFUND", BACK_AT, gateway=to) for n, (to, text) in ways_of(ways)]
    sold = shopify.sale(303, f"-{taken}", action="RETURN", item=1)
    agreed = [shopify.agreement(203, [sold], BACK_AT, "Refund", 601)] if float(taken) else []
    return {
        "agreements": [FIRST, *agreed],
        "current": f"{44.04 - float(taken):.2f}",
        "refunds": [shopify.refund(601, went, BACK_AT)],
        "transactions": [*came, *went],
    }


def ways_of(ways: Sequence[tuple[str, str]]) -> list[tuple[int, tuple[str, str]]]:
    return list(enumerate(ways))


BRITAIN = ("GB", "GBP", "Europe/London")
CARD, PAYPAL = "shopify_payments", "paypal"
STORIES: dict[str, tuple[Telling, dict[str, int], list[str], dict[str, int]]] = {
    "all of it": (
        paid_back("44.04", (CARD, "20.00")),
        {"Invoice": 1, "Payment": 2, "CreditMemo": 1, "RefundReceipt": 1},
        ["0.00", "0.00"],
        {"4000": -44_04, "4200": 44_04},
    ),
    "all of it, in two ways": (
        paid_back("44.04", (CARD, "12.00"), (PAYPAL, "8.00")),
        {"Invoice": 1, "Payment": 3, "CreditMemo": 1, "RefundReceipt": 2},
        ["0.00", "0.00"],
        {"4000": -44_04, "4200": 44_04},
    ),
    "more than was taken back": (
        paid_back("10.00", (CARD, "20.00")),
        {"Invoice": 2, "Payment": 1, "RefundReceipt": 1},
        ["10.00", "24.04"],
        {"1100": 34_04, "4000": -44_04, "4200": 10_00},
    ),
    "for nothing": (
        paid_back("0.00", (CARD, "20.00")),
        {"Invoice": 2, "Payment": 1, "RefundReceipt": 1},
        ["20.00", "24.04"],
        {"1100": 44_04, "4000": -44_04},
    ),
}


@BOTH
@pytest.mark.parametrize("story", STORIES)
def test_to_the_cent_and_green_and_what_is_owed_again_is_paid_like_any_invoice(
    tmp_path: Path, name: str, story: str
) -> None:
    """C10: credit and money in one refund; C9: money in two ways; C15: money for nothing."""
    telling, wrote, left, balances = STORIES[story]
    (orders := tmp_path / "orders").mkdir()
    with told(tmp_path, name, more=on_terms(name)) as shop:
        take(shop, orders, **UNPAID)
        take(shop, orders, **{**UNPAID, "transactions": telling["transactions"][:1], **later(9)})
        take(shop, orders, **{**UNPAID, **telling, **later(12)})
        report = shop.opened.check(shop.name)

        assert shop.opened.trial_balance(ledger(shop)) == balances
        assert (report.is_delivered, report.is_matched, report.open_findings) == (True, True, ())
        if name == "shop-us":
            assert (documents(shop), sorted(due(shop))) == (wrote, left)
        if not (owed := balances.get("1100", 0)):
            return

        rest = money(521, f"{owed // 100}.{owed % 100:02}", 14)
        paid = {**telling, "transactions": [*telling["transactions"], rest]}
        take(shop, orders, **{**UNPAID, **paid, **later(15)})
        report = shop.check()
        assert set(due(shop)) == {"0.00"}
        assert (report.is_delivered, report.is_matched, report.is_reconciled) == GREEN


@QUICKBOOKS
def test_what_was_paid_back_is_taken_out_whole_and_booked_again_and_an_edit_of_it_is_red(
    tmp_path: Path, name: str
) -> None:
    (orders := tmp_path / "orders").mkdir()
    with told(tmp_path, name, more=f"review = true\n{on_terms(name)}") as shop:
        take(shop, orders, **{**UNPAID, "transactions": [money(501, "20.00", 8)], **later(9)})
        take(shop, orders, **{**UNPAID, **STORIES["all of it"][0], **later(12)})
        shown = shop.command("preview", name)[1]
        assert "Refund receipt" in shown
        assert "Credit memo" in shown
        assert "RefundReceipt" not in shown
        shop.command("decide", "450000009001", "release", "--reason", "looked at")
        shop.sync()
        balances = shop.opened.trial_balance(ledger(shop))
        assert balances == {"4000": -44_04, "4200": 44_04}

        group = shop.opened.entries(name)[0].slot.group
        names = [one.voucher_id for one in shop.opened.app.books.meant(group)]
        out = shop.opened.app.deliverer.undo(ledger(shop), names, Word("ann", "wrong", is_again=True), actor="ann")
        assert len(out) == 5
        assert shop.opened.trial_balance(ledger(shop)) == {}
        shop.sync()
        assert shop.opened.trial_balance(ledger(shop)) == balances
        assert shop.check().is_reconciled

        (receipt,) = books(shop)["RefundReceipt"]
        shop.opened.tamper(ledger(shop), op="edit_amount", entity="RefundReceipt", id=receipt["Id"], amount="19.00")
        assert not shop.opened.check(name).is_matched


@BOTH
def test_what_is_owed_again_stands_in_the_name_that_a_rule_gave_the_order(tmp_path: Path, name: str) -> None:
    """Else one payment would pay invoices of two customers, and wait for good."""
    (orders := tmp_path / "orders").mkdir()
    rules = f'\n[rules.{name}]\neffective_from = 2026-01-01\nreason = "one buyer"\n'
    rules += f'[[rules.{name}.rule]]\nid = "acme"\nkind = "sale.product"\naccount = "4000"\ncontact = "Acme Ltd"\n'
    telling = STORIES["for nothing"][0]
    with told(tmp_path, name, more=on_terms(name) + rules) as shop:
        shop.command("accounts", "create", name, "--yes", "--reason", "one buyer")
        take(shop, orders, **UNPAID)
        take(shop, orders, **{**UNPAID, "transactions": telling["transactions"][:1], **later(9)})
        take(shop, orders, **{**UNPAID, **telling, **later(12)})
        rest = {"transactions": [*telling["transactions"], money(521, "44.04", 14)]}
        take(shop, orders, **{**UNPAID, **telling, **rest, **later(15)})

        assert set(due(shop)) == {"0.00"}
        assert shop.check().is_delivered


@pytest.mark.parametrize("name", ["quickbooks", "xero"])
@pytest.mark.parametrize(("taken", "held"), [("44.04", []), ("0.00", ["quickbooks.receivable", "xero.payment"])])
def test_tax_that_is_due_with_money_goes_back_with_it_or_a_person_is_asked(
    tmp_path: Path, name: str, taken: str, held: list[str]
) -> None:
    """C2, C25: what is owed again bears no tax, so that the return would say too much until it is paid."""
    on_receivables = ("[routes.seller.accounts]", '"1150" = "1100"')
    says = {"sales_tax_basis": "CASH"} if name == "xero" else {}
    with company(name, tmp_path, *BRITAIN, says=says) as acme:
        keys = ('tax_regime = "vat_cash"', 'mode = "order"', "placed_from = 2026-01-01", *on_receivables)
        acme.declare(*keys, channel="shopify")
        acme.run("accounts", "create", "seller", "--yes", "--reason", "new")
        vat: dict[str, Any] = {"tax": "7.34", "taxes": [("VAT", 0.2, "7.34", False)]}
        sold = shopify.agreement(201, [shopify.sale(301, "44.04", item=1, **vat)])
        back: dict[str, Any] = {"tax": "-7.34", "taxes": [("VAT", 0.2, "-7.34", False)]}
        gone = shopify.sale(303, "-44.04", action="RETURN", item=1, **back)
        telling = paid_back(taken, (CARD, "20.00"))
        again = [shopify.agreement(203, [gone], BACK_AT, "Refund", 601)] if float(taken) else []
        telling["agreements"] = [sold, *again]
        first = {**UNPAID, "agreements": [sold], "transactions": telling["transactions"][:1]}
        for number, node in enumerate((first, {**UNPAID, **telling, **later(12)})):
            file = tmp_path / f"{number}.json"
            answer = shopify.orders(shopify.order(**{"taxesIncluded": True, **node}))
            file.write_text(json.dumps(answer).replace('"USD"', '"GBP"'), encoding="utf-8")
            acme.sync(file)

        assert acme.held() == held[slice(*{"quickbooks": (0, 1), "xero": (1, 2)}[name])]
        if not held:
            assert (acme.balance("1100"), acme.balance("4000") + acme.balance("4200")) == (0, 0)
            assert acme.balance("2120") == 0
