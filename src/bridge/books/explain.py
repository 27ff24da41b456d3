"""Where a ledger line comes from: posting, rule, source lines, document, vouchers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

import msgspec

from bridge.books.engine.legs import OPENING, TAX_ALONE
from bridge.books.engine.of_orders import OPEN, OWED_BACK
from bridge.books.engine.of_orders import TOTAL as THROUGH_CLEARING
from bridge.books.engine.of_statements import CARRY, DIFFERENCE, TOTAL
from bridge.books.engine.place import NO_NAMES
from bridge.books.engine.split import place_of, spans
from bridge.books.liability import RESIDUE, WITHHELD
from bridge.books.naming import order_names
from bridge.books.shown import NO_TAX, LineTax, posting_taxes
from bridge.errors import InvariantError
from bridge.model.chart import Chart, title
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery
from bridge.model.documents import Document
from bridge.model.entries import BANK, EXCHANGE, JournalEntry, Posting, Purpose
from bridge.model.lines import Line
from bridge.model.rules import RuleSet, in_force
from bridge.store.api import KeptDocument, KeptEntry, UnitOfWork

OWN_DECISIONS = {
    OPENING: "from before the route's first day: opening clearing",
    WITHHELD: "the marketplace withheld the tax of this order line: pass-through",
    TOTAL: "the settlement's own total: what the channel owes",
    DIFFERENCE: "what the settlement, issued again, comes to beside its former total",
    CARRY: "carried between the months of one settlement",
    RESIDUE: "what rounding left between tax collected and tax withheld",
    TAX_ALONE: "tax without what it was charged on: that at its rate, and anew without tax",
    BANK: "the payout, from clearing to the bank",
    OPEN: "what buyers still owe of orders in it",
    OWED_BACK: "what was agreed to be paid back and is not yet, or was and now is",
    EXCHANGE: "captured and charged differ, where the channel converted in between",
    THROUGH_CLEARING: "fees and adjustments, taken out of what the channel owes",
}


class Ruling(msgspec.Struct, frozen=True):
    """Who decided where lines go. version: of the rule set; 0 for one of bridge's own decisions."""

    rule: str
    version: int
    author: str
    reason: str


class PostingExplanation(msgspec.Struct, frozen=True):
    """One posting: by which rulings, and the lines it sums (the first of them; line_count counts all).

    taken_back: lines of earlier revisions that it takes out of the entry that booked them. tax: its treatment.
    account: number and name.
    """

    posting: Posting
    account: str
    rulings: tuple[Ruling, ...]
    lines: tuple[Line, ...]
    taken_back: tuple[Line, ...] = ()
    tax: LineTax = NO_TAX


class Explanation(msgspec.Struct, frozen=True):
    """An entry, with all that led to it and all that came of it.

    documents: those it is made from, some of them where there are many; document_count counts all.
    order_names: what people call the orders that its lines belong to, by id.
    excluded: (reason, how many lines, sum), of an entry of one document.
    """

    kept: KeptEntry
    route: Route
    documents: tuple[KeptDocument, ...]
    document_count: int
    postings: tuple[PostingExplanation, ...]
    excluded: tuple[tuple[str, int, int], ...]
    deliveries: tuple[Delivery, ...]
    order_names: Mapping[str, str] = NO_NAMES


def explain(uow: UnitOfWork, kept: KeptEntry, chart_of: Callable[[Route], Chart], *, lines: int | None) -> Explanation:
    """Trace an entry. lines: at most so many of each posting; None for all."""
    entry = kept.entry
    route = uow.routes.by_id(entry.slot.route_id)
    chart = chart_of(route)
    known = tuple(rules for rules in uow.rules.versions(route.name) if rules.version <= entry.rule_version)
    documents, count = _documents(uow, entry, lines)
    is_settlement = entry.purpose in {Purpose.SETTLEMENT, Purpose.BANK} and bool(documents)
    rules_of = (
        _Calendar(documents[0].document, route, known).rules if is_settlement else _of_day(known, entry.booked_on)
    )
    deliveries = uow.deliveries.of_entry(entry.entry_id)
    vouchers = tuple(delivery.voucher for delivery in deliveries if delivery.voucher)
    taxes = posting_taxes(entry, vouchers, route, uow.facts.latest(route.ledger))
    postings = tuple(
        _explain(uow, entry.entry_id, posting, title(chart, posting.account), tax, rules_of, lines)
        for posting, tax in zip(entry.postings, taxes, strict=True)
    )
    return Explanation(
        kept,
        route,
        documents,
        count,
        postings,
        uow.entries.exclusions(entry.document_id) if entry.document_id else (),
        deliveries,
        NO_NAMES if is_settlement else _order_names(uow, documents, postings),
    )


def _order_names(
    uow: UnitOfWork, documents: Sequence[KeptDocument], postings: Sequence[PostingExplanation]
) -> Mapping[str, str]:
    """The names of the orders of all lines that are told; a settlement's orders are known by their ids."""
    orders = {line.order_id for posting in postings for line in (*posting.lines, *posting.taken_back)}
    connections = {kept.connection_id for kept in documents}
    return {key: name for each in connections for key, name in order_names(uow, each, orders).items()}


def _documents(uow: UnitOfWork, entry: JournalEntry, limit: int | None) -> tuple[tuple[KeptDocument, ...], int]:
    """The documents of an entry, and how many there are."""
    if entry.document_id:
        document = uow.documents.revision(entry.document_id, entry.revision)
        if document is None:
            raise InvariantError(f"entry {entry.entry_id}", "its document is not in the store", "Restore the store")
        return (document,), 1
    found = sorted(uow.entries.documents_in([entry.entry_id]))
    heads = uow.documents.heads(found if limit is None else found[:limit])
    return tuple(heads[name][0] for name in sorted(heads)), len(found)


def _of_day(versions: tuple[RuleSet, ...], day: date) -> Callable[[Line], RuleSet]:
    """An entry of an order or a day goes by one version: the one in force on its day."""
    rules = in_force(versions, day)
    return lambda _line: rules


class _Calendar:
    """Which version of the rules a line of one document took."""

    def __init__(self, document: Document, route: Route, versions: tuple[RuleSet, ...]) -> None:
        self._spans = spans(document, route, versions)
        self._starts = [span.since for span in self._spans]

    def rules(self, line: Line) -> RuleSet:
        return self._spans[place_of(line.occurred_at, self._starts)].rules


def _explain(
    uow: UnitOfWork,
    entry_id: str,
    posting: Posting,
    account: str,
    tax: LineTax,
    rules_of: Callable[[Line], RuleSet],
    limit: int | None,
) -> PostingExplanation:
    own = OWN_DECISIONS.get(posting.rule or posting.kind)
    rulings = {Ruling(posting.rule or posting.kind, 0, "bridge", own)} if own else set()
    shown: list[Line] = []
    if posting.line_count:
        for page in uow.entries.lines_of(entry_id, posting.number):
            shown += page if limit is None else page[: max(0, limit - len(shown))]
            if not own:
                rulings |= {_ruling(posting, rules_of(line)) for line in page}
    back = [line for page in uow.entries.taken_back_by(entry_id, posting.number) for line in page]
    ordered = tuple(sorted(rulings, key=lambda ruling: ruling.version))
    shown_back = tuple(back if limit is None else back[:limit])
    return PostingExplanation(posting, account, ordered, tuple(shown), shown_back, tax)


def _ruling(posting: Posting, rules: RuleSet) -> Ruling:
    return Ruling(posting.rule, rules.version, rules.author, rules.reason)
