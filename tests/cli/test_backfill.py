"""``bridge backfill``, as people and scripts meet it: how far it is, killed and gone on with, and nothing sent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bridge_woocommerce_sandbox import WooCommerceSandbox
from tests.fakes.warm import HURRY

SETTINGS = """[bridge]
database_url = "sqlite:///bridge.db"
sealing_key_file = "sealing.key"

[plugins.woocommerce]
page_size = 2

[connections.books]
plugin = "quickbooks"
account = "9130000000000011"
customer = "Sales channels"
"""
ORDERS = 7
Done = subprocess.CompletedProcess[str]


class Shop:
    """A WooCommerce shop with orders of some weeks, that was connected by questions."""

    def __init__(self, folder: Path, command: Path, woo: WooCommerceSandbox) -> None:
        self.folder, self.command, self.woo = folder, command, woo
        woo.clock.advance(-30 * 86_400)
        for _ in range(ORDERS):
            woo.clock.advance(3 * 86_400)
            woo.shop.place(["40.00"], tax="4", fee="0.49")
        woo.clock.advance(9 * 86_400)
        assert self("init", ".").returncode == 0
        (folder / "bridge.toml").write_text(SETTINGS, encoding="utf-8")
        assert self("apply").returncode == 0
        first_day = (datetime.now(UTC) - timedelta(days=40)).date()
        told = f"url={woo.url}\nkey=ck_sandbox\nsecret=cs_sandbox\nledger=books\nfirst_day={first_day}\n"
        assert self("connections", "add", "woocommerce", "shop", "--stdin", told=told).returncode == 0

    def __call__(self, *words: str, told: str = "") -> Done:
        """A command as a process of its own, for which waiting takes no time."""
        command = [str(self.command), *words]
        return subprocess.run(
            command, cwd=self.folder, env={**os.environ, HURRY: "1"}, input=told,
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def read_from_files(self, name: str) -> None:
        """Another channel beside it, of which bridge has no key."""
        told = f'[connections.{name}]\nplugin = "amazon"\naccount = "A1MARKET"\n'
        told += f'[routes.{name}]\nsource = "{name}"\nledger = "books"\nfirst_day = 2026-01-01\ntime_zone = "UTC"\n'
        with (self.folder / "bridge.toml").open("a", encoding="utf-8") as file:
            file.write(f"\n{told}")
        assert self("apply").returncode == 0

    def kill_as_it_waits(self) -> None:
        """A back-fill in a process that is killed when it says that it waits."""
        command = [sys.executable, "-m", "bridge", "backfill", "shop"]
        with subprocess.Popen(command, cwd=self.folder, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            assert any(line.startswith("waits until") for line in process.stderr)
            process.send_signal(signal.SIGKILL)


@pytest.fixture
def shop(tmp_path: Path, command: Path) -> Iterator[Shop]:
    with WooCommerceSandbox() as woo:
        yield Shop(tmp_path, command, woo)
        assert woo.server.crashes == []


def test_all_since_the_first_day_comes_and_nothing_is_sent(shop: Shop) -> None:
    done = shop("backfill")

    assert f"shop: {2 * ORDERS} documents new" in done.stdout, done.stderr
    assert "Nothing was sent." in done.stdout
    assert f"{ORDERS} of {ORDERS}" in done.stderr, "how far it was, on standard error"
    assert done.returncode == 2, "the ledger lets nobody in yet, and says so"
    assert "bridge connections authorize books" in done.stdout
    assert "backfill of shop" in shop("runs", "list").stdout


def test_a_script_is_told_the_same(shop: Shop) -> None:
    done = shop("backfill", "shop", "--json")
    told = json.loads(done.stdout)

    assert [one["stream"] for one in told["pulled"][0]["streams"]] == ["orders", "placed", "refunds", "edits"]
    assert (told["pulled"][0]["documents"], told["failed"]) == ({"new": 2 * ORDERS}, [])
    assert {"run", "pulled", "books", "failed"} == set(told)


def test_a_limit_that_is_spent_is_waited_for_outside_the_lease(shop: Shop) -> None:
    shop.woo.faults.order("answer", skip=12, status=429, headers={"Retry-After": "90"}, body="{}")
    done = shop("backfill")

    assert "waits until" in done.stderr
    assert f"shop: {2 * ORDERS} documents new" not in done.stdout, "the last of them came after the wait"
    assert "shop, new and changed orders: complete through" in done.stdout
    assert json.loads(shop("runs", "show", "1", "--json").stdout)["told"]["taken_in"]["new"] == 2 * ORDERS


def test_no_longer_than_it_may_wait(shop: Shop) -> None:
    shop.woo.faults.order("answer", skip=12, status=429, headers={"Retry-After": "90"}, body="{}")
    done = shop("backfill", "--wait", "30")

    assert "waits until" not in done.stderr
    assert "Not all has come yet" in done.stdout
    assert "goes on at" in done.stdout


def test_one_that_is_killed_goes_on_where_it_stopped(shop: Shop) -> None:
    shop.woo.faults.order("answer", skip=12, status=429, headers={"Retry-After": "5"}, body="{}")
    shop.kill_as_it_waits()
    again = shop("backfill")

    assert "run.unfinished" in again.stderr
    assert "shop, new and changed orders: complete through" in again.stdout
    done = shop("backfill", "--json")
    assert json.loads(done.stdout)["pulled"][0]["documents"] == {}, "all of it came"
    runs = json.loads(shop("runs", "list", "--json").stdout)
    assert [run["outcome"] for run in runs][-1] == "unfinished"
    assert sum(run["told"]["taken_in"].get("new", 0) for run in runs) == 2 * ORDERS


def test_a_day_before_the_first_is_refused(shop: Shop) -> None:
    done = shop("backfill", "--since", "2020-01-01")

    assert (done.returncode, "backfill.since" in done.stderr) == (2, True)
    assert shop("backfill", "nobody").returncode == 2


def test_what_is_read_from_files_alone_is_no_failure_of_a_back_fill_of_all(shop: Shop) -> None:
    shop.read_from_files("market")
    done, named = shop("backfill", "--json"), shop("backfill", "market")

    assert [one["connection"] for one in json.loads(done.stdout)["pulled"]] == ["shop"], done.stderr
    assert "market" not in done.stderr
    assert (named.returncode, "backfill.not_asked connection market: not asked" in named.stderr) == (2, True)
    assert "bridge connections add market" in named.stderr

    shop("connections", "remove", "shop")
    alone = shop("backfill")
    assert (alone.returncode, "backfill.not_asked connections market, shop: not asked" in alone.stderr) == (2, True)
