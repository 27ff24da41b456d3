"""What is wrong with an account that is rolled forward: its opening, its items that are late, strangers in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from bridge.drift.explaining.explained import Clearing, OpenItem
from bridge.drift.explaining.openings import Openings
from bridge.drift.sides import Due, Holding, Purpose, Snapshot
from bridge.model.chart import CARRY_FORWARD, FACILITATOR_TAX, OPENING_CLEARING, SUSPENSE
from bridge.model.findings import FACILITATOR_RESIDUE, Finding, FindingState, Severity
from bridge.model.money import decimal_text

# What a person does about an item that is late, by the account.
REPAIRS = {
    CARRY_FORWARD: "Deliver the other month of it: see `bridge held` and `bridge drift`; or bring the settlement again",
    FACILITATOR_TAX: "Ask the channel who remits it, then re-code it in the ledger",
    OPENING_CLEARING: "Clear it in the ledger, with the accountant's journal to where the balance before stood",
    SUSPENSE: "Find out what it is, give it a mapping rule, or re-code it in the ledger",
}
OTHERWISE = "Bring what takes it out again, or re-code it in the ledger to where it belongs"
# Why nobody may accept that an account is not at zero.
BINDING = {FACILITATOR_TAX: "a tax return is made from it", SUSPENSE: "suspense is cleared, and not accepted"}


def of_rolled(
    now: Snapshot, rolled: Sequence[Clearing], openings: Openings, told: Collection[str], edited: Collection[str]
) -> Iterator[Finding]:
    """The findings of these accounts; what is nobody's own in one that routes share is told as one route's.

    told: ledger objects that have findings of their own, or are no strangers. edited: objects of ours that somebody
    edited: what that does to open documents is told there. Accounts that the route leaves alone and others
    do not are theirs to tell.
    """
    own, seen = now.route.route_id, set(told)
    for one in rolled:
        home = _home(one, now)
        if one.is_part:
            continue
        if one.unexplained_minor and one.purpose is Purpose.BUSY:
            if not any(move.ref in edited for move in now.moves.of(one.account_id)):
                yield _open_documents(one, own)
        elif one.unexplained_minor:
            yield openings.finding(one, home)
        for item in one.items if one.purpose is not Purpose.BUSY else ():
            if item.is_late and (item.route_id or home) == own and not _is_told_of(item, one, now):
                yield _late(one, item, own)
            elif item.ref and item.ref not in seen:
                seen.add(item.ref)
                yield _foreign(one, item, home)


def _home(one: Clearing, now: Snapshot) -> str:
    """The route that answers for an account: of those that post there the first to begin, else of all."""
    posting = {part.route_id for part in one.parts} or now.sharing.names.keys()
    return next(route_id for route_id in now.sharing.names if route_id in posting)


def _is_told_of(item: OpenItem, one: Clearing, now: Snapshot) -> bool:
    """Whether the books have told of a tax that a settlement left over, and nobody has accepted it."""
    if _holding(one).number != FACILITATOR_TAX:
        return False
    standing = now.unit.findings.of_route(now.route.route_id, FindingState.OPEN)
    documents = {kept.finding.subject for kept in standing if kept.finding.code == FACILITATOR_RESIDUE}
    return any(entry.slot.group == item.group and entry.document_id in documents for entry in now.ours.entries.values())


def _late(one: Clearing, item: OpenItem, route_id: str) -> Finding:
    holding = _holding(one)
    is_grave = holding.due is Due.AT_ONCE
    should = "is at zero once all is in" if is_grave else f"is due to be gone {holding.due}"
    return Finding(
        code="drift.item_late",
        severity=Severity.ERROR if is_grave else Severity.WARNING,
        route_id=route_id,
        subject=f"{one.account_id} {one.currency} {item.what}",
        title=f"{one.account}: {item.what} stands there since {item.since}",
        amount_minor=item.amount_minor,
        currency=one.currency,
        cause=f"It holds {holding.holds}, and {should}; nothing came that takes this out",
        repair=REPAIRS.get(holding.number, OTHERWISE),
        evidence=(("open since", "", item.since.isoformat()),),
        account=one.account,
        binding=BINDING.get(holding.number, ""),
    )


def _foreign(one: Clearing, item: OpenItem, route_id: str) -> Finding:
    return Finding(
        code="drift.foreign",
        severity=Severity.WARNING,
        route_id=route_id,
        subject=item.ref,
        title=f"{item.what} of {item.since}: not bridge's, but in {one.account}",
        amount_minor=item.amount_minor,
        currency=one.currency,
        cause=f"A person, a bank-feed rule or a second tool posted to {one.account}, which holds {_holding(one).holds}",
        repair="Re-code it to the account it belongs to, or accept it with a reason",
        evidence=(("date", "", item.since.isoformat()),),
        ref=item.ref,
        account=one.account,
    )


def _open_documents(one: Clearing, route_id: str) -> Finding:
    entries, documents = (decimal_text(minor, one.currency) for minor in (one.closing_minor, one.balance_minor or 0))
    return Finding(
        code="drift.open_documents",
        severity=Severity.WARNING,
        route_id=route_id,
        subject=f"{one.account_id} {one.currency}",
        title=f"{one.account}: its entries come to {entries}, and what is unpaid of its documents to {documents}",
        amount_minor=one.unexplained_minor,
        currency=one.currency,
        cause="Something was set against a document of ours, or taken from it, that bridge cannot read",
        repair="Compare the payments and credits of each open document in the ledger with what is listed here",
        account=one.account,
    )


def _holding(one: Clearing) -> Holding:
    assert one.holding is not None
    return one.holding
