"""One document into entries, fates and deliveries, inside one unit of work."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from bridge.books import payout
from bridge.books.choose import Chooser
from bridge.books.liability import TAX_FACILITATOR
from bridge.books.outcome import DocumentOutcome, Result
from bridge.books.planning import Ledger, Waiting, first_deliveries, plan
from bridge.books.split import place_of, spans
from bridge.books.summarise import Tally
from bridge.books.withdrawal import is_taken_back
from bridge.errors import ConfigError
from bridge.model.chart import SALES_TAX_PAYABLE, SUSPENSE
from bridge.model.connections import Route
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import Document, DocumentKind, DocumentState
from bridge.model.entries import JournalEntry, Slot
from bridge.model.findings import Finding, FindingState, Severity
from bridge.model.lines import UNCLASSIFIED
from bridge.model.money import decimal_text
from bridge.model.periods import local_day
from bridge.model.rules import RuleSet
from bridge.store.api import KeptDocument, UnitOfWork

BEFORE_FIRST_DAY = "before_first_day"
NO_PLACE = "mode.no_place"
REPLACED = "replaced"
_UNSENT = frozenset({DeliveryState.HELD, DeliveryState.OWED, DeliveryState.PARKED, DeliveryState.WITHDRAWN})


class Rulings(msgspec.Struct, frozen=True):
    """Every version of a route's rules, ready to choose."""

    versions: tuple[RuleSet, ...]
    choosers: Mapping[int, Chooser]

    @property
    def newest(self) -> int:
        return max(self.choosers)


def rulings(versions: tuple[RuleSet, ...], route: str) -> Rulings:
    """Raises: ConfigError when the route has no rules at all."""
    if not versions:
        raise ConfigError(f"route {route}", "has no rules in force", "Run `bridge apply`", code="rules.none")
    return Rulings(versions, {version.version: Chooser(version) for version in versions})


class Basis(msgspec.Struct, frozen=True):
    """What one document's booking goes by."""

    ledger: Ledger
    rulings: Rulings
    now: datetime


def book(uow: UnitOfWork, kept: KeptDocument, basis: Basis) -> DocumentOutcome:
    """Book a document that has no live entries, or hold it with the reason."""
    document = kept.document
    if refusal := _refusal(kept, basis):
        return _hold(uow, kept, *refusal)
    if any(each.is_live for each in uow.entries.of_document(document.document_id)):
        return _hold(uow, kept, _coded(document, "reissued"), "another revision of it is in the books and stays there")
    tally = _tally(uow, document, basis)
    if tally.booked_minor != document.total_minor:
        return _hold(uow, kept, _coded(document, "unbalanced"), _apart(document, tally.booked_minor))
    months = tally.months()
    settlement = payout.Settlement(
        document,
        basis.ledger.route,
        basis.rulings.newest,
        lambda slot: _next_number(uow, slot),
        lambda slot: _sent_before(uow, slot),
    )
    made = payout.entries(settlement, months)
    tally.bind({entry.slot.part: entry.entry_id for entry in made})
    _save(uow, document, made, tally, basis)
    if left := payout.residue_minor(months):
        uow.findings.add(_residue(document, basis.ledger.route.route_id, left), basis.now)
    uow.documents.set_state(document.document_id, document.revision, DocumentState.BOOKED, "")
    return DocumentOutcome(
        document.document_id,
        document.identity.external_id,
        Result.BOOKED,
        entry_ids=tuple(entry.entry_id for entry in made),
        lines_booked=sum(leg.line_count for legs in months.values() for leg in legs),
        excluded=tuple(sorted(tally.excluded.items())),
    )


def rebook(uow: UnitOfWork, kept: KeptDocument, basis: Basis) -> DocumentOutcome | None:
    """Book a document anew by newer rules or other accounts, replacing entries none of which was sent.

    Where one was sent, or withdrawn by a person, nothing is touched; where newer rules would have replaced it, a
    finding asks for a correction. None: nothing to replace.
    """
    document = kept.document
    live = [kept.entry for kept in uow.entries.of_document(document.document_id) if kept.is_live]
    is_by_rules = is_unclassified(live) and any(entry.rule_version < basis.rulings.newest for entry in live)
    if not is_by_rules and not any(is_elsewhere(entry, basis.ledger.route) for entry in live):
        return None
    deliveries = [delivery for entry in live for delivery in uow.deliveries.of_entry(entry.entry_id)]
    is_sent = any(delivery.state not in _UNSENT for delivery in deliveries)
    if is_sent or any(is_taken_back(each, uow.instructions.of_subject(each.voucher_id)) for each in deliveries):
        if not is_by_rules:
            return None
        finding = needs_correction(document, basis.ledger.route.route_id, basis.rulings.newest, is_sent=is_sent)
        if not is_known(uow, finding):
            uow.findings.add(finding, basis.now)
        return DocumentOutcome(
            document.document_id, document.identity.external_id, Result.NEEDS_CORRECTION, finding.code, finding.title
        )
    for delivery in deliveries:
        if delivery.state is not DeliveryState.WITHDRAWN:
            withdrawn = msgspec.structs.replace(
                delivery, state=DeliveryState.WITHDRAWN, reason=REPLACED, note="booked anew by newer rules or accounts"
            )
            uow.deliveries.move(delivery, withdrawn)
    for entry in live:
        uow.entries.replace(entry.entry_id)
    uow.entries.clear_fates(document.document_id)
    outcome = book(uow, kept, basis)
    is_booked = outcome.result is Result.BOOKED
    return msgspec.structs.replace(outcome, result=Result.REBOOKED) if is_booked else outcome


def is_unclassified(entries: Iterable[JournalEntry]) -> bool:
    """Whether entries of a document hold lines that nobody has classified: they stand in suspense."""
    return any(
        posting.kind == UNCLASSIFIED and posting.account == SUSPENSE for entry in entries for posting in entry.postings
    )


def is_elsewhere(entry: JournalEntry, route: Route) -> bool:
    """Whether an entry moves the payout by other accounts than its route now does."""
    ours = {
        (posting.kind, posting.amount_minor > 0 and posting.kind == payout.BANK): posting.account
        for posting in entry.postings
        if posting.kind in {payout.TOTAL, payout.BANK}
    }
    return any(account != (route.bank if is_bank else route.clearing) for (_, is_bank), account in ours.items())


def is_known(uow: UnitOfWork, finding: Finding) -> bool:
    """Whether this finding was raised before, whatever became of it."""
    return any(kept.finding == finding for kept in uow.findings.of_route(finding.route_id, *FindingState))


def needs_correction(document: Document, route_id: str, version: int, *, is_sent: bool) -> Finding:
    """What is said where newer rules meet entries that are already in the ledger, or that a person entered there."""
    done = "sent" if is_sent else "withdrawn by a person"
    return Finding(
        code="books.needs_correction",
        severity=Severity.ERROR,
        route_id=route_id,
        subject=document.document_id,
        title=f"{document.identity.kind} {document.identity.external_id} was {done} before rules version {version}",
        amount_minor=0,
        currency=document.currency,
        cause=f"A part of it was already {done}, so its entries were not replaced",
        repair="Re-code the lines in the ledger, or accept them as they are",
    )


def _refusal(kept: KeptDocument, basis: Basis) -> tuple[str, str] | None:
    document, route = kept.document, basis.ledger.route
    closed_on = local_day(document.closed_at, route.time_zone)
    if document.identity.kind not in {DocumentKind.SETTLEMENT, DocumentKind.PAYOUT}:
        return NO_PLACE, f"a document of kind {document.identity.kind} is not booked by payout"
    if closed_on < route.first_day:
        return BEFORE_FIRST_DAY, f"it closes on {closed_on}, before the route's first day {route.first_day}"
    if kept.lines_minor != document.total_minor:
        return _coded(document, "unbalanced"), _apart(document, kept.lines_minor)
    return None


def _coded(document: Document, what: str) -> str:
    return f"{document.identity.kind}.{what}"


def _apart(document: Document, lines_minor: int) -> str:
    total, lines, apart = (
        f"{decimal_text(minor, document.currency)} {document.currency}"
        for minor in (document.total_minor, lines_minor, document.total_minor - lines_minor)
    )
    return f"its total is {total} but its lines add up to {lines}: {apart} apart"


def _hold(uow: UnitOfWork, kept: KeptDocument, reason: str, message: str) -> DocumentOutcome:
    document = kept.document
    if (kept.state, kept.reason) != (DocumentState.HELD, reason):
        uow.documents.set_state(document.document_id, document.revision, DocumentState.HELD, reason)
    result = Result.BEFORE_FIRST_DAY if reason == BEFORE_FIRST_DAY else Result.HELD
    return DocumentOutcome(document.document_id, document.identity.external_id, result, reason, message)


def _tally(uow: UnitOfWork, document: Document, basis: Basis) -> Tally:
    key = document.document_id, document.revision
    stretches = spans(document, basis.ledger.route, basis.rulings.versions)
    withheld = uow.documents.withheld_groups(*key)
    if any(rule.as_kind == TAX_FACILITATOR for version in basis.rulings.versions for rule in version.rules):
        starts = [span.since for span in stretches]
        withheld |= {
            line.tax_group
            for page in uow.documents.lines(*key, kind=UNCLASSIFIED)
            for line in page
            if line.amount_minor
            and basis.rulings.choosers[stretches[place_of(line.occurred_at, starts)].rules.version].choose(line).kind
            == TAX_FACILITATOR
        }
    tally = Tally(stretches, basis.rulings.choosers, basis.ledger.route, withheld)
    for page in uow.documents.lines(*key):
        tally.add(page)
    return tally


def _next_number(uow: UnitOfWork, slot: Slot) -> int:
    return max((kept.entry.number for kept in uow.entries.chain(slot)), default=0) + 1


def _sent_before(uow: UnitOfWork, slot: Slot) -> int:
    """How many entries of a slot are in the ledger, or may be."""
    return sum(
        any(delivery.state not in _UNSENT for delivery in uow.deliveries.of_entry(kept.entry.entry_id))
        for kept in uow.entries.chain(slot)
    )


def _round(uow: UnitOfWork, entry: JournalEntry) -> int:
    """The round in which an entry's keys have never been tried: a vendor may repeat an old refusal for an old one."""
    return max(
        (
            delivery.round + 1
            for kept in uow.entries.chain(entry.slot)
            for delivery in uow.deliveries.of_entry(kept.entry.entry_id)
            if kept.entry.intent_id == entry.intent_id and (delivery.attempts or delivery.round)
        ),
        default=0,
    )


def _save(uow: UnitOfWork, document: Document, made: tuple[JournalEntry, ...], tally: Tally, basis: Basis) -> None:
    for entry in made:
        uow.entries.add(entry)
    for page in uow.documents.lines(document.document_id, document.revision):
        uow.entries.add_fates(document.document_id, document.revision, tally.fates(page))
    waiting = Waiting(is_unclassified(made))
    for entry in made:
        if not any(posting.amount_minor for posting in entry.postings):
            continue
        after = [delivery.voucher_id for before in entry.after for delivery in uow.deliveries.of_entry(before)]
        planned = plan(entry, basis.ledger, after)
        for delivery in first_deliveries(
            entry, planned, waiting, basis.ledger.route, basis.now, from_round=_round(uow, entry)
        ):
            uow.deliveries.add(delivery)


def _residue(document: Document, route_id: str, left_minor: int) -> Finding:
    amount = f"{decimal_text(left_minor, document.currency)} {document.currency}"
    return Finding(
        code="books.facilitator_residue",
        severity=Severity.WARNING,
        route_id=route_id,
        subject=document.document_id,
        title=f"settlement {document.identity.external_id}: {amount} of facilitator tax did not cancel out",
        amount_minor=left_minor,
        currency=document.currency,
        cause="Tax collected and tax withheld by the marketplace differ within the settlement",
        repair=f"It was moved to {SALES_TAX_PAYABLE}: ask the channel, or re-code it",
    )
