"""Shops of any size, made of the plugins' samples: the same orders over and over, each with its own ids and day."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SHOPIFY = ROOT / "plugins/shopify/tests/samples/synthetic"
WOOCOMMERCE = ROOT / "plugins/woocommerce/tests/samples/us_exclusive/orders/all_dp6_oldest_first.json"
PLAIN_WOOCOMMERCE = (73, 74, 75, 76, 77, 78, 79, 80, 99, 100, 102)  # paid in full, in dollars, and never refunded
PLAIN_SHOPIFY = ("#1001", "#1002", "#1003", "#1004")
A_DAY = 50
_SHOPIFY_ID = re.compile(r"4500000(\d{5,})")
_DAY = re.compile(r"2026-\d\d-\d\d(?=T)")
FIRST = date(2026, 1, 5)


def shopify_orders(*, is_plain: bool = False) -> list[dict[str, Any]]:
    """Orders as the plugin's own query asks for them."""
    import msgspec

    from bridge_shopify.wire import Order

    nodes = json.loads((SHOPIFY / "orders_us_tax_exclusive.json").read_bytes())["data"]["orders"]["nodes"]
    chosen = [node for node in nodes if not is_plain or node["name"] in PLAIN_SHOPIFY]
    return [msgspec.to_builtins(msgspec.convert(node, Order)) for node in chosen]


def woocommerce_orders(*, is_plain: bool = True) -> list[dict[str, Any]]:
    rows = json.loads(WOOCOMMERCE.read_bytes())["body"]
    return [row for row in rows if not is_plain or row["id"] in PLAIN_WOOCOMMERCE]


def shopify_texts(*, is_plain: bool = False, first: int = 0) -> Iterator[str]:
    """Orders without end, each as its JSON, counted from ``first``."""
    texts = [json.dumps(node, separators=(",", ":")) for node in shopify_orders(is_plain=is_plain)]
    return _endless(texts, lambda text, copy: _SHOPIFY_ID.sub(lambda found: f"45{copy:07d}{found[1]}", text), first)


def woocommerce_texts(*, first: int = 0) -> Iterator[str]:
    return _endless([json.dumps(row) for row in woocommerce_orders()], _woocommerce_copy, first)


def _woocommerce_copy(text: str, copy: int) -> str:
    row = json.loads(text)
    row["id"] += copy * 1000
    row["number"] = str(row["id"])
    row["transaction_id"] = f"{row['transaction_id']}-{copy}" if row["transaction_id"] else ""
    return json.dumps(row, separators=(",", ":"))


def _endless(texts: Sequence[str], again: Callable[[str, int], str], first: int) -> Iterator[str]:
    number = first
    while True:
        copy, place = divmod(number, len(texts))
        day = FIRST + timedelta(days=number // A_DAY)
        yield _DAY.sub(day.isoformat(), again(texts[place], copy))
        number += 1


def shopify_page(texts: Sequence[str], *, is_last: bool = True) -> str:
    info = f'"pageInfo":{{"hasNextPage":{json.dumps(not is_last)},"endCursor":"x"}}'
    return f'{{"data":{{"orders":{{{info},"nodes":[{",".join(texts)}]}}}}}}'


def woocommerce_page(texts: Sequence[str]) -> str:
    headers = json.dumps({"Date": "Sun, 01 Nov 2026 15:00:03 GMT"})
    return f'{{"request":{{}},"status":200,"headers":{headers},"body":[{",".join(texts)}]}}'


def write_pages(folder: Path, channel: str, orders: int, size: int, *, first: int = 0) -> list[Path]:
    """Pages of plain orders, each a file."""
    texts, page = {
        "shopify": (shopify_texts(is_plain=True, first=first), shopify_page),
        "woocommerce": (woocommerce_texts(first=first), woocommerce_page),
    }[channel]
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for start in range(0, orders, size):
        files.append(folder / f"{first + start:08d}.json")
        files[-1].write_text(page(list(islice(texts, min(size, orders - start)))), encoding="utf-8")
    return files
