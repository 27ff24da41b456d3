"""Pure: other accounts of the balance sheet rolled forward: opening + in - out = closing, and what that is made of."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from bridge.drift.explaining.clearing import Leg, edits
from bridge.drift.explaining.explained import Clearing, OpenItem, Part, by_age, in_and_out, open_item
from bridge.drift.explaining.kinds import ITEM, SETTLEMENT, kind
from bridge.drift.sides import Purpose, Rolled, title
from bridge.store.api import ClearingMove

BEFORE = "stood there before {}, or came by entries dated earlier"
OF_OTHERS = "not posted by bridge"
OF_ROUTE = "posted by bridge for route {}"


class Rolling(msgspec.Struct, frozen=True):
    """One route's view of one such account in one currency. is_touched: its entries post there.

    orders: what our legs come to order by order, where that is known. moves: all that were read, of a busy account the
    route's own. names: of routes, by id. balance_minor: as the ledger tells; None where it tells none.
    """

    account: Rolled
    currency: str
    route_id: str
    names: Mapping[str, str]
    since_on: date
    balance_minor: int | None
    legs: Sequence[Leg]
    moves: Sequence[ClearingMove]
    faults: Mapping[str, str]
    is_touched: bool
    orders: tuple[OpenItem, ...] = ()


def roll_forward(rolling: Rolling, today: date) -> Clearing:
    """Roll one account forward. What stood there before is what the ledger's balance says beyond all that was read.

    Of an account where others post every day only the route's own entries are told, and nothing is compared. One that
    the route leaves alone is told as its part, which is nothing.
    """
    is_busy = rolling.account.purpose is Purpose.BUSY
    moves = rolling.moves
    amounts: dict[str, list[int]] = defaultdict(list)
    for move in moves:
        amounts[move.route_id].append(move.amount_minor)
    read = sum(map(sum, amounts.values()))
    opening = 0 if rolling.balance_minor is None or is_busy else rolling.balance_minor - read
    changed = sum(item.amount_minor for item in edits(rolling.legs, _shown(rolling), rolling.faults, today))
    off = {rolling.route_id: changed} if changed else {}
    parts = tuple(
        Part(name, 0, *in_and_out(amounts[name]), changed_minor=off.get(name, 0))
        for name in sorted(amounts.keys() | off.keys())
        if name
    )
    into, out = in_and_out([minor for minors in amounts.values() for minor in minors])
    items = () if is_busy else _items(rolling, moves, parts, opening, today)
    names = sorted(rolling.names[name] for name in {*(part.route_id for part in parts), rolling.route_id})
    forward = Clearing(
        account=title(rolling.account.account),
        currency=rolling.currency,
        opening_minor=opening,
        in_minor=into,
        out_minor=out,
        closing_minor=opening + into - out,
        balance_minor=None if is_busy else rolling.balance_minor,
        items=by_age(items),
        purpose=rolling.account.purpose,
        parts=parts,
        sharing=tuple(names) if len(names) > 1 and rolling.is_touched else (),
        side=rolling.account.side,
        account_id=rolling.account.account.ledger_id,
    )
    return forward if rolling.is_touched or not parts else forward.of_route(rolling.route_id)


def _items(
    rolling: Rolling, moves: Sequence[ClearingMove], parts: Iterable[Part], opening: int, today: date
) -> Iterator[OpenItem]:
    """What it is made of: ours piece by piece, the rest of other routes in one sum each, and each entry of others."""
    since = rolling.since_on
    yield open_item("opening balance", since, opening, BEFORE.format(since), today)
    yield from _ours(rolling, today)
    for part in parts:
        if part.route_id != rolling.route_id:
            reason = OF_ROUTE.format(rolling.names[part.route_id])
            first = min(move.dated_on for move in moves if move.route_id == part.route_id)
            what, minor = "entries of that route", part.closing_minor
            yield open_item(what, first, minor, reason, today, route_id=part.route_id)
    for move in moves:
        if not move.route_id:
            yield open_item(move.called, move.dated_on, move.amount_minor, OF_OTHERS, today, ref=move.ref)


def _shown(rolling: Rolling) -> dict[str, list[ClearingMove]]:
    """What our entries' objects do to the account now, by entry."""
    shown: dict[str, list[ClearingMove]] = defaultdict(list)
    for move in rolling.moves:
        if move.route_id == rolling.route_id:
            shown[move.entry_id].append(move)
    return shown


def _ours(rolling: Rolling, today: date) -> Iterator[OpenItem]:
    told, shown = {leg.entry_id for leg in rolling.legs}, _shown(rolling)
    pieces = rolling.orders or _pieces(rolling.legs)
    is_by_piece = rolling.orders or rolling.account.purpose is Purpose.ZERO
    for piece in pieces if is_by_piece else _oldest_first(pieces):
        yield open_item(piece.what, piece.since, piece.amount_minor, piece.reason, today, route_id=rolling.route_id)
    yield from edits(rolling.legs, shown, rolling.faults, today)
    for entry_id, several in shown.items():
        for move in several if entry_id not in told else ():
            reason = rolling.faults.get(entry_id, "posted by bridge for an entry that was replaced since")
            yield open_item(move.called, move.dated_on, move.amount_minor, reason, today, route_id=rolling.route_id)


def _pieces(legs: Iterable[Leg]) -> list[OpenItem]:
    """Our postings: of a settlement in one sum, of days and orders in one sum a month."""
    groups: dict[str, list[Leg]] = defaultdict(list)
    for leg in legs:
        groups[_piece(leg)].append(leg)
    return [
        OpenItem(
            what=name,
            since=min(leg.booked_on for leg in of_group),
            age_days=0,
            amount_minor=sum(leg.amount_minor for leg in of_group),
            reason=", ".join(sorted({kind(leg.kind) for leg in of_group})),
        )
        for name, of_group in groups.items()
    ]


def _piece(leg: Leg) -> str:
    if leg.kind == ITEM:
        return leg.group
    return f"settlement {leg.group}" if leg.called == SETTLEMENT else f"{leg.booked_on:%Y-%m}"


def _oldest_first(pieces: Iterable[OpenItem]) -> Iterator[OpenItem]:
    """What goes out takes from what came in, the oldest first; what is left of either is what the account holds."""
    queues = {sign: deque[OpenItem]() for sign in (1, -1)}
    for piece in sorted(pieces, key=lambda piece: (piece.since, piece.what)):
        queues[1 if piece.amount_minor > 0 else -1].append(piece)
    while queues[1] and queues[-1]:
        amount = min(queues[1][0].amount_minor, -queues[-1][0].amount_minor)
        for sign, queue in queues.items():
            rest = queue[0].amount_minor - sign * amount
            first = queue.popleft()
            if rest:
                queue.appendleft(msgspec.structs.replace(first, amount_minor=rest))
    yield from (*queues[1], *queues[-1])
