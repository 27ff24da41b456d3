"""Xero's documents become ours: whoever wrote them, however odd they are."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import PluginError
from bridge.model.vouchers import LedgerCopy, Mark
from bridge.transport import Json, decode
from bridge_xero.kinds import KINDS, LISTED
from bridge_xero.parse import NO_DAY, NO_ID, Chart, id_of, last_editor, ledger_copy
from bridge_xero.wire import day, instant

CHART = Chart(
    home_currency="GBP",
    receivable_id="ar",
    payable_id="ap",
    ids={"200": "sales", "404": "fees", "090": "bank", "091": "wallet", "610": "ar"},
    currencies={"bank": "GBP", "euros": "EUR"},
)
KEY = "brk_" + "a" * 20
DAY = "/Date(1782777600000+0000)/"  # 2026-06-30
UPDATED = "/Date(1782864000123+0000)/"


def lines(copy: LedgerCopy) -> list[tuple[str, int]]:
    return [(line.account_id, line.amount_minor) for line in copy.lines]


def read(kind: str, **fields: Any) -> LedgerCopy:
    found = {KINDS[kind].id: "1", "Date": DAY, "UpdatedDateUTC": UPDATED, **fields}
    return ledger_copy(kind, found, CHART)


def line(amount: str, account: str = "sales", tax: str = "0", code: str = "NONE", **more: Any) -> dict[str, Any]:
    return {"LineAmount": Decimal(amount), "AccountID": account, "TaxAmount": Decimal(tax), "TaxType": code, **more}


SALE = {"Type": "ACCREC", "Status": "AUTHORISED", "LineAmountTypes": "Inclusive", "CurrencyCode": "GBP"}


def test_an_invoice_with_what_xero_posts_to_receivables() -> None:
    copy = read(
        "Invoice",
        **SALE,
        InvoiceNumber="AMZ-A",
        Reference=f"po_1 · {KEY}",
        Total=Decimal("89.5"),
        LineItems=[line("120", tax="20.01", code="OUTPUT2"), line("-30.5", "fees", Description="Fees")],
    )

    assert lines(copy) == [("ar", 8950), ("sales", -12000), ("fees", 3050)]
    assert [(one.tax_code, one.tax_minor) for one in copy.lines] == [("", 0), ("OUTPUT2", -2001), ("", 0)]
    assert (copy.ref, copy.number, copy.key, copy.dated_on) == ("1", "AMZ-A", KEY, date(2026, 6, 30))
    assert (copy.version, copy.changed_at) == (UPDATED, "2026-07-01T00:00:00.123000+00:00")
    assert not copy.is_voided


@pytest.mark.parametrize(
    ("kind", "body", "settles", "open_minor"),
    [
        ("Invoice", {"Total": Decimal(10), "AmountDue": Decimal("2.5")}, (), 250),
        ("Invoice", {"Total": Decimal(10)}, (), None),
        ("CreditNote", {"Total": Decimal(10), "RemainingCredit": Decimal(0)}, (), 0),
        ("CreditNote", {"Total": Decimal(10), "Allocations": [{"Invoice": {"InvoiceID": "i2"}}] * 2}, ("i2",), None),
        ("Payment", {"Amount": Decimal(10), "Invoice": {"InvoiceID": "i1", "Type": "ACCREC"}}, ("i1",), None),
        ("Payment", {"Amount": Decimal(10), "CreditNote": {"CreditNoteID": "c1"}}, ("c1",), None),
        ("Payment", {"Amount": Decimal(10)}, (), None),
    ],
)
def test_what_is_open_and_what_pays_it_is_read(
    kind: str, body: dict[str, Any], settles: tuple[str, ...], open_minor: int | None
) -> None:
    copy = read(kind, **SALE | body)

    assert (copy.settles, copy.open_minor) == (settles, open_minor)


def test_amounts_without_tax_are_read_with_it() -> None:
    """What a person writes is often exclusive of tax."""
    copy = read(
        "Invoice",
        **SALE | {"LineAmountTypes": "Exclusive"},
        Total=Decimal(120),
        LineItems=[line("100", tax="20", code="OUTPUT2")],
    )

    assert lines(copy) == [("ar", 12000), ("sales", -12000)]
    assert copy.lines[1].tax_minor == -2000


@pytest.mark.parametrize(
    ("kind", "type_", "wanted"),
    [
        ("Invoice", "ACCREC", [("ar", 1000), ("sales", -1000)]),
        ("Invoice", "ACCPAY", [("ap", -1000), ("sales", 1000)]),
        ("CreditNote", "ACCRECCREDIT", [("ar", -1000), ("sales", 1000)]),
        ("CreditNote", "ACCPAYCREDIT", [("ap", 1000), ("sales", -1000)]),
        ("BankTransaction", "RECEIVE", [("bank", 1000), ("sales", -1000)]),
        ("BankTransaction", "SPEND", [("bank", -1000), ("sales", 1000)]),
        ("BankTransaction", "RECEIVE-OVERPAYMENT", [("bank", 1000), ("ar", -1000)]),
        ("BankTransaction", "SPEND-OVERPAYMENT", [("bank", -1000), ("ap", 1000)]),
        ("BankTransaction", "RECEIVE-PREPAYMENT", [("bank", 1000), ("sales", -1000)]),
        ("BankTransaction", "SPEND-PREPAYMENT", [("bank", -1000), ("sales", 1000)]),
        ("Overpayment", "RECEIVE-OVERPAYMENT", []),
        ("Overpayment", "AROVERPAYMENT", [("ar", -1000), ("", 1000)]),
        ("Prepayment", "SPEND-PREPAYMENT", []),
        ("Prepayment", "APPREPAYMENT", [("ap", 1000), ("", -1000)]),
    ],
)
def test_each_kind_of_document_has_its_side(kind: str, type_: str, wanted: list[tuple[str, int]]) -> None:
    copy = read(
        kind,
        Type=type_,
        Status="PAID",
        BankAccount={"AccountID": "bank"},
        Total=Decimal(10),
        LineItems=[line("10")],
    )

    assert lines(copy) == wanted


@pytest.mark.parametrize(
    ("kind", "paid", "wanted"),
    [
        ("ACCRECPAYMENT", {}, [("wallet", 500), ("ar", -500)]),
        ("ARCREDITPAYMENT", {}, [("wallet", -500), ("ar", 500)]),
        ("ACCPAYPAYMENT", {}, [("wallet", -500), ("ap", 500)]),
        ("APCREDITPAYMENT", {}, [("wallet", 500), ("ap", -500)]),
        ("AROVERPAYMENTPAYMENT", {}, [("wallet", -500), ("ar", 500)]),
        ("ARPREPAYMENTPAYMENT", {}, [("wallet", -500), ("ar", 500)]),
        ("APOVERPAYMENTPAYMENT", {}, [("wallet", 500), ("ap", -500)]),
        (None, {"Invoice": {"Type": "ACCREC"}}, [("wallet", 500), ("ar", -500)]),
        (None, {"CreditNote": {"Type": "ACCRECCREDIT"}}, [("wallet", -500), ("ar", 500)]),
        (None, {"Invoice": {"Type": "ACCPAY"}}, [("wallet", -500), ("ap", 500)]),
        (None, {"CreditNote": {"Type": "ACCPAYCREDIT"}}, [("wallet", 500), ("ap", -500)]),
        (None, {}, [("wallet", 500), ("ar", -500)]),
    ],
)
def test_each_kind_of_payment_has_its_side(
    kind: str | None, paid: dict[str, Any], wanted: list[tuple[str, int]]
) -> None:
    copy = read("Payment", PaymentType=kind, Amount=Decimal(5), Account={"Code": "091"}, Status="AUTHORISED", **paid)

    assert lines(copy) == wanted


def test_a_payment_is_in_the_currency_of_what_it_pays() -> None:
    copy = read("Payment", Amount=Decimal(500), Invoice={"CurrencyCode": "JPY"}, Account={"AccountID": "wallet"})

    assert (copy.currency, copy.total_minor) == ("JPY", 500)


def test_a_manual_journal() -> None:
    copy = read(
        "ManualJournal",
        Narration=f"{KEY} · fees",
        Status="POSTED",
        LineAmountTypes="Exclusive",
        JournalLines=[line("10", "fees", "2", "INPUT2"), {"LineAmount": Decimal(-12), "AccountCode": "090"}],
    )

    assert lines(copy) == [("fees", 1200), ("bank", -1200)]
    assert (copy.key, copy.currency, copy.number) == (KEY, "GBP", "")


def test_a_transfer_is_in_the_currency_of_its_accounts() -> None:
    copy = read(
        "BankTransfer",
        Amount=Decimal("5.25"),
        FromBankAccount={"AccountID": "euros"},
        ToBankAccount={"Code": "090"},
        Reference=KEY,
        UpdatedDateUTC=None,
        CreatedDateUTC=UPDATED,
    )

    assert lines(copy) == [("bank", 525), ("euros", -525)]
    assert (copy.currency, copy.key, copy.changed_at[:10]) == ("EUR", KEY, "2026-07-01")


@pytest.mark.parametrize(
    ("status", "is_voided"),
    [
        ("AUTHORISED", False),
        ("PAID", False),
        ("POSTED", False),
        ("UNHEARDOF", False),
        (None, False),
        ("VOIDED", True),
        ("DELETED", True),
        ("DRAFT", True),
        ("SUBMITTED", True),
    ],
)
def test_only_what_is_in_the_books_stands(status: str | None, *, is_voided: bool) -> None:
    assert read("Invoice", Type="ACCREC", Status=status).is_voided is is_voided


def test_what_a_document_leaves_unsaid_is_a_line_without_an_account() -> None:
    copy = read("Invoice", **SALE, Total=Decimal(12), LineItems=[line("10")])

    assert lines(copy) == [("ar", 1200), ("sales", -1000), ("", -200)]


def test_lines_of_words_alone_are_none_and_a_line_may_be_told_by_its_unit_price() -> None:
    copy = read(
        "Invoice",
        **SALE,
        LineItems=[
            {"Description": "Thank you"},
            {"Quantity": Decimal(3), "UnitAmount": Decimal("2.5"), "AccountCode": "200"},
        ],
    )

    assert lines(copy) == [("ar", 750), ("sales", -750)]


# Marks


def test_a_document_is_marked_with_its_contact_and_a_foreign_one_with_its_rate() -> None:
    contact = {"ContactID": "c1", "Name": "Sales channels"}
    at_home = read("Invoice", **SALE, Contact=contact, CurrencyRate=Decimal("1.0000000000"))
    abroad = read("Invoice", **SALE | {"CurrencyCode": "EUR"}, Contact=contact, CurrencyRate=Decimal("1.1250000000"))

    assert at_home.marks == (Mark("contact", "c1", "Sales channels"),)
    assert abroad.marks == (Mark("contact", "c1", "Sales channels"), Mark("exchange rate", "1.125"))
    assert at_home.contact == "c1"


def test_a_payment_names_whom_its_invoice_names_and_is_marked_with_nobody() -> None:
    """The invoice is told where its contact was changed, and its payments not once more."""
    copy = read("Payment", Amount=Decimal(5), Invoice={"Type": "ACCREC", "Contact": {"ContactID": "c1"}})

    assert (copy.contact, copy.marks) == ("c1", ())


def test_a_transfers_rate_is_no_mark_for_its_list_does_not_tell_it() -> None:
    copy = read("BankTransfer", Amount=Decimal(5), CurrencyCode="EUR", CurrencyRate=Decimal("1.1"), ToTracking=[NORTH])

    assert copy.marks == ()
    assert [one.marks for one in copy.lines] == [(Mark("tracking Region", "o1", "North"),), ()]


NORTH = {"Name": "Region", "Option": "North", "TrackingCategoryID": "t1", "TrackingOptionID": "o1"}


@pytest.mark.parametrize(
    ("tracking", "value"),
    [(NORTH, "o1"), (NORTH | {"TrackingOptionID": NO_ID}, "North"), ({"Name": "Region", "Option": "North"}, "North")],
)
def test_a_line_is_marked_with_its_tracking_and_its_item(tracking: dict[str, str], value: str) -> None:
    found = line("10", Tracking=[tracking], ItemCode="BOOK", Item={"Name": "A book", "Code": "BOOK"})
    copy = read("Invoice", **SALE, Total=Decimal(10), LineItems=[found])

    assert copy.lines[1].marks == (Mark("tracking Region", value, "North"), Mark("item", "BOOK", "BOOK (A book)"))


@pytest.mark.parametrize("kind", LISTED)
def test_every_published_answer_is_read_whole(kind: str) -> None:
    plural = KINDS[kind].plural
    raw = (Path(__file__).parent / "samples" / f"{plural}.json").read_bytes()
    answer = decode(raw)
    assert answer is not None

    copies = [ledger_copy(kind, found, CHART) for found in answer[plural]]

    assert copies
    assert all(sum(one.amount_minor for one in copy.lines) == 0 for copy in copies)
    assert all(copy.contact for copy in copies if kind not in {"ManualJournal", "BankTransfer"})


@pytest.mark.parametrize("kind", KINDS)
def test_nulls_and_missing_fields_hurt_nothing(kind: str) -> None:
    fields = ("Status", "Type", "Total", "Reference", "LineItems", "JournalLines", "CurrencyCode", "Contact", "Date")
    bare, nulls = read(kind, Date=None, UpdatedDateUTC=None), read(kind, **dict.fromkeys(fields))

    assert (bare.dated_on, nulls.dated_on) == (NO_DAY, NO_DAY)
    assert bare.lines == nulls.lines == ()
    assert "None" not in (nulls.memo, nulls.number, nulls.key, nulls.changed_by)


def test_the_other_form_of_a_date_is_read_where_the_first_is_missing() -> None:
    assert read("Invoice", Date=None, DateString="2026-06-30T00:00:00").dated_on == date(2026, 6, 30)


@pytest.mark.parametrize(
    "broken", [{"InvoiceID": None}, {"Total": "much"}, {"Total": Decimal("0.001")}, {"LineItems": [{"LineAmount": {}}]}]
)
def test_what_is_no_value_is_said_and_never_guessed(broken: dict[str, Any]) -> None:
    with pytest.raises(PluginError) as error:
        read("Invoice", **SALE | broken)

    assert error.value.code == "xero.answer"


def test_an_id_of_noughts_is_none() -> None:
    assert id_of("Invoice", {"InvoiceID": "00000000-0000-0000-0000-000000000000"}) == ""


def test_the_newest_record_tells_who_changed_it_last() -> None:
    records: list[Json] = [
        {"User": "System Generated", "DateUTC": "/Date(1000+0000)/"},
        {"User": "Alex", "DateUTC": "/Date(3000+0000)/"},
        {"User": "Robin", "DateUTC": "/Date(2000+0000)/"},
        {"User": None, "DateUTC": "/Date(9000+0000)/"},
        {"User": "Nobody", "DateUTC": None},
    ]

    assert last_editor(records) == "Alex"
    assert last_editor([]) == ""


# The wire


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("/Date(1782777600000+0000)/", datetime(2026, 6, 30, tzinfo=UTC)),
        ("/Date(1782777600000)/", datetime(2026, 6, 30, tzinfo=UTC)),
        ("/Date(1782777600000+1300)/", datetime(2026, 6, 30, tzinfo=UTC)),
        ("/Date(-86400000+0000)/", datetime(1969, 12, 31, tzinfo=UTC)),
        ("2026-06-30T00:00:00", datetime(2026, 6, 30, tzinfo=UTC)),
        ("2026-06-30T01:00:00+01:00", datetime(2026, 6, 30, tzinfo=UTC)),
        ("2026-06-30", datetime(2026, 6, 30, tzinfo=UTC)),
        ("/Date(99999999999999999999)/", None),
        ("/Date()/", None),
        ("soon", None),
        ("", None),
        (None, None),
        (5, None),
    ],
)
def test_dates_in_every_form(written: object, meant: datetime | None) -> None:
    """F15."""
    assert instant(written) == meant


@given(on=st.dates())
def test_a_day_is_the_same_day_in_both_forms(on: date) -> None:
    ms = (datetime.combine(on, datetime.min.time(), UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() * 1000

    assert day(f"/Date({int(ms)}+0000)/") == day(on.isoformat()) == on


@pytest.mark.parametrize("raw", [b"", b"<html>", b"[]", b"null", b'{"a": NaN}', b'{"a":' + b"[" * 200_000, b"\xff"])
def test_what_is_no_object_is_none(raw: bytes) -> None:
    assert decode(raw) is None
