"""Two shops number their orders each for itself, into one ledger: what a person names is of one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.cli.main import cli
from bridge.errors import ConfigError
from plugins.woocommerce.tests.shop import item, order, recorded
from tests.end_to_end.shops import Shops, shops

SECOND = """
[connections.second]
plugin = "woocommerce"
account = "second.example"

[routes.second]
source = "second"
ledger = "books-us"
time_zone = "America/Los_Angeles"
first_day = 2026-01-01
mode = "{mode}"
{more}
"""
NAMES = ("woo-us", "second")


class TwoShops:
    """Each has order 83: one of 10.00 and one of 25.00, in American books."""

    def __init__(self, opened: Shops, folder: Path) -> None:
        self.opened, self._config = opened, folder / "bridge.toml"
        for name, total in zip(NAMES, ("10.00", "25.00"), strict=True):
            told = order(83, total=total, currency="USD", line_items=[item(total=total)])
            file = folder / f"{name}.json"
            file.write_text(json.dumps([recorded([told], at="Thu, 12 Mar 2026 09:00:00 GMT")]), encoding="utf-8")
            assert opened.app.steps.import_file(name, file, actor="ann").error is None
        self.sync()

    def sync(self) -> None:
        for name in NAMES:
            self.opened.app.books.run(name, actor="ann")
        self.opened.deliver()

    @property
    def sold(self) -> int:
        return -self.opened.trial_balance("books-us").get("4000", 0)

    def command(self, *words: str) -> Result:
        return CliRunner().invoke(cli, ["--config", str(self._config), *words], standalone_mode=False)


@contextmanager
def two_shops(folder: Path, mode: str, more: str = "") -> Iterator[TwoShops]:
    with shops(folder, "woo-us", mode=mode, more=more + SECOND.format(mode=mode, more=more)) as opened:
        yield TwoShops(opened, folder)


@pytest.mark.parametrize(("mode", "thing"), [("order", "83"), ("order", "#83"), ("day", "USD 2026-03-10")])
def test_what_two_shops_call_alike_is_taken_out_of_the_ledger_for_one_of_them_alone(
    tmp_path: Path, mode: str, thing: str
) -> None:
    with two_shops(tmp_path, mode) as both:
        assert both.sold == 35_00

        refused = both.command("undo", thing, "--yes", "--reason", "it was a test")
        assert isinstance(refused.exception, ConfigError)
        assert "is of several routes: second, woo-us" in str(refused.exception)
        assert f"Write the route before it, as 'second/{thing}'" in str(refused.exception)
        assert both.sold == 35_00

        done = both.command("undo", f"second/{thing}", "--yes", "--reason", "it was a test")
        assert done.exception is None
        assert both.sold == 10_00

        again = both.command("decide", f"second/{thing}", "book_again", "--reason", "it was none")
        assert again.exception is None
        both.sync()
        assert both.sold == 35_00


def test_what_two_shops_call_alike_is_released_for_one_of_them_alone(tmp_path: Path) -> None:
    """Both orders wait for a person to look; the word about one says nothing of the other."""
    with two_shops(tmp_path, "order", "review = true\n") as both:
        assert both.sold == 0

        refused = both.command("decide", "83", "release", "--reason", "looked at")
        assert isinstance(refused.exception, ConfigError)
        both.sync()
        assert both.sold == 0

        assert both.command("decide", "woo-us/83", "release", "--reason", "looked at").exception is None
        both.sync()
        assert both.sold == 10_00
