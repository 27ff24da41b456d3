"""A dry run of a route: a worker reads its channel and books, and nothing of it may be sent yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from bridge.desk.cards import RouteCard
from bridge.desk.duties import DutyCard, reading_of, working
from bridge.errors import ConfigError
from bridge.host.holder import as_it_stands
from bridge.model.connections import Route
from bridge.model.runs import Run, RunKind, RunOutcome
from bridge.store.api import UnitOfWork

_AT_ONCE, _MOST = 100, 1_000


class Rehearsal(msgspec.Struct, frozen=True):
    """How reading and booking a route stands with the workers.

    alive: how many of them are at work. is_starting: one is, and perhaps not at work yet. runs: what it took, the
    newest first; a long reading takes several.
    """

    card: DutyCard
    alive: int
    is_starting: bool
    at: datetime
    runs: tuple[Run, ...]

    @property
    def is_over(self) -> bool:
        """Whether nobody reads just now, or is about to."""
        return not self.card.is_begun and self.card.duty.due_at > self.at

    @property
    def last(self) -> Run | None:
        return self.runs[0] if self.runs else None

    @property
    def broke_off(self) -> bool:
        """Whether whoever read last did not live to end it, or was stopped."""
        return self.last is not None and self.last.outcome is RunOutcome.UNFINISHED

    @property
    def is_failed(self) -> bool:
        """Whether something must be put right before it comes to its end."""
        return self.last.outcome is RunOutcome.FAILED if self.last else bool(self.card.duty.fault)

    @property
    def taken_in(self) -> Mapping[str, int]:
        return _summed(one.told.taken_in for one in self.runs)

    @property
    def booked(self) -> Mapping[str, int]:
        return _summed(one.told.booked for one in self.runs)


def rehearsal(unit: UnitOfWork, route: Route, since: int | None, now: datetime) -> Rehearsal | None:
    """A route's reading as it stands; None where no worker is to read it. since: the run behind which it begins.

    Where none is named, what is under way, or came last, is shown.
    """
    card = reading_of(unit, route, now)
    if card is None:
        return None
    if since is None:
        since = card.duty.last_run - 1 if card.duty.last_run else None
    runs = () if since is None else tuple(_runs(unit, route, since, now))
    return Rehearsal(card, *working(unit, now), now, runs)


def is_kept_back(card: RouteCard) -> bool:
    """Whether what is booked waits for a person's word before it is sent: each voucher, or its route's pilot."""
    return card.route.review or (card.route.pilot and card.pilot is None)


def check_is_kept_back(card: RouteCard) -> None:
    """Raises: ConfigError ``route.sends`` where what is booked goes into the ledger by itself."""
    if not is_kept_back(card):
        raise ConfigError(
            f"route {card.route.name}",
            "sends by itself: what is read of it is booked and sent, so that there is no dry run of it",
            "Have it read on its own page; to look before anything goes, set `review = true`, then `bridge apply`",
            code="route.sends",
        )


def _runs(unit: UnitOfWork, route: Route, since: int, now: datetime) -> Iterator[Run]:
    """Those that read the route after that one; of very many the newest."""
    before: int | None = None
    for _ in range(_MOST // _AT_ONCE):
        found = unit.runs.newest(_AT_ONCE, before)
        yield from (
            as_it_stands(one, now)
            for one in found
            if one.number > since and one.piece.kind is RunKind.SYNC and route.name in one.piece.routes
        )
        if not found or found[-1].number <= since + 1:
            return
        before = found[-1].number


def _summed(several: Iterator[Mapping[str, int]]) -> Mapping[str, int]:
    total = Counter[str]()
    for one in several:
        total.update(one)
    return dict(sorted(total.items()))
