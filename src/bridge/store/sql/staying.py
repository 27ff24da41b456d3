"""Whether an organisation is still there to be written for: of one that is being erased nothing new may come."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from bridge.errors import ConfigError
from bridge.store.sql import tables

_O: Final = tables.organisation.c


class Staying:
    """Of one organisation, for all units of a store. Threads may share it."""

    def __init__(self, organisation: str) -> None:
        self._organisation = organisation
        self._was_there: bool | None = None
        self._known = sa.select(_O.leaving_at).where(_O.organisation_id == organisation)
        self._wanted = self._known.with_for_update(read=True)

    def see(self, connection: sa.Connection) -> None:
        """Remember, the first time, whether it was there: what has gone since is not written for."""
        if self._was_there is None:
            self._was_there = connection.execute(self._known).first() is not None

    def check(self, connection: sa.Connection) -> None:
        """Also hold it there until the unit ends: who begins to erase it waits for those that write.

        Raises: ConfigError ``organisation.leaving``, also where it has gone since this store first saw it.
        """
        row = connection.execute(self._wanted).first()
        if (row is None and self._was_there) or (row is not None and row.leaving_at is not None):
            raise ConfigError(
                f"organisation {self._organisation}",
                "is being erased, or was",
                f"Nothing more is kept of it; to end that: `bridge organisations erase {self._organisation}`",
                code="organisation.leaving",
            )
        self._was_there = self._was_there or row is not None
