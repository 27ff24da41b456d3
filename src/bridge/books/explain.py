"""Where a ledger line comes from: posting, rule, source lines, document, vouchers."""

from __future__ import annotations

import msgspec

from bridge.books.liability import RESIDUE, WITHHELD
from bridge.books.payout import BANK, CARRY, TOTAL
from bridge.books.split import place_of, spans
from bridge.books.summarise import OPENING
from bridge.errors import InvariantError
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery
from bridge.model.documents import Document
from bridge.model.entries import Posting
from bridge.model.lines import Line
from bridge.model.rules import RuleSet
from bridge.store.api import KeptDocument, KeptEntry, UnitOfWork

OWN_DECISIONS = {
    OPENING: "from before the route's first day: opening clearing",
    WITHHELD: "the marketplace withheld the tax of this order line: pass-through",
    TOTAL: "the settlement's own total: what the channel owes",
    CARRY: "carried between the months of one settlement",
    RESIDUE: "tax collected and withheld that did not cancel out, moved to sales tax payable",
    BANK: "the payout, from clearing to the bank",
}


class Ruling(msgspec.Struct, frozen=True):
    """Who decided where lines go. version: of the rule set; 0 for one of bridge's own decisions."""

    rule: str
    version: int
    author: str
    reason: str


class PostingExplanation(msgspec.Struct, frozen=True):
    """One posting: by which rulings, and the lines it sums (the first of them; line_count counts all)."""

    posting: Posting
    rulings: tuple[Ruling, ...]
    lines: tuple[Line, ...]


class Explanation(msgspec.Struct, frozen=True):
    """An entry, with all that led to it and all that came of it.

    excluded: (reason, how many lines, sum) of its document.
    """

    kept: KeptEntry
    route: Route
    document: KeptDocument
    postings: tuple[PostingExplanation, ...]
    excluded: tuple[tuple[str, int, int], ...]
    deliveries: tuple[Delivery, ...]


def explain(uow: UnitOfWork, kept: KeptEntry, *, lines: int | None) -> Explanation:
    """Trace an entry. lines: at most so many of each posting; None for all."""
    entry = kept.entry
    route = uow.routes.by_id(entry.slot.route_id)
    document = uow.documents.revision(entry.document_id, entry.revision)
    if document is None:
        raise InvariantError(f"entry {entry.entry_id}", "its document is not in the store", "Restore the store")
    known = tuple(rules for rules in uow.rules.versions(route.name) if rules.version <= entry.rule_version)
    calendar = _Calendar(document.document, route, known)
    return Explanation(
        kept,
        route,
        document,
        tuple(_explain(uow, entry.entry_id, posting, calendar, lines) for posting in entry.postings),
        uow.entries.exclusions(entry.document_id),
        uow.deliveries.of_entry(entry.entry_id),
    )


class _Calendar:
    """Which version of the rules a line of one document took."""

    def __init__(self, document: Document, route: Route, versions: tuple[RuleSet, ...]) -> None:
        self._spans = spans(document, route, versions)
        self._starts = [span.since for span in self._spans]

    def rules(self, line: Line) -> RuleSet:
        return self._spans[place_of(line.occurred_at, self._starts)].rules


def _explain(
    uow: UnitOfWork, entry_id: str, posting: Posting, calendar: _Calendar, limit: int | None
) -> PostingExplanation:
    own = OWN_DECISIONS.get(posting.rule or posting.kind)
    rulings = {Ruling(posting.rule or posting.kind, 0, "bridge", own)} if own else set()
    shown: list[Line] = []
    if posting.line_count:
        for page in uow.entries.lines_of(entry_id, posting.number):
            shown += page if limit is None else page[: max(0, limit - len(shown))]
            if not own:
                rulings |= {_ruling(posting, calendar.rules(line)) for line in page}
    return PostingExplanation(posting, tuple(sorted(rulings, key=lambda ruling: ruling.version)), tuple(shown))


def _ruling(posting: Posting, rules: RuleSet) -> Ruling:
    return Ruling(posting.rule, rules.version, rules.author, rules.reason)
