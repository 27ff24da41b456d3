"""Reads what moves each account in the ledger now, once an account however often it is asked for."""

from __future__ import annotations

from collections import ChainMap, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property

import msgspec

from bridge.drift.sides.told import Told
from bridge.store.api import ClearingMove, UnitOfWork


class Moves:
    """The moves of one ledger as it was just read, those of others from a day on.

    every: what its routes told it; what a bundle does to an account is one move a day, or two. since_on: that day;
    since: of accounts whose opening is of another day, by ledger id, that. An object that a list still showed though it
    is gone moves nothing. words: what the ledger calls its objects, by type.
    """

    def __init__(
        self,
        unit: UnitOfWork,
        ledger: str,
        every: Sequence[Told],
        absent: Collection[str],
        since_on: date,
        since: Mapping[str, date],
        words: Mapping[str, str],
    ) -> None:
        self._unit, self._ledger, self._absent = unit, ledger, absent
        self._since_on, self._since, self._words = since_on, since, words
        self._bundles = [bundle for each in every for bundle in each.bundles.values()]
        self._bundled = ChainMap(*(each.bundle_of for each in every))
        self._by_entry: dict[str, Mapping[str, int]] = {}
        self._alone: dict[str, Sequence[ClearingMove]] = {}

    def of(self, account_id: str) -> Iterator[ClearingMove]:
        """Every move on an account: of bundles, then of all others by date."""
        for bundle in self._bundles:
            yield from bundle.moves.get(account_id, ())
        if account_id not in self._alone:
            since = self._since.get(account_id, self._since_on)
            moves = self._unit.copies.clearing(self._ledger, account_id, since, self._bundled)
            self._alone[account_id] = [self._spoken(move) for move in moves if move.ref not in self._absent]
        yield from self._alone[account_id]

    def _spoken(self, move: ClearingMove) -> ClearingMove:
        """As people call it: its type is only told."""
        words = self._words.get(move.type)
        return msgspec.structs.replace(move, type=words) if words else move

    def by_entry(self, account_id: str) -> Mapping[str, int]:
        """What each entry's objects do to an account; those of others together under the empty id."""
        if account_id not in self._by_entry:
            sums: dict[str, int] = defaultdict(int)
            for move in self.of(account_id):
                sums[move.entry_id] += move.amount_minor
            self._by_entry[account_id] = dict(sums)
        return self._by_entry[account_id]

    @cached_property
    def unseen(self) -> Mapping[str, str]:
        """Objects of ours that neither came by nor are known to be gone, with their vouchers' ids.

        Nothing is said about them.
        """
        gone = (one for one in self._unit.copies.differences(self._ledger) if one.theirs is None)
        return {one.ref: one.voucher_id for one in gone if one.ref not in self._absent}

    @cached_property
    def _answered(self) -> Mapping[str, str]:
        return self._unit.copies.answered(self._ledger)

    def answers(self, move: ClearingMove, route_id: str) -> bool:
        """Whether it is of others, and pays an object of a route or is set against it."""
        return not move.route_id and any(self._answered.get(ref) == route_id for ref in move.settles)
