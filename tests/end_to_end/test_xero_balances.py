"""What Xero's own trial balance says of a clearing account stands in the report beside what the entries come to."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import bridge_xero.settings
from bridge.drift import Report
from tests.drift.reading import check_whole
from tests.end_to_end.shops import Shops, shops

SHOP = "shop-gb"


def _unexplained(report: Report) -> list[tuple[str, int]]:
    found = (kept.finding for kept in report.open_findings if kept.finding.code == "drift.unexplained")
    return [(finding.subject, finding.amount_minor or 0) for finding in found]


def _booked(open_shops: Shops) -> None:
    open_shops.import_and_book(SHOP)
    open_shops.deliver()


def test_a_balance_is_told_and_what_others_entered_before_the_first_day_is_an_unexplained_difference(
    tmp_path: Path,
) -> None:
    with shops(tmp_path, SHOP) as open_shops:
        _booked(open_shops)
        before = check_whole(open_shops.app, SHOP)
        open_shops.post_by_hand("1210", "4000", "12.34", date(2025, 12, 30))
        after = check_whole(open_shops.app, SHOP)
        stands = open_shops.trial_balance("books-gb")["1210"]

    clearing = before.clearing
    assert clearing.account == "1210 Shopify Payments clearing"
    assert clearing.balance_minor == clearing.closing_minor == stands - 1234
    assert _unexplained(before) == []
    assert (after.clearing.closing_minor, after.clearing.balance_minor) == (clearing.closing_minor, stands)
    assert _unexplained(after) == [(clearing.account, 1234)]
    assert not after.is_reconciled


def test_a_connection_from_before_the_scope_was_asked_for_is_delivered_and_checked_as_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal costs a new token a check, and never the connection."""
    old = tuple(scope for scope in bridge_xero.settings.SCOPES if "reports" not in scope)
    monkeypatch.setattr(bridge_xero.settings, "SCOPES", old)
    with shops(tmp_path, SHOP) as open_shops:
        _booked(open_shops)
        reports = [check_whole(open_shops.app, SHOP) for _ in range(2)]
        stands = open_shops.trial_balance("books-gb")["1210"]

    for report in reports:
        assert report.clearing.balance_minor is None
        assert report.clearing.closing_minor == stands
        assert _unexplained(report) == []
