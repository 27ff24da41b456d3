"""How a route stands, summed up at the end of whatever was done about it, so that many can be shown at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from bridge import log
from bridge.clock import Clock
from bridge.errors import BridgeError, TransientError
from bridge.host.ends import ends
from bridge.model.connections import Route
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentKind, DocumentState
from bridge.model.findings import REISSUED, FindingState, KeptFinding, Severity
from bridge.model.periods import local_day
from bridge.model.reasons import PATIENT
from bridge.model.runs import Piece
from bridge.model.summaries import AccountSaid, CheckSummary, Ending, GreenSaid, KeptSummary, Pile, Summary
from bridge.model.tax_setup import tax_question
from bridge.plugin import Stream
from bridge.store.api import Head, Store, UnitOfWork, WaitingVouchers

if TYPE_CHECKING:
    from bridge.drift import Report
    from bridge.drift.report import Clearing

_S = DeliveryState
_STANDING = (_S.HELD, _S.PARKED, _S.OWED, _S.SENDING, _S.IN_DOUBT, _S.UNDOING)
_LISTED = (_S.HELD, _S.PARKED, _S.SENDING, _S.IN_DOUBT)
_DAY = timedelta(days=1)
_AT_ONCE = 50
"""So many are summed up in one unit of work."""
_TRIES = 10


class Summing:
    """Keeps a summary of each route. streams: what the channel of a connection is asked for; none where files are read.

    through: the row of the audit log as of which it last did.

    Failure: told in the log alone; what is kept stays, and says as of when it is.
    """

    def __init__(self, store: Store, clock: Clock, streams: Callable[[str], Sequence[Stream]]) -> None:
        self._store, self._clock, self._streams = store, clock, streams
        self.through: Head | None = None

    def after(self, piece: Piece, *, actor: str) -> None:
        """Sum up the routes that a piece of work was about; every route, where it names nothing."""
        self._sum_up(lambda route: _is_of(route, piece), actor)

    def of(self, names: Collection[str], *, actor: str) -> None:
        """Sum up what a person touched: routes of these ids or names, and those from or into connections of these."""
        self._sum_up(
            lambda route: not {route.route_id, route.name, route.source, route.ledger}.isdisjoint(names), actor
        )

    def all(self, *, actor: str) -> None:
        """Sum up every route."""
        self._sum_up(lambda _: True, actor)

    def _sum_up(self, is_meant: Callable[[Route], bool], actor: str) -> None:
        with _logged():
            with self._store.reading() as unit:
                routes = [route for route in unit.routes.all() if not route.is_ended and is_meant(route)]
                self.through = unit.audit.head()
            self._put(routes, None, actor)

    def checked(self, name: str, report: Report, *, actor: str) -> None:
        """Keep what a check said of a route."""
        with _logged():
            with self._store.reading() as unit:
                route = unit.routes.get(name)
            self._put([route], check_summary(report), actor)

    def _put(self, routes: Sequence[Route], check: CheckSummary | None, actor: str) -> None:
        for start in range(0, len(routes), _AT_ONCE):
            some = routes[start : start + _AT_ONCE]
            streams = {route.source: self._streams(route.source) for route in some}
            for _ in range(_TRIES):
                if not (some := self._overtaken(some, streams, check, actor)):
                    break
            else:
                names = ", ".join(route.name for route in some)
                raise TransientError(names, "others summed up each time meanwhile", "Nothing to do: the next run does")

    def _overtaken(
        self, routes: Sequence[Route], streams: Mapping[str, Sequence[Stream]], check: CheckSummary | None, actor: str
    ) -> list[Route]:
        """Read how routes stand, and keep it; those of which another kept something between the two, and this did not.

        Which of the two had read later nobody knows, and no clock is asked: what is overtaken is read once more.
        """
        with self._store.reading() as unit:
            known, now = unit.summaries.of_routes([route.route_id for route in routes]), self._clock.now()
            stand = [
                summed(unit, route, streams[route.source], known.get(route.route_id), check, now) for route in routes
            ]
        with self._store.unit(actor) as unit:
            return [
                route
                for route, summary in zip(routes, stand, strict=True)
                if not unit.summaries.put(
                    route.route_id,
                    summary,
                    check,
                    over=known[route.route_id].summary.at if route.route_id in known else None,
                )
            ]


@contextmanager
def _logged() -> Iterator[None]:
    """A summary is for looking at: that it fails stops nothing."""
    try:
        yield
    except BridgeError as error:
        log.get("summing").warning("a route was not summed up", code=error.code, cause=str(error))


def _is_of(route: Route, piece: Piece) -> bool:
    if not (piece.routes or piece.connections or piece.ledgers):
        return True
    return route.name in piece.routes or route.source in piece.connections or route.ledger in piece.ledgers


def summed(
    unit: UnitOfWork,
    route: Route,
    streams: Sequence[Stream],
    known: KeptSummary | None,
    check: CheckSummary | None,
    now: datetime,
) -> Summary:
    """A route as it stands; reads what waits, however long the history. known: how it stood. check: made just now."""
    check = check or (known.check if known else None)
    source, ledger = unit.connections.get(route.source), unit.connections.get(route.ledger)
    vouchers = unit.summaries.vouchers(route.route_id, route.ledger, *_STANDING)
    patient = [one for one in vouchers if one.state is _S.HELD and one.reason in PATIENT]
    held = [one for one in vouchers if one.state is _S.HELD and one.reason not in PATIENT]
    parked = [one for one in vouchers if one.state is _S.PARKED]
    going = [one for one in vouchers if one.state not in (_S.HELD, _S.PARKED)]
    unbooked = _unbooked(unit, source.connection_id, route)
    newest = next(iter(unit.documents.newest_of(source.connection_id, tuple(DocumentKind), 1)), None)
    through = _through(unit, source.connection_id, streams)
    question = tax_question(route, unit.facts.latest(route.ledger))
    findings = unit.findings.of_route(route.route_id, FindingState.OPEN)
    waiting = min(filter(None, [pile(vouchers).oldest_on, unbooked.oldest_on]), default=None)
    has_posted = bool(known and known.summary.posted_through) or unit.summaries.has_delivered(route.route_id)
    return Summary(
        at=now,
        through=through,
        newest_at=newest,
        posted_through=_posted(route, _known_through(route, through, newest, check), waiting) if has_posted else None,
        unbooked=unbooked,
        held=pile(held),
        parked=pile(parked),
        resting=pile(patient),
        going=pile(going),
        question=question.title if question else "",
        ends=tuple(Ending(one.name, what, at) for one in (source, ledger) for what, at in ends(unit, one)),
        findings=dict(sorted(Counter(str(kept.finding.severity) for kept in findings).items())),
        findings_alone=_alone(unit, findings),
    )


def pile(vouchers: Iterable[WaitingVouchers]) -> Pile:
    """Of all of these."""
    return sum((Pile(one.count, {one.currency: one.minor}, one.oldest_on) for one in vouchers), Pile())


def _unbooked(unit: UnitOfWork, connection_id: str, route: Route) -> Pile:
    """Documents that somebody has to look at, and those that are new; not those that rightly wait."""
    found = Pile()
    for state in (DocumentState.NEW, DocumentState.HELD):
        reasons = unit.documents.reasons(connection_id, state) - PATIENT
        for one in unit.summaries.documents(connection_id, state, reasons) if reasons else ():
            found += Pile(one.count, {one.currency: one.minor}, local_day(one.oldest_at, route.time_zone))
    return found


def _alone(unit: UnitOfWork, findings: Iterable[KeptFinding]) -> int:
    """How many are about no document or voucher that waits itself, as what waits lists each thing once."""
    grave = [kept.finding for kept in findings if kept.finding.severity is not Severity.INFO]
    subjects = [one.subject.partition("#")[0] if one.code == REISSUED else one.subject for one in grave]
    vouchers, documents = unit.deliveries.get_many(subjects), unit.documents.heads(subjects)
    listed = {name for name, one in vouchers.items() if one.state in _LISTED}
    listed |= {name for name, heads in documents.items() if heads[0].state is not DocumentState.BOOKED}
    return sum(subject not in listed for subject in subjects)


def _through(unit: UnitOfWork, connection_id: str, streams: Sequence[Stream]) -> datetime | None:
    """Up to when all that the channel gives is here; None while something of it is not here at all."""
    askings, through = unit.windows.askings(connection_id), unit.windows.through(connection_id)
    told = askings[""].told if "" in askings else None
    given = [stream.name for stream in streams if told is None or not stream.lacking(told)]
    return min(through[name] for name in given) if given and all(name in through for name in given) else None


def _known_through(
    route: Route, through: datetime | None, newest: datetime | None, check: CheckSummary | None
) -> date | None:
    """The last day of which all is here: as its streams say, else its last check; else of its newest document."""
    if through is not None:
        return local_day(through, route.time_zone) - _DAY
    days = [local_day(newest, route.time_zone)] if newest else []
    return check.through if check and check.through else max(days, default=None)


def _posted(route: Route, through: date | None, waiting: date | None) -> date | None:
    if through is None:
        return None
    last = through if waiting is None else min(through, waiting - _DAY)
    return last if last >= route.first_day else None


def check_summary(report: Report) -> CheckSummary:
    """What of a check is shown beside others."""
    return CheckSummary(
        at=report.checked_at,
        through=report.coverage.through,
        greens=tuple(GreenSaid(str(one.name), str(one.answer), one.why) for one in report.greens),
        tied=len(report.tied),
        whole=len(report.ties_in_scope),
        accounts=tuple(map(_account, (*report.clearings, *report.rolled))),
    )


def _account(one: Clearing) -> AccountSaid:
    return AccountSaid(
        account=one.account,
        number=one.holding.number if one.holding else "",
        purpose=str(one.purpose),
        currency=one.currency,
        opening_minor=one.opening_minor,
        in_minor=one.in_minor,
        out_minor=one.out_minor,
        closing_minor=one.closing_minor,
        balance_minor=one.balance_minor,
        unexplained_minor=one.unexplained_minor,
        items=len(one.items),
        oldest_on=min((item.since for item in one.items), default=None),
        doubt=one.doubt or one.unproven,
    )
