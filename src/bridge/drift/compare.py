"""Reads one snapshot of the store: what we told the ledger beside what it says, and what each difference means."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

import msgspec

from bridge.drift import classify, takenout, unfinished, unmatched, wrongside
from bridge.drift.byhand import coded_instead
from bridge.drift.chart import Chart
from bridge.drift.cut import posted_meanwhile
from bridge.drift.explained import Clearing
from bridge.drift.explaining import Reading, explain_clearings, roll_forwards
from bridge.drift.gathered import AT_A_TIME, gather
from bridge.drift.legs import Channel
from bridge.drift.moves import Moves
from bridge.drift.observe import Observed
from bridge.drift.ours import Ours
from bridge.drift.outsiders import findings_of, others_in
from bridge.drift.sharing import Sharing, sharing
from bridge.drift.strangers import Nature, Stranger
from bridge.drift.tieout import Ledger, Tie, TieKind, tie_out
from bridge.drift.told import Party, Told, told
from bridge.drift.waiting import Waiting, waiting
from bridge.model.connections import Route
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentKind, DocumentState
from bridge.model.findings import PAYOUT_BOUNCED, Finding, FindingState
from bridge.model.lines import SETTLES, TENDER, Line
from bridge.model.reasons import Reason
from bridge.store.api import KeptDocument, UnitOfWork

_S = DeliveryState
GONE = ("drift.deleted", "drift.missing", "drift.voided")


class Comparison(msgspec.Struct, frozen=True):
    """What one snapshot says; findings of unexplained balances are not among ``findings``.

    findings:  of this route, and of other routes what stands in an account that they answer for.
    clearings: all of each account, the route's own first; of one that holds several currencies one a currency.
    rolled:    the other accounts of the balance sheet. homes: whose the findings of an account are, by its ledger id.
    is_one_moment: nothing of ours went to these accounts while they were read.
    """

    findings: tuple[Finding, ...]
    clearings: tuple[Clearing, ...]
    rolled: tuple[Clearing, ...]
    homes: Mapping[str, str]
    ties: tuple[Tie, ...]
    waiting: tuple[Waiting, ...]
    is_one_moment: bool = True


class Scope(msgspec.Struct, frozen=True):
    """What is compared. sharing: others on the same clearing accounts. currency: where an account names none.

    names: of every route, by id. moving: accounts, by ledger id, that others were posting to while they were read.
    """

    party: Party
    sharing: tuple[Party, ...]
    names: Mapping[str, str]
    chart: Chart
    currency: str
    seen: Observed
    today: date
    moving: frozenset[str] = frozenset()

    @property
    def route(self) -> Route:
        return self.party.route


def compare(unit: UnitOfWork, scope: Scope) -> Comparison:
    """Compare one route with its ledger as it was just read.

    Memory: the route's entries and document heads, the moves of its accounts, and what differs; of routes that share
    an account their entries, and their documents where payouts explain it.
    """
    route = scope.route
    documents = unit.documents.of_connection(unit.connections.get(route.source).connection_id)
    channels = tuple(_channels(unit, scope, documents))
    ours = channels[0].told
    moves = Moves(unit, route.ledger, scope.seen.absent)
    changes = tuple(_changes(unit, scope, channels))
    lost = frozenset(finding.ref for finding in changes if finding.code in GONE)
    others = tuple(others_in(unit, route.ledger, scope.chart, scope.seen, channels, lost))
    reading = Reading(
        unit=unit,
        chart=scope.chart,
        channels=channels,
        documents=documents,
        moves=moves,
        sharing=_sharing(scope, channels),
        currency=scope.currency,
        doubtful=_doubtful(unit, scope, channels, moves, others) | scope.moving,
        today=scope.today,
    )
    accounts = explain_clearings(reading, changes, others)
    clearings = tuple(explained for account in accounts for explained in account.explained)
    rolled = tuple(roll_forwards(reading, changes))
    answered = coded_instead(ours, clearings)
    standing = answered | {
        entry_id for entry_id, entry in ours.entries.items() if ours.stands(entry, lambda ref: ref not in lost)
    }
    ties = tie_out(documents, ours, channels[0].gathered, Ledger(moves.by_entry, standing, _numbers(ours)))
    return Comparison(
        findings=(
            *_told_here(unit, route, changes),
            *findings_of(reading, others, accounts),
            *_unbooked(unit, documents, ours),
            *_undelivered(ours, scope.chart, clearings, answered),
            *_unmatched(unit, documents, ties, route.route_id),
            *wrongside.findings((*clearings, *rolled), route),
        ),
        clearings=clearings,
        rolled=rolled,
        homes={
            watch.account.ledger_id: reading.sharing.home(watch.account.ledger_id) for watch in scope.chart.clearings
        },
        ties=ties,
        waiting=waiting(channels[0].gathered.waiting, ours),
        is_one_moment=not reading.doubtful,
    )


def _channels(unit: UnitOfWork, scope: Scope, documents: Sequence[KeptDocument]) -> Iterator[Channel]:
    """The route, then those that share an account; their documents are read where payouts explain that account."""
    ours = told(unit, scope.party)
    yield Channel(ours, gather(unit, ours, documents))
    for party in scope.sharing:
        theirs = told(unit, party)
        connection_id = unit.connections.get(party.route.source).connection_id
        read = unit.documents.of_connection(connection_id) if party.channel.payable else ()
        yield Channel(theirs, gather(unit, theirs, read))


def _sharing(scope: Scope, channels: Sequence[Channel]) -> Sharing:
    accounts = [watch.account.ledger_id for watch in scope.chart.clearings]
    accounts += [rolled.account.ledger_id for rolled in scope.chart.rolled]
    return sharing(channels[0].told, [each.told for each in channels[1:]], accounts, scope.names)


def _doubtful(
    unit: UnitOfWork, scope: Scope, channels: Sequence[Channel], moves: Moves, others: Iterable[Stranger]
) -> frozenset[str]:
    """Accounts that bridge was posting to while they were read, by ledger id."""
    keys = {one.copy.key for one in others if one.nature is Nature.IN_FLIGHT}
    on_their_way = unit.deliveries.with_state(scope.route.ledger, _S.SENDING, _S.IN_DOUBT)
    came_by = {each.voucher_id for each in on_their_way if each.voucher and each.voucher.key in keys}
    return posted_meanwhile(
        on_their_way, [each.told for each in channels], known=came_by | scope.seen.in_doubt, unseen=moves.unseen
    )


def _numbers(ours: Told) -> Mapping[str, str]:
    """The ledger's accounts by the numbers of our chart, as entries went to them; the latest counts."""
    found: dict[str, str] = {}
    for entry_id in ours.entries:
        found |= ours.accounts(entry_id)
    return found


def _changes(unit: UnitOfWork, scope: Scope, channels: Sequence[Channel]) -> Iterator[Finding]:
    """Differences of these routes' objects. One that was neither seen nor denied says nothing."""
    ledger = scope.route.ledger
    holders = {name: each.told for each in channels for name in each.told.vouchers}
    for difference in unit.copies.differences(ledger):
        ours = holders.get(difference.voucher_id)
        baseline = unit.deliveries.baseline(ledger, difference.ref) if ours else None
        if ours is None or baseline is None:
            continue
        delivery = ours.vouchers[difference.voucher_id]
        entry = ours.entries.get(delivery.entry_id)
        is_one_of_several = len(ours.of_entry[delivery.entry_id]) > 1
        part_of = entry.narration if entry and is_one_of_several else ""
        mine = Ours(baseline, ours.route.route_id, delivery.entry_id, part_of)
        if difference.ref in scope.seen.absent:
            yield takenout.gone(mine, scope.chart, was_deleted=scope.seen.absent[difference.ref])
        elif theirs := unit.copies.get(ledger, difference.ref):
            yield from classify.changed(mine, theirs, scope.chart)


def _told_here(unit: UnitOfWork, route: Route, changes: Iterable[Finding]) -> Iterator[Finding]:
    """The differences of the route's own objects; not that a transfer is gone which a finding asks a person to undo."""
    standing = unit.findings.of_route(route.route_id, FindingState.OPEN, FindingState.ACCEPTED)
    to_undo = {kept.finding.entry_id for kept in standing if kept.finding.code == PAYOUT_BOUNCED}
    for finding in changes:
        is_as_asked = finding.code in GONE and finding.entry_id in to_undo
        if finding.route_id == route.route_id and not is_as_asked:
            yield finding


def _unbooked(unit: UnitOfWork, documents: Sequence[KeptDocument], ours: Told) -> Iterator[Finding]:
    """What reached us and not the books."""
    earlier = _earlier_booked(unit, documents)
    for kept in documents:
        if found := unfinished.not_in_books(kept, earlier.get(kept.document.document_id), ours.route.route_id):
            yield found


def _undelivered(
    ours: Told, chart: Chart, clearings: Sequence[Clearing], answered: frozenset[str]
) -> Iterator[Finding]:
    """What reached the books and not the ledger, and payouts that reached the ledger's clearing and not the bank.

    What moves a payout and was withdrawn is told as such, once; and not at all where it is ``answered`` by a line of
    the bank.
    """
    own = ours.route.route_id
    late = {
        item.group: (item, each.currency)
        for each in clearings
        for item in each.items
        if item.is_late and item.route_id == own
    }
    for delivery in ours.vouchers.values():
        entry = ours.entries.get(delivery.entry_id)
        if entry is None:
            continue
        group = entry.slot.group if entry.is_bank_leg else None
        if delivery.is_taken_back and entry.entry_id not in answered:
            is_late = group is not None and late.pop(group, None) is not None
            yield unfinished.withdrawn(delivery, entry, chart, is_late=is_late)
        elif found := unfinished.not_delivered(delivery, entry, chart):
            yield found
    for item, currency in late.values():
        yield unfinished.payout_unmatched(item, currency, own)


def _unmatched(
    unit: UnitOfWork, documents: Sequence[KeptDocument], ties: Iterable[Tie], route_id: str
) -> Iterator[Finding]:
    """Payouts of buyers' money some of whose rows match no payment in the books."""
    payouts = {
        kept.document.identity.external_id: kept
        for kept in documents
        if kept.document.identity.kind is DocumentKind.PAYOUT
    }
    for tie in ties:
        if tie.kind is TieKind.PAYOUT and tie.channel_minor != tie.booked_minor:
            kept = payouts[tie.title]
            if found := unmatched.rows_of(kept, tie, route_id, _lacking(unit, kept)):
                yield found


def _lacking(unit: UnitOfWork, kept: KeptDocument) -> list[Line]:
    """The rows of a payout that pay out what no document in the books was paid by."""
    document = kept.document
    rows = [
        line for page in unit.documents.lines(document.document_id, document.revision, kind=SETTLES) for line in page
    ]
    references = sorted({line.reference for line in rows} - {""})
    bearers = unit.documents.with_reference(kept.connection_id, references, TENDER)
    heads = unit.documents.heads(sorted({name for name, _ in bearers.values()}))
    left_out = {name for name, every in heads.items() if _is_left_out(every[0])}
    return [line for line in rows if bearers.get(line.reference, ("", 0))[0] in {"", *left_out}]


def _is_left_out(kept: KeptDocument) -> bool:
    return kept.reason == Reason.BEFORE_FIRST_DAY or unfinished.waits(kept)


def _earlier_booked(unit: UnitOfWork, documents: Iterable[KeptDocument]) -> Mapping[str, KeptDocument]:
    """Of documents whose newest revision is not in the books, the earlier one that is; by document id.

    Memory: the fates of some hundred documents at a time.
    """
    found: dict[str, KeptDocument] = {}
    open_now = [kept.document for kept in documents if kept.state is not DocumentState.BOOKED]
    newest = {document.document_id: document.revision for document in open_now if document.revision > 1}
    names = sorted(newest)
    for start in range(0, len(names), AT_A_TIME):
        booked = {
            name: max((where.revision for where in placed.values() if where.entry_id), default=0)
            for name, placed in unit.entries.fates_of(names[start : start + AT_A_TIME]).items()
        }
        held = [name for name, revision in booked.items() if 0 < revision < newest[name]]
        for name, heads in unit.documents.heads(held).items():
            found[name] = next(kept for kept in heads if kept.document.revision == booked[name])
    return found
