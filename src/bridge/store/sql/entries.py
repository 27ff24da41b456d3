"""Entries with their postings, and what became of every line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from bridge import ids
from bridge.errors import ConfigError, InvariantError, StaleError
from bridge.model.deliveries import DeliveryState
from bridge.model.entries import Fate, JournalEntry, Mode, OpenLegs, Posting, Reversal, Slot
from bridge.model.lines import Line
from bridge.store.api import ChainEnd, KeptEntry, PlacedLine, Reserve
from bridge.store.sql import tables
from bridge.store.sql.documents import LINE_COLUMNS, PAGE, line_page
from bridge.store.sql.failures import DANGLING, NOT_READ_BACK, TAKEN, unreadable
from bridge.store.sql.parts import begins, in_parts
from bridge.store.sql.work import Row, Select, Work

_E = tables.entry.c
_P = tables.posting.c
_F = tables.fate.c
_L = tables.line.c
_R = tables.reversal.c
_O = tables.open_leg.c
_DELIVERY = tables.delivery.c
_D = tables.document.c
_BESIDE = sa.and_(
    _L.organisation_id == _F.organisation_id,
    _L.document_id == _F.document_id,
    _L.revision == _F.revision,
    _L.line_key == _F.line_key,
)
# In the very words of the partial index: SQLite uses one only for a condition that reads as its own.
_IS_MOVING = sa.text(
    "posting.kind IN ('bank', 'payout.bounced', 'payout.failed', 'reserve', 'reserve.opening', 'settlement.total')"
)
_REVERSAL = Reversal.__struct_fields__
_FACTS = tuple(name for name in JournalEntry.__struct_fields__ if name not in ("slot", "postings"))
_POSTING = Posting.__struct_fields__
_ORDER = (_E.mode, _E.slot_group, _E.slot_part, _E.number)
_ENTRIES_AT_A_TIME = 200


class SqlEntries:
    """See ``store.api.Entries``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def chain(self, slot: Slot, *, live_only: bool = False) -> tuple[KeptEntry, ...]:
        statement = self._work.select(tables.entry).where(*in_slot(slot), *((_E.is_live,) if live_only else ()))
        return self._kept(statement.order_by(_E.number))

    def end_of(self, slot: Slot, unsent: Collection[DeliveryState]) -> ChainEnd:
        beside = sa.and_(_DELIVERY.organisation_id == _E.organisation_id, _DELIVERY.entry_id == _E.entry_id)
        is_sent = sa.select(sa.literal(1)).where(beside, _DELIVERY.state.not_in(unsent)).exists()
        next_sent = sa.func.max(sa.case((is_sent, _E.sent_before + 1), else_=0))
        statement = self._work.select(tables.entry, sa.func.max(_E.number), next_sent).where(*in_slot(slot))
        ((number, sent_before),) = self._work.rows(statement)
        return ChainEnd(number or 0, sent_before or 0)

    def add(self, entry: JournalEntry) -> None:
        latest = self._work.select(tables.entry, sa.func.max(_E.number)).where(*in_slot(entry.slot))
        is_next = entry.number == (self._work.value(latest) or 0) + 1
        if not is_next or not self._work.add(tables.entry, **_columns(entry), made_at=self._work.clock.now()):
            raise StaleError(
                f"entry {entry.narration}", f"number {entry.number} is not its slot's next", "Read it again"
            )
        start = (self._work.organisation_id, entry.entry_id)
        self._work.add_many(
            tables.posting,
            [(*start, *(getattr(posting, name) for name in _POSTING)) for posting in entry.postings],
        )
        self._work.note("entry.added", entry.entry_id, entry.narration)

    def replace(self, entry_id: str) -> tuple[tuple[str, Reversal], ...]:
        mine = self._work.update(tables.entry).where(_E.entry_id == entry_id, _E.is_live)
        if self._work.write(mine.values(is_live=False)) != 1:
            raise StaleError(f"entry {entry_id}", "is not live any more", "Read it again")
        freed = self._work.write(self._work.delete(tables.fate).where(_F.entry_id == entry_id))
        self._work.note("entry.replaced", entry_id, f"{freed} lines freed")
        self._work.write(self._work.delete(tables.open_leg).where(_O.entry_id == entry_id))
        taken = self._work.select(tables.reversal, _R.document_id, *(_R[name] for name in _REVERSAL))
        rows = self._work.rows(taken.where(_R.entry_id == entry_id).order_by(_R.document_id, _R.line_key))
        if rows:
            self._work.write(self._work.delete(tables.reversal).where(_R.entry_id == entry_id))
        return tuple((document_id, Reversal(*facts)) for document_id, *facts in rows)

    def get(self, entry_id: str) -> KeptEntry:
        found = self._kept(self._work.select(tables.entry).where(_E.entry_id == entry_id))
        if not found:
            raise ConfigError(f"entry {entry_id!r}", "there is none of that id", "Check the id", code="entry.unknown")
        return found[0]

    def get_many(self, entry_ids: Sequence[str]) -> Mapping[str, KeptEntry]:
        found: dict[str, KeptEntry] = {}
        for some in in_parts(entry_ids):
            statement = self._work.select(tables.entry).where(_E.entry_id.in_(some))
            found |= {kept.entry.entry_id: kept for kept in self._kept(statement)}
        return found

    def beginning(self, text: str) -> tuple[str, ...]:
        statement = self._work.select(tables.entry, _E.entry_id).where(*begins(_E.entry_id, text))
        return tuple(entry_id for (entry_id,) in self._work.rows(statement.order_by(_E.entry_id)))

    def of_document(self, document_id: str) -> tuple[KeptEntry, ...]:
        return self.of_documents([document_id]).get(document_id, ())

    def of_documents(self, document_ids: Sequence[str]) -> Mapping[str, tuple[KeptEntry, ...]]:
        found: dict[str, list[KeptEntry]] = {}
        for some in in_parts(document_ids):
            statement = self._work.select(tables.entry).where(_E.document_id.in_(some))
            for kept in self._kept(statement.order_by(*_ORDER)):
                found.setdefault(kept.entry.document_id, []).append(kept)
        return {document_id: tuple(kept) for document_id, kept in found.items()}

    def of_group(self, route_id: str, group: str) -> tuple[KeptEntry, ...]:
        mine = (_E.route_id == route_id, _E.mode.in_(list(Mode)), _E.slot_group == group, _E.is_live)
        return self._kept(self._work.select(tables.entry).where(*mine).order_by(*_ORDER))

    def of_route(self, route_id: str, *, live_only: bool = True) -> Iterator[KeptEntry]:
        statement = self._work.select(tables.entry).where(_E.route_id == route_id)
        if live_only:
            statement = statement.where(_E.is_live)
        ordered = statement.order_by(*_ORDER).limit(_ENTRIES_AT_A_TIME)
        page = self._kept(ordered)
        while page:
            yield from page
            last = page[-1].entry
            place = _place(last)
            after = sa.tuple_(*_ORDER) > sa.tuple_(
                *(sa.literal(value, column.type) for value, column in zip(place, _ORDER, strict=True))
            )
            page = self._kept(ordered.where(after))

    def with_kind(self, route_id: str, *kinds: str, amounts: Sequence[int] | None = None) -> tuple[KeptEntry, ...]:
        beside = sa.and_(_P.organisation_id == _E.organisation_id, _P.entry_id == _E.entry_id)
        mine = (_P.organisation_id == self._work.organisation_id, _IS_MOVING, _P.kind.in_(kinds))
        joined = sa.select(_E.entry_id).select_from(tables.posting.join(tables.entry, beside))
        wanted = joined.where(*mine, _E.route_id == route_id, _E.is_live)
        questions = (
            [wanted] if amounts is None else [wanted.where(_P.amount_minor.in_(some)) for some in in_parts(amounts)]
        )
        found = {entry_id for question in questions for (entry_id,) in self._work.rows(question)}
        return tuple(sorted(self.get_many(sorted(found)).values(), key=lambda kept: _place(kept.entry)))

    def reserves(self, route_id: str, account: str, kind: str) -> tuple[Reserve, ...]:
        of_posting = sa.and_(
            _P.organisation_id == _F.organisation_id, _P.entry_id == _F.entry_id, _P.number == _F.posting
        )
        of_entry = sa.and_(_E.organisation_id == _P.organisation_id, _E.entry_id == _P.entry_id)
        of_head = sa.and_(
            _D.organisation_id == _F.organisation_id, _D.document_id == _F.document_id, _D.revision == _F.revision
        )
        back = _L.amount_minor > 0
        sums = (
            sa.func.sum(sa.case((back, _L.amount_minor), else_=0)),
            sa.func.sum(sa.case((back, 0), else_=-_L.amount_minor)),
            sa.func.min(sa.case((back, _L.occurred_at))),
        )
        key = (_D.document_id, _D.revision, _D.closed_at, _E.currency)
        joined = tables.entry.join(tables.posting, of_entry).join(tables.fate, of_posting)
        joined = joined.join(tables.line, _BESIDE).join(tables.document, of_head)
        statement = sa.select(*key, *sums).select_from(joined).group_by(*key).order_by(_D.closed_at, _D.document_id)
        mine = (_E.organisation_id == self._work.organisation_id, _E.route_id == route_id, _E.is_live)
        rows = self._work.rows(statement.where(*mine, _IS_MOVING, _P.account == account, _P.kind == kind))
        return tuple(
            Reserve(document_id, revision, closed_at, currency, int(given_back), int(held), at)
            for document_id, revision, closed_at, currency, given_back, held, at in rows
        )

    def add_fates(self, document_id: str, revision: int, fates: Sequence[Fate]) -> None:
        self._add_fates([(document_id, revision, fates)], f"document {document_id}")
        if fates:
            self._work.count("fates.added", document_id, len(fates), f"lines of revision {revision}")

    def add_fates_of(self, documents: Iterable[tuple[str, int, Sequence[Fate]]]) -> None:
        given = [each for each in documents if each[2]]
        self._add_fates(given, "one of several documents")
        if given:
            lines = sum(len(fates) for _, _, fates in given)
            self._work.count("fates.added", f"{len(given)} documents from {given[0][0]}", lines, "lines")

    def _add_fates(self, documents: Sequence[tuple[str, int, Sequence[Fate]]], thing: str) -> None:
        if not any(fates for _, _, fates in documents):
            return
        organisation_id = self._work.organisation_id
        try:
            self._work.add_many(
                tables.fate,
                (
                    (organisation_id, document_id, fate.line_key, revision)
                    + ((fate.entry_id, fate.posting, None) if fate.entry_id else (None, None, fate.reason))
                    for document_id, revision, fates in documents
                    for fate in fates
                ),
            )
        except InvariantError as cause:
            if cause.code not in (TAKEN, DANGLING):
                raise
            raise InvariantError(
                thing,
                "one of its lines already has a fate, or is not there",
                "Report this as a bug; nothing of this unit of work was saved",
                code="store.second_fate",
            ) from cause

    def fates_of(self, document_ids: Sequence[str]) -> Mapping[str, Mapping[str, PlacedLine]]:
        found: dict[str, dict[str, PlacedLine]] = {}
        columns = (_F.document_id, _F.line_key, _F.revision, _F.entry_id, _F.posting, _F.reason)
        for some in in_parts(document_ids):
            statement = self._work.select(tables.fate, *columns).where(_F.document_id.in_(some))
            for document_id, line_key, revision, entry_id, posting, reason in self._work.rows(statement):
                found.setdefault(document_id, {})[line_key] = PlacedLine(
                    revision, entry_id or "", posting or 0, reason or ""
                )
        return found

    def documents_in(self, entry_ids: Sequence[str]) -> frozenset[str]:
        found: set[str] = set()
        for some in in_parts(entry_ids):
            statement = self._work.select(tables.fate, _F.document_id).where(_F.entry_id.in_(some)).distinct()
            found |= {document_id for (document_id,) in self._work.rows(statement)}
        return frozenset(found)

    def entries_with(self, document_ids: Sequence[str]) -> frozenset[str]:
        found: set[str] = set()
        for some in in_parts(document_ids):
            for column in (_F.entry_id, _R.entry_id, _R.booked_entry):
                table = column.table
                statement = self._work.select(table, column).where(table.c.document_id.in_(some), column.is_not(None))
                found |= {entry_id for (entry_id,) in self._work.rows(statement.distinct())}
        return frozenset(found)

    def rebind(self, document_id: str, revision: int, line_keys: Sequence[str]) -> None:
        for some in in_parts(line_keys):
            mine = self._work.update(tables.fate).where(_F.document_id == document_id, _F.line_key.in_(some))
            self._work.write(mine.values(revision=revision))
        if line_keys:
            self._work.count("fates.rebound", document_id, len(line_keys), f"lines to revision {revision}")

    def take_back(self, document_id: str, reversals: Sequence[Reversal]) -> None:
        if not reversals:
            return
        start = (self._work.organisation_id, document_id)
        try:
            self._work.add_many(
                tables.reversal,
                (
                    (
                        *start,
                        each.revision,
                        each.line_key,
                        each.booked_entry,
                        each.booked_posting,
                        each.entry_id,
                        each.posting,
                    )
                    for each in reversals
                ),
            )
        except InvariantError as cause:
            if cause.code not in (TAKEN, DANGLING):
                raise
            raise InvariantError(
                f"document {document_id}",
                "one of its lines was taken back before, or is not there",
                "Report this as a bug; nothing of this unit of work was saved",
                code="store.second_reversal",
            ) from cause
        by_revision: dict[int, list[str]] = {}
        for each in reversals:
            by_revision.setdefault(each.revision, []).append(each.line_key)
        for revision, keys in by_revision.items():
            for some in in_parts(keys):
                mine = self._work.delete(tables.fate).where(_F.document_id == document_id, _F.revision == revision)
                self._work.write(mine.where(_F.line_key.in_(some)))
        self._work.count("lines.taken_back", document_id, len(reversals), "lines of earlier revisions")

    def drop_exclusions(self, document_id: str, line_keys: Sequence[str]) -> None:
        for some in in_parts(line_keys):
            mine = self._work.delete(tables.fate).where(_F.document_id == document_id, _F.reason.is_not(None))
            self._work.write(mine.where(_F.line_key.in_(some)))

    def add_open_legs(self, route_id: str, entry_id: str, legs: Mapping[str, OpenLegs]) -> None:
        start = (self._work.organisation_id, entry_id)
        self._work.add_many(
            tables.open_leg,
            [(*start, order_id, route_id, leg.owed_by_minor, leg.owed_to_minor) for order_id, leg in legs.items()],
        )

    def open_legs(self, route_id: str, order_ids: Sequence[str]) -> Mapping[str, OpenLegs]:
        found: dict[str, OpenLegs] = {}
        columns = (_O.order_id, sa.func.sum(_O.owed_by_minor), sa.func.sum(_O.owed_to_minor))
        for some in in_parts(order_ids):
            statement = self._work.select(tables.open_leg, *columns).where(
                _O.route_id == route_id, _O.order_id.in_(some)
            )
            for order_id, owed_by, owed_to in self._work.rows(statement.group_by(_O.order_id)):
                found[order_id] = OpenLegs(int(owed_by), int(owed_to))
        return found

    def taken_back_by(self, entry_id: str, posting: int) -> Iterator[tuple[Line, ...]]:
        yield from self._reversed(_R.entry_id == entry_id, _R.posting == posting if posting else sa.true())

    def clear_fates(self, document_id: str) -> None:
        freed = self._work.write(self._work.delete(tables.fate).where(_F.document_id == document_id))
        if freed:
            self._work.note("fates.cleared", document_id, f"{freed} lines freed")

    def lines_of(self, entry_id: str, posting: int) -> Iterator[tuple[Line, ...]]:
        numbers = self._work.select(tables.posting, _P.number).where(_P.entry_id == entry_id).order_by(_P.number)
        wanted = [posting] if posting else [number for (number,) in self._work.rows(numbers)]
        for number in wanted:
            yield from self._lines_of_one(entry_id, number)
            yield from self._reversed(_R.booked_entry == entry_id, _R.booked_posting == number)

    def exclusions(self, document_id: str) -> tuple[tuple[str, int, int], ...]:
        statement = (
            self._with_lines(_F.reason, sa.func.count(), sa.func.sum(_L.amount_minor))
            .where(_F.document_id == document_id, _F.reason.is_not(None))
            .group_by(_F.reason)
            .order_by(_F.reason)
        )
        return tuple((reason, count, int(total)) for reason, count, total in self._work.rows(statement))

    def _lines_of_one(self, entry_id: str, posting: int) -> Iterator[tuple[Line, ...]]:
        ordered = (
            self._with_lines(_F.document_id.label("of_document"), *LINE_COLUMNS)
            .where(_F.entry_id == entry_id, _F.posting == posting)
            .order_by(_F.document_id, _F.line_key)
            .limit(PAGE)
        )
        rows: Sequence[Sequence[Any]] = self._work.rows(ordered)
        while rows:
            yield line_page([row[1:] for row in rows])
            place = (sa.literal(rows[-1][0]), sa.literal(rows[-1][1]))
            rows = self._work.rows(ordered.where(sa.tuple_(_F.document_id, _F.line_key) > sa.tuple_(*place)))

    def _reversed(self, *conditions: sa.ColumnElement[bool]) -> Iterator[tuple[Line, ...]]:
        """Pages of the lines of reversals that meet the conditions."""
        beside = sa.and_(
            _L.organisation_id == _R.organisation_id,
            _L.document_id == _R.document_id,
            _L.revision == _R.revision,
            _L.line_key == _R.line_key,
        )
        place = (_R.document_id, _R.revision, _R.line_key)
        joined = tables.reversal.join(tables.line, beside)
        ordered = (
            sa.select(*(column.label(f"at_{column.name}") for column in place), *LINE_COLUMNS)
            .select_from(joined)
            .where(_R.organisation_id == self._work.organisation_id, *conditions)
            .order_by(*place)
            .limit(PAGE)
        )
        rows: Sequence[Sequence[Any]] = self._work.rows(ordered)
        while rows:
            yield line_page([row[3:] for row in rows])
            last = sa.tuple_(*(sa.literal(value) for value in rows[-1][:3]))
            rows = self._work.rows(ordered.where(sa.tuple_(*place) > last)) if len(rows) == PAGE else ()

    def _with_lines(self, *columns: Any) -> Select:
        """Fates of this organisation beside the lines they are about."""
        joined = tables.fate.join(tables.line, _BESIDE)
        return sa.select(*columns).select_from(joined).where(_F.organisation_id == self._work.organisation_id)

    def _kept(self, statement: Select) -> tuple[KeptEntry, ...]:
        rows = self._work.rows(statement)
        ids = [row.entry_id for row in rows]
        postings: dict[str, list[Posting]] = {entry_id: [] for entry_id in ids}
        columns = [_P.entry_id, *(_P[name] for name in _POSTING)]
        for start in range(0, len(ids), _ENTRIES_AT_A_TIME):
            some = ids[start : start + _ENTRIES_AT_A_TIME]
            wanted = self._work.select(tables.posting, *columns).where(_P.entry_id.in_(some))
            for entry_id, *facts in self._work.rows(wanted.order_by(_P.entry_id, _P.number)):
                postings[entry_id].append(Posting(*facts))
        return tuple(_entry(row, postings[row.entry_id]) for row in rows)

    def some_lines_of(self, entry_id: str, posting: int, limit: int) -> tuple[Line, ...]:
        mine = self._with_lines(*LINE_COLUMNS).where(_F.entry_id == entry_id, _F.posting == posting)
        rows = self._work.rows(mine.order_by(_F.document_id, _F.line_key).limit(limit))
        taken_back = self._reversed(_R.booked_entry == entry_id, _R.booked_posting == posting)
        more = (line for page in taken_back for line in page)
        return (*line_page(rows), *islice(more, limit - len(rows)))

    def has_lines(self, entry_id: str, posting: int, since: datetime | None, until: datetime | None) -> bool:
        then = (*((_L.occurred_at >= since,) if since else ()), *((_L.occurred_at < until,) if until else ()))
        mine = self._with_lines(sa.literal(1)).where(_F.entry_id == entry_id, _F.posting == posting, *then)
        return self._work.value(mine.limit(1)) is not None or any(
            self._reversed(_R.booked_entry == entry_id, _R.booked_posting == posting, *then)
        )

    def some_documents_in(self, entry_id: str, limit: int) -> tuple[tuple[str, ...], int]:
        mine = self._work.select(tables.fate, _F.document_id).where(_F.entry_id == entry_id)
        first = self._work.rows(mine.distinct().order_by(_F.document_id).limit(limit))
        count: int = self._work.value(mine.with_only_columns(sa.func.count(_F.document_id.distinct())))
        return tuple(document_id for (document_id,) in first), count


def _place(entry: JournalEntry) -> tuple[str, str, str, int]:
    """An entry's place in the order of ``_ORDER``."""
    return entry.slot.mode, entry.slot.group, entry.slot.part, entry.number


def in_slot(slot: Slot) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        _E.route_id == slot.route_id,
        _E.mode == slot.mode,
        _E.slot_group == slot.group,
        _E.slot_part == slot.part,
    )


def _columns(entry: JournalEntry) -> dict[str, Any]:
    values = {name: getattr(entry, name) for name in _FACTS}
    return values | {
        "entry_id": entry.entry_id,
        "route_id": entry.slot.route_id,
        "mode": entry.slot.mode,
        "slot_group": entry.slot.group,
        "slot_part": entry.slot.part,
        "is_live": True,
    }


def _entry(row: Row, postings: Sequence[Posting]) -> KeptEntry:
    facts = row._asdict()
    slot = Slot(row.route_id, row.mode, row.slot_group, row.slot_part)
    try:
        entry = JournalEntry(slot=slot, postings=tuple(postings), **{name: facts[name] for name in _FACTS})
    except NOT_READ_BACK as cause:
        raise unreadable("entry", row.entry_id) from cause
    ids.known(entry, "entry_id", row.entry_id)
    return KeptEntry(entry=entry, is_live=row.is_live, made_at=row.made_at)
