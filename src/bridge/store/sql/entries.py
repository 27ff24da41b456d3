"""Entries with their postings, and what became of every line."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from bridge import ids
from bridge.errors import ConfigError, InvariantError, StaleError
from bridge.model.deliveries import DeliveryState
from bridge.model.entries import Fate, JournalEntry, Mode, OpenLegs, Posting, Reversal, Slot
from bridge.model.lines import Line
from bridge.model.reasons import Reason
from bridge.store.api import Chain, KeptEntry, OpenEntry, OpenLine, Outline, PlacedLine, Reserve, Revised, StandingLine
from bridge.store.sql import tables
from bridge.store.sql.codec import plain_row
from bridge.store.sql.documents import LINE_COLUMNS, PAGE, by_revision, line_page
from bridge.store.sql.failures import DANGLING, NOT_READ_BACK, TAKEN, unreadable
from bridge.store.sql.parts import begins, in_parts, plain
from bridge.store.sql.sealed import Sealed
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
_REVERSED = sa.and_(
    _L.organisation_id == _R.organisation_id,
    _L.document_id == _R.document_id,
    _L.revision == _R.revision,
    _L.line_key == _R.line_key,
)
_OF_ENTRY = sa.and_(_E.organisation_id == _F.organisation_id, _E.entry_id == _F.entry_id)
# A line as it is now, what became of it, the entry it stands in, and the line as it was booked.
_THEN = tables.line.alias("then")
_FATE_OF_NOW = sa.and_(
    _F.organisation_id == _L.organisation_id, _F.document_id == _L.document_id, _F.line_key == _L.line_key
)
_AS_BOOKED = sa.and_(
    _THEN.c.organisation_id == _F.organisation_id,
    _THEN.c.document_id == _F.document_id,
    _THEN.c.revision == _F.revision,
    _THEN.c.line_key == _F.line_key,
)
_IN_OTHERS = _E.currency != _D.currency
"""A document's currency is another now than that of the entry which its line stands in."""
_FACTS_OF_LINE = Line.__struct_fields__[1:]
# In the very words of the partial index: SQLite uses one only for a condition that reads as its own.
_IS_MOVING = sa.text(
    "posting.kind IN ('bank', 'payout.bounced', 'payout.failed', 'reserve', 'reserve.opening', 'settlement.total')"
)
_REVERSAL = Reversal.__struct_fields__
_FACTS = tuple(name for name in JournalEntry.__struct_fields__ if name not in ("slot", "postings"))
_POSTING = Posting.__struct_fields__
_HEAD_OF_NOW = sa.and_(
    _D.organisation_id == _L.organisation_id, _D.document_id == _L.document_id, _D.revision == _L.revision
)
_OF_NOW = (
    tables.line.join(tables.document, _HEAD_OF_NOW)
    .outerjoin(tables.fate, _FATE_OF_NOW)
    .outerjoin(tables.entry, _OF_ENTRY)
    .outerjoin(_THEN, _AS_BOOKED)
)
_ORDER = (_E.mode, _E.slot_group, _E.slot_part, _E.number)
_ENTRIES_AT_A_TIME = 200


class SqlEntries:
    """See ``store.api.Entries``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def chain(self, slot: Slot, *, live_only: bool = False) -> tuple[KeptEntry, ...]:
        statement = self._work.select(tables.entry).where(*in_slot(slot), *((_E.is_live,) if live_only else ()))
        return self._kept(statement.order_by(_E.number))

    def chains(self, slots: Collection[Slot], unsent: Collection[DeliveryState]) -> Mapping[Slot, Chain]:
        live: dict[Slot, list[KeptEntry]] = {}
        ends: dict[Slot, tuple[int, int]] = {}
        rounds: dict[Slot, dict[int, int]] = {}
        for these in _by_group(slots):
            for kept in self._kept(self._work.select(tables.entry).where(*these, _E.is_live).order_by(*_ORDER)):
                live.setdefault(kept.entry.slot, []).append(kept)
            for slot, sent_before, number, is_sent, tried in self._ends(these, unsent):
                latest = ends.get(slot, (0, 0))
                ends[slot] = max(latest[0], number), max(latest[1], sent_before + 1 if is_sent else 0)
                if tried is not None:
                    rounds.setdefault(slot, {})[sent_before] = tried
        return {slot: Chain(tuple(live.get(slot, ())), *ends.get(slot, (0, 0)), rounds.get(slot, {})) for slot in slots}

    def _ends(
        self, these: Sequence[sa.ColumnElement[bool]], unsent: Collection[DeliveryState]
    ) -> Iterator[tuple[Slot, int, int, bool, int | None]]:
        """By slot and what was sent before: the last number, whether one was sent, the latest round that was tried."""
        beside = sa.and_(_DELIVERY.organisation_id == _E.organisation_id, _DELIVERY.entry_id == _E.entry_id)
        is_tried = sa.or_(_DELIVERY.attempts > 0, _DELIVERY.round > 0)
        is_sent = sa.or_(_DELIVERY.state.not_in(unsent), _DELIVERY.reason == Reason.UNDONE)
        place = (_E.route_id, _E.mode, _E.slot_group, _E.slot_part, _E.sent_before)
        statement = (
            sa.select(
                *place,
                sa.func.max(_E.number),
                sa.func.max(sa.case((is_sent, 1), else_=0)),
                sa.func.max(sa.case((is_tried, _DELIVERY.round))),
            )
            .select_from(tables.entry.outerjoin(tables.delivery, beside))
            .where(_E.organisation_id == self._work.organisation_id, *these)
        )
        for *slot, sent_before, number, is_sent, tried in self._work.rows(statement.group_by(*place)):
            yield Slot(*slot), sent_before, number, bool(is_sent), tried

    def add(self, entry: JournalEntry) -> None:
        self.add_many([entry])

    def add_many(self, entries: Sequence[JournalEntry], *, is_live: bool = True) -> None:
        self._must_be_next(entries)
        made_at, organisation_id = self._work.clock.now(), self._work.organisation_id
        beside = {"organisation_id": organisation_id, "is_live": is_live, "made_at": made_at}
        rows = [plain_row(tables.entry, _columns(each) | beside) for each in entries]
        try:
            self._work.add_many(tables.entry, rows)
        except InvariantError as cause:
            if cause.code != TAKEN:
                raise
            raise _not_next(entries[0]) from cause
        self._work.add_many(
            tables.posting,
            [
                (organisation_id, entry.entry_id, *(getattr(posting, name) for name in _POSTING))
                for entry in entries
                for posting in entry.postings
            ],
        )
        self._seal(entry.entry_id for entry in entries)
        for entry in entries:
            self._work.note("entry.added", entry.entry_id, entry.narration)

    def _seal(self, entry_ids: Iterable[str]) -> None:
        self._work.seal(Sealed.ENTRY, ((entry_id,) for entry_id in entry_ids))

    def _must_be_next(self, entries: Sequence[JournalEntry]) -> None:
        """Each is the next of its chain, behind those that are saved and those before it here."""
        last: dict[Slot, int] = {}
        place = (_E.route_id, _E.mode, _E.slot_group, _E.slot_part)
        for these in _by_group({entry.slot for entry in entries}):
            statement = self._work.select(tables.entry, *place, sa.func.max(_E.number)).where(*these)
            last |= {Slot(*slot): number for *slot, number in self._work.rows(statement.group_by(*place))}
        for entry in entries:
            if entry.number != last.get(entry.slot, 0) + 1:
                raise _not_next(entry)
            last[entry.slot] = entry.number

    def make_live(self, entry_ids: Sequence[str]) -> None:
        mine = self._work.update(tables.entry).where(_E.entry_id.in_(entry_ids), ~_E.is_live)
        if self._work.write(mine.values(is_live=True)) != len(entry_ids):
            raise StaleError(f"entry {entry_ids[0]}", "is not there any more, or stands already", "Read it again")
        self._seal(entry_ids)

    def replace(self, entry_ids: Sequence[str]) -> None:
        for some in in_parts(entry_ids):
            mine = self._work.update(tables.entry).where(_E.entry_id.in_(some), _E.is_live)
            if self._work.write(mine.values(is_live=False)) != len(some):
                raise StaleError(f"entry {some[0]}", "or one beside it is not live any more", "Read it again")
            self._work.write(self._work.delete(tables.open_leg).where(_O.entry_id.in_(some)))
        self._seal(entry_ids)
        for entry_id in entry_ids:
            self._work.note("entry.replaced", entry_id, "its lines are open again")

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

    def days(self, entry_ids: Sequence[str]) -> Mapping[str, date]:
        found: dict[str, date] = {}
        for some in in_parts(entry_ids):
            statement = self._work.select(tables.entry, _E.entry_id, _E.booked_on)
            found |= dict(map(tuple, self._work.rows(statement.where(_E.entry_id.in_(some)))))
        return found

    def outlines(self, entry_ids: Sequence[str]) -> Mapping[str, Outline]:
        columns = (_E.made_at, _E.booked_on, _E.narration, _E.currency, _E.mode, _E.purpose)
        found: dict[str, Outline] = {}
        for some in in_parts(entry_ids):
            statement = self._work.select(tables.entry, _E.entry_id, *columns)
            rows = self._work.rows(statement.where(_E.entry_id.in_(some)))
            found |= {entry_id: Outline(*facts) for entry_id, *facts in rows}
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

    def touched(self, route_id: str) -> frozenset[tuple[str, str]]:
        beside = sa.and_(_P.organisation_id == _E.organisation_id, _P.entry_id == _E.entry_id)
        statement = sa.select(_P.account, _P.kind).distinct().select_from(tables.entry.join(tables.posting, beside))
        mine = (_E.organisation_id == self._work.organisation_id, _E.route_id == route_id, _E.is_live)
        return frozenset((account, kind) for account, kind in self._work.rows(statement.where(*mine)))

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

    def have_fates(self, document_ids: Sequence[str]) -> bool:
        has_one = sa.select(sa.literal(1)).where(
            _F.organisation_id == _D.organisation_id, _F.document_id == _D.document_id
        )
        for some in in_parts(document_ids):
            statement = self._work.select(tables.document, _D.document_id).where(_D.document_id.in_(some))
            if self._work.row(statement.where(has_one.exists()).limit(1)) is not None:
                return True
        return False

    def open_lines(self, revised: Revised) -> Iterator[tuple[OpenLine, ...]]:
        for revision, some in by_revision(revised.keys):
            of_organisation = _L.organisation_id == self._work.organisation_id
            mine = (of_organisation, _L.revision == revision, *_between(_L.line_key, revised.within))
            columns = (_L.document_id, *LINE_COLUMNS)
            if revised.is_new:
                statement = sa.select(*columns, sa.false()).where(*mine)
            else:
                has_fate = _F.line_key.is_not(None)
                statement = sa.select(*columns, has_fate).select_from(_OF_NOW).where(*mine, _is_open(revised))
            for rows in self._pages_within(statement, (_L.document_id, _L.line_key), some):
                lines = line_page([row[1:-1] for row in rows])
                yield tuple(
                    OpenLine(row[0], revision, line, bool(row[-1])) for row, line in zip(rows, lines, strict=True)
                )

    def undone_lines(self, revised: Revised) -> Iterator[tuple[StandingLine, ...]]:
        for revision, some in by_revision(revised.keys):
            if revision == 1 and not revised.taken_back:
                continue
            now = tables.line.alias("now")
            of_now = sa.and_(
                now.c.organisation_id == _F.organisation_id,
                now.c.document_id == _F.document_id,
                now.c.revision == revision,
                now.c.line_key == _F.line_key,
            )
            joined = tables.fate.join(tables.line, _BESIDE).join(tables.entry, _OF_ENTRY).outerjoin(now, of_now)
            joined = joined.join(tables.document, _head_of(_F, revision))
            is_other = sa.and_(
                _F.revision != revision, sa.or_(now.c.line_key.is_(None), _differ(_L, now.c), _IN_OTHERS)
            )
            statement = self._standing(joined, (_F.document_id, _F.line_key), _F).where(
                *_between(_F.line_key, revised.within),
                _D.document_id.in_(some),
                _E.is_live,
                _E.entry_id.not_in(revised.giving_way),
                sa.or_(is_other, _E.entry_id.in_(revised.taken_back)),
            )
            for rows in self._pages_within(statement, (_F.document_id, _F.line_key), some):
                yield _standing_lines(rows, 2)

    def lines_in(self, entry_ids: Sequence[str]) -> Iterator[tuple[StandingLine, ...]]:
        place = (_F.entry_id, _F.posting, _F.document_id, _F.line_key)
        statement = self._standing(tables.fate.join(tables.line, _BESIDE), place, _F)
        for some in in_parts(entry_ids):
            for rows in self._pages_within(statement, place, some):
                yield _standing_lines(rows, len(place))

    def gone(self, slots: Collection[Slot]) -> tuple[str, ...]:
        found: list[str] = []
        for these in _by_group(slots):
            statement = self._work.select(tables.entry, _E.entry_id).where(*these, ~_E.is_live)
            found += [entry_id for (entry_id,) in self._work.rows(statement)]
        return tuple(sorted(found))

    def retaken(self, entry_ids: Sequence[str], within: tuple[str, str]) -> Iterator[tuple[StandingLine, ...]]:
        place = (_R.entry_id, _R.posting, _R.document_id, _R.line_key, _R.revision)
        booked = (_R.document_id, _R.revision, _R.booked_entry, _R.booked_posting)
        columns = [column.label(f"at_{column.name}") for column in place]
        statement = (
            sa.select(*columns, *(column.label(f"of_{column.name}") for column in booked), *LINE_COLUMNS)
            .select_from(tables.reversal.join(tables.line, _REVERSED))
            .where(_R.organisation_id == self._work.organisation_id, *_between(_R.line_key, within))
        )
        for some in in_parts(entry_ids):
            for rows in self._pages_within(statement, place, some):
                yield _standing_lines(rows, len(place))

    def _standing(self, joined: Any, place: Sequence[sa.Column[Any]], of: Any) -> Select:
        """A select of where lines stand: their place, what is told of that, and the lines."""
        columns = [column.label(f"at_{column.name}") for column in place]
        told = (of.document_id, of.revision, of.entry_id, of.posting)
        return (
            sa.select(*columns, *(column.label(f"of_{column.name}") for column in told), *LINE_COLUMNS)
            .select_from(joined)
            .where(of.organisation_id == self._work.organisation_id)
        )

    def forget_taken(self, lines: Sequence[StandingLine]) -> None:
        key = ("organisation_id", "document_id", "revision", "line_key")
        gone = [(self._work.organisation_id, each.document_id, each.revision, each.line.key) for each in lines]
        self._work.remove_many(tables.reversal, key, gone)
        self._seal({each.entry_id for each in lines})

    def bind(self, bound: Sequence[tuple[OpenLine | StandingLine, Fate]]) -> None:
        if not bound:
            return
        organisation_id = self._work.organisation_id
        again = [
            (organisation_id, each.document_id, each.line.key)
            for each, _ in bound
            if isinstance(each, StandingLine) or each.has_fate
        ]
        if again:
            self._work.remove_many(tables.fate, ("organisation_id", "document_id", "line_key"), again)
        try:
            self._work.add_many(
                tables.fate,
                (
                    (organisation_id, each.document_id, fate.line_key, each.revision)
                    + ((fate.entry_id, fate.posting, None) if fate.entry_id else (None, None, fate.reason))
                    for each, fate in bound
                ),
            )
        except InvariantError as cause:
            if cause.code not in (TAKEN, DANGLING):
                raise
            raise InvariantError(
                f"document {bound[0][0].document_id}, or one beside it",
                "one of its lines already has a fate, or is not there",
                "Report this as a bug; nothing of this unit of work was saved",
                code="store.second_fate",
            ) from cause
        self._seal({fate.entry_id for _, fate in bound if fate.entry_id})
        self._seal({each.entry_id for each, _ in bound if isinstance(each, StandingLine)})
        self._work.count("fates.added", f"documents from {bound[0][0].document_id}", len(bound), "lines")

    def settle_fates(self, revised: Revised) -> None:
        for revision, some in by_revision([key for key in revised.keys if key[1] > 1]):
            mine = (_F.document_id.in_(some), _F.revision != revision, *_between(_F.line_key, revised.within))
            moved = self._work.select(tables.fate, _F.entry_id).where(*mine, _F.entry_id.is_not(None)).distinct()
            self._seal(entry_id for (entry_id,) in self._work.rows(moved))
            is_there = sa.select(sa.literal(1)).where(
                _L.organisation_id == _F.organisation_id,
                _L.document_id == _F.document_id,
                _L.revision == revision,
                _L.line_key == _F.line_key,
            )
            self._work.write(self._work.delete(tables.fate).where(*mine, ~is_there.correlate(tables.fate).exists()))
            same = self._work.write(self._work.update(tables.fate).where(*mine).values(revision=revision))
            if same:
                self._work.count("fates.rebound", f"documents from {some[0]}", same, f"lines to revision {revision}")

    def key_behind(self, document_id: str, revision: int, after: str, count: int) -> str:
        mine = (_L.document_id == document_id, _L.revision == revision, _L.line_key > after)
        statement = self._work.select(tables.line, _L.line_key).where(*mine).order_by(_L.line_key)
        return self._work.value(statement.offset(count - 1).limit(1)) or ""

    def fates_of(self, document_ids: Sequence[str]) -> Mapping[str, Mapping[str, PlacedLine]]:
        found: dict[str, dict[str, PlacedLine]] = {}
        columns = (_F.document_id, _F.line_key, _F.revision, _F.entry_id, _F.posting, _F.reason)
        for some in in_parts(document_ids):
            joined = tables.fate.outerjoin(tables.entry, _OF_ENTRY)
            mine = (_F.organisation_id == self._work.organisation_id, _F.document_id.in_(some))
            stands = sa.or_(_F.reason.is_not(None), _E.is_live)
            statement = sa.select(*columns).select_from(joined).where(*mine, stands)
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

    def take_back(self, reversals: Sequence[tuple[str, Reversal]]) -> None:
        if not reversals:
            return
        organisation_id = self._work.organisation_id
        try:
            self._work.add_many(
                tables.reversal,
                ((organisation_id, *_reversal_row(document_id, each)) for document_id, each in reversals),
            )
        except InvariantError as cause:
            if cause.code not in (TAKEN, DANGLING):
                raise
            raise InvariantError(
                f"document {reversals[0][0]}, or one beside it",
                "one of its lines was taken back before, or is not there",
                "Report this as a bug; nothing of this unit of work was saved",
                code="store.second_reversal",
            ) from cause
        self._seal({entry_id for _, each in reversals for entry_id in (each.entry_id, each.booked_entry)})
        freed = [(organisation_id, document_id, each.line_key, each.revision) for document_id, each in reversals]
        self._work.remove_many(tables.fate, ("organisation_id", "document_id", "line_key", "revision"), freed)
        first = f"documents from {reversals[0][0]}"
        self._work.count("lines.taken_back", first, len(reversals), "lines of earlier revisions")

    def add_open_legs(self, route_id: str, legs: Mapping[str, Mapping[str, OpenLegs]]) -> None:
        rows = [
            (self._work.organisation_id, entry_id, order_id, route_id, leg.owed_by_minor, leg.owed_to_minor)
            for entry_id, by_order in legs.items()
            for order_id, leg in by_order.items()
        ]
        if rows:
            self._work.add_many(tables.open_leg, rows)
            self._seal(legs)

    def open_legs(
        self, route_id: str, order_ids: Sequence[str], *, beside: Sequence[str] = ()
    ) -> Mapping[str, OpenLegs]:
        found: dict[str, OpenLegs] = {}
        columns = (_O.order_id, sa.func.sum(_O.owed_by_minor), sa.func.sum(_O.owed_to_minor))
        for some in in_parts(order_ids):
            statement = self._work.select(tables.open_leg, *columns).where(
                _O.route_id == route_id, _O.order_id.in_(some), _O.entry_id.not_in(beside)
            )
            for order_id, owed_by, owed_to in self._work.rows(statement.group_by(_O.order_id)):
                found[order_id] = OpenLegs(int(owed_by), int(owed_to))
        return found

    def open_by_entry(
        self, route_id: str, order_ids: Sequence[str], *, beside: Sequence[str] = ()
    ) -> Mapping[str, tuple[OpenEntry, ...]]:
        found: dict[str, list[OpenEntry]] = {}
        columns = (_O.order_id, _O.entry_id, _E.booked_on, _O.owed_by_minor)
        joined = sa.and_(_E.organisation_id == _O.organisation_id, _E.entry_id == _O.entry_id)
        for some in in_parts(order_ids):
            statement = (
                self._work.select(tables.open_leg, *columns)
                .join_from(tables.open_leg, tables.entry, joined)
                .where(
                    _O.route_id == route_id,
                    _O.order_id.in_(some),
                    _O.entry_id.not_in(beside),
                    _O.owed_by_minor != 0,
                )
                .order_by(_E.booked_on, _E.made_at, _E.slot_part, _E.number)
            )
            for order_id, *facts in self._work.rows(statement):
                found.setdefault(order_id, []).append(OpenEntry(*facts))
        return {order_id: tuple(several) for order_id, several in found.items()}

    def taken_back_by(self, entry_id: str, posting: int) -> Iterator[tuple[Line, ...]]:
        yield from self._reversed(_R.entry_id == entry_id, _R.posting == posting if posting else sa.true())

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
        place = (_F.document_id, _F.line_key)
        statement = self._with_lines(_F.document_id.label("of_document"), _F.line_key.label("at_key"), *LINE_COLUMNS)
        for rows in self._pages(statement.where(_F.entry_id == entry_id, _F.posting == posting), place):
            yield line_page([row[2:] for row in rows])

    def _reversed(self, *conditions: sa.ColumnElement[bool]) -> Iterator[tuple[Line, ...]]:
        """Pages of the lines of reversals that meet the conditions."""
        place = (_R.document_id, _R.revision, _R.line_key)
        statement = (
            sa.select(*(column.label(f"at_{column.name}") for column in place), *LINE_COLUMNS)
            .select_from(tables.reversal.join(tables.line, _REVERSED))
            .where(_R.organisation_id == self._work.organisation_id, *conditions)
        )
        for rows in self._pages(statement, place):
            yield line_page([row[3:] for row in rows])

    def _pages_within(
        self, statement: Select, place: Sequence[sa.Column[Any]], values: Sequence[str]
    ) -> Iterator[Sequence[Row]]:
        """The same of rows whose first column is one of some values: each page is found by the whole of the key.

        A range of all columns together would walk through what is behind it again and again.
        """
        left = sorted(values)
        last: Sequence[Any] = ()
        while left:
            here = (place[0] == left[0], _behind(place[1:], last[1:])) if last else (place[0].in_(left),)
            rows = self._work.rows(statement.where(*here).order_by(*place).limit(PAGE))
            if rows:
                yield rows
            if len(rows) == PAGE:
                last = rows[-1][: len(place)]
                left = [value for value in left if value >= last[0]]
            else:
                left, last = left[1:] if last else [], ()

    def _pages(self, statement: Select, place: Sequence[sa.Column[Any]]) -> Iterator[Sequence[Row]]:
        """One page after another in the order of the columns that open its rows: no cursor stays open between two."""
        ordered = statement.order_by(*place).limit(PAGE)
        rows = self._work.rows(ordered)
        while rows:
            yield rows
            last = rows[-1][: len(place)]
            rows = self._work.rows(ordered.where(_behind(place, last))) if len(rows) == PAGE else ()

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


def _by_group(slots: Collection[Slot]) -> Iterator[tuple[sa.ColumnElement[bool], ...]]:
    """Conditions for the slots of these groups, some hundred at a time; slots beside them of a group are let in."""
    groups: dict[tuple[str, Mode], set[str]] = {}
    for slot in slots:
        groups.setdefault((slot.route_id, slot.mode), set()).add(slot.group)
    for (route_id, mode), names in sorted(groups.items()):
        for some in in_parts(sorted(names)):
            yield _E.route_id == route_id, _E.mode == mode, _E.slot_group.in_(some)


def _standing_lines(rows: Sequence[Sequence[Any]], start: int) -> tuple[StandingLine, ...]:
    """Of rows that tell, behind so many columns, a document, its revision, an entry, its posting, and the line."""
    lines = line_page([row[start + 4 :] for row in rows])
    return tuple(
        StandingLine(row[start], row[start + 1], line, row[start + 2], row[start + 3])
        for row, line in zip(rows, lines, strict=True)
    )


def _behind(place: Sequence[sa.Column[Any]], last: Sequence[Any]) -> sa.ColumnElement[bool]:
    values = (sa.literal(value, column.type) for value, column in zip(last, place, strict=True))
    return sa.tuple_(*place) > sa.tuple_(*values)


def _between(column: sa.Column[str], within: tuple[str, str]) -> list[sa.ColumnElement[bool]]:
    """That keys lie behind the first, and up to the second."""
    first, last = within
    return [*([column > first] if first else []), *([column <= last] if last else [])]


def _differ(one: Any, other: Any) -> sa.ColumnElement[bool]:
    """Whether two lines of one key say something else."""
    return sa.or_(*(plain(one[name]) != plain(other[name]) for name in _FACTS_OF_LINE))


def _head_of(columns: Any, revision: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        _D.organisation_id == columns.organisation_id,
        _D.document_id == columns.document_id,
        _D.revision == revision,
    )


def _is_open(revised: Revised) -> sa.ColumnElement[bool]:
    """Whether no entry that stands, and stays, holds a line as it now is."""
    goes = sa.or_(~_E.is_live, _E.entry_id.in_((*revised.giving_way, *revised.taken_back)))
    is_other = sa.and_(_F.revision != _L.revision, sa.or_(_differ(_L, _THEN.c), _IN_OTHERS))
    return sa.or_(_F.line_key.is_(None), sa.and_(_F.entry_id.is_not(None), goes), is_other)


def _reversal_row(document_id: str, reversal: Reversal) -> tuple[Any, ...]:
    return (
        document_id,
        reversal.revision,
        reversal.line_key,
        reversal.booked_entry,
        reversal.booked_posting,
        reversal.entry_id,
        reversal.posting,
    )


def _not_next(entry: JournalEntry) -> StaleError:
    return StaleError(f"entry {entry.narration}", f"number {entry.number} is not its slot's next", "Read it again")


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
