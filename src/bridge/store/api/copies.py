"""Ledgers as they were last observed, beside what was told them."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from datetime import date
from typing import Protocol

import msgspec

from bridge.model.readings import LedgerReading
from bridge.model.vouchers import LedgerCopy

Compared = tuple[str, str, str, str, int, str, bool, str, tuple[str, ...]]
"""What is compared of an object: type, number, dated_on ISO, currency, total_minor, lines_hash, is_voided, marks_hash,
settles."""


class Difference(msgspec.Struct, frozen=True):
    """One object on which baseline and ledger disagree; either side may be missing."""

    ref: str
    voucher_id: str
    ours: Compared | None
    theirs: Compared | None


class ClearingMove(msgspec.Struct, frozen=True):
    """What one object in the ledger does now to one account.

    entry_id, route_id: empty for an object that is not ours. settles, open_minor: see ``LedgerCopy``.
    """

    ref: str
    type: str
    number: str
    dated_on: date
    amount_minor: int
    entry_id: str
    route_id: str = ""
    currency: str = ""
    settles: tuple[str, ...] = ()
    open_minor: int | None = None

    @property
    def called(self) -> str:
        """The object for people."""
        return f"{self.type} {self.number or self.ref}"


class Shown(msgspec.Struct, frozen=True, gc=False):
    """What one object in the ledger does now to every account, by ledger id; see ``LedgerCopy``."""

    dated_on: date
    settles: tuple[str, ...]
    open_minor: int | None
    amounts: Mapping[str, int]


class LedgerCopies(Protocol):
    """The ledger as last observed, and its comparison with the baseline, in SQL."""

    def clear(self, ledger: str) -> None:
        """Forget what was observed, and what it covers; not what is known to be deleted."""
        ...

    def add(self, ledger: str, copies: Sequence[LedgerCopy]) -> None:
        """Upsert by ref. Bulk."""
        ...

    def remove(self, ledger: str, refs: Sequence[str], *, is_deleted: bool = False) -> None:
        """Take these out, where they are there. is_deleted: the ledger says so; of ours that is remembered. Bulk."""
        ...

    def remove_parts(self, ledger: str, wholes: Sequence[str]) -> None:
        """Take out the parts of these objects: their refs begin with the object's and a slash. Bulk."""
        ...

    def deleted(self, ledger: str) -> frozenset[str]:
        """The objects of ours that the ledger once said are deleted, and that have not come by since."""
        ...

    def covered(self, ledger: str) -> LedgerReading | None:
        """What the copies cover; None where they were never read in full."""
        ...

    def cover(self, ledger: str, reading: LedgerReading) -> None:
        """Say what they cover from now on."""
        ...

    def learn_marks(self, ledger: str) -> None:
        """Objects of ours whose marks were never kept (they are older than that) take those that stand now as told."""
        ...

    def read_after(self, ledger: str, seq: int) -> frozenset[str]:
        """The entries of ours of whose objects one was read when there were so many audit rows, or later."""
        ...

    def get(self, ledger: str, ref: str) -> LedgerCopy | None: ...

    def differences(self, ledger: str) -> Iterator[Difference]:
        """Objects of ours (baseline) that are missing or differ now. One pass in SQL; only these reach Python."""
        ...

    def strangers(
        self, ledger: str, account_ids: Collection[str], contacts: Collection[str], since_on: date
    ) -> Iterator[LedgerCopy]:
        """Objects that are not ours but touch these accounts, name these contacts, carry our key or bear our number.

        Of what is dated before ``since_on`` none: it is there for a route that began earlier.
        """
        ...

    def settling(self, ledger: str, refs: Collection[str]) -> Iterator[LedgerCopy]:
        """Objects, ours or not, that pay one of these or are set against it; none that is voided."""
        ...

    def moving(self, ledger: str, account_id: str, amounts: Collection[int]) -> Iterator[LedgerCopy]:
        """Objects that are not ours, are not voided, and move an account by one of these amounts each."""
        ...

    def twins(self, ledger: str, copies: Sequence[LedgerCopy]) -> Mapping[str, tuple[str, str]]:
        """Which object of ours each of these copies, by the copy's ref: (ref, voucher id). Bulk.

        That with the same key, else with the same number, else of the same date and lines; those that copy none are
        left out.
        """
        ...

    def shown(self, ledger: str, refs: Sequence[str]) -> Mapping[str, Shown]:
        """What each of these objects does now, by ref; without those that are not there, or voided. Bulk."""
        ...

    def answered(self, ledger: str) -> Mapping[str, str]:
        """By ref, whose route an object of ours is that an object of others pays or is set against, if that counts."""
        ...

    def clearing(
        self, ledger: str, account_id: str, since_on: date, without: Container[str] = ()
    ) -> Iterator[ClearingMove]:
        """Every move on an account now, by date: all of ours, and those of others from ``since_on`` on.

        without: entries of ours, by id, whose objects are left out.
        """
        ...

    def as_much(
        self, ledger: str, account_id: str, route_ids: Sequence[str], amounts: Sequence[int]
    ) -> Mapping[int, str]:
        """Of each of these amounts a live entry of these routes whose objects move an account by as much together.

        Of several the one with the least id.
        """
        ...
