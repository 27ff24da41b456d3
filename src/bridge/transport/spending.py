"""pure: what is spent of a limit, and the part of it that whoever calls may take.

What is spent is shared by all processes, and written down in blocks, so that not every call writes a row: a process
reserves some calls for a few seconds, and when it comes back says when they left. Whoever dies in between loses its
block until the time is over.

Several may leave at once, as the items of a batch do: they are reserved together or not at all.

Nothing is counted by a window that begins anew: one that is used at its end, and the next at its start, lets through
twice the limit. Each call counts for the whole of the time after it, rounded up to a sixtieth of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from bridge.model.budgets import Limit, Use

CLOCKS_APART = timedelta(seconds=5)
LATEST_WORD = timedelta(minutes=10)
PART_OF_LIMIT, WORTH_A_VISIT = 10, 4
AMPLE_LANES = 50
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Told(msgspec.Struct, frozen=True):
    """What an answer said was left of a limit. sent_at: when the call left that it answers."""

    remaining: int
    sent_at: datetime


class Block(msgspec.Struct, frozen=True):
    """What one process may send until then. many: calls. lanes: of each limit that has lanes."""

    until: datetime
    many: int
    lanes: Mapping[Limit, int]

    def share(self, limit: Limit) -> int:
        """What is reserved of a limit for this block."""
        return self.lanes.get(limit, self.many)


class Asked(msgspec.Struct, frozen=True):
    """One who comes back for more.

    wanted:  how many calls. least: fewer are of no use, for so many leave at once. is_hurried: whether the lanes held
             it up.
    before:  its last block, and when the calls of that left.
    told:    what the vendor said since.
    """

    wanted: int
    least: int = 1
    is_hurried: bool = False
    before: Block | None = None
    left_at: Sequence[datetime] = ()
    told: Mapping[Limit, Told] = {}


class Spent(msgspec.Struct, frozen=True):
    """What is spent of one limit."""

    limit: Limit
    uses: tuple[Use, ...] = ()

    @property
    def free(self) -> int:
        return self.limit.many - sum(use.many for use in self.uses)

    def ready_at(self, wanted: int, least: int) -> datetime:
        """From when on enough is free to be of use, as far as is known; a little later where more is soon.

        Else, where a limit is used up all the time, every single call would be reserved by itself.
        """
        enough = max(least, min(wanted, self.limit.many // PART_OF_LIMIT, WORTH_A_VISIT))
        return min(self._free_at(enough), self._free_at(least) + self.limit.block / 2)

    def standing(self, now: datetime) -> Spent:
        """Without what counts no more; what a wrong clock dated into the future is brought back, to be over in time."""
        latest = now + max(self.limit.block, self.limit.cell)
        return self._with(
            msgspec.structs.replace(use, at=latest) if use.at > latest + CLOCKS_APART else use
            for use in self.uses
            if self._over_at(use) > now and (use.many or use.at > now)
        )

    def settled(self, block: Block, left_at: Sequence[datetime], now: datetime) -> Spent:
        """With the calls that left in the place of what was reserved for them; of lanes nothing was spent."""
        uses = _without(self.uses, block.share(self.limit), lambda use: use.at == block.until)
        calls = [] if self.limit.has_lanes else [Use(self._cell_of(at), 1, is_sure=True) for at in left_at]
        return self._with([*uses, *calls]).standing(now)

    def corrected(self, told: Told, now: datetime) -> Spent:
        """By the vendor's own count, which knows of other people's calls, and not of ours that were never sent.

        Down: no more is free than the vendor says.
        Up:   what was reserved and never sent is free again, as far as that is certain: what left, or was reserved,
              from about the moment on for which the vendor speaks is taken off. Calls of ours that left always count.
        """
        if now - told.sent_at > min(self.limit.span / 2, LATEST_WORD):
            return self
        if self.free > told.remaining:
            return self._with([*self.uses, Use(now, self.free - told.remaining)])
        recent = sum(use.many for use in self.uses if use.at + self.limit.cell > told.sent_at)
        lost = max(0, told.remaining - recent - self.free)
        return self._with(_without(self.uses, lost, lambda use: use.at <= told.sent_at))

    def reserved(self, many: int, until: datetime) -> Spent:
        return self._with([*self.uses, Use(until, many)])

    def lanes(self, now: datetime, least: int, *, is_hurried: bool) -> int:
        """How many for one more: half of all, or as many as there are for a hurried one, but no more than its part.

        Of very many, who is in no hurry takes ample ones: commands come one after the other, and each keeps its own.
        Never fewer than are of use.
        """
        others = sum(not use.is_sure and use.at > now for use in self.uses)
        part = -(-self.limit.many // max(others + 1, 1 if is_hurried else 2))
        return min(self.free, max(least, part if is_hurried else min(part, AMPLE_LANES)))

    def _free_at(self, many: int) -> datetime:
        free, at = self.free, _EPOCH
        for use in sorted(self.uses, key=lambda use: use.at):
            if free >= many:
                break
            free, at = free + use.many, self._over_at(use)
        return at

    def _over_at(self, use: Use) -> datetime:
        return use.at + self.limit.span + self.limit.cell

    def _cell_of(self, at: datetime) -> datetime:
        return at - (at - _EPOCH) % self.limit.cell

    def _with(self, uses: Iterable[Use]) -> Spent:
        """These uses, those of one time added up."""
        sums: dict[tuple[datetime, bool], int] = {}
        for use in uses:
            sums[use.at, use.is_sure] = sums.get((use.at, use.is_sure), 0) + use.many
        return Spent(self.limit, tuple(Use(at, many, is_sure) for (at, is_sure), many in sorted(sums.items())))


class Answer(msgspec.Struct, frozen=True):
    """What becomes of it: the limits as they are spent now, and a block, or when to come again."""

    spent: tuple[Spent, ...]
    block: Block | None
    ready_at: datetime


def answer(spent: Sequence[Spent], asked: Asked, now: datetime) -> Answer:
    """Settle what was reserved before, listen to the vendor, and reserve anew: of every limit, or of none.

    Twice: whoever asks again without having settled only has its last block counted until that is over.
    """
    settled = [_settled(one.standing(now), asked, now) for one in spent]
    if full := [one for one in settled if one.free < asked.least]:
        ready_at = max(one.ready_at(asked.wanted, asked.least) for one in full)
        waiting = (one.reserved(0, ready_at) if one in full and one.limit.has_lanes else one for one in settled)
        return Answer(tuple(_given_up(one, 0, asked, now) for one in waiting), None, ready_at)
    until = now + min(one.limit.block for one in settled)
    most = [min(one.free, max(1, one.limit.many // PART_OF_LIMIT)) for one in settled if not one.limit.has_lanes]
    many = max(asked.least, min([asked.wanted, *most]))
    hurry = asked.is_hurried
    lanes = {one.limit: one.lanes(now, asked.least, is_hurried=hurry) for one in settled if one.limit.has_lanes}
    block = Block(until, many, lanes)
    reserved = (one.reserved(block.share(one.limit), until) for one in settled)
    return Answer(tuple(_given_up(one, block.share(one.limit), asked, now) for one in reserved), block, now)


def _settled(one: Spent, asked: Asked, now: datetime) -> Spent:
    if asked.before is not None:
        one = one.settled(asked.before, asked.left_at, now)
    told = asked.told.get(one.limit)
    return one if told is None else one.corrected(told, now)


def _given_up(one: Spent, kept: int, asked: Asked, now: datetime) -> Spent:
    """Lanes that one gives up were used until now, and count until that is over."""
    if asked.before is None or not one.limit.has_lanes:
        return one
    fewer = asked.before.share(one.limit) - kept
    return one.reserved(fewer, min(now, asked.before.until)).standing(now) if fewer > 0 else one


def _without(uses: Iterable[Use], many: int, condition: Callable[[Use], bool]) -> Iterable[Use]:
    """Uses less so many, taken from those of which it is not sure that they left, and which meet a condition."""
    for use in uses:
        taken = min(use.many, many) if not use.is_sure and condition(use) else 0
        many -= taken
        if use.many > taken or not use.many:
            yield msgspec.structs.replace(use, many=use.many - taken)
