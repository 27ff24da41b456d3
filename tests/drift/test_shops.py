"""A shop's orders and payouts: each day and payout three ways, every account explained, and no false findings."""

from __future__ import annotations

from datetime import date

import pytest

from bridge.model.connections import BankLeg
from bridge.model.documents import DocumentKind
from bridge.model.entries import Mode
from bridge.model.findings import InstructionKind, Severity
from bridge.model.line_tax import taxed_at
from bridge.model.lines import Line, Part
from tests.books.shop import Fact, at, money, order, refund, sale, unbalanced
from tests.drift.counter import (
    CREDIT_NOTE,
    INVOICE,
    PAYMENT,
    Counter,
    MakeCounter,
    account,
    are_explained,
    items,
    payout,
    row,
    ties,
)
from tests.drift.firm import codes, only

SALES = "Shop sales of 2026-06-03 (USD)"
FEES = "Shop payout P1: fees and adjustments (2026-06)"
BANK = "Payout P1 of Shop"


def open_for_business(counter: Counter) -> None:
    """Two days of orders by several ways to pay, a refund, a payout of the first order, and the cash at the bank."""
    counter.bring_in(
        order("1", "2026-06-03 12:00", {"sale.product": 1000}),
        order("2", "2026-06-03 13:00", {"sale.product": 2000, "tip": 300}, {"gift_card": 500, "paypal": 1800}),
        order("3", "2026-06-04 09:00", {"gift_card": 2500}, {"cash": 2500}),
        order("4", "2026-06-04 10:00", {"sale.product": 700}),
        refund("R2", "2", "2026-06-04 12:00", {"refund.product": -300}, {"paypal": 300}),
        payout("P1", "2026-06-05 00:00", row("1", 1000, "2026-06-03 12:00", fee=59)),
    )
    counter.ledger.pay_out("2026-06-05", "1250", 2500)


def test_a_shop_ties_by_day_and_payout_and_every_account_is_explained(counter: Counter) -> None:
    open_for_business(counter)
    counter.read_statement("1230", 1500)

    report = counter.check_ledger()

    assert codes(report) == []
    assert ties(report) == [
        ("payout", "P1", 941, 941, 941),
        ("day", "2026-06-03 sales", 3300, 3300, 3300),
        ("day", "2026-06-04 sales", 2900, 2900, 2900),
    ]
    assert [(tie.sales_minor, tie.refunds_minor, tie.documents) for tie in report.days] == [
        (3300, 0, 2),
        (3200, -300, 3),
    ]
    assert report.buyers_payouts[0].bank == "posted bank entry"
    assert [one.account[:4] for one in report.clearings] == ["1210", "1230", "1250", "2200"]
    assert items(report, "1210") == [("payments of 2026-06-04", "7.00")]
    assert items(report, "1230") == [("payments of 2026-06-03", "18.00"), ("payments of 2026-06-04", "-3.00")]
    assert items(report, "1250") == []
    assert items(report, "2200") == [("gift cards and store credit", "-20.00")]
    assert are_explained(report)
    assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, True, True)


def test_what_waits_is_counted_and_no_finding(make_counter: MakeCounter) -> None:
    counter = make_counter(hold_back_hours=48)
    counter.bring_in(
        order("1", "2026-06-30 12:00", {"sale.product": 1000}),
        order("2", "2026-06-03 13:00", {"sale.product": 2000}, {}),
        order("3", "2026-06-04 13:00", {"sale.product": 2000}, {}),
        payout(
            "P1",
            "2026-06-28 00:00",
            [Line(key="f", kind="fee.payment", part=Part.FEE, amount_minor=100, occurred_at=at("2026-06-28 00:00"))],
            status="scheduled",
        ),
    )

    report = counter.check_ledger()

    assert codes(report) == []
    assert [one.words for one in report.waiting] == [
        "2 orders not paid",
        "1 entry whose day is not over or held back",
        "1 payout on its way to the bank",
    ]
    assert [(tie.state, tie.is_in_scope) for tie in report.days] == [("hold_back", False)]
    assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, True, True)
    assert are_explained(report)


def test_an_order_that_waits_for_its_payout_is_counted_and_its_payout_ties(make_counter: MakeCounter) -> None:
    counter = make_counter(mode=Mode.PAYOUT)
    counter.bring_in(
        order("0", "2026-05-30 12:00", {"sale.product": 400}),
        order("1", "2026-06-03 12:00", {"sale.product": 1000}),
        order("2", "2026-06-03 12:00", {"sale.product": 90}, {"paypal": 90}),
        order("4", "2026-06-04 10:00", {"sale.product": 700}),
        payout("P1", "2026-06-05 00:00", row("0", 400, "2026-05-30 12:00"), row("1", 1000, "2026-06-03 12:00", fee=59)),
    )

    report = counter.check_ledger()

    assert codes(report) == []
    assert [one.words for one in report.waiting] == ["1 order in no payout yet"]
    assert ties(report) == [
        ("payout", "P1", 1341, 1341, 1341),
        ("day", "2026-06-03 sales", 90, 90, 90),
        ("day", "2026-06-05 sales of payout P1", 1400, 1400, 1400),
    ]
    assert items(report, "1210") == []
    assert are_explained(report)


def test_a_day_with_a_supplement_is_one_line(counter: Counter) -> None:
    open_for_business(counter)
    counter.bring_in(order("5", "2026-06-03 14:00", {"sale.product": 30}))
    counter.bring_in(order("4", "2026-06-04 10:00", {"sale.product": 900}))

    report = counter.check_ledger()

    assert codes(report) == []
    assert ties(report)[1:] == [
        ("day", "2026-06-03 sales", 3330, 3330, 3330),
        ("day", "2026-06-04 sales", 3100, 3100, 3100),
    ]
    assert [tie.parts for tie in report.days] == [2, 2]
    assert items(report, "1210") == [("payments of 2026-06-03", "0.30"), ("payments of 2026-06-04", "9.00")]
    assert are_explained(report)


def test_a_correction_that_is_not_sent_yet_is_named(counter: Counter) -> None:
    open_for_business(counter)
    counter.book(order("4", "2026-06-04 10:00", {"sale.product": 900}))

    report = counter.check_ledger()

    assert set(codes(report)) == {"not_delivered"}
    assert items(report, "1210") == [("payments of 2026-06-04, as they were", "7.00")]
    assert report.days[1].parts_missing == 1
    assert are_explained(report)


def test_a_reversed_and_replaced_order_leaves_no_trace_but_its_last_content(make_counter: MakeCounter) -> None:
    for has_invoices in (False, True):
        counter = make_counter(mode=Mode.ORDER, has_invoices=has_invoices)
        counter.bring_in(order("1", "2026-06-03 12:00", {"sale.product": 1000, "sale.shipping": 100}))
        counter.bring_in(order("1", "2026-06-03 12:00", {"sale.product": 900, "sale.shipping": 100}))

        report = counter.check_ledger()

        assert codes(report) == []
        assert ties(report) == [("day", "2026-06-03 sales", 1000, 1000, 1000)]
        assert report.days[0].parts == 3
        assert items(report, "1210") == [("payments of 2026-06-03", "10.00")]
        assert are_explained(report)


def test_an_order_nobody_booked_is_found_and_its_day_is_off_by_it(invoicing: Counter) -> None:
    open_for_business(invoicing)
    invoicing.receive(order("9", "2026-06-04 18:00", {"sale.product": 111}))

    report = invoicing.check_ledger()

    assert codes(report) == ["never_booked"]
    assert ties(report)[2] == ("day", "2026-06-04 sales", 3011, 2900, 2900)
    assert not report.is_matched


@pytest.mark.parametrize("mode", [Mode.DAY, Mode.ORDER])
def test_a_newer_version_that_is_held_is_not_called_missing_while_the_older_is_booked(
    make_counter: MakeCounter, mode: Mode
) -> None:
    counter = make_counter(mode=mode)
    open_for_business(counter)
    counter.bring_in(
        unbalanced(order("4", "2026-06-04 10:00", {"sale.product": 850}), 900),
        unbalanced(order("9", "2026-06-04 11:00", {"sale.product": 90}), 100),
    )

    report = counter.check_ledger()

    found = {kept.finding.code: kept.finding for kept in report.open_findings}
    assert found.keys() == {"drift.newer_not_booked", "drift.never_booked"}
    newer = found["drift.newer_not_booked"]
    assert newer.title == "order #4: a newer version is not in the books yet, the older one is"
    assert (newer.amount_minor, newer.severity) == (200, Severity.ERROR)
    assert found["drift.never_booked"].title == "order #9: not in the books"
    assert not report.is_delivered


def test_a_payout_on_its_way_and_one_whose_transfer_is_gone(invoicing: Counter) -> None:
    open_for_business(invoicing)
    invoicing.bring_in(payout("P2", "2026-06-30 00:00", row("4", 700, "2026-06-04 10:00", fee=50), status="in_transit"))
    invoicing.ledger.delete(invoicing.ref(BANK))

    report = invoicing.check_ledger()

    assert codes(report) == ["deleted"]
    assert [(item.what, item.amount_minor, item.reason) for item in report.clearing.items] == [
        ("payout P1", 941, "ours was deleted in the ledger"),
        ("payout P2", 650, "on its way to the bank, due 2026-06-30"),
    ]
    assert [tie.bank for tie in report.buyers_payouts] == ["gone from the ledger", "due 2026-06-30"]
    assert are_explained(report)


def test_without_a_transfer_the_banks_own_line_settles_a_payout(make_counter: MakeCounter) -> None:
    counter = make_counter(bank_leg=BankLeg.NONE)
    open_for_business(counter)
    before = counter.check_ledger()
    ref = counter.ledger.pay_out("2026-06-06", "1210", 941)
    after = counter.check_ledger()

    assert items(before, "1210") == [("payments of 2026-06-04", "7.00"), ("payout P1", "9.41")]
    assert codes(before) == ["payout_unmatched"]
    assert codes(after) == []
    assert [(one.what, one.ref) for one in after.clearing.settled] == [("payout P1", ref)]
    assert are_explained(before)
    assert are_explained(after)


def test_a_payout_that_holds_a_payment_of_an_unknown_order_says_so(invoicing: Counter) -> None:
    open_for_business(invoicing)
    invoicing.bring_in(payout("P2", "2026-06-08 00:00", row("77", 1200, "2026-06-04 10:00")))

    report = invoicing.check_ledger()

    assert ties(report)[1] == ("payout", "P2", 1200, 0, 0)
    assert not report.is_matched
    assert [(item.what, item.amount_minor) for item in report.clearing.items] == [
        ("payments of 2026-06-04", 700),
        ("payout P2", -1200),
    ]
    assert "no booked payment matches" in report.clearing.items[1].reason
    (kept,) = report.open_findings
    assert (kept.finding.code, kept.finding.severity, kept.finding.amount_minor) == (
        "drift.payout_rows",
        "warning",
        1200,
    )
    assert kept.finding.title == "payout P2: 1 row of it matches no booked payment"
    assert kept.finding.repair.startswith("Bring in the orders")
    assert are_explained(report)


def test_a_payout_that_came_back_is_answered_by_the_one_that_takes_it_up(invoicing: Counter) -> None:
    open_for_business(invoicing)
    rows = row("4", 700, "2026-06-04 10:00", fee=50)
    invoicing.bring_in(payout("P2", "2026-06-24 00:00", rows, status="in_transit"))
    invoicing.bring_in(payout("P2", "2026-06-24 00:00", rows, status="failed"))
    failed = invoicing.check_ledger()
    again = [
        Line(
            key="back", kind="payout.failed", part=Part.ADJUSTMENT, amount_minor=650, occurred_at=at("2026-06-26 00:00")
        )
    ]
    invoicing.bring_in(payout("P3", "2026-06-28 00:00", again))
    done = invoicing.check_ledger()

    assert codes(failed) == codes(done) == []
    assert items(failed, "1210") == [("payout P2", "6.50")]
    assert "failed: nothing reaches the bank, so code no bank line" in failed.clearing.items[0].reason
    assert items(done, "1210") == []
    assert are_explained(failed)
    assert are_explained(done)


def test_a_payout_that_failed_and_is_not_paid_again_is_late_as_what_it_is(invoicing: Counter) -> None:
    open_for_business(invoicing)
    rows = row("4", 700, "2026-06-04 10:00", fee=50)
    invoicing.bring_in(payout("P2", "2026-06-08 00:00", rows, status="failed"))

    report = invoicing.check_ledger()

    (kept,) = report.open_findings
    assert kept.finding.code == "drift.payout_unmatched"
    assert "it failed, and the channel has not paid it again" in kept.finding.title
    assert "code no bank line" in kept.finding.repair
    assert [tie.state for tie in report.buyers_payouts] == ["booked", "failed"]


def test_a_payout_that_changes_after_it_was_sent_is_explained_with_what_it_takes_back(invoicing: Counter) -> None:
    def back(minor: int) -> Fact:
        return payout(
            "P2",
            "2026-06-28 00:00",
            [
                Line(
                    key="a",
                    kind="payout.failed",
                    part=Part.ADJUSTMENT,
                    amount_minor=minor,
                    occurred_at=at("2026-06-26 00:00"),
                )
            ],
            [
                Line(
                    key="b",
                    kind="payout.failed",
                    part=Part.ADJUSTMENT,
                    amount_minor=2000,
                    occurred_at=at("2026-06-26 00:00"),
                )
            ],
            status="in_transit",
        )

    invoicing.bring_in(back(1000))
    invoicing.bring_in(back(1500))

    report = invoicing.check_ledger()

    assert codes(report) == []
    assert ("payout P2", "35.00") in items(report, "1210")
    assert are_explained(report)


def test_a_payout_the_channel_takes_from_the_bank_is_open_until_its_line_is_coded(invoicing: Counter) -> None:
    open_for_business(invoicing)
    lines = [Line(key="f", kind="fee.dispute", part=Part.FEE, amount_minor=-1500, occurred_at=at("2026-06-09 00:00"))]
    invoicing.bring_in(payout("P2", "2026-06-09 00:00", lines))
    before = invoicing.check_ledger()
    invoicing.ledger.pay_out("2026-06-10", "1210", -1500)
    after = invoicing.check_ledger()

    assert items(before, "1210")[1:] == [("payout P2", "-15.00")]
    assert items(after, "1210") == [("payments of 2026-06-04", "7.00")]
    assert codes(after) == []
    assert are_explained(after)


def test_a_wallet_is_emptied_by_lines_that_hold_several_days_less_what_they_cost(counter: Counter) -> None:
    """PayPal has no source of its own: the oldest payments go first, and what was paid back lessens them.

    The first line names what PayPal kept of it.
    """
    open_for_business(counter)
    counter.bring_in(order("6", "2026-06-07 12:00", {"sale.product": 5000}, {"paypal": 5000}))
    kept = [("1000", 1448), ("6100", 52), ("1230", -1500)]
    line = counter.ledger.add_foreign(date(2026, 6, 8), kept, type="Deposit")
    counter.ledger.pay_out("2026-06-09", "1230", 5000)

    report = counter.check_ledger()

    assert codes(report) == []
    assert items(report, "1230") == []
    (fee,) = {(one.fee_minor, one.fee_account) for one in account(report, "1230").settled if one.ref == line}
    assert fee == (52, "6100 Payment processing fees")
    assert are_explained(report)


def test_more_taken_out_of_a_wallet_than_buyers_paid_in_is_a_strangers(invoicing: Counter) -> None:
    invoicing.bring_in(order("3", "2026-06-26 09:00", {"sale.product": 2500}, {"cash": 2500}))
    invoicing.ledger.pay_out("2026-06-29", "1250", 2600, number="D-1")

    report = invoicing.check_ledger()

    found = only(report).finding
    assert (found.code, found.severity, found.amount_minor) == ("drift.foreign", Severity.WARNING, -2600)
    assert "1250" in found.title
    assert items(report, "1250") == [("Deposit D-1", "-1.00")]
    assert not report.is_reconciled
    assert are_explained(report)


def test_a_stranger_in_each_account_is_found_once_and_gravely_where_it_doubles_ours(counter: Counter) -> None:
    open_for_business(counter)
    ledger = counter.ledger
    ledger.add_foreign(date(2026, 6, 9), [("1210", 123), ("4000", -123)])
    ledger.add_foreign(date(2026, 6, 9), [("1230", 1800), ("4000", -1800)])
    ledger.add_foreign(date(2026, 6, 9), [("2200", 45), ("4320", -45)])
    ledger.add_foreign(date(2026, 6, 9), [("1240", 45), ("4000", -45)])

    report = counter.check_ledger()

    assert codes(report) == ["foreign"] * 3
    assert [(kept.finding.amount_minor, str(kept.finding.severity)) for kept in report.open_findings] == [
        (1800, "error"),
        (123, "warning"),
        (45, "info"),
    ]
    assert "may be in the books twice" in report.open_findings[0].finding.cause
    assert are_explained(report)


def test_a_card_given_away_by_hand_leaves_the_books_reconciled(invoicing: Counter) -> None:
    open_for_business(invoicing)
    invoicing.ledger.add_foreign(date(2026, 6, 9), [("4220", 1000), ("2200", -1000)])
    invoicing.read_statement("1230", 1500)

    report = invoicing.check_ledger()

    assert only(report).finding.severity is Severity.INFO
    assert report.is_reconciled
    assert items(report, "2200")[0] == ("gift cards and store credit", "-20.00")
    assert are_explained(report)


def test_what_stood_on_a_wallet_before_the_first_day_is_unexplained_until_somebody_says_so(invoicing: Counter) -> None:
    """D14."""
    open_for_business(invoicing)
    invoicing.ledger.add_foreign(date(2025, 12, 31), [("1230", 4000), ("3100", -4000)])
    invoicing.read_statement("1230", 5500)

    report = invoicing.check_ledger()
    invoicing.accept(report, "unexplained")
    accepted = invoicing.check_ledger()

    assert (only(report).finding.code, only(report).finding.amount_minor) == ("drift.unexplained", 4000)
    assert only(report).finding.severity is Severity.WARNING
    assert account(report, "1230").unexplained_minor == 4000
    assert not report.is_reconciled
    assert accepted.is_reconciled


def test_each_edit_of_a_day_is_found_once_and_breaks_its_tie(counter: Counter) -> None:
    open_for_business(counter)
    ledger, ref = counter.ledger, counter.ref(SALES)
    ledger.remember()
    ledger.edit_date(ref, date(2026, 5, 30))
    assert codes(counter.check_ledger()) == ["date"]
    ledger.come_back()
    ledger.edit_account(ref, "4000", "4050")
    assert codes(counter.check_ledger()) == ["account"]
    ledger.come_back()
    for each in counter.refs(SALES):
        ledger.delete(each)
    report = counter.check_ledger()

    assert set(codes(report)) == {"deleted"}
    assert report.days[0].ledger_minor == 0
    assert report.days[0].parts_missing == 1
    assert not report.is_matched
    assert are_explained(report)


def test_a_day_raised_by_hand_is_off_by_that_in_its_tie_and_its_account(make_counter: MakeCounter) -> None:
    counter = make_counter(has_invoices=False)
    open_for_business(counter)
    counter.ledger.move(counter.ref(SALES), "4000", "1230", 77)

    report = counter.check_ledger()

    assert codes(report) == ["amount"]
    assert ties(report)[1] == ("day", "2026-06-03 sales", 3300, 3300, 3377)
    assert [amount for what, amount in items(report, "1230") if what.startswith("JournalEntry ")] == ["0.77"]
    assert are_explained(report)


def test_a_payment_that_was_deleted_or_voided_is_found_with_its_entry(invoicing: Counter) -> None:
    open_for_business(invoicing)
    card, gift = invoicing.refs(SALES, PAYMENT)[:2]
    invoicing.ledger.delete(card)
    invoicing.ledger.void(gift)

    report = invoicing.check_ledger()

    assert codes(report) == ["deleted", "voided"]
    assert all(SALES in kept.finding.title for kept in report.open_findings)
    assert (report.is_delivered, report.is_matched) == (False, False)
    assert report.days[0].parts_missing == 1
    assert are_explained(report)


def test_a_voided_payment_by_gift_card_leaves_the_payout_of_the_cards_tied(invoicing: Counter) -> None:
    open_for_business(invoicing)
    numbers = {account.ledger_id: account.number for account in invoicing.ledger.accounts}
    gift = next(
        ref
        for ref in invoicing.refs(SALES, PAYMENT)
        if "2200" in {numbers[line.account_id] for line in invoicing.ledger.object(ref).lines}
    )
    invoicing.ledger.void(gift)

    report = invoicing.check_ledger()

    assert codes(report) == ["voided"]
    assert [tie.is_tied for tie in report.ties] == [True, False, True]
    assert ties(report)[1] == ("day", "2026-06-03 sales", 3300, 3300, 2800)
    assert items(report, "2200")[0][1] == "-5.00"
    assert are_explained(report)


def test_an_invoice_entered_twice_is_an_extra_copy_whatever_its_number(invoicing: Counter) -> None:
    open_for_business(invoicing)
    for kind in (INVOICE, CREDIT_NOTE):
        name = SALES if kind == INVOICE else "Shop sales of 2026-06-04 (USD)"
        invoicing.ledger.duplicate(invoicing.ref(name, kind), keeps_key=False, number=f"{kind}-77")
    invoicing.ledger.add_foreign(date(2026, 6, 3), [("1100", 500), ("4000", -500)], type=INVOICE, number="INV-1")

    report = invoicing.check_ledger()

    assert codes(report) == ["extra_copy", "extra_copy"]
    assert are_explained(report)


def test_a_voucher_that_was_refused_leaves_its_entry_partly_there(invoicing: Counter) -> None:
    invoicing.ledger.refuse(PAYMENT)
    open_for_business(invoicing)

    report = invoicing.check_ledger()

    assert set(codes(report)) == {"foreign", "not_delivered"}, "the cash at the bank answers nothing that is there"
    assert report.days[0].parts_missing == 1
    assert report.days[0].ledger_minor == 0
    assert are_explained(report)


def test_a_payment_a_person_withdrew_leaves_its_entry_partly_there(invoicing: Counter) -> None:
    invoicing.receive(order("2", "2026-06-03 13:00", {"sale.product": 2300}, {"gift_card": 500, "paypal": 1800}))
    invoicing.run()
    (entry,) = invoicing.entries()
    with invoicing.store.reading() as unit:
        paypal = next(
            each
            for each in unit.deliveries.of_entry(entry.entry_id)
            if each.voucher and each.voucher.lines[0].account.number == "1230"
        )
    invoicing.books().decide(InstructionKind.WITHDRAW, paypal.voucher_id, by="ann", reason="by hand")
    invoicing.run()
    invoicing.deliver()

    report = invoicing.check_ledger()

    assert report.days[0].parts_missing == 1
    assert account(report, "1230").items == ()
    assert "not all vouchers" in account(report, "2200").items[0].reason
    assert are_explained(report)


def test_another_tax_code_or_tax_is_found_as_tax_with_both_codes(make_counter: MakeCounter) -> None:
    counter = make_counter(country="GB", tax_regime="vat_standard")
    lines = order("1", "2026-06-03 12:00", {"sale.product": 2083, "tax.collected": 417}).lines
    taxed = [
        Line(
            key=line.key,
            kind=line.kind,
            part=line.part,
            amount_minor=line.amount_minor,
            occurred_at=line.occurred_at,
            order_id="1",
            attributes=line.attributes,
            reference=line.reference,
            tax=()
            if line.kind == "tender"
            else taxed_at("20", base="sale.product" if line.kind == "tax.collected" else ""),
        )
        for line in lines
    ]
    counter.bring_in(order("1", "2026-06-03 12:00", {"sale.product": 2500}).with_lines(taxed))
    assert codes(counter.check_ledger()) == []
    ref = counter.ref(SALES)
    counter.ledger.edit_tax(ref, "OUT5", -119)
    report = counter.check_ledger()
    found = only(report).finding

    assert (found.code, found.severity, found.amount_minor) == ("drift.tax", Severity.ERROR, 298)
    assert found.evidence == (
        ("4000 Product sales, 20% on sales", "-25.00, tax -4.17", "none"),
        ("4000 Product sales, 5% on sales", "none", "-25.00, tax -1.19"),
    )
    assert not report.is_matched
    counter.ledger.edit_tax(ref, "OUT20", -400)
    assert only(counter.check_ledger()).finding.evidence == (
        ("4000 Product sales, 20% on sales", "-25.00, tax -4.17", "-25.00, tax -4.00"),
    )


def test_who_changed_it_is_told_where_the_ledger_tells(invoicing: Counter) -> None:
    """D04."""
    open_for_business(invoicing)
    ref = invoicing.ref(BANK)
    invoicing.ledger.edit_amount(ref, 1)
    invoicing.ledger.sign(ref, "Pat Smith")

    assert "by Pat Smith" in only(invoicing.check_ledger()).finding.cause


def test_the_accounts_of_ways_to_pay_cost_no_further_reads(counter: Counter) -> None:
    open_for_business(counter)
    counter.ledger.requests.clear()

    counter.check_ledger()

    assert counter.ledger.requests.count("observe") == 1
    assert "read_back" not in counter.ledger.requests


@pytest.mark.parametrize("mode", [Mode.DAY, Mode.ORDER])
def test_fees_found_on_orders_are_days_of_their_own(make_counter: MakeCounter, mode: Mode) -> None:
    counter = make_counter(mode=mode)
    when = "2026-06-03 12:00"
    lines = (
        sale("F1", "fee.payment", -89, when, Part.FEE),
        money("F1/paypal", "paypal", 89, when, Part.REPAYMENT),
    )
    counter.bring_in(
        order("1", when, {"sale.product": 1000}, {"paypal": 1000}),
        Fact(DocumentKind.FEE, "F1", lines, at(when), at(when), "1"),
    )

    report = counter.check_ledger()

    assert codes(report) == []
    assert ties(report) == [
        ("day", "2026-06-03 sales", 1000, 1000, 1000),
        ("day", "2026-06-03 fees", -89, -89, -89),
    ]
    assert items(report, "1230") == [("payments of 2026-06-03", "9.11")]
    assert are_explained(report)


def test_what_is_not_matched_says_for_what_it_waits(make_counter: MakeCounter) -> None:
    """A day of a route whose pilot nobody has accepted yet."""
    counter = make_counter(pilot=True)
    counter.bring_in(order("1", "2026-06-15 12:00", {"sale.product": 1000}))
    report = counter.check_ledger()

    assert not report.is_matched
    assert "(not: sales of 2026-06-15, which waits for its route's pilot)" in report.matched.why
