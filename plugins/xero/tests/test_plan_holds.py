"""What keeps an entry back, each with a code and a next step; and what a voucher is called."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import HoldError
from bridge.model.entries import Posting, Purpose
from plugins.xero.tests.organisation import (
    TOTAL,
    account,
    entry,
    facts,
    held,
    leg,
    planned,
    sale,
)

# What keeps an entry back


def test_payments_switched_off_hold_the_entry_and_name_account_and_switch() -> None:
    """C3."""
    made = entry(sale("4000", -500, "sale.product"), sale("1210", 500), purpose=Purpose.ORDER)
    error = held(made, facts(account("1210", takes_payments=False)))

    assert error.code == "xero.payments_off"
    assert "account 1210" in error.thing
    assert "Enable payments to this account" in error.next_step


def test_a_bank_account_takes_payments_without_a_switch() -> None:
    made = entry(sale("4000", -500, "sale.product"), sale("1230", 500), purpose=Purpose.ORDER)

    assert [voucher.type for voucher in planned(made)] == ["Invoice", "Payment"]


@pytest.mark.parametrize("number", ["1230", "2000", "3900"])
def test_lines_on_accounts_that_xero_keeps_for_itself_are_held(number: str) -> None:
    made = entry(leg("4000", -500, "sale.product"), leg(number, 100, "fee.other"), leg("1100", 400, TOTAL))

    assert held(made).code == "xero.account_type"


def test_a_missing_contact_is_named_with_how_to_add_it() -> None:
    made = entry(leg("4000", -500, "sale.product"), leg("1100", 500, TOTAL))
    with pytest.raises(HoldError) as caught:
        planned(made, contact="Shop counter")

    assert caught.value.code == "contact.missing"
    assert "Shop counter" in str(caught.value)
    assert "Contacts" in caught.value.next_step


def test_a_rule_names_the_contact_of_a_document_or_of_none_of_its_lines() -> None:
    whole = entry(leg("4000", -500, "sale.product", contact="Amazon EU"), leg("1100", 500, TOTAL))
    part = entry(
        leg("4000", -500, "sale.product", contact="Amazon EU"), leg("6000", 100, "fee.x"), leg("1100", 400, TOTAL)
    )

    assert planned(whole)[0].contact == "c0ffee02"
    assert held(part).code == "xero.not_carried"


DOLLARS = (
    "Add USD in Xero under Settings, Currencies (where the plan has several), then run again; "
    "or enter it by hand at the bank's rate and `bridge decide VOUCHER withdraw`"
)


def test_a_currency_that_cannot_be_booked_is_held_and_says_what_to_do() -> None:
    """F27, F28: nothing is booked at an invented rate."""
    error = held(entry(leg("4000", -5, "s"), leg("1100", 5, TOTAL), currency="USD"), facts())

    assert (error.code, error.next_step) == ("xero.currency", DOLLARS)


@pytest.mark.parametrize("minor", [10**12, 1_000_000_000_000])
def test_an_amount_that_xero_cannot_hold_is_held(minor: int) -> None:
    error = held(entry(leg("4000", -minor, "s"), leg("1100", minor, TOTAL)))

    assert (error.code, error.next_step) == (
        "xero.amount",
        "Enter it by hand, and `bridge decide VOUCHER withdraw`",
    )


def test_a_third_decimal_is_held_and_never_rounded() -> None:
    """F26: Kuwait's dinar has three."""
    assert held(entry(leg("4000", -1001, "s"), leg("1100", 1001, TOTAL), currency="KWD")).code == "xero.amount"
    assert planned(entry(leg("4000", -1010, "s"), leg("1100", 1010, TOTAL), currency="KWD"))


@pytest.mark.parametrize(
    ("posting", "code"),
    [
        (leg("4000", -500, "s", tax_code="sale:17.5", tax_minor=-74), "xero.tax_type"),
        (leg("4000", -500, "s", tax_code="sale:0", tax_minor=-74), "xero.tax_rounding"),
    ],
)
def test_tax_that_no_code_of_the_ledger_can_say_is_held(posting: Posting, code: str) -> None:
    assert held(entry(posting, leg("1100", 500, TOTAL))).code == code


def test_tax_on_an_amount_of_nothing_is_held() -> None:
    made = entry(leg("4000", 0, "s", tax_code="sale:20", tax_minor=1), leg("4050", -5, "s"), leg("1100", 5, TOTAL))

    error = held(made)
    assert error.code == "xero.tax_rounding"
    assert error.next_step == "Enter it by hand with the VAT that applies, and `bridge decide VOUCHER withdraw`"


def test_an_organisation_without_a_receivable_account_is_asked_about() -> None:
    made = entry(leg("4000", -500, "s"), leg("1200", 500, TOTAL), currency="EUR")

    error = held(made, msgspec.structs.replace(facts(), receivable_id=""))
    assert error.code == "xero.no_receivable"
    assert "an account of type Accounts Receivable" in error.next_step


def test_where_none_has_another_name_it_is_said() -> None:
    """Australia's BASEXCLUDED."""
    (invoice,) = planned(entry(leg("4000", -500, "s"), leg("1100", 500, TOTAL)), facts(country="AU"))

    assert [line.tax_code for line in invoice.lines] == ["BASEXCLUDED", ""]


# Names


def test_numbers_and_keys_are_the_same_after_a_rebuild_and_under_any_period_policy() -> None:
    """F01, F02: a rebuilt database meets its own voucher in the ledger under one number and one key."""
    made = entry(sale("4000", -5, "s"), sale("1210", 5), purpose=Purpose.ORDER)
    first, moved = planned(made), planned(made, dated_on=date(2026, 7, 1))

    assert [(one.number, one.key) for one in first] == [(one.number, one.key) for one in moved]
    assert [one.dated_on for one in moved] == [date(2026, 7, 1)] * 2
    assert all("(belongs to 2026-06-30)" in one.memo for one in moved)


@given(narration=st.text(max_size=600), group=st.text(min_size=1, max_size=5))
def test_words_keep_the_key_and_are_never_too_long_nor_need_an_escape(narration: str, group: str) -> None:
    """The key is found again by it, in a filter whose text is quoted."""
    journal = entry(leg("6000", 5, "s"), leg("1210", -5), purpose=Purpose.JOURNAL, narration=narration, group=group)
    invoice = entry(leg("4000", -5, "s"), leg("1100", 5, TOTAL), narration=narration, group=group)
    (narrated,), (referred,) = planned(journal), planned(invoice, dated_on=date(2026, 7, 1))

    assert narrated.memo.startswith(f"{narrated.key} · ")
    assert referred.memo.endswith(f" · {referred.key}")
    for voucher, most in ((narrated, 500), (referred, 255)):
        assert len(voucher.memo) <= most
        assert voucher.memo.isprintable()
        assert not set('"\\') & set(voucher.memo)


def test_a_number_ends_in_letters_so_that_xero_does_not_count_on_from_it() -> None:
    (invoice,) = planned(entry(leg("4000", -5, "s"), leg("1100", 5, TOTAL)))

    assert invoice.number.startswith("AMZ2606-")
    assert invoice.number[-10:].isalpha()
