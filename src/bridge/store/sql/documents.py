"""Documents and their lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any
from zlib import crc32

import sqlalchemy as sa

from bridge.errors import InvariantError, PluginError, StaleError
from bridge.model.channel import Window
from bridge.model.documents import BRIDGE, DocumentKind, DocumentState, Problem, Witness
from bridge.model.reasons import Reason
from bridge.store.api import KeptDocument, Stand, Unbooked
from bridge.store.packing import Lines, rows_of
from bridge.store.sql import standing, tables
from bridge.store.sql.failures import TAKEN
from bridge.store.sql.heads import head_row, kept_of
from bridge.store.sql.lines import IS_MONEY, SqlLines, by_revision
from bridge.store.sql.parts import in_parts
from bridge.store.sql.sealed import Sealed
from bridge.store.sql.standing import IS_NEWEST, WAITS
from bridge.store.sql.work import Select, Work, asking

_HEADS_AT_A_TIME = 500
_NOTED = 20
"""Documents of one unit that its audit row names one by one; of those after them it says how many."""
_LOCKS = 128
"""Documents share these locks: a server has room for some thousand, and a file may bring more documents."""
Condition = sa.ColumnElement[bool] | sa.TextClause
_D = tables.document.c
_L = tables.line.c
_O = tables.window_owner.c
_HAS_ORDER = sa.text("document.order_id <> ''")
_HAS_TITLE = sa.text("document.title <> ''")
_HAS_SERIES = sa.text("document.series IS NOT NULL")


class SqlDocuments(SqlLines):
    """See ``store.api.Documents``."""

    def __init__(self, work: Work) -> None:
        super().__init__(work)
        self._locked: set[int] = set()
        self._noted = 0

    def lock(self, document_id: str) -> None:
        self.lock_many((document_id,))

    def lock_many(self, document_ids: Iterable[str]) -> None:
        wanted = {crc32(document_id.encode()) % _LOCKS for document_id in document_ids}
        for number in sorted(wanted - self._locked):
            self._work.lock("document", str(number))
            self._locked.add(number)

    def latest(self, document_id: str) -> KeptDocument | None:
        return self._one(_D.document_id == document_id, IS_NEWEST)

    def revision(self, document_id: str, revision: int) -> KeptDocument | None:
        return self._one(_D.document_id == document_id, _D.revision == revision)

    def heads(self, document_ids: Sequence[str]) -> Mapping[str, tuple[KeptDocument, ...]]:
        found: dict[str, list[KeptDocument]] = {}
        for part in in_parts(document_ids):
            for row in self._work.ask(_heads, some=part):
                found.setdefault(row.document_id, []).append(kept_of(row))
        return {document_id: tuple(history) for document_id, history in found.items()}

    def add_many(self, documents: Sequence[tuple[KeptDocument, Lines | None]]) -> None:
        if not documents:
            return
        mine = self._work.organisation_id
        places = sorted(((_key(kept), kept, lines) for kept, lines in documents), key=itemgetter(0))
        heads = [(key, kept) for key, kept, _ in places]
        self.lock_many(document_id for (document_id, _), _ in heads)
        self._retire([key for key, _ in heads])
        self._insert_heads(heads)
        given = [(key, lines) for key, _, lines in places if lines is not None]
        self._insert_lines([((mine, *key), lines) for key, lines in given])
        self._check_lines(
            {key: (kept.document.line_count, kept.lines_minor) for key, kept, lines in places if lines is not None}
        )
        self._work.seal(Sealed.DOCUMENT, (key for key, _ in heads))
        for kept, lines in documents:
            self._note_saved(kept)
            if lines is not None:
                self._work.count("lines.added", kept.connection_id, kept.document.line_count, "lines")

    def write_ahead(self, document_id: str, revision: int, lines: Lines) -> int:
        self._refuse_head(document_id, revision)
        added = self._insert_lines([((self._work.organisation_id, document_id, revision), lines)])
        self._work.count("lines.written", document_id, added, f"lines of revision {revision}")
        return added

    def check_ahead(self, document_id: str, revision: int, line_count: int, lines_minor: int) -> None:
        self._check_lines({(document_id, revision): (line_count, lines_minor)})

    def clear_ahead(self, document_id: str, revision: int, most: int) -> int:
        self._refuse_head(document_id, revision)
        mine = _L.document_id == document_id, _L.revision == revision
        ordered = self._work.select(tables.line, _L.line_key).where(*mine).order_by(_L.line_key)
        last = self._work.value(ordered.offset(most - 1).limit(1))
        gone = self._work.delete(tables.line).where(*mine, *([] if last is None else [_L.line_key <= last]))
        count = self._work.write(gone)
        if count:
            self._work.count("lines.cleared", document_id, count, f"lines of revision {revision}")
        return count

    def confirm(self, stands: Mapping[tuple[str, int], Stand]) -> None:
        told: dict[tuple[datetime | None, Witness], list[tuple[str, int]]] = {}
        kept: dict[str, list[tuple[str, int]]] = {}
        for key, stand in stands.items():
            told.setdefault((stand.as_of, stand.witness), []).append(key)
            if stand.vault_hash:
                kept.setdefault(stand.vault_hash, []).append(key)
        for (as_of, witness), keys in told.items():
            self._change(keys, as_of=as_of, witness=witness)
        for vault_hash, keys in kept.items():
            self._change(keys, vault_hash=vault_hash)
        if stands:
            self._work.count("document.confirmed", "documents", len(stands), "that the channel stands by")

    def set_state(self, document_id: str, revision: int, state: DocumentState, reason: str) -> None:
        self.set_states([(document_id, revision)], state, reason)

    def set_problems(self, document_id: str, revision: int, problems: Sequence[Problem]) -> None:
        self._change([(document_id, revision)], problems=tuple(problems))
        self._work.note("document.problems", document_id, ", ".join(problem.code for problem in problems))

    def set_states(self, keys: Sequence[tuple[str, int]], state: DocumentState, reason: str) -> None:
        self._change(keys, state=state, reason=reason)
        for document_id, revision in keys:
            if self._is_noted():
                self._work.note("document.state", document_id, f"revision {revision} {state} {reason}".rstrip())
            else:
                self._work.count("document.state", f"{state} {reason}".rstrip(), 1, "more documents")

    def with_state(
        self, connection_id: str, *states: DocumentState, kinds: Collection[DocumentKind] = ()
    ) -> tuple[KeptDocument, ...]:
        wanted = [_D.connection_id == connection_id, _D.state.in_(states), *([_D.kind.in_(kinds)] if kinds else [])]
        return self._many(*wanted, *(() if DocumentState.BOOKED in states else (WAITS,)))

    def in_series(self, connection_id: str) -> tuple[KeptDocument, ...]:
        return self._many(_D.connection_id == connection_id, _HAS_SERIES)

    def held_for(
        self, connection_id: str, reasons: Sequence[str], *, since: datetime | None = None
    ) -> tuple[KeptDocument, ...]:
        found = standing.held_for(self._work, connection_id, reasons, since)
        return tuple(sorted(found, key=lambda kept: (kept.document.closed_at, kept.document.document_id)))

    def waiting(
        self,
        connection_id: str,
        state: DocumentState,
        reasons: Sequence[str] | None = None,
        *,
        since: datetime | None = None,
    ) -> tuple[Unbooked, ...]:
        found = standing.waiting(self._work, connection_id, state, reasons, since)
        return tuple(sorted(found, key=lambda one: (one.opened_at, one.document_id)))

    def new(self, connection_id: str, limit: int) -> tuple[Unbooked, ...]:
        return tuple(standing.new(self._work, connection_id, limit))

    def reasons(self, connection_id: str, state: DocumentState) -> frozenset[str]:
        return frozenset(standing.reasons(self._work, connection_id, state))

    def paying(
        self, connection_id: str, *, totals: Sequence[int] = (), statuses: Sequence[str] = ()
    ) -> tuple[KeptDocument, ...]:
        found = standing.paying(self._work, connection_id, totals, statuses)
        return tuple({kept.document.document_id: kept for kept in found}.values())

    def failures(self, connection_id: str) -> tuple[tuple[KeptDocument, int, datetime], ...]:
        return tuple(standing.failures(self._work, connection_id))

    def newest_of(self, connection_id: str, kinds: Collection[DocumentKind], limit: int) -> tuple[datetime, ...]:
        wanted = IS_NEWEST, _D.connection_id == connection_id, _D.kind.in_(sorted(kinds))
        found = self._work.select(tables.document, _D.closed_at).where(*wanted)
        ordered = found.order_by(_D.closed_at.desc(), _D.document_id.desc()).limit(limit)
        return tuple(closed_at for (closed_at,) in self._work.rows(ordered))

    def unlisted(self, window: Window, kinds: Collection[DocumentKind]) -> tuple[tuple[str, str], ...]:
        came = self._work.select(tables.window_owner, _O.external_id).where(
            _O.connection_id == window.connection_id,
            _O.stream == window.stream,
            _O.since_at == window.since,
            _O.kind == _D.kind,
            _O.external_id == _D.external_id,
        )
        wanted = self._work.select(tables.document, _D.kind, _D.external_id).where(
            IS_NEWEST,
            _D.connection_id == window.connection_id,
            _D.closed_at >= window.since,
            _D.closed_at < window.until,
            _D.kind.in_(sorted(kinds)),
            _D.plugin != BRIDGE,
            _D.reason != Reason.GONE,
            ~came.exists(),
        )
        return tuple((str(kind), external_id) for kind, external_id in self._work.rows(wanted))

    def of_connection(self, connection_id: str, *kinds: DocumentKind) -> Iterator[KeptDocument]:
        mine = self._work.select(tables.document).where(IS_NEWEST, _D.connection_id == connection_id)
        wanted = mine.where(_D.kind.in_(kinds)) if kinds else mine
        ordered = wanted.order_by(_D.closed_at, _D.document_id).limit(_HEADS_AT_A_TIME)
        rows = self._work.rows(ordered)
        while rows:
            yield from map(kept_of, rows)
            last = rows[-1]
            place = (sa.literal(last.closed_at, _D.closed_at.type), sa.literal(last.document_id))
            behind = sa.tuple_(_D.closed_at, _D.document_id) > sa.tuple_(*place)
            rows = self._work.rows(ordered.where(behind)) if len(rows) == _HEADS_AT_A_TIME else ()

    def of_orders(self, connection_id: str, order_ids: Sequence[str], *, plugin: str = "") -> tuple[KeptDocument, ...]:
        found: list[KeptDocument] = []
        for some in in_parts(sorted({order_id for order_id in order_ids if order_id})):
            statement = self._work.select(tables.document).where(
                IS_NEWEST, _HAS_ORDER, _D.connection_id == connection_id, _D.order_id.in_(some)
            )
            if plugin:
                statement = statement.where(_D.plugin == plugin)
            ordered = statement.order_by(_D.order_id, _D.closed_at, _D.document_id)
            found += [kept_of(row) for row in self._work.rows(ordered)]
        return tuple(found)

    def payloads_of_orders(self, connection_id: str, order_ids: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for some in in_parts(sorted({order_id for order_id in order_ids if order_id})):
            statement = self._work.select(tables.document, _D.order_id, _D.vault_hash).where(
                _HAS_ORDER, _D.connection_id == connection_id, _D.order_id.in_(some), _D.vault_hash != ""
            )
            earliest_first = statement.order_by(
                _D.order_id, _D.as_of.is_not(None), _D.as_of, _D.saved_at, _D.document_id, _D.revision
            )
            for order_id, vault_hash in self._work.rows(earliest_first):
                found.setdefault(order_id, {})[vault_hash] = None
        return {order_id: tuple(hashes) for order_id, hashes in found.items()}

    def titled(self, connection_id: str, kind: DocumentKind, titles: Sequence[str]) -> tuple[KeptDocument, ...]:
        found: list[KeptDocument] = []
        for some in in_parts(titles):
            found += self._many(_HAS_TITLE, _D.connection_id == connection_id, _D.kind == kind, _D.title.in_(some))
        return tuple(found)

    def _refuse_head(self, document_id: str, revision: int) -> None:
        """Be alone with this document. Raises: StaleError when the revision is there already."""
        self.lock(document_id)
        if self.revision(document_id, revision) is not None:
            raise _taken(document_id, revision)

    def _insert_heads(self, heads: Sequence[tuple[tuple[str, int], KeptDocument]]) -> None:
        mine = self._work.organisation_id
        try:
            self._work.add_many(tables.document, (head_row(mine, kept) for _, kept in heads))
        except InvariantError as cause:
            if cause.code != TAKEN:
                raise
            raise _taken(*heads[0][0]) from cause

    def _insert_lines(self, documents: Sequence[tuple[tuple[str, str, int], Lines]]) -> int:
        """In the order of their key: so each page is touched once. How many there were."""
        rows = (start + row for start, lines in documents for row in rows_of(lines))
        try:
            return self._work.add_many(tables.line, rows)
        except InvariantError as cause:
            if cause.code != TAKEN:
                raise
            twice = (start[1] for start, lines in documents if _has_twice([row[0] for row in rows_of(lines)]))
            raise PluginError(
                f"document {next(twice, documents[0][0][1])}",
                "two of its lines have one key",
                "Report this to the plugin's author",
                code="plugin.line_key",
            ) from cause

    def _check_lines(self, told: Mapping[tuple[str, int], tuple[int, int]]) -> None:
        """Each head tells how many lines there are and what they add up to; they must be there, to the cent."""
        there: dict[tuple[str, int], tuple[int, int]] = {}
        own = sa.func.sum(sa.case((IS_MONEY, 0), else_=_L.amount_minor))
        for revision, some in by_revision(list(told)):
            statement = self._work.select(tables.line, _L.document_id, sa.func.count(), own).where(
                _L.document_id.in_(some), _L.revision == revision
            )
            for document_id, count, minor in self._work.rows(statement.group_by(_L.document_id)):
                there[document_id, revision] = count, int(minor)
        for key, expected in told.items():
            count, minor = there.get(key, (0, 0))
            if (count, minor) != expected:
                raise InvariantError(
                    f"document {key[0]}",
                    f"{count} lines of {minor} minor units were saved, its head says {expected[0]} of {expected[1]}",
                    "Report this as a bug",
                    code="store.lines",
                )

    def _retire(self, keys: Sequence[tuple[str, int]]) -> None:
        """The revisions before these are not the newest any more. Raises: StaleError when one is not there."""
        for revision, some in by_revision([key for key in keys if key[1] > 1]):
            mine = self._work.update(tables.document).where(_D.document_id.in_(some), IS_NEWEST)
            if self._work.write(mine.where(_D.revision == revision - 1).values(is_newest=False)) != len(some):
                raise _taken(some[0], revision)

    def _change(self, keys: Sequence[tuple[str, int]], **values: Any) -> None:
        for revision, some in by_revision(keys):
            mine = self._work.update(tables.document).where(_D.document_id.in_(some), _D.revision == revision)
            if self._work.write(mine.values(**values)) != len(set(some)):
                raise InvariantError(
                    f"document {some[0]}", f"or one of {len(some)} has no revision {revision}", "Report this as a bug"
                )

    def _one(self, *conditions: Condition) -> KeptDocument | None:
        row = self._work.row(self._work.select(tables.document).where(*conditions))
        return None if row is None else kept_of(row)

    def _many(self, *conditions: Condition) -> tuple[KeptDocument, ...]:
        statement = self._work.select(tables.document).where(IS_NEWEST, *conditions)
        return tuple(kept_of(row) for row in self._work.rows(statement.order_by(_D.closed_at, _D.document_id)))

    def _note_saved(self, kept: KeptDocument) -> None:
        if not self._is_noted():
            self._work.count("document.saved", kept.connection_id, 1, "more documents")
            return
        document = kept.document
        detail = f"{document.identity.external_id} revision {document.revision} {kept.state} {kept.reason}"
        self._work.note("document.saved", document.document_id, detail.rstrip())

    def _is_noted(self) -> bool:
        self._noted += 1
        return self._noted <= _NOTED


def _heads(some: Any) -> Select:
    return asking(tables.document).where(_D.document_id.in_(some)).order_by(_D.document_id, _D.revision.desc())


def _key(kept: KeptDocument) -> tuple[str, int]:
    return kept.document.document_id, kept.document.revision


def _taken(document_id: str, revision: int) -> StaleError:
    return StaleError(f"document {document_id}", f"revision {revision} is not the next one", "Read it again")


def _has_twice(keys: Sequence[str]) -> bool:
    return len(set(keys)) < len(keys)
