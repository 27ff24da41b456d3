"""Pure: which amounts on a clearing account are two halves of one thing, and so no longer open."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date

import msgspec

from bridge.drift.comparing import BankLine
from bridge.drift.explaining.kinds import ANSWERED_BY_HAND, CARD, OPENING, RESUMES, SETTLEMENT, TAKEN, TOTAL


class Open(msgspec.Struct, frozen=True):
    """An amount of ours on the account. awaits_ours: its other half is a voucher of ours that is still to come.

    group: the settlement, payout or day it belongs to. called: which of these that is.
    """

    route_id: str
    group: str
    kind: str
    since: date
    amount_minor: int
    awaits_ours: bool = False
    called: str = SETTLEMENT


class Move(msgspec.Struct, frozen=True):
    """What one object of others does to the account. line: of the bank; None where it answers nothing of ours.

    route_id: of an object that is ours all the same, the route that posted it; else empty.
    """

    ref: str
    title: str
    on: date
    amount_minor: int
    reason: str
    line: BankLine | None
    route_id: str = ""

    def may_settle(self, item: Open) -> bool:
        """Whether it can be the other half of this."""
        return self.line is not None and (item.kind == CARD or not self.line.is_of_card)


class Pair(msgspec.Struct, frozen=True):
    """An amount of ours, or a part of it, and the move of others that answers it."""

    ours: Open
    theirs: Move


def set_off_ours(items: Sequence[Open]) -> list[Open]:
    """What stays open of our own amounts.

    What a settlement carries in, or takes back as a failed payout, answers the latest earlier total of exactly the
    opposite amount; failing that, the opening balance.
    Complexity: n log n; amounts are looked up, not searched.
    """
    by_amount: dict[tuple[str, int], list[Open]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item.since):
        if item.kind == TOTAL:
            by_amount[item.route_id, item.amount_minor].append(item)
    openings = [item for item in items if item.kind == OPENING]
    answered: list[Open] = []
    for item in sorted((item for item in items if item.kind in RESUMES), key=lambda item: item.since):
        totals = by_amount[item.route_id, -item.amount_minor]
        earlier = [total for total in totals if total.since <= item.since and total.group != item.group]
        opposite = earlier[-1:] or [one for one in openings if _are_opposite(one, item)]
        for other in opposite:
            (totals if other.kind == TOTAL else openings).remove(other)
            answered += [item, other]
    return _without(items, answered)


def _are_opposite(one: Open, other: Open) -> bool:
    return (one.route_id, one.amount_minor) == (other.route_id, -other.amount_minor)


def set_off_theirs(items: Sequence[Open], moves: Iterable[Move]) -> tuple[list[Open], list[Move], list[Pair]]:
    """What stays open of both sides, and the pairs: a move answers the open amount opposite to it nearest in time."""
    by_amount: dict[int, list[Open]] = defaultdict(list)
    for item in items:
        if item.amount_minor and not item.awaits_ours and item.kind in (TOTAL, TAKEN, *ANSWERED_BY_HAND):
            by_amount[item.amount_minor].append(item)
    pairs: list[Pair] = []
    left: list[Move] = []
    for move in moves:
        alike = by_amount[-move.amount_minor] if move.amount_minor else []
        if fits := [item for item in alike if move.may_settle(item)]:
            nearest = min(fits, key=lambda item: abs((item.since - move.on).days))
            alike.remove(nearest)
            pairs.append(Pair(nearest, move))
        else:
            left.append(move)
    return _without(items, [pair.ours for pair in pairs]), left, pairs


def set_off_bank(items: Sequence[Open], moves: Iterable[Move]) -> tuple[list[Open], list[Move], list[Pair]]:
    """What stays open where buyers' money leaves by lines of a bank or wallet that people code to the account.

    A line answers the amount opposite to it nearest in time; failing that the latest whole days together that come to
    as much; failing that the oldest before it, as one line may hold several days, less what was paid back and what it
    cost. What it takes beyond all of them stays a move of its own.
    Complexity: n log n, and the days for each line that fits no single amount.
    """
    left, strange, pairs = set_off_theirs(items, moves)
    left, strange, of_days = _set_off_days(left, strange)
    pairs += of_days
    queues = {sign: deque(_by_day(left, sign)) for sign in (1, -1)}
    rest: list[Move] = []
    drawn_on: set[str] = set()
    for move in sorted(strange, key=lambda move: (move.on, move.ref)):
        due = queues[-1 if move.amount_minor > 0 else 1]
        amount = move.amount_minor
        while amount and due and due[0].since <= move.on and move.may_settle(due[0]):
            part = _part(due, -amount)
            pairs.append(Pair(part, move))
            amount += part.amount_minor
            drawn_on.add(part.route_id)
        if amount:
            rest.append(msgspec.structs.replace(move, amount_minor=amount))
    others = [item for item in left if item.kind != TAKEN]
    return [*others, *_netted([*queues[1], *queues[-1]], drawn_on)], rest, pairs


def _set_off_days(items: Sequence[Open], moves: Iterable[Move]) -> tuple[list[Open], list[Move], list[Pair]]:
    """What stays open of both sides where a line is as much as some whole days of one route, one after the other."""
    left = list(items)
    strange: list[Move] = []
    pairs: list[Pair] = []
    for move in moves:
        before = [item for item in left if item.kind == TAKEN and item.since <= move.on and move.may_settle(item)]
        if days := _days_of(before, -move.amount_minor) if move.amount_minor else []:
            pairs += [Pair(item, move) for item in days]
            left = _without(left, days)
        else:
            strange.append(move)
    return left, strange, pairs


def _days_of(items: Sequence[Open], amount_minor: int) -> list[Open]:
    """The latest days of a route that follow each other and come to this amount, whatever others stand open."""
    for route_id in dict.fromkeys(item.route_id for item in items):
        of_route = sorted((item for item in items if item.route_id == route_id), key=lambda item: item.since)
        first_after = {0: 0}
        total, found = 0, (0, 0)
        for number, item in enumerate(of_route, start=1):
            total += item.amount_minor
            if number < len(of_route) and of_route[number].since == item.since:
                continue
            found = (first_after[total - amount_minor], number) if total - amount_minor in first_after else found
            first_after[total] = number
        if found[1]:
            return of_route[slice(*found)]
    return []


def _by_day(items: Iterable[Open], sign: int) -> list[Open]:
    """Payments of buyers (1) or back to them (-1), the oldest first."""
    return sorted(
        (item for item in items if item.kind == TAKEN and item.amount_minor * sign > 0),
        key=lambda item: (item.since, item.route_id, item.group),
    )


def _part(queue: deque[Open], at_most: int) -> Open:
    """Takes from the first of a queue what is there, but not more; both amounts have one sign."""
    first = queue.popleft()
    amount = min(first.amount_minor, at_most, key=abs)
    if rest := first.amount_minor - amount:
        queue.appendleft(msgspec.structs.replace(first, amount_minor=rest))
    return msgspec.structs.replace(first, amount_minor=amount)


def _netted(items: Sequence[Open], drawn_on: Collection[str]) -> Iterator[Open]:
    """Where a line of the bank held both, what a route's buyers got back lessens what they paid, the oldest first."""
    for route_id in dict.fromkeys(item.route_id for item in items):
        of_route = [item for item in items if item.route_id == route_id]
        paid, back = (deque(_by_day(of_route, sign)) for sign in (1, -1))
        while paid and back and route_id in drawn_on:
            amount = min(paid[0].amount_minor, -back[0].amount_minor)
            _part(paid, amount)
            _part(back, -amount)
        yield from (*paid, *back)


def _without(items: Sequence[Open], answered: Sequence[Open]) -> list[Open]:
    """The items less the answered ones; equal items count one by one."""
    left = list(items)
    gone: dict[Open, int] = defaultdict(int)
    for item in answered:
        gone[item] += 1
    kept = []
    for item in left:
        if gone[item]:
            gone[item] -= 1
        else:
            kept.append(item)
    return kept
