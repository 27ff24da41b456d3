"""Pure: what the channel's own reports say, beside the documents that are here: each period, each payout.

Compared is only what all documents were read of, and what the report had taken in when it was read.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from bridge.drift.sides import Snapshot, Stated, Waiting
from bridge.model.documents import DocumentKind
from bridge.model.findings import Finding, Severity
from bridge.model.money import NOT_KNOWN, decimal_text
from bridge.model.periods import day_start, local_day
from bridge.model.reasons import Reason
from bridge.model.reports import Figure, FigureName, Reading
from bridge.store.api import KeptDocument

REPORT_DIFFERS = "drift.report_differs"
AGREES, DIFFERS = "agrees", "differs"
NOT_COVERED = "not all of its documents are read yet"
TOO_EARLY = "it began before the day from which its documents are read"
TOO_FRESH = "it is held back: all is read beyond its end, but not yet for six hours"
AMOUNTS_OLD = "not every amount that was held back has been asked for since"
HELD_TOO_EARLY = "what was held back is not read from 45 days before on"
BEHIND = "the report had not taken it in when it was read"
CHANGED_SINCE = "a document changed after the report was read"
SEVERAL_CURRENCIES = "the report adds up several currencies"
SETTLED = timedelta(hours=6)
"""So long after its end a period is compared: what came in its last minutes has arrived on both sides."""
_REPAIR = (
    "Run `bridge sync`, which reads both again, and check once more. If it stays, look it up in the channel: bring "
    "what is missing as a file, or, where the report is what is wrong, accept this"
)
_REPAIR_HELD = (
    "Run `bridge sync`, which reads both again, and check once more. If it stays, compare with the channel's own list "
    "of what it holds back; accept this where the balance is what is wrong"
)
_NOT_SUMMED = (FigureName.TOTAL, FigureName.DEFERRED)
_HELD_BEFORE = timedelta(days=45)
"""So long before an instant all must be read of what waits: what is held back for longer is the exception."""
_MOMENT = timedelta(microseconds=1)
_WORDS: Mapping[FigureName, str] = {
    FigureName.PLACED: "orders placed",
    FigureName.PAID: "orders paid",
    FigureName.TAKINGS: "orders less refunds",
    FigureName.TOTAL: "total",
    FigureName.DEFERRED: "held back",
}


class Confirmation(msgspec.Struct, frozen=True):
    """One figure of a channel's report beside what the documents here come to.

    report:     as people call it. subject: names this figure, whatever it says. called: it for people.
    told, held: a number, or minor units of ``currency``; None where the channel tells no such document, or none is
                here. state: ``agrees``, ``differs``, or why it is not compared.
    caveat:     why the report may differ from books that are right.
    """

    report: str
    subject: str
    called: str
    name: FigureName
    told: int | None
    held: int | None
    state: str
    currency: str = ""
    caveat: str = ""

    @property
    def is_compared(self) -> bool:
        return self.state in (AGREES, DIFFERS)

    @property
    def differs(self) -> bool:
        return self.state == DIFFERS

    def text(self, value: int | None) -> str:
        """A value for people."""
        if value is None:
            return "none"
        return f"{decimal_text(value, self.currency)} {self.currency}" if self.currency else f"{value:,}"


def confirm(now: Snapshot) -> tuple[Confirmation, ...]:
    """Every figure that the channel told of what the checked route books, by report."""
    figures = {figure for stated in now.reported.stated for figure in stated.figures}
    held = _Held(now.documents if figures else (), figures, now.reported.waiting)
    first = day_start(now.route.first_day, now.route.time_zone)
    return tuple(one for stated in now.reported.stated for one in _of_report(stated, held, first, now.route.time_zone))


def differing(confirmations: Iterable[Confirmation], route_id: str, currency: str) -> Iterator[Finding]:
    """The findings. currency: of numbers, which have none."""
    for one in confirmations:
        if one.differs:
            amount = (one.told or 0) - (one.held or 0) if one.currency else 0
            yield Finding(
                code=REPORT_DIFFERS,
                severity=Severity.ERROR,
                route_id=route_id,
                subject=one.subject,
                title=f"{one.report}, {one.called}: the channel says {one.text(one.told)}, bridge {one.text(one.held)}",
                amount_minor=amount,
                currency=one.currency or currency,
                cause=". ".join(filter(None, (_cause(one), one.caveat))),
                repair=_REPAIR_HELD if one.name is FigureName.DEFERRED else _REPAIR,
                evidence=((_WORDS[one.name], one.text(one.held), one.text(one.told)),),
            )


def _cause(one: Confirmation) -> str:
    if one.held is None:
        return "The channel lists it, and no document of it is here"
    if one.told is None:
        return "A document of it is here, and the channel does not list it"
    if one.name is FigureName.DEFERRED:
        return "Amounts that it holds back did not come here one by one, or came free without being told so"
    if one.currency:
        return "Documents are missing here or stand otherwise than in the channel, or the report counts otherwise"
    if one.told > one.held:
        return f"{one.told - one.held:,} did not come here, or the report counts what are none"
    return f"{one.held - one.told:,} are here that the channel does not count: deleted there, or of another day"


class _Moment(msgspec.Struct, frozen=True, gc=False):
    """What documents bring to a figure from an instant on, in one currency, and when the last of them was saved."""

    at: datetime
    minor: int
    currency: str
    saved_at: datetime


class _Held:
    """The documents that are here, as the figures ask for them, and what waits. What is gone is not here.

    Memory: the documents of kinds that figures tell one by one, and a sum a currency for each span between two
    instants at which a figure begins or ends.
    """

    def __init__(
        self,
        documents: Iterable[KeptDocument],
        figures: Collection[Figure],
        waiting: Mapping[tuple[datetime, str, str], Waiting],
    ) -> None:
        self._waiting = waiting
        self.documents: dict[tuple[DocumentKind | None, str], KeptDocument] = {}
        kinds, names = {one.kind for one in figures}, {one.name for one in figures}.difference(_NOT_SUMMED)
        bounds = sorted({at for one in figures if one.name in names for at in (one.since, one.until)})
        found: dict[FigureName, dict[tuple[int, str], _Moment]] = {name: {} for name in FigureName}
        for kept in documents:
            document = kept.document
            if document.is_reversal or kept.reason == Reason.GONE or document.currency == NOT_KNOWN:
                continue
            if document.identity.kind in kinds:
                self.documents[document.identity.kind, document.identity.external_id] = kept
            for name, at, value in _brings(kept):
                place = bisect_right(bounds, at) - 1
                if place >= 0 and name in names:
                    key, of_name = (place, document.currency), found[name]
                    before = of_name.get(key) or _Moment(bounds[place], 0, document.currency, kept.saved_at)
                    of_name[key] = msgspec.structs.replace(
                        before, minor=before.minor + value, saved_at=max(before.saved_at, kept.saved_at)
                    )
        self._moments = {name: sorted(some.values(), key=_at) for name, some in found.items()}

    def of(self, figure: Figure) -> Sequence[_Moment]:
        """What happened in its period."""
        moments = self._moments[figure.name]
        first, last = (bisect_left(moments, at, key=_at) for at in (figure.since, figure.until))
        return moments[first:last]

    def waiting(self, figure: Figure) -> Waiting:
        """What waited at its instant."""
        return self._waiting.get((figure.since, figure.external_id, figure.currency), Waiting())


def _at(moment: _Moment) -> datetime:
    return moment.at


def _brings(kept: KeptDocument) -> Iterator[tuple[FigureName, datetime, int]]:
    document = kept.document
    if document.identity.kind is DocumentKind.ORDER:
        yield FigureName.PLACED, document.opened_at, 1
        if document.paid_at is not None:
            yield FigureName.PAID, document.paid_at, 1
            yield FigureName.TAKINGS, document.paid_at, document.total_minor
    elif document.identity.kind is DocumentKind.REFUND and document.paid_at is not None:
        yield FigureName.TAKINGS, document.opened_at, document.total_minor


def _of_report(stated: Stated, held: _Held, first: datetime, time_zone: str) -> Iterator[Confirmation]:
    told = {figure: reading for figure, reading in stated.figures.items() if figure.since >= first}
    for figure, reading in sorted(told.items(), key=lambda pair: (pair[0].since, pair[0].name, pair[0].external_id)):
        if figure.name is FigureName.DEFERRED:
            yield _waited(stated, held.waiting(figure), figure, reading, time_zone)
            continue
        document = held.documents.get((figure.kind, figure.external_id))
        if figure.name is FigureName.TOTAL:
            moments = [_moment(document)] if document else []
            value = document.document.total_minor if document else None
        else:
            moments = list(held.of(figure))
            value = sum(one.minor for one in moments if one.currency == figure.currency or not figure.currency)
        state = _state(stated, figure, reading, moments, is_equal=value == figure.value)
        yield _confirmation(stated, figure, figure.value, value, state, time_zone)
    yield from _not_told(stated, held, told, first, time_zone)


def _waited(stated: Stated, waiting: Waiting, figure: Figure, reading: Reading, time_zone: str) -> Confirmation:
    """A balance of what is held back, beside its amounts: they were asked for since, and from long enough before."""
    state = _state(stated, figure, reading, (), is_equal=waiting.minor == figure.value)
    if stated.covered is not None and stated.covered.since + _HELD_BEFORE > figure.since:
        state = HELD_TOO_EARLY
    elif waiting.is_old:
        state = AMOUNTS_OLD
    return _confirmation(stated, figure, figure.value, waiting.minor, state, time_zone)


def _not_told(
    stated: Stated, held: _Held, told: Iterable[Figure], first: datetime, time_zone: str
) -> Iterator[Confirmation]:
    """Documents of the kinds that a report tells, in spans of which it told others or none."""
    known = {(figure.kind, figure.external_id) for figure in told}
    kinds = {kind for kind, _ in known if kind is not None}
    for (kind, name), kept in held.documents.items():
        document = kept.document
        if kind not in kinds or (kind, name) in known or document.closed_at < first:
            continue
        at = document.closed_at
        figure = Figure(FigureName.TOTAL, at, at, document.total_minor, document.currency, kind, name)
        reading = max((one for one in stated.readings if one.since <= at < one.until), key=_read_at, default=None)
        if reading is not None:
            state = _state(stated, figure, reading, [_moment(kept)], is_equal=False)
            yield _confirmation(stated, figure, None, document.total_minor, state, time_zone)


def _read_at(reading: Reading) -> datetime:
    return reading.as_of


def _moment(kept: KeptDocument) -> _Moment:
    document = kept.document
    return _Moment(document.closed_at, document.total_minor, document.currency, kept.saved_at)


def _state(stated: Stated, figure: Figure, reading: Reading, moments: Sequence[_Moment], *, is_equal: bool) -> str:
    covered = stated.covered
    if covered is None or figure.until > covered.until:
        return NOT_COVERED
    if figure.since < covered.since:
        return TOO_EARLY
    if figure.until + SETTLED > covered.until:
        return TOO_FRESH
    if figure.until > reading.as_of:
        return BEHIND
    if stated.report.adds_currencies and any(one.currency != figure.currency for one in moments if figure.currency):
        return SEVERAL_CURRENCIES
    if is_equal:
        return AGREES
    return CHANGED_SINCE if any(one.saved_at > reading.holds_at for one in moments) else DIFFERS


def _confirmation(
    stated: Stated, figure: Figure, told: int | None, held: int | None, state: str, time_zone: str
) -> Confirmation:
    return Confirmation(
        report=stated.report.title,
        subject=f"{stated.report.name} {figure.name} {figure.since.isoformat()} {figure.external_id}{figure.currency}",
        called=_called(figure, time_zone),
        name=figure.name,
        told=told,
        held=held,
        state=state,
        currency=figure.currency,
        caveat=stated.report.caveat,
    )


def _called(figure: Figure, time_zone: str) -> str:
    """``orders placed on 2026-06-03``, ``payout 5001 of 2026-06-03``, ``held back in a part of the channel at ...``."""
    if figure.name is FigureName.DEFERRED:
        return f"held back in {figure.external_id} at {figure.since:%Y-%m-%d %H:%M} UTC"
    day = local_day(figure.since, time_zone)
    if figure.name is FigureName.TOTAL:
        return f"{figure.kind} {figure.external_id} of {day}"
    if day_start(day, time_zone) == figure.since and local_day(figure.until - _MOMENT, time_zone) == day:
        return f"{_WORDS[figure.name]} on {day}"
    return f"{_WORDS[figure.name]} from {figure.since:%Y-%m-%d %H:%M} to {figure.until:%Y-%m-%d %H:%M} UTC"
