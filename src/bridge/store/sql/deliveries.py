"""Vouchers on their way, moved by compare-and-swap, and what the ledger echoed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import Any

import msgspec
import sqlalchemy as sa

from bridge.errors import ConfigError, InvariantError, StaleError
from bridge.model.deliveries import Delivery, DeliveryState, check_move
from bridge.model.vouchers import LedgerCopy
from bridge.store.api import Standing
from bridge.store.sql import deliveries_asked as asked
from bridge.store.sql import objects, tables
from bridge.store.sql.codec import plain_row, plain_values
from bridge.store.sql.failures import TAKEN
from bridge.store.sql.parts import begins, in_parts
from bridge.store.sql.sealed import Sealed
from bridge.store.sql.work import Row, Select, Work, asking

_D = tables.delivery.c
_A = tables.delivery_after.c
_B = tables.baseline.c
_BL = tables.baseline_line.c
_LEASE = tables.lease.c
_OF_BASELINE = sa.and_(_D.organisation_id == _B.organisation_id, _D.voucher_id == _B.voucher_id)
_FIELDS = Delivery.__struct_fields__
_FOUND_BY = ("dated_on", "number", "total_minor", "currency")
"""Facts of its voucher that it is looked up, sorted or added up by, as columns."""
_IDENTITY = ("voucher_id", "entry_id", "ledger", "route_id")
_FINAL = (DeliveryState.DELIVERED, DeliveryState.WITHDRAWN)
_SENT = (DeliveryState.SENDING, DeliveryState.IN_DOUBT)
_MOVES_AT_A_TIME, _BASELINES_AT_A_TIME = asked.SIZES[-1], 250
"""So many that the values of one statement stay below what every SQLite takes."""


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
        found = self._many(lambda one: asking(tables.delivery).where(_D.voucher_id == one), one=voucher_id)
        if not found:
            raise ConfigError(
                f"voucher {voucher_id!r}", "there is none of that id", "Check the id", code="voucher.unknown"
            )
        return found[0]

    def get_many(self, voucher_ids: Sequence[str]) -> Mapping[str, Delivery]:
        found: dict[str, Delivery] = {}
        for part in in_parts(voucher_ids):
            several = self._many(lambda some: asking(tables.delivery).where(_D.voucher_id.in_(some)), some=part)
            found |= {delivery.voucher_id: delivery for delivery in several}
        return found

    def of_entry(self, entry_id: str) -> tuple[Delivery, ...]:
        return self.of_entries([entry_id]).get(entry_id, ())

    def of_entries(self, entry_ids: Sequence[str]) -> Mapping[str, tuple[Delivery, ...]]:
        found: dict[str, list[Delivery]] = {}
        for part in in_parts(entry_ids):
            for delivery in self._many(asked.of_entries, some=part):
                found.setdefault(delivery.entry_id, []).append(delivery)
        return {entry_id: tuple(several) for entry_id, several in found.items()}

    def refs(self, voucher_ids: Sequence[str]) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for part in in_parts(voucher_ids):
            found |= dict(map(tuple, self._work.ask(asked.refs, some=part)))
        return found

    def named(self, name: str) -> tuple[Delivery, ...]:
        found: dict[str, Delivery] = {}
        for question in (asked.numbered, asked.known_as) if name else ():
            found |= {delivery.voucher_id: delivery for delivery in self._many(question, name=name)}
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
        size = next(size for size in asked.SIZES if size >= len(moves))
        rows = chain.from_iterable(_move_row(before, after) for before, after in moves)
        values = {"mine": self._work.organisation_id} | dict(zip(asked.names(size), rows, strict=False))
        held = {} if epoch is None else {"held": moves[0][0].ledger, "epoch": epoch}
        moved = self._work.changed_by(asked.moving, size, epoch is not None, values=values | held)
        return {voucher_id for (voucher_id,) in moved}

    def _must_be_there(self, voucher_ids: Sequence[str]) -> None:
        """No row of a delivery is ever removed: where one is not found, the database may be damaged."""
        there: set[str] = set()
        for part in in_parts(voucher_ids):
            there.update(self.get_many(part))
        if gone := sorted(set(voucher_ids) - there):
            raise InvariantError(f"voucher {gone[0]}", "was read, and is not there", "Report this as a bug")

    def _note_move(self, before: Delivery, after: Delivery) -> None:
        words = f"{before.state} to {_standing(after.state, after.reason)}"
        self._work.note(MOVED, after.voucher_id, words)

    def due(self, ledger: str, now: datetime, limit: int) -> tuple[Delivery, ...]:
        return self._many(asked.due, ledger=ledger, now=now, limit=limit)

    def next_due(self, ledger: str) -> datetime | None:
        ((found,),) = self._work.ask(asked.next_due, ledger=ledger)
        earliest: datetime | None = found
        return earliest

    def with_state(self, ledger: str, *states: DeliveryState, reasons: Collection[str] = ()) -> tuple[Delivery, ...]:
        if reasons:
            return self._many(asked.with_reason, ledger=ledger, states=states, reasons=list(reasons))
        return self._many(asked.with_state, ledger=ledger, states=states)

    def of_route(self, route_id: str) -> Iterator[Delivery]:
        page = self._many(asked.of_route, route=route_id, last="")
        while page:
            yield from page
            page = self._many(asked.of_route, route=route_id, last=page[-1].voucher_id)

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
        return tuple(Standing(*row) for row in self._work.ask(asked.standings, ledger=ledger, states=states))

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
        rows = self._work.ask(asked.baselines, ledger=ledger, refs=refs, vouchers=vouchers)
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
        for part in in_parts(list(refs)):
            found |= dict(map(tuple, self._work.ask(asked.owners, ledger=ledger, some=part)))
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
        for part in in_parts(voucher_ids):
            waiting = self._work.ask(asked.behind, some=part)
            found |= self.get_many([voucher_id for (voucher_id,) in waiting])
        return tuple(found.values())

    def _holds(self, ledger: str, epoch: int) -> sa.ColumnElement[bool]:
        return asked.held(self._work.organisation_id, ledger, epoch)

    def _save_after(self, deliveries: Iterable[Delivery]) -> None:
        rows = [
            (self._work.organisation_id, each.voucher_id, first)
            for each in deliveries
            for first in dict.fromkeys(each.voucher.after if each.voucher else ())
        ]
        if rows:
            self._work.add_many(tables.delivery_after, rows)

    def _many(self, question: Callable[..., Select], **values: Any) -> tuple[Delivery, ...]:
        return tuple(map(_delivery, self._work.ask(question, **values)))


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
    facts = (getattr(one, name) for one, names in ((before, asked.COMPARED), (after, asked.MOVED)) for name in names)
    return before.voucher_id, *plain_values(tables.delivery, (*asked.COMPARED, *asked.MOVED), facts)


def _columns(delivery: Delivery) -> dict[str, Any]:
    voucher = delivery.voucher
    found = {name: getattr(voucher, name) if voucher else None for name in _FOUND_BY}
    return {name: getattr(delivery, name) for name in _FIELDS} | found | {"number": found["number"] or None}


def _delivery(row: Row) -> Delivery:
    facts = row._asdict()
    return Delivery(**{name: facts[name] for name in _FIELDS})
