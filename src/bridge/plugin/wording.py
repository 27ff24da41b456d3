"""Pure: what vouchers are called and say in any ledger: numbers, and what a leg is for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Final

from bridge import ids
from bridge.model.entries import Posting

_DERIVED: Final = {
    "settlement.total": "Settlement total",
    "settlement.difference": "Difference to the settlement's former total",
    "carry": "Carried over between the months of one settlement",
    "bank": "Payout to the bank",
    "tax.residue": "Rounding between tax collected and tax withheld",
}
KEY_PREFIX: Final = "brk"
_LETTERS: Final = str.maketrans("234567", "bcdfgh")
_HASH_LETTERS: Final = 10


def voucher_key(intent_id: str, place: int, again: int = 0) -> str:
    """The key of an entry's voucher, by its place among them from 1. again: as of a plan request."""
    return ids.derive(KEY_PREFIX, intent_id, place, *([again] if again else ()))


def voucher_number(prefix: str, booked_on: date, key: str, longest: int) -> str:
    """A number that only this key gives: ``AMZ2606-KQZVAHBTRW``. longest: letters that the ledger takes.

    It ends in letters only: ledgers go on counting from the last digits they saw. The month is the entry's own, not
    the voucher's: a closed period may move the voucher, and it must meet itself in the ledger under one number
    whatever the period policy said.
    """
    letters = key.rpartition("_")[2].translate(_LETTERS)[:_HASH_LETTERS].upper()
    opening = f"{booked_on:%y%m}-{letters}"
    return prefix[: longest - len(opening)] + opening


def belongs_to(booked_on: date, dated_on: date) -> str:
    """What a memo says of a voucher that is not dated as its entry; empty where it is."""
    return f" (belongs to {booked_on.isoformat()})" if dated_on != booked_on else ""


def object_name(kind: str, number: str, words: Mapping[str, str]) -> str:
    """An object of a ledger for people: ``Journal entry AMZ2606-KQZV``. words: by type; see ``SinkCapabilities``."""
    return f"{words.get(kind, kind)} {number}".rstrip()


def leg_words(posting: Posting, names: Mapping[str, str]) -> str:
    """What a leg is for: by what it derives from where it sums no lines, else by our chart's name of its account."""
    return _DERIVED.get(posting.kind) or names.get(posting.account, "")


def counted(words: str, posting: Posting) -> str:
    """``Product sales (sale.product), 6 lines``."""
    lines = {0: "", 1: ", 1 line"}.get(posting.line_count, f", {posting.line_count} lines")
    return f"{words} ({posting.kind}){lines}" if words else f"{posting.kind}{lines}"


def one_line(text: str) -> str:
    """The text with a blank for whatever cannot be printed, and one between words."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def cut_off(text: str, longest: int) -> str:
    """The beginning of a text, as long as a ledger takes it, without a blank at its end.

    Units: of UTF-16, in which .NET and browsers count: a letter outside the first plane counts as two, and is never
    cut in half.
    """
    return text.encode("utf-16-le", "surrogatepass")[: 2 * longest].decode("utf-16-le", "ignore").rstrip()
