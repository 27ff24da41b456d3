"""Which piece of the story a duty is, and what of it is to be done sooner than its rhythm says."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from bridge.delivery import DrainReport
from bridge.model.connections import Route
from bridge.model.duties import Duty, DutyKind
from bridge.model.runs import Run
from bridge.work.done import Checked, Delivered, Kept, Synced
from bridge.work.filling import goes_on_at
from bridge.work.story import Story
from bridge.work.verdict import Verdict
from bridge.work.watch import Watch

ACTOR = "worker"
MOST_STEPS = 200
"""Of one turn of a delivery; others come before the next."""
LATER = timedelta(minutes=5)
SOON = timedelta(seconds=5)


class Ended(msgspec.Struct, frozen=True):
    """What came of a turn. again_at: when it goes on, where that may be before its time; asks: for what it made due."""

    run: Run
    again_at: datetime | None = None
    asks: tuple[tuple[DutyKind, str], ...] = ()


def do(story: Story, duty: Duty, routes: tuple[Route, ...], now: datetime, watch: Watch) -> Ended:
    """One turn of it. routes: all. Raises: BridgeError where nothing could be done at all."""
    match duty.kind:
        case DutyKind.SYNC:
            synced = story.sync([duty.subject], actor=ACTOR, wait_seconds=0, is_sending=False, watch=watch)
            return Ended(synced.run, _sync_again(synced, now), _asks(duty.subject, routes))
        case DutyKind.DELIVER:
            done = story.deliver([duty.subject], actor=ACTOR, wait_seconds=0, limit=MOST_STEPS, watch=watch)
            dues = [_goes_on(report, now) for report in done.drains]
            return Ended(done.run, min([at for at in dues if at is not None], default=_later(done, now)))
        case DutyKind.CHECK:
            checked = story.check([duty.subject], actor=ACTOR, watch=watch)
            return Ended(checked.run, _later(checked, now))
        case DutyKind.UPKEEP:
            kept = story.upkeep(actor=ACTOR, watch=watch)
            return Ended(kept.run, _later(kept, now))


def _asks(name: str, routes: tuple[Route, ...]) -> tuple[tuple[DutyKind, str], ...]:
    """The delivery to a ledger that is sent to as soon as it may be."""
    return tuple((DutyKind.DELIVER, one.ledger) for one in routes if one.name == name and not one.post_at)


def _sync_again(synced: Synced, now: datetime) -> datetime | None:
    due = [at for pulled in synced.pulls if (at := goes_on_at(pulled, now))]
    return min((at for at, _ in due), default=_later(synced, now))


def _goes_on(report: DrainReport, now: datetime) -> datetime | None:
    """At once where it was cut short; else when something of it comes due, but not so soon that it spins."""
    if report.is_cut:
        return now
    return max(report.next_due_at, now + SOON) if report.next_due_at else None


def _later(done: Synced | Delivered | Checked | Kept, now: datetime) -> datetime | None:
    return now + LATER if done.verdict is Verdict.LATER else None
