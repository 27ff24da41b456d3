"""Pure: which objects of a ledger may be a voucher that a database knew of before it was restored."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, timedelta

from bridge.delivery.check import called
from bridge.model.money import decimal_text
from bridge.model.vouchers import LedgerCopy, Voucher, lines_hash
from bridge.plugin.wording import voucher_key

# As far as a person may have moved it, or another voucher of the same money is told apart by its key.
AROUND = timedelta(days=31)
# What is dated ahead (a payout on its way) may have been sent some days before its day.
AHEAD = timedelta(days=7)
# So many vouchers of an entry, and bookings of each, are told by their keys.
_PLACES, _TIMES = 100, 10


def window(voucher: Voucher, booked_on: date) -> tuple[date, date]:
    """The days among which to look. booked_on: its entry's, where the period policy dated it otherwise before."""
    return min(voucher.dated_on, booked_on) - AROUND, max(voucher.dated_on, booked_on) + AROUND


def may_be_there(booked_on: date, marked_on: date) -> bool:
    """Whether something of that day may have been sent before the day on which its database was found restored."""
    return booked_on <= marked_on + AHEAD


def is_sure(voucher: Voucher, copy: LedgerCopy) -> bool:
    """Whether an object is this voucher, whatever else was done to it."""
    return copy.key == voucher.key


def keys_again(voucher: Voucher, intent_id: str) -> frozenset[str]:
    """The keys that it bore, had a person had it undone and booked again by a database that is lost."""
    place = next((one for one in range(1, _PLACES) if voucher_key(intent_id, one) == voucher.key), 0)
    return frozenset(voucher_key(intent_id, place, again) for again in range(1, _TIMES)) if place else frozenset()


def is_alike(voucher: Voucher, copy: LedgerCopy, again: Collection[str] = ()) -> bool:
    """Whether an object within its window may be this voucher: its memo, and more, may have been rewritten.

    An object with another key is another voucher, of bridge's own or of another bridge; but for one of ``again``.
    """
    if copy.key or copy.is_voided:
        return is_sure(voucher, copy) or (copy.key in again and not copy.is_voided)
    if (copy.type, copy.currency) != (voucher.type, voucher.currency):
        return False
    if voucher.number and copy.number == voucher.number:
        return True
    is_same_day = copy.dated_on == voucher.dated_on
    is_equal = copy.lines_hash == lines_hash(voucher.as_kept)
    if voucher.number and copy.number:
        return is_equal and is_same_day
    return is_equal or (is_same_day and _is_near(voucher, copy))


def _is_near(voucher: Voucher, copy: LedgerCopy) -> bool:
    """Whether it moves as much, or the same accounts."""
    accounts = {line.account_id for line in copy.lines}
    return copy.total_minor == voucher.total_minor or accounts == {line.account_id for line in voucher.as_kept}


def note(voucher: Voucher, others: Sequence[LedgerCopy], words: Mapping[str, str]) -> str:
    """Names the objects that may be this voucher, and the two ways on."""
    named = "; ".join(
        f"{called(other, words)} of {other.dated_on} over "
        f"{decimal_text(other.total_minor, voucher.currency)} {voucher.currency} (ledger id {other.ref})"
        for other in others
    )
    return (
        f"voucher {voucher.number or voucher.memo}: the database was restored, and this may be in the ledger already, "
        f"rewritten there: {named}. If one is it, decide adopt with --ref and its ledger id; if none is, retry."
    )
