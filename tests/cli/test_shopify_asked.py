"""A shop that says less than it has, or that answers as another version, through the command itself."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from cryptography.fernet import Fernet

from bridge.cli.main import cli
from bridge_shopify_sandbox import ShopifySandbox
from tests.fakes.stores import put_migrated

SETTINGS = """
[bridge]
database_url = "sqlite:///bridge.db"
sealing_key_file = "sealing.key"
notices_url = "{notices_url}"

[plugins.shopify]
base_url = "{url}"
calls_per_minute = 60000
bulk_from_orders = {bulk_from_orders}

[plugins.shopify.tokens]
"acme.myshopify.com" = "shpat_sandbox"

[connections.books]
plugin = "quickbooks"
account = "9130000000000011"
customer = "Sales channels"

[connections.shop]
plugin = "shopify"
account = "acme.myshopify.com"

[routes.main]
source = "shop"
ledger = "books"
time_zone = "America/New_York"
first_day = {first_day}
tax_regime = "us_sales_tax"
"""


@pytest.fixture
def sandbox() -> Iterator[ShopifySandbox]:
    """A shop that sold something an hour ago."""
    with ShopifySandbox() as made:
        made.clock.advance(-3_600)
        made.shop.sell("10.00")
        made.clock.run()
        yield made
        assert made.server.crashes == []


class Desk:
    """The command, in a folder of its own."""

    def __init__(
        self, folder: Path, sandbox: ShopifySandbox, bulk_from_orders: int = 1_000, notices_url: str = ""
    ) -> None:
        told = {"url": sandbox.base_url, "bulk_from_orders": bulk_from_orders, "notices_url": notices_url}
        text = SETTINGS.format(first_day=(datetime.now(UTC) - timedelta(days=2)).date(), **told)
        self.config = folder / "bridge.toml"
        self.config.write_text(text, encoding="utf-8")
        (folder / "sealing.key").touch(mode=0o600)
        (folder / "sealing.key").write_bytes(Fernet.generate_key())
        put_migrated(folder / "bridge.db")
        self.run("apply")

    def run(self, *words: str) -> tuple[int, str]:
        """Exit code and what it prints."""
        done = CliRunner().invoke(cli, ["--config", str(self.config), *words], standalone_mode=False)
        return done.return_value or 0, done.output

    def streams(self) -> dict[str, dict[str, object]]:
        """What the pull of a sync came to, by stream."""
        told = json.loads(self.run("sync", "--json")[1])
        return {one["stream"]: one for one in told["pulled"][0]["streams"]}


@pytest.mark.parametrize("bulk_from_orders", [1, 1_000])
def test_no_orders_where_the_shop_counts_some_is_an_alarm(
    tmp_path: Path, sandbox: ShopifySandbox, bulk_from_orders: int
) -> None:
    """An app that is not approved may get empty lists: nozzlegear/ShopifySharp#894."""
    sandbox.shop.bulk.run_seconds = 0
    sandbox.shop.hides_orders = True
    desk = Desk(tmp_path, sandbox, bulk_from_orders)
    streams = desk.streams()

    for name in ("orders", "placed"):
        assert streams[name]["through"] is None
        assert streams[name]["why"] == "the channel counts 1, and 0 came"
    with closing(sqlite3.connect(tmp_path / "bridge.db")) as store:
        assert store.execute("SELECT code, state FROM finding").fetchall() == [
            ("window.short", "open"),
            ("window.short", "open"),
        ]
    assert len(sandbox.shop.bulk.operations) == (2 if bulk_from_orders == 1 else 0)


def test_a_shop_that_falls_forward_to_another_version_is_told_and_not_read(
    tmp_path: Path, sandbox: ShopifySandbox
) -> None:
    sandbox.shop.version = "2027-07"
    code, said = Desk(tmp_path, sandbox).run("sync")

    assert code != 0
    assert "shopify.version" in said
    assert "answers as version 2027-07 of its API, and was asked for 2026-10" in " ".join(said.split())


def test_webhooks_that_the_shop_removed_are_told_with_what_to_do(tmp_path: Path, sandbox: ShopifySandbox) -> None:
    for topic in ("ORDERS_UPDATED", "ORDERS_DELETE", "REFUNDS_CREATE", "DISPUTES_CREATE", "DISPUTES_UPDATE"):
        sandbox.shop.subscribe(topic, "https://books.example/hooks/local/shop")
    sandbox.shop.give_up("ORDERS_UPDATED")
    desk = Desk(tmp_path, sandbox, notices_url="https://books.example/hooks/")
    desk.run("sync")
    told = " ".join(desk.run("sources", "status")[1].split())

    assert "shop: 1 of 5 notices do not come: orders/updated" in told
    assert "subscribe to it again (webhookSubscriptionCreate)" in told
    assert "orders/updated is not sent; pulls go on without them: late changes are seen by a sweep within 24 h" in told
