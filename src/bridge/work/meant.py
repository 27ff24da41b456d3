"""Which routes a piece of the work is about, by the names that somebody gave, or none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from bridge.errors import ConfigError
from bridge.model.connections import Route, Side
from bridge.store.api import Store
from bridge.work.refusals import ended, no_route, not_asked
from bridge.work.steps import Steps


class Meant:
    """Refuses what is not there, before anything is done."""

    def __init__(self, store: Store, steps: Steps) -> None:
        self._store, self._steps = store, steps

    def declared(self) -> tuple[Route, ...]:
        """Every route. Raises: ConfigError when there is none: nothing is read, booked or sent without."""
        if known := self._steps.routes():
            return known
        with self._store.reading() as unit:
            channels = [one.name for one in unit.connections.all() if one.side is Side.SOURCE]
        raise no_route(channels)

    def routes(self, names: Sequence[str]) -> tuple[Route, ...]:
        with self._store.reading() as unit:
            over = {route.name for route in unit.routes.all() if route.is_ended}
        for name in names:
            if name in over:
                raise ended(name)
        known = self.declared()
        for name in set(names) - {route.name for route in known}:
            with self._store.reading() as unit:
                unit.routes.get(name)  # says that it is not there
        return tuple(route for route in known if not names or route.name in names)

    def read_from(self, connections: Sequence[str], since: date | None) -> tuple[Route, ...]:
        """The routes that read from these channels, or from any that is asked."""
        known = self._steps.routes() if connections else self.declared()
        for name in connections or ():
            with self._store.reading() as unit:
                unit.connections.get(name)  # says that it is not there
            if not any(route.source == name for route in known):
                raise ConfigError(
                    f"connection {name}",
                    "has no first day, for no route reads from it",
                    f'Make a route with source = "{name}", and run `bridge apply`',
                    code="backfill.no_route",
                )
        sources = tuple(dict.fromkeys(route.source for route in known))
        asked = connections or [name for name in sources if self._steps.is_asked(name)]
        meant = tuple(route for route in known if route.source in asked)
        if not meant:
            raise not_asked(*sources)
        for route in meant:
            if since is not None and since < route.first_day:
                raise ConfigError(
                    f"--since {since}",
                    f"is before {route.first_day}, the first day of route {route.name}: what was before is not booked",
                    "Leave it out; to book from an earlier day set first_day of the route, and run `bridge apply`",
                    code="backfill.since",
                )
        return meant
