"""What a check hands to the next: see ``store.api.Carries``."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from bridge.store.sql import tables
from bridge.store.sql.parts import in_parts
from bridge.store.sql.work import Work

_C = tables.carried.c


class SqlCarries:
    """See ``store.api.Carries``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def of(self, route_id: str, of_route: str) -> Mapping[str, bytes]:
        mine = _C.route_id == route_id, _C.of_route == of_route
        rows = self._work.rows(self._work.select(tables.carried, _C.day, _C.body).where(*mine))
        return {day: bytes(body) for day, body in rows}

    def put(self, route_id: str, of_route: str, bodies: Mapping[str, bytes], gone: Collection[str]) -> None:
        mine = _C.route_id == route_id, _C.of_route == of_route
        for some in in_parts(sorted({*bodies, *gone})):
            self._work.write(self._work.delete(tables.carried).where(*mine, _C.day.in_(some)))
        place = self._work.organisation_id, route_id, of_route
        self._work.add_many(tables.carried, ((*place, day, body) for day, body in sorted(bodies.items())))

    def forget(self, route_id: str) -> None:
        self._work.write(self._work.delete(tables.carried).where(_C.route_id == route_id))
