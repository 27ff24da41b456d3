"""The audit log: one row per writing unit of work, chained by hashes, appended and never changed.

hash = SHA-256 over the canonical JSON (sorted names, no spaces, UTF-8) of organisation, seq, at (ISO 8601 in UTC with
microseconds), actor, notes (the text as kept) and prev_hash. The first row's prev_hash is empty. Who keeps a head
hash elsewhere also sees a log cut short.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from sys import intern

import sqlalchemy as sa

from bridge import ids
from bridge.errors import InvariantError, StaleError
from bridge.store.api import SEALED, AuditRow, Head, Touched, Unvouched
from bridge.store.sql import deliveries, tables
from bridge.store.sql import seals as seals_of
from bridge.store.sql.codec import encode
from bridge.store.sql.named import Told, is_in_log_of, note
from bridge.store.sql.sealed import NAMED, Key, Sealed
from bridge.store.sql.work import Select, Work

_A = tables.audit.c
_PAGE = 500
_IN_ROWS = tuple(kind for kind in Sealed if kind not in NAMED)
_OF_VOUCHERS = frozenset({deliveries.ADDED, deliveries.MOVED})


class SqlAudit:
    """See ``store.api.Audit``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def note(self, action: str, subject: str, detail: str = "") -> None:
        self._work.note(action, subject, detail)
        self._work.is_told = True

    def tell(self, action: str, subject: str, detail: str = "") -> None:
        self._work.note(action, subject, detail)
        self._work.has_written = True

    def rows(self) -> Iterator[AuditRow]:
        columns = [_A[name] for name in AuditRow.__struct_fields__]
        ordered = self._work.select(tables.audit, *columns).order_by(_A.seq).limit(_PAGE)
        page = [AuditRow(*row) for row in self._work.rows(ordered)]
        while page:
            yield from page
            page = [AuditRow(*row) for row in self._work.rows(ordered.where(_A.seq > page[-1].seq))]

    def newest(self, limit: int, before: int | None = None) -> tuple[AuditRow, ...]:
        columns = [_A[name] for name in AuditRow.__struct_fields__]
        earlier = self._work.select(tables.audit, *columns).where(*(() if before is None else (_A.seq < before,)))
        return tuple(AuditRow(*row) for row in self._work.rows(earlier.order_by(_A.seq.desc()).limit(limit)))

    def head(self) -> Head | None:
        row = self._work.row(_newest(self._work.organisation_id))
        return Head(*row) if row else None

    def touched(self, since: int) -> Touched:
        keys: dict[str, set[Key]] = {kind.value: set() for kind in Sealed}
        for kind, key in seals_of.behind(self._work, since):
            keys[kind].add(key)
        notes = self._work.rows(self._work.select(tables.audit, _A.notes).where(_A.seq > since))
        vouchers = {
            subject
            for (kept,) in notes
            for action, subject, _ in json.loads(kept)
            if action.startswith(("voucher.", "baseline."))
        }
        return Touched(
            entries=frozenset(str(key[0]) for key in keys[Sealed.ENTRY]),
            documents=frozenset(str(key[0]) for key in keys[Sealed.DOCUMENT]),
            vouchers=frozenset(vouchers),
            objects=frozenset((str(ref), str(ledger)) for ref, ledger in keys[Sealed.BASELINE]),
        )

    def begun_at(self) -> datetime | None:
        at: datetime | None = self._work.value(self._work.select(tables.audit, _A.at).where(_A.seq == 1))
        return at

    def hash_of(self, seq: int) -> str:
        return self._work.value(self._work.select(tables.audit, _A.hash).where(_A.seq == seq)) or ""

    def verify(self) -> tuple[int, str]:
        count, head = 0, ""
        for row in self.rows():
            count += 1
            told = row_hash(self._work.organisation_id, row.seq, row.at, row.actor, row.notes, row.prev_hash)
            fault = (
                f"follows row {count - 1}: one was taken out or moved"
                if row.seq != count
                else "does not continue the row before it"
                if row.prev_hash != head
                else "was changed after it was written"
                if row.hash != told
                else ""
            )
            if fault:
                raise InvariantError(
                    f"audit row {row.seq}",
                    fault,
                    "Compare it with a backup; do not trust later rows",
                    code="audit.broken",
                )
            head = row.hash
        return count, head

    def digests(self, kind: Sealed, keys: Iterable[Key]) -> Iterator[tuple[Key, str]]:
        """The digest of each of these things as it stands."""
        return seals_of.digests(self._work, kind, keys)

    def unvouched(self) -> Iterator[Unvouched]:
        told = Told()
        yield from self._rows_unvouched(told)
        yield from told.unvouched(self._work)
        for kind in _IN_ROWS:
            yield from (Unvouched(kind, subject, fault, seq) for subject, fault, seq in self._changed(kind))
            for key in seals_of.unsealed(self._work, kind):
                yield Unvouched(kind, seals_of.shown(key), seals_of.UNKNOWN, 0)

    def vouch(self) -> int:
        many, told = 0, Told()
        for row in self.rows():
            told.hear(row.seq, json.loads(row.notes))
        for kind in NAMED:
            if is_in_log_of(self._work.organisation_id, kind):
                many += self._seal(kind, told.unknown(self._work, kind))
        if self._work.row(self._work.select(tables.seal, tables.seal.c.seq).limit(1)) is None:
            many += sum(self._seal(kind, list(seals_of.unsealed(self._work, kind))) for kind in _IN_ROWS)
        return many

    def _seal(self, kind: Sealed, found: Sequence[Key]) -> int:
        self._work.seal(kind, found)
        return len(found)

    def _rows_unvouched(self, of_named: Told) -> Iterator[Unvouched]:
        """Audit rows whose digests are not those that the row says, and vouchers that stand elsewhere than noted.

        of_named: told of each row. Memory: where each voucher stands.
        """
        kept, stands = dict(seals_of.by_row(self._work)), dict[str, tuple[str, int]]()
        for row in self.rows():
            told, notes = None, json.loads(row.notes)
            of_named.hear(row.seq, notes)
            for action, subject, detail in notes:
                if action == SEALED:
                    told = detail
                elif action in _OF_VOUCHERS:
                    stands[subject] = intern(deliveries.noted(action, detail)), row.seq
            if kept.pop(row.seq, None) != told:
                yield Unvouched("audit row", str(row.seq), "has other digests than it says", row.seq)
        for seq in kept:
            yield Unvouched("audit row", str(seq), "is not there, and its digests are", seq)
        for voucher_id, now, said, seq in deliveries.displaced(self._work, stands):
            yield Unvouched(Sealed.VOUCHER, voucher_id, f"is {now}, and was left {said}", seq)

    def _changed(self, kind: Sealed) -> Iterator[tuple[str, str, int]]:
        newest = seals_of.newest(self._work, kind)
        while some := list(islice(newest, _PAGE)):
            keys = [seals_of.key_of(subject) for subject, _, _ in some]
            now = dict(self.digests(kind, keys))
            for key, (_, digest, seq) in zip(keys, some, strict=True):
                if (found := now.get(key, "")) != digest:
                    yield seals_of.shown(key), seals_of.fault(found), seq


def append(work: Work) -> None:
    """Write this unit's row, last of all and alone; nothing when the unit wrote nothing.

    Raises: InvariantError when it wrote without a note.
    """
    if not work.has_written and not (work.is_told and work.has_worked):
        return
    if not work.notes():
        raise InvariantError("a unit of work", "wrote without a note", "Report this as a bug", code="audit.no_note")
    drawn = seals_of.drawn(work)
    seals = [each for each in drawn if each[0] not in NAMED]
    named = [note(Sealed(kind), subject, digest) for kind, subject, digest in drawn if kind in NAMED]
    work.lock("audit")
    last = work.row(_newest(work.organisation_id))
    seq, prev_hash = (last.seq + 1, last.hash) if last else (1, "")
    at = work.clock.now()
    notes = encode([*work.notes(), *named, *([seals_of.note(seals)] if seals else [])])
    is_appended = work.add(
        tables.audit,
        seq=seq,
        at=at,
        actor=work.actor,
        notes=notes,
        prev_hash=prev_hash,
        hash=row_hash(work.organisation_id, seq, at, work.actor, notes, prev_hash),
    )
    if not is_appended:
        raise StaleError(f"audit row {seq}", "was written by somebody else first", "Run it again")
    seals_of.save(work, seq, seals)


@lru_cache(maxsize=256)
def _newest(organisation_id: str) -> Select:
    """The last row; made once, for every unit that writes asks so."""
    newest = sa.select(_A.seq, _A.at, _A.hash).where(_A.organisation_id == organisation_id)
    return newest.order_by(_A.seq.desc()).limit(1)


def row_hash(organisation_id: str, seq: int, at: datetime, actor: str, notes: str, prev_hash: str) -> str:
    """The hash of one row; all that an offline verifier needs."""
    facts = {
        "organisation": organisation_id,
        "seq": seq,
        "at": at.isoformat(timespec="microseconds"),
        "actor": actor,
        "notes": notes,
        "prev_hash": prev_hash,
    }
    return ids.sha256_hex(json.dumps(facts, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode())
