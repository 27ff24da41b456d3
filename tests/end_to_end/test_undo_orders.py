"""An order whose documents pay and credit each other is taken out as a whole, and booked again, in both ledgers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from bridge.delivery import Undo, Word
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.findings import InstructionKind
from plugins.shopify.tests import shop as shopify
from tests.end_to_end.telling import Told, told
from tests.end_to_end.test_open_orders import BOTH, FIRST, GREEN, GROWN, PAID, due, ledger, on_receivables, take

RETURNED = shopify.agreement(203, [shopify.sale(303, "-5.00", action="RETURN", item=1)], shopify.LATER, "Refund", 601)
EDITED: dict[str, Any] = {"agreements": [FIRST, GROWN], "total": "52.70", "transactions": [PAID]}
REFUNDED: dict[str, Any] = {
    **EDITED,
    "agreements": [FIRST, GROWN, RETURNED],
    "current": "47.70",
    "refunds": [shopify.refund(601, (), shopify.LATER)],
    "updatedAt": "2026-09-10T12:00:00Z",
}
IN_THE_END = {"1100": 3_66, "1210": 44_04, "4000": -52_70, "4200": 5_00}


@contextmanager
def sold(folder: Path, name: str, *told_as: dict[str, Any]) -> Iterator[tuple[Told, Path]]:
    """A shop whose order is in the ledger as it was told of, one after the other."""
    (folder / "orders").mkdir()
    with told(folder, name, more=on_receivables(name)) as shop:
        for one in told_as:
            take(shop, folder / "orders", **one)
        yield shop, folder / "orders"


def group(shop: Told) -> str:
    """The order, as the channel calls it."""
    return shop.opened.entries(shop.name)[0].slot.group


def undo(shop: Told, *, is_again: bool = False) -> tuple[Delivery, ...]:
    names = [one.voucher_id for one in shop.opened.app.books.meant(group(shop))]
    found: tuple[Delivery, ...] = shop.opened.app.deliverer.undo(
        ledger(shop), names, Word("ann", "wrong", is_again), actor="ann"
    )
    return found


def alone(shop: Told, kind: str) -> Undo:
    """How one voucher of this type would be taken out by itself."""
    with shop.opened.app.store.reading() as unit:
        sent = unit.deliveries.with_state(ledger(shop), DeliveryState.DELIVERED)
    (name,) = [one.voucher_id for one in sent if one.due_voucher.type == kind]
    found: tuple[Undo, ...] = shop.opened.app.deliverer.hindrances(ledger(shop), [name], actor="ann")
    return found[0]


def is_green(shop: Told) -> bool:
    report = shop.check()
    return (report.is_delivered, report.is_matched, report.is_reconciled) == GREEN


@BOTH
def test_an_order_with_a_credit_set_against_its_invoice_is_out_and_there_again(tmp_path: Path, name: str) -> None:
    """C10: a payment that is deleted, or an allocation, leaves what it joined otherwise than it was seen."""
    with sold(tmp_path, name, EDITED, REFUNDED) as (shop, _):
        balances = shop.opened.trial_balance(ledger(shop))
        out = undo(shop)
        shop.sync()
        assert (balances, shop.opened.trial_balance(ledger(shop))) == (IN_THE_END, {})
        assert set(due(shop)) <= {"0.00"}

        shop.opened.app.books.decide(InstructionKind.BOOK_AGAIN, group(shop), by="ann", reason="right now")
        shop.sync()
        assert is_green(shop)
        again = undo(shop, is_again=True)
        shop.sync()

        assert shop.opened.trial_balance(ledger(shop)) == IN_THE_END
        assert is_green(shop)
        assert len(out) == len(again) > 3
        assert not {one.due_voucher.key for one in out} & {one.due_voucher.key for one in again}


@BOTH
@pytest.mark.parametrize("is_again", [False, True])
def test_what_comes_of_an_order_after_it_was_undone_ends_in_the_same(
    tmp_path: Path, name: str, *, is_again: bool
) -> None:
    with sold(tmp_path, name, EDITED) as (shop, orders):
        undo(shop, is_again=is_again)
        take(shop, orders, **REFUNDED)
        if not is_again:
            assert not shop.opened.check(shop.name).is_delivered
            shop.opened.app.books.decide(InstructionKind.BOOK_AGAIN, group(shop), by="ann", reason="right now")
            shop.sync()

        assert shop.opened.trial_balance(ledger(shop)) == IN_THE_END
        assert is_green(shop)


@BOTH
def test_what_stands_on_another_is_named_and_what_stands_on_it_alone_may_go(tmp_path: Path, name: str) -> None:
    with sold(tmp_path, name, EDITED, REFUNDED) as (shop, _):
        kind, joint = ("CreditNote", "Allocation") if name == "shop-gb" else ("CreditMemo", "Payment")

        assert alone(shop, kind).hindrance.startswith("Credit allocation" if name == "shop-gb" else joint)
        assert alone(shop, kind).hindrance.endswith("stands on it: undo that too")
        assert not alone(shop, joint).hindrance
