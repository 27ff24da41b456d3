"""A ledger of a small plan, or a consent that covers less: what is not read is grey, and a person says what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.drift import Report
from bridge.model.findings import KeptFinding
from bridge.model.remarks import Grade
from tests.end_to_end.telling import told

REASON = "this company has none of them"


def unread(report: Report) -> list[KeptFinding]:
    return [kept for kept in report.open_findings if kept.finding.code == "drift.unread"]


def said(report: Report) -> tuple[str, ...]:
    return tuple(green.words for green in report.greens)


@pytest.mark.parametrize(
    ("name", "ledger", "refused", "kinds", "calls"),
    [
        ("woo-us", "books-us", {"refused_kinds": ["Bill", "BillPayment"]}, ("Bill", "BillPayment"), 10),
        ("woo-gb", "books-gb", {"refused": ["Overpayments", "Prepayments"]}, ("Overpayment", "Prepayment"), 16),
    ],
    ids=["quickbooks", "xero"],
)
def test_a_check_names_what_it_may_not_read_goes_on_and_is_yes_once_a_person_said_that_there_is_none(
    tmp_path: Path, name: str, ledger: str, refused: dict[str, list[str]], kinds: tuple[str, ...], calls: int
) -> None:
    """C28: grey, and exit not 0; the next checks read what changed. calls: with those that are refused."""
    with told(tmp_path, name) as shop:
        shop.order(13, 88)
        shop.refund(13)
        assert said(shop.check()) == ("yes", "yes", "yes")
        shop.opened.order(ledger, "settings", **refused)

        report = shop.check()

        assert said(report) == ("yes", "not proven", "not proven")
        assert tuple(kept.finding.subject for kept in unread(report)) == report.read_back.unread == kinds
        assert report.read_back.since is not None
        assert report.read_back.calls == calls
        code, printed = shop.command("drift", name)
        assert code == 4
        assert f"{kinds[0]}: objects of this kind cannot be read" in printed
        remarks = [one for one in shop.opened.app.desk.known_remarks(ledger) if one.code == "unread"]
        assert [(one.what.split()[0], one.grade) for one in remarks] == [(kind, Grade.LOOK) for kind in kinds]

        for kept in unread(report):
            assert shop.command("decide", kept.finding.finding_id, "accept", "--reason", REASON)[0] == 0
        assert said(shop.check()) == ("yes", "yes, with 2 accepted", "yes, with 2 accepted")
