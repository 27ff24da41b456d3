"""Refunds that an order states itself, and what pays back an overcharge: from a shop's answers to the ledger."""

from __future__ import annotations

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest

from bridge.drift import Report
from plugins.shopify.tests import shop as shopify
from tests.end_to_end.telling import Told, told

BOTH = pytest.mark.parametrize("name", ["woo-gb", "woo-us"], ids=["xero", "quickbooks"])
MODES = pytest.mark.parametrize("mode", ["order", "day"])


def is_green(report: Report) -> tuple[bool, bool, bool]:
    return report.is_delivered, report.is_matched, report.is_reconciled


def held(shop: Told) -> str:
    return " ".join(shop.command("held")[1].replace("│", " ").split())


def codes(report: Report) -> list[tuple[str, int]]:
    return sorted((kept.finding.code, kept.finding.amount_minor) for kept in report.open_findings)


def open_minor(report: Report, number: str) -> int:
    """What stands on an account, as the report has it."""
    return sum(each.closing_minor for each in report.rolled if each.account.startswith(number))


def clearing_minor(report: Report) -> int:
    return sum(each.closing_minor for each in report.clearings)


@BOTH
@MODES
def test_a_refund_that_only_its_order_states_is_held_and_found_until_its_own_answer_comes(
    tmp_path: Path, name: str, mode: str
) -> None:
    with told(tmp_path, name, mode=mode) as shop:
        shop.order(13, 88)
        report, printed = shop.check(), held(shop)

        assert "Nothing waits" not in printed
        assert f"refund 88 of order 75 -3.00 {shop.currency} refund.awaits_details" in printed
        assert "/wp-json/wc/v3/orders/75/refunds?dp=6" in printed
        assert "bridge decide REFUND book_alone --reason" in printed
        assert codes(report) == [("drift.never_booked", -3_00)]
        assert not report.is_delivered
        assert clearing_minor(report) == 10_00

        shop.refund(14)
        report = shop.check()
        assert held(shop) == "Nothing waits."
        assert is_green(report) == (True, True, True)
        assert clearing_minor(report) == 7_00


@pytest.mark.parametrize("turn", list(permutations(range(3))))
def test_it_heals_in_whatever_order_the_answers_come(tmp_path: Path, turn: tuple[int, ...]) -> None:
    with told(tmp_path, "woo-gb") as shop:
        steps = (lambda: shop.order(13), lambda: shop.order(15, 88), lambda: shop.refund(14))
        for place in turn:
            steps[place]()
        report = shop.check()

        assert held(shop) == "Nothing waits."
        assert is_green(report) == (True, True, True)
        assert clearing_minor(report) == 7_00


def test_it_is_booked_alone_on_a_persons_word_and_corrected_when_its_answer_comes(tmp_path: Path) -> None:
    with told(tmp_path, "woo-gb") as shop:
        shop.order(13, 88)
        words = ("decide", "88", "book_alone", "--reason", "the shop is gone")
        assert shop.command(*words)[0] == 0
        shop.sync()
        report = shop.check()
        assert held(shop) == "Nothing waits."
        assert (is_green(report), clearing_minor(report)) == ((True, True, True), 7_00)

        shop.order(15, 88)
        report = shop.check()
        assert (is_green(report), clearing_minor(report)) == ((True, True, True), 7_00)
        shop.refund(16)
        report = shop.check()
        assert (is_green(report), clearing_minor(report)) == ((True, True, True), 7_00)


def test_one_that_is_deleted_before_its_answer_came_waits_no_more_and_is_found(tmp_path: Path) -> None:
    with told(tmp_path, "woo-gb") as shop:
        shop.order(13, 88)
        shop.order(15)
        assert held(shop) == "Nothing waits."
        assert codes(shop.check()) == [("channel.gone", -3_00)]

        shop.order(17, 88)
        assert "refund.awaits_details" in held(shop)
        assert codes(shop.check()) == [("drift.never_booked", -3_00)]


def test_one_booked_alone_that_is_deleted_afterwards_stays_until_a_person_takes_it_back(tmp_path: Path) -> None:
    with told(tmp_path, "woo-gb") as shop:
        shop.order(13, 88)
        assert shop.command("decide", "88", "book_alone", "--reason", "seen at the gateway")[0] == 0
        shop.sync()
        shop.order(15)
        report = shop.check()
        assert (codes(report), clearing_minor(report)) == ([("channel.gone", -3_00)], 7_00)

        shop.reverse(report.open_findings[0])
        shop.order(17)
        report = shop.check()
        assert (codes(report), clearing_minor(report)) == ([], 10_00)


@BOTH
def test_an_order_called_refunded_that_shows_no_refund_is_found_and_taken_back_on_a_persons_word(
    tmp_path: Path, name: str
) -> None:
    with told(tmp_path, name) as shop:
        shop.order(13, status="refunded")
        report = shop.check()
        assert codes(report) == [("channel.refund_unshown", 10_00)]
        assert not report.is_reconciled

        shop.reverse(report.open_findings[0])
        shop.order(15, status="refunded")
        report = shop.check()
        assert codes(report) == []
        assert (open_minor(report, "2220"), clearing_minor(report)) == (-10_00, 10_00)


# Paying back an overcharge


@BOTH
@MODES
@pytest.mark.parametrize("come", ["refund first", "refund last", "seen together"])
def test_a_refund_of_what_an_edit_left_owed_closes_2220_and_the_finding(
    tmp_path: Path, name: str, mode: str, come: str
) -> None:
    """44.04 charged, 35.38 now: the refund of 8.66 is money, and no goodwill."""
    with told(tmp_path, name, mode=mode) as shop:
        shop.order(10, total="44.04")
        if come == "seen together":
            shown = [{"id": 88, "total": "-8.66"}]
            shop.order(16, total="35.38", refunds=shown, date_modified_gmt="2026-03-12T10:00:01")
            assert codes(shop.check()) == [("drift.never_booked", -8_66)]
            shop.refund(17, amount="8.66")
        elif come == "refund last":
            shop.order(11, total="35.38")
            report = shop.check()
            assert codes(report) == [("channel.edited", -8_66)]
            assert open_minor(report, "2220") == -8_66
            shop.refund(13, amount="8.66")
        else:
            shop.refund(13, amount="8.66")
            shop.order(11, total="35.38")
        report = shop.check()

        assert (codes(report), is_green(report)) == ([], (True, True, True))
        assert (open_minor(report, "2220"), open_minor(report, "1150"), clearing_minor(report)) == (0, 0, 35_38)
        assert sum(tie.channel_minor for tie in report.days) == 35_38
        assert json.loads(shop.command("held", "--json")[1])["documents"] == []


def test_a_gone_refund_that_paid_back_is_taken_back_once(tmp_path: Path) -> None:
    stub = [{"id": 88, "total": "-8.66"}]
    with told(tmp_path, "woo-gb") as shop:
        shop.order(10, total="44.04")
        shop.order(11, total="35.38")
        shop.refund(13, amount="8.66")
        shop.order(14, total="35.38", refunds=stub)
        shop.order(15, total="35.38")
        report = shop.check()
        assert codes(report) == [("channel.gone", -8_66)]

        shop.reverse(report.open_findings[0])
        for day in (16, 17):
            shop.order(day, total="35.38")
            report = shop.check()
            assert (open_minor(report, "2220"), clearing_minor(report)) == (-8_66, 44_04)


# The same of a channel that keeps the history of its orders


FIRST = shopify.agreement(201, [shopify.sale(301, "44.04", item=1)])
PAID = shopify.transaction(501, "44.04")


def take(shop: Told, folder: Path, name: str, **node: Any) -> None:
    """A Shopify order in a file of its own, booked and delivered."""
    file = folder / name
    file.write_text(json.dumps(shopify.orders(shopify.order(**node))), encoding="utf-8")
    assert shop.opened.app.steps.import_file("shop-us", file, actor="ann").error is None
    shop.sync()


@MODES
@pytest.mark.parametrize(
    ("changed", "total", "account", "moved"),
    [("-8.66", "35.38", "2220", ("8.66", "REFUND")), ("8.66", "52.70", "1150", ("8.66", "SALE"))],
    ids=["shrunk and refunded", "grown and paid"],
)
def test_what_an_edit_of_a_shopify_order_leaves_open_is_closed_by_the_money_that_follows(
    tmp_path: Path, mode: str, changed: str, total: str, account: str, moved: tuple[str, str]
) -> None:
    edit = shopify.agreement(202, [shopify.sale(302, changed, action="UPDATE", item=1)], shopify.LATER, "OrderEdit")
    money = shopify.transaction(502, *moved, at=shopify.LATEST)
    is_refund = moved[1] == "REFUND"
    back = {"refunds": [shopify.refund(601, [money], shopify.LATEST)]} if is_refund else {}
    with told(tmp_path, "shop-us", mode=mode) as shop:
        take(shop, tmp_path, "edited.json", agreements=[FIRST, edit], total=total, transactions=[PAID])
        report = shop.check()
        at_stake = -8_66 if is_refund else 8_66
        assert codes(report) == [("channel.edited", at_stake)]
        assert open_minor(report, account) == at_stake

        later = {"transactions": [PAID, money], "updatedAt": "2026-09-10T12:00:00Z", **back}
        take(shop, tmp_path, "settled.json", agreements=[FIRST, edit], total=total, **later)
        report = shop.check()
        assert (codes(report), open_minor(report, account)) == ([], 0)
        assert clearing_minor(report) == int(total.replace(".", ""))
