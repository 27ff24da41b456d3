"""Orders on terms in another currency than the books: what is owed, paid and gained, in each ledger's own books."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from plugins.shopify.tests import shop as shopify
from tests.end_to_end.shops import REALM, TENANT
from tests.end_to_end.telling import Told, told
from tests.end_to_end.test_on_terms import PLACED, UNPAID, later, money
from tests.end_to_end.test_open_orders import BOTH, FIRST, GREEN, books, documents, due, ledger, take, take_in

# What a euro is worth in QuickBooks' dollars, and a pound of Xero's in euros: 44.04 EUR are 48.44 USD or 36.70 GBP.
RATES = {
    "books-us": (f"EUR {PLACED}=1.1", "EUR 2026-09-08=1.2", "EUR 2026-09-20=1.05", "EUR=1.3"),
    "books-gb": (f"EUR {PLACED}=1.2", "EUR 2026-09-08=1", "EUR 2026-09-20=1.25"),
}
QUICKBOOKS = pytest.mark.parametrize("name", ["shop-us"], ids=["quickbooks"])
IN_EUROS = '"1210:EUR" = "1219"\n"1250:EUR" = "1219"\n'


@contextmanager
def in_euros(folder: Path, name: str, mapped: str = "", more: str = "") -> Iterator[Told]:
    """A shop that sells in euros on terms, and a person who opened an account of its euros in the ledger."""
    accounts = f'\n[routes.{name}.accounts]\n"1150" = "1100"\n{mapped}'
    with told(folder, name, more=f"placed_from = 2026-01-01\n{more}{accounts}{IN_EUROS}") as shop:
        several = {"multi_currency": True} if ledger(shop) == "books-us" else {}
        shop.opened.order(ledger(shop), "settings", currencies=["EUR"], rates=RATES[ledger(shop)], **several)
        open_account(shop, "1219", "Bank", "CashOnHand")
        yield shop


def open_account(shop: Told, number: str, kind: str, detail: str, currency: str = "EUR") -> None:
    """A person opens an account of a currency in the ledger."""
    name = f"{number} {currency}"
    token = shop.opened.order(ledger(shop), "tokens")["access_token"]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Xero-Tenant-Id": TENANT}
    if ledger(shop) == "books-us":
        url = f"{shop.opened.urls['quickbooks']}/v3/company/{REALM}/account"
        made = {"Name": name, "AcctNum": number, "AccountType": kind, "AccountSubType": detail}
        answer = requests.post(url, json=made | {"CurrencyRef": {"value": currency}}, headers=headers, timeout=10)
    else:
        url = f"{shop.opened.urls['xero']}/api.xro/2.0/Accounts"
        made = {"Code": number, "Name": name, "Type": "BANK", "BankAccountNumber": number, "CurrencyCode": currency}
        answer = requests.put(url, json=made, headers=headers, timeout=10)
    answer.raise_for_status()


def tell(shop: Told, folder: Path, **node: Any) -> None:
    take_in("EUR", shop, folder, **node)


def open_receivable(shop: Told) -> None:
    """What is owed in euros has an account of its own in QuickBooks; in Xero there is one for all."""
    if ledger(shop) == "books-us":
        open_account(shop, "1101", "Accounts Receivable", "AccountsReceivable")


def greens(shop: Told) -> tuple[bool, bool]:
    """Nobody tells what is on an account of another currency, so that it is never proven to be reconciled."""
    report = shop.opened.check(shop.name)
    return report.is_delivered, report.is_matched


def held(shop: Told) -> list[str]:
    told = json.loads(shop.command("held", "--json")[1])
    return [each["reason"] for each in told["vouchers"]]


@BOTH
def test_what_is_owed_in_euros_is_paid_in_euros_and_the_ledger_books_what_the_rate_gained(
    tmp_path: Path, name: str
) -> None:
    """C10, F28: nothing is left open in either currency, and a check is told nothing of the gain."""
    (orders := tmp_path / "orders").mkdir()
    with in_euros(tmp_path, name) as shop:
        open_receivable(shop)
        tell(shop, orders, **UNPAID)
        assert held(shop) == ([] if name == "shop-gb" else ["contact.missing"])
        shop.command("accounts", "create", name, "--yes", "--reason", "it sells in euros")
        shop.sync()

        owed = {"1101": 48_44, "4000": -48_44} if name == "shop-us" else {"1100": 36_70, "4000": -36_70}
        assert (documents(shop), due(shop)) == ({"Invoice": 1}, ["44.04"])
        assert shop.opened.trial_balance(ledger(shop)) == owed
        assert greens(shop) == GREEN[:2]

        paid = [money(501, "20.00", 8), money(502, "24.04", 20)]
        tell(shop, orders, **{**UNPAID, "transactions": paid}, **later(21))

        assert (documents(shop), due(shop)) == ({"Invoice": 1, "Payment": 2}, ["0.00"])
        gained = {"1219": 49_24, "4000": -48_44, "7900": -80} if name == "shop-us" else {}
        gained = gained or {"1219": 39_23, "4000": -36_70, "7900": -2_53}
        assert shop.opened.trial_balance(ledger(shop)) == gained
        report = shop.opened.check(name)
        owed_in_euros = [
            (one.in_minor, one.out_minor, one.closing_minor, one.balance_minor)
            for one in report.rolled
            if one.currency == "EUR"
        ]
        assert owed_in_euros == [(44_04, 44_04, 0, 0)]
        assert (report.is_delivered, report.is_matched, report.open_findings) == (*GREEN[:2], ())

        payment = books(shop)["Payment" if name == "shop-us" else "Payments"][0]
        ref = payment["Id"] if name == "shop-us" else payment["PaymentID"]
        shop.opened.tamper(ledger(shop), op="edit_rate", entity="Payment", id=ref, to="1.7")
        assert [kept.finding.code for kept in shop.opened.check(name).open_findings] == ["drift.marked"]


@BOTH
def test_credit_at_another_rate_than_its_invoice_leaves_nothing_open(tmp_path: Path, name: str) -> None:
    (orders := tmp_path / "orders").mkdir()
    sold = shopify.sale(303, "-44.04", action="RETURN", item=1)
    back = shopify.agreement(203, [sold], "2026-09-08T10:00:00Z", "Refund", 601)
    gone = {"agreements": [FIRST, back], "current": "0.00"}
    with in_euros(tmp_path, name) as shop:
        open_receivable(shop)
        tell(shop, orders, **UNPAID)
        shop.command("accounts", "create", name, "--yes", "--reason", "it sells in euros")
        refunds = [shopify.refund(601, (), "2026-09-08T10:00:00Z")]
        tell(shop, orders, **{**UNPAID, **gone, "refunds": refunds}, **later(12))

        assert set(due(shop)) == {"0.00"}
        gained = {"4000": -36_70, "4200": 44_04, "7900": -7_34}
        assert shop.opened.trial_balance(ledger(shop)) == (
            {"4000": -48_44, "4200": 52_85, "7900": -4_41} if name == "shop-us" else gained
        )
        assert greens(shop)[0]


@QUICKBOOKS
def test_without_one_account_of_what_is_owed_in_euros_the_order_waits_and_says_what_to_do(
    tmp_path: Path, name: str
) -> None:
    """QuickBooks opens it with the first invoice; which of several it posts to nobody is told."""
    (orders := tmp_path / "orders").mkdir()
    with in_euros(tmp_path, name) as shop:
        tell(shop, orders, **UNPAID)
        assert held(shop) == ["quickbooks.receivable"]
        assert "kept in it, and the company has none" in shop.command("held", "--json")[1]
        shop.command("accounts", "create", name, "--yes", "--reason", "it sells in euros")
        for number in ("1101", "1102"):
            open_account(shop, number, "Accounts Receivable", "AccountsReceivable")
        shop.sync()
        assert held(shop) == ["quickbooks.receivable"]
        assert "and there are several: '1101 EUR', '1102 EUR'" in shop.command("held", "--json")[1]

        shop.opened.tamper("books-us", op="deactivate", account="1102")
        shop.sync()
        take(shop, orders, **{**UNPAID, "id": "gid://shopify/Order/9009"})

        assert (held(shop), due(shop)) == ([], ["44.04", "44.04"])
        assert shop.opened.trial_balance("books-us") == {"1100": 44_04, "1101": 48_44, "4000": -92_48}
        assert greens(shop) == GREEN[:2]


@QUICKBOOKS
@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        ("1100", "quickbooks.receivable", "1150 is mapped to 'Accounts receivable', and QuickBooks posts"),
        ("2000", "account.type", "payable, where current asset is meant"),
    ],
)
def test_an_account_of_another_currency_or_type_is_not_taken_for_what_is_owed_in_euros(
    tmp_path: Path, name: str, number: str, code: str, said: str
) -> None:
    (orders := tmp_path / "orders").mkdir()
    with in_euros(tmp_path, name, mapped=f'"1150:EUR" = "{number}"\n') as shop:
        open_receivable(shop)
        tell(shop, orders, **UNPAID)

        assert held(shop) == [code]
        assert said in shop.command("held", "--json")[1]
        assert documents(shop) == {}


@pytest.mark.parametrize("name", ["woo-us", "woo-gb"], ids=["quickbooks", "xero"])
def test_cash_on_delivery_in_euros_is_owed_and_paid_in_them(tmp_path: Path, name: str) -> None:
    unpaid: dict[str, Any] = {"date_paid_gmt": None, "payment_method": "cod", "date_created_gmt": "2026-03-02T10:00:00"}
    with in_euros(tmp_path, name) as shop:
        open_receivable(shop)
        shop.order(4, status="processing", currency="EUR", **unpaid)
        shop.command("accounts", "create", name, "--yes", "--reason", "it sells in euros")
        shop.sync()
        assert due(shop) == ["10.00"]

        shop.order(9, status="completed", currency="EUR", **{**unpaid, "date_paid_gmt": "2026-03-08T10:00:00"})

        assert (held(shop), due(shop), documents(shop)) == ([], ["0.00"], {"Invoice": 1, "Payment": 1})
        assert greens(shop) == GREEN[:2]
