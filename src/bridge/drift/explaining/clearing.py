"""Pure: the clearing account explained: opening + in - out = closing, with every open cent's age and reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain

import msgspec

from bridge.drift.comparing import BankLine
from bridge.drift.explaining import kinds
from bridge.drift.explaining.explained import Clearing, OpenItem, Part, SettledByHand, by_age, in_and_out, open_item
from bridge.drift.explaining.kinds import (
    BANK,
    CARDS,
    CHANGED,
    CHARGED,
    DAY,
    DIFFERENCE,
    FEES,
    ITEM,
    LACKING,
    OPENING,
    PAYOUT,
    SETTLEMENT,
    STATED,
    TAKEN,
    TOTAL,
)
from bridge.drift.explaining.setoff import Move, Open, Pair, set_off_bank, set_off_ours, set_off_theirs
from bridge.drift.sides import Purpose
from bridge.model.connections import TenderClass
from bridge.model.entries import EXCHANGE
from bridge.model.periods import bank_days
from bridge.model.tenders import LATE_AFTER
from bridge.store.api import ClearingMove

# Amounts of one day and kind are one line of the explanation.
OF_A_DAY = (CHARGED, TAKEN, CHANGED, FEES)
# What a payout is made of: the payments in it, what a conversion took of them, its fees, its transfer.
OF_A_PAYOUT = (CHARGED, EXCHANGE, FEES, BANK)
_PAID_BACK = ", paid back"
CLASSES: Mapping[Purpose, TenderClass] = {Purpose.MANUAL: TenderClass.MANUAL, Purpose.WALLET: TenderClass.WALLET}


class Leg(msgspec.Struct, frozen=True):
    """One posting of ours on the clearing account, in the ledger, or a part of it: debit positive, minor units.

    group: its settlement, payout of buyers' money, or day. called: which of these that is.
    what:  what its object is called when it is not there.
    order: whose payment it is, by the channel's id, where each waits for a line of its own; else empty.
    is_fee: what a gateway kept for itself, as bridge booked it.
    """

    route_id: str
    entry_id: str
    group: str
    booked_on: date
    kind: str
    amount_minor: int
    what: str = ""
    called: str = SETTLEMENT
    order: str = ""
    is_fee: bool = False


class Payout(msgspec.Struct, frozen=True):
    """Where the transfer of a settlement stands that is not in the ledger. is_coming: bridge will still post it.

    has_failed: it came back, and the channel pays it again with another.
    """

    words: str
    is_coming: bool
    has_failed: bool = False


class Due(msgspec.Struct, frozen=True):
    """What a settlement, or a payout of buyers' money, comes to, in which currency, and its deposit date.

    is_matched: the payments and fees in the books make the payout up.
    """

    total_minor: int
    since: date
    is_matched: bool
    currency: str


class Account(msgspec.Struct, frozen=True):
    """The account to explain, as the ledger and its routes state it. openings: by route, what it held that day."""

    title: str
    currency: str
    openings: Mapping[str, tuple[date, int]]
    balance_minor: int | None
    purpose: Purpose = Purpose.SETTLEMENTS


class Known(msgspec.Struct, frozen=True):
    """What is known beside the moves themselves.

    faults:  what happened to an entry's object, by entry id. others: why a stranger's object stands there and
             which line of the bank it is, by ref. payouts: by (route, group), those not in the ledger.
    dues:    settlements, and payouts of buyers' money that are in the books, by (route, group).
    """

    faults: Mapping[str, str]
    others: Mapping[str, tuple[str, BankLine | None]]
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
    changed = list(edits(legs, ours, known.faults, today))
    openings = list(_stated(account, legs))
    answers = frozenset(-move.amount_minor for move in theirs)
    left = set_off_ours([*openings, *_opened(legs, known, account.purpose, answers)])
    left, strange, alone = set_off_theirs(left, [_move(move, known) for move in theirs])
    set_off = set_off_bank if account.purpose.is_answered_by_lines else set_off_theirs
    left, strange, pairs = set_off(_netted_by_order(left), strange)
    pairs = [*alone, *pairs]
    items = [*changed, *_judged(left, account.purpose, known, today)]
    items += [_strange(move, today) for move in strange]
    opened, fees = _of_openings(legs), _fees(legs)
    amounts = [move.amount_minor for name, of_entry in ours.items() if name not in opened for move in of_entry]
    amounts += [move.amount_minor for move in theirs]
    opening = sum(minor for _, minor in account.openings.values())
    opening += sum(move.amount_minor for name in opened for move in ours.get(name, ()))
    into, out = in_and_out(amounts)
    return Clearing(
        account=account.title,
        currency=account.currency,
        opening_minor=opening,
        in_minor=into,
        out_minor=out,
        closing_minor=opening + into - out,
        balance_minor=account.balance_minor,
        items=by_age(items),
        settled=tuple(_settled(pair, fees) for pair in pairs),
        purpose=account.purpose,
        parts=tuple(_parts(account, legs, (*theirs, *chain(*ours.values())), changed, pairs)),
    )


def _parts(
    account: Account,
    legs: Iterable[Leg],
    moves: Iterable[ClearingMove],
    changed: Iterable[OpenItem],
    pairs: Iterable[Pair],
) -> Iterator[Part]:
    """What each route brings: its own entries, whole or not, and what others posted against them."""
    routes, opened = {leg.entry_id: leg.route_id for leg in legs}, _of_openings(legs)
    amounts: dict[str, list[int]] = defaultdict(list)
    openings = {route_id: minor for route_id, (_, minor) in account.openings.items()}
    for move in moves:
        route_id = routes.get(move.entry_id, move.route_id)
        if move.entry_id in opened:
            openings[route_id] = openings.get(route_id, 0) + move.amount_minor
        elif route_id:
            amounts[route_id].append(move.amount_minor)
    for pair in pairs:
        amounts[pair.ours.route_id].append(-pair.ours.amount_minor)
    off: dict[str, int] = defaultdict(int)
    for item in changed:
        off[item.route_id] += item.amount_minor
    for route_id in sorted(amounts.keys() | off.keys() | openings.keys()):
        opening = openings.get(route_id, 0)
        yield Part(route_id, opening, *in_and_out(amounts[route_id]), changed_minor=off[route_id])


def _stated(account: Account, legs: Iterable[Leg]) -> Iterator[Open]:
    """What the ledger held by itself, less what an opening journal has taken apart into its items."""
    apart: dict[str, int] = defaultdict(int)
    for leg in legs:
        apart[leg.route_id] += leg.amount_minor if leg.kind == STATED else 0
    for route_id, (on, minor) in account.openings.items():
        yield Open(route_id, "", OPENING, on, minor + apart[route_id])


def _of_openings(legs: Iterable[Leg]) -> frozenset[str]:
    """The opening journals among our entries: what they move is part of the opening."""
    return frozenset(leg.entry_id for leg in legs if leg.kind in (ITEM, STATED))


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


def edits(
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
        what = shown[0].called if shown else first[entry_id].what
        since = shown[0].dated_on if shown else first[entry_id].booked_on
        reason = faults.get(entry_id, kinds.BY_HAND)
        yield open_item(what, since, off, reason, today, route_id=first[entry_id].route_id)


def _opened(legs: Sequence[Leg], known: Known, purpose: Purpose, answers: Collection[int]) -> Iterator[Open]:
    """Our legs as amounts that wait for their other half. answers: the amounts that others posted the opposite of.

    A total less what its transfer took; a payout's payments and fees less its transfer; payments of one day, or of one
    order; all gift cards together; the rest one by one.
    """
    groups: dict[tuple[str, str], list[Leg]] = defaultdict(list)
    days: dict[tuple[str, str, str], list[Leg]] = defaultdict(list)
    for leg in legs:
        if leg.kind == STATED:
            continue
        if purpose is Purpose.CARDS:
            days[leg.route_id, CARDS, ""].append(leg)
        elif leg.kind in OF_A_PAYOUT if leg.called == PAYOUT else leg.kind in (TOTAL, DIFFERENCE, EXCHANGE, BANK):
            groups[leg.route_id, leg.group].append(leg)
        elif leg.kind in OF_A_DAY:
            days[leg.route_id, leg.kind, _day_of(leg)].append(leg)
        else:
            yield Open(leg.route_id, leg.group, leg.kind, leg.booked_on, leg.amount_minor, called=leg.called)
    for (route_id, what, day), of_day in days.items():
        since = min(leg.booked_on for leg in of_day)
        yield Open(route_id, day, what, since, sum(leg.amount_minor for leg in of_day))
    for key, of_group in groups.items():
        if of_group[0].called == PAYOUT:
            yield from _payout_opened(key, of_group, known)
        else:
            yield from _total_opened(key, of_group, known.payouts.get(key), answers)


def _day_of(leg: Leg) -> str:
    """What payments are one amount with: those of their day, or of their order where each has a line of its own.

    What an order is paid back has a line beside that of its payment.
    """
    if not leg.order:
        return leg.booked_on.isoformat()
    return f"order {leg.order}{_PAID_BACK if leg.amount_minor < 0 and not leg.is_fee else ''}"


def _netted_by_order(items: Sequence[Open]) -> list[Open]:
    """What no line of the bank answered by itself: what an order was paid less what it was paid back."""
    taken = {(one.route_id, one.group): one for one in items if one.kind == TAKEN}
    back = {key: one for key, one in taken.items() if one.group.endswith(_PAID_BACK)}
    left = [one for one in items if one.kind != TAKEN]
    for (route_id, group), one in taken.items():
        if (route_id, group) in back:
            if (route_id, group.removesuffix(_PAID_BACK)) not in taken:
                left.append(one)
            continue
        other = back.get((route_id, group + _PAID_BACK))
        amount = one.amount_minor + (other.amount_minor if other else 0)
        left.append(msgspec.structs.replace(other if other and amount < 0 else one, amount_minor=amount))
    return left


def _fees(legs: Iterable[Leg]) -> Mapping[tuple[str, str], int]:
    """What bridge booked as kept by a gateway, by route and by what the fees are one amount with."""
    fees: dict[tuple[str, str], int] = defaultdict(int)
    for leg in legs:
        if leg.is_fee:
            fees[leg.route_id, _day_of(leg)] -= leg.amount_minor
    return fees


def _total_opened(
    key: tuple[str, str], of_group: Sequence[Leg], payout: Payout | None, answers: Collection[int]
) -> Iterator[Open]:
    """What is open of a total, and apart from it, where the former total was paid, what its re-issue differs by."""
    differences = [leg for leg in of_group if leg.kind == DIFFERENCE]
    own = [leg for leg in of_group if leg.kind != DIFFERENCE]
    amount, off = (sum(leg.amount_minor for leg in some) for some in (own, differences))
    if differences and (not amount or (amount in answers and amount + off not in answers)):
        since = max(leg.booked_on for leg in differences)
        yield Open(*key, kind=DIFFERENCE, since=since, amount_minor=off)
        off = 0
    totals = [leg for leg in own if leg.kind in (TOTAL, EXCHANGE)]
    if own:
        yield Open(
            *key,
            kind=TOTAL if totals else BANK,
            since=min(leg.booked_on for leg in totals or own),
            amount_minor=amount + off,
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
    fault = known.faults.get(move.entry_id, kinds.OTHER_ROUTE) if move.entry_id else ""
    reason, line = known.others.get(move.ref, ("not posted by bridge", None))
    return Move(
        ref=move.ref,
        title=move.called,
        on=move.dated_on,
        amount_minor=move.amount_minor,
        reason=fault or reason,
        line=None if move.entry_id else line,
        route_id=move.route_id,
    )


def _judged(left: Iterable[Open], purpose: Purpose, known: Known, today: date) -> Iterator[OpenItem]:
    """What stays open of ours, with what is late of it.

    Payments are late as far as what was paid back to buyers, and is open too, does not make up for them, from the
    oldest on.
    """
    ordered = sorted(left, key=lambda one: (one.since, one.group))
    back: dict[str, int] = defaultdict(int)
    for one in ordered:
        back[one.route_id] -= min(one.amount_minor, 0) if one.kind == TAKEN else 0
    for one in ordered:
        late = one.amount_minor if _is_late(one, purpose, known, today) else 0
        if one.kind == TAKEN and late:
            made_up = min(back[one.route_id], late)
            back[one.route_id] -= made_up
            late -= made_up
        yield _open(one, purpose, known, today, late_minor=late)


def _is_late(one: Open, purpose: Purpose, known: Known, today: date) -> bool:
    """Whether a line of the bank should be there by now. A payout that takes money back has one, as one that pays.

    A settlement in debt has none: the next one carries it in.
    """
    is_taken_back = one.amount_minor < 0 and one.kind == TOTAL and one.called == PAYOUT
    if one.awaits_ours or not (one.amount_minor > 0 or is_taken_back):
        return False
    if one.kind == TOTAL:
        due, after = known.dues.get((one.route_id, one.group)), LATE_AFTER[TenderClass.MARKETPLACE_PAYOUT]
        deposit_on = max(due.since, one.since) if due else one.since
        return after is not None and bank_days(deposit_on, today) > after
    after = LATE_AFTER[CLASSES.get(purpose, TenderClass.PAYS_OUT)] if one.kind == TAKEN else None
    return after is not None and bank_days(one.since, today) > after


def _open(one: Open, purpose: Purpose, known: Known, today: date, *, late_minor: int) -> OpenItem:
    reason = kinds.WAITS[purpose] if one.kind == TAKEN and purpose in kinds.WAITS else _reason(one, known)
    item = open_item(_title(one), one.since, one.amount_minor, reason, today, route_id=one.route_id)
    payout = known.payouts.get((one.route_id, one.group)) if one.kind == TOTAL else None
    has_failed = payout is not None and payout.has_failed
    return msgspec.structs.replace(item, late_minor=late_minor, group=one.group, kind=one.kind, has_failed=has_failed)


def _strange(move: Move, today: date) -> OpenItem:
    return open_item(move.title, move.on, move.amount_minor, move.reason, today, ref=move.ref, route_id=move.route_id)


def _reason(one: Open, known: Known) -> str:
    """Why an amount of ours is open."""
    key = one.route_id, one.group
    if one.kind == LACKING:
        due = known.dues.get(key)
        return kinds.NOT_THERE if due and due.is_matched else kinds.UNMATCHED
    if one.kind != TOTAL:
        if one.kind == BANK:
            return kinds.NO_TOTAL
        return kinds.REASONS.get(one.kind, f"booked to clearing as {kinds.kind(one.kind)}")
    payout = known.payouts.get(key)
    if one.amount_minor < 0 and not (payout and payout.has_failed):
        return kinds.TAKEN_BACK if one.called == PAYOUT else kinds.OWED
    return payout.words if payout else kinds.UNTOLD


def _title(one: Open) -> str:
    if one.kind in kinds.TITLES:
        return kinds.TITLES[one.kind].format(one.group)
    if one.called == DAY:
        return f"{kinds.kind(one.kind)} of {one.group}"
    called = f"{one.called} {one.group}"
    return called if one.kind in (TOTAL, BANK, LACKING) else f"{called}: {kinds.kind(one.kind)}"


def _settled(pair: Pair, fees: Mapping[tuple[str, str], int]) -> SettledByHand:
    ours, theirs = pair.ours, pair.theirs
    line = theirs.line or BankLine()
    return SettledByHand(
        what=_title(ours),
        amount_minor=ours.amount_minor,
        by=theirs.title,
        ref=theirs.ref,
        on=theirs.on,
        route_id=ours.route_id,
        group=ours.group,
        kind=ours.kind,
        fee_minor=line.fee_minor,
        fee_account=line.fee_account,
        booked_fee_minor=fees.get((ours.route_id, ours.group), 0) if ours.kind == TAKEN else 0,
    )
