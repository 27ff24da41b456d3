"""Compares one route with its ledger as it was just read: what each difference means, and why each account stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bridge.drift.comparing import (
    Confirmation,
    Nature,
    Stranger,
    Tie,
    Waiting,
    changes,
    coded_elsewhere,
    confirm,
    deposits,
    differing,
    not_delivered,
    of_deposits,
    others_in,
    retyped,
    taken_back,
    tie_out,
    unbooked,
    unmatched,
    unread,
    waiting,
)
from bridge.drift.explaining import (
    Accounts,
    Clearing,
    coded_instead,
    fees_twice,
    not_paid_out,
    of_rolled,
    of_strangers,
    payout_unmatched,
    statements_differ,
    unexplained,
    wrong_sides,
)
from bridge.drift.explaining.kinds import TOTAL
from bridge.drift.sides import Coverage, HandedOn, Reported, Scope, Snapshot, snapshot
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import PAYOUT_BOUNCED, Finding, FindingState
from bridge.model.openings import AgreedOpening
from bridge.store.api import UnitOfWork

GONE = ("drift.deleted", "drift.missing", "drift.voided")


class Comparison(msgspec.Struct, frozen=True):
    """What one snapshot says.

    findings:  of this route, and of other routes what stands in an account that they answer for.
    clearings: all of each account, the route's own first; of one that holds several currencies one a currency.
    rolled:    the other accounts of the balance sheet.
    confirmations: what the channel's own reports say, beside the documents; ``reported``: those reports.
    coverage: how far all that the channel has is known to be here.
    handed_on: what the next check may take over.
    agreed: openings of accounts to which a person has agreed since the last check.
    is_one_moment: nothing of ours went to these accounts while they were read.
    """

    findings: tuple[Finding, ...]
    clearings: tuple[Clearing, ...]
    rolled: tuple[Clearing, ...]
    ties: tuple[Tie, ...]
    waiting: tuple[Waiting, ...]
    confirmations: tuple[Confirmation, ...]
    reported: Reported
    coverage: Coverage
    handed_on: tuple[HandedOn, ...]
    agreed: tuple[AgreedOpening, ...] = ()
    is_one_moment: bool = True


def compare(unit: UnitOfWork, scope: Scope) -> Comparison:
    """Memory: that of the snapshot, the moves of its accounts, and what differs."""
    now = snapshot(unit, scope)
    changed = tuple(changes(now))
    lost = frozenset(finding.ref for finding in changed if finding.code in GONE)
    others = tuple(others_in(now, lost))
    doubtful = _posted_meanwhile(now, others) | scope.moving
    accounts = Accounts(now, changed, doubtful)
    explained = accounts.clearings(others)
    clearings = tuple(one for account in explained for one in account.explained)
    rolled = tuple(accounts.rolled())
    twice = tuple(fees_twice(clearings, now.route))
    ours = now.ours
    answered = coded_instead(ours, clearings)
    whole = {entry_id for entry_id, entry in ours.entries.items() if ours.stands(entry, lambda ref: ref not in lost)}
    paid = deposits(now)
    ties = tie_out(now, answered | whole, paid)
    coded = coded_elsewhere(now, ties, paid, others)
    named = {finding.ref for finding in (*coded, *twice)}
    strangers = tuple(of_strangers(now, others, explained, named))
    known = {one.copy.ref for one in others if one.nature is not Nature.FOREIGN}
    told = known | named | {finding.ref for finding in strangers}
    confirmations = confirm(now)
    return Comparison(
        findings=(
            *_told_here(now, changed),
            *twice,
            *strangers,
            *of_rolled(now, rolled, accounts.openings, told, {finding.ref for finding in changed}),
            *of_deposits(paid.values(), now.route.route_id, now.chart),
            *coded,
            *unbooked(now),
            *_undelivered(now, clearings, answered),
            *unmatched(now, ties),
            *not_paid_out(clearings, now.route),
            *statements_differ(clearings, now),
            *unread(now.scope.seen.reading.unread, now.route.route_id, scope.currency),
            *retyped(now.chart, scope.currency),
            *differing(confirmations, now.route.route_id, scope.currency),
            *wrong_sides((*clearings, *rolled), now.route),
            *(unexplained(one, now) for one in clearings if one.unexplained_minor),
        ),
        clearings=clearings,
        rolled=rolled,
        ties=ties,
        waiting=waiting(now.own.gathered.waiting, ours),
        confirmations=confirmations,
        reported=now.reported,
        coverage=now.coverage,
        handed_on=tuple(each.handed_on for each in now.channels),
        agreed=tuple(accounts.openings.agreed),
        is_one_moment=not doubtful,
    )


def _posted_meanwhile(now: Snapshot, others: Iterable[Stranger]) -> frozenset[str]:
    """The accounts, by ledger id, that vouchers of ours went to, or may have gone to, after they were read.

    Wherever one arrived that came by, or whose arrival was in doubt before the reading began, it was read. An object
    of ours that neither came by nor is denied was delivered since.
    """
    keys = {one.copy.key for one in others if one.nature is Nature.IN_FLIGHT}
    ledger, in_doubt, unseen = now.route.ledger, now.scope.seen.in_doubt, now.moves.unseen
    on_their_way = now.unit.deliveries.with_state(ledger, DeliveryState.SENDING, DeliveryState.IN_DOUBT)
    late = [
        one for one in on_their_way if one.voucher and one.voucher.key not in keys and one.voucher_id not in in_doubt
    ]
    if unseen:
        mine = {each.told.route.route_id for each in now.channels}
        late += [one for one in now.unit.deliveries.get_many(sorted(unseen.values())).values() if one.route_id in mine]
    return frozenset(line.account.ledger_id for one in late if one.voucher for line in one.voucher.lines)


def _told_here(now: Snapshot, changed: Iterable[Finding]) -> Iterator[Finding]:
    """The differences of the route's own objects; not that a transfer is gone which a finding asks a person to undo."""
    own = now.route.route_id
    standing = now.unit.findings.of_route(own, FindingState.OPEN, FindingState.ACCEPTED)
    to_undo = {kept.finding.entry_id for kept in standing if kept.finding.code == PAYOUT_BOUNCED}
    for finding in changed:
        is_as_asked = finding.code in GONE and finding.entry_id in to_undo
        if finding.route_id == own and not is_as_asked:
            yield finding


def _undelivered(now: Snapshot, clearings: Sequence[Clearing], answered: frozenset[str]) -> Iterator[Finding]:
    """What reached the books and not the ledger, and payouts that reached the ledger's clearing and not the bank.

    What moves a payout and was withdrawn is told as such, once; and not at all where it is ``answered`` by a line of
    the bank.
    """
    ours, own = now.ours, now.route.route_id
    late = {
        item.group: (item, each.currency)
        for each in clearings
        for item in each.items
        if item.is_late and item.kind == TOTAL and item.route_id == own
    }
    for delivery, entry in ours.unfinished:
        group = entry.slot.group if entry.is_bank_leg else None
        if delivery.is_taken_back and entry.entry_id not in answered:
            is_late = group is not None and late.pop(group, None) is not None
            yield taken_back(delivery, entry, now.chart, is_late=is_late)
        elif found := not_delivered(delivery, entry, now.chart):
            yield found
    for item, currency in late.values():
        yield payout_unmatched(item, currency, own)
