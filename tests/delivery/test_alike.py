"""Which objects may be a voucher whose words, and more, a person rewrote."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from bridge.delivery import alike
from bridge.model.vouchers import AccountRef, LedgerCopy, LedgerLine, Voucher, VoucherLine

DAY = date(2026, 6, 30)
LINES = (LedgerLine("a", 100), LedgerLine("b", -100))
VOUCHER = Voucher(
    voucher_id="vch_1",
    entry_id="ent_1",
    type="Journal",
    number="",
    key="brk_1",
    dated_on=DAY,
    currency="USD",
    memo="June · brk_1",
    lines=tuple(
        VoucherLine(account=AccountRef(line.account_id, "", ""), amount_minor=line.amount_minor) for line in LINES
    ),
)
COPY = LedgerCopy(ref="7", type="Journal", number="", dated_on=DAY, currency="USD", lines=LINES)
LATER = {"dated_on": DAY + timedelta(days=20)}
MORE = {"lines": (LedgerLine("a", 120), LedgerLine("b", -120))}
ELSEWHERE = {"lines": (LedgerLine("a", 100), LedgerLine("c", -100))}
OTHER = {"lines": (LedgerLine("a", 120), LedgerLine("c", -120))}


@pytest.mark.parametrize(
    ("copy", "is_alike"),
    [
        ({}, True),
        (LATER, True),
        (MORE, True),
        (ELSEWHERE, True),
        (MORE | LATER, False),
        (ELSEWHERE | LATER, False),
        (OTHER, False),
        ({"key": "brk_1"} | OTHER | LATER, True),
        ({"key": "brk_2"}, False),
        ({"type": "Transfer"}, False),
        ({"currency": "CAD"}, False),
        ({"is_voided": True}, False),
        ({"key": "brk_1", "is_voided": True}, True),
    ],
)
def test_a_voucher_without_a_number_is_known_by_its_key_its_books_or_its_day(
    copy: dict[str, Any], is_alike: bool
) -> None:
    assert alike.is_alike(VOUCHER, msgspec.structs.replace(COPY, **copy)) is is_alike


@pytest.mark.parametrize(
    ("copy", "is_alike"),
    [
        ({"number": "N-1"} | OTHER | LATER, True),
        ({"number": "N-2"}, True),
        ({"number": "N-2"} | LATER, False),
        ({"number": "N-2"} | MORE, False),
        (LATER, True),
    ],
)
def test_another_number_speaks_against_it_but_for_the_same_books_on_the_same_day(
    copy: dict[str, Any], is_alike: bool
) -> None:
    numbered = msgspec.structs.replace(VOUCHER, number="N-1")
    assert alike.is_alike(numbered, msgspec.structs.replace(COPY, **copy)) is is_alike


def test_it_is_looked_for_around_the_day_of_its_entry_too() -> None:
    """The period policy may have dated it otherwise then."""
    assert alike.window(VOUCHER, date(2026, 3, 5)) == (date(2026, 2, 2), date(2026, 7, 31))


def test_what_happened_later_cannot_have_been_sent_before() -> None:
    assert alike.may_be_there(DAY, DAY)
    assert alike.may_be_there(DAY + alike.AHEAD, DAY)
    assert not alike.may_be_there(DAY + alike.AHEAD + timedelta(days=1), DAY)
