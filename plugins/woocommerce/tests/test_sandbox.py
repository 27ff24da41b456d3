"""The fake shop answers as recorded shops do, and keeps what it holds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from bridge.sandbox import BadRequestError
from bridge.testing import StillClock
from bridge_woocommerce_sandbox import WooCommerceSandbox, create_sandbox
from plugins.woocommerce.tests.pulling import opened
from plugins.woocommerce.tests.shop import sample

KEY = ("ck_sandbox", "cs_sandbox")


@pytest.fixture
def sandbox() -> Iterator[WooCommerceSandbox]:
    with opened(StillClock()) as running:
        yield running


def ask(sandbox: WooCommerceSandbox, path: str, auth: tuple[str, str] | None = KEY) -> requests.Response:
    return requests.get(f"{sandbox.url}/wp-json/wc/v3/{path}", auth=auth, timeout=60)


@pytest.mark.parametrize(
    ("recorded", "path", "auth"),
    [
        ("no_key_401", "orders", None),
        ("wrong_secret_401", "orders", ("ck_sandbox", "cs_other")),
        ("no_key_401", "orders", ("ck_other", "cs_sandbox")),
        ("no_route_404", "nothing", KEY),
    ],
)
def test_it_refuses_in_the_words_of_a_recorded_shop(
    sandbox: WooCommerceSandbox, recorded: str, path: str, auth: tuple[str, str] | None
) -> None:
    told = json.loads(sample(f"us_exclusive/errors/{recorded}"))
    answer = ask(sandbox, path, auth)

    assert (answer.status_code, answer.json()) == (told["status"], told["body"])
    assert answer.headers["Content-Type"] == told["headers"]["Content-Type"]


def test_a_year_holds_whatever_happens_to_orders_and_a_seed_tells_the_same_again(tmp_path: Path) -> None:
    def lived(seed: str, data: Path | None = None) -> list[Any]:
        options = {"orders": "400", "year": "2025", "seed": seed}
        with create_sandbox(options=options, data=data) as made:
            assert {one["date_created_gmt"][:4] for one in made.shop.orders.values()} == {"2025"}
            return [*made.shop.orders.values(), *made.shop.refunds.values()]

    told = lived("7")
    assert {"processing", "refunded"} <= {one["status"] for one in told if "status" in one}
    assert any("refunded_payment" in one for one in told)
    assert any(line["total"] != line["subtotal"] for one in told for line in one["line_items"])
    assert sum("status" in one for one in told) < 400, "some are deleted"
    assert lived("7") == lived("7", tmp_path / "shop") == lived("8", tmp_path / "shop") == told
    assert lived("8") != told


def test_an_order_that_is_gone_is_told_as_by_a_recorded_shop(sandbox: WooCommerceSandbox) -> None:
    told = json.loads(sample("gb_inclusive/orders/deleted_by_id"))
    answer = ask(sandbox, "orders/108")

    assert (answer.status_code, answer.json()) == (told["status"], told["body"])


@pytest.mark.parametrize(
    "query",
    ["per_page=0", "per_page=101", "page=0", "orderby=total", "status=bogus", "dp=abc", "modified_after=yesterday",
     "after=2026-03-01"],
)  # fmt: skip
def test_parameters_that_cannot_be_meant_are_refused_by_name(sandbox: WooCommerceSandbox, query: str) -> None:
    sandbox.shop.place(["10.00"])
    answer = ask(sandbox, f"orders?{query}")

    assert (answer.status_code, answer.json()["code"]) == (400, "rest_invalid_param")
    assert list(answer.json()["data"]["params"]) == [query.partition("=")[0]]


def test_an_order_has_the_fields_of_a_recorded_one_that_bridge_reads(sandbox: WooCommerceSandbox) -> None:
    sandbox.shop.place(["10.00"], tax="20", shipping="4.50")
    recorded = json.loads(sample("us_exclusive/orders/all_dp6_oldest_first"))["body"][0]
    (told,) = ask(sandbox, "orders?dp=6").json()

    assert told.keys() <= recorded.keys()
    assert (told["total"], told["total_tax"], told["line_items"][0]["total"]) == ("16.500000", "2.000000", "10.000000")
    assert _shapes(told["line_items"][0]).items() <= _shapes(recorded["line_items"][0]).items()


def _shapes(told: dict[str, Any]) -> dict[str, str]:
    return {name: type(value).__name__ for name, value in told.items()}


def test_totals_are_rounded_to_what_the_shop_shows_whatever_is_asked(sandbox: WooCommerceSandbox) -> None:
    sandbox.shop.place(["20.94"])
    sandbox.shop.set(decimals=0)
    (told,) = ask(sandbox, "orders?dp=6").json()

    assert (told["total"], told["line_items"][0]["total"]) == ("21.000000", "20.940000")


@pytest.mark.parametrize(("storage", "total"), [("tables", "0"), ("posts", "3")])
def test_beyond_the_last_page_lists_are_empty(sandbox: WooCommerceSandbox, storage: str, total: str) -> None:
    sandbox.shop.set(storage=storage)
    for _ in range(3):
        sandbox.shop.place(["10.00"])
    answer = ask(sandbox, "orders?per_page=2&page=3")

    assert (answer.json(), answer.headers["X-WP-Total"]) == ([], total)
    assert ask(sandbox, "orders?per_page=2").headers["X-WP-TotalPages"] == "2"


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("after=2026-07-01T11:59:59&dates_are_gmt=true", 1),
        ("after=2026-07-01T12:00:00&dates_are_gmt=true", 0),
        ("after=2026-07-01T04:59:59", 1),
        ("after=2026-07-01T05:00:00", 0),
        ("after=2026-07-01T11:59:59Z", 1),
        ("after=2026-07-01T13:00:00Z&dates_are_gmt=true", 1),
    ],
)
def test_bounds_are_read_as_the_shop_reads_them(sandbox: WooCommerceSandbox, query: str, count: int) -> None:
    """The last: with the flag, an offset is turned into the shop's time and then taken for UTC: the trap."""
    sandbox.shop.place(["10.00"])

    assert len(ask(sandbox, f"orders?{query}").json()) == count


@pytest.mark.parametrize(("storage", "moves"), [("tables", True), ("posts", False)])
def test_where_orders_are_posts_an_edit_moves_no_date(storage: str, moves: bool) -> None:
    clock = StillClock()
    with opened(clock) as sandbox:
        sandbox.shop.set(storage=storage)
        placed = sandbox.shop.place(["10.00"])
        before = ask(sandbox, f"orders/{placed}").json()
        clock.sleep(60)
        sandbox.shop.add(placed, "5.00")
        after = ask(sandbox, f"orders/{placed}").json()
        sandbox.shop.set_status(placed, "completed")

        assert (before["total"], after["total"]) == ("10.00", "15.00")
        assert (before["date_modified_gmt"] != after["date_modified_gmt"]) is moves
        assert ask(sandbox, f"orders/{placed}").json()["date_modified"] == "2026-07-01T05:01:00"


def test_refunds_of_an_order_do_not_name_it_and_those_of_the_shop_do(sandbox: WooCommerceSandbox) -> None:
    placed = sandbox.shop.place(["10.00"], tax="20")
    refund = sandbox.shop.refund(placed, line=0)
    (own,), (every,) = ask(sandbox, f"orders/{placed}/refunds").json(), ask(sandbox, "refunds").json()

    assert (own["id"], own["amount"], "parent_id" in own) == (refund, "12.00", False)
    assert every["parent_id"] == placed
    assert ask(sandbox, f"orders/{placed}").json()["refunds"] == [
        {"id": refund, "reason": own["reason"], "total": "-12.00"}
    ]
    assert ask(sandbox, f"orders/{refund}").status_code == 404


def test_a_shop_is_kept_over_restarts_and_people_act_by_its_door(tmp_path: Path) -> None:
    data = tmp_path / "shop.db"
    with create_sandbox(data=data, options={"currency": "GBP", "zone": "Europe/London"}) as sandbox:
        door = f"{sandbox.base_url}/_sandbox/shop"
        placed = requests.post(door, json={"op": "place", "amounts": ["10.00"], "tax": "20"}, timeout=60).json()["id"]
        requests.post(door, json={"op": "refund", "order": placed, "amount": "3.00"}, timeout=60).raise_for_status()
        odd = requests.post(door, json={"op": "refund", "order": 1}, timeout=60)
        assert (odd.status_code, "there is no order 1" in odd.json()["error"]) == (400, True)
        assert "ck_sandbox" in sandbox.summary()
    with create_sandbox(data=data, options={}) as sandbox:
        kept = requests.get(f"{sandbox.base_url}/_sandbox/orders", timeout=60).json()
        assert (kept["orders"][0]["currency"], kept["refunds"][0]["parent_id"]) == ("GBP", placed)
        assert sandbox.shop.place(["1.00"]) > kept["refunds"][0]["id"]


@pytest.mark.parametrize("options", [{"colour": "red"}, {"decimals": "many"}, {"zone": "Europe/Nowhere"}])
def test_options_that_cannot_be_meant_are_named(options: dict[str, str]) -> None:
    with pytest.raises(BadRequestError):
        create_sandbox(options=options)
