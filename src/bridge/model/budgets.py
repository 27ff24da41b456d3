"""Budgets: what a vendor allows within a time, and what is spent of it."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

CELLS = 60
MARGIN = 0.02  # a call may reach the vendor a little later or sooner after the one before than it left us
SHORTEST_BLOCK, LANES_BLOCK, LONGEST_BLOCK = timedelta(seconds=1), timedelta(seconds=5), timedelta(minutes=1)
FEWEST_LANES = 4


class Limit(msgspec.Struct, frozen=True):
    """So many of something in so many seconds.

    what:      what is counted; every call is one of ``requests``.
    remaining: the header by which answers tell how many are left of it; empty when none does.
    is_of_app: whether all accounts share it for which the operator's application works; else each has its own.
    """

    what: str
    many: int
    seconds: int
    remaining: str = ""
    is_of_app: bool = False

    @property
    def has_lanes(self) -> bool:
        """Whether it is too brief to reserve calls of it: each who calls has lanes, so many calls in each such time."""
        return self.seconds <= LANES_BLOCK.total_seconds() and self.many >= FEWEST_LANES

    @property
    def block(self) -> timedelta:
        """How long something of it may be reserved."""
        if self.has_lanes:
            return LANES_BLOCK
        return max(SHORTEST_BLOCK, min(timedelta(seconds=self.seconds / 10), LONGEST_BLOCK))

    @property
    def cell(self) -> timedelta:
        """How exactly is written down when calls left."""
        return timedelta(seconds=self.seconds / CELLS)

    @property
    def span(self) -> timedelta:
        """How long a call counts."""
        return timedelta(seconds=self.seconds * (1 + MARGIN))


class Use(msgspec.Struct, frozen=True, array_like=True):
    """Some calls that count.

    at:      of calls that left, the beginning of the cell in which they did; of others, until when they may leave.
    is_sure: they left. Else they are reserved, or were lost with who had reserved them, or are other people's.
    """

    at: datetime
    many: int
    is_sure: bool = False
