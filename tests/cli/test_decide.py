"""What a decision may be about, and what is said where it fits nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from bridge.cli.main import cli
from bridge.errors import ConfigError
from bridge.model.deliveries import DeliveryState
from tests.end_to_end.telling import Told, told

REVIEW = "review = true\n"


def refused(folder: Path, *words: str) -> ConfigError:
    config = str(folder / "bridge.toml")
    done = CliRunner().invoke(cli, ["--config", config, "decide", *words, "--reason", "x"], standalone_mode=False)
    assert isinstance(done.exception, ConfigError), done.output
    return done.exception


def waiting(shop: Told) -> list[str]:
    return [one["voucher_id"] for one in json.loads(shop.command("held", "--json")[1])["vouchers"]]


@pytest.mark.parametrize("name", ["#75", "75"])
def test_an_order_that_is_booked_alone_is_meant_by_its_name_or_id(tmp_path: Path, name: str) -> None:
    with told(tmp_path, "woo-us", more=REVIEW) as shop:
        shop.order(13)
        (voucher_id, *_) = waiting(shop)
        printed = shop.command("decide", name, "release", "--reason", "looked at it")[1]
        assert f"Saved: release {voucher_id}" in printed
        shop.sync()
        with shop.opened.app.store.reading() as unit:
            assert unit.deliveries.get(voucher_id).state is DeliveryState.DELIVERED


def test_an_order_that_is_booked_with_others_is_said_to_be_and_by_which_voucher(tmp_path: Path) -> None:
    with told(tmp_path, "woo-us", mode="day", more=REVIEW) as shop:
        shop.order(13)
        (voucher_id,) = waiting(shop)
        error = refused(tmp_path, "#75", "release")

    assert "is booked with others, in 'WooCommerce sales of " in error.cause
    assert voucher_id in error.next_step


def test_an_order_that_is_not_booked_is_said_to_wait(tmp_path: Path) -> None:
    with told(tmp_path, "woo-us") as shop:
        shop.order(13, date_paid_gmt=None, status="pending")
        error = refused(tmp_path, "#75", "release")

    assert "is not booked yet (order.unpaid)" in error.cause
    assert "bridge held" in error.next_step


def test_what_nothing_is_called_is_answered_with_where_names_are_listed(tmp_path: Path) -> None:
    with told(tmp_path, "woo-us"):
        error = refused(tmp_path, "#9999", "release")

    assert error.cause == "there is no voucher of that id"
    assert error.next_step.startswith("Name a voucher as `bridge held` or `bridge preview` lists it")
