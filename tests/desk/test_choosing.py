"""What waits, filtered, ordered, and in pages; and by when it should be seen to."""

from __future__ import annotations

from datetime import UTC, date, datetime

import msgspec
import pytest

from bridge.desk import Thing, Waiting, Wanted, chosen, paged
from bridge.drift.report.turning import TURNS
from bridge.model.documents import DocumentKind
from bridge.model.findings import InstructionKind
from bridge.model.reasons import Reason
from bridge.model.urgency import OF_PAYOUTS, OF_TAX, Urgency, due_on, of_document, of_finding, of_voucher

FRIDAY, MONDAY = date(2026, 7, 17), date(2026, 7, 20)
ONE = Waiting(
    thing=Thing.VOUCHER,
    subject="vch_1",
    route="us",
    name="JournalEntry 1",
    state="held",
    reason=Reason.REVIEW,
    why="",
    next_step="",
    since=datetime(2026, 7, 17, tzinfo=UTC),
    due_on=MONDAY,
    urgency=Urgency.OTHER,
    amount_minor=100,
    currency="USD",
    decisions=(InstructionKind.RELEASE,),
)


def one(subject: str, **otherwise: object) -> Waiting:
    return msgspec.structs.replace(ONE, subject=subject, **otherwise)


def test_what_keeps_a_payout_back_comes_first_then_what_is_due_then_what_is_large() -> None:
    tax, payout = one("tax", urgency=Urgency.TAX), one("payout", urgency=Urgency.PAYOUT, amount_minor=1)
    small, large, early = one("small"), one("large", amount_minor=-900), one("early", due_on=FRIDAY)

    found = chosen([small, tax, large, early, payout], Wanted(), MONDAY)

    assert [each.subject for each in found] == ["payout", "tax", "early", "large", "small"]
    assert chosen(found, Wanted(sort="largest"), MONDAY)[0] == large
    assert chosen(found, Wanted(sort="no such order"), MONDAY) == found


@pytest.mark.parametrize(
    ("wanted", "subjects"),
    [
        (Wanted(), ["mine", "parked"]),
        (Wanted(who="all"), ["mine", "parked", "patient"]),
        (Wanted(owner="Ann"), ["mine"]),
        (Wanted(owner="-"), ["parked"]),
        (Wanted(thing="parked"), ["parked"]),
        (Wanted(thing="voucher", route="gb"), []),
        (Wanted(decision="retry"), ["parked"]),
        (Wanted(due="late"), ["parked"]),
        (Wanted(reason=Reason.REVIEW, urgency="other"), ["mine", "parked"]),
    ],
)
def test_a_filter_lets_through_what_it_names(wanted: Wanted, subjects: list[str]) -> None:
    things = [
        one("mine", owner="Ann"),
        one("parked", state="parked", decisions=(InstructionKind.RETRY,), due_on=FRIDAY),
        one("patient", is_patient=True),
    ]
    assert sorted(each.subject for each in chosen(things, wanted, MONDAY)) == subjects


def test_ten_thousand_things_are_no_single_page() -> None:
    things = [one(f"vch_{number}") for number in range(10_000)]
    page = paged(things, 200)
    assert (len(page.items), page.number, page.pages, page.total) == (50, 200, 200, 10_000)
    assert paged(things, 201) == page
    assert paged((), 7).pages == 1


def test_a_payout_is_seen_to_within_a_working_day_tax_within_two_and_the_rest_within_five() -> None:
    days = [due_on(urgency, FRIDAY) for urgency in (Urgency.PAYOUT, Urgency.TAX, Urgency.OTHER)]
    assert days == [MONDAY, date(2026, 7, 21), date(2026, 7, 24)]
    assert of_document(DocumentKind.SETTLEMENT, Reason.VAT_IN_ROWS) is Urgency.PAYOUT
    assert of_voucher(Reason.TAX_CODE_RATE, is_of_payout=False) is Urgency.TAX
    assert of_voucher(Reason.TAX_CODE_RATE, is_of_payout=True) is Urgency.PAYOUT
    assert of_finding("drift.tax") is Urgency.TAX
    assert of_finding("drift.amount") is Urgency.OTHER


def test_what_is_said_of_codes_is_said_of_codes_that_there_are() -> None:
    assert TURNS.keys() >= OF_PAYOUTS | OF_TAX
