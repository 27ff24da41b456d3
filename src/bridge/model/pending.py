"""Money that a channel holds back: it is told one by one, kept, and never booked from."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Pending(msgspec.Struct, frozen=True, kw_only=True):
    """One amount of which the channel says that it is the merchant's, and that it stands in no statement yet.

    external_id: the channel's own id. words: what the channel calls it. place: the part of the channel it is of, such
                 as a marketplace. amount_minor: from the merchant's side, in minor units of ``currency``.
    parts:       what it is made of, as far as that is told: (the channel's words, minor units), gross.
    occurred_at: since when it is held. reason: the channel's word for why. matures_at: when it should come free.
    released_at: when it came free; None while it is held. statement: the settlement it then went into, once told.
    as_of:       when the channel said so.
    """

    external_id: str
    words: str
    place: str
    currency: str
    amount_minor: int
    occurred_at: datetime
    as_of: datetime
    order_id: str = ""
    reason: str = ""
    matures_at: datetime | None = None
    released_at: datetime | None = None
    statement: str = ""
    parts: tuple[tuple[str, int], ...] = ()

    def after(self, before: Pending) -> Pending:
        """The same, knowing what was said before: a channel may date it anew when it comes free, which changes nothing.

        Held is what was held at an instant, so the first date counts, and the first end.
        """
        ends = [at for at in (self.released_at, before.released_at) if at is not None]
        return msgspec.structs.replace(
            self,
            occurred_at=min(self.occurred_at, before.occurred_at),
            released_at=min(ends) if self.released_at is not None else None,
            statement=self.statement or before.statement,
        )
