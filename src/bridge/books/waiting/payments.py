"""What the store tells of a route's payouts: which are due, and which a later settlement takes back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import cache, partial

import msgspec

from bridge.books.engine.coverage import coverage
from bridge.books.planning.early import early
from bridge.books.planning.paid import Failure, Payout, failed, pay_state
from bridge.books.planning.plan import Ledger, Waiting
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.documents import FAILED_STATUS, PAYING
from bridge.model.entries import BANK, JournalEntry
from bridge.model.findings import PAYOUT_BOUNCED, Finding, Severity
from bridge.model.lines import PAYOUT_FAILED
from bridge.model.money import decimal_text
from bridge.model.periods import arrival_day, local_day
from bridge.store.api import KeptDocument, UnitOfWork


class Payments:
    """What is known of a route's payouts: which later lines or the channel's own words say that they failed.

    Reads those lines and words, and the payouts that they may mean; of others what it is told to look at. All of it
    in one unit of work.
    """

    def __init__(self, uow: UnitOfWork, ledger: Ledger) -> None:
        self._uow, self._route, zone = uow, (route := ledger.route), ledger.route.time_zone
        self._connection_id = uow.connections.get(route.source).connection_id
        self._coverage = cache(partial(coverage, uow, route, ledger.channel))
        failures = [*self._failures_booked(), *self._failures_unbooked()]
        amounts = sorted({failure.amount_minor for failure in failures})
        legs = uow.entries.with_kind(route.route_id, BANK, amounts=amounts)
        kept = _newest(uow, (each.entry for each in legs))
        said = uow.documents.paying(self._connection_id, totals=amounts, statuses=sorted(FAILED_STATUS))
        kept |= {each.document.document_id: each for each in said}
        booked = [entry for entries in self._live(sorted(kept)).values() for entry in entries if entry.is_bank_leg]
        self._bank_legs = {entry.document_id: entry for entry in sorted(booked, key=lambda entry: entry.slot.group)}
        self._payouts = {name: _payout(kept[name], leg, zone) for name, leg in self._bank_legs.items()}
        others = [_settled(each, zone) for name, each in sorted(kept.items()) if name not in self._payouts]
        self._failed_by_status = {
            name: _failure(kept[name], payout.total_minor, payout.due_on)
            for name, payout in self._payouts.items()
            if payout.status in FAILED_STATUS
        }
        self._failed = failed([*self._payouts.values(), *others], failures)

    def look_at(self, entries: Iterable[JournalEntry]) -> None:
        """Learn of the payouts whose transfers are among these entries."""
        legs = {entry.document_id: entry for entry in entries if entry.is_bank_leg}
        kept = _newest(self._uow, legs.values())
        zone = self._route.time_zone
        unseen = {name: each for name, each in kept.items() if name not in self._payouts}
        self._payouts |= {name: _payout(each, legs[name], zone) for name, each in unseen.items()}

    def waiting(self, entry: JournalEntry, now: datetime, *, is_unclassified: bool) -> Waiting:
        """What may keep this entry's vouchers back."""
        payout = self._payouts.get(entry.document_id) if entry.is_bank_leg else None
        if payout is None:
            return Waiting(is_unclassified, early=early(entry, self._route, now, self._coverage))
        failure = self._failed.get(entry.document_id)
        says = f"settlement {failure.external_id} says" if failure else "its channel says"
        note = f"{says} that this payout failed: nothing reaches the bank, so no bank line is to be coded"
        today = local_day(now, self._route.time_zone)
        return Waiting(is_unclassified, pay_state(payout, self._failed, today), note)

    def bounced(self) -> list[Finding]:
        """New findings about payouts that failed when their bank leg was already in the ledger."""
        failures = {**self._failed, **self._failed_by_status}
        legs = [(self._bank_legs[name], failure) for name, failure in failures.items() if name in self._bank_legs]
        deliveries = self._uow.deliveries.of_entries([leg.entry_id for leg, _ in legs])
        found = [
            _bounce(leg, delivery, failure, self._route)
            for leg, failure in legs
            for delivery in deliveries.get(leg.entry_id, ())
            if delivery.state is DeliveryState.DELIVERED
        ]
        told = self._uow.findings.of_ids([finding.finding_id for finding in found])
        known = {kept.finding.finding_id: kept.finding for kept in told}
        return [finding for finding in found if known.get(finding.finding_id) != finding]

    def _failures_booked(self) -> Iterator[Failure]:
        """The lines behind the postings that take a payout back."""
        entries = [each.entry for each in self._uow.entries.with_kind(self._route.route_id, PAYOUT_FAILED)]
        kept = _newest(self._uow, entries)
        for entry in entries:
            if entry.document_id in kept and kept[entry.document_id].document.identity.kind in PAYING:
                for posting in entry.postings:
                    if posting.kind == PAYOUT_FAILED:
                        for page in self._uow.entries.lines_of(entry.entry_id, posting.number):
                            lines = ((line.amount_minor, line.occurred_at) for line in page)
                            yield from (self._said(kept[entry.document_id], *line) for line in lines)

    def _failures_unbooked(self) -> Iterator[Failure]:
        """The same of documents that are held: what they tell is known, whatever keeps them out of the books."""
        told = self._uow.documents.failures(self._connection_id)
        booked = self._live(sorted({kept.document.document_id for kept, *_ in told}))
        for kept, amount_minor, at in told:
            if kept.document.document_id not in booked:
                yield self._said(kept, amount_minor, at)

    def _said(self, kept: KeptDocument, amount_minor: int, at: datetime) -> Failure:
        return _failure(kept, amount_minor, local_day(at, self._route.time_zone))

    def _live(self, document_ids: Sequence[str]) -> dict[str, list[JournalEntry]]:
        """The live entries of this route by their document."""
        found: dict[str, list[JournalEntry]] = {}
        for document_id, several in self._uow.entries.of_documents(document_ids).items():
            live = [each.entry for each in several if each.is_live and each.entry.slot.route_id == self._route.route_id]
            if live:
                found[document_id] = live
        return found


def _newest(uow: UnitOfWork, entries: Iterable[JournalEntry]) -> dict[str, KeptDocument]:
    """The documents that entries are made from, as they are now."""
    heads = uow.documents.heads(sorted({entry.document_id for entry in entries if entry.document_id}))
    return {document_id: history[0] for document_id, history in heads.items()}


def _payout(kept: KeptDocument, leg: JournalEntry, zone: str) -> Payout:
    """The payout as it was booked, which a re-issue that is held does not change."""
    total_minor = sum(posting.amount_minor for posting in leg.postings if posting.amount_minor > 0)
    payout = msgspec.structs.replace(_settled(kept, zone), total_minor=total_minor)
    if leg.currency == payout.currency:
        return payout
    status = payout.status if payout.status in FAILED_STATUS else ""  # a person said that it arrived, and when
    return msgspec.structs.replace(payout, currency=leg.currency, due_on=leg.booked_on, status=status)


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
        code=PAYOUT_BOUNCED,
        severity=Severity.ERROR,
        route_id=route.route_id,
        subject=delivery.voucher_id,
        title=f"{leg.narration}: {amount} did not arrive, but its transfer is in the ledger",
        amount_minor=failure.amount_minor,
        currency=failure.currency,
        cause=f"{says} says that the payout failed",
        repair="Where the money never came, undo the transfer's match with the bank line and delete or reverse the "
        "transfer; where it came and went back, code the line that came back to the clearing account. Then accept this",
        entry_id=leg.entry_id,
        ref=delivery.ref,
    )
