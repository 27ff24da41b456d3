"""A route by the questions that whoever keeps its books asks every Monday, as far as the store answers them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from bridge.desk.board import BoardRow
from bridge.desk.cards import RouteCard
from bridge.desk.duties import DutyCard, Workers
from bridge.desk.figures import Figures
from bridge.desk.month import TAXES
from bridge.desk.sources import SourceStatus
from bridge.desk.wording import BY_ITSELF
from bridge.drift.sides import Purpose
from bridge.model import chart
from bridge.model.connections import Route
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentState
from bridge.model.duties import DutyKind
from bridge.model.findings import KeptFinding
from bridge.model.periods import local_day
from bridge.model.reasons import Reason, Who
from bridge.model.summaries import AccountSaid
from bridge.store.api import UnitOfWork

_S = DeliveryState
_STANDING = (_S.HELD, _S.PARKED, _S.OWED, _S.SENDING, _S.IN_DOUBT, _S.UNDOING)
_SET_ASIDE = frozenset(
    {
        chart.MARKETPLACE_RESERVES,
        chart.PAYMENT_DISPUTES,
        chart.DEFERRED_PROCEEDS,
        chart.GIFT_CARDS,
        chart.CUSTOMER_DEPOSITS,
        chart.REFUNDS_PAYABLE,
    }
)
_WHO = {Who.NOBODY: "nobody: it passes by itself", Who.LEDGER: "whoever keeps the ledger", Who.PERSON: "you"}


class Waits(msgspec.Struct, frozen=True):
    """What of a route waits for the same reason. what: ``document`` or ``voucher``. who: has it. words: more of why."""

    what: str
    state: str
    reason: str
    words: str
    who: str
    count: int
    minor: int
    currency: str
    oldest_on: date


class RouteView(msgspec.Struct, frozen=True):
    """All that there is to say of a route. row: as the board has it; None for one that has ended.

    findings: open ones. locked_through: the last day that the ledger has closed; None where none is, or it is unknown.
    figures: of its last week, and of a month.
    """

    card: RouteCard
    row: BoardRow | None
    source: SourceStatus
    waits: tuple[Waits, ...]
    findings: tuple[KeptFinding, ...]
    duties: tuple[DutyCard, ...]
    locked_through: date | None
    figures: Figures

    @property
    def clearings(self) -> tuple[AccountSaid, ...]:
        """The accounts that money passes through, as the last check saw them."""
        return tuple(one for one in self._accounts if Purpose(one.purpose).clears)

    @property
    def taxes(self) -> tuple[AccountSaid, ...]:
        """Those that hold tax until somebody pays it."""
        return tuple(one for one in self._accounts if one.number in TAXES)

    @property
    def set_aside(self) -> tuple[AccountSaid, ...]:
        """Those of refunds, disputes, reserves, deposits and gift cards."""
        return tuple(one for one in self._accounts if one.number in _SET_ASIDE or one.purpose == Purpose.CARDS)

    @property
    def of_the_ledger(self) -> tuple[KeptFinding, ...]:
        """What a check found that somebody changed in the ledger: each is about an object there."""
        found = (kept for kept in self.findings if kept.finding.code.startswith("drift."))
        return tuple(kept for kept in found if kept.finding.ref)

    @property
    def of_the_channel(self) -> tuple[KeptFinding, ...]:
        """What of the channel somebody has to look at."""
        return tuple(kept for kept in self.findings if not kept.finding.code.startswith("drift."))

    @property
    def unknown(self) -> tuple[Waits, ...]:
        """What waits because something is new: nobody has said yet what it is."""
        return tuple(one for one in self.waits if one.reason in (Reason.UNCLASSIFIED, Reason.TAX_CODE_MISSING))

    @property
    def _accounts(self) -> tuple[AccountSaid, ...]:
        return self.row.check.accounts if self.row and self.row.check else ()


def of_route(found: Workers, route: Route) -> tuple[DutyCard, ...]:
    """The duties that are about a route, the next first."""
    subjects = {DutyKind.DELIVER: route.ledger, DutyKind.UPKEEP: ""}
    return tuple(one for one in found.duties if one.duty.subject == subjects.get(one.duty.kind, route.name))


def what_of_it_waits(unit: UnitOfWork, route: Route) -> tuple[Waits, ...]:
    """Everything of a route that is not in the ledger, by reason; what waits for a person first, then the oldest."""
    found = [*_documents(unit, route), *_vouchers(unit, route)]
    return tuple(sorted(found, key=lambda one: (one.who == _WHO[Who.NOBODY], one.oldest_on, one.reason)))


def _vouchers(unit: UnitOfWork, route: Route) -> Iterator[Waits]:
    for one in unit.summaries.vouchers(route.route_id, route.ledger, *_STANDING):
        who, words = _of(one.reason) if one.reason else (_WHO[Who.NOBODY], "on its way")
        yield Waits("voucher", one.state, one.reason, words, who, one.count, one.minor, one.currency, one.oldest_on)


def _documents(unit: UnitOfWork, route: Route) -> Iterator[Waits]:
    connection_id = unit.connections.get(route.source).connection_id
    for state in (DocumentState.NEW, DocumentState.HELD):
        for reason in sorted(unit.documents.reasons(connection_id, state) - {Reason.BEFORE_FIRST_DAY}):
            who, words = _of(reason) if reason else (_WHO[Who.NOBODY], "booked with the next sync")
            for one in unit.summaries.documents(connection_id, state, [reason]):
                oldest_on = local_day(one.oldest_at, route.time_zone)
                yield Waits("document", state, reason, words, who, one.count, one.minor, one.currency, oldest_on)


def _of(code: str) -> tuple[str, str]:
    """Who has what waits for that reason, and more of why; what bridge does not know a person looks at."""
    known = {str(row): row for row in Reason}.get(code)
    return (_WHO[known.who], known.words or BY_ITSELF.get(code, "")) if known else (_WHO[Who.PERSON], "")
