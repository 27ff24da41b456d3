"""Series: documents of which each begins where the one before ended, and what one hands over to the next."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Carried(msgspec.Struct, frozen=True):
    """An amount that one document of a series hands over to the next.

    name:         what it is, for people: ``reserve``; the same where it is carried out and where it is carried in.
    amount_minor: as the line that carries it in says it, from the merchant's side: negative where the merchant owes.
    is_exact:     all of that name that is carried in is all that the one before carried out, and nothing is nothing.
                  Else what is carried in was carried out by some document before, and need not come at all.
    """

    name: str
    amount_minor: int
    is_exact: bool = True


class Moved(msgspec.Struct, frozen=True):
    """An amount that moved to or from another series of the same account, which tells the same with the other sign.

    words: the channel's own, for people.
    """

    amount_minor: int
    at: datetime
    words: str


class Series(msgspec.Struct, frozen=True):
    """What a document tells of the series it stands in: those of one account, one currency and one name.

    name: of the series, as people know it; empty where this document does not tell, as one without sales may not.
    """

    name: str
    carries_in: tuple[Carried, ...] = ()
    carries_out: tuple[Carried, ...] = ()
    moved: tuple[Moved, ...] = ()
