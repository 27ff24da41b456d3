"""A voucher becomes bytes: exact, valid by Intuit's own schema, and nothing in them that nobody decided."""

import json
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import InvariantError
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.vouchers import AccountRef, Voucher, VoucherLine
from bridge.transport import encode
from bridge_quickbooks.parse import ledger_copy
from bridge_quickbooks.render import render
from bridge_quickbooks_sandbox.schema import load_schema
from bridge_quickbooks_sandbox.wire import decode
from plugins.quickbooks.tests.company import entry
from plugins.quickbooks.tests.test_plan import planned


def test_a_journal_entry_is_written_like_this() -> None:
    (voucher,) = planned(entry(("1200", 8445, "settlement.total"), ("4000", -8445, "sale.product")))

    assert json.loads(render(voucher), parse_float=str) == {
        "DocNumber": voucher.number,
        "TxnDate": "2026-06-30",
        "CurrencyRef": {"value": "USD"},
        "PrivateNote": f"Amazon.com settlement 1 · {voucher.key}",
        "Line": [
            {
                "LineNum": 1,
                "Description": "Settlement total (settlement.total), 6 lines",
                "Amount": "84.45",
                "DetailType": "JournalEntryLineDetail",
                "JournalEntryLineDetail": {"PostingType": "Debit", "AccountRef": {"value": "id-1200"}},
            },
            {
                "LineNum": 2,
                "Description": "Product sales (sale.product), 6 lines",
                "Amount": "84.45",
                "DetailType": "JournalEntryLineDetail",
                "JournalEntryLineDetail": {"PostingType": "Credit", "AccountRef": {"value": "id-4000"}},
            },
        ],
    }


def test_a_transfer_is_written_like_this(payout: JournalEntry) -> None:
    (voucher,) = planned(payout)

    assert json.loads(render(voucher), parse_float=str) == {
        "TxnDate": "2026-07-08",
        "CurrencyRef": {"value": "USD"},
        "PrivateNote": f"Amazon.com settlement 1 · {voucher.key}",
        "FromAccountRef": {"value": "id-1200"},
        "ToAccountRef": {"value": "id-1000"},
        "Amount": "84.45",
    }


def test_bodies_carry_tax_as_a_posting_and_nothing_for_the_ledger_to_recalculate(sales: JournalEntry) -> None:
    """F17: QuickBooks replaces the tax of a sales form; a journal gives it nothing to replace."""
    (voucher,) = planned(sales)

    assert b"Tax" not in render(voucher)


amounts = st.lists(st.integers(-(10**13), 10**13).filter(bool), min_size=1, max_size=8).filter(sum)
texts = st.text(max_size=200).map(lambda text: "".join(letter for letter in text if letter.isprintable()))


@given(amounts=amounts, text=texts)
def test_every_body_is_valid_and_reads_back_to_the_same_money(amounts: list[int], text: str) -> None:
    """F29: to the cent and beyond what a float holds; F15-like sums are exact."""
    made = entry(
        *((str(4000 + place), amount, "sale.product") for place, amount in enumerate([*amounts, -sum(amounts)]))
    )
    (voucher,) = planned(msgspec.structs.replace(made, narration=text))
    body = render(voucher)

    read = load_schema().read("JournalEntry", decode(body))
    copy = ledger_copy("JournalEntry", {**read, "Id": "1"}, home_currency="USD")

    assert [(line.account_id, line.amount_minor) for line in copy.lines] == [
        (line.account.ledger_id, line.amount_minor) for line in voucher.lines
    ]
    assert (copy.key, copy.number, copy.dated_on) == (voucher.key, voucher.number, voucher.dated_on)
    assert body == render(voucher)


@given(amount=st.integers(1, 10**13), text=texts)
def test_every_transfer_is_valid(amount: int, text: str) -> None:
    made = entry(("1000", amount, "bank"), ("1200", -amount, "bank"), purpose=Purpose.BANK)
    (voucher,) = planned(msgspec.structs.replace(made, narration=text))

    read = load_schema().read("Transfer", decode(render(voucher)))

    assert ledger_copy("Transfer", {**read, "Id": "1"}, home_currency="USD").total_minor == amount


@pytest.mark.parametrize(
    ("currency", "text"), [("USD", b'"Amount":12.30'), ("JPY", b'"Amount":1230'), ("KWD", b'"Amount":1.23}')]
)
def test_an_amount_has_exactly_its_currencys_decimals(currency: str, text: bytes, payout: JournalEntry) -> None:
    (voucher,) = planned(payout)
    first, second = voucher.lines
    lines = (msgspec.structs.replace(first, amount_minor=1230), msgspec.structs.replace(second, amount_minor=-1230))

    assert text in render(msgspec.structs.replace(voucher, currency=currency, lines=lines))


@pytest.mark.parametrize("value", [1.0, {"Amount": 0.1}, [Decimal("NaN")], Decimal("Infinity"), None, b"x"])
def test_a_float_or_anything_else_unmeant_is_refused(value: object) -> None:
    """F29: no float near money, not even a round one."""
    with pytest.raises(TypeError):
        encode(value)  # type: ignore[arg-type]


def test_large_and_small_amounts_are_never_written_with_an_exponent() -> None:
    assert encode([Decimal("1E+2"), Decimal("0.000001"), Decimal("12345678901234567.89")]) == (
        b"[100,0.000001,12345678901234567.89]"
    )


def test_a_type_that_is_not_ours_is_our_own_bug() -> None:
    account = AccountRef("1", "1000", "Bank")
    lines = (VoucherLine(account=account, amount_minor=1), VoucherLine(account=account, amount_minor=-1))
    voucher = Voucher(
        voucher_id="vch",
        entry_id="ent",
        type="Estimate",
        number="",
        key="brk",
        dated_on=planned(entry(("1", 1, "a"), ("2", -1, "a")))[0].dated_on,
        currency="USD",
        memo="",
        lines=lines,
    )

    with pytest.raises(InvariantError):
        render(voucher)
