"""QuickBooks' JSON becomes our values: exactly, and with nothing guessed."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import PluginError
from bridge.model.vouchers import LedgerLine, Mark
from bridge.transport import decode
from bridge_quickbooks.parse import Lists, ledger_copy

KEY = "brk_abcdefghij234567abcd"
HEAD = {"Id": "145", "SyncToken": "3", "TxnDate": "2026-07-08", "CurrencyRef": {"value": "USD"}}


LISTS = Lists(sold={"7": "4000"}, bought={"7": "1300"}, receivable={"": "1100"}, payable={"": "2000"})


def line(detail: str, amount: str, **inside: Any) -> dict[str, Any]:
    return {"Amount": Decimal(amount), "DetailType": detail, "Description": "d", detail: inside}


def at(account: str) -> dict[str, str]:
    return {"value": account, "name": "as people see it"}


JOURNAL = HEAD | {
    "DocNumber": "AMZ2607-QWERTZUIOP",
    "PrivateNote": f"Amazon.com settlement 1 · {KEY}",
    "MetaData": {"LastUpdatedTime": "2026-07-09T10:00:00-07:00"},
    "Line": [
        line("JournalEntryLineDetail", "84.45", PostingType="Debit", AccountRef=at("91")),
        line("JournalEntryLineDetail", "84.45", PostingType="Credit", AccountRef=at("79")),
        {"DetailType": "DescriptionOnly", "Description": "a remark of the bookkeeper"},
    ],
    "SomethingNewInMinorVersion76": {"deep": [1, None]},
}


def test_a_journal_entry_is_read_with_its_key_and_unknown_keys_are_ignored() -> None:
    copy = ledger_copy("JournalEntry", JOURNAL, home_currency="USD")

    assert (copy.ref, copy.version, copy.number, copy.key) == ("145", "3", "AMZ2607-QWERTZUIOP", KEY)
    assert (copy.dated_on, copy.currency) == (date(2026, 7, 8), "USD")
    assert copy.lines == (LedgerLine("91", 8445, "d"), LedgerLine("79", -8445, "d"))
    assert copy.changed_at == "2026-07-09T10:00:00-07:00"
    assert not copy.is_voided


@pytest.mark.parametrize(
    ("kind", "body", "settles", "open_minor"),
    [
        (
            "Payment",
            {"TotalAmt": 25, "Line": [{"Amount": 25, "LinkedTxn": [{"TxnId": "7"}, {"TxnId": "6"}]}]},
            ("6", "7"),
            None,
        ),
        (
            "Deposit",
            {"TotalAmt": 25, "DepositToAccountRef": at("1"), "Line": [{"LinkedTxn": [{"TxnId": "8"}]}, {"Amount": 1}]},
            ("8",),
            None,
        ),
        (
            "SalesReceipt",
            {"TotalAmt": 25, "Balance": Decimal("0.5"), "Line": [{"LinkedTxn": [{"TxnId": "9"}]}]},
            (),
            50,
        ),
        ("Transfer", {"Amount": 5, "FromAccountRef": at("1"), "ToAccountRef": at("2")}, (), None),
    ],
)
def test_what_is_open_and_what_pays_it_is_read(
    kind: str, body: dict[str, Any], settles: tuple[str, ...], open_minor: int | None
) -> None:
    copy = ledger_copy(kind, HEAD | body, home_currency="USD")

    assert (copy.settles, copy.open_minor) == (settles, open_minor)


@pytest.mark.parametrize(
    ("kind", "body", "lines"),
    [
        (
            "Transfer",
            {"Amount": 5, "FromAccountRef": at("1200"), "ToAccountRef": at("1000")},
            {"1000": 500, "1200": -500},
        ),
        (
            "Deposit",
            {
                "TotalAmt": Decimal("199.5"),
                "DepositToAccountRef": at("1000"),
                "Line": [
                    line("DepositLineDetail", "262", AccountRef=at("1200")),
                    line("DepositLineDetail", "-62.50", AccountRef=at("6100")),
                ],
            },
            {"1000": 19950, "1200": -26200, "6100": 6250},
        ),
        (
            "Deposit",  # of a payment: what it takes from undeposited funds has no account in the body
            {"TotalAmt": 25, "DepositToAccountRef": at("1000"), "Line": [{"Amount": 25, "LinkedTxn": []}]},
            {"1000": 2500, "": -2500},
        ),
        (
            "Deposit",
            {
                "TotalAmt": 80,
                "DepositToAccountRef": at("1000"),
                "CashBack": {"AccountRef": at("1050"), "Amount": 20},
                "Line": [line("DepositLineDetail", "100", AccountRef=at("1200"))],
            },
            {"1000": 8000, "1050": 2000, "1200": -10000},
        ),
        (
            "Purchase",
            {
                "TotalAmt": 31,
                "AccountRef": at("1200"),
                "Line": [line("AccountBasedExpenseLineDetail", "31", AccountRef=at("6100"))],
            },
            {"1200": -3100, "6100": 3100},
        ),
        (
            "Purchase",
            {
                "Credit": True,
                "TotalAmt": 31,
                "AccountRef": at("2000"),
                "Line": [line("AccountBasedExpenseLineDetail", "31", AccountRef=at("6100"))],
            },
            {"2000": 3100, "6100": -3100},
        ),
        (
            "SalesReceipt",
            {
                "TotalAmt": Decimal("10.8"),
                "DepositToAccountRef": at("1200"),
                "Line": [line("SalesItemLineDetail", "10", ItemAccountRef=at("4000"))],
            },
            {"1200": 1080, "4000": -1000, "": -80},
        ),
        ("SalesReceipt", {"TotalAmt": 10, "Line": []}, {"": 0}),
        (
            "SalesReceipt",  # of a person: a discount with its account, a subtotal, an item that names no account
            {
                "TotalAmt": 9,
                "DepositToAccountRef": at("1200"),
                "Line": [
                    line("SalesItemLineDetail", "10", ItemRef=at("7")),
                    line("DiscountLineDetail", "1", DiscountAccountRef=at("4100")),
                    line("SubTotalLineDetail", "10"),
                ],
            },
            {"1200": 900, "4000": -1000, "4100": 100},
        ),
        (
            "RefundReceipt",
            {"TotalAmt": 10, "DepositToAccountRef": at("1200"), "Line": [line("SalesItemLineDetail", "10")]},
            {"1200": -1000, "": 1000},
        ),
        ("Payment", {"TotalAmt": 10, "DepositToAccountRef": at("1200")}, {"1200": 1000, "1100": -1000}),
        (
            "Payment",  # where the company has several receivables, it says which; undeposited funds it does not
            {"TotalAmt": 10, "ARAccountRef": at("1101")},
            {"": 1000, "1101": -1000},
        ),
        (
            "Invoice",
            {
                "TotalAmt": Decimal("10.8"),
                "Line": [line("SalesItemLineDetail", "10", ItemAccountRef=at("4000"))],
                "TxnTaxDetail": {"TotalTax": Decimal("0.8")},
            },
            {"1100": 1080, "4000": -1000, "": -80},
        ),
        (
            "Invoice",  # of a bundle the lines count, and not their sum
            {
                "TotalAmt": 10,
                "Line": [
                    {
                        "Amount": 10,
                        "GroupLineDetail": {
                            "Line": [
                                line("SalesItemLineDetail", "4", ItemAccountRef=at("4000")),
                                line("SalesItemLineDetail", "6", ItemAccountRef=at("4050")),
                            ]
                        },
                    }
                ],
            },
            {"1100": 1000, "4000": -400, "4050": -600},
        ),
        (
            "CreditMemo",
            {"TotalAmt": 10, "Line": [line("SalesItemLineDetail", "10", ItemRef=at("7"))]},
            {"1100": -1000, "4000": 1000},
        ),
        (
            "Bill",
            {
                "TotalAmt": 31,
                "Line": [
                    line("AccountBasedExpenseLineDetail", "11", AccountRef=at("6100")),
                    line("ItemBasedExpenseLineDetail", "20", ItemRef=at("7")),
                ],
            },
            {"2000": -3100, "6100": 1100, "1300": 2000},
        ),
        (
            "VendorCredit",
            {
                "TotalAmt": 5,
                "APAccountRef": at("2001"),
                "Line": [line("AccountBasedExpenseLineDetail", "5", AccountRef=at("6100"))],
            },
            {"2001": 500, "6100": -500},
        ),
        ("BillPayment", {"TotalAmt": 5, "CheckPayment": {"BankAccountRef": at("1000")}}, {"1000": -500, "2000": 500}),
        ("BillPayment", {"TotalAmt": 5, "CreditCardPayment": {"CCAccountRef": at("9")}}, {"9": -500, "2000": 500}),
    ],
)
def test_every_kind_is_read_as_postings_that_add_up(kind: str, body: dict[str, Any], lines: dict[str, int]) -> None:
    copy = ledger_copy(kind, HEAD | body, home_currency="USD", lists=LISTS)

    sums: dict[str, int] = {}
    for found in copy.lines:
        sums[found.account_id] = sums.get(found.account_id, 0) + found.amount_minor
    assert sums == lines
    assert sum(sums.values()) == 0


SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.json"))


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_every_recorded_transaction_is_read_whole(sample: Path) -> None:
    answer = decode(sample.read_bytes())
    assert answer is not None
    ((kind, found),) = answer.items()

    copy = ledger_copy(kind, found, home_currency="USD", lists=LISTS)

    assert (copy.ref, copy.dated_on.isoformat()) == (found["Id"], found["TxnDate"])
    assert sum(line.amount_minor for line in copy.lines) == 0
    customer = found.get("CustomerRef", {}).get("value", "")
    assert copy.contact == (customer or {"Purchase": "1"}.get(kind, ""))


# Marks


def test_a_form_is_marked_with_its_customer_and_location_and_a_foreign_one_with_its_rate() -> None:
    marked = {"TotalAmt": 10, "CustomerRef": at("58"), "DepartmentRef": at("3"), "ExchangeRate": Decimal("1.250")}

    at_home = ledger_copy("Invoice", HEAD | marked, home_currency="USD")
    abroad = ledger_copy("Invoice", HEAD | marked, home_currency="CAD")

    words = "as people see it"
    assert at_home.marks == (Mark("customer", "58", words), Mark("location", "3", words))
    assert abroad.marks == (*at_home.marks, Mark("exchange rate", "1.25"))
    assert at_home.contact == "58"


def test_a_line_of_a_form_is_marked_with_its_product_and_class() -> None:
    sold = line("SalesItemLineDetail", "10", ItemAccountRef=at("4000"), ItemRef=at("7"), ClassRef=at("5"))
    copy = ledger_copy("SalesReceipt", HEAD | {"TotalAmt": 10, "Line": [sold]}, home_currency="USD")

    assert [(mark.kind, mark.value) for mark in copy.lines[1].marks] == [("class", "5"), ("product", "7")]


@pytest.mark.parametrize(
    ("entity", "mark", "contact"),
    [
        ({"Type": "Customer", "EntityRef": at("58")}, ("customer", "58"), "58"),
        ({"Type": "Vendor", "EntityRef": at("58")}, ("vendor", "58"), ""),
        ({"type": "CUSTOMER", "value": "58"}, ("customer", "58"), "58"),
        ({"value": "58"}, ("name", "58"), ""),
    ],
)
def test_a_line_of_a_journal_is_marked_with_whom_it_names(
    entity: dict[str, Any], mark: tuple[str, str], contact: str
) -> None:
    """A vendor is none of those that bridge asks for: their ids may be those of customers."""
    named = line("JournalEntryLineDetail", "5", PostingType="Debit", AccountRef=at("91"), Entity=entity)
    located = line("JournalEntryLineDetail", "5", PostingType="Credit", AccountRef=at("79"), DepartmentRef=at("2"))
    first, second = ledger_copy("JournalEntry", HEAD | {"Line": [named, located]}, home_currency="USD").lines

    assert [(one.kind, one.value) for one in first.marks] == [mark]
    assert first.contact == contact
    assert [(one.kind, one.value) for one in second.marks] == [("location", "2")]


@pytest.mark.parametrize(
    "change",
    [
        {"PrivateNote": "Voided"},
        {"PrivateNote": f"Voided - Amazon.com settlement 1 · {KEY}"},
        {"Line": [line("JournalEntryLineDetail", "0", PostingType="Debit", AccountRef=at("91"))]},
        {"Line": []},
    ],
)
def test_voided_is_known_by_the_note_or_by_amounts_that_are_all_zero(change: dict[str, Any]) -> None:
    """The answer to a void may still show the old amounts, and a note is in the user's language."""
    assert ledger_copy("JournalEntry", JOURNAL | change, home_currency="USD").is_voided


@pytest.mark.parametrize("note", ["", "payout po_1", f"x{KEY}", f"{KEY}x", "brk_short", KEY.upper()])
def test_only_our_own_key_is_taken_for_a_key(note: str) -> None:
    assert ledger_copy("JournalEntry", JOURNAL | {"PrivateNote": note}, home_currency="USD").key == ""


def test_a_company_of_one_currency_may_name_none() -> None:
    bare = {name: value for name, value in JOURNAL.items() if name != "CurrencyRef"}

    assert ledger_copy("JournalEntry", bare, home_currency="USD").currency == "USD"


@pytest.mark.parametrize(
    "change",
    [
        {"TxnDate": None},
        {"TxnDate": "yesterday"},
        {"Id": None},
        {"Line": [{"JournalEntryLineDetail": {"PostingType": "Both", "AccountRef": at("91")}}]},
        {"Line": None},
        {"Line": "x"},
        {"Line": [line("JournalEntryLineDetail", "NaN", PostingType="Debit", AccountRef=at("91"))]},
        {"Line": [line("JournalEntryLineDetail", "0.001", PostingType="Debit", AccountRef=at("91"))]},
        {"CurrencyRef": {"value": "XXXX"}},
        {"MetaData": "x"},
    ],
)
def test_what_cannot_be_read_is_said_and_not_guessed(change: dict[str, Any]) -> None:
    with pytest.raises(PluginError) as refused:
        ledger_copy("JournalEntry", JOURNAL | change, home_currency="USD")

    assert refused.value.code == "quickbooks.answer"


def test_numbers_are_exact_whole_ones_too() -> None:
    """F29: `use_decimal` of the library leaves whole numbers as they are and reads the others as floats."""
    assert decode(b'{"a": 10.10, "b": 100, "c": 12345678901234567.89}') == {
        "a": Decimal("10.10"),
        "b": Decimal(100),
        "c": Decimal("12345678901234567.89"),
    }


@given(st.binary(max_size=50))
def test_an_answer_that_is_no_json_object_is_none_of_ours(raw: bytes) -> None:
    assert decode(raw) is None or isinstance(decode(raw), dict)


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b"[]", b'"x"', b"1", b'{"a": NaN}', b'{"a": 1', b"\xff", b"[" * 100_000]
)
def test_a_page_or_half_an_answer_is_none_of_ours(raw: bytes) -> None:
    assert decode(raw) is None


# Tax


def taxed(amount: str, inclusive: str, code: str) -> dict[str, Any]:
    return line(
        "SalesItemLineDetail",
        amount,
        ItemAccountRef=at("4000"),
        TaxCodeRef=at(code),
        TaxInclusiveAmt=Decimal(inclusive),
    )


RECEIPT: dict[str, Any] = HEAD | {
    "TotalAmt": Decimal(22),
    "GlobalTaxCalculation": "TaxInclusive",
    "DepositToAccountRef": at("1200"),
    "Line": [taxed("10", "12", "5"), taxed("10", "10", "7")],
    "TxnTaxDetail": {"TotalTax": 2},
}


@pytest.mark.parametrize(("kind", "sign"), [("SalesReceipt", 1), ("RefundReceipt", -1)])
def test_a_form_that_includes_tax_is_read_line_by_line(kind: str, sign: int) -> None:
    copy = ledger_copy(kind, RECEIPT, home_currency="GBP")

    assert [(found.account_id, found.amount_minor, found.tax_code, found.tax_minor) for found in copy.lines] == [
        ("1200", sign * 2200, "", 0),
        ("4000", sign * -1200, "5", sign * -200),
        ("4000", sign * -1000, "7", 0),
    ]


def test_tax_that_quickbooks_worked_out_anew_is_another_copy() -> None:
    """F17, F18: a cent of tax that the lines do not make up."""
    changed = RECEIPT | {"TxnTaxDetail": {"TotalTax": Decimal("2.01")}}

    sent, kept = (ledger_copy("SalesReceipt", body, home_currency="GBP") for body in (RECEIPT, changed))

    assert sent.lines_hash != kept.lines_hash
    assert sum(found.tax_minor for found in kept.lines) == -201


def test_a_form_that_a_person_turned_to_amounts_without_tax_still_adds_up() -> None:
    changed = RECEIPT | {"GlobalTaxCalculation": "TaxExcluded"}

    copy = ledger_copy("SalesReceipt", changed, home_currency="GBP")

    assert sum(found.amount_minor for found in copy.lines) == 0
    assert copy.lines_hash != ledger_copy("SalesReceipt", RECEIPT, home_currency="GBP").lines_hash


def journal_line(posting: str, amount: str, **more: Any) -> dict[str, Any]:
    return line("JournalEntryLineDetail", amount, PostingType=posting, AccountRef=at("65"), **more)


@pytest.mark.parametrize(
    ("calculation", "detail", "gross", "tax", "code"),
    [
        ("TaxExcluded", {"TaxApplicableOn": "Purchase", "TaxAmount": 4}, 2400, 400, "5/purchase"),
        ("TaxExcluded", {"TaxApplicableOn": "Sales", "TaxAmount": 4}, 2400, 400, "5"),
        (
            "TaxInclusive",
            {"TaxApplicableOn": "Purchase", "TaxAmount": 4, "TaxInclusiveAmt": 24},
            2400,
            400,
            "5/purchase",
        ),
        ("NotApplicable", {"TaxAmount": 4}, 2000, 0, "5"),
    ],
)
def test_a_journals_tax_is_part_of_its_line(
    calculation: str, detail: dict[str, Any], gross: int, tax: int, code: str
) -> None:
    body = HEAD | {
        "GlobalTaxCalculation": calculation,
        "Line": [journal_line("Debit", "20", TaxCodeRef=at("5"), **detail), journal_line("Credit", "24")],
    }

    first, second, *_ = ledger_copy("JournalEntry", body, home_currency="GBP").lines

    assert (first.amount_minor, first.tax_minor, first.tax_code) == (gross, tax, code)
    assert (second.amount_minor, second.tax_minor, second.tax_code) == (-2400, 0, "")
