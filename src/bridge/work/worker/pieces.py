"""Which piece of the story a duty is, and what of it is to be done sooner than its rhythm says."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from bridge.books import looks_again
from bridge.clock import Clock
from bridge.delivery import DrainReport
from bridge.errors import AuthorizationError, BridgeError, Disposition, UnavailableError
from bridge.model.connections import Route
from bridge.model.deliveries import DeliveryState
from bridge.model.duties import Duty, DutyKind
from bridge.model.runs import Run
from bridge.store.api import UnitOfWork
from bridge.work.done import Checked, Delivered, Kept, Synced
from bridge.work.filling import goes_on_at
from bridge.work.story import Story
from bridge.work.verdict import Verdict
from bridge.work.watch import Watch

ACTOR = "worker"
LATER = timedelta(minutes=5)
SOON = timedelta(seconds=5)
ASKED_SECONDS, BOOKED_SECONDS, SENT_SECONDS = 2, 5, 5
"""After so long no further page of a channel is asked for, nothing further of what is new is booked, or no further
batch sent; the next turn goes on.
"""
_UNDER_WAY = tuple(one for one in DeliveryState if one not in (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN))
_OF_LEDGER = (AuthorizationError.code, UnavailableError.code)
_PASSING = {Disposition.RETRY, Disposition.RECONNECT}


class Ended(msgspec.Struct, frozen=True):
    """What came of a turn.

    again_at: when it goes on, where that may be before its time. asks: for what it made due. fault: the code of what
    kept it from its connection; empty where nothing did.
    """

    run: Run
    again_at: datetime | None = None
    asks: tuple[tuple[DutyKind, str], ...] = ()
    fault: str = ""


def do(story: Story, duty: Duty, routes: tuple[Route, ...], clock: Clock, watch: Watch) -> Ended:
    """One turn of it. routes: all. Raises: BridgeError where nothing could be done at all."""
    match duty.kind:
        case DutyKind.SYNC:
            until = clock.now() + timedelta(seconds=ASKED_SECONDS)
            synced = story.sync(
                [duty.subject],
                actor=ACTOR,
                wait_seconds=0,
                is_sending=False,
                pull_until=until,
                book_until=until + timedelta(seconds=BOOKED_SECONDS),
                watch=watch,
            )
            again_at = _sync_again(synced, clock.now())
            return Ended(synced.run, again_at, _asks(duty.subject, routes), _fault(synced.failed))
        case DutyKind.DELIVER:
            until = clock.now() + timedelta(seconds=SENT_SECONDS)
            done = story.deliver([duty.subject], actor=ACTOR, wait_seconds=0, send_until=until, watch=watch)
            now = clock.now()
            dues = [_goes_on(report, now) for report in done.drains]
            again_at = min([at for at in dues if at is not None], default=_later(done, now))
            return Ended(done.run, again_at, fault=_fault(done.failed) or _stopped(done.drains))
        case DutyKind.CHECK:
            checked = story.check([duty.subject], actor=ACTOR, watch=watch)
            return Ended(checked.run, _later(checked, clock.now()), fault=_fault(checked.failed))
        case DutyKind.UPKEEP:
            kept = story.upkeep(actor=ACTOR, watch=watch)
            return Ended(kept.run, _later(kept, clock.now()))


def has_something(unit: UnitOfWork, ledger: str) -> bool:
    """Whether a delivery to a ledger could come to anything: something is under way, or is to be looked at again."""
    if unit.deliveries.standing(ledger, *_UNDER_WAY):
        return True
    routes = [route for route in unit.routes.all() if route.ledger == ledger and not route.is_ended]
    known = unit.facts.latest(ledger)
    return any(looks_again(unit, route, known) for route in routes)


def _fault(errors: Iterable[BridgeError]) -> str:
    return next((error.code for error in errors if error.disposition in _PASSING), "")


def _stopped(drains: Iterable[DrainReport]) -> str:
    """Why a drain stopped, where the ledger did it: it does not answer, or lets nobody in."""
    return next((one.stopped for one in drains if one.stopped.startswith(_OF_LEDGER)), "")


def _asks(name: str, routes: tuple[Route, ...]) -> tuple[tuple[DutyKind, str], ...]:
    """The delivery to a ledger that is sent to as soon as it may be."""
    return tuple((DutyKind.DELIVER, one.ledger) for one in routes if one.name == name and not one.post_at)


def _sync_again(synced: Synced, now: datetime) -> datetime | None:
    if any(pulled.is_cut for pulled in synced.pulls) or any(booked.is_cut for booked in synced.books):
        return now
    due = [at for pulled in synced.pulls if (at := goes_on_at(pulled, now))]
    return min((at for at, _ in due), default=_later(synced, now))


def _goes_on(report: DrainReport, now: datetime) -> datetime | None:
    """At once where it was cut short; else when something of it comes due, but not so soon that it spins."""
    if report.is_cut:
        return now
    return max(report.next_due_at, now + SOON) if report.next_due_at else None


def _later(done: Synced | Delivered | Checked | Kept, now: datetime) -> datetime | None:
    return now + LATER if done.verdict is Verdict.LATER else None
