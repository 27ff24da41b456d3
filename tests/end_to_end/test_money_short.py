"""A gateway that pays less than was booked, from the shop's answer to the report: P17."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.cli.main import cli
from bridge.drift.report import Answer, Report
from bridge.errors import ConfigError
from bridge.model.findings import Severity
from tests.end_to_end.shops import WOO, Shops, shops
from tests.fakes.clock import FakeClock

ROUTE = """
[connections.woo]
plugin = "woocommerce"
account = "woo.example.com"

[routes.woo]
source = "woo"
ledger = "books-us"
time_zone = "America/New_York"
first_day = 2026-01-01
mode = "day"
tax_regime = "us_sales_tax"
"""
A_WALLET = """
[routes.woo.tenders]
"woocommerce_payments*" = { class = "wallet" }
"""


class Short:
    """The shop of P17: 77.55 booked of two orders, less the fees that the gateway told; 60.28 at the bank."""

    def __init__(self, opened: Shops, clock: FakeClock) -> None:
        self.opened, self._clock = opened, clock

    def stands_on(self, day: str) -> None:
        at = datetime.fromisoformat(f"{day} 16:00").replace(tzinfo=UTC)
        self._clock.advance((at - self._clock.now()).total_seconds())

    def report(self, day: str) -> Report:
        self.stands_on(day)
        return self.opened.app.steps.check("woo", actor="ann")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(datetime(2026, 7, 1, 13, tzinfo=UTC))


def bring_in(opened: Shops, clock: FakeClock) -> Short:
    short, (file,) = Short(opened, clock), (WOO / "public").glob("P17_*.json")
    assert opened.app.steps.import_file("woo", file, actor="ann").error is None
    short.stands_on("2026-07-02")
    opened.app.books.run("woo", actor="ann")
    opened.deliver()
    opened.post_by_hand("1000", "1240", "60.28", date(2026, 7, 2), ledger="books-us")
    return short


@pytest.fixture
def short(tmp_path: Path, clock: FakeClock) -> Iterator[Short]:
    with shops(tmp_path, more=ROUTE, clock=clock) as opened:
        yield bring_in(opened, clock)


def test_p17_what_the_gateway_paid_short_is_red_from_its_day_on(short: Short) -> None:
    """Orders of 2026-06-29: ten bank days are over with 2026-07-13. For ever "open" was what bridge said before."""
    last, late, much_later = (short.report(day) for day in ("2026-07-13", "2026-07-14", "2026-11-28"))

    assert [item.amount_minor for item in last.clearings[-1].items] == [1727]
    assert (last.open_findings, last.reconciled.answer) == ((), Answer.YES)
    for report in (late, much_later):
        (kept,) = report.open_findings
        found = kept.finding
        assert (found.code, found.severity, found.amount_minor) == ("drift.not_paid_out", Severity.WARNING, 1727)
        assert found.title == ("1240 Other gateway clearing: 17.27 USD less came than was booked: fees outside orders?")
        assert report.reconciled.answer is Answer.NO
    assert much_later.clearings[-1].items[0].age_days == 152


def bridge(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--config", str(folder / "bridge.toml"), *words], standalone_mode=False)


def test_p17_as_a_wallet_it_is_never_late_and_never_proven_without_a_statement(
    tmp_path: Path, clock: FakeClock
) -> None:
    """The route says that the account is a wallet: then what it holds is for its own statement to say."""
    with shops(tmp_path, more=ROUTE + A_WALLET, clock=clock) as opened:
        short = bring_in(opened, clock)
        report = short.report("2026-11-28")
        said = "routes balance woo 1240 AMOUNT --on 2026-10-31"
        words = ["17.27 USD" if word == "AMOUNT" else word for word in said.split()]
        told = bridge(tmp_path, *words, "--by", "ann")
        refused = bridge(tmp_path, "routes", "balance", "woo", "1240", "17.27 GBP", "--on", "2026-10-31")
        proven = short.report("2026-11-28")

    assert report.open_findings == ()
    assert report.reconciled.answer is Answer.NOT_PROVEN
    assert f"bridge {said}" in report.reconciled.why
    assert "1240 held 17.27 USD on 2026-10-31, as ann read it." in told.output
    assert isinstance(refused.exception, ConfigError)
    assert refused.exception.code == "statement.currency"
    assert (proven.open_findings, proven.reconciled.answer) == ((), Answer.YES)
