"""Orders that are not paid in full, from what a shop says to open documents in the ledger's own books."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import requests

from plugins.shopify.tests import shop as shopify
from tests.end_to_end.shops import REALM, TENANT
from tests.end_to_end.telling import Told, told

BOTH = pytest.mark.parametrize("name", ["shop-us", "shop-gb"], ids=["quickbooks", "xero"])
FIRST = shopify.agreement(201, [shopify.sale(301, "44.04", item=1)])
GROWN = shopify.agreement(202, [shopify.sale(302, "8.66", action="UPDATE", item=1)], shopify.LATER, "OrderEdit")
PAID = shopify.transaction(501, "44.04")
GREEN = (True, True, True)


def on_receivables(name: str) -> str:
    """Where a route keeps what buyers owe on the ledger's own accounts receivable."""
    return f'\n[routes.{name}.accounts]\n"1150" = "1100"\n'


def take(shop: Told, folder: Path, **node: Any) -> None:
    """The order as the shop tells of it now, booked and delivered."""
    take_in(currency(shop), shop, folder, **node)


def take_in(code: str, shop: Told, folder: Path, **node: Any) -> None:
    """As ``take``, of an order in a currency."""
    text = json.dumps(shopify.orders(shopify.order(**node)))
    file = folder / f"{len(list(folder.iterdir()))}.json"
    file.write_text(text.replace('"USD"', f'"{code}"'), encoding="utf-8")
    assert shop.opened.app.steps.import_file(shop.name, file, actor="ann").error is None
    shop.sync()


def currency(shop: Told) -> str:
    return "GBP" if shop.name.endswith("-gb") else "USD"


def ledger(shop: Told) -> str:
    return "books-gb" if shop.name.endswith("-gb") else "books-us"


def books(shop: Told) -> dict[str, list[dict[str, Any]]]:
    """What the ledger has, by kind."""
    plugin, whose = ("xero", {"tenant": TENANT}) if shop.name.endswith("-gb") else ("quickbooks", {"realm": REALM})
    answer = requests.get(f"{shop.opened.urls[plugin]}/_sandbox/state", params=whose, timeout=60)
    found: dict[str, list[dict[str, Any]]] = answer.json()["entities"]
    return found


def documents(shop: Told) -> dict[str, int]:
    """How many of what bridge wrote there are, by the ledger's own word."""
    forms = ("Invoice", "CreditMemo", "CreditNote", "SalesReceipt", "RefundReceipt")
    wrote = (*forms, "Payment", "Allocation", "JournalEntry")
    found = {kind: len(rows) for kind, rows in books(shop).items()}
    return {kind: number for kind in wrote if (number := found.get(kind) or found.get(f"{kind}s", 0))}


def due(shop: Told) -> list[str]:
    """What is open of the invoices and credits."""
    is_xero = shop.name.endswith("-gb")
    open_of = {"Invoices": "AmountDue", "CreditNotes": "RemainingCredit"} if is_xero else {"Invoice": "Balance"}
    open_of |= {} if is_xero else {"CreditMemo": "Balance"}
    found = books(shop)
    return [f"{float(row[field]):.2f}" for kind, field in open_of.items() for row in found.get(kind, ())]


@BOTH
def test_what_an_edit_leaves_open_is_an_invoice_and_the_money_that_follows_pays_it(tmp_path: Path, name: str) -> None:
    """C10, C14: from the shop's answers to what the customer owes in the ledger, and to nothing owed."""
    money = shopify.transaction(502, "8.66", at=shopify.LATEST)
    with told(tmp_path, name, more=on_receivables(name)) as shop:
        take(shop, tmp_path, agreements=[FIRST, GROWN], total="52.70", transactions=[PAID])
        assert max(due(shop)) == "8.66"

        take(
            shop,
            tmp_path,
            agreements=[FIRST, GROWN],
            total="52.70",
            transactions=[PAID, money],
            updatedAt="2026-09-10T12:00:00Z",
        )
        report = shop.check()

        assert set(due(shop)) == {"0.00"}
        assert (report.is_delivered, report.is_matched, report.is_reconciled) == GREEN
        assert "1100" not in shop.opened.trial_balance(ledger(shop))


@BOTH
def test_a_return_of_what_is_still_open_is_credit_set_against_its_invoice(tmp_path: Path, name: str) -> None:
    """C10: a credit memo by a payment of nothing, a credit note by an allocation."""
    returned = shopify.agreement(
        203, [shopify.sale(303, "-5.00", action="RETURN", item=1)], shopify.LATEST, "Refund", 601
    )
    with told(tmp_path, name, more=on_receivables(name)) as shop:
        grown = {"agreements": [FIRST, GROWN], "total": "52.70", "transactions": [PAID]}
        take(shop, tmp_path, **grown)
        back = {"refunds": [shopify.refund(601, (), shopify.LATEST)], "updatedAt": "2026-09-10T12:00:00Z"}
        take(shop, tmp_path, **{**grown, "agreements": [FIRST, GROWN, returned], "current": "47.70"}, **back)
        report = shop.check()

        assert sorted(set(due(shop))) == ["0.00", "3.66"]
        kinds = documents(shop)
        assert (kinds.get("CreditMemo") or kinds.get("Allocation")) == 1
        assert shop.opened.trial_balance(ledger(shop)).get("1100") == 3_66
        assert report.is_delivered
        assert [kept.finding.code for kept in report.open_findings] == ["channel.edited"]


@BOTH
def test_an_order_paid_in_two_ways_is_an_invoice_with_a_payment_for_each(tmp_path: Path, name: str) -> None:
    """C9: nothing is open for a moment longer than between two calls, and no account is."""
    tenders = [shopify.transaction(501, "40.00"), shopify.transaction(502, "4.04", gateway="paypal")]
    with told(tmp_path, name) as shop:
        take(shop, tmp_path, agreements=[FIRST], total="44.04", transactions=tenders)
        report = shop.opened.check(shop.name)  # no statement of the wallet is there to prove its balance

        assert documents(shop) == {"Invoice": 1, "Payment": 2}
        assert due(shop) == ["0.00"]
        assert (report.is_delivered, report.is_matched) == GREEN[:2]
        assert shop.opened.trial_balance(ledger(shop)) == {"1210": 40_00, "1230": 4_04, "4000": -44_04}


def grown(number: int, by: str, at: str) -> dict[str, Any]:
    return shopify.agreement(number, [shopify.sale(number + 100, by, action="UPDATE", item=1)], at, "OrderEdit")


@BOTH
def test_of_two_invoices_the_older_is_paid_first_and_what_is_left_stays_open(tmp_path: Path, name: str) -> None:
    edits = [FIRST, grown(202, "8.66", "2026-09-03T10:00:00Z"), grown(203, "5.00", "2026-09-05T10:00:00Z")]
    with told(tmp_path, name, more=on_receivables(name)) as shop:
        take(shop, tmp_path, agreements=edits, total="57.70", transactions=[PAID], updatedAt="2026-09-06T10:00:00Z")
        assert [each for each in sorted(due(shop)) if each != "0.00"] == ["5.00", "8.66"]

        money = shopify.transaction(502, "10.00", at="2026-09-08T10:00:00Z")
        more = {"transactions": [PAID, money], "updatedAt": "2026-09-10T12:00:00Z"}
        take(shop, tmp_path, agreements=edits, total="57.70", **more)

        assert sorted(set(due(shop))) == ["0.00", "3.66"]
        assert shop.opened.trial_balance(ledger(shop))["1100"] == 3_66


@BOTH
def test_what_pays_an_invoice_that_a_person_withdrew_waits_and_says_so(tmp_path: Path, name: str) -> None:
    """It was entered by hand, perhaps; which of the ledger's documents is meant is not guessed."""
    with told(tmp_path, name, more=f"review = true\n{on_receivables(name)}") as shop:
        take(shop, tmp_path, agreements=[FIRST, GROWN], total="52.70", transactions=[PAID])
        with shop.opened.app.store.reading() as unit:
            route = unit.routes.get(name)
            waiting = {each.entry_id: each for each in unit.deliveries.of_route(route.route_id)}
            (edited,) = [one for one in waiting if "edited" in unit.entries.get(one).entry.narration]
        shop.command("decide", waiting[edited].voucher_id, "withdraw", "--reason", "entered by hand")

        money = shopify.transaction(502, "8.66", at=shopify.LATEST)
        more = {"transactions": [PAID, money], "updatedAt": "2026-09-10T12:00:00Z"}
        take(shop, tmp_path, agreements=[FIRST, GROWN], total="52.70", **more)
        shop.sync()

        code = "xero.payment" if name == "shop-gb" else "quickbooks.receivable"
        held = json.loads(shop.command("held", "--json")[1])
        assert [each["reason"] for each in held["vouchers"] if each["reason"] != "review"] == [code]
