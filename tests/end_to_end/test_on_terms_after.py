"""What may come after an order on terms: more payments, edits, credit, a closed period, a pilot, an undoing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bridge.delivery import Word
from bridge.model.deliveries import DeliveryState
from plugins.shopify.tests import shop as shopify
from tests.end_to_end.telling import Told, told
from tests.end_to_end.test_on_terms import UNPAID, later, money, on_terms
from tests.end_to_end.test_open_orders import BOTH, FIRST, GREEN, documents, due, grown, ledger, take

Telling = dict[str, Any]
ON_THE_TENTH = "2026-09-10T10:00:00Z"
LESS = grown(202, "-30.00", ON_THE_TENTH)


def returned(number: int, text: str) -> Telling:
    sold = shopify.sale(303, f"-{text}", action="RETURN", item=1)
    back = shopify.agreement(203, [sold], ON_THE_TENTH, "Refund", number)
    return {"agreements": [FIRST, back], "refunds": [shopify.refund(number, (), ON_THE_TENTH)]}


# Of each order what is told after it was placed, one after the other; each is of 44.04.
STORIES: dict[str, list[Telling]] = {
    "two payments of one day": [{"transactions": [money(501, "20.00", 8), money(502, "24.04", 8)]}],
    "the second of a day is told later": [
        {"transactions": [money(511, "20.00", 8)]},
        {"transactions": [money(511, "20.00", 8), money(512, "24.04", 8)]},
    ],
    "paid on the day on which it grew": [
        {
            "agreements": [FIRST, grown(202, "8.66", ON_THE_TENTH)],
            "total": "52.70",
            "transactions": [money(521, "52.70", 10)],
        }
    ],
    "paid more than it comes to after an edit": [
        {"transactions": [money(531, "20.00", 8)]},
        {"transactions": [money(531, "20.00", 8)], "agreements": [FIRST, LESS], "total": "14.04"},
    ],
    "paid after all of it was taken back": [
        {**returned(604, "44.04"), "current": "0.00"},
        {**returned(604, "44.04"), "current": "0.00", "transactions": [money(541, "44.04", 12)]},
    ],
    "paid, credited in part, and paid": [
        {"transactions": [money(551, "20.00", 8)]},
        {**returned(605, "10.00"), "current": "34.04", "transactions": [money(551, "20.00", 8)]},
        {
            **returned(605, "10.00"),
            "current": "34.04",
            "transactions": [money(551, "20.00", 8), money(552, "14.04", 12)],
        },
    ],
    "paid after it was cancelled": [
        {"cancelledAt": ON_THE_TENTH},
        {"cancelledAt": ON_THE_TENTH, "transactions": [money(561, "44.04", 12)]},
    ],
}
IN_THE_END = {
    "1210": 44_04 + 44_04 + 52_70 + 20_00 + 44_04 + 34_04 + 44_04,
    "2220": -5_96 - 44_04,
    "4000": -6 * 44_04 - 52_70 + 30_00,
    "4200": 44_04 + 10_00,
}


@BOTH
def test_whatever_follows_no_more_is_open_than_its_buyer_owes(tmp_path: Path, name: str) -> None:
    (orders := tmp_path / "orders").mkdir()
    with told(tmp_path, name, more=on_terms(name)) as shop:
        for number, story in enumerate(STORIES.values()):
            whose = {"id": f"gid://shopify/Order/{9001 + number}", "name": f"#{9001 + number}"}
            for day, telling in enumerate([{}, *story], start=12):
                take(shop, orders, **{**UNPAID, **whose, **telling, **later(day)})
        report = shop.check()

        assert set(due(shop)) == {"0.00"}
        assert shop.opened.trial_balance(ledger(shop)) == IN_THE_END
        assert (report.is_delivered, report.is_matched, report.is_reconciled) == GREEN
        assert [kept.finding.code for kept in report.open_findings] == ["channel.cancelled"]


@BOTH
def test_a_payment_in_a_closed_period_waits_and_later_ones_do_not_wait_for_it(tmp_path: Path, name: str) -> None:
    (orders := tmp_path / "orders").mkdir()
    closes = "book_close_date" if name == "shop-us" else "period_lock_date"
    with told(tmp_path, name, more=on_terms(name)) as shop:
        take(shop, orders, **UNPAID)
        shop.opened.order(ledger(shop), "settings", **{closes: "2026-09-10"})
        paid = [money(501, "20.00", 8), money(502, "24.04", 20)]
        take(shop, orders, **{**UNPAID, "transactions": paid}, **later(21))
        shop.sync()
        assert due(shop) == ["20.00"]
        waiting = json.loads(shop.command("held", "--json")[1])["vouchers"]
        assert [each["reason"] for each in waiting] == ["period.locked"]

        shop.opened.order(ledger(shop), "settings", **{closes: ""})
        shop.sync()
        assert due(shop) == ["0.00"]
        assert shop.check().is_reconciled


@BOTH
def test_a_pilot_tries_out_an_invoice_and_a_payment_of_it_and_takes_both_out_again(tmp_path: Path, name: str) -> None:
    """S5: what pays an open order is an object of its own, which no sale has tried out."""
    (orders := tmp_path / "orders").mkdir()
    said = ("--by", "anna", "--reason", "looked at")
    with told(tmp_path, name, more=f"pilot = true\n{on_terms(name)}") as shop:
        take(shop, orders, **UNPAID)
        assert "payment: none that could go" in shop.command("pilot", name)[1]
        take(shop, orders, **{**UNPAID, "transactions": [money(501, "20.00", 8)]}, **later(12))
        assert "payment: Shopify order #9001, paid later of 2026-09-08" in shop.command("pilot", name)[1]
        shop.command("pilot", name, "--yes")
        assert (documents(shop), due(shop)) == ({"Invoice": 1, "Payment": 1}, ["24.04"])
        shop.command("pilot", name, "--roll-back", *said)
        assert shop.opened.trial_balance(ledger(shop)) == {}
        shop.sync()
        shop.command("pilot", name, "--yes")
        shop.command("pilot", name, "--accept", *said)
        paid = [money(501, "20.00", 8), money(502, "24.04", 20)]
        take(shop, orders, **{**UNPAID, "transactions": paid}, **later(21))

        assert max(due(shop)) == "0.00"
        assert shop.check().is_reconciled


@BOTH
def test_a_payment_is_taken_out_alone_and_pays_the_same_invoice_again(tmp_path: Path, name: str) -> None:
    (orders := tmp_path / "orders").mkdir()
    with told(tmp_path, name, more=on_terms(name)) as shop:
        take(shop, orders, **UNPAID)
        take(shop, orders, **{**UNPAID, "transactions": [money(501, "20.00", 8)]}, **later(12))
        undo(shop, "Payment")
        assert due(shop) == ["44.04"]
        shop.sync()
        assert due(shop) == ["24.04"]

        paid = [money(501, "20.00", 8), money(502, "24.04", 20)]
        take(shop, orders, **{**UNPAID, "transactions": paid}, **later(21))
        assert due(shop) == ["0.00"]
        assert shop.check().is_reconciled


def undo(shop: Told, kind: str) -> None:
    """Take what is there of a kind out, to be booked again."""
    with shop.opened.app.store.reading() as unit:
        sent = unit.deliveries.with_state(ledger(shop), DeliveryState.DELIVERED)
    names = [each.voucher_id for each in sent if each.due_voucher.type == kind]
    shop.opened.app.deliverer.undo(ledger(shop), names, Word("ann", "wrong", is_again=True), actor="ann")


@BOTH
def test_money_that_goes_back_for_nothing_is_owed_again(tmp_path: Path, name: str) -> None:
    """0088: in QuickBooks a refund receipt and an invoice, in Xero an invoice."""
    (orders := tmp_path / "orders").mkdir()
    back = shopify.transaction(502, "20.00", "REFUND", at=ON_THE_TENTH)
    gone = {"transactions": [money(501, "20.00", 8), back], "refunds": [shopify.refund(601, [back], ON_THE_TENTH)]}
    with told(tmp_path, name, more=on_terms(name)) as shop:
        take(shop, orders, **UNPAID)
        take(shop, orders, **{**UNPAID, "transactions": [money(501, "20.00", 8)]}, **later(12))
        take(shop, orders, **{**UNPAID, **gone}, **later(13))
        held = json.loads(shop.command("held", "--json")[1])["vouchers"]
        assert (held, sorted(due(shop))) == ([], ["20.00", "24.04"])
        assert shop.opened.trial_balance(ledger(shop)) == {"1100": 44_04, "4000": -44_04}

        take(
            shop,
            orders,
            **{**UNPAID, **gone, "transactions": [*gone["transactions"], money(503, "44.04", 14)]},
            **later(15),
        )
        assert set(due(shop)) == {"0.00"}
        assert shop.check().is_reconciled
