"""What a ledger itself says its accounts come to: the same figures as were posted, by the day and by the period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.errors import ConfigError
from bridge.model.deliveries import DeliveryState
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_xero_sandbox import XeroSandbox
from tests.end_to_end.merchant import InXero, Merchant


@pytest.fixture(params=["quickbooks", "xero"])
def merchant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Merchant]:
    """One whose two settlements are in the ledger: lines of June, and of July."""
    if request.param == "quickbooks":
        with QuickBooksSandbox() as quickbooks:
            yield posted(Merchant(tmp_path, quickbooks, "us"))
    else:
        with XeroSandbox() as xero:
            yield posted(InXero(tmp_path, xero, "us"))


def posted(merchant: Merchant) -> Merchant:
    merchant.connect()
    merchant.import_samples("us", "us_v2_standard.txt")
    merchant.ok("deliver")
    return merchant


def sent(merchant: Merchant, since: str, until: str) -> dict[str, int]:
    """The ledger's account to what was posted to it in these days."""
    sums = Counter[str]()
    with merchant.app() as app, app.store.reading() as unit:
        for one in unit.deliveries.with_state("books-us", DeliveryState.DELIVERED):
            if since <= one.due_voucher.dated_on.isoformat() <= until:
                for line in one.due_voucher.lines:
                    sums[line.account.ledger_id] += line.amount_minor
    return {account: minor for account, minor in sums.items() if minor}


def told(merchant: Merchant, *words: str) -> dict[str, dict[str, int]]:
    books = merchant.json("connections", "check", "books-us", *words)["books"]
    return {
        name: {one["account_id"]: one["amount_minor"] for one in books[name]}
        for name in ("trial_balance", "profit_and_loss")
    }


def test_the_trial_balance_is_what_was_posted_until_a_day(merchant: Merchant) -> None:
    june, all_of_it = told(merchant, "--until", "2026-06-30"), told(merchant, "--until", "2026-07-31")

    assert june["trial_balance"] == sent(merchant, "2026-01-01", "2026-06-30")
    assert all_of_it["trial_balance"] == sent(merchant, "2026-01-01", "2026-07-31")
    assert june["trial_balance"] != all_of_it["trial_balance"]
    assert sum(all_of_it["trial_balance"].values()) == 0
    assert all_of_it["profit_and_loss"] == {}


@pytest.mark.parametrize(
    ("since", "until"), [("2026-07-01", "2026-07-31"), ("2026-06-01", "2026-06-30"), ("2025-12-01", "2027-02-01")]
)
def test_the_profit_and_loss_is_what_was_earned_in_the_days(merchant: Merchant, since: str, until: str) -> None:
    """Also over the ends of two financial years."""
    found = told(merchant, "--since", since, "--until", until)["profit_and_loss"]
    with merchant.app() as app:
        accounts = {one.ledger_id: one for one in app.host.facts("books-us").accounts}
    all_sent = sent(merchant, since, until)

    earned = {
        name: minor for name, minor in all_sent.items() if not accounts[name].account_class.is_of_the_balance_sheet
    }
    assert found == earned != {}


def test_it_is_shown_as_a_table_and_of_a_channel_there_is_none(merchant: Merchant) -> None:
    shown = merchant.run("connections", "check", "books-us", "--since", "2026-06-01", "--until", "2026-07-31").output
    refused = merchant.run("connections", "check", "amazon-us", "--until", "2026-07-31").exception

    assert "Trial balance on 2026-07-31, as the ledger says it" in shown
    assert "Profit and loss from 2026-06-01 to 2026-07-31" in shown
    assert isinstance(refused, ConfigError)
    assert refused.code in {"connection.no_sums", "backfill.not_asked"}
