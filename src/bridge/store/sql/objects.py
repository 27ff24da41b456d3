"""Objects of a ledger as we keep them, in the baseline and in the ledger copy alike."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from typing import Any

import msgspec
import sqlalchemy as sa

from bridge.model.vouchers import LedgerCopy, LedgerLine, Marks
from bridge.store.sql.codec import encode
from bridge.store.sql.work import Row, Work

_AT_A_TIME = 1_000
_FIELDS = tuple(name for name in LedgerCopy.__struct_fields__ if name not in {"lines", "due_on"})


def add(
    work: Work,
    heads: sa.Table,
    lines: sa.Table,
    ledger: str,
    copies: Sequence[LedgerCopy],
    *,
    ours: Sequence[tuple[str, ...]] = (),
) -> None:
    """Insert objects that are not there; ``ours``: for each, the columns the baseline has besides."""
    start = (work.organisation_id, ledger)
    work.add_many(heads, (start + _head(copy, more) for copy, more in zip(copies, ours or repeat(()), strict=False)))
    work.add_many(
        lines,
        (
            (*start, copy.ref, number, *msgspec.structs.astuple(line)[:-2], _packed(line.marks), line.contact)
            for copy in copies
            for number, line in enumerate(copy.lines, start=1)
        ),
    )


def remove(work: Work, heads: sa.Table, lines: sa.Table, ledger: str, refs: Sequence[str]) -> None:
    """Delete these objects, where they are there."""
    for start in range(0, len(refs), _AT_A_TIME):
        some = refs[start : start + _AT_A_TIME]
        for table in (lines, heads):
            work.write(work.delete(table).where(table.c.ledger == ledger, table.c.ref.in_(some)))


def get(work: Work, heads: sa.Table, lines: sa.Table, ledger: str, ref: str) -> LedgerCopy | None:
    statement = work.select(heads).where(heads.c.ledger == ledger, heads.c.ref == ref)
    return next(iter(read(work, lines, ledger, work.rows(statement))), None)


def read(work: Work, lines: sa.Table, ledger: str, heads: Sequence[Row]) -> list[LedgerCopy]:
    """The objects of some head rows, with their lines."""
    legs: dict[str, list[LedgerLine]] = {row.ref: [] for row in heads}
    columns = (lines.c.ref, *(lines.c[name] for name in LedgerLine.__struct_fields__))
    refs = list(legs)
    for start in range(0, len(refs), _AT_A_TIME):
        some = refs[start : start + _AT_A_TIME]
        statement = work.select(lines, *columns).where(lines.c.ledger == ledger, lines.c.ref.in_(some))
        for ref, *facts in work.rows(statement.order_by(lines.c.ref, lines.c.number)):
            legs[ref].append(LedgerLine(*facts))
    return [_copy(row, legs[row.ref]) for row in heads]


def _head(copy: LedgerCopy, ours: tuple[str, ...]) -> tuple[Any, ...]:
    return (
        copy.ref,
        copy.type,
        copy.number,
        copy.dated_on.isoformat(),
        copy.currency,
        copy.total_minor,
        copy.lines_hash,
        copy.is_voided,
        copy.key,
        *ours,
        copy.memo,
        copy.version,
        copy.changed_at,
        copy.changed_by,
        copy.marks_hash,
        _packed(copy.marks),
        _packed(copy.settles),
        copy.open_minor,
        copy.contact,
    )


def _packed(some: Marks | tuple[str, ...]) -> str:
    return encode(some) if some else "[]"


def _copy(row: Row, legs: Sequence[LedgerLine]) -> LedgerCopy:
    facts = row._asdict()
    return LedgerCopy(lines=tuple(legs), **{name: facts[name] for name in _FIELDS})
