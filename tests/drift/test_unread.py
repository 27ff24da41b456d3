"""What the ledger does not let bridge read is named and leaves the greens unproven, and everything else is checked."""

from __future__ import annotations

import json
from datetime import date

import pytest

from bridge.drift import Report
from bridge.drift.report import Answer
from bridge.drift.report.pages import to_csv, to_html, to_json
from bridge.plugin import Unread
from tests.drift.firm import Firm, codes, only, paid

BILL = "Bill"
ONE = "S1 2026-06"
GREY = (Answer.YES, Answer.NOT_PROVEN, Answer.NOT_PROVEN)


@pytest.fixture
def small(firm: Firm) -> Firm:
    """A settlement is in the ledger, of whose plan bills are no part."""
    firm.bring_in(paid("S1"))
    firm.ledger.refuse_to_show(BILL)
    return firm


def answers(report: Report) -> tuple[Answer, ...]:
    return tuple(green.answer for green in report.greens)


def put_in_a_bill(firm: Firm) -> None:
    firm.ledger.add_foreign(date(2026, 6, 20), [("1200", 5_55), ("4000", -5_55)], type=BILL)


def test_a_kind_that_cannot_be_read_is_named_and_the_rest_is_checked(small: Firm) -> None:
    small.ledger.edit_number(small.ref(ONE), "JE-1")

    report = small.check()

    assert codes(report) == ["number", "unread"]
    assert report.read_back.words.startswith("read in full (it was not read before, or not to the end): ")
    assert ", but for Bill; last full reading" in report.read_back.words


def test_what_was_not_read_leaves_matched_and_reconciled_unproven(small: Firm) -> None:
    """C28: nothing speaks against it, but what would prove it is not there."""
    report = small.check()

    found = only(report).finding
    assert (found.subject, found.cause.split(". ")[0]) == (BILL, "the plan has none")
    assert found.repair == "Raise the plan. If the company has none of them, accept it with that as the reason"
    assert answers(report) == GREY
    assert all("1 kind of object that cannot be read" in green.why for green in report.greens[1:])


def test_every_form_of_the_report_says_it(small: Firm) -> None:
    report = small.check()

    assert "Bill: objects of this kind cannot be read" in to_html((report,))
    assert "drift.unread,Bill: objects of this kind cannot be read" in to_csv((report,))
    told = json.loads(to_json((report,)))["routes"][0]
    assert (told["read_back"]["unread"], told["counts"]) == ([BILL], {"drift.unread": 1})


def test_a_person_may_say_that_the_company_has_none_for_a_year(small: Firm) -> None:
    small.accept(only(small.check()), reason="this company has no bills")

    report = small.check()
    assert [green.words for green in report.greens] == ["yes", "yes, with 1 accepted", "yes, with 1 accepted"]
    small.pass_days(367)
    assert "unread" in codes(small.check())


def test_another_reason_is_another_thing_to_accept(small: Firm) -> None:
    small.accept(only(small.check()), reason="this company has no bills")
    small.ledger.unread[BILL] = Unread(BILL, "the person may not see it", "Let another person authorise it")

    assert codes(small.check()) == ["unread"]


def test_what_changed_of_other_kinds_is_read_without_it(small: Firm) -> None:
    small.check()
    small.pass_days(5)
    small.ledger.edit_amount(small.ref(ONE), 7)
    small.ledger.requests.clear()

    report = small.check()

    assert codes(report) == ["amount", "unread"]
    assert "observe" not in small.ledger.requests
    assert report.read_back.unread == (BILL,)


def test_what_can_be_read_again_is_read_in_full_and_its_finding_is_closed(small: Firm) -> None:
    """What was entered before the last reading no feed tells any more."""
    put_in_a_bill(small)
    small.check()
    small.pass_days(5)
    small.ledger.unread.clear()

    report = small.check()

    assert codes(report) == ["foreign"]
    assert report.read_back.why == "objects of the kind Bill can be read now, and could not before"
    small.pass_days(5)
    assert small.check().read_back.since is not None


def test_a_kind_that_is_refused_from_one_day_on_is_told_by_what_changed(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    put_in_a_bill(firm)
    assert codes(firm.check()) == ["foreign"]
    firm.ledger.refuse_to_show(BILL)
    firm.pass_days(5)

    report = firm.check()

    assert codes(report) == ["foreign", "unread"]
    assert report.read_back.since is not None


def test_a_balance_witnesses_what_was_not_read_whatever_a_person_accepted(small: Firm) -> None:
    small.accept(only(small.check()), reason="this company has no bills")
    put_in_a_bill(small)

    report = small.check()

    unexplained = only(report).finding
    assert (unexplained.code, unexplained.amount_minor) == ("drift.unexplained", 5_55)
    assert unexplained.cause.endswith("; or they are of a kind that cannot be read (Bill)")
    assert report.reconciled.answer is Answer.NO


def test_every_route_of_the_ledger_says_it_for_itself(small: Firm) -> None:
    small.add_route("ca", "amazon-ca", clearing="1210", prefix="CAN")
    small.bring_in(paid("C1", "60.00"), source="amazon-ca")

    assert [codes(small.check(route)) for route in ("us", "ca")] == [["unread"], ["unread"]]


def test_a_kind_that_is_told_twice_is_one_finding(small: Firm) -> None:
    small.ledger.unread["again"] = small.ledger.unread[BILL]

    assert codes(small.check()) == ["unread"]
