"""A check after the first reads what changed: over both ledgers, counted at the fakes."""

from __future__ import annotations

from pathlib import Path

import pytest
import requests

from tests.drift.reading import all_read_whole
from tests.end_to_end.shops import Shops, shops

DOZEN = 12


def calls(open_shops: Shops, plugin: str) -> int:
    """How many requests of ours a fake got since the last time, and forget them."""
    address = f"{open_shops.urls[plugin]}/_sandbox/requests"
    seen = requests.get(address, timeout=60).json()["requests"]
    requests.delete(address, timeout=60).raise_for_status()
    return len(seen)


@pytest.mark.parametrize(
    ("shop", "ledger", "plugin", "kind"),
    [
        ("woo-us", "books-us", "quickbooks", "JournalEntry"),
        ("shop-gb", "books-gb", "xero", "Invoice"),
    ],
)
def test_a_clean_check_costs_at_most_a_dozen_calls_and_an_edit_is_found_by_it(
    tmp_path: Path, shop: str, ledger: str, plugin: str, kind: str
) -> None:
    """C27: facts, balances and what changed together; what it says it cost is what it cost."""
    with shops(tmp_path, shop) as open_shops:
        check = open_shops.app.steps.check
        open_shops.import_and_book(shop)
        open_shops.deliver()
        with all_read_whole(open_shops.app):
            first = check(shop, actor="ann")
        calls(open_shops, plugin)

        second = check(shop, actor="ann")

        cost = calls(open_shops, plugin)
        assert second.read_back.since is not None
        assert cost == second.read_back.calls <= DOZEN
        assert second.counts == first.counts
        with open_shops.app.store.reading() as unit:
            delivered = unit.deliveries.of_route(unit.routes.get(shop).route_id)
            voucher = next(one for one in delivered if one.ref and one.voucher and one.voucher.type == kind)
        open_shops.tamper(ledger, op="delete" if plugin == "quickbooks" else "void", entity=kind, id=voucher.ref)
        third = check(shop, actor="ann")
        found = {kept.finding.code for kept in third.open_findings if kept.finding.ref == voucher.ref}
        assert found == {"drift.deleted" if plugin == "quickbooks" else "drift.voided"}
        assert third.read_back.since is not None
        assert check(shop, actor="ann", in_full=True).counts == third.counts
