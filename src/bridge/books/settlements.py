"""Settlements, and payouts of channels that report no orders, into the books: each by itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from bridge.books.engine import chains
from bridge.books.engine.arrived import arrivals, is_converted
from bridge.books.engine.basis import Basis
from bridge.books.engine.chains import Standing
from bridge.books.engine.draft import Draft, Refusal, draft
from bridge.books.engine.of_statements import TOTAL, OfStatement, apart, total_account
from bridge.books.engine.unit import hold, say, write
from bridge.books.outcome import DocumentOutcome, Result
from bridge.errors import StaleError
from bridge.model.connections import Route
from bridge.model.documents import Document, DocumentKind, DocumentState, Problem
from bridge.model.entries import BANK, JournalEntry, Posting, Purpose, Slot
from bridge.model.findings import Finding, Severity
from bridge.model.periods import closing_day
from bridge.model.reasons import SETTLEMENTS_ASKED_ABOUT, Reason, reissued, unbalanced
from bridge.store.api import KeptDocument, Store, UnitOfWork

_LET_IN = {Reason.SUPPLEMENT, Reason.ARRIVED, *SETTLEMENTS_ASKED_ABOUT}
"""Of a person who lets the books follow a content, or said what arrived, and of questions of what was let in."""


def book(store: Store, kept: KeptDocument, basis: Basis, actor: str) -> DocumentOutcome | None:
    """Book a document that is new, or anew what newer rules, other accounts or a settled regime say of one.

    A document of which another content is in the books waits for a person, and then gets supplements.
    None: nothing to do. Raises nothing for a race lost to somebody else: it is told.
    """
    try:
        if kept.state is DocumentState.BOOKED:
            return _rebook(store, kept, basis, actor)
        return _book(store, kept, basis, actor)
    except StaleError as cause:
        return None if _is_done(store, kept) else _outcome(kept, Result.LOST_RACE, cause.code, str(cause))


def _is_done(store: Store, kept: KeptDocument) -> bool:
    """Whether somebody else has meanwhile decided what becomes of it."""
    with store.reading() as uow:
        now = uow.documents.revision(kept.document.document_id, kept.document.revision)
    return now is None or (now.state, now.reason) != (kept.state, kept.reason)


def _book(store: Store, kept: KeptDocument, basis: Basis, actor: str) -> DocumentOutcome:
    with store.reading() as uow:
        if kept.reason == Reason.ARRIVED and _is_sent_otherwise(uow, kept.document, basis):
            return _said_late(store, kept, basis, actor)
        refusal = _refusal(uow, kept, basis)
        made = _draft(uow, kept, basis) if refusal is None else _refused(uow, kept, refusal, basis)
    if made.refusal is not None:
        return _hold(store, kept, made, basis, actor)
    said = _problems(kept, None)
    write(store, msgspec.structs.replace(made, then=lambda uow: say(uow, kept, said)), basis, actor)
    sums = [part.fresh for part in made.parts.values()]
    excluded = Counter[str]()
    for each in sums:
        excluded.update(each.excluded.get(kept.document.document_id, {}))
    return DocumentOutcome(
        kept.document.document_id,
        kept.document.identity.external_id,
        Result.CORRECTED if made.walk and made.walk.corrected else Result.BOOKED,
        entry_ids=tuple(entry.entry_id for entry in made.entries),
        lines_booked=sum(each.counts.get(kept.document.document_id, 0) for each in sums),
        excluded=tuple(sorted(excluded.items())),
    )


def _is_sent_otherwise(uow: UnitOfWork, document: Document, basis: Basis) -> bool:
    """Whether anything of it that is in the ledger would be made anew by what was said of it."""
    live = [each.entry for each in uow.entries.of_document(document.document_id) if each.is_live]
    own = [entry for entry in live if entry.purpose is Purpose.SETTLEMENT]
    word = arrivals(uow, [document.document_id], basis).get(document.document_id)
    if not is_converted(uow, document, word, basis) and all(entry.currency == document.currency for entry in own):
        return False
    return any(each.stays for each in chains.standing(uow, {entry.slot for entry in own}).values())


def _said_late(store: Store, kept: KeptDocument, basis: Basis, actor: str) -> DocumentOutcome:
    """It went out while a person said what reached the bank: it stays, and they are told."""
    document = kept.document
    kind, external_id = document.identity.kind, document.identity.external_id
    finding = Finding(
        code="books.arrived_late",
        severity=Severity.ERROR,
        route_id=basis.route.route_id,
        subject=document.document_id,
        title=f"{kind} {external_id} was sent before it was said what of it reached the bank",
        amount_minor=0,
        currency=document.currency,
        cause="It stands in the ledger as it was booked before that word",
        repair=f"Say it again by `bridge arrived {external_id}`, which takes it out and books it anew",
    )
    with store.unit(actor) as uow:
        uow.findings.add(finding, basis.now)
        uow.documents.set_state(document.document_id, document.revision, DocumentState.BOOKED, "")
    return _outcome(kept, Result.NEEDS_CORRECTION, finding.code, finding.title)


def foreseen(uow: UnitOfWork, kept: KeptDocument, basis: Basis) -> Draft:
    """What would become of it now, whatever it is in the books as; nothing is written."""
    return _draft(uow, kept, basis)


def _refused(uow: UnitOfWork, kept: KeptDocument, refusal: Refusal, basis: Basis) -> Draft:
    return Draft(stands_on=basis.stands_on(uow), documents={kept.document.document_id: kept}, refusal=refusal)


def _draft(uow: UnitOfWork, kept: KeptDocument, basis: Basis) -> Draft:
    policy = OfStatement(uow, kept, basis)
    return draft(uow, policy.work(), policy.into, basis)


def _rebook(store: Store, kept: KeptDocument, basis: Basis, actor: str) -> DocumentOutcome | None:
    """Replace entries never sent.

    Where one was sent, or withdrawn by a person, nothing is touched; where newer rules would have replaced it, a
    finding asks for a correction.
    """
    with store.reading() as uow:
        live = [each.entry for each in uow.entries.of_document(kept.document.document_id) if each.is_live]
        standing = chains.standing(uow, {entry.slot for entry in live})
    if not is_overtaken(live, standing, basis.route, basis.rulings.newest):
        return None
    if any(each.stays for each in standing.values()):
        return _ask_for_correction(store, kept, standing.values(), basis, actor)
    outcome = _book(store, kept, basis, actor)
    is_booked = outcome.result is Result.BOOKED
    return msgspec.structs.replace(outcome, result=Result.REBOOKED) if is_booked else outcome


def is_overtaken(live: Sequence[JournalEntry], standing: Mapping[Slot, Standing], route: Route, newest: int) -> bool:
    """Whether a document's entries are made anew, or somebody is told that they cannot be.

    Newer rules ask for a correction of what was sent; other accounts and a settled regime change what was not sent.
    newest: version of the rules.
    """
    if any(entry.rule_version < newest and chains.is_unclassified((entry,)) for entry in live):
        return True
    is_other = any(is_elsewhere(each, route) or standing[each.slot].awaited_regime(each) for each in live)
    return is_other and not any(standing[each.slot].stays for each in live)


def _ask_for_correction(
    store: Store, kept: KeptDocument, standing: Iterable[Standing], basis: Basis, actor: str
) -> DocumentOutcome:
    is_sent = any(each.is_sent(entry) for each in standing for entry in each.live)
    finding = _needs_correction(kept.document, basis.route.route_id, basis.rulings.newest, is_sent=is_sent)
    with store.unit(actor) as uow:
        if not is_known(uow, finding):
            uow.findings.add(finding, basis.now)
    return _outcome(kept, Result.NEEDS_CORRECTION, finding.code, finding.title)


def is_elsewhere(entry: JournalEntry, route: Route) -> bool:
    """Whether an entry moves the payout by other accounts than its route now does."""
    return any(
        posting.account != _account_now(posting, route) for posting in entry.postings if posting.kind in {TOTAL, BANK}
    )


def _account_now(posting: Posting, route: Route) -> str:
    """Where a leg that moves a payout would go by its route as it is now."""
    if posting.kind == TOTAL:
        return total_account(route, posting.amount_minor)
    return route.bank if posting.amount_minor > 0 else route.clearing


def is_known(uow: UnitOfWork, finding: Finding) -> bool:
    """Whether this finding was raised before, whatever became of it."""
    return any(kept.finding == finding for kept in uow.findings.of_ids([finding.finding_id]))


def _needs_correction(document: Document, route_id: str, version: int, *, is_sent: bool) -> Finding:
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


def _refusal(uow: UnitOfWork, kept: KeptDocument, basis: Basis) -> Refusal | None:
    document, route = kept.document, basis.route
    closed_on = closing_day(document, route.time_zone)
    if document.identity.kind not in {DocumentKind.SETTLEMENT, DocumentKind.PAYOUT}:
        return Refusal(Reason.NO_PLACE, f"a document of kind {document.identity.kind} is not booked by payout")
    if closed_on < route.first_day:
        words = f"it closes on {closed_on}, before the route's first day {route.first_day}"
        return Refusal(Reason.BEFORE_FIRST_DAY, words)
    if kept.lines_minor != document.total_minor:
        off = document.total_minor - kept.lines_minor
        return Refusal(unbalanced(document.identity.kind), apart(document, off))
    if kept.state is not DocumentState.BOOKED and kept.reason not in _LET_IN and _is_in_books(uow, document):
        words = "another revision of it is in the books and stays there"
        return Refusal(reissued(document.identity.kind), words)
    return None


def _is_in_books(uow: UnitOfWork, document: Document) -> bool:
    return any(each.is_live for each in uow.entries.of_document(document.document_id))


def _hold(store: Store, kept: KeptDocument, made: Draft, basis: Basis, actor: str) -> DocumentOutcome:
    refusal = made.refusal or Refusal("", "")
    problems = _problems(kept, refusal.problem)
    held = msgspec.structs.replace(made, then=lambda uow: hold(uow, kept, refusal.reason, problems))
    is_so = (kept.state, kept.reason) == (DocumentState.HELD, refusal.reason) and problems == kept.problems
    if made.giving_way or not is_so:
        write(store, held, basis, actor)
    result = Result.BEFORE_FIRST_DAY if refusal.reason == Reason.BEFORE_FIRST_DAY else Result.HELD
    return _outcome(kept, result, refusal.reason, refusal.message)


def _problems(kept: KeptDocument, question: Problem | None) -> tuple[Problem, ...]:
    """The question that a settlement waits for, beside what its reader said; without one, none."""
    said = (problem for problem in kept.problems if problem.code not in SETTLEMENTS_ASKED_ABOUT)
    return (*((question,) if question else ()), *said)


def _outcome(kept: KeptDocument, result: Result, reason: str, message: str) -> DocumentOutcome:
    return DocumentOutcome(kept.document.document_id, kept.document.identity.external_id, result, reason, message)
