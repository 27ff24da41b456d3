"""What waits is listed; what lies before a route's first day is history, and is listed when it is asked for."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from bridge.cli.held import PATIENT_SHOWN, held
from bridge.desk.wording import BY_ITSELF
from bridge.model.reasons import PATIENT
from tests.end_to_end.telling import Told, told
from tests.growth.past import Past

AMAZON = """
[connections.amazon-gb]
plugin = "amazon"
account = "A1SELLERGB"
marketplaces = ["Amazon.co.uk"]

[routes.gb]
source = "amazon-gb"
ledger = "books-gb"
time_zone = "Europe/London"
first_day = 2026-01-01
tax_regime = "vat_standard"
"""
BOUNCED = Path(__file__).parents[2] / "plugins/amazon/tests/samples/public/P32_amazon_gb_bounced_a.txt"


def test_history_before_the_first_day_is_told_in_a_line_and_listed_when_asked_for(
    tmp_path: Path, migrated_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(migrated_file, tmp_path / "bridge.sqlite")
    past = Past(f"sqlite:///{tmp_path}/bridge.sqlite", tmp_path, 10)

    past.command(held)
    told = capsys.readouterr().out
    past.command(held, "--all")
    listed = capsys.readouterr().out
    past.command(held, "--json")
    waiting = json.loads(capsys.readouterr().out)
    past.command(held, "--all", "--json")
    everything = json.loads(capsys.readouterr().out)

    assert told.splitlines()[0] == "Nothing waits."
    assert "bridge held --all" in told
    assert listed.count("before_first_day") == 2
    assert "--all" not in listed
    assert waiting["documents"] == []
    assert {one["reason"] for one in everything["documents"]} == {"before_first_day"}


def listed(shop: Told, *options: str) -> str:
    code, printed = shop.command("held", *options)
    assert code == 0
    return " ".join(printed.replace("│", " ").split())


def test_a_refund_that_awaits_its_order_is_named_with_what_to_bring_and_what_to_decide(tmp_path: Path) -> None:
    """Its amount is not known: no currency is made up. The check says that it is in no books."""
    with told(tmp_path, "woo-gb") as shop:
        shop.refund(13)
        printed = listed(shop)
        waiting = json.loads(shop.command("held", "--json")[1])
        report = shop.check()

        assert "refund 88 of order 75 not known refund.awaits_order" in printed
        assert "bring the answer of /wp-json/wc/v3/orders/75?dp=6" in printed
        assert "bridge decide REFUND book_alone --currency GBP --gateway" in printed
        assert "XXX" not in printed
        assert [one["reason"] for one in waiting["documents"]] == ["refund.awaits_order"]
        (kept,) = report.open_findings
        assert (kept.finding.code, report.at_stake_minor) == ("drift.never_booked", {})
        assert not report.is_delivered

        decided = ("decide", "88", "book_alone", "--currency", "GBP", "--gateway", "stripe", "--reason", "lost")
        assert shop.command(*decided)[0] == 0
        shop.sync()
        assert listed(shop) == "Nothing waits."
        assert shop.check().is_delivered


def test_what_passes_by_itself_is_apart_from_what_asks_for_a_person(tmp_path: Path) -> None:
    with told(tmp_path, "woo-gb") as shop:
        shop.order(13, date_paid_gmt=None, status="pending")
        printed = listed(shop)
        assert printed.startswith("Nothing waits for a person. These go on by themselves: nothing to do")
        assert "order 75, 10.00 GBP order.unpaid not paid (pending): it is booked on the day on which it is" in printed
        assert "bridge decide" not in printed
    assert BY_ITSELF.keys() < PATIENT, "commands do not end with 3 for these"


def test_orders_that_nobody_paid_and_the_channel_gave_up_are_counted_and_listed_when_asked_for(tmp_path: Path) -> None:
    with told(tmp_path, "woo-gb") as shop:
        shop.orders(13, 101, 102, date_paid_gmt=None, status="cancelled")
        shop.orders(13, 103, date_paid_gmt=None, status="failed")
        short, whole = listed(shop), listed(shop, "--all")
        waiting = json.loads(shop.command("held", "--json")[1])

        assert short.startswith("Nothing waits.")
        assert "left out: 3 orders: bridge held --all" in short
        assert "not paid (cancelled)" in whole
        assert "not paid (failed)" in whole
        assert (waiting["documents"], waiting["given_up"]) == ([], 3)

        shop.orders(14, 103, status="processing")
        assert "left out: 2 orders" in listed(shop), "one was paid after all"


def test_a_reversal_that_is_not_booked_yet_is_called_by_what_it_takes_back(tmp_path: Path) -> None:
    with told(tmp_path, "woo-gb") as shop:
        shop.order(13)
        shop.order(16, status="cancelled")
        (kept,) = shop.check().open_findings
        shop.command("decide", kept.finding.finding_id, "reverse", "--reason", "checked")
        printed = listed(shop)

    assert "order #75: reversal" in printed
    assert ":reversed:" not in printed


def test_many_that_pass_by_themselves_are_counted_unless_all_are_asked_for(tmp_path: Path) -> None:
    with told(tmp_path, "woo-gb") as shop:
        shop.orders(13, *range(101, 104 + PATIENT_SHOWN), date_paid_gmt=None, status="pending")
        short, whole = listed(shop), listed(shop, "--all")

    assert (short.count("order.unpaid"), whole.count("order.unpaid")) == (PATIENT_SHOWN, PATIENT_SHOWN + 3)
    assert "... and 3 more of that kind: bridge held --all" in short
    assert "more of that kind" not in whole


def test_a_question_of_tax_is_told_with_its_answer(tmp_path: Path) -> None:
    with told(tmp_path, "woo-gb", more=AMAZON) as shop:
        assert shop.opened.app.steps.import_file("amazon-gb", BOUNCED, actor="ann").error is None
        shop.opened.app.books.run("gb", actor="ann")
        printed = listed(shop)

    assert "settlement 28500000961 100.00 GBP settlement.vat_in_rows" in printed
    assert "Does this account state VAT in rows of its own?" in printed
    assert "Set vat_in_rows in [routes.gb]" in printed


def test_a_withdrawn_reversal_is_listed_until_it_is_booked_again(tmp_path: Path) -> None:
    with told(tmp_path, "woo-gb", mode="day") as shop:
        shop.order(13)
        shop.order(16, status="cancelled")
        (kept,) = shop.check().open_findings
        shop.reverse(kept)
        waits = json.loads(shop.command("held", "--json")[1])["vouchers"]
        assert {one["reason"] for one in waits} == {"hold_back"}, "its day is not over"
        assert listed(shop).startswith("Nothing waits for a person.")

        for one in waits:
            shop.command("decide", one["voucher_id"], "withdraw", "--reason", "by hand")
        shop.sync()
        printed = listed(shop)
        assert "Withdrawn by a person: not in the ledger" in printed
        assert "bridge decide VOUCHER|SETTLEMENT book_again" in printed
        report = shop.check()
        assert {kept.finding.code for kept in report.open_findings} == {"drift.withdrawn"}
        assert (report.is_delivered, report.is_matched) == (False, False)

        for one in waits:
            shop.command("decide", one["voucher_id"], "book_again", "--reason", "after all")
        shop.sync()
        assert "Withdrawn" not in listed(shop)
