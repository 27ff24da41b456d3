"""An order or a refund becomes one sales form, where a form can say it; a journal entry else; or it waits."""

import json
from datetime import UTC, datetime

import msgspec
import pytest

from bridge.errors import HoldError
from bridge.model.entries import Half, JournalEntry, Purpose
from bridge.model.facts import ContactRole, LedgerAccount, LedgerContact, LedgerFacts, LedgerItem, LedgerTaxCode
from bridge.model.vouchers import AccountRef, Voucher
from bridge.plugin import OpenDocument, PlanRequest
from bridge_quickbooks.accounts import class_of
from bridge_quickbooks.plan import plan
from bridge_quickbooks.render import render
from plugins.quickbooks.tests.company import (
    NAMES,
    american_order,
    american_refund,
    british_day,
    british_fees,
    british_order,
    made,
    posting,
)

ITEMS = ("2100", "2200", "2220", "4000", "4050", "4100", "4200")
TYPES = {
    "1150": "Accounts Receivable",
    "1200": "Bank",
    "1220": "Bank",
    "1230": "Bank",
    "1250": "Other Current Asset",
    "2200": "Other Current Liability",
}
US_CODES = (LedgerTaxCode("NON", "Not taxed", serves=("none",)), LedgerTaxCode("TAX", "Taxed"))
UK_CODES = (
    LedgerTaxCode("5", "20.0% S", "20", ("sale:20", "purchase:20")),
    LedgerTaxCode("7", "0.0% Z", "0", ("sale:0", "purchase:0")),
    LedgerTaxCode("8", "Exempt", "0", ("sale:exempt", "purchase:exempt")),
    LedgerTaxCode("9", "No VAT", "", ("none",)),
)


def account(name: str, kind: str, currency: str) -> LedgerAccount:
    return LedgerAccount(
        ledger_id=f"id-{name}",
        number=name,
        name=name,
        type=kind,
        currency=currency,
        account_class=class_of({"AccountType": kind}),
    )


def known(entry: JournalEntry) -> LedgerFacts:
    """A company with items for sales, a customer, and the codes of its country."""
    return LedgerFacts(
        connection="books",
        taken_at=datetime(2026, 7, 1, tzinfo=UTC),
        company="Shop",
        home_currency=entry.currency,
        accounts=tuple(account(name, kind, entry.currency) for name, kind in TYPES.items()),
        tax_codes=UK_CODES if entry.currency == "GBP" else US_CODES,
        items=tuple(LedgerItem(f"item-{number}", f"Item {number}", f"id-{number}") for number in ITEMS),
        contacts=(LedgerContact("58", "Sales channels", ContactRole.CUSTOMER),),
        receivable_id="id-1150",
    )


def planned(entry: JournalEntry, facts: LedgerFacts | None = None, customer: str = "Sales channels") -> Voucher:
    (voucher,) = planned_all(entry, facts, customer=customer)
    return voucher


def planned_all(
    entry: JournalEntry,
    facts: LedgerFacts | None = None,
    *settles: OpenDocument,
    customer: str = "Sales channels",
    **more: object,
) -> tuple[Voucher, ...]:
    """more: of the request."""
    facts = facts or known(entry)
    accounts = {each.account: AccountRef(f"id-{each.account}", each.account, "") for each in entry.postings}
    codes = {treatment: code.ledger_id for code in facts.tax_codes for treatment in code.serves}
    request = PlanRequest(
        entry=entry,
        accounts=accounts,
        facts=facts,
        prefix="SHP",
        dated_on=entry.booked_on,
        tax_codes=codes,
        names=NAMES,
        customer=customer,
        after=tuple(each.voucher_id for each in settles),
        settles=settles,
    )
    return plan(msgspec.structs.replace(request, **more))


def changed(facts: LedgerFacts, **changes: object) -> LedgerFacts:
    return msgspec.structs.replace(facts, **changes)


def test_a_paid_order_is_a_sales_receipt_with_tax_as_a_line_of_its_own() -> None:
    """C10, C19, F17: nothing for QuickBooks' own tax engine to replace."""
    voucher = planned(american_order())

    assert json.loads(render(voucher), parse_float=str) == {
        "DocNumber": voucher.number,
        "TxnDate": "2026-07-03",
        "CurrencyRef": {"value": "USD"},
        "PrivateNote": f"Shopify order #1001 · {voucher.key}",
        "CustomerRef": {"value": "58"},
        "PaymentRefNum": "5001",
        "DepositToAccountRef": {"value": "id-1220"},
        "Line": [
            item_line(1, "Product sales (sale.product), 1 line", "100.00", "item-4000"),
            item_line(2, "Discounts and promotions (discount.product), 1 line", "-10.00", "item-4100"),
            item_line(3, "Shipping income (sale.shipping), 1 line", "5.00", "item-4050"),
            item_line(4, "Sales tax collected - to remit (tax.collected), 1 line", "7.84", "item-2100"),
        ],
    }


def item_line(number: int, description: str, amount: str, item: str, code: str = "NON", gross: str = "") -> object:
    detail: dict[str, object] = {"ItemRef": {"value": item}, "TaxCodeRef": {"value": code}}
    if gross:
        detail["TaxInclusiveAmt"] = gross
    return {
        "LineNum": number,
        "Description": description,
        "Amount": amount,
        "DetailType": "SalesItemLineDetail",
        "SalesItemLineDetail": detail,
    }


def test_a_refund_is_a_refund_receipt_with_positive_amounts() -> None:
    body = json.loads(render(planned(american_refund())), parse_float=str)

    assert planned(american_refund()).type == "RefundReceipt"
    assert body["DepositToAccountRef"] == {"value": "id-1220"}
    assert [line["Amount"] for line in body["Line"]] == ["50.00", "4.36"]
    assert body["Line"][1]["Description"] == "Sales tax collected - to remit, of refunds (tax.collected), 1 line"


def test_vat_rides_on_its_line_and_the_total_is_what_the_buyer_paid() -> None:
    """C2, F18: the shop's own split to the penny; gift cards are outside of VAT."""
    voucher = planned(british_order())
    body = json.loads(render(voucher), parse_float=str)

    assert (body["GlobalTaxCalculation"], body["TxnTaxDetail"]) == ("TaxInclusive", {"TotalTax": "19.16"})
    assert [
        (
            line["Amount"],
            line["SalesItemLineDetail"]["TaxInclusiveAmt"],
            line["SalesItemLineDetail"]["TaxCodeRef"]["value"],
        )
        for line in body["Line"]
    ] == [
        ("100.00", "120.00", "5"),
        ("-8.33", "-10.00", "5"),
        ("30.00", "30.00", "7"),
        ("4.16", "4.99", "5"),
        ("25.00", "25.00", "9"),
    ]
    assert [line.amount_minor for line in voucher.lines] == [16999, -12000, 1000, -3000, -499, -2500]


def test_a_day_is_one_journal_with_a_line_for_each_tender_and_its_vat() -> None:
    """C2, C9."""
    voucher = planned(british_day())
    body = json.loads(render(voucher), parse_float=str)

    assert (voucher.type, body["GlobalTaxCalculation"]) == ("JournalEntry", "TaxExcluded")
    assert [
        (
            line["JournalEntryLineDetail"]["PostingType"],
            line["Amount"],
            line["JournalEntryLineDetail"].get("TaxCodeRef", {}).get("value"),
            line["JournalEntryLineDetail"].get("TaxApplicableOn"),
            line["JournalEntryLineDetail"].get("TaxAmount"),
        )
        for line in body["Line"]
    ] == [
        ("Credit", "299.99", "5", "Sales", "60.01"),
        ("Credit", "50.00", "7", "Sales", "0.00"),
        ("Debit", "385.00", None, None, None),
        ("Debit", "25.00", None, None, None),
        ("Debit", "10.00", "5", "Sales", "2.00"),
        ("Credit", "12.00", None, None, None),
    ]
    assert [line["Description"] for line in body["Line"][2:4]] == [
        "Received: Stripe clearing (tender), 1 line",
        "Received: Gift card and store credit liability (tender), 1 line",
    ]


def test_what_moved_money_at_a_way_to_pay_is_said_of_buyers_and_of_the_gateways_own_fees() -> None:
    fees = made(
        Purpose.JOURNAL,
        posting("6100", 250, "fee.payment", half=Half.NONE),
        posting("1220", -310, "tender", half=Half.NONE),
        posting("1250", 60, "tender", half=Half.NONE),
    )
    buyers = json.loads(render(planned(british_day())))["Line"]

    assert [line["Description"] for line in json.loads(render(planned(fees)))["Line"]][1:] == [
        "Fees kept by: Stripe clearing (tender), 1 line",
        "Fees given back by: Manual payments clearing (tender), 1 line",
    ]
    assert buyers[-1]["Description"] == "Paid back: Stripe clearing (tender), 1 line"


def test_fees_fill_the_purchases_side_of_the_return_in_a_journal_too() -> None:
    """C20: the same code serves sales and purchases; the side is said apart, and is part of what is compared."""
    from_cash = msgspec.structs.replace(british_fees().postings[2], account="1250")
    voucher = planned(msgspec.structs.replace(british_fees(), postings=(*british_fees().postings[:2], from_cash)))
    details = [line["JournalEntryLineDetail"] for line in json.loads(render(voucher))["Line"]]

    assert [(each["TaxCodeRef"]["value"], each["TaxApplicableOn"]) for each in details[:2]] == [
        ("5", "Purchase"),
        ("8", "Purchase"),
    ]
    assert [line.tax_code for line in voucher.lines] == ["5/purchase", "8/purchase", ""]


def test_an_american_journal_is_sent_without_a_word_about_tax() -> None:
    """F17: as before there were receipts."""
    entry = msgspec.structs.replace(american_order(), purpose=Purpose.DAY)

    assert planned(entry).type == "JournalEntry"
    assert b"TaxCode" not in render(planned(entry))
    assert b"GlobalTax" not in render(planned(entry))


two_tenders = made(
    Purpose.ORDER,
    posting("4000", -10000, "sale.product"),
    posting("1220", 9000, "tender"),
    posting("2200", 1000, "tender"),
)
STAYS_OPEN = {
    "several tenders": two_tenders,
    "paid by gift card alone": american_order("2200"),
    "no tender": made(Purpose.ORDER, posting("4000", -100, "sale.product"), posting("4100", 100, "discount.product")),
    "part of it owed": made(
        Purpose.ORDER,
        posting("4000", -10000, "sale.product"),
        posting("1220", 4000, "tender"),
        posting("2210", 6000, "open"),
    ),
    "net negative": made(Purpose.ORDER, posting("4200", 500, "refund.product"), posting("1220", -500, "tender")),
    "refund agreed and not yet paid": made(
        Purpose.REFUND, posting("4200", 500, "refund.product"), posting("2220", -500, "open")
    ),
    "refund that brings money in": made(
        Purpose.REFUND, posting("4300", -500, "refund.restocking"), posting("1220", 500, "tender")
    ),
    "settlement": msgspec.structs.replace(american_order(), purpose=Purpose.SETTLEMENT),
    "reversal": msgspec.structs.replace(american_refund(), purpose=Purpose.REVERSAL),
    "fees": msgspec.structs.replace(american_order(), purpose=Purpose.JOURNAL),
    "fees inside an order": made(
        Purpose.ORDER,
        posting("4000", -1200, "sale.product", tax="sale:20", tax_minor=-200),
        posting("6100", 120, "fee.payment", tax="purchase:20", tax_minor=20),
        posting("1220", 1080, "tender"),
        currency="GBP",
    ),
}


@pytest.mark.parametrize("case", STAYS_OPEN)
def test_what_no_form_can_say_is_a_journal_entry_and_needs_no_item(case: str) -> None:
    """C9, C10."""
    entry = STAYS_OPEN[case]
    voucher = planned(entry, changed(known(entry), items=(), contacts=()))

    assert (voucher.type, voucher.contact) == ("JournalEntry", "")
    assert [line.amount_minor for line in voucher.lines] == [each.amount_minor for each in entry.postings]


def test_money_on_an_account_of_current_assets_may_be_received_by_a_form() -> None:
    assert planned(american_order("1250")).type == "SalesReceipt"


def test_several_payments_through_one_gateway_are_one_deposit() -> None:
    entry = made(
        Purpose.ORDER,
        posting("4000", -10000, "sale.product"),
        posting("1220", 9000, "tender"),
        posting("1220", 1000, "tender"),
    )

    assert [line.amount_minor for line in planned(entry).lines] == [10000, -10000]


def test_an_order_waits_for_its_items_and_says_which() -> None:
    """Not silently a journal: the merchant asked for receipts."""
    entry = american_order()
    with pytest.raises(HoldError) as held:
        planned(entry, changed(known(entry), items=tuple(one for one in known(entry).items if one.name == "Item 4000")))

    assert held.value.code == "item.missing"
    assert "2100, 4050, 4100" in str(held.value)
    assert "Create a service item that posts to it" in str(held.value)


@pytest.mark.parametrize(("customer", "contacts"), [("Sales channels", ()), ("Shop customers", None)])
def test_an_order_waits_for_the_customer_that_receipts_name(
    customer: str, contacts: tuple[LedgerContact, ...] | None
) -> None:
    entry = american_order()
    facts = known(entry) if contacts is None else changed(known(entry), contacts=contacts)
    with pytest.raises(HoldError) as held:
        planned(entry, facts, customer=customer)

    assert held.value.code == "contact.missing"
    assert repr(customer) in str(held.value)


def test_of_several_items_on_an_account_the_oldest_is_taken_unless_a_rule_names_one() -> None:
    entry = made(Purpose.ORDER, posting("4000", -100, "sale.product"), posting("1220", 100, "tender"))
    items = tuple(LedgerItem(ref, name, "id-4000") for ref, name in (("10", "A"), ("9", "B"), ("11", "C")))
    facts = changed(known(entry), items=items)
    named = msgspec.structs.replace(
        entry, postings=(msgspec.structs.replace(entry.postings[0], item="C"), entry.postings[1])
    )
    lost = msgspec.structs.replace(
        entry, postings=(msgspec.structs.replace(entry.postings[0], item="D"), entry.postings[1])
    )

    assert [planned(made, facts).lines[1].item for made in (entry, named)] == ["9", "11"]
    with pytest.raises(HoldError) as held:
        planned(lost, facts)
    assert held.value.code == "item.missing"
    assert "'D'" in str(held.value)


def test_a_company_without_tax_codes_gets_receipts_without_any() -> None:
    """Not registered for VAT, and nothing switched on in QuickBooks."""
    entry = msgspec.structs.replace(american_order(), currency="GBP")
    body = json.loads(render(planned(entry, changed(known(entry), tax_codes=()))))

    assert body["GlobalTaxCalculation"] == "NotApplicable"
    assert all("TaxCodeRef" not in line["SalesItemLineDetail"] for line in body["Line"])


def test_a_receipt_of_a_company_with_codes_has_one_on_every_line() -> None:
    """Else QuickBooks refuses it with 6000: each line wants its rate, also of a merchant who is not registered."""
    body = json.loads(render(planned(msgspec.structs.replace(american_order(), currency="GBP"))))

    assert {line["SalesItemLineDetail"]["TaxCodeRef"]["value"] for line in body["Line"]} == {"9"}
    assert body["TxnTaxDetail"]["TotalTax"] == 0


@pytest.mark.parametrize("purpose", [Purpose.ORDER, Purpose.DAY])
def test_a_treatment_without_a_code_of_the_ledger_waits(purpose: Purpose) -> None:
    entry = msgspec.structs.replace(british_order(), purpose=purpose)
    with pytest.raises(HoldError) as held:
        planned(entry, changed(known(entry), tax_codes=UK_CODES[1:]))

    assert held.value.code == "quickbooks.not_carried"
    assert "'sale:20'" in str(held.value)


@pytest.mark.parametrize(("amount", "tax"), [(500, 500), (100, 500), (500, -100)])
@pytest.mark.parametrize("purpose", [Purpose.REFUND, Purpose.DAY])
def test_tax_alone_has_no_line_in_quickbooks_and_waits_for_a_person(amount: int, tax: int, purpose: Purpose) -> None:
    entry = made(
        purpose,
        posting("4200", amount, "refund.product", tax="sale:20", tax_minor=tax, half=Half.REFUND),
        posting("1220", -amount, "tender", half=Half.REFUND),
        currency="GBP",
    )
    with pytest.raises(HoldError) as held:
        planned(entry)

    assert held.value.code == "quickbooks.tax_alone"


@pytest.mark.parametrize(("group", "shown"), [("5001", "5001"), ("x" * 22, None)])
def test_a_reference_that_does_not_fit_is_left_out_and_never_cut(group: str, shown: str | None) -> None:
    entry = msgspec.structs.replace(american_order(), slot=msgspec.structs.replace(american_order().slot, group=group))

    assert json.loads(render(planned(entry))).get("PaymentRefNum") == shown
