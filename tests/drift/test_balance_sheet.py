"""Every account of the balance sheet that a route touches has its line, and none ends on the wrong side unseen."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from bridge.drift import Report
from bridge.drift.explaining import Clearing
from bridge.drift.report.pages import to_html
from bridge.drift.sides import Purpose
from bridge.model.findings import Severity
from tests.books.shop import at, order, refund
from tests.drift.counter import Counter, are_explained
from tests.drift.firm import Firm, MakeFirm, adds_up, codes, only, paid
from tests.drift.test_report import Page

OTHER, CA = "ca", "amazon-ca"


def line(report: Report, number: str) -> Clearing:
    return next(one for one in report.rolled if one.account.startswith(number))


def made_of(account: Clearing) -> list[tuple[str, int, str]]:
    return [(item.what, item.amount_minor, item.reason) for item in account.items]


def settle(firm: Firm, *amounts: str, kind: str = "reserve", source: str = "amazon-us", prefix: str = "S") -> None:
    """One settlement after another, each of which moves a reserve, or what else it holds, so."""
    for place, minor in enumerate(amounts):
        day = 1 + 5 * place
        firm.bring_in(
            paid(
                f"{prefix}{place + 1}",
                "900.00",
                opened=f"2026-06-{day:02} 12:00",
                closed=f"2026-06-{day + 4:02} 20:00",
                pays=f"2026-06-{day + 5:02} 12:00",
                more=f"2026-06-{day:02} {kind} {minor}",
            ),
            source=source,
        )


def test_a_reserve_is_rolled_forward_and_what_is_left_of_it_is_named_with_its_age(firm: Firm) -> None:
    settle(firm, "-120.00", "-80.00", "120.00")

    report = firm.check()

    reserve = line(report, "1260")
    assert (reserve.opening_minor, reserve.in_minor, reserve.out_minor) == (0, 200_00, 120_00)
    assert (reserve.closing_minor, reserve.balance_minor) == (80_00, 80_00)
    assert made_of(reserve) == [("settlement S2", 80_00, "reserve")], "the oldest is released first"
    assert reserve.items[0].since == date(2026, 6, 10)
    assert reserve.aged_minor == (0, 80_00, 0, 0, 0)
    assert codes(report) == []
    assert adds_up(reserve)


@pytest.mark.parametrize(
    ("edit", "code", "minor"),
    [("delete", "deleted", -412_55), ("forget", "missing", -412_55), ("amount", "amount", 7_00)],
)
def test_a_reserve_opened_from_before_the_books_is_checked_like_any_entry(
    firm: Firm, edit: str, code: str, minor: int
) -> None:
    settle(firm, "412.55", "-120.00")
    report = firm.check()
    assert codes(report) == []
    assert (line(report, "1260").closing_minor, line(report, "1285").closing_minor) == (120_00, -412_55)
    assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, True, True)
    if edit == "amount":
        firm.ledger.edit_amount(firm.ref("S1 opening"), 7_00)
    else:
        getattr(firm.ledger, edit)(firm.ref("S1 opening"))

    report = firm.check()

    found = next(kept.finding for kept in report.open_findings if kept.finding.code == f"drift.{code}")
    assert (found.amount_minor, found.account) == (minor, "1260 Marketplace reserves held")
    assert set(codes(report)) <= {code, "wrong_side"}
    assert (report.is_matched, report.is_reconciled) == (False, False)
    assert adds_up(line(report, "1260"))
    assert adds_up(line(report, "1285"))


def test_a_dispute_won_that_was_never_booked_is_an_asset_in_credit(firm: Firm) -> None:
    """What the channel took before the first day is in no settlement; until it is entered the books are wrong."""
    settle(firm, "412.55", "-120.00", kind="dispute")

    report = firm.check()

    found = only(report).finding
    assert (found.code, found.severity, found.amount_minor) == ("drift.wrong_side", Severity.ERROR, -292_55)
    assert (found.account, found.title) == (
        "1265 Payment disputes in progress",
        "1265 Payment disputes in progress: an asset that ends in credit",
    )
    assert "is a debit: state it in `opening_items`" in found.repair
    assert (report.is_delivered, report.is_matched, report.is_reconciled) == (True, True, False)


def test_a_loan_paid_down_that_was_never_taken_up_is_a_liability_in_debit(firm: Firm) -> None:
    settle(firm, "-50.00", kind="loan")

    found = only(firm.check()).finding

    assert found.title == "2300 Merchant cash advances and seller loans: a liability that ends in debit"
    assert "is a credit: state it in `opening_items`" in found.repair


def test_what_stood_there_before_is_the_opening_once_a_person_says_so(firm: Firm) -> None:
    settle(firm, "412.55", "-120.00", kind="dispute")
    firm.ledger.add_foreign(date(2025, 12, 31), [("1265", 412_55), ("1285", -412_55)])

    report = firm.check()

    kept = only(report)
    assert (kept.finding.code, kept.finding.amount_minor) == ("drift.opening", 412_55)
    assert kept.finding.title == "1265 Payment disputes in progress: it opens with 412.55 USD, and nobody said why"
    assert not report.is_reconciled
    disputes = line(report, "1265")
    assert (disputes.opening_minor, disputes.closing_minor, disputes.balance_minor) == (0, -292_55, 120_00)

    firm.accept(kept, "two disputes of 2025")
    report = firm.check()

    assert (codes(report), report.accepted_findings, report.is_reconciled) == ([], (), True)
    disputes = line(report, "1265")
    assert (disputes.opening_minor, disputes.closing_minor, disputes.balance_minor) == (412_55, 120_00, 120_00)
    assert ("opening balance", 412_55, "agreed by ann: two disputes of 2025") in made_of(disputes)
    assert adds_up(disputes)


def test_the_opening_entered_by_hand_on_the_first_day_is_somebody_elses_entry(firm: Firm) -> None:
    settle(firm, "412.55", "-120.00", kind="dispute")
    ref = firm.ledger.add_foreign(date(2026, 1, 1), [("1265", 412_55), ("1285", -412_55)])

    report = firm.check()

    assert (only(report).finding.code, only(report).finding.ref) == ("drift.foreign", ref)
    firm.accept(only(report))
    report = firm.check()
    assert [green.words for green in report.greens] == ["yes", "yes", "yes, with 1 accepted (412.55 USD)"]
    assert (line(report, "1265").closing_minor, line(report, "1265").opening_minor) == (120_00, 0)


def test_an_account_that_hands_put_on_the_wrong_side_is_told_as_what_hands_did(firm: Firm) -> None:
    settle(firm, "-120.00")
    firm.ledger.move(firm.ref("S1 2026-06"), "1260", "6000", 130_00)

    assert codes(firm.check()) == ["amount"]


def test_one_routes_disputes_do_not_hide_anothers(firm: Firm) -> None:
    """Together they are an asset in debit; one of them is not."""
    firm.add_route(OTHER, CA, clearing="1210", prefix="CAN")
    settle(firm, "412.55", kind="dispute")
    settle(firm, "-900.00", kind="dispute", source=CA, prefix="C")

    mine, theirs = firm.check(), firm.check(OTHER)

    assert (codes(mine), codes(theirs)) == (["wrong_side"], [])
    assert (line(mine, "1265").closing_minor, line(theirs, "1265").closing_minor) == (-412_55, 900_00)
    (whole,) = [one.account for one in mine.shared if one.account.account.startswith("1265")]
    assert (whole.closing_minor, whole.balance_minor, whole.sharing) == (487_45, 487_45, (OTHER, "us"))


def test_where_the_ledger_tells_no_balance_the_entries_speak(make_firm: MakeFirm) -> None:
    firm = make_firm()
    firm.ledger.tells_balances = False
    settle(firm, "412.55", kind="dispute")

    report = firm.check()

    assert codes(report) == ["wrong_side"]
    assert line(report, "1265").doubt == "the ledger tells no balance"


def test_gift_cards_redeemed_that_were_never_sold_are_a_liability_in_debit(counter: Counter) -> None:
    counter.bring_in(order("1", "2026-06-03 12:00", {"sale.product": 1000}, {"gift_card": 1000}))

    report = counter.check_ledger()

    (kept,) = [kept for kept in report.open_findings if kept.finding.code == "drift.wrong_side"]
    assert kept.finding.title == "2200 Gift card and store credit liability: a liability that ends in debit"
    assert (kept.finding.amount_minor, not report.is_reconciled) == (1000, True)


def test_a_wallet_that_ends_in_credit_is_told(counter: Counter) -> None:
    counter.bring_in(
        order("1", "2026-06-03 12:00", {"sale.product": 1000}, {"card": 1000}),
        refund("R1", "1", "2026-06-04 12:00", {"refund.product": -300}, {"paypal": 300}),
    )

    report = counter.check_ledger()

    assert "wrong_side" in codes(report)
    assert are_explained(report)


def test_every_account_of_the_balance_sheet_that_entries_touch_has_its_line(firm: Firm) -> None:
    settle(firm, "-120.00")

    report = firm.check()

    lines = {one.account[:4]: one.purpose for one in report.rolled}
    assert lines == {
        "1000": Purpose.BUSY,
        "1260": Purpose.ROLLED,
        "1280": Purpose.ZERO,
        "1990": Purpose.ZERO,
        "2110": Purpose.ZERO,
    }
    bank = line(report, "1000")
    assert (bank.in_minor, bank.closing_minor, bank.balance_minor, bank.items) == (885_00 - 120_00, 765_00, None, ())
    text = Page(to_html((report,))).text
    assert "1260 Marketplace reserves held 0.00 120.00 0.00 120.00 USD 120.00" in text
    assert "1000 Operating bank 0.00 765.00 0.00 765.00 USD reconciled there" in text
    assert "By age 0–7 days" not in text, "one item needs no table of ages"


def test_ages_are_told_in_buckets_where_there_are_several_items(firm: Firm) -> None:
    settle(firm, "-120.00", "-80.00", "-10.00", "-5.00")
    firm.pass_days(60)

    report = firm.check()
    text = Page(to_html((report,))).text

    assert line(report, "1260").aged_minor == (0, 0, 0, 215_00, 0)
    assert "By age 0–7 days 8–30 days 31–60 days 61–90 days over 90 days USD 0.00 0.00 0.00 215.00 0.00" in text


def test_other_peoples_entries_in_such_an_account_are_strangers(firm: Firm) -> None:
    settle(firm, "-120.00")
    ref = firm.ledger.add_foreign(date(2026, 6, 20), [("1260", -20_00), ("6040", 20_00)], number="AJE-4")

    report = firm.check()

    found = only(report).finding
    assert (found.code, found.ref, found.amount_minor) == ("drift.foreign", ref, -20_00)
    assert found.title == "JournalEntry AJE-4 of 2026-06-20: not bridge's, but in 1260 Marketplace reserves held"
    assert not report.is_reconciled
    reserve = line(report, "1260")
    assert ("JournalEntry AJE-4", -20_00, "not posted by bridge") in made_of(reserve)
    assert [item.ref for item in reserve.items if item.ref] == [ref]
    assert adds_up(reserve)


def test_amounts_of_two_currencies_are_rolled_forward_each_by_itself(counter: Counter) -> None:
    counter.ledger.takes_currencies = ("EUR",)
    counter.ledger.take_any_currency("1210")
    counter.bring_in(
        order("1", "2026-06-03 12:00", {"sale.product": 1000, "tip": 200}),
        order("2", "2026-06-03 12:00", {"sale.product": 700, "tip": 50}, currency="EUR"),
    )

    report = counter.check_ledger()

    tips = [one for one in report.rolled if one.account.startswith("2400")]
    assert [(one.currency, one.closing_minor, one.balance_minor) for one in tips] == [
        ("USD", -200, None),
        ("EUR", -50, None),
    ]
    assert {msgspec.structs.replace(one, items=()).doubt for one in tips} == {
        "the ledger's one balance mixes currencies with USD",
        "the ledger's one balance mixes currencies with EUR",
    }


def test_what_buyers_owe_and_are_owed_is_told_order_by_order(counter: Counter) -> None:
    """An order that grew after it was paid, and one of which more was agreed back than was paid back."""
    counter.bring_in(
        order("1", "2026-06-03 12:00", {"sale.product": 1000}, {"card": 1000}, paid_at=at("2026-06-03 12:00")),
        order("2", "2026-06-03 13:00", {"sale.product": 2000}, {"card": 2000}, paid_at=at("2026-06-03 13:00")),
        order("3", "2026-06-04 13:00", {"sale.product": 500}, {"card": 500}, paid_at=at("2026-06-04 13:00")),
    )
    counter.bring_in(
        order("1", "2026-06-03 12:00", {"sale.product": 1250}, {"card": 1000}, paid_at=at("2026-06-03 12:00")),
        order("3", "2026-06-04 13:00", {"sale.product": 570}, {"card": 500}, paid_at=at("2026-06-04 13:00")),
        refund("R2", "2", "2026-06-05 12:00", {"refund.product": -300}, {}),
    )

    report = counter.check_ledger()

    owed = [one for one in report.rolled if any(item.what.startswith("order ") for item in one.items)]
    told = sorted((item.what, item.amount_minor, item.reason) for one in owed for item in one.items)
    assert told == [
        ("order #1", 250, "owed by its buyer"),
        ("order #2", -300, "owed to its buyer"),
        ("order #3", 70, "owed by its buyer"),
    ]
    assert all(adds_up(one) for one in owed)
