"""Pure: what is wrong with an account as it was explained: a balance, its side, a late payout; and what is answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.drift.explaining.explained import Clearing, OpenItem
from bridge.drift.explaining.kinds import BANK, FAILED, TOTAL
from bridge.drift.sides import Side, Snapshot, Told
from bridge.model.connections import Route
from bridge.model.entries import JournalEntry
from bridge.model.findings import MISSING_AT_BANK, UNEXPLAINED, Finding, Severity

_ENDS = {Side.DEBIT: "an asset that ends in credit", Side.CREDIT: "a liability that ends in debit"}
_OTHER_SIDE = {Side.DEBIT: "debit", Side.CREDIT: "credit"}


def wrong_sides(accounts: Iterable[Clearing], route: Route) -> Iterator[Finding]:
    """One for each account on which the route's own entries end on the wrong side, by currency.

    What hands changed on them has findings of its own, and is set aside. What else stands in the account (from
    before, by others' hands) speaks for the route as far as it goes.
    """
    for one in accounts:
        if one.side is Side.EITHER:
            continue
        sign = 1 if one.side is Side.DEBIT else -1
        part = one.part(route.route_id)
        own = part.closing_minor - part.changed_minor
        total = one.closing_minor if one.balance_minor is None else one.balance_minor
        rest = total - sum(part.closing_minor for part in one.parts)
        if sign * own + max(sign * rest, 0) < 0:
            yield _wrong_side(one, route, own)


def _wrong_side(one: Clearing, route: Route, own_minor: int) -> Finding:
    side = _OTHER_SIDE[one.side]
    return Finding(
        code="drift.wrong_side",
        severity=Severity.WARNING if one.purpose.clears else Severity.ERROR,
        route_id=route.route_id,
        subject=f"{one.account} {one.currency}",
        title=f"{one.account}: {_ENDS[one.side]}",
        amount_minor=own_minor,
        currency=one.currency,
        cause=f"Since {route.first_day} more left it than came in: what it held before is not in the ledger, or an "
        "entry is wrong",
        repair=f"What it held on {route.first_day} is a {side}: state it in `opening_items` and accept it by "
        f"`bridge routes opening {route.name}`; or find the wrong entry in what it is made of",
        account=one.account,
    )


def payout_unmatched(item: OpenItem, currency: str, route_id: str) -> Finding:
    """The finding of a payout that nothing in the ledger takes out of clearing, long after it should have arrived.

    One that failed never arrives: it waits for the channel to pay it again.
    """
    if item.has_failed:
        what = "it failed, and the channel has not paid it again"
        repair = "Ask the channel when it pays again; code no bank line to the clearing account for it"
    else:
        what = "no posted bank entry matches its payout"
        repair = "Look for the money in the bank feed and code its line to the clearing account, or ask the channel"
    return Finding(
        code="drift.payout_unmatched",
        severity=Severity.WARNING,
        route_id=route_id,
        subject=item.what,
        title=f"{item.what}: {what}",
        amount_minor=item.amount_minor,
        currency=currency,
        cause=f"Since {item.since} it stands in the clearing account ({item.reason})",
        repair=repair,
        evidence=(("open since", "", item.since.isoformat()),),
        binding=MISSING_AT_BANK,
    )


def unexplained(explained: Clearing, now: Snapshot) -> Finding:
    """The finding of a balance that the moves do not add up to.

    It is of the route that answers for the account. Of a route's own clearing account the opening balance is stated on
    it; what stood on another before the first day is not known: a person says so once.
    """
    if explained.is_own:
        cause = "The opening balance is not the one stated on the route, or entries lie outside the period read"
        repair = "Correct `opening` on the route and run `bridge apply`, or find the entries dated before its first day"
    else:
        first = now.route.first_day
        cause = f"It had a balance before {first}, or entries lie outside the period read"
        repair = f"If that much stood there before {first}, accept it with that reason; else find the entries"
    return Finding(
        code=UNEXPLAINED,
        severity=Severity.ERROR if explained.is_own else Severity.WARNING,
        route_id=now.sharing.home(explained.account_id),
        subject=explained.account,
        title=f"Clearing account {explained.account}: balance and entries do not agree",
        amount_minor=explained.unexplained_minor,
        currency=explained.currency,
        cause=cause,
        repair=repair,
        account=explained.account,
    )


def coded_instead(ours: Told, clearings: Iterable[Clearing]) -> frozenset[str]:
    """By entry id: what was to move a payout, was withdrawn, and has the bank's own line in its place.

    A transfer is answered by a line that takes its settlement's or payout's total; what settles the open document of a
    payout that came back, by one that takes up the amount which a later settlement credits again.
    """
    settled = [one for each in clearings for one in each.settled if one.route_id == ours.route.route_id]
    totals = {one.group for one in settled if one.kind in (TOTAL, BANK)}
    returns = {(one.group, one.amount_minor) for one in settled if one.kind == FAILED}
    return frozenset(
        entry.entry_id
        for entry in ours.entries.values()
        if entry.moves_payout
        and any(each.is_taken_back for each in ours.of_entry.get(entry.entry_id, ()))
        and (entry.slot.group in totals if entry.is_bank_leg else bool(returns & _returns(entry, ours)))
    )


def _returns(entry: JournalEntry, ours: Told) -> set[tuple[str, int]]:
    """Where the amount is credited again that this entry takes up: the settlement, and the amount on clearing."""
    credited_by = [other for other in map(ours.entries.get, entry.after) if other and not _opens(entry, other)]
    return {(other.slot.group, -posting.amount_minor) for other in credited_by for posting in entry.postings}


def _opens(entry: JournalEntry, other: JournalEntry) -> bool:
    """Whether that is the open document itself."""
    return other.document_id == entry.document_id
