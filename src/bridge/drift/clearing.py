"""Pure: the clearing account explained: opening + in - out = closing, with every open cent's age and reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from bridge.drift.setoff import (
    BANK,
    CARD,
    CARRIED_IN,
    DEPOSIT,
    FAILED,
    OPENING,
    TOTAL,
    Move,
    Open,
    Pair,
    set_off_ours,
    set_off_theirs,
)
from bridge.drift.words import kind
from bridge.store.api import ClearingMove

LATE_AFTER_DAYS = 10
REASONS = {
    OPENING: "as stated on the route",
    CARD: "taken by the channel from the seller's card: code the card's bank-feed line to this account",
    CARRIED_IN: "a debt that no settlement known to bridge left open",
    FAILED: "a payout that came back after its transfer was posted: reverse the transfer, or code its return here",
    DEPOSIT: "a deposit outside the settlement: code its bank-feed line to this account",
}
UNTOLD = "paid out by the channel: its bank-feed line is not coded to this account yet"
OWED = "owed to the channel: the next settlement carries it in"
NO_TOTAL = "moved to the bank without a settlement's total behind it"
BY_HAND = "changed by hand in the ledger"
OTHER_ROUTE = "posted by bridge for another route"


class Leg(msgspec.Struct, frozen=True):
    """One posting of ours on the clearing account, in the ledger: debit positive, minor units."""

    route_id: str
    entry_id: str
    group: str
    booked_on: date
    kind: str
    amount_minor: int


class Payout(msgspec.Struct, frozen=True):
    """Where the transfer of a settlement stands that is not in the ledger. is_coming: bridge will still post it."""

    words: str
    is_coming: bool


class OpenItem(msgspec.Struct, frozen=True):
    """Money that stands in the account, since when, and why. is_late: a payout nobody will post by itself."""

    what: str
    since: date
    age_days: int
    amount_minor: int
    reason: str
    is_late: bool = False


class SettledByHand(msgspec.Struct, frozen=True):
    """An amount of ours whose other half somebody else posted, as the report asks; no longer open."""

    what: str
    amount_minor: int
    by: str
    ref: str
    on: date


class Clearing(msgspec.Struct, frozen=True):
    """One clearing account: opening + in - out = closing, compared with the ledger's own balance.

    in_minor, out_minor: both positive. closing_minor: what the moves that were read add up to.
    balance_minor: what the ledger says; None where it says nothing. The items add up to ``closing_minor``;
    ``unexplained_minor`` is balance - closing and is never hidden.
    """

    account: str
    currency: str
    opening_minor: int
    in_minor: int
    out_minor: int
    closing_minor: int
    balance_minor: int | None
    items: tuple[OpenItem, ...]
    settled: tuple[SettledByHand, ...] = ()

    @property
    def unexplained_minor(self) -> int:
        return 0 if self.balance_minor is None else self.balance_minor - self.closing_minor


class Account(msgspec.Struct, frozen=True):
    """The account to explain, as the ledger and the route state it."""

    title: str
    currency: str
    opening_minor: int
    opened_on: date
    balance_minor: int | None


class Known(msgspec.Struct, frozen=True):
    """What is known beside the moves themselves.

    route_id: the route that is checked; others may share the account.
    faults:  what happened to an entry's object, by entry id. others: why a stranger's object stands there and
             whether it may settle something of ours, by ref. payouts: by (route, group), those not in the ledger.
    """

    route_id: str
    faults: Mapping[str, str]
    others: Mapping[str, tuple[str, bool]]
    payouts: Mapping[tuple[str, str], Payout]


def explain(
    account: Account, legs: Sequence[Leg], moves: Iterable[ClearingMove], known: Known, *, today: date
) -> Clearing:
    """Explain one clearing account from our legs that are in the ledger and what the ledger shows now.

    legs: of entries whose objects were seen, or are known to be gone; no others.
    Complexity: n log n in legs and moves of this one account.
    """
    ours, theirs = _parted(legs, moves)
    amounts = [move.amount_minor for of_entry in ours.values() for move in of_entry]
    amounts += [move.amount_minor for move in theirs]
    items = list(_edits(legs, ours, known.faults, today))
    opening = Open("", "", OPENING, account.opened_on, account.opening_minor)
    left = set_off_ours([opening, *_opened(legs, known.payouts)])
    left, strange, pairs = set_off_theirs(left, [_move(move, known) for move in theirs])
    items += [_item(_title(one), one.since, one.amount_minor, *_reason(one, known, today), today) for one in left]
    items += [_item(move.title, move.on, move.amount_minor, move.reason, False, today) for move in strange]
    into, out = sum(a for a in amounts if a > 0), -sum(a for a in amounts if a < 0)
    return Clearing(
        account=account.title,
        currency=account.currency,
        opening_minor=account.opening_minor,
        in_minor=into,
        out_minor=out,
        closing_minor=account.opening_minor + into - out,
        balance_minor=account.balance_minor,
        items=tuple(sorted((item for item in items if item.amount_minor), key=lambda item: (item.since, item.what))),
        settled=tuple(map(_settled, pairs)),
    )


def _parted(
    legs: Iterable[Leg], moves: Iterable[ClearingMove]
) -> tuple[dict[str, list[ClearingMove]], list[ClearingMove]]:
    """The moves of our entries, by entry, and all others."""
    entries = {leg.entry_id for leg in legs}
    ours: dict[str, list[ClearingMove]] = defaultdict(list)
    theirs = []
    for move in moves:
        if move.entry_id in entries:
            ours[move.entry_id].append(move)
        else:
            theirs.append(move)
    return ours, theirs


def _edits(
    legs: Sequence[Leg], ours: Mapping[str, Sequence[ClearingMove]], faults: Mapping[str, str], today: date
) -> Iterator[OpenItem]:
    """Where an entry of ours does something else to the account now than it was booked to do."""
    expected: dict[str, int] = defaultdict(int)
    first: dict[str, Leg] = {}
    for leg in legs:
        expected[leg.entry_id] += leg.amount_minor
        first.setdefault(leg.entry_id, leg)
    for entry_id, amount in expected.items():
        shown = ours.get(entry_id, ())
        off = sum(move.amount_minor for move in shown) - amount
        called = "payout of settlement" if first[entry_id].kind == BANK else "settlement"
        what = f"{shown[0].type} {shown[0].number or shown[0].ref}" if shown else f"{called} {first[entry_id].group}"
        since = shown[0].dated_on if shown else first[entry_id].booked_on
        yield _item(what, since, off, faults.get(entry_id, BY_HAND), False, today)


def _opened(legs: Sequence[Leg], payouts: Mapping[tuple[str, str], Payout]) -> Iterator[Open]:
    """Our legs as amounts that wait for their other half: a total less what its transfer took, the rest one by one."""
    totals: dict[tuple[str, str], list[Leg]] = defaultdict(list)
    for leg in legs:
        if leg.kind in (TOTAL, BANK):
            totals[leg.route_id, leg.group].append(leg)
        else:
            yield Open(leg.route_id, leg.group, leg.kind, leg.booked_on, leg.amount_minor)
    for (route_id, group), of_group in totals.items():
        has_total = any(leg.kind == TOTAL for leg in of_group)
        since = min(leg.booked_on for leg in of_group if not has_total or leg.kind == TOTAL)
        payout = payouts.get((route_id, group))
        yield Open(
            route_id=route_id,
            group=group,
            kind=TOTAL if has_total else BANK,
            since=since,
            amount_minor=sum(leg.amount_minor for leg in of_group),
            awaits_ours=payout is not None and payout.is_coming,
        )


def _move(move: ClearingMove, known: Known) -> Move:
    fault = known.faults.get(move.entry_id, OTHER_ROUTE) if move.entry_id else ""
    reason, may_settle = known.others.get(move.ref, ("not posted by bridge", False))
    return Move(
        ref=move.ref,
        title=f"{move.type} {move.number or move.ref}",
        on=move.dated_on,
        amount_minor=move.amount_minor,
        reason=fault or reason,
        may_settle=may_settle and not move.entry_id,
    )


def _reason(one: Open, known: Known, today: date) -> tuple[str, bool]:
    """Why an amount of ours is open, and whether it is a payout that is late."""
    if one.kind != TOTAL:
        return (
            NO_TOTAL if one.kind == BANK else REASONS.get(one.kind, f"booked to clearing as {kind(one.kind)}")
        ), False
    if one.amount_minor < 0:
        return OWED, False
    payout = known.payouts.get((one.route_id, one.group))
    is_ours = one.route_id == known.route_id and not one.awaits_ours
    is_late = is_ours and (today - one.since).days > LATE_AFTER_DAYS
    return (payout.words if payout else UNTOLD), is_late


def _title(one: Open) -> str:
    if one.kind == OPENING:
        return "opening balance"
    return f"settlement {one.group}" if one.kind in (TOTAL, BANK) else f"settlement {one.group}: {kind(one.kind)}"


def _item(what: str, since: date, amount: int, reason: str, is_late: bool, today: date) -> OpenItem:
    return OpenItem(what, since, max((today - since).days, 0), amount, reason, is_late)


def _settled(pair: Pair) -> SettledByHand:
    return SettledByHand(_title(pair.ours), pair.ours.amount_minor, pair.theirs.title, pair.theirs.ref, pair.theirs.on)
