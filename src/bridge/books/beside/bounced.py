"""An open invoice whose payout failed is settled from clearing, where a later settlement credits it once more."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.books.engine import chains
from bridge.books.engine.bank import Move, move, name_of
from bridge.books.engine.of_statements import TOTAL
from bridge.books.planning.paid import Failure, Payout, failed
from bridge.model.chart import ACCOUNTS_RECEIVABLE
from bridge.model.connections import Route
from bridge.model.documents import Document
from bridge.model.entries import BOUNCED, JournalEntry, Mode, Posting, Purpose, Slot
from bridge.model.lines import PAYOUT_FAILED, Line
from bridge.model.periods import arrival_day, local_day
from bridge.model.slots import BouncedPart, compose
from bridge.store.api import UnitOfWork


def settled(uow: UnitOfWork, route: Route) -> Iterator[JournalEntry]:
    """The entry that settles each such invoice, dated the failure. One that a person took back is theirs to settle."""
    failures = list(_failures(uow, route))
    if not failures:
        return
    amounts = sorted({failure.amount_minor for failure in failures})
    found = uow.entries.with_kind(route.route_id, TOTAL, amounts=amounts)
    totals = {kept.entry.document_id: kept.entry for kept in found}
    documents = {name: heads[0].document for name, heads in uow.documents.heads(sorted(totals)).items()}
    payouts = [_payout(documents[name], _total(entry), route) for name, entry in totals.items()]
    for name, failure in failed(payouts, failures).items():
        if _total(totals[name]).account == ACCOUNTS_RECEIVABLE and not _is_withdrawn(uow, totals[name]):
            yield _entry(documents[name], totals[name], failure, route)


def _is_withdrawn(uow: UnitOfWork, entry: JournalEntry) -> bool:
    return chains.all_withdrawn(uow.deliveries.of_entry(entry.entry_id))


def _failures(uow: UnitOfWork, route: Route) -> Iterator[Failure]:
    """Every line by which a payout is taken back, as it is booked."""
    for kept in uow.entries.with_kind(route.route_id, PAYOUT_FAILED):
        entry = kept.entry
        document = uow.documents.heads([entry.document_id])[entry.document_id][-1].document
        booked = [posting for posting in entry.postings if posting.kind == PAYOUT_FAILED]
        for posting in booked:
            for page in uow.entries.lines_of(entry.entry_id, posting.number):
                yield from (_failure(document, line, entry, posting.account, route) for line in page)


def _failure(document: Document, line: Line, entry: JournalEntry, account: str, route: Route) -> Failure:
    return Failure(
        document.document_id,
        document.identity.external_id,
        entry.currency,
        line.amount_minor,
        document.closed_at,
        local_day(line.occurred_at, route.time_zone),
        account,
        entry.entry_id,
    )


def _total(entry: JournalEntry) -> Posting:
    return next(posting for posting in entry.postings if posting.kind == TOTAL)


def _payout(document: Document, total: Posting, route: Route) -> Payout:
    """The payout as it was booked, which a re-issue that is held does not change."""
    return Payout(
        document.document_id,
        document.identity.external_id,
        document.currency,
        total.amount_minor,
        document.closed_at,
        arrival_day(document, route.time_zone),
    )


def _entry(document: Document, invoice: JournalEntry, failure: Failure, route: Route) -> JournalEntry:
    return move(
        document,
        Move(BOUNCED, failure.account, ACCOUNTS_RECEIVABLE, failure.amount_minor),
        Slot(route.route_id, Mode.PAYOUT, document.identity.external_id, compose(BouncedPart())),
        booked_on=failure.failed_on,
        narration=f"Payout of {name_of(document)} that came back",
        purpose=Purpose.BOUNCED,
        after=(invoice.entry_id, failure.entry_id),
    )
