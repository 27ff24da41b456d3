"""A page of many; and by when what waits should be seen to."""

from __future__ import annotations

from datetime import date, timedelta

from bridge.desk import paged
from bridge.drift.report.turning import TURNS
from bridge.model.documents import DocumentKind
from bridge.model.reasons import Reason
from bridge.model.urgency import OF_PAYOUTS, OF_TAX, Urgency, due_on, of_document, of_finding, of_voucher
from bridge.model.waiting import days_given

FRIDAY, MONDAY = date(2026, 7, 17), date(2026, 7, 20)


def test_ten_thousand_things_are_no_single_page() -> None:
    page = paged(range(10_000), 200)
    assert (len(page.items), page.number, page.pages, page.total) == (50, 200, 200, 10_000)
    assert paged(range(10_000), 201) == page
    assert paged((), 7).pages == 1


def test_days_that_a_database_counts_are_those_that_are_told() -> None:
    for urgency in Urgency:
        for day in (FRIDAY + timedelta(days=number) for number in range(14)):
            assert day + timedelta(days=int(days_given(urgency)[day.weekday()])) == due_on(urgency, day)


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
