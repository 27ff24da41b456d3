"""Whatever a person does by the command line stands on the board at once, as if all were summed up anew."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import msgspec

from bridge.app import App, open_app
from bridge.clock import SystemClock
from bridge.model.findings import FindingState
from bridge.settings import load_settings
from bridge.store.packing import EPOCH
from tests.end_to_end.abroad import company
from tests.end_to_end.merchant import plugins
from tests.end_to_end.test_arrived import IN_EUROS, PAYOUT
from tests.web.reviewing import reviewing


def board_after(config: Path, *words: str) -> Mapping[str, object]:
    """The board, which is as if it were summed up anew."""
    with open_app(load_settings(config, {}), SystemClock(), plugins()) as app:
        said = _board(app)
        app.summing.all(actor="test")
        assert said == _board(app), words
    return said


def _board(app: App) -> Mapping[str, object]:
    with app.store.reading() as unit:
        return {name: msgspec.structs.replace(one.summary, at=EPOCH) for name, one in unit.summaries.all().items()}


def test_what_somebody_decides_or_takes_out_is_on_the_board_at_once(tmp_path: Path) -> None:
    with reviewing(tmp_path) as merchant:
        vouchers = [one["voucher_id"] for one in merchant.json("held")["vouchers"]]
        with merchant.app() as app, app.store.reading() as unit:
            route = unit.routes.get("us").route_id
            finding = unit.findings.of_route(route, FindingState.OPEN)[0].finding.finding_id
        boards = []
        for words in (
            ("pause", "amazon-gb"),
            ("resume", "amazon-gb"),
            *(("decide", voucher, "release", "--reason", "looked at") for voucher in vouchers),
            ("decide", finding, "accept", "--reason", "known"),
            ("sync", "gb"),
            ("undo", "28500000031", "--yes", "--reason", "wrong"),
        ):
            done = merchant.run(*words)
            assert done.exception is None, (words, done.output, done.exception)
            boards.append(board_after(merchant.config, *words))
        before, after = boards[-4:-2]
        assert before != after, "that a finding is accepted shows"


def test_what_reached_the_bank_is_on_the_board_at_once(tmp_path: Path) -> None:
    with ExitStack() as stack:
        abroad = stack.enter_context(company("quickbooks", tmp_path, "US", "USD"))
        abroad.declare('tax_regime = "us_sales_tax"', channel="amazon")
        abroad.sync(IN_EUROS)
        before = board_after(abroad.config, "sync")
        words = ("arrived", PAYOUT, "1083.20 USD", "--on", "2026-06-30", "--reason", "the statement", "--sure", "--yes")
        done = abroad.run(*words)
        assert done.exception is None, done.output
        assert board_after(abroad.config, *words) != before
