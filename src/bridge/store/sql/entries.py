"""Entries with their postings, and what they leave open."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from bridge import ids
from bridge.errors import ConfigError, InvariantError, StaleError
from bridge.model.deliveries import DeliveryState
from bridge.model.entries import JournalEntry, Mode, OpenLegs, Posting, Slot
from bridge.model.reasons import Reason
from bridge.store.api import Chain, KeptEntry, OpenEntry, Outline, Reserve
from bridge.store.sql import tables
from bridge.store.sql.binding import SqlBinding, by_group, in_groups
from bridge.store.sql.codec import plain_row
from bridge.store.sql.failures import NOT_READ_BACK, TAKEN, unreadable
from bridge.store.sql.fates import BESIDE
from bridge.store.sql.parts import begins, in_parts
from bridge.store.sql.work import Row, Select, asking

_E = tables.entry.c
_P = tables.posting.c
_F = tables.fate.c
_L = tables.line.c
_O = tables.open_leg.c
_DELIVERY = tables.delivery.c
_D = tables.document.c
# In the very words of the partial index: SQLite uses one only for a condition that reads as its own.
_IS_MOVING = sa.text(
    "posting.kind IN ('bank', 'payout.bounced', 'payout.failed', 'reserve', 'reserve.opening', 'settlement.total')"
)
_FACTS = tuple(name for name in JournalEntry.__struct_fields__ if name not in ("slot", "postings"))
_POSTING = Posting.__struct_fields__
_SLOT = (_E.route_id, _E.mode, _E.slot_group, _E.slot_part)
_ORDER = (_E.mode, _E.slot_group, _E.slot_part, _E.number)
_ENTRIES_AT_A_TIME = 200


class SqlEntries(SqlBinding):
    """See ``store.api.Entries``."""

    def chain(self, slot: Slot, *, live_only: bool = False) -> tuple[KeptEntry, ...]:
        statement = self._work.select(tables.entry).where(*in_slot(slot), *((_E.is_live,) if live_only else ()))
        return self._kept(self._work.rows(statement.order_by(_E.number)))

    def chains(self, slots: Collection[Slot], unsent: Collection[DeliveryState]) -> Mapping[Slot, Chain]:
        live: dict[Slot, list[KeptEntry]] = {}
        ends: dict[Slot, tuple[int, int]] = {}
        rounds: dict[Slot, dict[int, int]] = {}
        for these in by_group(slots):
            for kept in self._kept(self._work.ask(_standing, **these)):
                live.setdefault(kept.entry.slot, []).append(kept)
            for *place, sent_before, number, is_sent, tried in self._work.ask(_ends, **these, unsent=list(unsent)):
                slot = Slot(*place)
                latest = ends.get(slot, (0, 0))
                ends[slot] = max(latest[0], number), max(latest[1], sent_before + 1 if is_sent else 0)
                if tried is not None:
                    rounds.setdefault(slot, {})[sent_before] = tried
        return {slot: Chain(tuple(live.get(slot, ())), *ends.get(slot, (0, 0)), rounds.get(slot, {})) for slot in slots}

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

    def _must_be_next(self, entries: Sequence[JournalEntry]) -> None:
        """Each is the next of its chain, behind those that are saved and those before it here."""
        last: dict[Slot, int] = {}
        for these in by_group({entry.slot for entry in entries}):
            last |= {Slot(*slot): number for *slot, number in self._work.ask(_last, **these)}
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
        found = self.get_many([entry_id])
        if not found:
            raise ConfigError(f"entry {entry_id!r}", "there is none of that id", "Check the id", code="entry.unknown")
        return found[entry_id]

    def get_many(self, entry_ids: Sequence[str]) -> Mapping[str, KeptEntry]:
        found: dict[str, KeptEntry] = {}
        for part in in_parts(entry_ids):
            rows = self._work.ask(lambda some: asking(tables.entry).where(_E.entry_id.in_(some)), some=part)
            found |= {kept.entry.entry_id: kept for kept in self._kept(rows)}
        return found

    def days(self, entry_ids: Sequence[str]) -> Mapping[str, date]:
        found: dict[str, date] = {}
        for part in in_parts(entry_ids):
            rows = self._work.ask(
                lambda some: asking(tables.entry, _E.entry_id, _E.booked_on).where(_E.entry_id.in_(some)), some=part
            )
            found |= dict(map(tuple, rows))
        return found

    def outlines(self, entry_ids: Sequence[str]) -> Mapping[str, Outline]:
        found: dict[str, Outline] = {}
        for part in in_parts(entry_ids):
            rows = self._work.ask(_outlines, some=part)
            found |= {entry_id: Outline(*facts) for entry_id, *facts in rows}
        return found

    def beginning(self, text: str) -> tuple[str, ...]:
        statement = self._work.select(tables.entry, _E.entry_id).where(*begins(_E.entry_id, text))
        return tuple(entry_id for (entry_id,) in self._work.rows(statement.order_by(_E.entry_id)))

    def of_document(self, document_id: str) -> tuple[KeptEntry, ...]:
        return self.of_documents([document_id]).get(document_id, ())

    def of_documents(self, document_ids: Sequence[str]) -> Mapping[str, tuple[KeptEntry, ...]]:
        found: dict[str, list[KeptEntry]] = {}
        for part in in_parts(document_ids):
            rows = self._work.ask(
                lambda some: asking(tables.entry).where(_E.document_id.in_(some)).order_by(*_ORDER), some=part
            )
            for kept in self._kept(rows):
                found.setdefault(kept.entry.document_id, []).append(kept)
        return {document_id: tuple(kept) for document_id, kept in found.items()}

    def of_group(self, route_id: str, group: str) -> tuple[KeptEntry, ...]:
        return self._kept(self._work.ask(_of_group, route=route_id, group=group))

    def of_route(self, route_id: str, *, live_only: bool = True) -> Iterator[KeptEntry]:
        statement = self._work.select(tables.entry).where(_E.route_id == route_id)
        if live_only:
            statement = statement.where(_E.is_live)
        ordered = statement.order_by(*_ORDER).limit(_ENTRIES_AT_A_TIME)
        page = self._kept(self._work.rows(ordered))
        while page:
            yield from page
            last = page[-1].entry
            place = _place(last)
            after = sa.tuple_(*_ORDER) > sa.tuple_(
                *(sa.literal(value, column.type) for value, column in zip(place, _ORDER, strict=True))
            )
            page = self._kept(self._work.rows(ordered.where(after)))

    def touched(self, route_id: str) -> frozenset[tuple[str, str]]:
        beside = sa.and_(_P.organisation_id == _E.organisation_id, _P.entry_id == _E.entry_id)
        statement = sa.select(_P.account, _P.kind).distinct().select_from(tables.entry.join(tables.posting, beside))
        mine = (_E.organisation_id == self._work.organisation_id, _E.route_id == route_id, _E.is_live)
        return frozenset((account, kind) for account, kind in self._work.rows(statement.where(*mine)))

    def with_kind(self, route_id: str, *kinds: str, amounts: Sequence[int] | None = None) -> tuple[KeptEntry, ...]:
        of_kind: dict[str, Any] = {"route": route_id, "kinds": kinds}
        if amounts is None:
            rows = self._work.ask(_with_kind, **of_kind)
        else:
            rows = [row for part in in_parts(amounts) for row in self._work.ask(_with_amount, **of_kind, some=part)]
        found = {entry_id for (entry_id,) in rows}
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
        joined = joined.join(tables.line, BESIDE).join(tables.document, of_head)
        statement = sa.select(*key, *sums).select_from(joined).group_by(*key).order_by(_D.closed_at, _D.document_id)
        mine = (_E.organisation_id == self._work.organisation_id, _E.route_id == route_id, _E.is_live)
        rows = self._work.rows(statement.where(*mine, _IS_MOVING, _P.account == account, _P.kind == kind))
        return tuple(
            Reserve(document_id, revision, closed_at, currency, int(given_back), int(held), at)
            for document_id, revision, closed_at, currency, given_back, held, at in rows
        )

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
        for part in in_parts(order_ids):
            rows = self._work.ask(_open_legs, route=route_id, some=part, beside=list(beside))
            for order_id, owed_by, owed_to in rows:
                found[order_id] = OpenLegs(int(owed_by), int(owed_to))
        return found

    def open_by_entry(
        self, route_id: str, order_ids: Sequence[str], *, beside: Sequence[str] = ()
    ) -> Mapping[str, tuple[OpenEntry, ...]]:
        found: dict[str, list[OpenEntry]] = {}
        for part in in_parts(order_ids):
            rows = self._work.ask(_open_by_entry, route=route_id, some=part, beside=list(beside))
            for order_id, *facts in rows:
                found.setdefault(order_id, []).append(OpenEntry(*facts))
        return {order_id: tuple(several) for order_id, several in found.items()}

    def _kept(self, rows: Sequence[Row]) -> tuple[KeptEntry, ...]:
        """Entries with their postings."""
        postings: dict[str, list[Posting]] = {row.entry_id: [] for row in rows}
        for part in in_parts(list(postings), _ENTRIES_AT_A_TIME):
            for entry_id, *facts in self._work.ask(_postings, some=part):
                postings[entry_id].append(Posting(*facts))
        return tuple(_entry(row, postings[row.entry_id]) for row in rows)


# Questions, put together once: see ``Work.ask``.


def _standing(route: Any, mode: Any, groups: Any) -> Select:
    return asking(tables.entry).where(*in_groups(route, mode, groups), _E.is_live).order_by(*_ORDER)


def _ends(route: Any, mode: Any, groups: Any, unsent: Any) -> Select:
    """By slot and what was sent before: the last number, whether one was sent, the latest round that was tried."""
    beside = sa.and_(_DELIVERY.organisation_id == _E.organisation_id, _DELIVERY.entry_id == _E.entry_id)
    is_tried = sa.or_(_DELIVERY.attempts > 0, _DELIVERY.round > 0)
    is_sent = sa.or_(_DELIVERY.state.not_in(unsent), _DELIVERY.reason == Reason.UNDONE)
    place = (*_SLOT, _E.sent_before)
    ends = (
        sa.func.max(_E.number),
        sa.func.max(sa.case((is_sent, 1), else_=0)),
        sa.func.max(sa.case((is_tried, _DELIVERY.round))),
    )
    found = asking(tables.entry, *place, *ends).outerjoin_from(tables.entry, tables.delivery, beside)
    return found.where(*in_groups(route, mode, groups)).group_by(*place)


def _last(route: Any, mode: Any, groups: Any) -> Select:
    return asking(tables.entry, *_SLOT, sa.func.max(_E.number)).where(*in_groups(route, mode, groups)).group_by(*_SLOT)


def _postings(some: Any) -> Select:
    found = asking(tables.posting, _P.entry_id, *(_P[name] for name in _POSTING)).where(_P.entry_id.in_(some))
    return found.order_by(_P.entry_id, _P.number)


def _outlines(some: Any) -> Select:
    columns = (_E.made_at, _E.booked_on, _E.narration, _E.currency, _E.mode, _E.purpose)
    return asking(tables.entry, _E.entry_id, *columns).where(_E.entry_id.in_(some))


def _of_group(route: Any, group: Any) -> Select:
    of_one = (_E.route_id == route, _E.mode.in_(list(Mode)), _E.slot_group == group, _E.is_live)
    return asking(tables.entry).where(*of_one).order_by(*_ORDER)


def _with_kind(route: Any, kinds: Any) -> Select:
    beside = sa.and_(_P.organisation_id == _E.organisation_id, _P.entry_id == _E.entry_id)
    found = asking(tables.posting, _E.entry_id).join_from(tables.posting, tables.entry, beside)
    return found.where(_IS_MOVING, _P.kind.in_(kinds), _E.route_id == route, _E.is_live)


def _with_amount(route: Any, kinds: Any, some: Any) -> Select:
    return _with_kind(route, kinds).where(_P.amount_minor.in_(some))


def _open_legs(route: Any, some: Any, beside: Any) -> Select:
    sums = (sa.func.sum(_O.owed_by_minor), sa.func.sum(_O.owed_to_minor))
    found = asking(tables.open_leg, _O.order_id, *sums)
    return found.where(_O.route_id == route, _O.order_id.in_(some), _O.entry_id.not_in(beside)).group_by(_O.order_id)


def _open_by_entry(route: Any, some: Any, beside: Any) -> Select:
    joined = sa.and_(_E.organisation_id == _O.organisation_id, _E.entry_id == _O.entry_id)
    found = asking(tables.open_leg, _O.order_id, _O.entry_id, _E.booked_on, _O.owed_by_minor)
    found = found.join_from(tables.open_leg, tables.entry, joined).where(_O.route_id == route, _O.order_id.in_(some))
    still = found.where(_O.entry_id.not_in(beside), _O.owed_by_minor != 0)
    return still.order_by(_E.booked_on, _E.made_at, _E.slot_part, _E.number)


def _place(entry: JournalEntry) -> tuple[str, str, str, int]:
    """An entry's place in the order of ``_ORDER``."""
    return entry.slot.mode, entry.slot.group, entry.slot.part, entry.number


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
