"""Roll-forwards: what turns reconciled on each account of the balance sheet, and what leaves a quiet year green."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from bridge.books import Books, activate
from bridge.drift import Report
from bridge.drift.report import Answer
from bridge.drift.report.pages import to_html
from bridge.drift.sides.holdings import AT_ZERO, HOLDINGS, Others, Side
from bridge.errors import ConfigError
from bridge.model.account_classes import AccountClass
from bridge.model.chart import AccountPurpose, recommended_chart
from bridge.model.findings import Severity
from bridge.model.rules import Rule
from tests.books.shop import order
from tests.drift.counter import Counter
from tests.drift.firm import DAY, ROUTE, Firm, MakeFirm, adds_up, codes, only, over_month_end, paid
from tests.drift.test_balance_sheet import CA, OTHER, line, made_of, settle
from tests.drift.test_report import Page

OF_NOBODY = sorted(one.number for one in HOLDINGS.values() if one.others is Others.NOBODY and one.number != "1280")
OF_PEOPLE = sorted(one.number for one in HOLDINGS.values() if one.others is Others.SETTLE)


def holding(firm: Firm, number: str, minor: str = "") -> None:
    """A settlement of which one line goes to this account, on the side that is right for it."""
    activate(
        firm.store, ROUTE, (Rule("held", kind="reserve", account=number),), date(2000, 1, 1), "ann", "so", firm.clock
    )
    amount = minor or ("5.00" if HOLDINGS[number].side is Side.CREDIT else "-5.00")
    firm.bring_in(paid("S1", more=f"2026-06-02 reserve {amount}"))


def journal(firm: Firm, on: str, number: str, minor: int, against: str = "1000") -> str:
    """Somebody else's entry on an account."""
    return firm.ledger.add_foreign(date.fromisoformat(on), [(number, minor), (against, -minor)])


def test_every_account_of_the_balance_sheet_says_what_it_holds() -> None:
    """But for those that clear, and those whose class says that others post there every day."""
    by_class = (AccountClass.BANK, AccountClass.CARD, AccountClass.PAYABLE, AccountClass.EQUITY)
    for number, one in recommended_chart().items():
        is_meant = one.account_class.is_of_the_balance_sheet and one.account_class not in by_class
        if is_meant and (one.purpose is AccountPurpose.NONE or number == "1285"):
            assert number in HOLDINGS, number
    for number, holding in HOLDINGS.items():
        side = Side.DEBIT if recommended_chart()[number].account_class.is_asset else Side.CREDIT
        assert holding.side in (side, Side.EITHER), number
    assert AT_ZERO == ("1280", "1990", "2110")


def test_a_quiet_year_stays_green(firm: Firm) -> None:
    """Settlements over month ends with reserves and tax, and the tax paid to the state each quarter."""
    for month in range(1, 13):
        firm.bring_in(
            paid(
                f"S{month}",
                opened=f"2026-{month:02}-10 12:00",
                closed=f"2026-{month + 1:02}-04 20:00" if month < 12 else "2026-12-24 20:00",
                pays=f"2026-{month + 1:02}-06 12:00" if month < 12 else "2026-12-26 12:00",
                more=f"2026-{month:02}-11 tax.collected 7.00\n        2026-{month:02}-12 reserve "
                + ("-40.00" if month % 2 else "40.00"),
            )
        )
        if month % 3 == 0:
            journal(firm, f"2026-{month:02}-25", "2100", 14_00 if month == 3 else 21_00)
        assert_green(firm.check())
    tax = line(firm.check(), "2100")
    assert (tax.closing_minor, made_of(tax)) == (-7_00, [("settlement S12", -7_00, "tax collected")])


def assert_green(report: Report) -> None:
    assert codes(report) == []
    assert [green.answer for green in report.greens] == [Answer.YES] * 3
    assert all(adds_up(one) for one in report.rolled)


@pytest.mark.parametrize("number", OF_NOBODY)
def test_a_stranger_in_an_account_of_ours_alone_is_found_once(firm: Firm, number: str) -> None:
    firm.clock.advance(-10 * DAY)
    holding(firm, number)
    assert codes(firm.check()) == []
    ref = journal(firm, "2026-06-20", number, -1_00 if HOLDINGS[number].side is Side.CREDIT else 1_00)

    report = firm.check()

    found = only(report).finding
    assert (found.code, found.ref, found.account[:4]) == ("drift.foreign", ref, number)
    assert report.reconciled.answer is Answer.NO


@pytest.mark.parametrize("number", sorted({*OF_PEOPLE} - {"1285", "2110"}))
def test_what_people_take_out_of_an_account_is_no_stranger_until_it_is_more_than_is_there(
    firm: Firm, number: str
) -> None:
    holding(firm, number)
    sign = 1 if HOLDINGS[number].side is Side.CREDIT else -1

    journal(firm, "2026-06-20", number, sign * 5_00)
    report = firm.check()
    assert (codes(report), report.is_reconciled, made_of(line(report, number))) == ([], True, [])

    ref = journal(firm, "2026-06-21", number, sign * 1_00)
    report = firm.check()
    assert (only(report).finding.code, only(report).finding.ref) == ("drift.foreign", ref)
    assert not report.is_reconciled


@pytest.mark.parametrize(("number", "why"), [("1990", "suspense is cleared"), ("2110", "a tax return is made from it")])
def test_what_must_stand_at_zero_is_an_error_that_nobody_accepts(firm: Firm, number: str, why: str) -> None:
    holding(firm, number)
    report = firm.check()
    if number == "2110":
        assert codes(report) == ["books.facilitator_residue"], "the books know more of it, while it is open"
        firm.accept(only(report))

    report = firm.check()

    kept = only(report)
    assert (kept.finding.code, kept.finding.severity, kept.finding.amount_minor) == (
        "drift.item_late",
        Severity.ERROR,
        5_00,
    )
    assert "settlement S1 stands there since 2026-06-14" in kept.finding.title
    assert not report.is_reconciled
    with pytest.raises(ConfigError, match=why):
        firm.accept(kept)


def test_what_should_have_been_answered_by_now_is_late(firm: Firm) -> None:
    number, days = "1290", 31
    firm.clock.advance((date(2026, 6, 14) - firm.clock.now().date()).days * DAY)
    holding(firm, number)
    firm.pass_days(days)
    early = firm.check()
    firm.pass_days(1)

    report = firm.check()

    assert (codes(early), early.is_reconciled) == ([], True)
    found = only(report).finding
    assert (found.code, found.severity, found.amount_minor) == ("drift.item_late", Severity.WARNING, 5_00)
    assert f"is due to be gone within {days} days" in found.cause
    assert (report.is_reconciled, line(report, number).items[0].is_late) == (False, True)


def test_a_month_that_is_carried_forward_is_late_once_the_next_settlement_is_booked(firm: Firm) -> None:
    firm.receive(over_month_end("S1"))
    firm.run()
    firm.deliver_some(1)
    assert "item_late" not in codes(firm.check())
    firm.receive(paid("S2", opened="2026-06-08 20:00", closed="2026-06-22 20:00", pays="2026-06-24 12:00"))
    firm.run()

    report = firm.check()

    (late,) = [kept.finding for kept in report.open_findings if kept.finding.code == "drift.item_late"]
    assert (late.amount_minor, late.account) == (85_00, "1280 Split-payout carry-forward")
    assert "due to be gone when the next settlement is booked" in late.cause
    firm.deliver()
    assert codes(firm.check()) == []


def test_opening_clearing_is_to_be_cleared_once_the_opening_is_accepted(firm: Firm) -> None:
    settle(firm, "412.55", "-120.00")
    before = firm.check()
    assert (codes(before), line(before, "1285").closing_minor) == ([], -412_55)
    Books(firm.store, firm.desk, firm.clock).accept_opening(ROUTE, by="ann", reason="as listed")
    firm.run()
    firm.deliver()

    report = firm.check()

    found = only(report).finding
    assert (found.code, found.amount_minor, found.account) == ("drift.item_late", -412_55, "1285 Opening clearing")
    assert "with the accountant's journal" in found.repair
    assert not report.is_reconciled
    journal(firm, "2026-06-20", "1285", 412_55, "3100")
    report = firm.check()
    assert (codes(report), report.is_reconciled, line(report, "1285").closing_minor) == ([], True, 0)


def test_an_opening_that_moves_is_told_until_a_person_agrees_to_the_other_one(firm: Firm) -> None:
    settle(firm, "-120.00")
    journal(firm, "2025-12-30", "1260", 50_00)
    firm.accept(only(firm.check()), "the reserve of December")
    assert codes(firm.check()) == []
    journal(firm, "2025-12-31", "1260", -8_00)

    report = firm.check()

    found = only(report).finding
    assert (found.code, found.amount_minor) == ("drift.opening", -8_00)
    assert "it opened with 50.00 USD as ann agreed on" in found.title
    assert "and opens with 42.00 USD now" in found.title
    assert found.evidence == (("opening", "50.00", "42.00"),)
    reserve = line(report, "1260")
    assert (reserve.opening_minor, reserve.closing_minor, reserve.balance_minor) == (50_00, 170_00, 162_00)
    assert "off by \N{MINUS SIGN}8.00" in Page(to_html((report,))).text

    firm.pass_days(1)
    firm.accept(only(report), "a chargeback of December")
    assert line(firm.check(), "1260").opening_minor == 42_00
    journal(firm, "2025-12-31", "1260", 8_00)
    assert only(firm.check()).finding.amount_minor == 8_00


@pytest.mark.parametrize("number", ["1450", "1460", "2120"])
def test_a_tax_account_to_which_others_post_every_day_is_told_as_our_part(firm: Firm, number: str) -> None:
    holding(firm, number)
    journal(firm, "2026-06-20", number, 77_00)

    report = firm.check()

    assert codes(report) == []
    assert abs(line(report, number).closing_minor) == 5_00
    assert report.reconciled.answer is Answer.YES


def test_where_the_ledger_tells_no_balance_of_liabilities_it_says_so(make_firm: MakeFirm) -> None:
    """What QuickBooks does; of an asset without a balance nothing is proven."""
    firm = make_firm()
    settle(firm, "-120.00")
    report = firm.check()
    untold = tuple(
        msgspec.structs.replace(
            one, balance_minor=None, doubt="the ledger tells no balance", is_untold=one.account[0] == "2"
        )
        for one in report.rolled
    )
    liabilities = tuple(one for one in untold if one.is_untold)

    reconciled = msgspec.structs.replace(report, rolled=liabilities).reconciled

    assert (reconciled.answer, "tells no balance of 2110" in reconciled.why) == (Answer.YES, True)
    assert msgspec.structs.replace(report, rolled=untold).reconciled.answer is Answer.NOT_PROVEN
    firm.ledger.tells_balances = False
    assert firm.check().reconciled.answer is Answer.NOT_PROVEN


def test_an_account_that_routes_share_is_judged_once_by_the_first_to_begin(firm: Firm) -> None:
    firm.add_route(OTHER, CA, clearing="1210", prefix="CAN", first_day=date(2026, 3, 1))
    settle(firm, "-120.00")
    settle(firm, "-80.00", source=CA, prefix="C")
    journal(firm, "2025-12-31", "1260", 50_00)
    journal(firm, "2026-06-20", "1260", -1_00)

    later, first = firm.check(OTHER), firm.check()

    assert (codes(later), codes(first)) == ([], ["foreign", "opening"])
    assert sorted(one.kept.finding.code for one in later.beside) == ["drift.foreign", "drift.opening"]
    assert (later.is_reconciled, first.is_reconciled) == (False, False)
    assert len([kept for kept in firm.findings() if kept.finding.code in ("drift.foreign", "drift.opening")]) == 2


def test_what_is_unpaid_of_our_documents_is_what_accounts_receivable_holds_of_us(invoicing: Counter) -> None:
    """The account holds others' invoices too, which are theirs to reconcile."""
    invoicing.bring_in(order("1", "2026-06-03 12:00", {"sale.product": 1000}, {"card": 1000}))
    invoicing.ledger.add_foreign(date(2026, 6, 4), [("1100", 99_00), ("4000", -99_00)], type="Invoice")
    (invoice,) = (
        copy.ref for copy in invoicing.ledger.objects() if copy.type == "Invoice" and copy.total_minor == 1000
    )
    untold = line(invoicing.check_ledger(), "1100")
    invoicing.ledger.leave_open(invoice, 0)
    paid_up = invoicing.check_ledger()
    invoicing.ledger.leave_open(invoice, 4_00)

    report = invoicing.check_ledger()

    assert (untold.closing_minor, untold.balance_minor) == (0, None)
    assert (line(paid_up, "1100").balance_minor, codes(paid_up)) == (0, [])
    (found,) = [kept.finding for kept in report.open_findings]
    assert (found.code, found.amount_minor) == ("drift.open_documents", 4_00)
    assert found.title.endswith("its entries come to 0.00, and what is unpaid of its documents to 4.00")
    assert not report.is_reconciled


def test_the_page_says_what_each_account_holds_and_until_when(firm: Firm) -> None:
    holding(firm, "1290")
    firm.pass_days(40)

    text = Page(to_html((firm.check(),))).text

    assert "It holds debts that one marketplace takes from another; an item is due to be gone within 31 days." in text
    assert "reserve late 5.00" in text
