"""One document into entries, fates and deliveries, inside one unit of work."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import msgspec

from bridge.books import chain, payout
from bridge.books.choose import Chooser
from bridge.books.groups import Groups, groups_of
from bridge.books.liability import PASSED_THROUGH, Share, is_rounding
from bridge.books.outcome import DocumentOutcome, Result
from bridge.books.planning import Ledger, Waiting
from bridge.books.questions import money, question
from bridge.books.split import Span, place_of, spans
from bridge.books.summarise import Tally
from bridge.books.taxes import taxes_of
from bridge.errors import ConfigError
from bridge.model.chart import FACILITATOR_TAX
from bridge.model.connections import Route, TaxRegime
from bridge.model.documents import Document, DocumentKind, DocumentState, Problem
from bridge.model.entries import BANK, JournalEntry, Posting
from bridge.model.findings import Finding, Severity
from bridge.model.lines import UNCLASSIFIED
from bridge.model.periods import closing_day, day_start
from bridge.model.reasons import SETTLEMENTS_ASKED_ABOUT, Reason, reissued, unbalanced
from bridge.model.rules import RuleSet
from bridge.model.slots import MonthPart
from bridge.store.api import KeptDocument, TaxSum, UnitOfWork

_SHOWN = 20


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
        return _hold(
            uow, kept, reissued(document.identity.kind), "another revision of it is in the books and stays there"
        )
    stretches = spans(document, basis.ledger.route, basis.rulings.versions)
    groups = _groups(uow, document, basis, stretches)
    taxes = taxes_of(basis.ledger.route, groups, home_country=basis.ledger.country)
    tally = Tally(stretches, basis.rulings.choosers, basis.ledger.route, taxes)
    for page in uow.documents.lines(document.document_id, document.revision):
        tally.add(page)
    if tally.booked_minor != document.total_minor:
        return _hold(uow, kept, unbalanced(document.identity.kind), _apart(document, tally.booked_minor))
    if problem := question(document, basis.ledger.route, groups, tally):
        return _hold(uow, kept, problem.code, problem.message, problem)
    months = tally.months()
    settlement = payout.Settlement(
        document,
        basis.ledger.route,
        basis.rulings.newest,
        lambda slot: chain.next_number(uow, slot),
        lambda slot: chain.sent_before(uow, slot),
        groups.withheld_lines,
    )
    made = payout.entries(settlement, months)
    tally.bind({what.month: entry.entry_id for entry in made if isinstance(what := entry.slot.what, MonthPart)})
    _save(uow, document, made, tally, basis)
    left = payout.residue_minor(months)
    if not is_rounding(left, groups.withheld_lines):
        uow.findings.add(_residue(document, basis.ledger.route.route_id, left, groups.uneven), basis.now)
    uow.documents.set_state(document.document_id, document.revision, DocumentState.BOOKED, "")
    _say(uow, kept)
    return DocumentOutcome(
        document.document_id,
        document.identity.external_id,
        Result.BOOKED,
        entry_ids=tuple(entry.entry_id for entry in made),
        lines_booked=sum(leg.line_count for legs in months.values() for leg in legs),
        excluded=tuple(sorted(tally.excluded.items())),
    )


def first_day_at(route: Route) -> datetime:
    """No document of the route's first day is older: also one that its channel dates by a day alone, in no zone."""
    return min(day_start(route.first_day, zone) for zone in (route.time_zone, "UTC"))


def rebook(uow: UnitOfWork, kept: KeptDocument, basis: Basis) -> DocumentOutcome | None:
    """Book a document anew by newer rules, other accounts or a settled tax regime, replacing entries never sent.

    Where one was sent, or withdrawn by a person, nothing is touched; where newer rules would have replaced it, a
    finding asks for a correction. None: nothing to replace.
    """
    document = kept.document
    live = [kept.entry for kept in uow.entries.of_document(document.document_id) if kept.is_live]
    is_by_rules = chain.is_unclassified(live) and any(entry.rule_version < basis.rulings.newest for entry in live)
    is_other = any(is_elsewhere(entry, basis.ledger.route) or chain.awaited_regime(uow, entry) for entry in live)
    if not is_by_rules and not is_other:
        return None
    is_sent = any(chain.is_sent(uow, entry) for entry in live)
    if not all(chain.is_replaceable(uow, entry) for entry in live):
        if not is_by_rules:
            return None
        finding = needs_correction(document, basis.ledger.route.route_id, basis.rulings.newest, is_sent=is_sent)
        if not is_known(uow, finding):
            uow.findings.add(finding, basis.now)
        return DocumentOutcome(
            document.document_id, document.identity.external_id, Result.NEEDS_CORRECTION, finding.code, finding.title
        )
    for entry in live:
        chain.withdraw(uow, entry)
        uow.entries.replace(entry.entry_id)
    uow.entries.clear_fates(document.document_id)
    outcome = book(uow, kept, basis)
    is_booked = outcome.result is Result.BOOKED
    return msgspec.structs.replace(outcome, result=Result.REBOOKED) if is_booked else outcome


def is_elsewhere(entry: JournalEntry, route: Route) -> bool:
    """Whether an entry moves the payout by other accounts than its route now does."""
    return any(
        posting.account != _account_now(posting, route)
        for posting in entry.postings
        if posting.kind in {payout.TOTAL, BANK}
    )


def _account_now(posting: Posting, route: Route) -> str:
    """Where a leg that moves a payout would go by its route as it is now."""
    if posting.kind == payout.TOTAL:
        return payout.total_account(route, posting.amount_minor)
    return route.bank if posting.amount_minor > 0 else route.clearing


def is_known(uow: UnitOfWork, finding: Finding) -> bool:
    """Whether this finding was raised before, whatever became of it."""
    return any(kept.finding == finding for kept in uow.findings.of_ids([finding.finding_id]))


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


def _refusal(kept: KeptDocument, basis: Basis) -> tuple[Reason, str] | None:
    document, route = kept.document, basis.ledger.route
    closed_on = closing_day(document, route.time_zone)
    if document.identity.kind not in {DocumentKind.SETTLEMENT, DocumentKind.PAYOUT}:
        return Reason.NO_PLACE, f"a document of kind {document.identity.kind} is not booked by payout"
    if closed_on < route.first_day:
        return Reason.BEFORE_FIRST_DAY, f"it closes on {closed_on}, before the route's first day {route.first_day}"
    if kept.lines_minor != document.total_minor:
        return unbalanced(document.identity.kind), _apart(document, kept.lines_minor)
    return None


def _apart(document: Document, lines_minor: int) -> str:
    amounts = (document.total_minor, lines_minor, document.total_minor - lines_minor)
    total, lines, apart = (money(minor, document) for minor in amounts)
    return f"its total is {total} but its lines add up to {lines}: {apart} apart"


def _hold(uow: UnitOfWork, kept: KeptDocument, reason: str, message: str, *problems: Problem) -> DocumentOutcome:
    document = kept.document
    if (kept.state, kept.reason) != (DocumentState.HELD, reason):
        uow.documents.set_state(document.document_id, document.revision, DocumentState.HELD, reason)
    _say(uow, kept, *problems)
    result = Result.BEFORE_FIRST_DAY if reason == Reason.BEFORE_FIRST_DAY else Result.HELD
    return DocumentOutcome(document.document_id, document.identity.external_id, result, reason, message)


def _say(uow: UnitOfWork, kept: KeptDocument, *problems: Problem) -> None:
    """Keep the question that a settlement waits for, beside what its reader said; without one, none."""
    found = (*problems, *(problem for problem in kept.problems if problem.code not in SETTLEMENTS_ASKED_ABOUT))
    if found != kept.problems:
        uow.documents.set_problems(kept.document.document_id, kept.document.revision, found)


def _groups(uow: UnitOfWork, document: Document, basis: Basis, stretches: tuple[Span, ...]) -> Groups:
    """What the document's tax rows say; lines that a rule names are what the rule says."""
    route = basis.ledger.route
    kinds = () if route.tax_regime is TaxRegime.VAT_STANDARD else PASSED_THROUGH
    sums = uow.documents.tax_sums(document.document_id, document.revision, kinds)
    if any(rule.as_kind for version in basis.rulings.versions for rule in version.rules):
        sums = _with_named(sums, _named(uow, document, basis, stretches))
    return groups_of(sums, route.standard_rate)


def _named(uow: UnitOfWork, document: Document, basis: Basis, stretches: tuple[Span, ...]) -> dict[str, list[TaxSum]]:
    """The lines that nobody but a rule has classified, by tax group, as the kinds that they then are."""
    starts = [span.since for span in stretches]
    named: dict[str, list[TaxSum]] = {}
    for page in uow.documents.lines(document.document_id, document.revision, kind=UNCLASSIFIED):
        for line in page:
            version = stretches[place_of(line.occurred_at, starts)].rules.version
            kind = basis.rulings.choosers[version].choose(line).kind
            if line.tax_group and kind != UNCLASSIFIED:
                found = TaxSum(line.tax_group, kind, line.tax_base, line.amount_minor, int(line.amount_minor != 0))
                named.setdefault(line.tax_group, []).append(found)
    return named


def _with_named(sums: Iterable[TaxSum], named: dict[str, list[TaxSum]]) -> Iterator[TaxSum]:
    """All of a group together, in the groups' order; then the groups of nothing else."""
    group = ""
    for each in sums:
        if each.group != group:
            yield from named.pop(group, ())
            group = each.group
        yield each
    for rest in (named.pop(group, []), *named.values()):
        yield from rest


def _save(uow: UnitOfWork, document: Document, made: tuple[JournalEntry, ...], tally: Tally, basis: Basis) -> None:
    for entry in made:
        uow.entries.add(entry)
    for page in uow.documents.lines(document.document_id, document.revision):
        uow.entries.add_fates(document.document_id, document.revision, tally.fates(page))
    waiting = Waiting(chain.is_unclassified(made))
    for entry in made:
        chain.owe(uow, entry, basis.ledger, waiting, basis.now)


def _residue(document: Document, route_id: str, left_minor: int, uneven: tuple[Share, ...]) -> Finding:
    return Finding(
        code="books.facilitator_residue",
        severity=Severity.WARNING,
        route_id=route_id,
        subject=document.document_id,
        title=f"settlement {document.identity.external_id}: {money(left_minor, document)} of facilitator tax did not "
        "cancel out",
        amount_minor=left_minor,
        currency=document.currency,
        cause="Tax collected and tax withheld by the marketplace differ within the settlement, by more than rounding",
        repair=f"It stands on {FACILITATOR_TAX}: ask the channel who remits it, then re-code it",
        evidence=tuple(
            (
                share.group,
                f"collected {money(share.collected_minor, document)}",
                f"withheld {money(share.withheld_minor, document)}",
            )
            for share in uneven[:_SHOWN]
        ),
    )
