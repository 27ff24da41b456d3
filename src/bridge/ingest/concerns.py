"""What a source says a person must decide: findings of every route it feeds, for as long as it says so.

Where a person had something taken back, that stands as long as the source goes on saying so of the same amount. Once it
says otherwise (the refund is shown again, the money of a cancelled order went back after all) it is undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from bridge.ingest.counter import BY, counter, number_of, taken_back
from bridge.ingest.texts import called
from bridge.model.connections import Connection, Route
from bridge.model.documents import Document, DocumentKind, DocumentState
from bridge.model.findings import Finding, FindingState, Severity
from bridge.model.lines import Line
from bridge.model.money import decimal_text
from bridge.model.periods import local_day
from bridge.plugin import Concern, ConcernKind
from bridge.store.api import KeptDocument, UnitOfWork

PREFIX = "channel."
REVERSIBLE = frozenset({ConcernKind.GONE, ConcernKind.CANCELLED, ConcernKind.BINNED})
_CONCERNED = frozenset({DocumentKind.ORDER, DocumentKind.REFUND})
"""Kinds that may have been taken back, or be spoken of; others only while somebody speaks of them."""
_SEVERITIES = {ConcernKind.GONE: Severity.ERROR, ConcernKind.CHARGE_UNKNOWN: Severity.INFO}
_TITLES = {
    ConcernKind.GONE: "its record is gone from the channel",
    ConcernKind.CANCELLED: "it was paid and is cancelled, and its money did not go back",
    ConcernKind.BINNED: "it was paid and is in the bin, and its money did not go back",
    ConcernKind.EDITED: "it was changed after it was paid",
    ConcernKind.CHARGE_UNKNOWN: "it was changed, and what was charged is not known",
}
_INSTEAD = "where it will be paid back another way, `bridge decide {id} reverse` takes sale and tax back and owes it"
_REPAIRS = {
    ConcernKind.GONE: "Ask the gateway. If it moved the money, accept this; if not, `bridge decide {id} reverse` takes "
    "it back, dated the day on which this was first seen",
    ConcernKind.CANCELLED: f"Refund it in the channel; {_INSTEAD}; else accept this",
    ConcernKind.BINNED: f"Take it out of the bin or refund it in the channel; {_INSTEAD}; else accept this",
    ConcernKind.EDITED: "Charge the buyer the difference, or pay it back, in the channel. It stands on 1150 Due from "
    "buyers, or 2220 Refunds payable, until money moves",
    ConcernKind.CHARGE_UNKNOWN: "Compare with what the gateway charged, then accept this",
}


class Told(msgspec.Struct, frozen=True):
    """A document as it was just read, and what its source says of it. is_news: this content was not known."""

    document: Document
    concerns: tuple[Concern, ...]
    is_news: bool


class Counters:
    """What was taken back of some orders by documents of our own."""

    def __init__(self, unit: UnitOfWork, connection: Connection, order_ids: Sequence[str]) -> None:
        kept = unit.documents.of_orders(connection.connection_id, order_ids, plugin=BY)
        self._by_order: dict[str, list[Document]] = {}
        for each in kept:
            self._by_order.setdefault(each.document.order_id, []).append(each.document)

    def last(self, of: Document) -> tuple[int, Document | None]:
        """The last that is about this document, and its number; an odd one stands."""
        numbered = {number_of(of, one.identity.external_id): one for one in self._by_order.get(of.order_id, ())}
        number = max(numbered, default=0)
        return number, numbered[number] if number else None

    def standing(self, of: Document) -> Document | None:
        """The one that takes this document back now."""
        number, last = self.last(of)
        return last if number % 2 else None


def settle(
    unit: UnitOfWork, connection: Connection, routes: Sequence[Route], told: Sequence[Told], now: datetime
) -> None:
    """Open, keep and close the findings of some documents, and undo what was taken back where it is not so any more."""
    if not told or not routes:
        return
    standing_now = {route.name: _open_findings(unit, route) for route in routes}
    subjects = {document_id for found in standing_now.values() for document_id in found}
    about = [
        one
        for one in told
        if one.concerns or one.document.identity.kind in _CONCERNED or one.document.document_id in subjects
    ]
    counters = Counters(unit, connection, sorted({one.document.order_id for one in about if one.document.order_id}))
    for one in about:
        standing = counters.standing(one.document)
        if standing is not None and not _is_still_so(one, standing):
            at = _undone_at(one, standing, about, now)
            _add(unit, connection, one.document, counters.last(one.document)[0] + 1, _lines(unit, standing), at, now)
            standing = None
        for route in routes:
            _find(unit, route, one, standing_now[route.name], now, is_done=standing is not None)


def reverse(
    unit: UnitOfWork, connection: Connection, of: Document, lines: Sequence[Line], at: datetime, now: datetime
) -> Document | None:
    """Take these lines back, once: None where that was done already."""
    number, _ = Counters(unit, connection, [of.order_id]).last(of)
    return None if number % 2 else _add(unit, connection, of, number + 1, lines, at, now)


def _add(
    unit: UnitOfWork,
    connection: Connection,
    of: Document,
    number: int,
    lines: Sequence[Line],
    at: datetime,
    now: datetime,
) -> Document:
    back = taken_back(lines, at)
    document = counter(of, number, back, at)
    kept = KeptDocument(document, connection.connection_id, document.total_minor, DocumentState.NEW, now)
    unit.documents.add_many([(kept, back)])
    return document


def _lines(unit: UnitOfWork, document: Document) -> list[Line]:
    return [line for page in unit.documents.lines(document.document_id, document.revision) for line in page]


def _is_still_so(one: Told, standing: Document) -> bool:
    return any(
        concern.kind in REVERSIBLE and abs(concern.amount_minor) == abs(standing.total_minor)
        for concern in one.concerns
    )


def _undone_at(one: Told, standing: Document, told: Sequence[Told], now: datetime) -> datetime:
    """When the new facts happened: the refund that came, else the answer that says so; never before what is undone."""
    together = [each for each in told if each.document.order_id == one.document.order_id]
    news = [
        each.document.closed_at
        for each in together
        if each.is_news and each.document.identity.kind is DocumentKind.REFUND
    ]
    answers = [each.document.as_of for each in together if each.document.as_of is not None]
    return max(max(news or answers, default=now), standing.closed_at)


def _open_findings(unit: UnitOfWork, route: Route) -> Mapping[str, list[str]]:
    """The ids of the route's findings of this kind that stand, by document."""
    found: dict[str, list[str]] = {}
    for kept in unit.findings.of_route(route.route_id, FindingState.OPEN, FindingState.ACCEPTED):
        if kept.finding.code.startswith(PREFIX):
            found.setdefault(kept.finding.subject, []).append(kept.finding.finding_id)
    return found


def _find(
    unit: UnitOfWork, route: Route, one: Told, standing: Mapping[str, list[str]], now: datetime, *, is_done: bool
) -> None:
    """is_done: what can be taken back was."""
    document = one.document
    day = local_day(document.paid_at or document.closed_at, route.time_zone)
    wanted = {
        finding.finding_id: finding
        for concern in one.concerns
        if day >= route.first_day and not (is_done and concern.kind in REVERSIBLE)
        for finding in (_finding(route, document, concern),)
    }
    for finding in wanted.values():
        unit.findings.add(finding, now)
    for gone in set(standing.get(document.document_id, ())) - wanted.keys():
        unit.findings.close(gone)


def _finding(route: Route, document: Document, concern: Concern) -> Finding:
    identity = document.identity
    found = Finding(
        code=f"{PREFIX}{concern.kind}",
        severity=_SEVERITIES.get(concern.kind, Severity.WARNING),
        route_id=route.route_id,
        subject=document.document_id,
        title=f"{called(identity.kind, identity.external_id, document.title)}: {_TITLES[concern.kind]}",
        amount_minor=concern.amount_minor,
        currency=document.currency,
        cause=concern.message,
        repair="",
        evidence=(("since", f"{concern.at:%Y-%m-%d %H:%M} UTC", ""), ("at stake", _money(concern, document), "")),
    )
    return msgspec.structs.replace(found, repair=_REPAIRS[concern.kind].format(id=found.finding_id))


def _money(concern: Concern, document: Document) -> str:
    return f"{decimal_text(concern.amount_minor, document.currency)} {document.currency}"
