"""Pure: the clearing account explained: opening + in - out = closing, with every open cent's age and reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from bridge.drift.chart import Purpose
from bridge.drift.setoff import (
    BANK,
    CARD,
    CARDS,
    CARRIED_IN,
    CHANGED,
    CHARGED,
    DAY,
    DEPOSIT,
    FAILED,
    FEES,
    LACKING,
    OPENING,
    PAYOUT,
    SETTLEMENT,
    TAKEN,
    TOTAL,
    Move,
    Open,
    Pair,
    set_off_bank,
    set_off_ours,
    set_off_theirs,
)
from bridge.drift.words import kind
from bridge.store.api import ClearingMove

LATE_AFTER_DAYS = 10
# Amounts of one day and kind are one line of the explanation.
OF_A_DAY = (CHARGED, TAKEN, CHANGED, FEES)
# What a payout is made of: the payments in it, its fees, its transfer.
OF_A_PAYOUT = (CHARGED, FEES, BANK)
REASONS = {
    OPENING: "as stated on the route",
    CARD: "taken by the channel from the seller's card: code the card's bank-feed line to this account",
    CARRIED_IN: "a debt that no settlement known to bridge left open",
    FAILED: "a payout that came back after its transfer was posted: reverse the transfer, or code its return here",
    DEPOSIT: "a deposit outside the settlement: code its bank-feed line to this account",
    CHARGED: "paid by buyers, less what was paid back, and in no payout that is booked yet",
    TAKEN: "by a gateway whose payouts bridge does not read: open until the bank's line is coded to this account",
    CHANGED: "changed by the channel since; the correction is not in the ledger yet",
    CARDS: "owed to those who hold gift cards and store credit, until they redeem them",
    FEES: "taken or given by the channel outside its payouts",
}
TITLES = {
    OPENING: "opening balance",
    CHARGED: "payments of {}",
    TAKEN: "payments of {}",
    CHANGED: "payments of {}, as they were",
    CARDS: "gift cards and store credit",
    FEES: "fees and adjustments of {}",
}
UNTOLD = "paid out by the channel: its bank-feed line is not coded to this account yet"
OWED = "owed to the channel: the next settlement carries it in"
TAKEN_BACK = "taken back by the channel: code its bank-feed line to this account"
NO_TOTAL = "moved to the bank without a settlement's total behind it"
NOT_THERE = "payments or fees of it that are not in the ledger yet"
UNMATCHED = "rows of it that no booked payment matches: bring in the orders they belong to"
BY_HAND = "changed by hand in the ledger"
OTHER_ROUTE = "posted by bridge for another route"


class Leg(msgspec.Struct, frozen=True):
    """One posting of ours on the clearing account, in the ledger, or a part of it: debit positive, minor units.

    group: its settlement, payout of buyers' money, or day. called: which of these that is.
    what:  what its object is called when it is not there.
    """

    route_id: str
    entry_id: str
    group: str
    booked_on: date
    kind: str
    amount_minor: int
    what: str = ""
    called: str = SETTLEMENT


class Payout(msgspec.Struct, frozen=True):
    """Where the transfer of a settlement stands that is not in the ledger. is_coming: bridge will still post it.

    has_failed: it came back, and the channel pays it again with another.
    """

    words: str
    is_coming: bool
    has_failed: bool = False


class Due(msgspec.Struct, frozen=True):
    """What a payout of buyers' money comes to, and when. is_matched: its payments and fees in the books make it up."""

    total_minor: int
    since: date
    is_matched: bool


class OpenItem(msgspec.Struct, frozen=True):
    """Money that stands in the account, since when, and why. is_late: a payout nobody will post by itself.

    ref: of the ledger's object that is not ours and moved it; else empty.
    """

    what: str
    since: date
    age_days: int
    amount_minor: int
    reason: str
    is_late: bool = False
    ref: str = ""


class SettledByHand(msgspec.Struct, frozen=True):
    """An amount of ours whose other half somebody else posted, as the report asks; no longer open."""

    what: str
    amount_minor: int
    by: str
    ref: str
    on: date


class Clearing(msgspec.Struct, frozen=True):
    """One clearing account in one currency: opening + in - out = closing, compared with the ledger's own balance.

    in_minor, out_minor: both positive. closing_minor: what the moves that were read add up to.
    balance_minor: what the ledger says; None where it says nothing that can be compared. The items add up to
    ``closing_minor``; ``unexplained_minor`` is balance - closing and is never hidden.
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
    purpose: Purpose = Purpose.SETTLEMENTS

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
    purpose: Purpose = Purpose.SETTLEMENTS


class Known(msgspec.Struct, frozen=True):
    """What is known beside the moves themselves.

    route_id: the route that is checked; others may share the account.
    faults:  what happened to an entry's object, by entry id. others: why a stranger's object stands there and
             whether it may settle something of ours, by ref. payouts: by (route, group), those not in the ledger.
    dues:    payouts of buyers' money that are in the books, by (route, group).
    """

    route_id: str
    faults: Mapping[str, str]
    others: Mapping[str, tuple[str, bool]]
    payouts: Mapping[tuple[str, str], Payout]
    dues: Mapping[tuple[str, str], Due] = {}


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
    left = set_off_ours([opening, *_opened(legs, known, account.purpose)])
    set_off = set_off_bank if account.purpose is Purpose.BANK else set_off_theirs
    left, strange, pairs = set_off(left, [_move(move, known) for move in theirs])
    items += [_item(_title(one), one.since, one.amount_minor, *_reason(one, known, today), today) for one in left]
    items += [_item(move.title, move.on, move.amount_minor, move.reason, False, today, move.ref) for move in strange]
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
        purpose=account.purpose,
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
        what = f"{shown[0].type} {shown[0].number or shown[0].ref}" if shown else first[entry_id].what
        since = shown[0].dated_on if shown else first[entry_id].booked_on
        yield _item(what, since, off, faults.get(entry_id, BY_HAND), False, today)


def _opened(legs: Sequence[Leg], known: Known, purpose: Purpose) -> Iterator[Open]:
    """Our legs as amounts that wait for their other half.

    A total less what its transfer took; a payout's payments and fees less its transfer; payments of one day; all gift
    cards together; the rest one by one.
    """
    groups: dict[tuple[str, str], list[Leg]] = defaultdict(list)
    days: dict[tuple[str, str, date], int] = defaultdict(int)
    first = min((leg.booked_on for leg in legs), default=date.max)
    for leg in legs:
        if purpose is Purpose.CARDS:
            days[leg.route_id, CARDS, first] += leg.amount_minor
        elif leg.kind in OF_A_PAYOUT if leg.called == PAYOUT else leg.kind in (TOTAL, BANK):
            groups[leg.route_id, leg.group].append(leg)
        elif leg.kind in OF_A_DAY:
            days[leg.route_id, leg.kind, leg.booked_on] += leg.amount_minor
        else:
            yield Open(leg.route_id, leg.group, leg.kind, leg.booked_on, leg.amount_minor, called=leg.called)
    for (route_id, what, day), amount in days.items():
        yield Open(route_id, day.isoformat(), what, day, amount)
    for key, of_group in groups.items():
        if of_group[0].called == PAYOUT:
            yield from _payout_opened(key, of_group, known)
        else:
            yield _total_opened(key, of_group, known.payouts.get(key))


def _total_opened(key: tuple[str, str], of_group: Sequence[Leg], payout: Payout | None) -> Open:
    has_total = any(leg.kind == TOTAL for leg in of_group)
    return Open(
        *key,
        kind=TOTAL if has_total else BANK,
        since=min(leg.booked_on for leg in of_group if not has_total or leg.kind == TOTAL),
        amount_minor=sum(leg.amount_minor for leg in of_group),
        awaits_ours=payout is not None and payout.is_coming,
    )


def _payout_opened(key: tuple[str, str], of_group: Sequence[Leg], known: Known) -> Iterator[Open]:
    """What is still to reach the bank, and what of the payout's payments and fees is not in the account."""
    due, payout = known.dues.get(key), known.payouts.get(key)
    there = sum(leg.amount_minor for leg in of_group)
    since = due.since if due else max(leg.booked_on for leg in of_group)
    if any(leg.kind == BANK for leg in of_group):
        wanted = 0
    else:
        wanted = due.total_minor if due and not (payout and payout.has_failed) else there
    awaits_ours = payout is not None and payout.is_coming
    yield Open(*key, kind=TOTAL, since=since, amount_minor=wanted, awaits_ours=awaits_ours, called=PAYOUT)
    yield Open(*key, kind=LACKING, since=since, amount_minor=there - wanted, called=PAYOUT)


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
    key = one.route_id, one.group
    if one.kind == LACKING:
        due = known.dues.get(key)
        return (NOT_THERE if due and due.is_matched else UNMATCHED), False
    if one.kind != TOTAL:
        words = NO_TOTAL if one.kind == BANK else REASONS.get(one.kind, f"booked to clearing as {kind(one.kind)}")
        return words, False
    if one.amount_minor < 0:
        return (TAKEN_BACK if one.called == PAYOUT else OWED), False
    payout = known.payouts.get(key)
    is_ours = one.route_id == known.route_id and not one.awaits_ours
    is_late = is_ours and (today - one.since).days > LATE_AFTER_DAYS
    return (payout.words if payout else UNTOLD), is_late


def _title(one: Open) -> str:
    if one.kind in TITLES:
        return TITLES[one.kind].format(one.group)
    if one.called == DAY:
        return f"{kind(one.kind)} of {one.group}"
    called = f"{one.called} {one.group}"
    return called if one.kind in (TOTAL, BANK, LACKING) else f"{called}: {kind(one.kind)}"


def _item(what: str, since: date, amount: int, reason: str, is_late: bool, today: date, ref: str = "") -> OpenItem:
    return OpenItem(what, since, max((today - since).days, 0), amount, reason, is_late, ref)


def _settled(pair: Pair) -> SettledByHand:
    return SettledByHand(_title(pair.ours), pair.ours.amount_minor, pair.theirs.title, pair.theirs.ref, pair.theirs.on)
