"""Vouchers on their way, moved by compare-and-swap, and what the ledger echoed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from bridge.errors import ConfigError, InvariantError, StaleError
from bridge.model.deliveries import Delivery, DeliveryState, check_move
from bridge.model.leases import LeaseKind
from bridge.model.vouchers import LedgerCopy
from bridge.store.api import Standing
from bridge.store.sql import objects, tables
from bridge.store.sql.codec import EPOCH, plain_row
from bridge.store.sql.failures import TAKEN
from bridge.store.sql.parts import begins, in_parts
from bridge.store.sql.sealed import Sealed
from bridge.store.sql.work import Row, Select, Work

_D = tables.delivery.c
_A = tables.delivery_after.c
_B = tables.baseline.c
_BL = tables.baseline_line.c
_LEASE = tables.lease.c
_OF_BASELINE = sa.and_(_D.organisation_id == _B.organisation_id, _D.voucher_id == _B.voucher_id)
_FIELDS = Delivery.__struct_fields__
_FOUND_BY = ("dated_on", "number", "total_minor", "currency")
"""Facts of its voucher that it is looked up, sorted or added up by, as columns."""
_HAS_REF = sa.text("delivery.ref <> ''")
_IDENTITY = ("voucher_id", "entry_id", "ledger", "route_id")
_OPEN = (DeliveryState.OWED, DeliveryState.SENDING, DeliveryState.IN_DOUBT)
_FINAL = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)
_SENT = (DeliveryState.SENDING, DeliveryState.IN_DOUBT)
_BY_ROUTE_PAGE = 500
_COMPARED = ("state", "round", "attempts", "epoch", "due_at")
_MOVED = (*_COMPARED, "reason", "note", "sent_at", "ref", "released_by")
_MOVES_AT_A_TIME, _BASELINES_AT_A_TIME = 50, 250
"""So many that the values of one statement stay below what every SQLite takes."""
_DUE_AT = sa.func.coalesce(_D.due_at, sa.literal(EPOCH, _D.due_at.type))


ADDED, MOVED = "voucher.added", "voucher.moved"
"""Notes of the audit log, by which it is known where each stands."""


class SqlDeliveries:
    """See ``store.api.Deliveries``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def add(self, delivery: Delivery) -> None:
        self.add_many([delivery])

    def add_many(self, deliveries: Sequence[Delivery]) -> None:
        organisation = {"organisation_id": self._work.organisation_id}
        try:
            rows = [plain_row(tables.delivery, organisation | _columns(each)) for each in deliveries]
            self._work.add_many(tables.delivery, rows)
        except InvariantError as cause:
            if cause.code != TAKEN:
                raise
            first = deliveries[0].voucher_id
            raise StaleError(f"voucher {first}, or one beside it", "is already there", "Read it again") from cause
        self._save_after(deliveries)
        self._work.seal(Sealed.VOUCHER, ((each.voucher_id,) for each in deliveries))
        for each in deliveries:
            self._work.note(ADDED, each.voucher_id, _standing(each.state, each.reason))

    def get(self, voucher_id: str) -> Delivery:
        row = self._work.row(self._work.select(tables.delivery).where(_D.voucher_id == voucher_id))
        if row is None:
            raise ConfigError(
                f"voucher {voucher_id!r}", "there is none of that id", "Check the id", code="voucher.unknown"
            )
        return _delivery(row)

    def get_many(self, voucher_ids: Sequence[str]) -> Mapping[str, Delivery]:
        parts = in_parts(voucher_ids)
        found = (self._many(self._work.select(tables.delivery).where(_D.voucher_id.in_(some))) for some in parts)
        return {delivery.voucher_id: delivery for several in found for delivery in several}

    def of_entry(self, entry_id: str) -> tuple[Delivery, ...]:
        statement = self._work.select(tables.delivery).where(_D.entry_id == entry_id)
        return self._many(statement.order_by(_D.dated_on, _D.voucher_id))

    def of_entries(self, entry_ids: Sequence[str]) -> Mapping[str, tuple[Delivery, ...]]:
        found: dict[str, list[Delivery]] = {}
        for some in in_parts(entry_ids):
            statement = self._work.select(tables.delivery).where(_D.entry_id.in_(some))
            for delivery in self._many(statement.order_by(_D.entry_id, _D.dated_on, _D.voucher_id)):
                found.setdefault(delivery.entry_id, []).append(delivery)
        return {entry_id: tuple(several) for entry_id, several in found.items()}

    def refs(self, voucher_ids: Sequence[str]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for some in in_parts(voucher_ids):
            statement = self._work.select(tables.delivery, _D.voucher_id, _D.ref)
            rows = self._work.rows(statement.where(_D.voucher_id.in_(some), _D.ref != ""))
            found |= dict(map(tuple, rows))
        return found

    def named(self, name: str) -> tuple[Delivery, ...]:
        found: dict[str, Delivery] = {}
        for condition in (_D.number == name, sa.and_(_HAS_REF, _D.ref == name)) if name else ():
            statement = self._work.select(tables.delivery).where(condition).order_by(_D.voucher_id)
            found |= {delivery.voucher_id: delivery for delivery in self._many(statement)}
        return tuple(found.values())

    def beginning(self, text: str) -> tuple[str, ...]:
        statement = self._work.select(tables.delivery, _D.voucher_id).where(*begins(_D.voucher_id, text))
        return tuple(voucher_id for (voucher_id,) in self._work.rows(statement.order_by(_D.voucher_id)))

    def move(self, before: Delivery, after: Delivery, *, epoch: int | None = None) -> None:
        _check(before, after)
        change = self._work.update(tables.delivery).where(
            _D.voucher_id == before.voucher_id,
            _D.state == before.state,
            _D.round == before.round,
            _D.attempts == before.attempts,
            _D.epoch == before.epoch,
            _D.due_at == before.due_at,
        )
        if epoch is not None:
            change = change.where(self._holds(before.ledger, epoch))
        if self._work.write(change.values(**_columns(after))) != 1:
            raise self._unmoved(before.voucher_id)
        if after.voucher != before.voucher:
            self._work.write(self._work.delete(tables.delivery_after).where(_A.voucher_id == before.voucher_id))
            self._save_after([after])
            self._work.seal(Sealed.VOUCHER, [(after.voucher_id,)])
        self._note_move(before, after)

    def _unmoved(self, voucher_id: str) -> StaleError:
        """Somebody was quicker. Raises: as ``_must_be_there``."""
        self._must_be_there([voucher_id])
        cause = "was moved by somebody else, or the lease was lost"
        return StaleError(f"voucher {voucher_id}", cause, "Read it again")

    def move_many(self, moves: Sequence[tuple[Delivery, Delivery]], *, epoch: int | None = None) -> frozenset[str]:
        moved: set[str] = set()
        for some in in_parts(moves, _MOVES_AT_A_TIME):
            moved |= self._moved(some, epoch)
        if unmoved := [before.voucher_id for before, _ in moves if before.voucher_id not in moved]:
            self._must_be_there(unmoved)
        for before, after in moves:
            if after.voucher_id in moved:
                self._note_move(before, after)
        return frozenset(moved)

    def _moved(self, moves: Sequence[tuple[Delivery, Delivery]], epoch: int | None) -> set[str]:
        """Move what stands as it did, in one statement; returns what that was. epoch: see ``move``."""
        compared = [sa.column(f"old_{name}", _D[name].type) for name in _COMPARED]
        wanted = [sa.column(name, _D[name].type) for name in _MOVED]
        rows = [_move_row(before, after) for before, after in moves]
        given = (
            sa.values(sa.column("voucher_id", _D.voucher_id.type), *compared, *wanted, name="given").data(rows).cte()
        )
        stands = (_D[name].is_not_distinct_from(given.c[f"old_{name}"]) for name in _COMPARED)
        change = self._work.update(tables.delivery).where(_D.voucher_id == given.c.voucher_id, *stands)
        if epoch is not None:
            change = change.where(self._holds(moves[0][0].ledger, epoch))
        moved = change.values({_D[name]: given.c[name] for name in _MOVED})
        return {voucher_id for (voucher_id,) in self._work.changed(moved, _D.voucher_id)}

    def _must_be_there(self, voucher_ids: Sequence[str]) -> None:
        """No row of a delivery is ever removed: where one is not found, the database may be damaged."""
        there: set[str] = set()
        for some in in_parts(voucher_ids):
            statement = self._work.select(tables.delivery, _D.voucher_id).where(_D.voucher_id.in_(some))
            there.update(voucher_id for (voucher_id,) in self._work.rows(statement))
        if gone := sorted(set(voucher_ids) - there):
            raise InvariantError(f"voucher {gone[0]}", "was read, and is not there", "Report this as a bug")

    def _note_move(self, before: Delivery, after: Delivery) -> None:
        words = f"{before.state} to {_standing(after.state, after.reason)}"
        self._work.note(MOVED, after.voucher_id, words)

    def due(self, ledger: str, now: datetime, limit: int) -> tuple[Delivery, ...]:
        is_due = sa.or_(_D.due_at.is_(None), _D.due_at <= now)
        statement = self._work.select(tables.delivery).where(
            _D.ledger == ledger, _D.state.in_(_OPEN), is_due, sa.not_(self._waits())
        )
        return self._many(statement.order_by(_DUE_AT, _D.dated_on, _D.voucher_id).limit(limit))

    def next_due(self, ledger: str) -> datetime | None:
        earliest = sa.func.min(_DUE_AT)
        found: datetime | None = self._work.value(
            self._work.select(tables.delivery, earliest).where(
                _D.ledger == ledger, _D.state.in_(_OPEN), sa.not_(self._waits())
            )
        )
        return found

    def with_state(self, ledger: str, *states: DeliveryState, reasons: Collection[str] = ()) -> tuple[Delivery, ...]:
        statement = self._work.select(tables.delivery).where(_D.ledger == ledger, _D.state.in_(states))
        wanted = statement.where(_D.reason.in_(reasons)) if reasons else statement
        return self._many(wanted.order_by(_D.dated_on, _D.voucher_id))

    def of_route(self, route_id: str) -> Iterator[Delivery]:
        statement = self._work.select(tables.delivery).where(_D.route_id == route_id)
        ordered = statement.order_by(_D.voucher_id).limit(_BY_ROUTE_PAGE)
        page = self._many(ordered)
        while page:
            yield from page
            page = self._many(ordered.where(_D.voucher_id > page[-1].voucher_id))

    def reach(self, route_ids: Sequence[str], ledger: str, account_id: str) -> bool:
        of_object = sa.and_(_B.organisation_id == _BL.organisation_id, _B.ledger == _BL.ledger, _B.ref == _BL.ref)
        joined = tables.baseline_line.join(tables.baseline, of_object).join(tables.delivery, _OF_BASELINE)
        wanted = (_BL.organisation_id == self._work.organisation_id, _BL.ledger == ledger, _BL.account_id == account_id)
        statement = sa.select(sa.literal(1)).select_from(joined).where(*wanted, _D.route_id.in_(route_ids)).limit(1)
        return self._work.row(statement) is not None

    def contacts(self, route_ids: Sequence[str], ledger: str) -> frozenset[str]:
        statement = sa.select(_B.contact).distinct().select_from(tables.baseline.join(tables.delivery, _OF_BASELINE))
        wanted = (_B.organisation_id == self._work.organisation_id, _B.ledger == ledger, _B.contact != "")
        return frozenset(
            contact for (contact,) in self._work.rows(statement.where(*wanted, _D.route_id.in_(route_ids)))
        )

    def standing(self, ledger: str, *states: DeliveryState) -> tuple[Standing, ...]:
        by = (_D.state, _D.route_id, _D.reason)
        statement = self._work.select(tables.delivery, *by, sa.func.count())
        wanted = statement.where(_D.ledger == ledger, _D.state.in_(states)).group_by(*by).order_by(*by)
        return tuple(Standing(*row) for row in self._work.rows(wanted))

    def put_baseline(self, voucher_id: str, entry_id: str, ledger: str, copy: LedgerCopy) -> None:
        self.put_baselines(ledger, [(voucher_id, entry_id, copy)])

    def put_baselines(self, ledger: str, echoes: Sequence[tuple[str, str, LedgerCopy]]) -> None:
        for some in in_parts(echoes, _BASELINES_AT_A_TIME):
            known = self._known_baselines(ledger, some)
            echoed = [(name, entry, msgspec.structs.replace(copy, due_on=None)) for name, entry, copy in some]
            changed = [echo for echo in echoed if known.get(echo[2].ref) != echo[2]]
            copies, ours = [copy for *_, copy in changed], [(voucher, entry) for voucher, entry, _ in changed]
            if outdated := [copy.ref for copy in copies if copy.ref in known]:
                objects.remove(self._work, tables.baseline, tables.baseline_line, ledger, outdated)
            if copies:
                objects.add(self._work, tables.baseline, tables.baseline_line, ledger, copies, ours=ours)
            for voucher_id, _, copy in changed:
                self._work.note("baseline.kept", voucher_id, f"{copy.type} {copy.ref}")
            self._work.seal(Sealed.BASELINE, ((copy.ref, ledger) for copy in copies))

    def _known_baselines(self, ledger: str, echoes: Sequence[tuple[str, str, LedgerCopy]]) -> Mapping[str, LedgerCopy]:
        """What is kept already of these, by its id in the ledger. Raises: InvariantError where it is another's."""
        refs, vouchers = [copy.ref for *_, copy in echoes], [voucher_id for voucher_id, *_ in echoes]
        either = sa.or_(sa.and_(_B.ledger == ledger, _B.ref.in_(refs)), _B.voucher_id.in_(vouchers))
        rows = self._work.rows(self._work.select(tables.baseline).where(either))
        if not rows:
            return {}
        kept = {(row.ledger, row.ref): (row.voucher_id, row.entry_id) for row in rows}
        by_voucher = {row.voucher_id: row for row in rows}
        for voucher_id, entry_id, copy in echoes:
            there = by_voucher.get(voucher_id)
            if kept.get((ledger, copy.ref), (voucher_id, entry_id)) != (voucher_id, entry_id) or (
                there is not None and (there.ledger, there.ref) != (ledger, copy.ref)
            ):
                raise InvariantError(
                    f"voucher {voucher_id}",
                    f"object {copy.ref} is to be its baseline, and another stands there",
                    "Look at both in the ledger",
                    code="store.baseline",
                )
        return {copy.ref: copy for copy in objects.read(self._work, tables.baseline_line, ledger, rows)}

    def owners(self, ledger: str, refs: Collection[str]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for some in in_parts(list(refs)):
            statement = self._work.select(tables.baseline, _B.ref, _B.voucher_id)
            found |= dict(map(tuple, self._work.rows(statement.where(_B.ledger == ledger, _B.ref.in_(some)))))
        return found

    def baseline(self, ledger: str, ref: str) -> LedgerCopy | None:
        return objects.get(self._work, tables.baseline, tables.baseline_line, ledger, ref)

    def forget_baseline(self, voucher_id: str) -> None:
        statement = self._work.select(tables.baseline, _B.ledger, _B.ref).where(_B.voucher_id == voucher_id)
        for ledger, ref in self._work.rows(statement):
            objects.remove(self._work, tables.baseline, tables.baseline_line, ledger, [ref])
            self._work.seal(Sealed.BASELINE, [(ref, ledger)])
            self._work.note("baseline.forgotten", voucher_id, ref)

    def behind(self, voucher_ids: Sequence[str]) -> tuple[Delivery, ...]:
        found: dict[str, Delivery] = {}
        for some in in_parts(voucher_ids):
            waiting = self._work.select(tables.delivery_after, _A.voucher_id).where(_A.after_id.in_(some))
            found |= self.get_many([voucher_id for (voucher_id,) in self._work.rows(waiting)])
        return tuple(found.values())

    def _waits(self) -> sa.ColumnElement[bool]:
        """Owed, but one that must be in the ledger first is neither there nor withdrawn."""
        first = tables.delivery.alias("first")
        beside = sa.and_(first.c.organisation_id == _A.organisation_id, first.c.voucher_id == _A.after_id)
        waits_for = (
            sa.select(sa.literal(1))
            .select_from(tables.delivery_after.outerjoin(first, beside))
            .where(
                _A.organisation_id == _D.organisation_id,
                _A.voucher_id == _D.voucher_id,
                sa.or_(first.c.state.is_(None), first.c.state.not_in(_FINAL)),
            )
            .correlate(tables.delivery)
        )
        return sa.and_(_D.state == DeliveryState.OWED, waits_for.exists())

    def _holds(self, ledger: str, epoch: int) -> sa.ColumnElement[bool]:
        held = self._work.select(tables.lease, sa.literal(1)).where(
            _LEASE.kind == LeaseKind.DRAIN.value, _LEASE.subject == ledger, _LEASE.epoch == epoch, _LEASE.holder != ""
        )
        return held.exists()

    def _save_after(self, deliveries: Iterable[Delivery]) -> None:
        rows = [
            (self._work.organisation_id, each.voucher_id, first)
            for each in deliveries
            for first in dict.fromkeys(each.voucher.after if each.voucher else ())
        ]
        if rows:
            self._work.add_many(tables.delivery_after, rows)

    def _many(self, statement: Select) -> tuple[Delivery, ...]:
        return tuple(_delivery(row) for row in self._work.rows(statement))


def _check(before: Delivery, after: Delivery) -> None:
    """A move keeps the voucher's identity; staying in place (a new due date, another reason) is one too."""
    if before.state != after.state or before.state in _FINAL:
        check_move(before.state, after.state)
    is_other = any(getattr(before, name) != getattr(after, name) for name in _IDENTITY)
    if is_other or (before.state in _SENT and before.voucher != after.voucher):
        raise InvariantError(
            f"voucher {before.voucher_id}",
            "would become another one on its way",
            "Report this as a bug",
            code="delivery.move",
        )


def _standing(state: str, reason: str) -> str:
    return f"{state} {reason}".rstrip()


def noted(action: str, detail: str) -> str:
    """Where a voucher stands by a note, as ``displaced`` compares it."""
    return detail.partition(" to ")[2] if action == MOVED else detail


def displaced(work: Work, told: Mapping[str, tuple[str, int]]) -> Iterator[tuple[str, str, str, int]]:
    """Vouchers that stand otherwise than the newest note of each says: id, as it stands, as it is noted, audit row."""
    place = work.select(tables.delivery, _D.voucher_id, _D.state, _D.reason)
    for voucher_id, state, reason in work.stream(place):
        stands = _standing(state, reason)
        said, seq = told.get(voucher_id, (stands, 0))
        if said != stands:
            yield voucher_id, stands, said, seq


def _move_row(before: Delivery, after: Delivery) -> tuple[Any, ...]:
    _check(before, after)
    if before.voucher != after.voucher:
        raise InvariantError(f"voucher {before.voucher_id}", "is moved as another one", "Report this as a bug")
    old, new = ([_value(one, name) for name in names] for one, names in ((before, _COMPARED), (after, _MOVED)))
    return before.voucher_id, *old, *new


def _value(delivery: Delivery, name: str) -> Any:
    """A fact as one of many rows of values; PostgreSQL takes an empty one for a text, if it is not told otherwise."""
    value = getattr(delivery, name)
    return sa.literal(None, _D[name].type) if value is None else value


def _columns(delivery: Delivery) -> dict[str, Any]:
    voucher = delivery.voucher
    found = {name: getattr(voucher, name) if voucher else None for name in _FOUND_BY}
    return {name: getattr(delivery, name) for name in _FIELDS} | found | {"number": found["number"] or None}


def _delivery(row: Row) -> Delivery:
    facts = row._asdict()
    return Delivery(**{name: facts[name] for name in _FIELDS})
