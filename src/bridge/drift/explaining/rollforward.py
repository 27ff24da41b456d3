"""Pure: other accounts of the balance sheet rolled forward: opening + in - out = closing, and what that is made of."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from bridge.drift.explaining.clearing import Leg, edits
from bridge.drift.explaining.explained import Clearing, OpenItem, Part, by_age, in_and_out, open_item
from bridge.drift.explaining.kinds import ITEM, SETTLEMENT, kind
from bridge.drift.explaining.openings import Opening
from bridge.drift.sides import Due, Others, Purpose, Rolled, Snapshot, title
from bridge.model.entries import Purpose as SlotPurpose
from bridge.model.findings import InstructionKind
from bridge.store.api import ClearingMove

OF_OTHERS = "not posted by bridge"
OF_ROUTE = "posted by bridge for route {}"


class Calendar(msgspec.Struct, frozen=True):
    """What says whether an item is there too long. settlements: the last day that each is booked on.

    is_signed_off: whether a person accepted the opening of the route.
    """

    today: date
    settlements: Mapping[str, date]
    is_signed_off: bool

    def is_late(self, item: OpenItem, due: Due) -> bool:
        """Whether an item is there that should be gone."""
        if not item.amount_minor or item.ref:
            return False
        match due:
            case Due.NEXT_SETTLEMENT:
                return any(on > item.since for name, on in self.settlements.items() if name != item.group)
            case Due.SIGN_OFF:
                return self.is_signed_off
            case _:
                return due is Due.AT_ONCE or (due.days is not None and (self.today - item.since).days > due.days)


def calendar_of(now: Snapshot) -> Calendar:
    """The calendar of the checked route."""
    booked = [one for one in now.ours.entries.values() if one.purpose is SlotPurpose.SETTLEMENT]
    settlements: dict[str, date] = {}
    for one in booked:
        settlements[one.slot.group] = max(one.booked_on, settlements.get(one.slot.group, one.booked_on))
    said = now.unit.instructions.of_subject(now.route.opening_subject)
    is_signed_off = any(one.kind is InstructionKind.ACCEPT for one in said)
    return Calendar(now.scope.today, settlements, is_signed_off)


class Rolling(msgspec.Struct, frozen=True):
    """One route's view of one such account in one currency. is_touched: its entries post there.

    orders: what our legs come to order by order, where that is known. moves: all that were read, of a busy account the
    route's own and what is set against them. names: of routes, by id, see ``Scope``. balance_minor: as the ledger
    tells; None where it tells none.
    """

    account: Rolled
    currency: str
    route_id: str
    names: Mapping[str, str]
    opening: Opening
    balance_minor: int | None
    calendar: Calendar
    legs: Sequence[Leg]
    moves: Sequence[ClearingMove]
    faults: Mapping[str, str]
    is_touched: bool
    orders: tuple[OpenItem, ...] = ()


def roll_forward(rolling: Rolling) -> Clearing:
    """Roll one account forward from what it held before, as a person agreed; else it held nothing.

    Of an account where others post every day only the route's own entries are told, and what others set against them;
    compared is what the ledger says is unpaid of our documents, where it does. One that the route leaves alone is told
    as its part, which is nothing.
    """
    is_busy, today = rolling.account.purpose is Purpose.BUSY, rolling.calendar.today
    amounts: dict[str, list[int]] = defaultdict(list)
    for move in rolling.moves:
        amounts[move.route_id].append(move.amount_minor)
    opening = 0 if is_busy else rolling.opening.minor
    changed = sum(item.amount_minor for item in edits(rolling.legs, _shown(rolling), rolling.faults, today))
    off = {rolling.route_id: changed} if changed else {}
    parts = tuple(
        Part(name, 0, *in_and_out(amounts[name]), changed_minor=off.get(name, 0))
        for name in sorted(amounts.keys() | off.keys())
        if name
    )
    into, out = in_and_out([minor for minors in amounts.values() for minor in minors])
    items = tuple(_open_documents(rolling) if is_busy else _items(rolling, parts))
    documents = sum(item.amount_minor for item in items) if items or _tells_open(rolling.moves) else None
    names = sorted(rolling.names[name] for name in {*(part.route_id for part in parts), rolling.route_id})
    forward = Clearing(
        account=title(rolling.account.account),
        currency=rolling.currency,
        opening_minor=opening,
        in_minor=into,
        out_minor=out,
        closing_minor=opening + into - out,
        balance_minor=documents if is_busy else rolling.balance_minor,
        items=by_age(items),
        purpose=rolling.account.purpose,
        parts=parts,
        sharing=tuple(names) if len(names) > 1 and rolling.is_touched else (),
        side=rolling.account.side,
        account_id=rolling.account.account.ledger_id,
        holding=rolling.account.holding,
    )
    return forward if rolling.is_touched or not parts else forward.of_route(rolling.route_id)


def _tells_open(moves: Iterable[ClearingMove]) -> bool:
    """Whether the ledger tells what of our documents is unpaid."""
    return any(move.open_minor is not None and move.route_id for move in moves)


def _open_documents(rolling: Rolling) -> Iterator[OpenItem]:
    """What is unpaid of our documents, as the ledger tells of each.

    Where what was set against one leaves less, that counts: it came after the document had been read.
    """
    today, own = rolling.calendar.today, rolling.route_id
    answered: dict[str, int] = defaultdict(int)
    for move in rolling.moves:
        if len(move.settles) == 1:
            answered[move.settles[0]] += move.amount_minor
    for move in rolling.moves:
        if move.route_id and move.open_minor:
            told = move.open_minor if move.amount_minor > 0 else -move.open_minor
            minor = min(told, move.amount_minor + answered[move.ref], key=abs)
            yield open_item(move.called, move.dated_on, minor, "an open document of ours", today, route_id=own)


def _items(rolling: Rolling, parts: Iterable[Part]) -> Iterator[OpenItem]:
    """What it is made of: ours piece by piece, the rest of other routes in one sum each, and each entry of others.

    Where people rightly take out what it holds, their entries answer the oldest of it, and what is left is told.
    """
    today = rolling.calendar.today
    held = [*_opening(rolling), *_ours(rolling), *_of_routes(rolling, parts)]
    strange = [
        open_item(move.called, move.dated_on, move.amount_minor, OF_OTHERS, today, ref=move.ref)
        for move in rolling.moves
        if not move.route_id
    ]
    if rolling.account.holding.others is Others.SETTLE:
        total = sum(item.amount_minor for item in held)
        taken = [item for item in strange if item.amount_minor * total < 0]
        strange = [item for item in strange if item not in taken]
        held = list(_oldest_first([*held, *taken])) if taken else held
    for item in held:
        is_late = rolling.calendar.is_late(item, rolling.account.holding.due)
        yield msgspec.structs.replace(item, late_minor=item.amount_minor if is_late else 0)
    yield from _by_hand(rolling)
    yield from strange


def _opening(rolling: Rolling) -> Iterator[OpenItem]:
    minor, since = rolling.opening.minor, rolling.opening.since
    if minor and since:
        yield open_item("opening balance", since, minor, rolling.opening.words, rolling.calendar.today)


def _of_routes(rolling: Rolling, parts: Iterable[Part]) -> Iterator[OpenItem]:
    for part in parts:
        if part.route_id != rolling.route_id:
            reason = OF_ROUTE.format(rolling.names[part.route_id])
            first = min(move.dated_on for move in rolling.moves if move.route_id == part.route_id)
            what, minor = "entries of that route", part.closing_minor
            yield open_item(what, first, minor, reason, rolling.calendar.today, route_id=part.route_id)


def _shown(rolling: Rolling) -> dict[str, list[ClearingMove]]:
    """What our entries' objects do to the account now, by entry."""
    shown: dict[str, list[ClearingMove]] = defaultdict(list)
    for move in rolling.moves:
        if move.route_id == rolling.route_id:
            shown[move.entry_id].append(move)
    return shown


def _ours(rolling: Rolling) -> Iterator[OpenItem]:
    """What our entries put there and did not take out again, as they were told."""
    pieces = rolling.orders or _pieces(rolling.legs)
    is_by_piece = rolling.orders or rolling.account.purpose is Purpose.ZERO
    for piece in pieces if is_by_piece else _oldest_first(pieces):
        age = max((rolling.calendar.today - piece.since).days, 0)
        yield msgspec.structs.replace(piece, age_days=age, route_id=rolling.route_id)


def _by_hand(rolling: Rolling) -> Iterator[OpenItem]:
    """Where our entries do something else there now than they were told."""
    told, shown, today = {leg.entry_id for leg in rolling.legs}, _shown(rolling), rolling.calendar.today
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
            group=of_group[0].group,
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
