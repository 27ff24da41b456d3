"""Says once that a whole vendor fails, not once for each merchant who works with it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from bridge import log
from bridge.host.outages import outages_of
from bridge.store.api import Store

LOOKED: Final = timedelta(seconds=15)


class Outages:
    """Looks from time to time. Of the workers of a database one does: whoever has the first place."""

    def __init__(self, store: Store) -> None:
        self._store, self._log = store, log.get("worker")
        self._told: set[tuple[str, str]] = set()
        self._looked_at: datetime | None = None

    def look(self, now: datetime) -> None:
        """One line of the log where one began, and one where it is over."""
        if self._looked_at is not None and now - self._looked_at < LOOKED:
            return
        self._looked_at = now
        with self._store.reading() as unit:
            found = outages_of(unit)
        wide = {(one.plugin, one.code): one for one in found if one.is_of_vendor}
        for at in wide.keys() - self._told:
            one = wide[at]
            self._log.error(
                "vendor fails",
                plugin=one.plugin,
                code=one.code,
                organisations=one.organisations,
                connections=one.connections,
                of=one.of,
                since=f"{one.since:%Y-%m-%d %H:%M:%S}",
            )
        for plugin, code in self._told - wide.keys():
            self._log.warning("vendor answers again", plugin=plugin, code=code)
        self._told = set(wide)
