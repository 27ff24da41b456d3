"""The ledger as last observed, compared with the baseline in the database: only what differs comes to Python.

Both sides are clustered by (organisation, ledger, ref), so that finding the refs that differ is one walk over two
tables in the same order; what they say is then read for those alone. No FULL JOIN, which SQLite knows only from 3.39
on: what is ours and missing or changed, and what is there and not ours, are two questions with two answers.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import islice
from typing import Any

import sqlalchemy as sa

from bridge.model.readings import LedgerReading
from bridge.model.vouchers import LedgerCopy
from bridge.store.api import ClearingMove, Compared, Difference, Shown
from bridge.store.sql import objects, tables
from bridge.store.sql.parts import begins, in_parts
from bridge.store.sql.sealed import Sealed
from bridge.store.sql.work import MINE, Row, Select, Work, asking

_B = tables.baseline.c
_C = tables.ledger_copy.c
_L = tables.ledger_copy_line.c
_E = tables.entry.c
_R = tables.ledger_reading.c
_G = tables.ledger_gone.c
Columns = tuple[sa.Column[Any], ...]
_COMPARED = (
    "type",
    "number",
    "dated_on",
    "currency",
    "total_minor",
    "lines_hash",
    "is_voided",
    "marks_hash",
    "settles",
)
_AT_A_TIME = 500


class SqlLedgerCopies:
    """See ``store.api.LedgerCopies``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def clear(self, ledger: str) -> None:
        gone = self._work.write(self._work.delete(tables.ledger_copy).where(_C.ledger == ledger))
        self._work.write(self._work.delete(tables.ledger_copy_line).where(_L.ledger == ledger))
        was_covered = self._work.write(self._work.delete(tables.ledger_reading).where(_R.ledger == ledger))
        if gone or was_covered:
            self._work.count("copies.cleared", ledger, gone, "objects")

    def add(self, ledger: str, copies: Sequence[LedgerCopy]) -> None:
        if not copies:
            return
        latest = {copy.ref: copy for copy in copies}
        self._take_out(ledger, list(latest))
        after = self._work.value(self._work.select(tables.audit, sa.func.max(tables.audit.c.seq))) or 0
        heads, lines = tables.ledger_copy, tables.ledger_copy_line
        objects.add(self._work, heads, lines, ledger, list(latest.values()), last=(after,))
        self._work.count("copies.observed", ledger, len(latest), "objects")

    def remove(self, ledger: str, refs: Sequence[str], *, is_deleted: bool = False) -> None:
        if not refs:
            return
        self._take_out(ledger, refs)
        if is_deleted:
            ours = self._work.select(tables.baseline, _B.ref).where(_B.ledger == ledger)
            rows = (row for some in in_parts(refs) for row in self._work.rows(ours.where(_B.ref.in_(some))))
            gone = sorted({row.ref for row in rows})
            self._work.add_many(tables.ledger_gone, ((self._work.organisation_id, ledger, ref) for ref in gone))
        self._work.count("copies.removed", ledger, len(refs), "objects")

    def remove_parts(self, ledger: str, wholes: Sequence[str]) -> None:
        parts = [
            ref
            for some in in_parts(wholes, 200)
            for (ref,) in self._work.rows(
                self._work.select(tables.ledger_copy, _C.ref).where(
                    _C.ledger == ledger, sa.or_(*(sa.and_(*begins(_C.ref, f"{ref}/")) for ref in some))
                )
            )
        ]
        self.remove(ledger, parts)

    def _take_out(self, ledger: str, refs: Sequence[str]) -> None:
        """What comes by again is not deleted."""
        objects.remove(self._work, tables.ledger_copy, tables.ledger_copy_line, ledger, refs)
        for some in in_parts(refs):
            self._work.write(self._work.delete(tables.ledger_gone).where(_G.ledger == ledger, _G.ref.in_(some)))

    def deleted(self, ledger: str) -> frozenset[str]:
        rows = self._work.ask(
            lambda ledger: asking(tables.ledger_gone, _G.ref).where(_G.ledger == ledger), ledger=ledger
        )
        return frozenset(row.ref for row in rows)

    def covered(self, ledger: str) -> LedgerReading | None:
        rows = self._work.ask(lambda ledger: asking(tables.ledger_reading).where(_R.ledger == ledger), ledger=ledger)
        return next((row.body for row in rows), None)

    def cover(self, ledger: str, reading: LedgerReading) -> None:
        self._work.write(self._work.delete(tables.ledger_reading).where(_R.ledger == ledger))
        self._work.add(tables.ledger_reading, ledger=ledger, body=reading)
        self._work.note("copies.covered", ledger, f"until {reading.through.isoformat()}")

    def learn_marks(self, ledger: str) -> None:
        same = self._inner(_C, ledger, _C.marks_hash).where(_C.ref == _B.ref)
        unknown = sa.and_(_B.organisation_id == self._work.organisation_id, _B.ledger == ledger, _B.marks_hash == "")
        told = sa.func.coalesce(same.scalar_subquery(), "")
        unlearnt = self._work.rows(self._work.select(tables.baseline, _B.ref).where(unknown))
        self._work.seal(Sealed.BASELINE, ((ref, ledger) for (ref,) in unlearnt))
        if learnt := self._work.write(sa.update(tables.baseline).where(unknown).values(marks_hash=told)):
            self._work.count("baseline.marks", ledger, learnt, "objects")

    def read_after(self, ledger: str, seq: int) -> frozenset[str]:
        joined = sa.select(_B.entry_id).select_from(tables.ledger_copy.join(tables.baseline, _same_object()))
        mine = (_C.organisation_id == self._work.organisation_id, _C.ledger == ledger, _C.after_seq >= seq)
        return frozenset(entry_id for (entry_id,) in self._work.rows(joined.where(*mine).distinct()))

    def get(self, ledger: str, ref: str) -> LedgerCopy | None:
        return objects.get(self._work, tables.ledger_copy, tables.ledger_copy_line, ledger, ref)

    def differences(self, ledger: str) -> Iterator[Difference]:
        refs = self._work.only_in(tables.baseline, tables.ledger_copy, {"ledger": ledger}, "ref", *_COMPARED)
        while some := list(islice(refs, _AT_A_TIME)):
            for ref, voucher_id, theirs, *facts in self._work.ask(_both, ledger=ledger, some=some):
                ours, now = _facts(facts[: len(_COMPARED)]), facts[len(_COMPARED) :]
                yield Difference(ref, voucher_id, ours, None if theirs is None else _facts(now))

    def strangers(
        self, ledger: str, account_ids: Collection[str], contacts: Collection[str], since_on: date
    ) -> Iterator[LedgerCopy]:
        refs = self._work.only_in(tables.ledger_copy, tables.baseline, {"ledger": ledger}, "ref")
        named = sorted(contacts)
        of_account_or_contact = sa.or_(_L.account_id.in_(sorted(account_ids)), _L.contact.in_(named))
        touches = self._inner(_L, ledger).where(_L.ref == _C.ref, of_account_or_contact)
        bears_number = self._inner(_B, ledger).where(_B.number == _C.number, _B.number != "")
        concerns_us = sa.or_(
            _C.key != "", _C.contact.in_(named), touches.exists(), sa.and_(_C.number != "", bears_number.exists())
        )
        statement = self._work.select(tables.ledger_copy).where(
            _C.ledger == ledger, _C.dated_on >= since_on, concerns_us
        )
        while some := list(islice(refs, _AT_A_TIME)):
            rows = self._work.rows(statement.where(_C.ref.in_(some)).order_by(_C.ref))
            yield from objects.read(self._work, tables.ledger_copy_line, ledger, rows)

    def settling(self, ledger: str, refs: Collection[str]) -> Iterator[LedgerCopy]:
        heads = self._work.select(tables.ledger_copy, _C.ref, _C.settles)
        heads = heads.where(_C.ledger == ledger, _C.settles != (), sa.not_(_C.is_voided))
        wanted = frozenset(refs)
        found = [ref for ref, settles in self._work.stream(heads) if not wanted.isdisjoint(settles)] if wanted else []
        yield from self._of_refs(ledger, found)

    def moving(self, ledger: str, account_id: str, amounts: Collection[int]) -> Iterator[LedgerCopy]:
        wanted = iter(sorted(amounts))
        while some := list(islice(wanted, _AT_A_TIME)):
            moved = self._inner(_L, ledger, _L.ref).where(_L.account_id == account_id).group_by(_L.ref)
            found = self._work.rows(moved.having(sa.func.sum(_L.amount_minor).in_(some)))
            ours = self._inner(_B, ledger).where(_B.ref == _C.ref)
            yield from self._of_refs(ledger, [str(ref) for (ref,) in found], sa.not_(_C.is_voided), ~ours.exists())

    def _of_refs(self, ledger: str, refs: Iterable[str], *but: sa.ColumnElement[bool]) -> Iterator[LedgerCopy]:
        names = iter(sorted(refs))
        while some := list(islice(names, _AT_A_TIME)):
            heads = self._work.select(tables.ledger_copy).where(_C.ledger == ledger, _C.ref.in_(some), *but)
            yield from objects.read(
                self._work, tables.ledger_copy_line, ledger, self._work.rows(heads.order_by(_C.ref))
            )

    def twins(self, ledger: str, copies: Sequence[LedgerCopy]) -> Mapping[str, tuple[str, str]]:
        found: dict[str, tuple[str, str]] = {}
        day = (_B.dated_on, _B.lines_hash, _B.currency)
        for some in in_parts(copies):
            questions: tuple[tuple[Columns, dict[str, tuple[Any, ...]]], ...] = (
                ((_B.key,), {copy.ref: (copy.key,) for copy in some if copy.key}),
                ((_B.number,), {copy.ref: (copy.number,) for copy in some if copy.number}),
                (day, {one.ref: (one.dated_on, one.lines_hash, one.currency) for one in some if one.total_minor}),
            )
            types = {copy.ref: copy.type for copy in some}
            for columns, wanted in questions:
                left = {ref: values for ref, values in wanted.items() if ref not in found}
                found |= self._alike(ledger, columns, left, types) if left else {}
        return found

    def _alike(
        self, ledger: str, columns: Columns, wanted: Mapping[str, tuple[Any, ...]], types: Mapping[str, str]
    ) -> dict[str, tuple[str, str]]:
        """The object of ours with these values in these columns, for each ref; of its own type first, then by ref."""
        values = zip(columns, zip(*wanted.values(), strict=True), strict=True)
        matches = [column.in_(sorted(set(some))) for column, some in values]
        said = (columns[0] != "",) if len(columns) == 1 else ()  # in the words of the partial index
        statement = self._work.select(tables.baseline, _B.ref, _B.voucher_id, _B.type, *columns)
        ours: dict[tuple[Any, ...], list[Row]] = {}
        for row in self._work.rows(statement.where(_B.ledger == ledger, *matches, *said).order_by(_B.ref)):
            ours.setdefault(tuple(row[3:]), []).append(row)
        found = {}
        for ref, mine in wanted.items():
            if others := [row for row in ours.get(mine, ()) if row.ref != ref]:
                first = min(others, key=lambda row: row.type != types[ref])
                found[ref] = first.ref, first.voucher_id
        return found

    def shown(self, ledger: str, refs: Sequence[str]) -> Mapping[str, Shown]:
        found: dict[str, Shown] = {}
        for some in in_parts(refs):
            amounts: dict[str, dict[str, int]] = {}
            lines = self._inner(_L, ledger, _L.ref, _L.account_id, sa.func.sum(_L.amount_minor))
            for ref, account_id, minor in self._work.rows(
                lines.where(_L.ref.in_(some)).group_by(_L.ref, _L.account_id)
            ):
                amounts.setdefault(ref, {})[account_id] = int(minor)
            heads = self._inner(_C, ledger, _C.ref, _C.dated_on, _C.settles, _C.open_minor)
            for ref, dated_on, settles, open_minor in self._work.rows(
                heads.where(_C.ref.in_(some), sa.not_(_C.is_voided))
            ):
                found[ref] = Shown(dated_on, settles, open_minor, amounts.get(ref, {}))
        return found

    def answered(self, ledger: str) -> Mapping[str, str]:
        ours = self._inner(_B, ledger).where(_B.ref == _C.ref)
        heads = self._inner(_C, ledger, _C.settles).where(_C.settles != (), sa.not_(_C.is_voided), ~ours.exists())
        refs = sorted({ref for (settles,) in self._work.stream(heads) for ref in settles})
        entry_of = sa.and_(_E.organisation_id == _B.organisation_id, _E.entry_id == _B.entry_id)
        named = self._inner(_B, ledger, _B.ref, _E.route_id).select_from(tables.baseline.join(tables.entry, entry_of))
        return {
            ref: route_id for some in in_parts(refs) for ref, route_id in self._work.rows(named.where(_B.ref.in_(some)))
        }

    def clearing(
        self, ledger: str, account_id: str, since_on: date, without: Container[str] = ()
    ) -> Iterator[ClearingMove]:
        rows = self._work.ask_all(_clearing, ledger=ledger, account=account_id, since=since_on)
        for entry_id, route_id, ref, kind, number, dated_on, amount, *more in rows:
            if entry_id is None or entry_id not in without:
                ours = entry_id or "", route_id or ""
                yield ClearingMove(ref, kind, number, dated_on, int(amount), *ours, *more)

    def as_much(
        self, ledger: str, account_id: str, route_ids: Sequence[str], amounts: Sequence[int]
    ) -> Mapping[int, str]:
        mine = self._work.organisation_id
        copy_of = sa.and_(_C.organisation_id == mine, _C.ledger == ledger, _C.ref == _L.ref)
        entry_of = sa.and_(_E.organisation_id == mine, _E.entry_id == _B.entry_id)
        joined = tables.ledger_copy_line.join(tables.ledger_copy, copy_of)
        joined = joined.join(tables.baseline, _same_object()).join(tables.entry, entry_of)
        live = (_E.route_id.in_(route_ids), _E.is_live, sa.not_(_C.is_voided))
        of_entry = self._moves(ledger, account_id, _B.entry_id).select_from(joined).where(*live).group_by(_B.entry_id)
        found: dict[int, str] = {}
        for some in in_parts(amounts):
            sums = of_entry.having(sa.func.sum(_L.amount_minor).in_(some)).subquery("sums")
            least = sa.select(sums.c.amount_minor, sa.func.min(sums.c.entry_id)).group_by(sums.c.amount_minor)
            found |= {int(minor): entry_id for minor, entry_id in self._work.rows(least)}
        return found

    def _moves(self, ledger: str, account_id: str, key: sa.Column[str] = _L.ref) -> Select:
        """What is moved on an account, to be grouped by that."""
        moved = sa.func.sum(_L.amount_minor).label("amount_minor")
        return self._inner(_L, ledger, key, moved).where(_L.account_id == account_id)

    def _inner(self, columns: Any, ledger: str, *wanted: Any) -> Select:
        """A select from one of the tables by ledger, to stand inside another."""
        return sa.select(*(wanted or (sa.literal(1),))).where(
            columns.organisation_id == self._work.organisation_id, columns.ledger == ledger
        )


def _both(ledger: Any, some: Any) -> Select:
    """What we told of objects, beside what the ledger says of them."""
    columns = [table.c[name] for table in (tables.baseline, tables.ledger_copy) for name in _COMPARED]
    found = asking(tables.baseline, _B.ref, _B.voucher_id, _C.ref, *columns)
    found = found.outerjoin_from(tables.baseline, tables.ledger_copy, _same_object())
    return found.where(_B.ledger == ledger, _B.ref.in_(some)).order_by(_B.ref)


def _clearing(ledger: Any, account: Any, since: Any) -> Select:
    moved = asking(tables.ledger_copy_line, _L.ref, sa.func.sum(_L.amount_minor).label("amount_minor"))
    moves = moved.where(_L.ledger == ledger, _L.account_id == account).group_by(_L.ref).subquery("moves")
    copy_of = sa.and_(_C.organisation_id == MINE, _C.ledger == ledger, _C.ref == moves.c.ref)
    entry_of = sa.and_(_E.organisation_id == MINE, _E.entry_id == _B.entry_id)
    joined = (
        moves.join(tables.ledger_copy, copy_of)
        .outerjoin(tables.baseline, _same_object())
        .outerjoin(tables.entry, entry_of)
    )
    columns = (_C.ref, _C.type, _C.number, _C.dated_on, moves.c.amount_minor)
    return (
        sa.select(_B.entry_id, _E.route_id, *columns, _C.currency, _C.settles, _C.open_minor)
        .select_from(joined)
        .where(sa.not_(_C.is_voided), sa.or_(_B.ref.is_not(None), _C.dated_on >= since))
        .order_by(_C.dated_on, _C.ref)
    )


def _same_object() -> sa.ColumnElement[bool]:
    return sa.and_(_C.organisation_id == _B.organisation_id, _C.ledger == _B.ledger, _C.ref == _B.ref)


def _facts(values: Sequence[Any]) -> Compared:
    kind, number, dated_on, *more = values
    return (kind, number, dated_on.isoformat(), *more)
