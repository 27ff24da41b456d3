"""The figures of a route's page, from a settlement's rows and a ledger to the words that somebody reads."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from bridge.web.people import Role
from bridge_xero_sandbox import XeroSandbox
from tests.end_to_end.merchant import SAMPLES, InXero, Merchant
from tests.fakes.clock import FakeClock
from tests.web.visiting import ann, text_of, visiting
from tests.web.weeks import NOW, bring, check, every_week, merchant_of_weeks, settlement, sold

LATER = NOW + timedelta(hours=1)
HOSTILE = "<b>LAMP</b>"
RULES = """
[rules.us]
author = "Ann"
reason = "cups are gifts"
effective_from = 2025-01-01
[[rules.us.rule]]
id = "cups"
kind = "sale.product"
sku = "CUP"
account = "4060"
"""
ROWS = [
    *every_week(),
    *sold(date(2026, 7, 1), "114-0000091-0000001", "200.00", HOSTILE),
    *sold(date(2026, 7, 1), "114-0000092-0000001", "20.00", "CUP"),
]


@pytest.fixture(scope="module")
def merchant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    with merchant_of_weeks(tmp_path_factory.mktemp("weeks"), ROWS, RULES) as made:
        check(made)
        yield made


def seen(merchant: Merchant, path: str = "", role: Role = Role.OWNER, route: str = "us") -> str:
    """The text of a page of a route."""
    with visiting(merchant.config, ann(role), FakeClock(NOW)) as client:
        shown = client.get(f"/o/local/routes/{route}{path}")
    assert shown.status_code == 200, shown.text
    assert "<b>LAMP" not in shown.text
    return text_of(shown.text)


def test_the_page_says_what_is_new_and_who_decided_where_it_goes(merchant: Merchant) -> None:
    told = seen(merchant).split("What is new?")[1].split("What tax do I owe")[0]

    assert "1 new since 2026-06-29 that no rule names" in told
    assert f"{HOSTILE} SKU 1 line 200.00 USD 4000 Product sales default" in told
    assert "CUP SKU 1 line 20.00 USD 4060 Gift-wrap, COD and other order income rule cups" in told
    assert "[[rules.us.rule]]" in told
    assert "MUG" not in told, "it was sold in the weeks before"


def test_the_page_says_what_tax_a_month_brought_and_what_the_ledger_shows_of_it(merchant: Merchant) -> None:
    told = seen(merchant).split("By month")[1].split("Are refunds")[0]

    charged = "charged to buyers, less what they got back the channel 2110 Marketplace-facilitator tax pass-through"
    assert f"not told which {charged} 35.00 USD" in told
    assert "taken by the channel, which pays it on the channel" in told
    assert "2110 Marketplace-facilitator tax pass-through USD 0.00 0.00 0.00 yes" in told
    assert "bridge reads no report on tax of amazon-us beside its documents" in told
    july = seen(merchant, "?month=2026-07").split("By month")[1].split("Are refunds")[0]
    assert "not proven : Of 2026-07 all is here through 2026-07-08 only." in july


def test_the_page_sets_refunds_beside_those_of_the_weeks_before(merchant: Merchant) -> None:
    told = seen(merchant).split("Are refunds")[1].split("Why does the P&L")[0]

    assert "2026-06-29 to 2026-07-05, in USD No more than in any of the eight weeks before" in told
    assert "320.00 10.00 1 refund, 3.1 % of sales 0.00" in told
    assert told.count("100.00 10.00 1 refund, 10.0 % of sales 0.00") == 8
    assert "settlement 28500000071 , order 113-0000000-0000001: 10.00 USD on 2026-06-30" in told


def test_the_page_goes_from_the_channels_figures_to_the_books_and_on_to_the_ledger(merchant: Merchant) -> None:
    told = seen(merchant).split("Why does the P&L")[1].split("Can I close")[0]
    assert "Every difference is named : The books say what the channel told, figure by figure." in told
    assert "Sales 500.00 500.00" in told
    assert "Together 365.00 365.00" in told
    assert "Read it, and set it beside this" in told

    profit = seen(merchant, "/profit")
    assert "The ledger says the same : Of every account that this route books to." in profit
    assert "6000 Marketplace referral fees -75.00 -75.00" in profit
    assert "Together 365.00 365.00" in profit


def test_who_only_looks_has_no_ledger_asked_and_what_is_no_month_is_said(merchant: Merchant) -> None:
    assert "A bookkeeper can read it from here." in seen(merchant, role=Role.VIEWER)
    with visiting(merchant.config, ann(Role.VIEWER), FakeClock(NOW)) as client:
        assert client.get("/o/local/routes/us/profit").status_code == 403
        assert client.get("/o/local/routes/us?month=June").status_code == 422


def test_the_command_says_the_same(merchant: Merchant) -> None:
    shown = merchant.ok("figures", "us", "--month", "2026-06", "--ledger").output
    found = merchant.json("figures", "us", "--month", "2026-06")

    assert "New: 1 new since 2026-06-29 that no rule names." in shown
    assert "The ledger's profit and loss of 2026-06: The ledger says the same." in shown
    assert found["profit"] is None
    assert found["figures"]["month"]["steps"][0]["rows"][0]["booked_minor"] == 50_000


def test_profit_and_loss_turns_grey_amber_and_red(tmp_path: Path) -> None:
    """Never read back; something of others beside; something of ours gone; something sent since."""
    with merchant_of_weeks(tmp_path, every_week()) as merchant:
        realm = merchant.sellers["us"].realm
        assert "not proven : The ledger's entries were never read back." in seen(merchant, "/profit")

        merchant.sandbox.tamper(realm).add_foreign("1200", "4000", "45.00", "2026-06-12")
        check(merchant)
        told = seen(merchant, "/profit")
        assert (
            "All that is booked is there, and more : What others entered, or bridge's other routes, comes to 45.00"
            in told
        )
        assert "4000 Product sales 500.00 45.00 545.00" in told

        june = next(one for one in merchant.sandbox.entities(realm, "JournalEntry") if one["TxnDate"] == "2026-06-30")
        merchant.sandbox.tamper(realm).delete("JournalEntry", june["Id"])
        check(merchant)
        told = seen(merchant, "/profit")
        assert "The ledger says otherwise : Something that is booked is not in the ledger" in told
        assert "4000 Product sales 500.00 500.00 45.00 45.00" in told

        rows = sold(date(2026, 7, 10), "114-0000093-0000001", "30.00", "MUG")
        bring(merchant, "28500000072", settlement("28500000072", rows, date(2026, 7, 8), date(2026, 7, 15)), LATER)
        assert "not proven : Something was sent since the ledger was read last." in seen(merchant, "/profit")


def test_what_bears_its_tax_is_compared_without_it(tmp_path: Path) -> None:
    """A British seller in Xero: one invoice a settlement, whose lines include their VAT."""
    with XeroSandbox() as sandbox:
        merchant = InXero(tmp_path, sandbox, "gb")
        regime = '[routes.gb]\ntax_regime = "vat_standard"\nvat_in_rows = true\nbank_leg = "document"'
        text = merchant.config.read_text(encoding="utf-8").replace("[routes.gb]", regime)
        merchant.config.write_text(text, encoding="utf-8")
        merchant.connect()
        sandbox.clock.set(NOW)
        (tmp_path / "inbox-gb" / "s.txt").write_bytes((SAMPLES / "gb_v2_dmy.txt").read_bytes())
        with merchant.app(FakeClock(NOW)) as app:
            app.story.sync([], actor="Ann", wait_seconds=0)
        check(merchant)
        told, profit = seen(merchant, route="gb"), seen(merchant, "/profit", route="gb")

    assert "owed to you with 5220 Storage fees -2.84 GBP" in told
    assert "purchase:20 -14.20 GBP -2.84 GBP" in told
    assert "sale:20 20.83 GBP 4.17 GBP" in told
    assert "The ledger says the same" in profit
    assert "4000 Product sales 129.07 129.07" in profit
