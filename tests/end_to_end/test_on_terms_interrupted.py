"""Killed at any write, or cut off at any request, an order on terms has each of its documents once."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from bridge.app import App
from bridge.settings import load_settings
from plugins.shopify.tests import shop as shopify
from tests.end_to_end.merchant import plugins
from tests.end_to_end.shops import shops
from tests.end_to_end.telling import Told
from tests.end_to_end.test_interrupted import NOW, Killed, MortalStore
from tests.end_to_end.test_on_terms import UNPAID, later, money, on_terms
from tests.end_to_end.test_open_orders import BOTH, FIRST, currency, documents, due, ledger
from tests.fakes.clock import FakeClock

ONE_ORDER = {
    "shop-us": {"Invoice": 2, "Payment": 2, "CreditMemo": 1, "RefundReceipt": 2},
    "shop-gb": {"Invoice": 2, "Payment": 2, "CreditNote": 1, "Allocation": 1},
}
OPEN = ("0.00", "5.00", "6.04")
IN_THE_END = {"1100": 11_04, "1210": 3_00, "4000": -44_04, "4200": 30_00}
"""Of each order 20.00 were paid, 30.00 taken back and 12.00 of them paid out; and 5.00 went back for nothing."""


class Lives:
    """A shop whose processes die. Each order is told as it was placed, and as it was paid and taken back in part."""

    def __init__(self, shop: Told, folder: Path, clock: FakeClock) -> None:
        self.shop, self._folder, self.clock = shop, folder, clock
        self._settings, self._plugins = load_settings(folder / "bridge.toml", {}), plugins()

    def told(self, number: int) -> list[Path]:
        return [self._file(number, 0, UNPAID), self._file(number, 1, _in_part_and_back(number))]

    def _file(self, number: int, stage: int, node: dict[str, Any]) -> Path:
        file = self._folder / f"{number}-{stage}.json"
        named = {"id": f"gid://shopify/Order/{9000 + number}", "name": f"#{9000 + number}"}
        text = json.dumps(shopify.orders(shopify.order(**{**node, **named})))
        file.write_text(text.replace('"USD"', f'"{currency(self.shop)}"'), encoding="utf-8")
        return file

    def life(self, number: int, dies_at: int = 0, *, is_committed: bool = False) -> int:
        """One process with all of an order to do, until it is done or dead; the units of work that it began."""
        store = MortalStore(self.shop.opened.app.store, dies_at, is_committed=is_committed)
        app = App(store, self._settings, self.clock, self._plugins)  # type: ignore[arg-type]
        try:
            for file in self.told(number):
                assert app.steps.import_file(self.shop.name, file, actor="ann").error is None
                app.books.run(self.shop.name, actor="ann")
                app.steps.deliver(ledger(self.shop), actor="ann", patience_seconds=600)
        except Killed:
            pass
        self.clock.advance(seconds=300)
        return store.units

    def door(self, method: str, what: str, **order: object) -> Any:
        """The door of the fake ledger by which it is told what to do, or asked what it saw."""
        url = self.shop.opened.urls["quickbooks" if self.shop.name == "shop-us" else "xero"]
        answer = requests.request(method, f"{url}/_sandbox/{what}", json=order or None, timeout=10)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def is_whole(self, orders: int) -> bool:
        """Whether each of so many orders is in the ledger once."""
        shop = self.shop
        assert documents(shop) == {kind: many * orders for kind, many in ONE_ORDER[shop.name].items()}
        assert Counter(due(shop)) == dict.fromkeys(OPEN, orders)
        balances = shop.opened.trial_balance(ledger(shop))
        return balances == {number: minor * orders for number, minor in IN_THE_END.items()}


def _in_part_and_back(number: int) -> dict[str, Any]:
    """Of two refunds the first takes back more than it pays out, the second only pays."""
    taken = shopify.sale(303, "-30.00", action="RETURN", item=1)
    first, second = 10 * number + 1, 10 * number + 2
    paid_out = shopify.transaction(1000 + first, "12.00", "REFUND", at=shopify.LATEST)
    for_nothing = shopify.transaction(1000 + second, "5.00", "REFUND", at="2026-09-11T10:00:00Z")
    return {
        **UNPAID,
        "agreements": [FIRST, shopify.agreement(203, [taken], shopify.LATEST, "Refund", first)],
        "current": "14.04",
        "refunds": [
            shopify.refund(first, [paid_out], shopify.LATEST),
            shopify.refund(second, [for_nothing], "2026-09-11T10:00:00Z"),
        ],
        "transactions": [money(1000 + 10 * number, "20.00", 8), paid_out, for_nothing],
        **later(12),
    }


@contextmanager
def lives(folder: Path, name: str) -> Iterator[Lives]:
    clock = FakeClock(NOW)
    with shops(folder, name, mode="order", more=on_terms(name), clock=clock) as opened:
        yield Lives(Told(opened, folder, name), folder, clock)


@BOTH
def test_killed_at_any_unit_of_work_and_run_again_each_document_is_there_once(tmp_path: Path, name: str) -> None:
    """By turns before and after the commit."""
    with lives(tmp_path, name) as shop:
        shop.life(1)
        units = shop.life(2)
        assert shop.is_whole(2)
        for dies_at in range(1, units + 1):
            assert shop.life(dies_at + 2, dies_at, is_committed=dies_at % 2 == 0) == dies_at
            shop.life(dies_at + 2)
        assert shop.is_whole(units + 2)
        assert shop.shop.opened.check(name).is_delivered


@BOTH
def test_cut_off_at_any_write_each_document_is_there_once(tmp_path: Path, name: str) -> None:
    with lives(tmp_path, name) as shop:
        shop.life(1)
        shop.door("DELETE", "requests")
        shop.life(2)
        labels = [seen["label"] for seen in shop.door("GET", "requests")["requests"]]
        writes = [skip for skip, label in enumerate(labels) if not label.endswith((".query", ".list", ".read"))]
        struck = [(skip, fault) for skip in writes for fault in ("drop", "commit_then_drop")]
        assert len(struck) >= 6
        for number, (skip, fault) in enumerate(struck, start=3):
            shop.door("POST", "faults", kind=fault, path="/v3/*" if name == "shop-us" else "/api.xro/*", skip=skip)
            shop.life(number)
            shop.life(number)
            assert shop.door("GET", "faults")["pending"] == [], f"request {skip} was never made"
            assert shop.is_whole(number), f"{fault} at {labels[skip]}"
