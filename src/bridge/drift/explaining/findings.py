"""Pure: what is wrong with an account as it was explained: a balance, its side, a late payout; and what is answered."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bridge.drift.explaining.explained import Clearing, OpenItem, Proof, SettledByHand
from bridge.drift.explaining.kinds import BANK, FAILED, TAKEN, TOTAL
from bridge.drift.sides import Purpose, Side, Snapshot, Told
from bridge.model.connections import Route, TenderClass
from bridge.model.entries import JournalEntry
from bridge.model.findings import MISSING_AT_BANK, NOT_PAID_OUT, UNEXPLAINED, Finding, Severity
from bridge.model.money import decimal_text
from bridge.model.tenders import LATE_AFTER

# How many of what is late a finding names.
NAMED = 10
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

    One that failed never arrives: it waits for the channel to pay it, or to take it, again.
    """
    if item.has_failed:
        paid, pays = ("paid", "pays") if item.amount_minor > 0 else ("taken", "takes")
        what = f"it failed, and the channel has not {paid} it again"
        repair = f"Ask the channel when it {pays} it again; code no bank line to the clearing account for it"
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


def not_paid_out(accounts: Iterable[Clearing], route: Route) -> Iterator[Finding]:
    """One for each account on which payments of this route stand longer than their class allows, by currency."""
    for one in accounts:
        late = [item for item in one.items if item.is_late and item.kind == TAKEN and item.route_id == route.route_id]
        if late:
            yield _not_paid_out(one, late, route)


def _not_paid_out(account: Clearing, late: Sequence[OpenItem], route: Route) -> Finding:
    is_manual = account.purpose is Purpose.MANUAL
    days = LATE_AFTER[TenderClass.MANUAL if is_manual else TenderClass.PAYS_OUT]
    answered = {settled.group for settled in account.settled if settled.route_id == route.route_id}
    is_short = any(item.group in answered for item in late)
    minor = sum(item.late_minor for item in late)
    if is_short:
        amount = f"{decimal_text(minor, account.currency)} {account.currency}"
        what = f"{amount} less came than was booked: fees outside orders?"
        cause = "A line of the bank answers a part of it: the gateway kept the rest, or it comes with another line"
        repair = (
            "Look up in the gateway's own statement what it kept, and add it to its deposit: debit the fee, credit "
            "this account"
        )
    else:
        one, many = ("payment", "payments") if is_manual else ("day of payments", "days of payments")
        count, them = (f"1 {one}", "it") if len(late) == 1 else (f"{len(late)} {many}", "them")
        what = f"{count}, and no posted bank entry that answers {them}"
        cause = "The money did not come, or its line of the bank is not coded to this account"
        repair = "Look for the money in the bank feed and code its line to this account, or ask who holds it"
    return Finding(
        code=NOT_PAID_OUT,
        severity=Severity.WARNING,
        route_id=route.route_id,
        subject=f"{account.account} {account.currency}",
        title=f"{account.account}: {what}",
        amount_minor=minor,
        currency=account.currency,
        cause=f"{cause}. It stands there since {late[0].since}, and is late after {days} days on which banks work",
        repair=repair,
        binding=MISSING_AT_BANK,
        evidence=tuple((item.what, "", decimal_text(item.late_minor, account.currency)) for item in late[:NAMED]),
        account=account.account,
    )


def fees_twice(accounts: Iterable[Clearing], route: Route) -> Iterator[Finding]:
    """One for each line of the bank that names a fee which bridge booked too, of the payments that it answers."""
    for one in accounts:
        by_ref: dict[str, list[SettledByHand]] = defaultdict(list)
        for settled in one.settled:
            by_ref[settled.ref].append(settled)
        for ref, several in by_ref.items():
            booked = sum(settled.booked_fee_minor for settled in several)
            beyond = abs(sum(item.amount_minor for item in one.items if item.ref == ref))
            is_twice = booked > 0 and several[0].fee_minor > 0 and (several[0].fee_minor == booked or beyond == booked)
            if is_twice and several[0].route_id == route.route_id:
                yield _fee_twice(one, several[0], booked)


def _fee_twice(account: Clearing, settled: SettledByHand, booked_minor: int) -> Finding:
    named, booked = (decimal_text(minor, account.currency) for minor in (settled.fee_minor, booked_minor))
    return Finding(
        code="drift.fee_twice",
        severity=Severity.WARNING,
        route_id=settled.route_id,
        subject=settled.ref,
        title=f"{settled.by}: names a fee of {named} {account.currency} that bridge booked too",
        amount_minor=settled.fee_minor,
        currency=account.currency,
        cause=f"It puts {named} on {settled.fee_account}; of what it answers, bridge booked {booked} as kept",
        repair="If it is the same fee, take it out of that entry, so that it credits what the bank received; or accept "
        "this where the gateway kept as much once more",
        evidence=(("fee", booked, named),),
        ref=settled.ref,
        account=settled.fee_account,
    )


def statements_differ(accounts: Iterable[Clearing], now: Snapshot) -> Iterator[Finding]:
    """One for each wallet whose own statement shows something else; of the route that answers for the account."""
    for one in accounts:
        if one.proof is not None and one.proof.differs_minor:
            yield _statement_differs(one, one.proof, now.sharing.home(one.account_id))


def _statement_differs(account: Clearing, proof: Proof, route_id: str) -> Finding:
    statement = proof.statement
    ledger, told = (decimal_text(minor, account.currency) for minor in (proof.stands_minor, statement.minor))
    return Finding(
        code="drift.statement_differs",
        severity=Severity.ERROR,
        route_id=route_id,
        subject=account.account,
        title=f"{account.account}: its statement of {statement.on} shows {told}, and the ledger {ledger}",
        amount_minor=proof.differs_minor,
        currency=account.currency,
        cause=f"A fee, a payment or a transfer is in one of the two alone. {statement.by} read the statement",
        repair="Enter what the statement shows beside what is here, or correct what was read by "
        "`bridge routes balance` for the same day",
        evidence=((f"balance of {statement.on}", ledger, told),),
        account=account.account,
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
    if unread := ", ".join(one.kind for one in now.scope.seen.reading.unread):
        cause += f"; or they are of a kind that cannot be read ({unread})"
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
