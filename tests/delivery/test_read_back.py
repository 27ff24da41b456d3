"""What was sent stands beside what the ledger shows, field by field: a difference in any of them is seen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import pytest

from bridge.delivery.reading_back import fields, read_back
from bridge.errors import UnavailableError
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.tracking import Tracked
from bridge.model.vouchers import EXCHANGE_RATE, AccountRef, LedgerCopy, LedgerLine, Mark, Voucher, VoucherLine
from bridge.plugin import Absent, Present, Unknown

CLEARING, SALES = AccountRef("11", "1200", "Clearing"), AccountRef("12", "4000", "Sales")
VOUCHER = Voucher(
    voucher_id="vch_1",
    entry_id="ent_1",
    type="Payment",
    number="N1",
    key="brk_1",
    dated_on=date(2026, 7, 1),
    due_on=date(2026, 7, 9),
    currency="GBP",
    memo="sale",
    contact="c1",
    pays="vch_0",
    lines=(
        VoucherLine(account=CLEARING, amount_minor=1200, tracked=(Tracked("d1", "o1", "class", "Web"),)),
        VoucherLine(account=SALES, amount_minor=-1320, tax_code="S20", tax_minor=-220, item="i1"),
        VoucherLine(account=SALES, amount_minor=120, tax_code="S20", tax_minor=20),
    ),
)
KEPT = (
    LedgerLine("12", 120, tax_code="S20", tax_minor=20),
    LedgerLine("12", -1320, tax_code="S20", tax_minor=-220, marks=(Mark("item", "i1", "Mug"),)),
    LedgerLine("11", 1200, marks=(Mark("class", "o1", "Web"),)),
)
COPY = LedgerCopy(
    ref="7",
    type="Payment",
    number="N1",
    key="brk_1",
    dated_on=date(2026, 7, 1),
    due_on=date(2026, 7, 9),
    currency="GBP",
    contact="c1",
    settles=("6",),
    lines=KEPT,
)
REFS = {"vch_0": "6"}
DELIVERY = Delivery("vch_1", "ent_1", "books", "rte_1", VOUCHER, DeliveryState.DELIVERED, ref="7")


def differing(copy: LedgerCopy) -> dict[str, tuple[str, str]]:
    return {one.name: (one.sent, one.kept) for one in fields(VOUCHER, copy, REFS) if not one.is_same}


def test_lines_in_another_order_are_the_same() -> None:
    told = {one.name: one.sent for one in fields(VOUCHER, COPY, REFS)}

    assert differing(COPY) == {}
    assert told["marks"] == "class=Web"
    assert told["4000 Sales S20"] == "1.20 and -13.20, tax -2.00"
    assert {"date", "number", "currency", "total", "status", "key", "contact", "due", "pays", "products"} < told.keys()


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"dated_on": date(2026, 7, 2)}, "date"),
        ({"number": "N2"}, "number"),
        ({"currency": "EUR"}, "currency"),
        ({"is_voided": True}, "status"),
        ({"key": "brk_2"}, "key"),
        ({"contact": "c2"}, "contact"),
        ({"due_on": None}, "due"),
        ({"settles": ("5",)}, "pays"),
        ({"lines": (KEPT[0], msgspec.structs.replace(KEPT[1], marks=()), KEPT[2])}, "products"),
        ({"lines": (KEPT[0], msgspec.structs.replace(KEPT[1], tax_minor=-221), KEPT[2])}, "4000 Sales S20"),
        ({"lines": (LedgerLine("12", -1200, tax_code="S20", tax_minor=-200, marks=KEPT[1].marks), KEPT[2])}, "total"),
        ({"lines": (*KEPT[:2], LedgerLine("13", 1200))}, "account 13"),
        ({"lines": (*KEPT[:2], LedgerLine("11", 1200))}, "marks"),
    ],
)
def test_a_difference_in_any_field_is_seen(changed: Mapping[str, Any], field: str) -> None:
    """S5."""
    assert field in differing(msgspec.structs.replace(COPY, **changed))


def test_what_has_no_place_in_an_object_is_not_compared() -> None:
    plain = msgspec.structs.replace(VOUCHER, contact="", due_on=None, pays="")
    copy = msgspec.structs.replace(COPY, key="", contact="c9", due_on=date(2026, 8, 1), settles=())

    assert {"key", "contact", "due", "pays"}.isdisjoint(one.name for one in fields(plain, copy, REFS))


def test_what_is_gone_is_no_match_and_what_is_not_told_is_no_answer() -> None:
    assert read_back(DELIVERY, Present(COPY), REFS).is_same
    assert not read_back(DELIVERY, Absent(deleted=True), REFS).is_same
    with pytest.raises(UnavailableError, match="does not say how it stands: silent"):
        read_back(DELIVERY, Unknown("silent"), REFS)


@pytest.mark.parametrize(("kept", "is_same"), [("1.0832", True), ("1.0832000001", True), ("1.0833", False)])
def test_a_rate_that_was_stated_is_compared_with_that_of_the_ledger(kept: str, *, is_same: bool) -> None:
    """Stated and told; a ledger that tells none of a type leaves nothing to compare."""
    stated = msgspec.structs.replace(VOUCHER, rate="1.0832000")
    told = msgspec.structs.replace(COPY, marks=(Mark(EXCHANGE_RATE, kept),))

    found = {one.name: one.is_same for one in fields(stated, told, REFS)}
    assert found["exchange rate"] is is_same
    assert "exchange rate" not in {one.name for one in fields(stated, COPY, REFS)}
    assert "exchange rate" not in {one.name for one in fields(VOUCHER, told, REFS)}
