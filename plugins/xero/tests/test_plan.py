"""An entry becomes vouchers: purely, and the same ones each time. Books are written as books, in pounds."""

from inspect import cleandoc

import msgspec
import pytest

from bridge.model.entries import JournalEntry, Posting, Purpose
from bridge.model.vouchers import voucher_id
from plugins.xero.tests.organisation import (
    CONTACT,
    TOTAL,
    account,
    account_id,
    book,
    entry,
    facts,
    held,
    leg,
    planned,
    refund,
    sale,
    sums,
)

# A settlement


def test_a_settlement_is_one_open_invoice_whose_total_is_the_deposit() -> None:
    """C5."""
    vouchers = planned(
        entry(
            leg("4000", -12000, "sale.product", tax_code="sale:20", tax_minor=-2000),
            leg("4200", 3000, "refund.product", tax_code="sale:20", tax_minor=500),
            leg("6000", 1704, "fee.referral", tax_code="purchase:20", tax_minor=284),
            leg("4500", -500, "reimb.inventory", tax_code="none"),
            leg("1200", 700, "balance.carried_in", tax_code="none"),
            leg("1100", 7096, TOTAL),
        )
    )

    assert book(vouchers) == cleandoc("""
        Invoice
            4000     -120.00  OUTPUT2 -20.00
            4200       30.00  OUTPUT2 5.00
            6000       17.04  INPUT2 2.84
            4500       -5.00
            1200        7.00
            [1100]     70.96
    """)
    (invoice,) = vouchers
    assert (invoice.contact, invoice.after, invoice.same_amount_days) == (CONTACT, ("vch_before",), 0)
    assert invoice.memo == f"Amazon.co.uk settlement 1 · {invoice.key}"
    assert invoice.reference == "Amazon.co.uk settlement 1"


def test_the_first_month_of_a_settlement_is_an_invoice_for_nothing_closed_by_what_it_carries() -> None:
    """C5: Xero closes it at once, and the tax in it is stated."""
    made = entry(
        leg("4000", -12000, "sale.product", tax_code="sale:20", tax_minor=-2001),
        leg("1280", 12000, "carry"),
    )

    assert book(planned(made)) == cleandoc("""
        Invoice
            4000     -120.00  OUTPUT2 -20.01
            1280      120.00
    """)


def test_a_net_negative_settlement_is_a_credit_note_refunded_from_clearing() -> None:
    """C5."""
    vouchers = planned(
        entry(leg("6200", 9000, "fee.advertising"), leg("4000", -4000, "sale.product"), leg("1200", -5000, TOTAL))
    )

    assert book(vouchers) == cleandoc("""
        CreditNote
            6200       90.00
            4000      -40.00
            [AR]      -50.00
        Payment
            1200      -50.00
            [AR]       50.00
    """)
    note, payment = vouchers
    assert (payment.pays, payment.after) == (note.voucher_id, ("vch_before", note.voucher_id))


def test_a_settlement_on_clearing_without_tax_is_a_manual_journal() -> None:
    (journal,) = planned(entry(leg("4000", -10000, "sale.product"), leg("1200", 10000, TOTAL)))

    assert (journal.type, journal.number, journal.contact) == ("ManualJournal", "", "")
    assert journal.memo == f"{journal.key} · Amazon.co.uk settlement 1"


@pytest.mark.parametrize("amount", [100, -100])
def test_what_a_settlement_issued_again_differs_by_is_a_journal_whichever_way_it_goes(amount: int) -> None:
    (journal,) = planned(entry(leg("6000", -amount, "fee.referral"), leg("1200", amount, "settlement.difference")))

    assert journal.type == "ManualJournal"
    assert journal.lines[1].description.startswith("Difference to the settlement's former total")


def test_a_settlement_on_clearing_whose_tax_a_journal_would_change_is_an_invoice_paid_by_clearing() -> None:
    """A manual journal cannot state tax: Xero computes 20.00 here, the channel charged 20.01."""
    vouchers = planned(
        entry(leg("4000", -12000, "sale.product", tax_code="sale:20", tax_minor=-2001), leg("1200", 12000, TOTAL))
    )

    assert book(vouchers) == cleandoc("""
        Invoice
            4000     -120.00  OUTPUT2 -20.01
            [AR]      120.00
        Payment
            1200      120.00
            [AR]     -120.00
    """)


def test_a_payout_that_bounced_is_a_payment_from_clearing_of_the_invoice_it_left_open() -> None:
    """C5, P32: the invoice is the first voucher of the first entry that comes before."""
    made = entry(leg("1200", 10000, "payout.bounced"), leg("1100", -10000, "payout.bounced"), purpose=Purpose.BOUNCED)
    (payment,) = planned(msgspec.structs.replace(made, after=("ent_invoice", "ent_later")))

    assert book([payment]) == cleandoc("""
        Payment
            1200      100.00
            [1100]   -100.00
    """)
    assert payment.pays == voucher_id("ent_invoice", 1)
    assert payment.after == ("vch_before", payment.pays)


def test_a_foreign_settlement_goes_in_its_own_currency_as_an_invoice() -> None:
    """C4: a manual journal has no currency."""
    vouchers = planned(entry(leg("4000", -100, "sale.product"), leg("1200", 100, TOTAL), currency="EUR"))

    assert [(voucher.type, voucher.currency) for voucher in vouchers] == [("Invoice", "EUR"), ("Payment", "EUR")]


# Orders, refunds and days


def test_an_order_is_an_invoice_with_one_payment_a_tender() -> None:
    """C10."""
    vouchers = planned(
        entry(
            sale("4000", -10000, "sale.product", tax_code="sale:20", tax_minor=-1667),
            sale("4050", -500, "sale.shipping", tax_code="sale:20", tax_minor=-83),
            sale("1210", 8000),
            sale("2200", 2500),
            purpose=Purpose.ORDER,
            narration="Shopify order #1001",
        )
    )

    assert book(vouchers) == cleandoc("""
        Invoice
            4000     -100.00  OUTPUT2 -16.67
            4050       -5.00  OUTPUT2 -0.83
            [AR]      105.00
        Payment
            1210       80.00
            [AR]      -80.00
        Payment
            2200       25.00
            [AR]      -25.00
    """)


def test_a_refund_is_a_credit_note_with_one_refund_a_tender() -> None:
    vouchers = planned(
        entry(
            refund("4200", 2000, "refund.product"),
            refund("1210", -1500),
            refund("2200", -500),
            purpose=Purpose.REFUND,
        )
    )

    assert [voucher.type for voucher in vouchers] == ["CreditNote", "Payment", "Payment"]
    assert [voucher.total_minor for voucher in vouchers] == [2000, 1500, 500]


def test_a_day_is_an_invoice_and_a_credit_note_each_settled_tender_by_tender() -> None:
    """C9."""
    vouchers = planned(
        entry(
            sale("4000", -10000, "sale.product"),
            sale("1210", 10000),
            refund("4200", 2000, "refund.product"),
            refund("1210", -2000),
            purpose=Purpose.DAY,
        )
    )

    assert book(vouchers) == cleandoc("""
        Invoice
            4000     -100.00
            [AR]      100.00
        Payment
            1210      100.00
            [AR]     -100.00
        CreditNote
            4200       20.00
            [AR]      -20.00
        Payment
            1210      -20.00
            [AR]       20.00
    """)
    assert [voucher.pays for voucher in vouchers] == ["", vouchers[0].voucher_id, "", vouchers[2].voucher_id]
    day = "Amazon.co.uk settlement 1"
    assert [voucher.reference for voucher in vouchers] == [day, day, f"Refunds in {day}", f"Refunds in {day}"]
    assert vouchers[2].memo == f"Refunds in {day} · {vouchers[2].key}"


def test_a_half_that_came_out_the_other_way_is_the_opposite_document() -> None:
    """A day whose "sales" gave money back, for an order edited down."""
    vouchers = planned(
        entry(
            sale("4000", 300, "sale.product"),
            sale("1210", -300),
            refund("4200", -200, "refund.product"),
            refund("1210", 200),
            purpose=Purpose.DAY,
        )
    )

    assert [voucher.type for voucher in vouchers] == ["CreditNote", "Payment", "Invoice", "Payment"]


def test_a_tender_of_the_wrong_sign_is_a_line_of_the_document() -> None:
    """Change given back in cash."""
    vouchers = planned(
        entry(sale("4000", -1000, "sale.product"), sale("1210", 1200), sale("1250", -200), purpose=Purpose.ORDER)
    )

    assert book(vouchers) == cleandoc("""
        Invoice
            4000      -10.00
            1250       -2.00
            [AR]       12.00
        Payment
            1210       12.00
            [AR]      -12.00
    """)


def test_a_tender_of_the_wrong_sign_on_a_bank_account_is_held() -> None:
    error = held(
        entry(sale("4000", -1000, "sale.product"), sale("1210", 1200), sale("1230", -200), purpose=Purpose.ORDER)
    )

    assert error.code == "xero.account_type"


def test_a_free_order_is_an_invoice_for_nothing_and_an_empty_half_makes_nothing() -> None:
    free = entry(sale("4000", -1000, "sale.product"), sale("4100", 1000, "discount.product"), purpose=Purpose.ORDER)

    assert [voucher.type for voucher in planned(free)] == ["Invoice"]
    assert planned(entry(sale("4000", 0, "sale.product"), sale("1210", 0), purpose=Purpose.DAY)) == ()


def test_an_open_leg_of_an_order_is_a_line() -> None:
    """A deposit taken before: 2210 pays the rest."""
    vouchers = planned(
        entry(
            sale("4000", -1000, "sale.product"),
            sale("2210", 400, "deposit"),
            sale("1210", 600),
            purpose=Purpose.ORDER,
        )
    )

    assert book(vouchers[:1]) == cleandoc("""
        Invoice
            4000      -10.00
            2210        4.00
            [AR]        6.00
    """)


def test_a_gift_card_that_was_taxed_when_it_was_sold_is_a_line_with_its_tax_and_no_payment() -> None:
    """C13: 50.00 of an order of 60.00; its 8.33 of VAT come off the sale's 10.00."""
    vouchers = planned(
        entry(
            sale("4000", -6000, "sale.product", tax_code="sale:20", tax_minor=-1000),
            sale("2200", 5000, tax_code="sale:20", tax_minor=833),
            sale("1210", 1000),
            purpose=Purpose.ORDER,
        )
    )

    assert book(vouchers[:1]) == cleandoc("""
        Invoice
            4000      -60.00  OUTPUT2 -10.00
            2200       50.00  OUTPUT2 8.33
            [AR]       10.00
    """)
    assert [voucher.type for voucher in vouchers] == ["Invoice", "Payment"]


# Journals and banks


def test_fees_are_a_manual_journal_through_clearing() -> None:
    """C10."""
    made = entry(
        leg("6100", 310, "fee.payment", tax_code="purchase:exempt"), leg("1210", -310), purpose=Purpose.JOURNAL
    )

    assert book(planned(made)) == cleandoc("""
        ManualJournal
            6100        3.10  EXEMPTINPUT 0.00
            1210       -3.10
    """)


def test_a_journal_states_tax_only_where_xero_computes_the_same() -> None:
    """1.20 at 20 % holds 0.20; with 0.19 it goes out as an invoice for nothing, which states it."""
    exact, other = (
        entry(
            leg("6000", 120, "fee.referral", tax_code="purchase:20", tax_minor=tax),
            leg("1210", -120),
            purpose=Purpose.JOURNAL,
        )
        for tax in (20, 19)
    )

    assert [voucher.type for voucher in planned(exact)] == ["ManualJournal"]
    assert book(planned(other)) == cleandoc("""
        Invoice
            6000        1.20  INPUT2 0.19
            1210       -1.20
    """)


def test_a_fee_kept_by_a_wallet_is_money_spent_from_it() -> None:
    made = entry(leg("6100", 310, "fee.payment"), leg("1230", -310), purpose=Purpose.JOURNAL)
    (spent,) = planned(made)

    assert (spent.type, spent.number, spent.contact) == ("BankTransaction", "", CONTACT)
    assert book([spent]) == cleandoc("""
        BankTransaction
            [1230]     -3.10
            6100        3.10
    """)


def test_two_legs_on_one_wallet_are_one_sum() -> None:
    made = entry(
        leg("1230", -310), leg("6100", 300, "fee.payment"), leg("6110", 30, "fee.dispute"), leg("1230", -20),
        purpose=Purpose.JOURNAL,
    )  # fmt: skip
    (spent,) = planned(made)

    assert [(line.account.number, line.amount_minor) for line in spent.lines] == [
        ("1230", -330),
        ("6100", 300),
        ("6110", 30),
    ]


@pytest.mark.parametrize(
    "legs",
    [
        [leg("1230", -310), leg("1000", 300), leg("6100", 10, "fee.payment")],
        [leg("1230", -310), leg("1230", 310), leg("6100", 10, "fee.payment"), leg("1210", -10)],
    ],
    ids=["two banks and a fee", "a bank moved by nothing"],
)
def test_what_no_object_of_xero_does_with_banks_is_held(legs: list[Posting]) -> None:
    assert held(entry(*legs, purpose=Purpose.JOURNAL)).code == "xero.bank_legs"


def test_money_spent_cannot_state_tax_of_its_own() -> None:
    made = entry(
        leg("6000", 120, "fee.referral", tax_code="purchase:20", tax_minor=19),
        leg("1230", -120),
        purpose=Purpose.JOURNAL,
    )

    assert held(made).code == "xero.tax_rounding"


def test_a_payout_is_a_transfer_only_between_two_bank_accounts_and_checked_for_a_twin_first() -> None:
    made = entry(leg("1000", 8445, "bank"), leg("1200", -8445, "bank"), purpose=Purpose.BANK)
    (transfer,) = planned(made, facts(account("1200", type="BANK")))
    error = held(made)

    assert (transfer.type, transfer.number, transfer.same_amount_days) == ("BankTransfer", "", 7)
    assert [(line.account.number, line.amount_minor) for line in transfer.lines] == [("1000", 8445), ("1200", -8445)]
    assert error.code == "xero.no_transfer"
    assert 'bank_leg = "none"' in error.next_step


# Reversals


@pytest.mark.parametrize(
    ("made", "undone"),
    [
        (entry(leg("4000", -500, "sale.product"), leg("1100", 500, TOTAL)), ["CreditNote"]),
        (entry(leg("4000", -500, "sale.product"), leg("1200", 500, TOTAL)), ["ManualJournal"]),
        (entry(leg("4000", -500, "sale.product"), leg("1280", 500, "carry")), ["ManualJournal"]),
        (entry(sale("4000", -500, "sale.product"), sale("1210", 500)), ["CreditNote", "Payment"]),
        (entry(refund("4200", 500, "refund.product"), refund("1210", -500)), ["Invoice", "Payment"]),
        (entry(leg("6100", 310, "fee.payment"), leg("1210", -310)), ["ManualJournal"]),
        (entry(sale("4000", -9, "s"), refund("4200", 4, "r"), leg("1100", 5, TOTAL)), ["CreditNote"]),
        (entry(sale("4000", -9, "s"), refund("4200", 4, "r"), leg("1280", 5, "carry")), ["ManualJournal"]),
        (entry(leg("6100", 310, "fee.payment"), leg("1230", -310)), ["BankTransaction"]),
        (entry(leg("1000", 310, "bank"), leg("1230", -310, "bank")), ["BankTransfer"]),
    ],
)
def test_a_reversal_is_the_opposite_of_what_its_postings_say(made: JournalEntry, undone: list[str]) -> None:
    opposite = [
        msgspec.structs.replace(posting, amount_minor=-posting.amount_minor, tax_minor=-posting.tax_minor)
        for posting in made.postings
    ]
    vouchers = planned(entry(*opposite, purpose=Purpose.REVERSAL))

    assert [voucher.type for voucher in vouchers] == undone
    assert sums(vouchers) == {
        account_id(posting.account): posting.amount_minor for posting in opposite if posting.amount_minor
    }
