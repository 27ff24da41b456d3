"""What Amazon tells of itself: payouts by settlement, balances by the day; and where it tells too little."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.model.reports import Balance, BalanceName, Figures
from bridge.plugin import Unknown
from bridge.testing import KitClock
from bridge_amazon_sandbox import AmazonSandbox
from plugins.amazon.tests.pulling import opened, source
from plugins.amazon.tests.report import DOTS, SAMPLES, Report, Row

SINCE, UNTIL = datetime(2026, 6, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)
CLOSED = datetime(2026, 6, 10, 7, tzinfo=UTC)
PAIRS = [json.loads(line) for line in (SAMPLES / "amzn-models/sandbox_pairs.jsonl").read_text("utf-8").splitlines()]


@pytest.fixture
def clock() -> KitClock:
    return KitClock(CLOSED + timedelta(hours=1))


@pytest.fixture
def sandbox(clock: KitClock) -> Iterator[AmazonSandbox]:
    with opened(clock) as running:
        yield running


def answer(sandbox: AmazonSandbox, operation: str, told: object) -> None:
    """The next answer of an operation, in the words of Amazon's own sandbox; behind it comes an empty page."""
    sandbox.faults.order("answer", label=operation, status=200, body=json.dumps(told))
    sandbox.faults.order("answer", label=operation, status=200, body="{}")


def pair(operation: str, **parameters: str) -> Any:
    """Amazon's own answer to a request with these parameters."""
    return next(
        one["response"]
        for one in PAIRS
        if one["operation"] == operation and one["status"] == 200
        if all(one["request"]["parameters"].get(name, {}).get("value") == value for name, value in parameters.items())
    )


def totals(told: Figures | Unknown) -> dict[str, tuple[int, str]]:
    assert isinstance(told, Figures)
    return {figure.external_id: (figure.value, figure.currency) for figure in told.figures}


def closed(number: int, minor: int, **more: Any) -> bytes:
    row = Row(("other-transaction", "other-transaction", "Subscription Fee"), minor, order="", marketplace="")
    told = {"settlement_id": str(number), "opened": CLOSED - timedelta(days=14), "closed": CLOSED, "deposit": CLOSED}
    return Report((row,), **{**told, **more}).text().encode()


def test_a_settlement_is_what_its_payouts_come_to(sandbox: AmazonSandbox, clock: KitClock) -> None:
    """Also where nothing is paid out, and where a payout failed; pages may be empty."""
    sandbox.seller.set(page="1")
    for number, minor in ((1, 5_000), (2, -700), (3, 900), (4, 0)):
        sandbox.seller.settle(closed(number, minor))
    sandbox.seller.fail_payout("3")
    clock.advance(6 * 86_400)
    asked = source(sandbox, clock)
    told = asked.figures("payouts", SINCE, UNTIL, asked.survey())

    assert totals(told) == {"1": (5_000, "USD"), "2": (-700, "USD"), "3": (0, "USD"), "4": (0, "USD")}
    assert isinstance(told, Figures)
    assert told.as_of == clock.now() - timedelta(days=5), "a payout may be made later than its settlement closed"
    assert {figure.since for figure in told.figures} == {CLOSED}
    assert totals(asked.figures("payouts", CLOSED + timedelta(seconds=1), UNTIL, asked.survey())) == {}


def test_several_payouts_of_one_settlement_are_added_up(sandbox: AmazonSandbox, clock: KitClock) -> None:
    told = pair("listPayouts")
    (first,) = told["payouts"]
    early = {**first, "id": "2", "type": "ON_DEMAND", "amount": {"currencyAmount": 100, "currencyCode": "USD"}}
    failed = {**first, "id": "3", "currentStatus": "FAILED", "amount": {"currencyAmount": 7, "currencyCode": "USD"}}
    other = {**first, "id": "4", "relatedIdentifiers": None}
    answer(sandbox, "listPayouts", {"payouts": [first, early, failed, other], "nextToken": told["nextToken"]})
    asked = source(sandbox, clock)
    span = datetime(2025, 12, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)

    assert totals(asked.figures("payouts", *span, asked.survey())) == {"11888387941": (135_075, "USD")}


@pytest.mark.parametrize(("summary", "expected"), [(True, 800_000), (False, None)])
def test_what_is_paid_in_another_currency_is_told_by_the_settlements_own_sum(
    sandbox: AmazonSandbox, clock: KitClock, *, summary: bool, expected: int | None
) -> None:
    told = pair("listPayouts")
    told["payouts"][0]["amount"]["currencyCode"] = "EUR"
    answer(sandbox, "listPayouts", told)
    answer(sandbox, "listSummary", pair("listSummary") if summary else {"summaries": []})
    asked = source(sandbox, clock)
    found = asked.figures("payouts", datetime(2025, 12, 1, tzinfo=UTC), SINCE, asked.survey())

    if expected is None:
        assert isinstance(found, Unknown)
    else:
        assert totals(found) == {"11888387941": (expected, "USD")}


@pytest.mark.parametrize("parameters", [{}, {"asOfDate": "2025-01-12"}])
def test_amazons_own_balances_are_read_however_they_nest(
    sandbox: AmazonSandbox, clock: KitClock, parameters: dict[str, str]
) -> None:
    answer(sandbox, "listBalances", pair("listBalances", **parameters))
    asked = source(sandbox, clock)

    assert set(asked.balances(asked.survey()).balances) == {
        Balance(BalanceName.AVAILABLE, 800_000, "USD"),
        Balance(BalanceName.DEFERRED, 900_000, "USD"),
        Balance(BalanceName.RESERVED, -200_000, "USD"),
        Balance(BalanceName.TOTAL, 1_500_000, "USD"),
    }


def test_balances_of_each_marketplace_end_by_its_own_days(sandbox: AmazonSandbox, clock: KitClock) -> None:
    """D30: at the end of a month, per marketplace and currency; one without anything is told as nothing."""
    sandbox.seller.set(marketplaces="amazon.co.uk,amazon.de,amazon.fr")
    clock.advance(18 * 86_400)
    sandbox.seller.sell("10.00", fee="1.50", marketplace="amazon.co.uk")
    sandbox.seller.sell("20.00", marketplace="amazon.de", days=60)
    clock.advance(10 * 86_400)
    asked = source(sandbox, clock, marketplaces=("Amazon.co.uk", "Amazon.de"))
    told = asked.figures("deferred", SINCE, UNTIL, asked.survey())

    assert isinstance(told, Figures)
    ends = {(one.external_id, one.since): (one.value, one.currency) for one in told.figures}
    assert ends == {
        ("Amazon.co.uk", datetime(2026, 6, 30, 23, tzinfo=UTC)): (850, "GBP"),
        ("Amazon.de", datetime(2026, 6, 30, 22, tzinfo=UTC)): (2_000, "EUR"),
    }
    held = {(one.name, one.currency): one.minor for one in asked.balances(asked.survey()).balances}
    assert held[BalanceName.DEFERRED, "EUR"] == 2_000
    assert held[BalanceName.AVAILABLE, "GBP"] == 850


def test_no_balance_of_a_day_is_believed_before_all_of_it_is_listed(sandbox: AmazonSandbox, clock: KitClock) -> None:
    asked = source(sandbox, clock)
    told = asked.figures("deferred", SINCE, UNTIL, asked.survey())

    assert isinstance(told, Figures)
    assert [one.since for one in told.figures] == [datetime(2026, 6, 7, 7, tzinfo=UTC)]
    assert sandbox.requests.count(label="listBalances") == 1


def test_balances_without_what_is_deferred_prove_nothing(sandbox: AmazonSandbox, clock: KitClock) -> None:
    told = pair("listBalances")
    (total,) = told["balances"]
    total["partnerMetadata"]["marketplaceId"], total["balances"] = "ATVPDKIKX0DER", []
    answer(sandbox, "listBalances", told)
    asked = source(sandbox, clock)

    assert isinstance(asked.figures("deferred", SINCE, UNTIL, asked.survey()), Unknown)


def test_a_settlement_in_euros_is_read_of_its_file(sandbox: AmazonSandbox, clock: KitClock) -> None:
    sandbox.seller.set(marketplaces="amazon.de")
    sandbox.seller.settle(closed(5, 1_234, currency="EUR", dates=DOTS, mark=","))
    clock.advance(6 * 86_400)
    asked = source(sandbox, clock)
    assert totals(asked.figures("payouts", SINCE, UNTIL, asked.survey())) == {"5": (1_234, "EUR")}
