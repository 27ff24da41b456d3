"""What people agreed that accounts held before anything of them is read."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.model.openings import AgreedOpening
from bridge.model.words import check_said
from bridge.store.sql import tables
from bridge.store.sql.sealed import Sealed
from bridge.store.sql.work import Work

_O = tables.account_opening.c


class SqlOpenings:
    """See ``store.api.Openings``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def put(self, opening: AgreedOpening) -> None:
        check_said(opening.by, opening.reason)
        key = {"ledger": opening.ledger, "account_id": opening.account_id, "currency": opening.currency}
        change = self._work.update(tables.account_opening).where(*(_O[name] == value for name, value in key.items()))
        if not self._work.write(change.values(body=opening)):
            self._work.add(tables.account_opening, **key, body=opening)
        self._work.seal(Sealed.OPENING, [(opening.account_id, opening.ledger, opening.currency)])
        detail = f"{opening.minor} {opening.currency} before {opening.since_on}, by {opening.by}: {opening.reason}"
        self._work.note("opening.agreed", f"{opening.ledger} {opening.account_id}", detail)

    def of_ledger(self, ledger: str) -> Mapping[tuple[str, str], AgreedOpening]:
        rows = self._work.rows(self._work.select(tables.account_opening, _O.body).where(_O.ledger == ledger))
        return {(row.body.account_id, row.body.currency): row.body for row in rows}
