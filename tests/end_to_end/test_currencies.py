"""Sales in another currency than the books, from a raw page to both ledgers and back (F27, F28, S18)."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests

from plugins.shopify.tests.shop import account, agreement, order, orders, payout, row, sale, transaction
from tests.end_to_end.abroad import LEDGERS, REALM, TENANT, Company, Says, company, shop_order

BOTH = pytest.mark.parametrize("ledger", LEDGERS)
AMERICAN = ("US", "USD")
SEVERAL: dict[str, Says] = {
    "quickbooks": {"multi_currency": True, "currencies": ("EUR",), "rates": ("EUR=1.0832",)},
    "xero": {"currencies": ("EUR",)},
}
WAITS = ["drift.not_paid_out"]
"""Nobody has coded a line of the bank to the gateway's account yet."""
IN_EUROS = '[routes.shop.accounts]\n"1220:EUR" = "1229"'


def sold_in_euros(acme: Company, folder: Path, *keys: str) -> None:
    """Declare the route, and bring in an order of 100.00 EUR that was paid by card."""
    acme.declare('tax_regime = "us_sales_tax"', *keys)
    acme.sync(shop_order(folder, "EUR"))


def open_account(acme: Company) -> None:
    """A person opens the account 1229 of the gateway's euros."""
    if acme.ledger == "quickbooks":
        made = {"Name": "Gateway EUR", "AcctNum": "1229", "AccountType": "Bank", "AccountSubType": "CashOnHand"}
        _post(acme, f"/v3/company/{REALM}/account", made | {"CurrencyRef": {"value": "EUR"}}, REALM)
    else:
        made = {
            "Code": "1229",
            "Name": "Gateway EUR",
            "Type": "BANK",
            "BankAccountNumber": "1229",
            "CurrencyCode": "EUR",
        }
        _post(acme, "/api.xro/2.0/Accounts", made, TENANT)


def _post(acme: Company, path: str, body: dict[str, Any], account: str) -> None:
    token = acme.sandbox.issue_tokens(account)[0]
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json", "Xero-Tenant-Id": account}
    send = requests.post if acme.ledger == "quickbooks" else requests.put
    send(acme.sandbox.base_url + path, json=body, headers=headers, timeout=60).raise_for_status()


@BOTH
def test_what_is_sold_in_another_currency_stands_in_it_at_a_rate_and_is_found_where_that_is_changed(
    ledger: str, tmp_path: Path
) -> None:
    """F28."""
    with company(ledger, tmp_path, *AMERICAN, says=SEVERAL[ledger]) as acme:
        open_account(acme)
        sold_in_euros(acme, tmp_path, IN_EUROS)

        assert acme.held() == []
        if ledger == "quickbooks":
            (sent,) = acme.sandbox.entities(REALM, "JournalEntry")
            assert (sent["CurrencyRef"]["value"], Decimal(str(sent["ExchangeRate"]))) == ("EUR", Decimal("1.0832"))
            assert "(1 EUR = 1.0832 USD, QuickBooks' rate of" in sent["PrivateNote"]
        else:
            (sent,) = acme.sandbox.entities(TENANT, "Invoices")
            assert (sent["CurrencyCode"], Decimal(str(sent["CurrencyRate"]))) == ("EUR", Decimal("0.9"))
        assert acme.run("drift").exit_code == 0
        assert acme.findings() == WAITS

        if ledger == "quickbooks":
            acme.sandbox.tamper(REALM).edit_rate("JournalEntry", sent["Id"], "1.2")
        else:
            acme.sandbox.tamper(TENANT).edit_rate("Invoice", sent["InvoiceID"], "0.8")
        acme.run("drift")
        assert acme.findings() == ["drift.marked", *WAITS]


@BOTH
def test_money_in_a_currency_that_its_account_is_not_kept_in_waits_and_says_what_to_do(
    ledger: str, tmp_path: Path
) -> None:
    with company(ledger, tmp_path, *AMERICAN, says=SEVERAL[ledger]) as acme:
        sold_in_euros(acme, tmp_path, '[routes.shop.accounts]\n"1220" = "1000"')
        assert acme.held() == ["account.currency"]
        told = acme.run("held").output
        assert '"1220:EUR" in [routes.shop.accounts]' in " ".join(told.split())

        open_account(acme)
        acme.declare('tax_regime = "us_sales_tax"', IN_EUROS)
        acme.sync()

        assert acme.held() == []
        assert acme.kinds() == {"quickbooks": {"JournalEntry"}, "xero": {"Invoices", "Payments"}}[ledger]


@BOTH
def test_a_payout_in_the_books_currency_takes_foreign_sales_through_1295_at_the_channels_rate(
    ledger: str, tmp_path: Path
) -> None:
    """C29, D26: captured 167.29 EUR, of which 181.21 USD came."""
    captured = order(
        [agreement(201, [sale(301, "167.29", item=1)])],
        "167.29",
        transactions=[transaction(501, "167.29", "CAPTURE")],
    )
    charged = row(1, "181.21", fee="5.14", sourceOrderTransactionId="501", associatedOrder={"id": captured["id"]})
    files = {
        "orders.json": json.dumps(orders(captured)).replace('"USD"', '"EUR"'),
        "payouts.json": json.dumps(account([payout(5001, "176.07")], [charged])),
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    says = {"quickbooks": {"rates": ("EUR=1.07",)}, "xero": {}}[ledger]
    with company(ledger, tmp_path, *AMERICAN, says={**SEVERAL[ledger], **says}) as acme:
        open_account(acme)
        mapped = IN_EUROS.replace("shop", "seller").replace("1220", "1210") if ledger == "quickbooks" else ""
        acme.declare('tax_regime = "us_sales_tax"', mapped, channel="shopify")
        acme.sync(*(tmp_path / name for name in files))

        assert acme.held() == []
        assert (
            rates(acme)
            == {
                "quickbooks": ["1.07", "1.083208799091"],  # QuickBooks' own of the day, and the channel's
                "xero": ["0.900000", "0.923183"],
            }[ledger]
        )
        assert (acme.balance("1295"), acme.balance("4000")) == (0, {"quickbooks": -17900, "xero": -18588}[ledger])
        assert acme.run("drift").exit_code == 0
        nobody_codes_the_bank: dict[str, list[str]] = {"quickbooks": [], "xero": ["drift.payout_unmatched"]}
        assert acme.findings() == nobody_codes_the_bank[ledger]


def rates(acme: Company) -> list[str]:
    """The rates at which something stands in euros."""
    kind, currency, rate = {
        "quickbooks": ("JournalEntry", "CurrencyRef", "ExchangeRate"),
        "xero": ("Invoices", "CurrencyCode", "CurrencyRate"),
    }[acme.ledger]
    found = acme.sandbox.entities(acme.account, kind)
    return sorted(f"{one[rate]}" for one in found if one[currency] in ("EUR", {"value": "EUR", "name": "Euro"}))


@BOTH
def test_a_ledger_of_one_currency_takes_nothing_at_an_invented_rate(ledger: str, tmp_path: Path) -> None:
    """F27, S18."""
    with company(ledger, tmp_path, *AMERICAN) as acme:
        sold_in_euros(acme, tmp_path)

        assert acme.held() == [{"quickbooks": "rate.missing", "xero": "xero.currency"}[ledger]]
        assert acme.kinds() == set()
