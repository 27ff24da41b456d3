"""Pure: whose duty is handed out next, of all that are due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from bridge.model.duties import Duty, DutyKind

APART: Final = "/"
LOOKS: Final = 3


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

    First one of each organisation, then the second of each, and so on. Turns that are under way count as if they
    stood before: who has one already comes after those who have none. Within that, looks at what is new in a channel,
    which are short and due by the clock, come ``LOOKS`` to one of the rest: they are on time however much there is to
    send, and it goes on all the same. A look back that is done in pieces is one look, and then of the rest.
    due: the oldest first. under_way: turns, by organisation.
    """
    before, seen = Counter(under_way), Counter[tuple[int, bool]]()
    places: list[tuple[tuple[int, int, bool], Place]] = []
    for is_long, place in sorted(((_is_long(one), one) for one in due), key=lambda one: one[0]):
        level = before[place.organisation]
        number = seen[level, is_long]
        places.append(((level, number if is_long else number // LOOKS, is_long), place))
        before[place.organisation] += 1
        seen[level, is_long] += 1
    return [place for _, place in sorted(places, key=lambda one: one[0])]


def _is_long(place: Place) -> bool:
    return place.duty.kind is not DutyKind.SYNC or place.duty.goes_on
