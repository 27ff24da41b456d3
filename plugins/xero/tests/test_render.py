"""A voucher becomes bytes: exact, the same each time, and as Xero's published document wants them."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import HoldError, InvariantError
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.vouchers import Voucher
from bridge.transport import decode, encode
from bridge_xero.kinds import KINDS
from bridge_xero.render import render
from bridge_xero_sandbox.schema import load_schema
from plugins.xero.tests.organisation import (
    CONTACT,
    TOTAL,
    account,
    account_id,
    entry,
    facts,
    leg,
    planned,
    refund,
    sale,
)
from plugins.xero.tests.test_plan_properties import entries

REF = "d5be01fb-09e6-4c3a-85c6-0bf2b102aefd"


def body(made: JournalEntry, place: int = 0, **refs: str) -> dict[str, Any]:
    vouchers = planned(made, facts(account("1200", type="BANK")) if made.is_bank_leg else None)
    given_refs = {vouchers[int(name.removeprefix("ref_"))].voucher_id: ref for name, ref in refs.items()}
    (only,) = json.loads(render(vouchers[place], given_refs), parse_float=str)[KINDS[vouchers[place].type].plural]
    assert isinstance(only, dict)
    return only


def test_an_invoice() -> None:
    made = entry(
        leg("4000", -12000, "sale.product", tax_code="sale:20", tax_minor=-2001),
        leg("6200", 2050, "fee.advertising"),
        leg("1100", 9950, TOTAL),
    )
    (voucher,) = planned(made)

    assert body(made) == {
        "Type": "ACCREC",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": CONTACT},
        "Date": "2026-06-30",
        "DueDate": "2026-06-30",
        "InvoiceNumber": voucher.number,
        "Reference": f"Amazon.co.uk settlement 1 · {voucher.key}",
        "LineAmountTypes": "Inclusive",
        "CurrencyCode": "GBP",
        "LineItems": [
            {
                "Description": "Product sales (sale.product), 6 lines",
                "Quantity": 1,
                "UnitAmount": "120.00",
                "AccountID": account_id("4000"),
                "TaxType": "OUTPUT2",
                "TaxAmount": "20.01",
            },
            {
                "Description": "Advertising (fee.advertising), 6 lines",
                "Quantity": 1,
                "UnitAmount": "-20.50",
                "AccountID": account_id("6200"),
                "TaxType": "NONE",
                "TaxAmount": "0.00",
            },
        ],
    }


def test_an_open_invoice_is_due_when_its_money_is_said_to_arrive() -> None:
    made = entry(leg("4000", -12000, "sale.product"), leg("1100", 12000, TOTAL))
    due = msgspec.structs.replace(made, due_on=date(2026, 7, 2))

    assert (body(due)["Date"], body(due)["DueDate"]) == ("2026-06-30", "2026-07-02")
    assert [voucher.key for voucher in planned(due)] == [voucher.key for voucher in planned(made)]


def test_a_voucher_kept_before_it_had_a_day_due_is_the_same_voucher() -> None:
    """What was delivered then says nothing of it, and its bytes stay what they were."""
    (voucher,) = planned(entry(leg("4000", -12000, "sale.product"), leg("1100", 12000, TOTAL)))
    kept = msgspec.to_builtins(voucher)
    del kept["due_on"]

    assert msgspec.convert(kept, Voucher) == voucher
    assert render(msgspec.convert(kept, Voucher)) == render(voucher)


def test_a_credit_note_and_its_refund() -> None:
    made = entry(
        refund("4200", 2000, "refund.product", tax_code="sale:20", tax_minor=333),
        refund("1210", -2000),
        purpose=Purpose.REFUND,
    )
    note, paid = body(made), body(made, 1, ref_0=REF)

    assert (note["Type"], note["LineItems"][0]["UnitAmount"], note["LineItems"][0]["TaxAmount"]) == (
        "ACCRECCREDIT",
        "20.00",
        "3.33",
    )
    assert "DueDate" not in note
    assert paid["CreditNote"] == {"CreditNoteID": REF}
    assert (paid["Amount"], paid["Account"]) == ("20.00", {"AccountID": account_id("1210")})


def test_a_payment_names_its_invoice_and_in_a_preview_the_voucher_that_will_be_it() -> None:
    made = entry(sale("4000", -500, "sale.product"), sale("1210", 500), purpose=Purpose.ORDER)

    assert body(made, 1, ref_0=REF)["Invoice"] == {"InvoiceID": REF}
    assert body(made, 1)["Invoice"] == {"InvoiceID": planned(made)[0].voucher_id}


def test_a_manual_journal_with_and_without_tax() -> None:
    plain = body(entry(leg("6100", 310, "fee.payment"), leg("1210", -310), purpose=Purpose.JOURNAL))
    taxed = body(
        entry(
            leg("6000", 120, "fee.referral", tax_code="purchase:20", tax_minor=20),
            leg("1210", -120),
            purpose=Purpose.JOURNAL,
        )
    )

    assert (plain["Status"], plain["LineAmountTypes"], plain["ShowOnCashBasisReports"]) == ("POSTED", "NoTax", True)
    assert [(line["LineAmount"], line["TaxType"]) for line in plain["JournalLines"]] == [
        ("3.10", "NONE"),
        ("-3.10", "NONE"),
    ]
    assert taxed["LineAmountTypes"] == "Inclusive"
    assert [line["TaxType"] for line in taxed["JournalLines"]] == ["INPUT2", "NONE"]
    assert all("TaxAmount" not in line for line in taxed["JournalLines"])


@pytest.mark.parametrize(("sign", "kind"), [(1, "SPEND"), (-1, "RECEIVE")])
def test_money_spent_and_received(sign: int, kind: str) -> None:
    made = entry(leg("6100", 310 * sign, "fee.payment"), leg("1230", -310 * sign), purpose=Purpose.JOURNAL)
    found = body(made)

    assert (found["Type"], found["BankAccount"]) == (kind, {"AccountID": account_id("1230")})
    assert [(line["AccountID"], line["UnitAmount"]) for line in found["LineItems"]] == [(account_id("6100"), "3.10")]


def test_a_transfer_leaves_only_the_banks_own_side_to_be_matched() -> None:
    """C3: the clearing account has no statement."""
    found = body(entry(leg("1000", 310, "bank"), leg("1200", -310, "bank"), purpose=Purpose.BANK))

    assert (found["FromBankAccount"], found["ToBankAccount"]) == (
        {"AccountID": account_id("1200")},
        {"AccountID": account_id("1000")},
    )
    assert (found["FromIsReconciled"], found["ToIsReconciled"]) == (True, False)


def test_a_type_that_xero_does_not_have_is_our_own_bug() -> None:
    (voucher,) = planned(entry(leg("4000", -5, "s"), leg("1100", 5, TOTAL)))

    with pytest.raises(InvariantError):
        render(msgspec.structs.replace(voucher, type="Deposit"))


@given(made=entries())
def test_every_body_is_as_the_published_document_wants_it_and_says_what_the_voucher_says(made: JournalEntry) -> None:
    try:
        vouchers = planned(made)
    except HoldError:
        return
    refs = {voucher.voucher_id: REF for voucher in vouchers}

    for voucher in vouchers:
        raw = render(voucher, refs)
        read = decode(raw)
        assert raw == render(voucher, refs)
        assert read is not None
        load_schema().check("PUT", f"/{KINDS[voucher.type].plural}", json.loads(raw))
        (only,) = read[KINDS[voucher.type].plural]
        lines = only.get("LineItems") or only.get("JournalLines") or [only]
        said = sum(abs(line.get("UnitAmount") or line.get("LineAmount") or line.get("Amount")) for line in lines)
        own = voucher.lines[1:] if voucher.type == "BankTransaction" else voucher.lines
        assert said * 100 == sum(abs(line.amount_minor) for line in own if not line.is_implied)


# The encoder


@given(minor=st.integers(-(10**20), 10**20))
def test_money_leaves_as_exact_number_text(minor: int) -> None:
    """F29: 0.1 + 0.2 is no amount, and neither is 1e-06."""
    written = encode(Decimal(minor).scaleb(-2)).decode()

    assert Decimal(written) == Decimal(minor).scaleb(-2)
    assert not set("eE") & set(written)


@pytest.mark.parametrize("value", [1.5, Decimal("NaN"), Decimal("Infinity"), None, object()])
def test_what_is_not_meant_never_leaves(value: Any) -> None:
    with pytest.raises(TypeError):
        encode({"Amount": value})
