"""An entry becomes vouchers: purely, and the same ones each time."""

import string
from datetime import UTC, date, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import HoldError, InvariantError
from bridge.model.entries import JournalEntry, Purpose
from bridge.model.facts import LedgerFacts
from bridge.model.vouchers import AccountRef, Voucher
from bridge.plugin import PlanRequest
from bridge_quickbooks.plan import plan
from bridge_quickbooks.words import latin
from plugins.quickbooks.tests.company import NAMES, entry, payout_entry

FACTS = LedgerFacts(
    connection="books", taken_at=datetime(2026, 7, 1, tzinfo=UTC), company="Shop Inc.", home_currency="USD", accounts=()
)


def planned(
    made: JournalEntry, *, prefix: str = "AMZ", dated_on: date | None = None, facts: LedgerFacts = FACTS
) -> tuple[Voucher, ...]:
    accounts = {posting.account: AccountRef(f"id-{posting.account}", posting.account, "") for posting in made.postings}
    return plan(
        PlanRequest(
            entry=made,
            accounts=accounts,
            facts=facts,
            prefix=prefix,
            dated_on=dated_on or made.booked_on,
            after=("vch_before",),
            names=NAMES,
        )
    )


def test_an_entry_is_one_journal_entry_a_bookkeeper_can_read(sales: JournalEntry) -> None:
    (voucher,) = planned(sales)

    assert (voucher.type, voucher.same_amount_days, voucher.after) == ("JournalEntry", 0, ("vch_before",))
    assert [(line.account.ledger_id, line.amount_minor, line.description) for line in voucher.lines] == [
        ("id-1200", 8445, "Carried over between the months of one settlement (carry)"),
        ("id-4000", -10000, "Product sales (sale.product), 6 lines"),
        ("id-6000", 1555, "Marketplace referral fees (fee.referral), 6 lines"),
    ]
    assert voucher.memo == f"Amazon.com settlement 1 · {voucher.key}"


def test_a_bank_leg_is_one_transfer_that_is_checked_for_a_twin_first(payout: JournalEntry) -> None:
    (voucher,) = planned(payout)

    assert (voucher.type, voucher.number, voucher.same_amount_days) == ("Transfer", "", 7)
    assert [(line.account.number, line.amount_minor) for line in voucher.lines] == [("1000", 8445), ("1200", -8445)]


def test_two_kinds_on_one_account_stay_two_lines() -> None:
    (voucher,) = planned(
        entry(("1200", 3000, "settlement.total"), ("4500", -5000, "reimb.inventory"), ("4500", 2000, "reimb.clawback"))
    )

    assert [line.amount_minor for line in voucher.lines] == [3000, -5000, 2000]


def test_a_third_decimal_is_held_and_never_rounded() -> None:
    """F26: Kuwait's dinar has three, and QuickBooks keeps two of what is not the company's own currency."""
    third = msgspec.structs.replace(entry(("1200", 1001, "carry"), ("4000", -1001, "sale.product")), currency="KWD")
    dinars = msgspec.structs.replace(FACTS, home_currency="KWD")

    with pytest.raises(HoldError) as caught:
        planned(third)
    assert (caught.value.code, caught.value.next_step) == (
        "quickbooks.amount",
        "Enter it by hand, and `bridge decide VOUCHER withdraw`",
    )
    assert planned(third, facts=dinars)


def test_zero_postings_are_left_out_and_an_entry_of_nothing_else_makes_no_voucher() -> None:
    (voucher,) = planned(entry(("1200", 1, "carry"), ("4000", -1, "sale.product"), ("6000", 0, "fee.referral")))

    assert [line.account.number for line in voucher.lines] == ["1200", "4000"]
    assert planned(entry(("1200", 0, "carry"))) == ()


def test_the_number_and_key_are_the_same_after_a_rebuild_and_under_any_period_policy(sales: JournalEntry) -> None:
    """F01, F02: a rebuilt database meets its own voucher in the ledger under one number and one key."""
    (first,), (moved,) = planned(sales), planned(sales, dated_on=date(2026, 7, 1))

    assert (first.number, first.key) == (moved.number, moved.key)
    assert moved.dated_on == date(2026, 7, 1)
    assert "(belongs to 2026-06-30)" in moved.memo


@given(prefix=st.text(string.ascii_uppercase, min_size=2, max_size=30), group=st.text(min_size=1))
def test_a_number_is_never_too_long_and_ends_in_letters(prefix: str, group: str) -> None:
    """F02: at most 21 long; QuickBooks counts on from trailing digits, so there are none."""
    made = entry(("1200", 1, "carry"), ("4000", -1, "sale.product"))
    (voucher,) = planned(
        msgspec.structs.replace(made, slot=msgspec.structs.replace(made.slot, group=group)), prefix=prefix
    )

    assert len(voucher.number) <= 21
    assert voucher.number[-10:].isalpha()
    assert "2606-" in voucher.number


@given(narration=st.text(max_size=5000))
def test_a_memo_keeps_the_key_is_never_too_long_and_has_only_letters_quickbooks_takes(narration: str) -> None:
    (voucher,) = planned(msgspec.structs.replace(payout_entry(), narration=narration))

    assert voucher.memo.endswith(voucher.key)
    assert len(voucher.memo) <= 4000
    assert voucher.memo.encode("latin-1").decode("latin-1").isprintable()


def test_typographers_signs_become_plain_ones() -> None:
    (voucher,) = planned(msgspec.structs.replace(payout_entry(), narration="Müller’s “Shop” — 5 €"))

    assert voucher.memo.startswith('Müller\'s "Shop" - 5 EUR ·')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Őrség, Žluťoučký Łódź, Œuvre", "Orség, Zlutoucký Lódz, OEuvre"),
        ("e\u0301te\u0301 u\u0328", "été u"),
        ("日本 gift 🎁", "?? gift ?"),
        ("a\x00b\x85c\td\u200b\u202e", "a b c d"),
        ("ﬁne ½ ① ﷺ", "fine ½ 1"),
    ],
)
def test_what_a_us_company_has_no_letter_for_is_said_in_those_it_has(text: str, said: str) -> None:
    """The same bytes every time, and what was said so once is said so again."""
    assert latin(text) == said == latin(said)


def test_a_foreign_entry_is_held_and_says_what_to_do(sales: JournalEntry) -> None:
    """F27, F28: nothing is booked at an invented rate."""
    with pytest.raises(HoldError) as held:
        planned(msgspec.structs.replace(sales, currency="EUR"))

    assert held.value.code == "rate.missing"
    assert held.value.next_step == (
        "Enter it by hand at the rate of the money that reached the bank and `bridge decide VOUCHER withdraw`; "
        "or give the channel a route to a company kept in EUR, or to one with Multicurrency switched on"
    )


@pytest.mark.parametrize("field", ["tax_code", "item"])
def test_what_cannot_be_carried_is_held_and_never_dropped_in_silence(sales: JournalEntry, field: str) -> None:
    first, *others = sales.postings
    changed = msgspec.structs.replace(first, **{field: "X"})

    with pytest.raises(HoldError) as held:
        planned(msgspec.structs.replace(sales, postings=(changed, *others)))

    assert held.value.code == "quickbooks.not_carried"


def test_a_bank_leg_of_three_postings_is_our_own_bug() -> None:
    with pytest.raises(InvariantError):
        planned(entry(("1000", 2, "bank"), ("1200", -1, "bank"), ("1200", -1, "bank"), purpose=Purpose.BANK))
