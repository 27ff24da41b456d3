"""A payout that fails is told as that, from the channel's file to what people read: no bank line is to be coded."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from bridge.cli.main import cli
from tests.drift.reading import check_whole
from tests.end_to_end.shops import FILES, Shops, shops

SAID = "failed: nothing reaches the bank, so code no bank line"


def failing(tmp_path: Path, status: str) -> Path:
    """The shop's payouts as it tells them when the second one did not arrive."""
    answer = json.loads(FILES["shop-us"][1].read_text())
    answer["data"]["shopifyPaymentsAccount"]["payouts"]["nodes"][1]["status"] = status
    file = tmp_path / f"payouts-{status}.json"
    file.write_text(json.dumps(answer))
    return file


def book(open_shops: Shops, *files: Path) -> None:
    for file in files:
        assert open_shops.app.steps.import_file("shop-us", file, actor="ann").error is None
    open_shops.app.books.run("shop-us", actor="ann")


def test_a_payout_that_fails_before_it_is_due_is_explained_and_listed_as_failed(tmp_path: Path) -> None:
    with shops(tmp_path, "shop-us") as open_shops:
        book(open_shops, FILES["shop-us"][0], failing(tmp_path, "IN_TRANSIT"))
        open_shops.deliver()
        book(open_shops, failing(tmp_path, "FAILED"))
        open_shops.deliver()

        report = check_whole(open_shops.app, "shop-us")
        held = CliRunner().invoke(cli, ["--config", str(tmp_path / "bridge.toml"), "held"], standalone_mode=False)

    (item,) = [item for item in report.clearing.items if item.what == "payout 5002"]
    assert (item.amount_minor, item.has_failed) == (84_79, True)
    assert SAID in item.reason
    assert [(tie.title, tie.state, tie.bank) for tie in report.buyers_payouts][-1] == (
        "5002",
        "failed",
        "failed: nothing arrives",
    )
    assert report.is_delivered, "there is nothing to send"
    assert "Payouts that failed: nothing reaches the bank, so code no bank line" in held.output
    assert "its channel says that this payout failed" in held.output
