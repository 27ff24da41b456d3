"""What waits, whatever sort of thing it is: where it is looked for, which of it is wanted, and in which order."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache

import msgspec

from bridge.model.periods import day_start, offsets
from bridge.model.urgency import Urgency, due_on

_MONDAY = date(2024, 1, 1)
_DAY = timedelta(days=1)
_SHIFTS_KEPT = timedelta(days=3 * 366)
"""So far back the hour that a zone's clock is moved by is known; what waited longer is late by any hour."""


class Thing(StrEnum):
    """What sort of thing waits."""

    DOCUMENT = "document"
    VOUCHER = "voucher"
    FINDING = "finding"


class Order(StrEnum):
    """What comes first: what keeps back the most, what came first, what is due first, what is the most money."""

    GRAVEST = "gravest"
    OLDEST = "oldest"
    DUE = "due"
    LARGEST = "largest"


class Calendar(msgspec.Struct, frozen=True):
    """A zone's days, as a database can count them.

    offsets:     since when its clock was how many seconds ahead of UTC, the earliest first.
    late_before: what waits since before then should have been seen to, one for each urgency in turn.
    """

    offsets: tuple[tuple[datetime, int], ...]
    late_before: tuple[datetime, ...]


class Channel(msgspec.Struct, frozen=True):
    """A channel connection. route_id: of the route that reads from it; empty for none. calendar: which of those told.

    is_asked: nothing new of it is booked before a person answers a question.
    """

    connection_id: str
    route_id: str = ""
    is_asked: bool = False
    calendar: int = 0


class Feed(msgspec.Struct, frozen=True):
    """A route, and the ledger that it feeds. calendar: which of those told."""

    route_id: str
    ledger: str
    calendar: int = 0


class Lookout(msgspec.Struct, frozen=True):
    """Where what waits is looked for.

    left_out: why a document is held that is not told of; one such reason at most. patient: reasons that pass by
    themselves. given_up: what channels say of an order that nobody will pay. failed: so many of the vouchers of payouts
    that failed, the last ones. has_findings: those too, and then no document of which one says what may be decided.
    """

    channels: tuple[Channel, ...]
    feeds: tuple[Feed, ...]
    calendars: tuple[Calendar, ...]
    left_out: str
    patient: frozenset[str]
    given_up: frozenset[str]
    failed: int
    has_findings: bool = True


class Group(msgspec.Struct, frozen=True):
    """Things that wait alike.

    state: of a voucher, how it stands; else empty. told: of a voucher, what a person said that is to be carried out;
    of an order, that it was given up; of a finding, that nobody may accept it. rank: of its urgency. minor: what they
    come to, none of it negative. one: any of them.
    """

    thing: Thing
    state: str
    route_id: str
    reason: str
    rank: int
    currency: str
    owner: str
    told: str
    is_patient: bool
    is_late: bool
    count: int = 0
    minor: int = 0
    one: str = ""


GIVEN_UP = "given up"
ALIKE = ("thing", "state", "reason", "told")
"""What is the same of these may be decided about in the same ways."""
Alike = tuple[str, str, str, str]


class Choice(msgspec.Struct, frozen=True):
    """Which of it is wanted; None and what is empty are not asked for.

    owner: empty for nobody's. rank: of an urgency. alike: see ``ALIKE``.
    """

    route_id: str = ""
    thing: str = ""
    states: tuple[str, ...] = ()
    reason: str = ""
    rank: int | None = None
    owner: str | None = None
    is_late: bool = False
    is_patient: bool | None = None
    alike: tuple[Alike, ...] | None = None

    def fits(self, group: Group) -> bool:
        """Whether things are wanted that wait so; a store says the same of each."""
        return (
            self.route_id in {"", group.route_id}
            and self.thing in {"", group.thing}
            and (not self.states or group.state in self.states)
            and self.reason in {"", group.reason}
            and self.rank in {None, group.rank}
            and self.owner in {None, group.owner}
            and (not self.is_late or group.is_late)
            and self.is_patient in {None, group.is_patient}
            and (self.alike is None or alike(group) in self.alike)
        )


def alike(group: Group) -> Alike:
    return str(group.thing), group.state, group.reason, group.told


@cache
def calendar(time_zone: str, today: date) -> Calendar:
    """That of a zone, for who looks on that day."""
    begin = day_start(today - _SHIFTS_KEPT, time_zone)
    return Calendar(
        tuple(offsets(time_zone, begin, day_start(today + _DAY, time_zone))),
        tuple(_late_before(urgency, time_zone, today) for urgency in Urgency),
    )


def _late_before(urgency: Urgency, time_zone: str, today: date) -> datetime:
    day = today
    while due_on(urgency, day) >= today:
        day -= _DAY
    return day_start(day + _DAY, time_zone)


def days_given(urgency: Urgency) -> str:
    """A digit for each day of the week, from Monday: how many days after it what waits since then is due."""
    week = [_MONDAY + _DAY * number for number in range(7)]
    return "".join(str((due_on(urgency, day) - day).days) for day in week)
