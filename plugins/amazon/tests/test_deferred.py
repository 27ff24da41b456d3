"""What Amazon holds back: what is kept of a transaction, which days are asked for, and when one is done with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from bridge.errors import UnavailableError
from bridge.model.budgets import Limit
from bridge.plugin import OwnerEnd, OwnerStart, Page, Pending, Unknown, Wait
from bridge.testing import KitClock
from bridge.testing.pulls import SINCE
from bridge.transport import Budget
from bridge_amazon.deferred import Transaction, pending
from bridge_amazon.operations import TRANSACTIONS
from bridge_amazon.pulled import AmazonPulled
from bridge_amazon_sandbox import AmazonSandbox
from plugins.amazon.tests.pulling import opened, source, window

NOW = SINCE + timedelta(days=20)
TOLD: dict[str, Any] = {
    "transactionId": "txn-1",
    "transactionStatus": "Deferred",
    "transactionType": "Shipment",
    "postedDate": "2026-06-01T03:35:13.214Z",
    "totalAmount": {"currencyAmount": 10.10, "currencyCode": "USD"},
    "sellingPartnerMetadata": {"marketplaceId": "ATVPDKIKX0DER"},
    "contexts": [
        {"contextType": "AmazonPayContext", "storeName": "A buyer's store"},
        {"contextType": "DeferredContext", "deferralReason": "B2B", "maturityDate": "2026-07-01T00:00:00Z"},
    ],
    "breakdowns": [
        {
            "breakdownType": "Sales",
            "breakdownAmount": {"currencyAmount": 12, "currencyCode": "USD"},
            "breakdowns": [
                {"breakdownType": "Product Charges", "breakdownAmount": {"currencyAmount": 13, "currencyCode": "USD"}},
                {"breakdownType": "Rebates", "breakdownAmount": {"currencyAmount": -1, "currencyCode": "USD"}},
            ],
        },
        {
            "breakdownType": "Fees",
            "breakdownAmount": {"currencyAmount": -1.90, "currencyCode": "USD"},
            "breakdowns": [],
        },
    ],
}


def kept(**other: Any) -> Pending:
    text = json.dumps({**TOLD, **other})
    return pending(msgspec.json.decode(text, type=Transaction), NOW)


@pytest.fixture
def clock() -> KitClock:
    """Within the first day of June."""
    return KitClock(SINCE + timedelta(hours=6))


@pytest.fixture
def sandbox(clock: KitClock) -> Iterator[AmazonSandbox]:
    with opened(clock) as running:
        yield running


def test_what_is_kept_of_a_transaction() -> None:
    """D30: amounts, dates and the reason, gross by what they are made of."""
    assert kept() == Pending(
        external_id="txn-1",
        words="Shipment",
        place="Amazon.com",
        currency="USD",
        amount_minor=1010,
        occurred_at=datetime(2026, 6, 1, 3, 35, 13, 214000, UTC),
        as_of=NOW,
        reason="B2B",
        matures_at=datetime(2026, 7, 1, tzinfo=UTC),
        parts=(("Sales / Product Charges", 1300), ("Sales / Rebates", -100), ("Fees", -190)),
    )


@pytest.mark.parametrize(
    ("matures", "freed"),
    [("2026-06-08T00:00:00Z", datetime(2026, 6, 8, tzinfo=UTC)), ("2026-07-01T00:00:00Z", NOW), (None, NOW)],
)
def test_it_came_free_on_its_day_or_when_it_was_seen_so(matures: str | None, freed: datetime) -> None:
    context = [{"contextType": "DeferredContext", "maturityDate": matures}]
    assert kept(transactionStatus="DEFERRED_RELEASED", contexts=context).released_at == freed


@pytest.mark.parametrize("told", [None, [], {}, {"breakdowns": None}])
def test_breakdowns_may_be_missing_or_as_the_model_has_them_by_mistake(told: object) -> None:
    assert kept(breakdowns=told, relatedIdentifiers=None, contexts=None).parts == ()
    assert kept(breakdowns={"breakdowns": TOLD["breakdowns"]}).parts == kept().parts


def test_a_marketplace_is_called_as_settlements_call_it() -> None:
    assert kept(sellingPartnerMetadata={"marketplaceId": "A1F83G8C2ARO7P"}).place == "Amazon.co.uk"
    assert kept(sellingPartnerMetadata=None, marketplaceDetails={"marketplaceName": "amazon.de"}).place == "Amazon.de"
    assert kept(sellingPartnerMetadata={"marketplaceId": "A_NEW_ONE"}).place == "A_NEW_ONE"


def read(asked: AmazonPulled, page: object) -> list[tuple[str, bool, list[str]]]:
    """Each day, whether it is final, and which transactions it holds."""
    assert isinstance(page, Page)
    days, day, inside = list[tuple[str, bool, list[str]]](), "", list[str]()
    for part in asked.read(asked.minimise(page), asked.survey()):
        if isinstance(part, OwnerStart):
            day, inside = part.external_id, []
        elif isinstance(part, Pending):
            inside.append(part.external_id)
        elif isinstance(part, OwnerEnd):
            days.append((day, part.is_final, inside))
    return days


def test_each_day_comes_once_with_all_of_it(sandbox: AmazonSandbox, clock: KitClock) -> None:
    """F44: pages may be empty, and each is asked for with all its arguments. What was never deferred is not kept."""
    sandbox.seller.set(page="1")
    for days in (3, 7, 60, 0):
        sandbox.seller.sell("10.00", days=days)
    clock.advance(86_400)
    sandbox.seller.sell("10.00", days=60)
    clock.advance(5 * 86_400)
    asked = source(sandbox, clock)
    page, last = window(asked, days=3, stream="deferred")

    assert read(asked, page) == [
        ("2026-06-01", True, ["txn-00000002", "txn-00000003", "txn-00000001"]),
        ("2026-06-02", True, ["txn-00000005"]),
        ("2026-06-03", True, []),
    ]
    assert isinstance(last, Page)
    assert (last.body, last.is_last) == (b"[]", True)


def test_what_is_held_for_longer_than_is_read_anew_is_asked_for_by_its_day(
    sandbox: AmazonSandbox, clock: KitClock
) -> None:
    sandbox.seller.sell("10.00", days=50)
    asked = source(sandbox, clock)

    def day() -> tuple[str, bool, list[str]]:
        (told,) = read(asked, asked.one("day", "2026-06-01"))
        return told

    clock.advance(40 * 86_400)
    assert day() == ("2026-06-01", True, ["txn-00000001"])
    clock.advance(6 * 86_400)
    assert day() == ("2026-06-01", False, ["txn-00000001"])
    clock.advance(6 * 86_400)
    assert day() == ("2026-06-01", True, ["txn-00000001"])
    assert read(asked, asked.one("day", f"{clock.now() + timedelta(days=1):%Y-%m-%d}"))[0][2] == []
    assert isinstance(asked.one("day", "tomorrow"), Unknown)


def test_a_connection_keeps_what_is_of_its_marketplaces(sandbox: AmazonSandbox, clock: KitClock) -> None:
    sandbox.seller.set(marketplaces="amazon.co.uk,amazon.de")
    for marketplace in ("amazon.co.uk", "amazon.de"):
        sandbox.seller.sell("10.00", marketplace=marketplace)
    clock.advance(3 * 86_400)
    asked = source(sandbox, clock, marketplaces=("Amazon.de",))

    assert read(asked, asked.one("day", "2026-06-01")) == [("2026-06-01", True, ["txn-00000002"])]


def test_fewer_days_are_asked_for_at_once_where_the_plan_does_not_do(sandbox: AmazonSandbox, clock: KitClock) -> None:
    """F44: what is spent within a step costs that step alone, and the next try is smaller."""
    for _ in range(5):
        sandbox.seller.sell("10.00", days=60)
        clock.advance(86_400)
    clock.advance(3 * 86_400)
    budget = Budget([Limit(TRANSACTIONS.name, 3, 20)], clock)
    sandbox.seller.set(page="2")
    sizes, cursor, came, asked = list[int](), b"", list[Page](), source(sandbox, clock)
    while not came or not came[-1].is_last:
        asked = source(sandbox, clock, spend=lambda what: budget.take(what, longest_wait=timedelta(0)))
        *pages, end = window(asked, cursor, days=5, stream="deferred")
        came += [page for page in (*pages, end) if isinstance(page, Page)]
        if isinstance(end, Wait):
            sizes.append(len(pages))
            assert end.until - clock.now() == timedelta(seconds=130)
            cursor = end.cursor
            clock.advance(130)
    assert sizes[0] == 0, "five days take more than is allowed"
    held = [held for page in came[:-1] for _, _, held in read(asked, page)]
    assert held == [[f"txn-0000000{number}"] for number in range(1, 6)]


def test_fewer_days_are_asked_for_at_once_where_amazon_does_not_manage_them(
    sandbox: AmazonSandbox, clock: KitClock
) -> None:
    """A month is answered with an error of Amazon's own; what a span may be is written nowhere."""
    sandbox.seller.set(longest_days="6")
    sandbox.seller.sell("10.00", days=60)
    clock.advance(22 * 86_400)
    asked = source(sandbox, clock)
    *pages, last = window(asked, days=20, stream="deferred")

    assert isinstance(last, Page)
    assert last.is_last
    days = [day for page in pages for day in read(asked, page)]
    assert [len(held) for _, _, held in days] == [1, *[0] * 19]
    sandbox.seller.set(longest_days="1")
    with pytest.raises(UnavailableError, match="status 500"):
        window(asked, days=20, stream="deferred")


@pytest.mark.parametrize("span", [{"days": 1}, {"days": 1, "stream": "settlements"}])
def test_a_gateway_is_no_empty_day(sandbox: AmazonSandbox, clock: KitClock, span: dict[str, Any]) -> None:
    """F48."""
    clock.advance(3 * 86_400)
    sandbox.faults.order("answer", status=200, body="<html>", label="list*")
    sandbox.faults.order("answer", status=200, body="<html>", label="getReports")
    with pytest.raises(UnavailableError):
        window(source(sandbox, clock), **{"stream": "deferred", **span})


def test_a_list_that_leads_back_to_itself_ends(sandbox: AmazonSandbox, clock: KitClock) -> None:
    clock.advance(3 * 86_400)
    round_again = json.dumps({"payload": {"transactions": [], "nextToken": "again"}})
    sandbox.faults.order("answer", label="listTransactions", status=200, body=round_again, times=None)
    with pytest.raises(UnavailableError, match="goes round in a circle"):
        window(source(sandbox, clock), stream="deferred")


def test_a_transaction_without_an_id_is_no_answer(sandbox: AmazonSandbox, clock: KitClock) -> None:
    """As in the example of Amazon's own sandbox: what has no id cannot be known again."""
    clock.advance(3 * 86_400)
    body = json.dumps({"payload": {"transactions": [{**TOLD, "transactionId": None}]}})
    sandbox.faults.order("answer", label="listTransactions", status=200, body=body)
    with pytest.raises(UnavailableError, match="lacks what was asked for"):
        window(source(sandbox, clock), stream="deferred")


def test_nothing_of_a_buyer_is_kept(sandbox: AmazonSandbox, clock: KitClock) -> None:
    clock.advance(3 * 86_400)
    items = [{"description": "For Jane Doe", "contexts": [{"contextType": "ProductContext", "sku": "JANE"}]}]
    body = json.dumps({"payload": {"transactions": [{**TOLD, "items": items, "description": "Order by Jane Doe"}]}})
    sandbox.faults.order("answer", label="listTransactions", status=200, body=body)
    asked = source(sandbox, clock)
    page = asked.one("day", "2026-06-01")
    assert isinstance(page, Page)
    for text in (b"Jane", b"JANE", b"buyer"):
        assert text not in asked.minimise(page)
        assert text not in page.body
