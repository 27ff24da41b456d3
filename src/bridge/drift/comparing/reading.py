"""Reads the differences between what we told the ledger and what it says, and has each of them named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bridge.drift.comparing import classify, ours, strangers, unfinished
from bridge.drift.comparing.ours import Ours
from bridge.drift.comparing.revenue import Sales
from bridge.drift.comparing.strangers import Stranger, Twin
from bridge.drift.comparing.tieout import Tie, TieKind
from bridge.drift.sides import Snapshot, waits
from bridge.drift.sides.gathered import AT_A_TIME
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentKind, DocumentState
from bridge.model.findings import Finding
from bridge.model.lines import SETTLES, TENDER, Line
from bridge.model.reasons import Reason
from bridge.store.api import KeptDocument, UnitOfWork

_S = DeliveryState
ON_THE_WAY = (_S.HELD, _S.OWED, _S.SENDING, _S.IN_DOUBT, _S.PARKED)
ELSEWHERE = Twin(None)


def changes(now: Snapshot) -> Iterator[Finding]:
    """Differences of these routes' objects. One that was neither seen nor denied says nothing."""
    unit, ledger, absent = now.unit, now.route.ledger, now.scope.seen.absent
    holders = {name: each.told for each in now.channels for name in each.told.vouchers}
    for difference in unit.copies.differences(ledger):
        told = holders.get(difference.voucher_id)
        baseline = unit.deliveries.baseline(ledger, difference.ref) if told else None
        if told is None or baseline is None:
            continue
        entry_id = told.vouchers[difference.voucher_id].entry_id
        entry = told.entries.get(entry_id)
        part_of = entry.narration if entry and len(told.of_entry[entry_id]) > 1 else ""
        mine = Ours(baseline, told.route.route_id, entry_id, part_of)
        if difference.ref in absent:
            yield ours.gone(mine, now.chart, was_deleted=absent[difference.ref])
        elif theirs := unit.copies.get(ledger, difference.ref):
            yield from classify.changed(mine, theirs, now.chart)


def others_in(now: Snapshot, lost: frozenset[str]) -> Iterator[Stranger]:
    """What is in the ledger and not in our books, and concerns these routes. lost: our objects that do not count."""
    unit, ledger, chart = now.unit, now.route.ledger, now.chart
    on_the_way = {
        delivery.voucher.key for delivery in unit.deliveries.with_state(ledger, *ON_THE_WAY) if delivery.voucher
    }
    deliveries = [delivery for each in now.channels for delivery in each.told.vouchers.values()]
    whose = {delivery.ref: delivery.route_id for delivery in deliveries if delivery.ref}
    vouchers = [delivery.voucher for delivery in deliveries if delivery.voucher]
    numbers = {voucher.number for voucher in vouchers} - {""}
    alike = {(voucher.dated_on, voucher.total_minor) for voucher in vouchers}
    seen = now.scope.seen
    sales = Sales(now.ours, now.documents, chart, seen.contacts, lost)
    wanted = chart.watched | chart.sold | seen.receivable
    for copy in unit.copies.strangers(ledger, wanted, seen.contacts, seen.since_on):
        is_near = any(line.account_id in chart.watched for line in copy.lines)
        is_like_ours = copy.key or copy.number in numbers or (copy.dated_on, copy.total_minor) in alike
        again = sales.again(copy)  # may be a copy of another route's object: it is that route's to tell
        ref = unit.copies.twin(ledger, copy) if is_near or is_like_ours or again else ""
        twin = _twin(unit, ledger, ref, whose.get(ref, ""), stands=ref not in lost) if ref else None
        if one := strangers.judge(copy, chart, twin, again, is_in_flight=copy.key in on_the_way):
            yield one


def _twin(unit: UnitOfWork, ledger: str, ref: str, route_id: str, *, stands: bool) -> Twin | None:
    if not route_id:
        return ELSEWHERE
    baseline = unit.deliveries.baseline(ledger, ref)
    return Twin(baseline, route_id, stands) if baseline else None


def unbooked(now: Snapshot) -> Iterator[Finding]:
    """What reached us and not the books."""
    earlier = _earlier_booked(now.unit, now.documents)
    for kept in now.documents:
        if found := unfinished.not_in_books(kept, earlier.get(kept.document.document_id), now.route.route_id):
            yield found


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


def unmatched(now: Snapshot, ties: Iterable[Tie]) -> Iterator[Finding]:
    """Payouts of buyers' money some of whose rows match no payment in the books."""
    payouts = {
        kept.document.identity.external_id: kept
        for kept in now.documents
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
