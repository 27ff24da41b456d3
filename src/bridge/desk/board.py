"""How many routes stand, side by side, the gravest first. Pure: what is kept of each is judged as of now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum

import msgspec

from bridge.ingest import AHEAD
from bridge.model.connections import Connection, ConnectionState, Route, Side
from bridge.model.duties import Duty, DutyKind
from bridge.model.money import money
from bridge.model.pauses import Pause, Scope, of_connection
from bridge.model.runs import RunOutcome
from bridge.model.summaries import CheckSummary, Ending, KeptSummary, Pile, Summary
from bridge.store.api import Client

STALE = timedelta(days=8)
"""A check proves nothing of now when the next weekly one should have been."""
LATE = timedelta(hours=1)
"""So long after its time something that nobody began has been forgotten."""
BEHIND = timedelta(days=2)
FILES_BEHIND = timedelta(days=35)
"""A channel of which a person brings files tells of itself once a month at least."""


class Risk(StrEnum):
    """How a route stands, the gravest first. not proven: nothing speaks against it, and nothing for it."""

    ACT = "act"
    LOOK = "look"
    UNPROVEN = "not proven"
    PROVEN = "proven"


ORDER = tuple(Risk)


class Place(StrEnum):
    """Where a person sees to it: a page of the organisation."""

    WAITS = "waits"
    DRIFT = "drift"
    CONNECTIONS = "connections"
    RUNS = "runs"
    SETTINGS = "settings"
    STOP = "stop"
    ROUTE = "routes"


class Cause(msgspec.Struct, frozen=True):
    """One thing that keeps a route from being proven."""

    risk: Risk
    words: str
    place: Place


class BoardRow(msgspec.Struct, frozen=True):
    """A route of an organisation, or an organisation without one (route is then empty).

    through, through_at: all that its channel has is here up to then, by day or by instant. next_end: of its accesses,
    the one that ends next. stops: what people stopped of it.
    """

    organisation: str
    route: str
    source: str
    ledger: str
    causes: tuple[Cause, ...]
    summary: Summary | None = None
    check: CheckSummary | None = None
    through: date | None = None
    next_end: Ending | None = None
    stops: tuple[Pause, ...] = ()

    @property
    def risk(self) -> Risk:
        """The gravest of its causes."""
        return min((cause.risk for cause in self.causes), key=ORDER.index, default=Risk.PROVEN)

    @property
    def waiting(self) -> Pile:
        """Documents and vouchers that wait for somebody."""
        return self.summary.waiting if self.summary else Pile()

    @property
    def waits(self) -> int:
        """How many things wait for somebody: what the page of what waits counts for this route."""
        return self.summary.waits if self.summary else 0


class Board(msgspec.Struct, frozen=True):
    """All of it, the gravest first. at: as of when it was judged."""

    at: datetime
    rows: tuple[BoardRow, ...]

    def counted(self, risk: Risk) -> int:
        """How many rows stand so."""
        return sum(row.risk is risk for row in self.rows)


def board(clients: Iterable[Client], now: datetime) -> Board:
    """Every route of these organisations that has not ended."""
    rows = [row for client in clients for row in _rows(client, now)]
    return Board(now, tuple(sorted(rows, key=_gravity)))


def _gravity(row: BoardRow) -> tuple[int, int, date, str, str]:
    """By risk, then by how much is grave, then by what has waited longest."""
    grave = sum(cause.risk is row.risk for cause in row.causes)
    oldest = row.waiting.oldest_on or date.max
    return ORDER.index(row.risk), -grave, oldest, row.organisation, row.route


def _rows(client: Client, now: datetime) -> Iterator[BoardRow]:
    routes = [route for route in client.routes if not route.is_ended]
    connections = {one.name: one for one in client.connections}
    duties = defaultdict[tuple[bool, str], list[Duty]](list)
    for duty in client.duties:
        duties[duty.kind is DutyKind.DELIVER, duty.subject].append(duty)
    for route in routes:
        about = [*duties[False, route.name], *duties[True, route.ledger]]
        yield _row(client, route, connections, sorted(about, key=lambda duty: duty.kind), now)
    if not routes:
        nothing = Cause(Risk.UNPROVEN, "no route yet", Place.CONNECTIONS)
        yield BoardRow(client.organisation, "", "", "", (nothing,))


def _row(
    client: Client, route: Route, connections: Mapping[str, Connection], duties: Sequence[Duty], now: datetime
) -> BoardRow:
    """duties: about this route, or its ledger."""
    kept = client.summaries.get(route.route_id)
    summary, check = (kept.summary, kept.check) if kept else (None, None)
    sides = [connections[name] for name in (route.source, route.ledger) if name in connections]
    stops = tuple(dict.fromkeys(_stops(client.pauses, sides)))
    causes = (
        *_of_access(sides, stops),
        *_of_time(summary, duties, now, is_stopped=bool(stops)),
        *(_of_summary(summary) if summary else ()),
        *_of_check(kept, now),
    )
    return BoardRow(
        organisation=client.organisation,
        route=route.name,
        source=route.source,
        ledger=route.ledger,
        causes=tuple(sorted(causes, key=lambda cause: ORDER.index(cause.risk))),
        summary=summary,
        check=check,
        through=check.through if check and summary and not summary.through else None,
        next_end=min(summary.ends, key=lambda end: end.at, default=None) if summary else None,
        stops=stops,
    )


def _stops(pauses: Iterable[Pause], sides: Iterable[Connection]) -> Iterator[Pause]:
    """What people stopped of these connections; of a ledger also what stops its plugin, or every delivery."""
    for pause in pauses:
        for side in sides:
            plugin = pause.subject.partition(" ")[0]
            is_sent_to = pause.scope is Scope.DELIVERIES and side.side is Side.SINK and plugin in ("", side.plugin)
            if is_sent_to or of_connection([pause], side.name):
                yield pause


def _of_access(sides: Iterable[Connection], stops: Iterable[Pause]) -> Iterator[Cause]:
    for side in sides:
        if side.state is ConnectionState.UNAUTHORIZED:
            yield Cause(Risk.ACT, f"bridge is not let into {side.name}", Place.CONNECTIONS)
        if side.state is ConnectionState.PAUSED:
            yield Cause(Risk.ACT, f"{side.name} waits for a repair: {side.why}", Place.CONNECTIONS)
    for stop in stops:
        yield Cause(Risk.LOOK, f"{_what_is(stop)} by {stop.by}", Place.STOP)


def _what_is(stop: Pause) -> str:
    match stop.scope:
        case Scope.ORGANISATION:
            return "everything is paused"
        case Scope.CONNECTION:
            return f"{stop.subject} is paused"
        case Scope.DELIVERIES:
            return "deliveries are stopped"


def _of_time(summary: Summary | None, duties: Iterable[Duty], now: datetime, *, is_stopped: bool) -> Iterator[Cause]:
    """What became true by waiting alone."""
    for duty in duties:
        if duty.stopped_at is not None:
            yield Cause(Risk.ACT, f"{duty.key} stopped: whoever began it died three times in a row", Place.RUNS)
        elif duty.due_at < now - LATE and not is_stopped:
            yield Cause(Risk.LOOK, f"{duty.key} has been due since {_short(duty.due_at)}", Place.RUNS)
        if duty.last is RunOutcome.FAILED:
            yield Cause(Risk.LOOK, f"the last {duty.kind} failed", Place.RUNS)
    for end in summary.ends if summary else ():
        if end.at <= now:
            yield Cause(Risk.ACT, f"access to {end.connection} ended on {end.at:%Y-%m-%d}", Place.CONNECTIONS)
        elif end.at - now <= AHEAD:
            yield Cause(Risk.LOOK, f"access to {end.connection} ends on {end.at:%Y-%m-%d}", Place.CONNECTIONS)
    if summary and summary.through and summary.through < now - BEHIND:
        yield Cause(Risk.LOOK, f"all is in through {summary.through:%Y-%m-%d} only", Place.ROUTE)
    elif summary and not summary.through and summary.newest_at and summary.newest_at < now - FILES_BEHIND:
        yield Cause(Risk.LOOK, f"no file brought anything since {summary.newest_at:%Y-%m-%d}", Place.ROUTE)


def _of_summary(summary: Summary) -> Iterator[Cause]:
    if summary.question:
        yield Cause(Risk.ACT, summary.question, Place.SETTINGS)
    if summary.parked.count:
        yield Cause(Risk.ACT, f"the ledger refused {_counted(summary.parked, 'voucher')}", Place.WAITS)
    if summary.held.count:
        yield Cause(Risk.LOOK, f"{_counted(summary.held, 'voucher')} held", Place.WAITS)
    if summary.unbooked.count:
        yield Cause(Risk.LOOK, f"{_counted(summary.unbooked, 'document')} not booked", Place.WAITS)
    for severity, risk in (("error", Risk.ACT), ("warning", Risk.LOOK)):
        if many := summary.findings.get(severity, 0):
            yield Cause(risk, f"{many:,} open {severity}{'' if many == 1 else 's'}", Place.DRIFT)


def _of_check(kept: KeptSummary | None, now: datetime) -> Iterator[Cause]:
    if kept is None or kept.check is None:
        yield Cause(Risk.UNPROVEN, "never compared with the ledger", Place.ROUTE)
        return
    for green in kept.check.greens:
        if green.answer == "no":
            yield Cause(Risk.ACT, f"not {green.name}: {_phrase(green.why)}", Place.DRIFT)
        elif green.answer != "yes":
            yield Cause(Risk.UNPROVEN, f"{green.name} is not proven: {_phrase(green.why)}", Place.DRIFT)
    if now - kept.check.at > STALE:
        yield Cause(Risk.UNPROVEN, f"last compared with the ledger on {kept.check.at:%Y-%m-%d}", Place.ROUTE)


def _counted(pile: Pile, what: str) -> str:
    amounts = ", ".join(money(minor, currency) for currency, minor in pile.minor.items() if minor)
    return f"{pile.count:,} {what}{'' if pile.count == 1 else 's'}{f' ({amounts})' if amounts else ''}"


def _phrase(sentence: str) -> str:
    """Without its full stop, to be gone on with."""
    return sentence.removesuffix(".")


def _short(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
