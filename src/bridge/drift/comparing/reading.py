"""Reads the differences between what we told the ledger and what it says, and has each of them named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from bridge.drift.comparing import classify, ours, strangers, unfinished
from bridge.drift.comparing.ours import Ours
from bridge.drift.comparing.revenue import Sales
from bridge.drift.comparing.strangers import Stranger, Twin
from bridge.drift.comparing.tieout import Tie, TieKind
from bridge.drift.sides import Snapshot, waits
from bridge.drift.sides.gathered import AT_A_TIME
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentKind
from bridge.model.findings import Finding
from bridge.model.lines import SETTLES, TENDER, Line
from bridge.model.reasons import Reason
from bridge.model.vouchers import LedgerCopy
from bridge.store.api import Difference, KeptDocument, UnitOfWork

_S = DeliveryState
ON_THE_WAY = (_S.HELD, _S.OWED, _S.SENDING, _S.IN_DOUBT, _S.PARKED)
ELSEWHERE = Twin(None)
STRANGERS_AT_A_TIME = 5_000


def changes(now: Snapshot) -> Iterator[Finding]:
    """Differences of these routes' objects. One that was neither seen nor denied says nothing."""
    unit, ledger, absent = now.unit, now.route.ledger, now.scope.seen.absent
    for difference, delivery, part_of in _differences(now):
        baseline = unit.deliveries.baseline(ledger, difference.ref)
        if baseline is None:
            continue
        mine = Ours(baseline, ours.name(baseline, now.chart), delivery.route_id, delivery.entry_id, part_of)
        if difference.ref in absent:
            yield ours.gone(mine, now.chart, was_deleted=absent[difference.ref])
        elif theirs := unit.copies.get(ledger, difference.ref):
            yield from classify.changed(mine, theirs, now.chart)


def _differences(now: Snapshot) -> Iterator[tuple[Difference, Delivery, str]]:
    """Those of these routes, with the live entry that each is a part of, if it has several. Some hundred at a time."""
    unit, route_ids = now.unit, _route_ids(now)
    every = unit.copies.differences(now.route.ledger)
    while some := list(islice(every, AT_A_TIME)):
        deliveries = unit.deliveries.get_many([one.voucher_id for one in some])
        of_entries = unit.deliveries.of_entries(sorted({each.entry_id for each in deliveries.values()}))
        parted = sorted(name for name, several in of_entries.items() if len(several) > 1)
        live = {name: kept.entry for name, kept in unit.entries.get_many(parted).items() if kept.is_live}
        for one in some:
            delivery = deliveries.get(one.voucher_id)
            if delivery is not None and delivery.route_id in route_ids:
                entry = live.get(delivery.entry_id)
                yield one, delivery, entry.narration if entry else ""


def _route_ids(now: Snapshot) -> frozenset[str]:
    return frozenset(each.told.route.route_id for each in now.channels)


def others_in(now: Snapshot, lost: frozenset[str]) -> Iterator[Stranger]:
    """What is in the ledger and not in our books, and concerns these routes. lost: our objects that do not count.

    Memory: five thousand objects of others at a time; and what concerns these routes.
    """
    unit, ledger, chart, seen = now.unit, now.route.ledger, now.chart, now.scope.seen
    coming = unit.deliveries.with_state(ledger, *ON_THE_WAY)
    on_the_way = {delivery.voucher.key for delivery in coming if delivery.voucher}
    wanted = chart.watched | chart.sold | seen.receivable
    every = unit.copies.strangers(ledger, wanted, seen.contacts, seen.since_on)
    while some := list(islice(every, STRANGERS_AT_A_TIME)):
        sales = Sales(now, some, lost)
        twins = _twins(now, some, lost)
        for copy in some:
            twin, again = twins.get(copy.ref), sales.again(copy)
            is_near = bool(copy.key or again) or any(line.account_id in chart.watched for line in copy.lines)
            meant = None if twin is ELSEWHERE and not is_near else twin
            if one := strangers.judge(copy, chart, meant, again, is_in_flight=copy.key in on_the_way):
                yield one


def _twins(now: Snapshot, copies: Sequence[LedgerCopy], lost: frozenset[str]) -> Mapping[str, Twin]:
    """Of which object of ours each may be a copy, by ref."""
    unit, ledger, route_ids = now.unit, now.route.ledger, _route_ids(now)
    alike = unit.copies.twins(ledger, copies)
    deliveries = unit.deliveries.get_many(sorted({voucher_id for _, voucher_id in alike.values()}))
    found = {}
    for ref, (twin, voucher_id) in alike.items():
        delivery = deliveries.get(voucher_id)
        if delivery is None or delivery.route_id not in route_ids:
            found[ref] = ELSEWHERE
        elif baseline := unit.deliveries.baseline(ledger, twin):
            found[ref] = Twin(baseline, delivery.route_id, stands=twin not in lost)
    return found


def unbooked(now: Snapshot) -> Iterator[Finding]:
    """What reached us and not the books."""
    documents = now.own.gathered.unbooked
    earlier = _earlier_booked(now.unit, documents)
    for kept in documents:
        if found := unfinished.not_in_books(kept, earlier.get(kept.document.document_id), now.route.route_id):
            yield found


def _earlier_booked(unit: UnitOfWork, documents: Iterable[KeptDocument]) -> Mapping[str, KeptDocument]:
    """Of documents whose newest revision is not in the books, the earlier one that is; by document id.

    Memory: the fates of some hundred documents at a time.
    """
    found: dict[str, KeptDocument] = {}
    newest = {kept.document.document_id: kept.document.revision for kept in documents if kept.document.revision > 1}
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


def unmatched(now: Snapshot, ties: Iterable[Tie]) -> Iterator[Finding]:
    """Payouts of buyers' money some of whose rows match no payment in the books."""
    payouts = {
        kept.document.identity.external_id: kept
        for kept in now.own.gathered.paying
        if kept.document.identity.kind is DocumentKind.PAYOUT
    }
    for tie in ties:
        if tie.kind is TieKind.PAYOUT and tie.channel_minor != tie.booked_minor:
            kept = payouts[tie.title]
            if found := unfinished.unmatched_rows(kept, tie, now.route.route_id, _lacking(now.unit, kept)):
                yield found


def _lacking(unit: UnitOfWork, kept: KeptDocument) -> list[Line]:
    """The rows of a payout that pay out what no document in the books was paid by."""
    document = kept.document
    pages = unit.documents.lines(document.document_id, document.revision, kind=SETTLES)
    rows = [line for page in pages for line in page]
    references = sorted({line.reference for line in rows} - {""})
    bearers = unit.documents.with_reference(kept.connection_id, references, TENDER)
    heads = unit.documents.heads(sorted({name for name, _ in bearers.values()}))
    left_out = {name for name, every in heads.items() if _is_left_out(every[0])}
    return [line for line in rows if bearers.get(line.reference, ("", 0))[0] in {"", *left_out}]


def _is_left_out(kept: KeptDocument) -> bool:
    return kept.reason == Reason.BEFORE_FIRST_DAY or waits(kept)
