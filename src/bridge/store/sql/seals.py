"""What audit rows vouch for: a digest of each of the things of ``Sealed`` as its unit left it.

A digest is SHA-256 over the rows that make a thing up, as the database holds them, read back when its unit ends; so
one question answers both what is written down and what is verified. What may change without anybody's decision is left
out of it: where a document stands, who stands by it, by which revision a fate is known. Where a voucher stands, the
notes of its moves say. Of an entry that gave way only itself counts: its lines are free. The digest of what a unit took
out is empty.

The digests of a unit are rows of their own; the unit's audit row holds one hash over all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from hashlib import sha256
from itertools import chain, groupby
from operator import itemgetter
from typing import Any, Final

import msgspec
import sqlalchemy as sa

from bridge.model.findings import FindingState
from bridge.store.api import SEALED
from bridge.store.sql import tables
from bridge.store.sql.budgets import EVERYBODY
from bridge.store.sql.parts import in_parts, plain
from bridge.store.sql.sealed import Key, Sealed
from bridge.store.sql.work import MINE, Select, Work

_PAGE = 5_000
_ENCODER = msgspec.json.Encoder()
_S = tables.seal.c


class _Part(msgspec.Struct, frozen=True):
    """Rows of another table that belong to a thing. key: as of the thing; order: what tells them apart within it.

    told: of columns that came later, what must not be empty: a thing without them has the digest that it had before.
    """

    table: sa.Table
    key: tuple[str, ...]
    order: tuple[str, ...]
    columns: tuple[str, ...]
    is_of_live: bool = False
    told: str = ""


class _Thing(msgspec.Struct, frozen=True):
    """Where a thing is kept. key: its columns, the one that many are asked for by first. columns: what is sealed.

    owner: whose rows they are, where not the unit's own organisation's.
    """

    table: sa.Table
    key: tuple[str, ...]
    columns: tuple[str, ...]
    parts: tuple[_Part, ...] = ()
    owner: str | None = None

    def owned(self, work: Work) -> str:
        """Of which organisation its rows are."""
        return work.organisation_id if self.owner is None else self.owner


def _whole(table: sa.Table, *key: str, owner: str | None = None) -> _Thing:
    """Every column of a table of which each row is a thing."""
    return _Thing(table, key, _but(table), owner=owner)


def _but(table: sa.Table, *left_out: str) -> tuple[str, ...]:
    return tuple(column.name for column in table.columns if column.name not in {"organisation_id", *left_out})


_STANDS = ("vault_hash", "witness", "as_of", "state", "reason", "problems", "saved_at", "is_newest")
_RATE = ("rate", "rate_into")
_OF_DOCUMENT = ("document_id", "revision")
_OF_OBJECT = ("ref", "ledger")
THINGS: Final = {
    Sealed.DOCUMENT: _Thing(
        tables.document,
        _OF_DOCUMENT,
        _but(tables.document, *_STANDS, "agreed_at"),
        (
            _Part(tables.document, _OF_DOCUMENT, (), ("agreed_at",), told="agreed_at"),
            _Part(tables.line, _OF_DOCUMENT, ("line_key",), _but(tables.line, *_OF_DOCUMENT)),
        ),
    ),
    Sealed.ENTRY: _Thing(
        tables.entry,
        ("entry_id",),
        _but(tables.entry, *_RATE),
        (
            _Part(tables.entry, ("entry_id",), (), _RATE, told="rate"),
            _Part(tables.posting, ("entry_id",), ("number",), _but(tables.posting, "entry_id")),
            _Part(
                tables.fate,
                ("entry_id",),
                ("posting", "document_id", "line_key"),
                ("posting", "document_id", "line_key"),
                is_of_live=True,
            ),
            _Part(
                tables.reversal,
                ("entry_id",),
                ("posting", "document_id", "line_key", "revision"),
                _but(tables.reversal, "entry_id"),
                is_of_live=True,
            ),
            _Part(
                tables.open_leg,
                ("entry_id",),
                ("order_id",),
                ("order_id", "owed_by_minor", "owed_to_minor"),
                is_of_live=True,
            ),
        ),
    ),
    Sealed.VOUCHER: _Thing(
        tables.delivery, ("voucher_id",), ("voucher_id", "entry_id", "ledger", "route_id", "voucher")
    ),
    Sealed.RULES: _whole(tables.rule_set, "version", "name"),
    Sealed.BASELINE: _Thing(
        tables.baseline,
        _OF_OBJECT,
        _but(tables.baseline),
        (_Part(tables.baseline_line, _OF_OBJECT, ("number",), _but(tables.baseline_line, *_OF_OBJECT)),),
    ),
    Sealed.INSTRUCTION: _whole(tables.instruction, "instruction_id"),
    Sealed.ACCEPTANCE: _Thing(
        tables.finding,
        ("finding_id",),
        ("finding_id", "route_id", "code", "state", "accepted_by", "accepted_reason", "accepted_until"),
    ),
    Sealed.OPENING: _whole(tables.account_opening, "account_id", "ledger", "currency"),
    Sealed.SIGN_OFF: _whole(tables.sign_off, "sign_off_id"),
    Sealed.CONNECTION: _whole(tables.connection, "name"),
    Sealed.CREDENTIAL: _whole(tables.credential, "connection_id"),
    Sealed.ROUTE: _whole(tables.route, "name"),
    Sealed.SEAT: _whole(tables.seat, "person_id"),
    Sealed.INVITATION: _whole(tables.invitation, "invitation_id"),
    Sealed.PAUSE: _whole(tables.pause, "scope", "subject"),
    Sealed.STOP: _whole(tables.pause, "scope", "subject", owner=EVERYBODY),
    Sealed.ORGANISATION: _whole(tables.organisation, "organisation_id"),
    Sealed.ASSIGNMENT: _whole(tables.assignment, "subject"),
}


def subject_of(key: Key) -> str:
    """The key of a thing as one text."""
    return _ENCODER.encode(key).decode()


def key_of(subject: str) -> Key:
    """The key that a text is of."""
    return msgspec.json.decode(subject, type=Key)


def digests(work: Work, kind: Sealed, keys: Iterable[Key]) -> Iterator[tuple[Key, str]]:
    """The digest of each of these things that is there, a page of rows in memory at a time."""
    thing = THINGS[kind]
    for rest, same in groupby(sorted(keys, key=lambda key: (key[1:], key[0])), key=lambda key: key[1:]):
        for some in in_parts([key[0] for key in same]):
            yield from (((wide, *rest), digest) for wide, digest in _digests(work, thing, some, rest))


def _digests(work: Work, thing: _Thing, wide: Sequence[str | int], rest: Key) -> Iterator[tuple[str | int, str]]:
    owner = thing.owned(work)
    heads = dict(_rows(work, owner, thing.table, thing.key, (), thing.columns, wide, rest))
    told = {key: sha256(_ENCODER.encode(row)) for key, row in heads.items()}
    for part in thing.parts:
        asked = list(heads)
        if part.is_of_live:
            place = thing.columns.index("is_live")
            asked = [key for key, row in heads.items() if row[place]]
        name = str(part.table.name)
        found = (
            _rows(work, owner, part.table, part.key, part.order, part.columns, asked, rest, part.told) if asked else ()
        )
        for key, row in found:
            told[key].update(_ENCODER.encode((name, *row)))
    return ((key, digest.hexdigest()) for key, digest in told.items())


def _rows(
    work: Work,
    owner: str,
    table: sa.Table,
    key: tuple[str, ...],
    order: tuple[str, ...],
    columns: tuple[str, ...],
    wide: Sequence[str | int],
    rest: Key,
    told: str = "",
) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Of each row the first part of its key, and what is sealed of it, as the database holds it."""
    wanted, of_some = _statements(table, key, order, columns, told)
    values = {f"rest_{name}": value for name, value in zip(key[1:], rest, strict=True)}
    values[MINE.key] = owner
    flags = [place for place, name in enumerate(columns) if isinstance(table.c[name].type, sa.Boolean)]
    ordered = [table.c[name] for name in order]
    for row in _in_pages(work, wanted, of_some, table.c[key[0]], ordered, wide, values):
        sealed = row[1 + len(ordered) :]
        yield row[0], _with_numbers(sealed, flags) if flags else sealed


@cache
def _statements(
    table: sa.Table,
    key: tuple[str, ...],
    order: tuple[str, ...],
    columns: tuple[str, ...],
    told: str,
) -> tuple[Select, Select]:
    """What asks for a page of rows, and the same of some things only. Made once: every unit that writes asks so."""
    first, *others = (table.c[name] for name in key)
    mine = [table.c.organisation_id == MINE]
    mine += [column == sa.bindparam(f"rest_{column.name}") for column in others]
    mine += [_is_told(table.c[told])] if told else []
    wanted = sa.select(*(plain(table.c[name]) for name in (key[0], *order, *columns))).select_from(table).where(*mine)
    wanted = wanted.order_by(first, *(table.c[name] for name in order)).limit(_PAGE)
    return wanted, wanted.where(first.in_(sa.bindparam("wide", expanding=True)))


def _in_pages(
    work: Work,
    wanted: Select,
    of_some: Select,
    first: sa.Column[Any],
    order: Sequence[sa.Column[Any]],
    wide: Sequence[str | int],
    values: dict[str, Any],
) -> Iterator[Any]:
    """All rows of some things; those of one thing go on behind the last that was seen, by the index of their key."""
    left = list(wide)
    while left:
        page = work.rows(of_some, {**values, "wide": left})
        yield from page
        if len(page) < _PAGE:
            return
        seen, same = {row[0] for row in page}, page
        while order and len(same) == _PAGE:
            last = tuple(sa.literal(value) for value in same[-1][1 : 1 + len(order)])
            behind = sa.tuple_(*map(plain, order)) > sa.tuple_(*last) if len(order) > 1 else plain(order[0]) > last[0]
            same = work.rows(wanted.where(first == same[-1][0], behind), values)
            yield from same
        left = [one for one in left if one not in seen]


def _with_numbers(row: Sequence[Any], flags: Sequence[int]) -> tuple[Any, ...]:
    """A row of PostgreSQL as one of SQLite, which keeps a yes or no as a number."""
    values = list(row)
    for place in flags:
        values[place] = int(values[place])  # none of them may be unknown
    return tuple(values)


def _is_told(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return column.is_not(None) if column.nullable else column != ""


def drawn(work: Work) -> list[tuple[str, str, str]]:
    """(kind, subject, digest) of all that this unit touched, in one order."""
    return sorted(
        (kind.value, subject_of(key), digest)
        for kind, keys in work.touched.items()
        for key, digest in (dict.fromkeys(keys, "") | dict(digests(work, kind, keys))).items()
    )


def save(work: Work, seq: int, seals: Sequence[tuple[str, str, str]]) -> None:
    """Keep the digests of a unit's audit row."""
    work.add_many(tables.seal, ((work.organisation_id, seq, *each) for each in seals))


def root(seals: Iterable[tuple[str, str, str]]) -> str:
    """One hash over the digests of a unit, in their order."""
    over = sha256()
    for each in seals:
        over.update(_ENCODER.encode(each))
    return over.hexdigest()


def note(seals: Sequence[tuple[str, str, str]]) -> tuple[str, str, str]:
    """What the audit row says of its digests."""
    return SEALED, f"{len(seals)} digests", root(seals)


def behind(work: Work, since: int) -> Iterator[tuple[str, Key]]:
    """The kind and key of all that audit rows behind this number have digests of."""
    rows = work.rows(work.select(tables.seal, _S.kind, _S.subject).where(_S.seq > since))
    return ((kind, key_of(subject)) for kind, subject in rows)


# Verifying.

UNKNOWN: Final = "was written by nobody that the audit log knows of"


def fault(found: str) -> str:
    """What is the matter with a thing of which its newest digest says otherwise. found: the one that it has now."""
    return "was changed after it was written" if found else "was deleted"


def shown(key: Key) -> str:
    """The key of a thing for people."""
    return " ".join(str(part) for part in (reversed(key) if isinstance(key[0], int) else key) if part != "")


def by_row(work: Work) -> Iterator[tuple[int, str]]:
    """For each audit row that has digests, in order: its number, and the hash over those that are kept."""
    statement = work.select(tables.seal, _S.seq, _S.kind, _S.subject, _S.digest)
    rows = work.stream(statement.order_by(_S.seq, _S.kind, _S.subject))
    for seq, seals in groupby(rows, key=itemgetter(0)):
        yield seq, root(tuple(seal[1:]) for seal in seals)


def newest(work: Work, kind: Sealed) -> Iterator[tuple[str, str, int]]:
    """Of each thing of a kind that was ever sealed: its subject, its newest digest, and the audit row that has it."""
    newest_first = (_S.subject, _S.seq.desc())
    mine = work.select(tables.seal, _S.subject, _S.digest, _S.seq).where(_S.kind == kind.value).order_by(*newest_first)
    page = work.rows(mine.limit(_PAGE))
    while page:
        last = page[-1].subject
        for _, same in groupby(page, key=itemgetter(0)):
            subject, digest, seq = next(same)
            yield subject, digest, seq
        page = work.rows(mine.where(_S.subject > last).limit(_PAGE))


def keys(work: Work, kind: Sealed) -> Iterator[Key]:
    """Of all things of a kind, in order."""
    return chain.from_iterable(_pages_of_keys(work, kind))


def unsealed(work: Work, kind: Sealed) -> Iterator[Key]:
    """Things of a kind that no audit row knows of."""
    for page in _pages_of_keys(work, kind):
        by_subject = {subject_of(key): key for key in page}
        for some in in_parts(list(by_subject)):
            known = work.select(tables.seal, _S.subject).where(_S.kind == kind.value, _S.subject.in_(some)).distinct()
            there = {subject for (subject,) in work.rows(known)}
            yield from (by_subject[subject] for subject in some if subject not in there)


def _pages_of_keys(work: Work, kind: Sealed) -> Iterator[list[Key]]:
    thing = THINGS[kind]
    columns = [thing.table.c[name] for name in thing.key]
    mine = thing.table.c.organisation_id == thing.owned(work)
    wanted = sa.select(*map(plain, columns)).select_from(thing.table).where(mine).order_by(*columns).limit(_PAGE)
    if kind is Sealed.ACCEPTANCE:
        wanted = wanted.where(tables.finding.c.state == FindingState.ACCEPTED)
    page = work.rows(wanted)
    while page:
        yield [tuple(row) for row in page]
        after = sa.tuple_(*map(plain, columns)) > sa.tuple_(*map(sa.literal, page[-1]))
        page = work.rows(wanted.where(after))
