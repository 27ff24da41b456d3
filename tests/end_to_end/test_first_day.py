"""The first day, from what three channels answer, by the command line, to the ledger's own accounts (S6)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bridge.app import App
from bridge.cli.context import Setup
from bridge.cli.preview import preview
from bridge.cli.routes import routes
from bridge.clock import Clock
from bridge.drift import Report as Checked
from bridge.errors import ConfigError
from plugins.amazon.tests.report import START, Report, Row
from tests.end_to_end.live import DAY, HOUR, Live
from tests.end_to_end.live_seller import LiveSeller, live_seller
from tests.end_to_end.live_shop import live_shop
from tests.end_to_end.live_shopify import live_shopify

FIRST_DAY = "2026-06-25"
SPLIT, BACK = datetime(2026, 6, 24, 20, tzinfo=UTC), datetime(2026, 6, 26, 20, tzinfo=UTC)
RESERVE = ("other-transaction", "other-transaction", "Previous Reserve Amount Balance")
HELD = ("other-transaction", "other-transaction", "Current Reserve Amount")


def asked(folder: Path, clock: Clock, *words: str, command: Any = routes) -> Result:
    """A command of bridge, at that time."""
    setup = Setup(config=folder / "bridge.toml", environment={}, log_level="error")
    setup.clock = clock  # type: ignore[assignment]
    return CliRunner().invoke(command, list(words), obj=setup, standalone_mode=False)


def opening(folder: Path, clock: Clock, route: str, *words: str) -> dict[str, Any]:
    """What the first-day command says. Its exit code tells whether the clearing account opens with its items."""
    done = asked(folder, clock, "opening", route, *words, "--json")
    assert done.exception is None, repr(done.exception)
    told: dict[str, Any] = json.loads(done.stdout)
    assert done.return_value == (3 if told["differs"] else 0)
    return told


def booked(told: dict[str, Any], way: str = "journal") -> list[tuple[str, int]]:
    return [(item["account"], item["amount_minor"]) for item in told["items"] if item["way"] == way]


def declared(live: Live, folder: Path, *changes: tuple[str, str]) -> App:
    """The settings file with other words, applied."""
    config = folder / "bridge.toml"
    text = config.read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    config.write_text(text, encoding="utf-8")
    with live.app() as app:
        app.apply(config, actor="ann", is_dry_run=False)
        return app


def check(app: App, route: str) -> Checked:
    return app.steps.check(route, actor="ann")


@pytest.fixture
def seller(tmp_path: Path) -> Iterator[LiveSeller]:
    """An account with a settlement that closed before the first day, and one that lies across it."""
    with live_seller(tmp_path) as live:
        declared(live, tmp_path, ("first_day = 2026-05-01", f"first_day = {FIRST_DAY}"))
        opened, closed = START - timedelta(days=14), START - timedelta(seconds=1)
        sold = (Row(minor=85_00, at=opened), Row(HELD, -25_00, at=closed, order="", marketplace=""))
        before = Report(sold, settlement_id="28500000001", opened=opened, closed=closed, deposit=BACK)
        rows = (
            Row(minor=40_00, at=SPLIT),
            Row(RESERVE, 25_00, at=BACK, order="", marketplace=""),
            Row(minor=70_00, at=BACK),
        )
        live.settle(before.text().encode())
        live.settle(Report(rows, settlement_id="28500000002").text().encode())
        yield live


def test_amazons_straddling_settlement_and_reserve(seller: LiveSeller, tmp_path: Path) -> None:
    """The reserve is given back behind the first day by a settlement that began before it: it was there."""
    seller.sync(after_seconds=HOUR)
    told = opening(tmp_path, seller.clock, "amazon")

    assert booked(told) == [("1200", 60_00), ("1260", 25_00)]
    assert booked(told, "document") == [("1285", -40_00)]
    assert (told["opening_minor"], told["items_minor"], told["differs"]) == (0, 60_00, True)
    assert "books.opening_differs" in seller.findings()
    before = seller.balances
    assert before["1285"] == -65_00

    accepted = opening(tmp_path, seller.clock, "amazon", "--accept", "--by", "Ann Lee")
    assert (accepted["accepted_by"], accepted["differs"]) == ("Ann Lee", False)
    seller.sync(after_seconds=HOUR)

    assert seller.findings() == []
    assert seller.balances == {**before, "1200": before.get("1200", 0) + 60_00, "1285": -65_00 - 60_00}
    opening(tmp_path, seller.clock, "amazon", "--accept")
    delivered = seller.balances
    seller.sync(after_seconds=DAY)
    assert seller.balances == delivered

    with seller.app() as app:
        report = check(app, "amazon")
    assert report.clearing.opening_minor == 60_00
    assert ("opening: Amazon settlement 28500000001: on its way to the bank", 60_00) in [
        (item.what, item.amount_minor) for item in report.clearing.items
    ]


def test_a_clearing_account_that_opens_otherwise_blocks_automatic_mode(seller: LiveSeller, tmp_path: Path) -> None:
    reviewed, automatic = (f"first_day = {FIRST_DAY}\nreview = {word}" for word in ("true", "false"))
    declared(seller, tmp_path, (f"first_day = {FIRST_DAY}", reviewed))
    seller.sync(after_seconds=HOUR)

    with pytest.raises(ConfigError) as said:
        declared(seller, tmp_path, (reviewed, automatic))
    assert said.value.code == "opening.differs"
    assert "opens on 2026-06-25 with 0.00 USD, and its items come to 60.00 USD" in said.value.cause
    assert "`bridge routes opening amazon`" in said.value.next_step

    opening(tmp_path, seller.clock, "amazon", "--accept")
    shown = asked(tmp_path, seller.clock, "amazon", command=preview)
    assert "Opening of amazon, USD" in shown.output
    declared(seller, tmp_path, (automatic, automatic))
    seller.sync(after_seconds=HOUR)
    assert seller.balances["1285"] == -125_00


def test_people_read_it_as_a_table_with_what_is_not_told(seller: LiveSeller, tmp_path: Path) -> None:
    seller.sync(after_seconds=HOUR)
    done = asked(tmp_path, seller.clock, "opening", "amazon")

    assert done.return_value == 3
    for words in (
        "amazon: what was there before 2026-06-25",
        "1200 Amazon clearing",
        "Amazon settlement 28500000001: on its way to the bank",
        "1285 Opening clearing  -85.00 USD",
        "not told: what was deferred",
        "Clearing account 1200 opens with 0.00 USD; its items come to 60.00 USD; not accepted yet.",
    ):
        assert words in done.output


def test_shopifys_pending_payout_and_dispute(tmp_path: Path) -> None:
    with live_shopify(tmp_path, first_day="2026-07-05") as live:
        order = live.shop.sell("100.00")
        live.shop.withdraw(live.shop.dispute(order, "30.00"))
        payout = live.shop.pay_out(status="SCHEDULED")
        live.sync(after_seconds=5 * DAY)
        told = opening(tmp_path, live.clock, live.route)
        assert booked(told) == [("1210", 70_00), ("1265", 30_00)]
        assert live.balances == {}

        opening(tmp_path, live.clock, live.route, "--accept")
        live.sync(after_seconds=HOUR)
        opened = {"1210": 70_00, "1265": 30_00, "1285": -100_00}
        assert live.balances == opened

        live.shop.settle(payout)
        live.sync(after_seconds=DAY)
        assert live.balances == opened, "what was accepted stays"
        assert (opening(tmp_path, live.clock, live.route)["differs"], live.findings()) == (False, [])


def test_woocommerces_gateway_money_in_transit_is_asked_and_stated(tmp_path: Path) -> None:
    item = 'account = "1240"\namount = "48.50 USD"\nwhat = "Stripe payout of 30 May"'
    with live_shop(tmp_path) as live:
        live.shop.place(["20.00"])
        unpaid = live.shop.place(["9.00"], paid=False)
        live.sync(after_seconds=HOUR)
        declared(live, tmp_path, ("first_day = 2026-06-01", "first_day = 2026-06-02"))
        live.sync(after_seconds=2 * DAY)
        told = opening(tmp_path, live.clock, "shop")
        assert booked(told, "none") == [("", 9_00)]
        assert f"Woocommerce order {unpaid}: not paid" in [one["what"] for one in told["items"]]
        assert "money in transit on 1240" in [one["what"] for one in told["untold"]]

        config = tmp_path / "bridge.toml"
        config.write_text(f"{config.read_text('utf-8')}\n[[routes.shop.opening_items]]\n{item}\n", encoding="utf-8")
        declared(live, tmp_path)
        before = live.balances
        told = opening(tmp_path, live.clock, "shop", "--accept")
        live.sync(after_seconds=HOUR)

        assert booked(told) == [("1240", 48_50)]
        assert live.balances == {**before, "1240": before.get("1240", 0) + 48_50, "1285": -48_50}


def test_an_item_on_an_account_of_profit_and_loss_is_refused(tmp_path: Path) -> None:
    item = '[[routes.shop.opening_items]]\naccount = "4000"\namount = "48.50 USD"\nwhat = "?"\n'
    with live_shop(tmp_path) as live:
        config = tmp_path / "bridge.toml"
        config.write_text(f"{config.read_text('utf-8')}\n{item}", encoding="utf-8")
        with pytest.raises(ConfigError) as said:
            declared(live, tmp_path)

    assert (said.value.code, said.value.thing.rpartition(": ")[2]) == (
        "config.accounts",
        "[routes.shop] opening_items 1 account",
    )
