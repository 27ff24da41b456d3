"""What a source says a person must decide: findings of every route it feeds, for as long as it says so.

Where a person had something taken back, that stands as long as the source goes on saying so of the same amount. What
makes that amount up may be read anew: then it is taken back anew. Once the source says otherwise (the refund is shown
again, the money of a cancelled order went back after all) it is undone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from bridge.ingest.reversals import Reversals
from bridge.model.connections import Connection, Route
from bridge.model.documents import Document, DocumentKind, called
from bridge.model.findings import Finding, FindingState, Severity
from bridge.model.periods import local_day
from bridge.model.recognition import counts_at
from bridge.plugin import Concern, ConcernKind
from bridge.store.api import UnitOfWork

PREFIX = "channel."
REVERSIBLE = frozenset({ConcernKind.GONE, ConcernKind.CANCELLED, ConcernKind.BINNED, ConcernKind.REFUND_UNSHOWN})
_CONCERNED = frozenset({DocumentKind.ORDER, DocumentKind.REFUND})
"""Kinds that may have been taken back, or be spoken of; others only while somebody speaks of them."""
_SEVERITIES = {
    ConcernKind.GONE: Severity.ERROR,
    ConcernKind.REFUND_UNSHOWN: Severity.ERROR,
    ConcernKind.ORDER_GONE: Severity.ERROR,
    ConcernKind.CHARGE_UNKNOWN: Severity.INFO,
    ConcernKind.MANUAL_REFUND: Severity.INFO,
}
_TITLES = {
    ConcernKind.GONE: "its record is gone from the channel",
    ConcernKind.CANCELLED: "it was paid and is cancelled, and its money did not go back",
    ConcernKind.BINNED: "it was paid and is in the bin, and its money did not go back",
    ConcernKind.EDITED: "it was changed after it was paid",
    ConcernKind.CHARGE_UNKNOWN: "it was changed, and what was charged is not known",
    ConcernKind.MANUAL_REFUND: "the channel did not ask the gateway to pay it back",
    ConcernKind.REFUND_UNSHOWN: "the channel says that it was refunded, and shows no refund for it",
    ConcernKind.ORDER_GONE: "it waits for its order, which is gone from the channel",
}
_UNPAID = {
    ConcernKind.CANCELLED: "it is cancelled, and nobody had paid it in full",
    ConcernKind.BINNED: "it is in the bin, and nobody had paid it in full",
}
"""What they are called of a sale that was booked without being paid."""
_REVERSE = "`bridge decide {id} reverse --reason '...'`"
_INSTEAD = f"where it will be paid back another way, {_REVERSE} takes sale and tax back and owes it"
_TAKE_BACK = f"Refund it in the channel; or {_REVERSE} takes sale and tax back: its buyer owes nothing any more; else "
_TAKE_BACK += "accept this, and it stays owed"
_REPAIRS = {
    ConcernKind.GONE: f"Ask the gateway. If it moved the money, accept this; if not, {_REVERSE} takes it back, dated "
    "the day on which this was first seen",
    ConcernKind.CANCELLED: f"Refund it in the channel; {_INSTEAD}; else accept this",
    ConcernKind.BINNED: f"Take it out of the bin or refund it in the channel; {_INSTEAD}; else accept this",
    ConcernKind.EDITED: "Charge the buyer the difference, or pay it back, in the channel. It stands on 1150 Due from "
    "buyers, or 2220 Refunds payable, until money moves",
    ConcernKind.CHARGE_UNKNOWN: "Compare with what the gateway charged, then accept this",
    ConcernKind.MANUAL_REFUND: "Look for it at the gateway. If it paid, accept this; if you paid another way, code "
    "that payment to the gateway's clearing account, then accept this; if nobody did, pay the buyer",
    ConcernKind.REFUND_UNSHOWN: "Ask for the order and its refunds again, and ask the gateway. Where money went back "
    f"and the channel has no refund for it, {_REVERSE} takes sale and tax back and owes the money on 2220 Refunds "
    "payable, to which the repayment is coded; where none did, accept this",
    ConcernKind.ORDER_GONE: "Ask the gateway what it paid back. Where it did, `bridge held` says how to book the "
    "refund by itself; where no money moved, accept this",
}


def is_reversible(code: str) -> bool:
    """Whether a person may have taken back what a finding of this code is about."""
    return code in {f"{PREFIX}{kind}" for kind in REVERSIBLE}


class Told(msgspec.Struct, frozen=True):
    """A document as it was just read, and what its source says of it. is_news: this content was not known."""

    document: Document
    concerns: tuple[Concern, ...]
    is_news: bool


def settle(
    unit: UnitOfWork, connection: Connection, routes: Sequence[Route], told: Sequence[Told], now: datetime
) -> None:
    """Open, keep and close the findings of some documents, and undo what was taken back where it is not so any more."""
    if not told:
        return
    standing_now = {route.name: _open_findings(unit, route) for route in routes}
    subjects = {document_id for found in standing_now.values() for document_id in found}
    about = [
        one
        for one in told
        if one.concerns or one.document.identity.kind in _CONCERNED or one.document.document_id in subjects
    ]
    order_ids = sorted({one.document.order_id for one in about if one.document.order_id})
    reversals = Reversals(unit, connection.connection_id, order_ids, now)
    for one in sorted(about, key=_is_order):
        is_done = _is_taken_back(reversals, one, about, now)
        for route in routes:
            _find(unit, route, one, standing_now[route.name], now, is_done=is_done)


def _is_order(one: Told) -> bool:
    """Orders come after their refunds: what is taken back of those is part of what is taken back of an order."""
    return one.document.identity.kind is DocumentKind.ORDER


def _is_taken_back(reversals: Reversals, one: Told, told: Sequence[Told], now: datetime) -> bool:
    """Whether what a person had taken back stands: as it was, or anew where the same amount is shared out otherwise.

    Where it is not so any more, or of another amount, it is undone: then a person decides anew.
    """
    document, standing = one.document, reversals.standing(one.document)
    if standing is None:
        return False
    is_so = any(concern.kind in REVERSIBLE for concern in one.concerns)
    if is_so and reversals.is_exact(document, standing):
        return True
    if is_so and reversals.total_minor(document) == -standing.total_minor:
        reversals.renew(document, standing, _answered_at(one, told, now))
        return True
    reversals.undo(document, standing, _undone_at(one, told, now))
    return False


def _undone_at(one: Told, told: Sequence[Told], now: datetime) -> datetime:
    """When the new facts happened: the refund that came, else the answer that says so."""
    news = [
        each.document.closed_at
        for each in _together(one, told)
        if each.is_news and each.document.identity.kind is DocumentKind.REFUND
    ]
    return max(news) if news else _answered_at(one, told, now)


def _answered_at(one: Told, told: Sequence[Told], now: datetime) -> datetime:
    answers = [each.document.as_of for each in _together(one, told) if each.document.as_of is not None]
    return max(answers, default=now)


def _together(one: Told, told: Sequence[Told]) -> list[Told]:
    return [each for each in told if each.document.order_id == one.document.order_id]


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
    day = local_day(counts_at(document, route) or document.closed_at, route.time_zone)
    wanted = {
        finding.finding_id: finding
        for concern in one.concerns
        if not (concern.kind in _UNPAID and not _is_sold(unit, route, document))
        if day >= route.first_day and not (is_done and concern.kind in REVERSIBLE)
        for finding in (_finding(route, document, concern),)
    }
    for finding in wanted.values():
        unit.findings.add(finding, now)
    for gone in set(standing.get(document.document_id, ())) - wanted.keys():
        unit.findings.close(gone)


def _is_sold(unit: UnitOfWork, route: Route, document: Document) -> bool:
    """Whether it is in the books, or is about to be: of an order that waits to be paid nothing is to be taken back."""
    return counts_at(document, route) is not None or unit.entries.have_fates([document.document_id])


def _finding(route: Route, document: Document, concern: Concern) -> Finding:
    identity, kind = document.identity, concern.kind
    is_owed = kind in _UNPAID and document.paid_at is None
    title, repair = (_UNPAID[kind], _TAKE_BACK) if is_owed else (_TITLES[kind], _REPAIRS[kind])
    found = Finding(
        code=f"{PREFIX}{concern.kind}",
        severity=_SEVERITIES.get(kind, Severity.WARNING),
        route_id=route.route_id,
        subject=document.document_id,
        title=f"{called(identity.kind, identity.external_id, document.title)}: {title}",
        amount_minor=concern.amount_minor,
        currency=document.currency,
        cause=concern.message.rstrip("."),
        repair="",
        evidence=(("since", "", f"{concern.at:%Y-%m-%d %H:%M} UTC"),),
    )
    return msgspec.structs.replace(found, repair=repair.format(id=found.finding_id))
