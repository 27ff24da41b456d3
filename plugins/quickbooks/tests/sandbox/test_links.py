"""What a payment may settle: no more than is open, of the same customer, and credit only as far as it settles."""

from decimal import Decimal
from typing import Any

import pytest

from bridge_quickbooks_sandbox import QuickBooksSandbox
from plugins.quickbooks.tests.sandbox.client import REALM, Client


def form(client: Client, kind: str, amount: str, customer: str) -> str:
    item = client.query("select * from Item where Name = 'Product sales'")["Item"][0]["Id"]
    line = {
        "Amount": Decimal(amount),
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": {"ItemRef": {"value": item}, "TaxCodeRef": {"value": "NON"}},
    }
    return str(client.create(kind, {"CustomerRef": {"value": customer}, "Line": [line]})["Id"])


def payment(client: Client, customer: str, total: str, *links: tuple[str, str, str]) -> Any:
    body: dict[str, Any] = {
        "CustomerRef": {"value": customer},
        "TotalAmt": Decimal(total),
        "Line": [
            {"Amount": Decimal(amount), "LinkedTxn": [{"TxnId": ref, "TxnType": kind}]} for kind, ref, amount in links
        ],
    }
    return {**body, "DepositToAccountRef": client.account("1220")} if Decimal(total) else body


@pytest.fixture
def buyers(client: Client) -> tuple[str, str]:
    one, other = (client.create("Customer", {"DisplayName": name})["Id"] for name in ("Buyers", "Others"))
    return one, other


def balance(sandbox: QuickBooksSandbox, kind: str, ref: str) -> int:
    """In whole units."""
    return int(next(one["Balance"] for one in sandbox.entities(REALM, kind) if one["Id"] == ref))


def test_a_payment_of_nothing_uses_credit_for_an_invoice_and_gives_it_back_when_it_is_deleted(
    client: Client, sandbox: QuickBooksSandbox, buyers: tuple[str, str]
) -> None:
    invoice, memo = form(client, "Invoice", "100", buyers[0]), form(client, "CreditMemo", "30", buyers[0])
    links = ("Invoice", invoice, "20"), ("CreditMemo", memo, "20")
    made = client.create("Payment", payment(client, buyers[0], "0", *links))

    assert (made["TotalAmt"], made["UnappliedAmt"]) == (0, 0)
    assert (balance(sandbox, "Invoice", invoice), balance(sandbox, "CreditMemo", memo)) == (80, 10)
    assert sandbox.trial_balance(REALM) == {"1100": 7000, "4000": -7000}

    client.post("payment", {"Id": made["Id"], "SyncToken": made["SyncToken"]}, operation="delete")
    assert (balance(sandbox, "Invoice", invoice), balance(sandbox, "CreditMemo", memo)) == (100, 30)


@pytest.mark.parametrize(
    ("total", "settled", "used"), [("0", "30", "30.01"), ("110", "100.01", "0"), ("10", "41", "30"), ("0", "1", "0")]
)
def test_more_than_is_open_or_more_than_is_paid_is_refused(
    total: str, settled: str, used: str, client: Client, sandbox: QuickBooksSandbox, buyers: tuple[str, str]
) -> None:
    invoice, memo = form(client, "Invoice", "100", buyers[0]), form(client, "CreditMemo", "30", buyers[0])
    body = payment(client, buyers[0], total, ("Invoice", invoice, settled), ("CreditMemo", memo, used))

    assert client.post("payment", body).code == "6000"
    assert (balance(sandbox, "Invoice", invoice), balance(sandbox, "CreditMemo", memo)) == (100, 30)


def test_what_was_paid_once_is_not_paid_again_and_nobody_pays_for_another_customer(
    client: Client, buyers: tuple[str, str]
) -> None:
    invoice = form(client, "Invoice", "100", buyers[0])
    client.create("Payment", payment(client, buyers[0], "100", ("Invoice", invoice, "100")))

    assert client.post("payment", payment(client, buyers[0], "1", ("Invoice", invoice, "1"))).code == "6000"
    other = form(client, "Invoice", "100", buyers[0])
    assert client.post("payment", payment(client, buyers[1], "100", ("Invoice", other, "100"))).code == "6000"
    assert client.post("payment", payment(client, buyers[0], "1", ("Invoice", "4711", "1"))).code == "2500"
