"""What the store tells of a route's payouts: which are due, and which a later settlement takes back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime

import msgspec

from bridge.books.booking import is_known
from bridge.books.paid import FAILED, PAYOUT_FAILED, Failure, Payout, failed, pay_state
from bridge.books.planning import Waiting, is_early
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import DocumentKind
from bridge.model.entries import JournalEntry
from bridge.model.findings import Finding, Severity
from bridge.model.lines import Line
from bridge.model.money import decimal_text
from bridge.model.periods import arrival_day, local_day
from bridge.store.api import KeptDocument, UnitOfWork

PAYING = (DocumentKind.SETTLEMENT, DocumentKind.PAYOUT)


class Payments:
    """What is known of a route's payouts: which settlements pay out, and which payouts later lines take back."""

    def __init__(self, uow: UnitOfWork, route: Route) -> None:
        connection_id = uow.connections.get(route.source).connection_id
        kept = {each.document.document_id: each for each in uow.documents.of_connection(connection_id, *PAYING)}
        entries = [each.entry for each in uow.entries.of_route(route.route_id) if each.entry.document_id in kept]
        booked = {entry.document_id for entry in entries}
        self._route, zone = route, route.time_zone
        self._bank_legs = {entry.document_id: entry for entry in entries if entry.is_bank_leg}
        self._payouts = {name: _payout(kept[name], leg, zone) for name, leg in self._bank_legs.items()}
        others = [_settled(each, zone) for name, each in kept.items() if name not in self._payouts]
        unbooked = [each for name, each in kept.items() if name not in booked]
        self._failed_by_status = {
            name: _failure(kept[name], payout.total_minor, payout.due_on)
            for name, payout in self._payouts.items()
            if payout.status in FAILED
        }
        failures = [*_failures_booked(uow, entries, kept, zone), *_failures_unbooked(uow, unbooked, zone)]
        self._failed = failed([*self._payouts.values(), *others], failures)

    def waiting(self, entry: JournalEntry, now: datetime, *, is_unclassified: bool) -> Waiting:
        """What may keep this entry's vouchers back."""
        payout = self._payouts.get(entry.document_id) if entry.is_bank_leg else None
        if payout is None:
            return Waiting(is_unclassified, is_early=is_early(entry, self._route, now))
        failure = self._failed.get(entry.document_id)
        says = f"settlement {failure.external_id} says" if failure else "its channel says"
        note = f"{says} that this payout failed: nothing reaches the bank, so no bank line is to be coded"
        today = local_day(now, self._route.time_zone)
        return Waiting(is_unclassified, pay_state(payout, self._failed, today), note)

    def bounced(self, uow: UnitOfWork) -> list[Finding]:
        """New findings about payouts that failed when their bank leg was already in the ledger."""
        failures = {**self._failed, **self._failed_by_status}
        legs = [(self._bank_legs[name], failure) for name, failure in failures.items() if name in self._bank_legs]
        found = [
            _bounce(leg, delivery, failure, self._route)
            for leg, failure in legs
            for delivery in uow.deliveries.of_entry(leg.entry_id)
            if delivery.state is DeliveryState.DELIVERED
        ]
        return [finding for finding in found if not is_known(uow, finding)]


def _failures_booked(
    uow: UnitOfWork, entries: list[JournalEntry], kept: Mapping[str, KeptDocument], zone: str
) -> Iterator[Failure]:
    """The lines behind the postings that take a payout back."""
    for entry in entries:
        for posting in entry.postings:
            if posting.kind == PAYOUT_FAILED:
                for page in uow.entries.lines_of(entry.entry_id, posting.number):
                    yield from (_said(kept[entry.document_id], line, zone) for line in page)


def _failures_unbooked(uow: UnitOfWork, kept: list[KeptDocument], zone: str) -> Iterator[Failure]:
    """The same of documents that are held: what they tell is known, whatever keeps them out of the books."""
    for each in kept:
        document = each.document
        for page in uow.documents.lines(document.document_id, document.revision, kind=PAYOUT_FAILED):
            yield from (_said(each, line, zone) for line in page)


def _payout(kept: KeptDocument, leg: JournalEntry, zone: str) -> Payout:
    """The payout as it was booked, which a re-issue that is held does not change."""
    total_minor = sum(posting.amount_minor for posting in leg.postings if posting.amount_minor > 0)
    return msgspec.structs.replace(_settled(kept, zone), total_minor=total_minor)


def _settled(kept: KeptDocument, zone: str) -> Payout:
    document = kept.document
    return Payout(
        document.document_id,
        document.identity.external_id,
        document.currency,
        document.total_minor,
        document.closed_at,
        arrival_day(document, zone),
        document.status,
    )


def _said(kept: KeptDocument, line: Line, zone: str) -> Failure:
    return _failure(kept, line.amount_minor, local_day(line.occurred_at, zone))


def _failure(kept: KeptDocument, amount_minor: int, failed_on: date) -> Failure:
    document = kept.document
    return Failure(
        document.document_id,
        document.identity.external_id,
        document.currency,
        amount_minor,
        document.closed_at,
        failed_on,
    )


def _bounce(leg: JournalEntry, delivery: Delivery, failure: Failure, route: Route) -> Finding:
    amount = f"{decimal_text(failure.amount_minor, failure.currency)} {failure.currency}"
    says = "Its channel" if failure.document_id == leg.document_id else f"Settlement {failure.external_id}"
    return Finding(
        code="books.payout_bounced",
        severity=Severity.ERROR,
        route_id=route.route_id,
        subject=delivery.voucher_id,
        title=f"{leg.narration}: {amount} did not arrive, but its transfer is in the ledger",
        amount_minor=failure.amount_minor,
        currency=failure.currency,
        cause=f"{says} says that the payout failed",
        repair="Undo its match with the bank line, then delete or reverse the transfer",
        entry_id=leg.entry_id,
        ref=delivery.ref,
    )
