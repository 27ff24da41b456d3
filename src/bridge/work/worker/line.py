"""Pure: whose duty is handed out next, of all that are due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from bridge.model.duties import Duty, DutyKind

APART: Final = "/"


class Place(msgspec.Struct, frozen=True):
    """A duty of an organisation."""

    organisation: str
    duty: Duty

    @property
    def key(self) -> str:
        """Its name among those of all: ``acme/sync/us``."""
        return named(self.organisation, self.duty.kind, self.duty.subject)


def named(organisation: str, kind: DutyKind, subject: str) -> str:
    """A duty's name among those of all. When it comes due follows from it: two of one name are never due at once."""
    return APART.join((organisation, kind, subject))


def parts_of(key: str) -> tuple[str, DutyKind, str]:
    """Whose duty it is, of which kind, about what."""
    organisation, kind, subject = key.split(APART, 2)
    return organisation, DutyKind(kind), subject


def in_turn(due: Iterable[Place], under_way: Mapping[str, int]) -> list[Place]:
    """The same, so that nobody waits for whoever has much to do.

    First the oldest of each organisation, then the second oldest of each, and so on. Turns that are under way count
    as if they stood before: who has one already comes after those who have none.
    due: the oldest first. under_way: turns, by organisation.
    """
    before = Counter(under_way)
    places: list[tuple[int, Place]] = []
    for place in due:
        places.append((before[place.organisation], place))
        before[place.organisation] += 1
    return [place for _, place in sorted(places, key=lambda one: one[0])]
