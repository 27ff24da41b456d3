"""Files of another shop, files that a person changed a little, and files of any size."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import DocumentError
from bridge.ingest.disk import FileOnDisk
from bridge.testing.bench import Bench
from bridge_woocommerce.files import WooCommerceSource
from bridge_woocommerce.settings import WooCommerceConnection
from bridge_woocommerce.source import offer
from plugins.woocommerce.tests.shop import (
    MemoryFile,
    item,
    order,
    read,
    read_bytes,
    recorded,
    refund,
    sample,
    shop,
)


def linked(told: dict[str, Any], site: str, path: str = "/wp-json/wc/v3/orders") -> dict[str, Any]:
    links = {
        "self": [{"href": f"{site}{path}/{told['id']}", "targetHints": {"allow": ["GET"]}}],
        "collection": [{"href": f"{site}{path}"}],
        "customer": [{"href": "https://elsewhere.example/wp-json/wc/v3/customers/7"}],
    }
    return {**told, "_links": links}


# Whose file


@pytest.mark.parametrize(
    ("account", "site"),
    [
        ("shop.example.com", "https://shop.example.com"),
        ("https://www.Shop.example.com/", "http://shop.example.com"),
        ("shop.example.com", "https://www.shop.example.com:443"),
        ("shop.example.com/wp-json/wc/v3", "https://shop.example.com"),
        ("shop.example.com", "https://shop.example.com/de"),
        ("shop.example.com/store/", "https://shop.example.com/store/index.php"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("bücher.example", "https://xn--bcher-kva.example"),
        ("my shop", "https://any.example.com"),
        ("", "https://any.example.com"),
    ],
)
def test_an_answer_of_the_connections_own_shop_is_read_however_its_address_is_written(account: str, site: str) -> None:
    told = recorded([linked(order(), site), linked(refund(), site, "/wp-json/wc/v3/orders/75/refunds")])

    assert len(read(told, shop(account=account))) == 2


@pytest.mark.parametrize(
    ("account", "site"),
    [
        ("shop.example.com", "https://other.example.com"),
        ("shop.example.com", "https://shop.example.com.evil.example"),
        ("shop.example.com/de", "https://shop.example.com/en"),
        ("shop.example.com/de", "https://shop.example.com"),
        ("shop.example.com", "https://shop.example.com:8443"),
    ],
)
@pytest.mark.parametrize("path", ["/wp-json/wc/v3/orders", "/index.php?rest_route=/wc/v3/orders"])
def test_an_answer_of_another_shop_is_refused_by_name(account: str, site: str, path: str) -> None:
    """The issue's kind: a file of another seller went into this one's books."""
    for told in (linked(order(76), site, path), linked(refund(), site, path)):
        with pytest.raises(DocumentError) as refused:
            read([linked(order(), f"https://{account}"), told], shop(account=account))
        error = refused.value
        assert error.code == "woocommerce.file.other_shop"
        assert site.removeprefix("https://") in error.cause
        assert account in error.cause
        assert "addresses" in error.next_step


def test_an_answer_without_links_says_nothing_of_its_shop() -> None:
    """As one asked for with _fields, and what bridge keeps."""
    odd: tuple[Any, ...] = (None, [], {"self": "none"}, {"self": [{"href": "?"}]})
    for links in odd:
        assert read({**order(), "_links": links}, shop(account="shop.example.com"))


def test_a_shop_that_answers_under_several_addresses_may_name_them() -> None:
    settings = WooCommerceConnection(addresses=("old.example.org",))
    source = offer().build(Bench(offer(), account="shop.example.com", settings=settings))

    for site in ("https://old.example.org", "https://shop.example.com"):
        assert list(source.read_file(MemoryFile(json.dumps(linked(order(), site)).encode())))


# Changed a little


@pytest.mark.parametrize(
    "changed",
    [
        lambda told: json.dumps(told, indent=4).encode(),
        lambda told: b"\xef\xbb\xbf" + json.dumps(told).replace(": ", ":\r\n\t").encode(),
        lambda told: json.dumps(told, sort_keys=True, ensure_ascii=False).encode(),
        lambda told: gzip.compress(json.dumps(told).encode()),
        lambda told: json.dumps({"orders": told[:1], "refunds": told[1:]}).encode(),
        lambda told: json.dumps({"orders": told}).encode(),
        lambda told: json.dumps(recorded({"orders": told})).encode(),
    ],
)
def test_what_loses_nothing_is_read(changed: Any) -> None:
    told = [order(refunds=[{"id": 88, "total": "-3.00"}]), refund()]

    assert [(each.start.external_id, each.lines) for each in read_bytes(changed(told))] == [
        (each.start.external_id, each.lines) for each in read(told)
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"Order Number,Order Status,Order Total\n75,processing,10.00\n",
        b'"order_id";"order_number";"date"\n',
        b"order_id\torder_number\n",
        b"Date,Status,Customer,Product(s),Items sold,N. Revenue\n",
    ],
)
def test_a_table_is_refused_by_name_with_what_to_bring(content: bytes) -> None:
    with pytest.raises(DocumentError, match="table") as refused:
        read_bytes(content)
    assert refused.value.code == "woocommerce.file.table"
    assert "/wp-json/wc/v3/orders" in refused.value.next_step


def test_a_gzip_file_that_is_cut_is_refused() -> None:
    packed = gzip.compress(json.dumps(order()).encode())
    for content in (packed[:-9], packed[:40], packed[:20] + b"\x00" * 9 + packed[29:]):
        with pytest.raises(DocumentError) as refused:
            read_bytes(content)
        assert refused.value.code == "woocommerce.file.truncated"


def test_a_file_that_becomes_too_large_when_it_is_unpacked_is_refused() -> None:
    packed = gzip.compress(b"[" + b" " * 2_000_000 + b"]")
    with pytest.raises(DocumentError, match="max_file_megabytes"):
        list(WooCommerceSource(max_file_megabytes=1).read_file(MemoryFile(packed)))


# Of any size


def test_memory_is_bounded_by_the_places_of_orders_not_by_what_they_hold(tmp_path: Path) -> None:
    """A tenth of what the file holds, at most: nothing of an order is held once its documents were given."""
    body = json.loads(sample("us_exclusive/orders/all_dp6_oldest_first"))["body"]
    peaks = []
    for copies in (10, 40):
        told = [{**each, "id": each["id"] + 1000 * copy} for copy in range(copies) for each in body]
        path = tmp_path / f"{copies}.json"
        path.write_text(json.dumps([recorded(told[begin : begin + 100]) for begin in range(0, len(told), 100)]))
        source = WooCommerceSource(max_file_megabytes=64)
        tracemalloc.start()
        for _ in source.read_file(FileOnDisk(path)):
            pass
        peaks.append((path.stat().st_size, tracemalloc.get_traced_memory()[1]))
        tracemalloc.stop()
    (small, before), (large, after) = peaks

    assert after - before < (large - small) / 10


def test_an_order_whose_refund_stands_at_the_end_of_a_file_comes_with_it() -> None:
    told = [recorded([order(number) for number in range(75, 95)]), recorded([refund(parent_id=75)])]

    assert [each.start.external_id for each in read(told)][:2] == ["75", "88"]


def test_what_cannot_be_read_halfway_through_a_file_is_refused_with_its_order() -> None:
    with pytest.raises(DocumentError, match="order 76"):
        read([order(), order(76, line_items=[item(1, "ten")])])


# With its head


HEAD = b"HTTP/1.1 301 Moved\r\nLocation: x\r\n\r\nHTTP/2 200\r\nx: y\r\ndate: Thu, 12 Mar 2026 09:00:00 GMT\r\n\r\n"


@pytest.mark.parametrize("head", [HEAD, HEAD.replace(b"\r", b""), b"\xef\xbb\xbf" + HEAD])
def test_an_answer_saved_with_its_head_says_when_it_was_given(head: bytes) -> None:
    (found,) = read_bytes(head + json.dumps([order()]).encode())

    assert found.start.as_of is not None
    assert found.start.as_of.isoformat() == "2026-03-12T09:00:00+00:00"
    assert found.lines == read(order())[0].lines


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b'HTTP/1.1 401 Unauthorized\r\n\r\n{"code":"woocommerce_rest_cannot_view","message":"Ada"}', "refused"),
        (b"HTTP/1.1 200 OK\r\nDate: soon\r\n\r\n<html>Just a moment</html>", "html"),
        (b"HTTP/1.1 200 OK\r\nDate: x\r\n\r\n", "empty"),
        (b"HTTP/1.1 200 OK\r\nDate: x", "json"),
    ],
)
def test_a_refusal_with_its_head_is_one_too(content: bytes, code: str) -> None:
    with pytest.raises(DocumentError) as refused:
        read_bytes(content)
    assert refused.value.code == f"woocommerce.file.{code}"
    assert "Ada" not in str(refused.value)
