"""QuickBooks' JSON becomes our values: exactly, and with nothing guessed."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import PluginError
from bridge.model.vouchers import LedgerLine
from bridge.transport import decode
from bridge_quickbooks.parse import ledger_copy

KEY = "brk_abcdefghij234567abcd"
HEAD = {"Id": "145", "SyncToken": "3", "TxnDate": "2026-07-08", "CurrencyRef": {"value": "USD"}}


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
        ("Payment", {"TotalAmt": 10, "DepositToAccountRef": at("1200")}, {"1200": 1000, "": -1000}),
    ],
)
def test_every_kind_is_read_as_postings_that_add_up(kind: str, body: dict[str, Any], lines: dict[str, int]) -> None:
    copy = ledger_copy(kind, HEAD | body, home_currency="USD", item_accounts={"7": "4000"})

    sums: dict[str, int] = {}
    for found in copy.lines:
        sums[found.account_id] = sums.get(found.account_id, 0) + found.amount_minor
    assert sums == lines
    assert sum(sums.values()) == 0


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
