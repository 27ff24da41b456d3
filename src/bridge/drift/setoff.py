"""Pure: which amounts on a clearing account are two halves of one thing, and so no longer open."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

TOTAL, BANK, OPENING = "settlement.total", "bank", "opening"
CARRIED_IN, CARD, FAILED, DEPOSIT = "balance.carried_in", "balance.paid", "payout.failed", "payout"
# What takes up an earlier total again, and what a person may post the other half of.
RESUMES = (CARRIED_IN, FAILED)
BY_HAND = (CARD, DEPOSIT, FAILED, OPENING)


class Open(msgspec.Struct, frozen=True):
    """An amount of ours on the account. awaits_ours: its other half is a voucher of ours that is still to come."""

    route_id: str
    group: str
    kind: str
    since: date
    amount_minor: int
    awaits_ours: bool = False


class Move(msgspec.Struct, frozen=True):
    """What one object of others does to the account. may_settle: it may be the other half of something of ours."""

    ref: str
    title: str
    on: date
    amount_minor: int
    reason: str
    may_settle: bool


class Pair(msgspec.Struct, frozen=True):
    """An amount of ours and the move of others that answers it."""

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
        opposite = earlier[-1:] or [one for one in openings if one.amount_minor == -item.amount_minor]
        for other in opposite:
            (totals if other.kind == TOTAL else openings).remove(other)
            answered += [item, other]
    return _without(items, answered)


def set_off_theirs(items: Sequence[Open], moves: Iterable[Move]) -> tuple[list[Open], list[Move], list[Pair]]:
    """What stays open of both sides, and the pairs: a move answers the open amount opposite to it nearest in time."""
    by_amount: dict[int, list[Open]] = defaultdict(list)
    for item in items:
        if item.amount_minor and not item.awaits_ours and (item.kind in BY_HAND or item.kind == TOTAL):
            by_amount[item.amount_minor].append(item)
    pairs: list[Pair] = []
    left: list[Move] = []
    for move in moves:
        fits = by_amount[-move.amount_minor] if move.may_settle and move.amount_minor else []
        if fits:
            nearest = min(fits, key=lambda item: abs((item.since - move.on).days))
            fits.remove(nearest)
            pairs.append(Pair(nearest, move))
        else:
            left.append(move)
    return _without(items, [pair.ours for pair in pairs]), left, pairs


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
