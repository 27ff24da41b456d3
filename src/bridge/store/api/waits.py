"""What waits: documents that are not booked, vouchers that are not delivered, findings that stand open."""

from __future__ import annotations

from typing import Protocol

from bridge.model.waiting import Choice, Group, Lookout, Order, Thing


class Waits(Protocol):
    """Counted, and read a page at a time, by the database: no more of it is in memory than is asked for."""

    def groups(self, lookout: Lookout) -> tuple[Group, ...]:
        """All of it, counted and added up by what is alike; orders that were given up among them (``GIVEN_UP``)."""
        ...

    def some(
        self, lookout: Lookout, choice: Choice, order: Order, limit: int | None = None, offset: int = 0
    ) -> tuple[tuple[Thing, str], ...]:
        """(sort, id) of so many of what is wanted, in that order; none of what was given up."""
        ...
