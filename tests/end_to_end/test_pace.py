"""Many orders into a ledger that keeps its limits: as fast as it lets, in few calls, each once."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from benchmarks.shops import write_pages
from bridge.sandbox import FaultKind
from tests.end_to_end.pace import Pace, Paced, floor, paced, quickbooks, xero

ORDERS = 100
# A tenth of what the vendor allows, so that two hundred have to wait as two thousand do.
SMALL = {
    "quickbooks": quickbooks(batches_per_minute=4, batch_items_per_minute=80),
    "xero": xero(calls_per_minute=6),
}


@pytest.fixture(params=SMALL)
def merchant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Paced]:
    with paced(tmp_path, SMALL[request.param]) as merchant:
        merchant.book(write_pages(tmp_path / "pages", "woocommerce", ORDERS, ORDERS))
        yield merchant


def stands_once(merchant: Paced, pace: Pace) -> bool:
    """Whether all that was delivered is there, and nothing twice."""
    standing = list(merchant.ledger.standing(merchant.sandbox))
    return len(standing) == len(set(standing)) == pace.documents == ORDERS * merchant.ledger.an_order


def test_orders_are_delivered_in_few_calls_and_nobody_has_to_ask_for_patience(merchant: Paced) -> None:
    """F44: as fast as the limits let it, within a twentieth; reading what the ledger is takes its calls too."""
    pace = merchant.deliver()
    ledger, needs = merchant.ledger, merchant.ledger.needs(pace.documents)
    calls = sum(pace.calls.values())

    assert stands_once(merchant, pace)
    assert pace.throttled == 0
    assert sum(many for label, many in pace.calls.items() if fnmatchcase(label, ledger.writes)) <= needs["requests"] + 1
    assert pace.seconds <= 1.05 * floor(ledger.limits, {**needs, "requests": calls})
    assert pace.documents_a_call > 10


def test_a_vendor_that_allows_less_than_it_says_is_waited_for(merchant: Paced) -> None:
    """F44: a fifth less; each 429 is honoured, and nothing is lost or doubled. Xero tells what is left."""
    merchant.tighten()

    pace = merchant.deliver()

    assert stands_once(merchant, pace)
    assert pace.throttled > 0 or any(limit.remaining for limit in merchant.ledger.limits)
    assert pace.too_soon == 0


@pytest.mark.parametrize("fault", [FaultKind.COMMIT_THEN_DROP, FaultKind.DROP, FaultKind.COMMIT_THEN_UNAVAILABLE])
def test_lost_answers_of_batches_double_and_lose_nothing(merchant: Paced, fault: FaultKind) -> None:
    """F01: thirty in doubt at once, looked up, and sent again where they never arrived."""
    merchant.sandbox.faults.order(fault, times=2, skip=1, label=merchant.ledger.writes)

    assert stands_once(merchant, merchant.deliver())
