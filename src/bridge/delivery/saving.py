"""Saves where deliveries stand: all of a batch in one unit, each by compare-and-swap, with what the ledger keeps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import msgspec

from bridge.clock import Clock
from bridge.delivery import check, decide
from bridge.delivery.turn import Turn
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.findings import Instruction
from bridge.model.vouchers import LedgerCopy
from bridge.store.api import Store, UnitOfWork

_S = DeliveryState


class Move(msgspec.Struct, frozen=True):
    """A delivery as it stood, and as it is to be saved. copy: the ledger's object, where it has one."""

    before: Delivery
    after: Delivery
    copy: LedgerCopy | None = None


class Saving:
    """The writes of one drain, under one lease.

    told: of every delivery that is saved, but those about to be sent. words: what the ledger calls its objects.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        turn: Turn,
        *,
        ledger: str,
        actor: str,
        told: Callable[[Delivery], None],
        words: Mapping[str, str],
    ) -> None:
        self._store, self._clock, self._turn, self._words = store, clock, turn, words
        self._ledger, self._actor, self._told = ledger, actor, told

    def save(self, moves: Sequence[Move], settle_seconds: int) -> tuple[Delivery, ...]:
        """Save all in one unit; returns those that were moved, as they stand now.

        One that others moved meanwhile is left as it stands. An owed one that a person has taken back, though no run
        of the books knew yet, is withdrawn: parked with that word unheard, it would count as said before.
        Raises: LeaseLostError, and nothing was saved.
        """
        if not moves:
            return ()
        with self._store.unit(self._actor) as unit:
            wanted = self._proven(unit, self._as_said(unit, moves), settle_seconds)
            pairs = [(one.before, one.after) for one in wanted]
            moved = unit.deliveries.move_many(pairs, epoch=self._turn.epoch)
            saved = [one for one in wanted if one.before.voucher_id in moved]
            self._keep_echoes(unit, saved)
        if len(saved) < len(moves):
            self._turn.confirm()
        for one in saved:
            if one.after.state is not _S.SENDING:
                self._told(one.after)
        return tuple(one.after for one in saved)

    def _as_said(self, unit: UnitOfWork, moves: Sequence[Move]) -> list[Move]:
        """Under this lease; and what a person has taken back is withdrawn instead of what was to become of it."""
        owed = [one.before.voucher_id for one in moves if one.before.state is _S.OWED]
        said = unit.instructions.of_subjects(owed) if owed else {}
        return [_under(self._turn.epoch, one, said.get(one.before.voucher_id, ())) for one in moves]

    def _proven(self, unit: UnitOfWork, moves: Sequence[Move], settle_seconds: int) -> list[Move]:
        """What the ledger shows for one voucher and is another's: then it is not known whether this one is there."""
        refs = Counter(one.copy.ref for one in moves if one.copy is not None)
        if not refs:
            return list(moves)
        owners: Mapping[str, str] = unit.deliveries.owners(self._ledger, refs)

        def proven(one: Move) -> Move:
            if one.copy is None:
                return one
            owner = owners.get(one.copy.ref, one.before.voucher_id)
            is_shared = refs[one.copy.ref] > 1
            error = check.mistaken(one.before, one.copy, self._words, is_shared=is_shared, owner=owner)
            if error is None:
                return one
            after = decide.unproven(one.before, error, self._clock.now(), settle_seconds)
            return Move(one.before, msgspec.structs.replace(after, epoch=self._turn.epoch))

        return [proven(one) for one in moves]

    def _keep_echoes(self, unit: UnitOfWork, saved: Sequence[Move]) -> None:
        there = [(one.after, one.copy) for one in saved if one.copy is not None]
        if not there:
            return
        echoes = [(after.voucher_id, after.entry_id, copy) for after, copy in there]
        unit.deliveries.put_baselines(self._ledger, echoes)
        findings = [finding for after, copy in there if (finding := check.echo_finding(after, copy, self._words))]
        if findings:
            unit.findings.add_many(findings, self._clock.now())


def _under(epoch: int, move: Move, said: Sequence[Instruction]) -> Move:
    is_there = move.after.state is _S.DELIVERED
    taken_back = None if is_there else decide.taken_back(move.before, said)
    return msgspec.structs.replace(move, after=msgspec.structs.replace(taken_back or move.after, epoch=epoch))
