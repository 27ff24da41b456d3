"""Where a ledger line comes from: posting, rule, source lines, document, vouchers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby, islice, pairwise

import msgspec

from bridge.books.engine.legs import OPENING, TAX_ALONE
from bridge.books.engine.of_orders import OPEN, OWED_BACK
from bridge.books.engine.of_orders import TOTAL as THROUGH_CLEARING
from bridge.books.engine.of_statements import DIFFERENCE, TOTAL
from bridge.books.engine.place import NO_NAMES
from bridge.books.engine.split import spans
from bridge.books.naming import order_names
from bridge.books.tax.liability import RESIDUE, WITHHELD
from bridge.desk.shown import NO_TAX, LineTax, posting_taxes
from bridge.errors import InvariantError
from bridge.model.chart import Chart, title
from bridge.model.connections import Route
from bridge.model.deliveries import Delivery
from bridge.model.documents import Document
from bridge.model.entries import (
    ARRIVAL_FEE,
    ARRIVAL_GAIN,
    BANK,
    CARRY,
    EXCHANGE,
    OPENING_ITEM,
    OPENING_STATED,
    JournalEntry,
    Posting,
    Purpose,
)
from bridge.model.lines import Line
from bridge.model.rules import RuleSet, in_force
from bridge.store.api import KeptDocument, KeptEntry, UnitOfWork

OWN_DECISIONS = {
    OPENING: "from before the route's first day: opening clearing",
    WITHHELD: "the marketplace withheld the tax of this order line: pass-through",
    TOTAL: "the settlement's own total: what the channel owes",
    DIFFERENCE: "what the settlement, issued again, comes to beside its former total",
    ARRIVAL_GAIN: "what the bank made of it, beside what it stood at in the books",
    ARRIVAL_FEE: "kept by the bank that converted it, as a person said",
    CARRY: "carried between the months of one settlement",
    RESIDUE: "what rounding left between tax collected and tax withheld",
    TAX_ALONE: "tax without what it was charged on: that at its rate, and anew without tax",
    BANK: "the payout, from clearing to the bank",
    OPEN: "what buyers still owe of orders in it",
    OWED_BACK: "what was agreed to be paid back and is not yet, or was and now is",
    OPENING_ITEM: "from before the route's first day: an item of its opening",
    OPENING_STATED: "the ledger held it on the clearing account already: taken apart into its items",
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
    """Trace an entry. lines: at most so many of each posting are asked for; None for all."""
    entry = kept.entry
    route = uow.routes.by_id(entry.slot.route_id)
    chart = chart_of(route)
    known = tuple(rules for rules in uow.rules.versions(route.name) if rules.version <= entry.rule_version)
    documents, count = _documents(uow, entry, lines)
    is_settlement = entry.purpose in {Purpose.SETTLEMENT, Purpose.BANK} and bool(documents)
    turns = _turns(documents[0].document, route, known) if is_settlement else _of_day(known, entry.booked_on)
    deliveries = uow.deliveries.of_entry(entry.entry_id)
    vouchers = tuple(delivery.voucher for delivery in deliveries if delivery.voucher)
    taxes = posting_taxes(entry, vouchers, route, uow.facts.latest(route.ledger))
    postings = tuple(
        PostingExplanation(
            posting,
            title(chart, posting.account),
            _rulings(uow, entry.entry_id, posting, turns),
            _lines(uow, entry.entry_id, posting, lines),
            _taken_back(uow, entry.entry_id, posting, lines),
            tax,
        )
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
    if limit is None:
        found: Sequence[str] = sorted(uow.entries.documents_in([entry.entry_id]))
        count = len(found)
    else:
        found, count = uow.entries.some_documents_in(entry.entry_id, limit)
    heads = uow.documents.heads(found)
    return tuple(heads[name][0] for name in found), count


Turn = tuple[datetime | None, datetime | None, RuleSet]
"""A version of the rules, and the time (since, until) whose lines it takes; None for no end."""


def _of_day(versions: tuple[RuleSet, ...], day: date) -> list[Turn]:
    """An entry of an order or a day goes by one version: the one in force on its day."""
    return [(None, None, in_force(versions, day))]


def _turns(document: Document, route: Route, versions: tuple[RuleSet, ...]) -> list[Turn]:
    """A settlement's lines go by the versions in force when each occurred."""
    begun = [next(group) for _, group in groupby(spans(document, route, versions), key=lambda span: span.rules.version)]
    edges = [None, *(span.since for span in begun[1:]), None]
    return [(since, until, span.rules) for (since, until), span in zip(pairwise(edges), begun, strict=True)]


def _rulings(uow: UnitOfWork, entry_id: str, posting: Posting, turns: Sequence[Turn]) -> tuple[Ruling, ...]:
    """Who decided that a posting's lines go there: bridge itself, or the versions that took one of them."""
    if own := OWN_DECISIONS.get(posting.rule or posting.kind):
        return (Ruling(posting.rule or posting.kind, 0, "bridge", own),)
    took = {
        rules.version: Ruling(posting.rule, rules.version, rules.author, rules.reason)
        for since, until, rules in turns
        if posting.line_count and uow.entries.has_lines(entry_id, posting.number, since, until)
    }
    return tuple(took[version] for version in sorted(took))


def _lines(uow: UnitOfWork, entry_id: str, posting: Posting, limit: int | None) -> tuple[Line, ...]:
    if not posting.line_count:
        return ()
    if limit is not None:
        return uow.entries.some_lines_of(entry_id, posting.number, limit)
    return tuple(line for page in uow.entries.lines_of(entry_id, posting.number) for line in page)


def _taken_back(uow: UnitOfWork, entry_id: str, posting: Posting, limit: int | None) -> tuple[Line, ...]:
    lines = (line for page in uow.entries.taken_back_by(entry_id, posting.number) for line in page)
    return tuple(islice(lines, limit))
