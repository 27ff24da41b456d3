"""What is too large for one unit of work is written ahead of it, in units so short that nobody waits long for them.

Of a revision that has no head nobody reads a line, and of raw bytes without theirs nobody a piece: a kill between two
units leaves nothing to see, and whoever brings the document next clears it away. That there may be something to clear
is said by a lease on the document. Whoever brings it takes that lease, whoever has it: a run that was overtaken finds
its epoch gone before it writes more. The last unit judges again, under lock, gives the lease back and adds the head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

import msgspec

from bridge.clock import Clock
from bridge.errors import StaleError
from bridge.ingest.revisions import Outcome, Verdict
from bridge.ingest.spool import Spool, Spooled
from bridge.ingest.survey import Surveyed
from bridge.model.leases import Lease, LeaseKind
from bridge.store.api import KeptDocument, Store, UnitOfWork
from bridge.store.packing import Content, Packed

Judge = Callable[[Surveyed, Sequence[KeptDocument]], Verdict]
_BREATH_SECONDS = 0.2
"""Between two units: who waits for a SQLite database looks every 0.1 s whether it is free, and is not told."""


class AtOnce(msgspec.Struct, frozen=True):
    """How much one unit takes.

    lines, raw_bytes: what a document, and a file that is kept whole, may have to be saved in one unit.
    portion_bytes: what one unit writes ahead, of packed lines (some 50,000) or of compressed raw bytes.
    cleared: lines that one unit clears.
    """

    lines: int = 200_000
    raw_bytes: int = 64 * 1024 * 1024
    portion_bytes: int = 4 * 1024 * 1024
    cleared: int = 50_000


AT_ONCE = AtOnce()


class Ahead:
    """What one import writes ahead. tell: how many lines were written."""

    def __init__(
        self, store: Store, clock: Clock, holder: str, tell: Callable[[int], None], at_once: AtOnce = AT_ONCE
    ) -> None:
        self._store, self._clock, self._holder, self._tell, self._at_once = store, clock, holder, tell, at_once
        self._leases: dict[str, Lease] = {}
        self._written: dict[str, int] = {}

    def write(self, actor: str, spool: Spool, judge: Judge) -> None:
        """Clear what was left of these documents, and write the lines of those that are new and large.

        Raises: StaleError when somebody else brings one of them too; what ``judge`` raises.
        """
        with self._store.reading() as unit:
            left = _claimed(unit)
        if not left and spool.most_lines <= self._at_once.lines:
            return
        for spooled in spool.documents():
            is_large = spooled.surveyed.line_count > self._at_once.lines
            if (is_large or spooled.document_id in left) and spooled.document_id not in self._leases:
                self._bring(actor, spool, spooled, judge, is_large=is_large)

    def write_raw(self, actor: str, content: Content) -> Content:
        """What is still to be put of raw bytes, after what of them had to be written ahead."""
        if content.size <= self._at_once.raw_bytes:
            return content
        number = 1
        for some in _portions(content.pieces, self._at_once.portion_bytes):
            with self._store.unit(actor) as unit:
                unit.vault.write_ahead(content.content_hash, number, some)
            self._clock.sleep(_BREATH_SECONDS)
            number += len(some)
        return msgspec.structs.replace(content, pieces=())

    def settle(self, unit: UnitOfWork, spool: Spool) -> None:
        """Let go of the documents, in the unit that adds their heads.

        Raises: StaleError when somebody else brings one of them too.
        """
        for lease in self._leases.values():
            self._renew(unit, lease)
            unit.leases.release(lease)
        others = _claimed(unit)
        if others and (taken := next((name for name in spool.document_ids if name in others), "")):
            raise _overtaken(taken)

    def has(self, document_id: str, revision: int) -> bool:
        """Whether its lines were written ahead. Raises: StaleError when they were written as another revision."""
        expected = self._written.pop(document_id, None)
        if expected not in (None, revision):
            raise _overtaken(document_id)
        return expected is not None

    def check(self) -> None:
        """Raises: StaleError when lines were written ahead of a head that was not added."""
        if self._written:
            raise _overtaken(min(self._written))

    def _bring(self, actor: str, spool: Spool, spooled: Spooled, judge: Judge, *, is_large: bool) -> None:
        document_id, found = spooled.document_id, spooled.surveyed
        with self._store.reading() as unit:
            history = unit.documents.heads([document_id]).get(document_id, ())
        revision = history[0].document.revision + 1 if history else 1
        is_large = is_large and judge(found, history).outcome is not Outcome.KNOWN
        lease = self._leases[document_id] = self._take(actor, document_id)
        is_clear = False
        while not is_clear:
            with self._unit(actor, lease) as unit:
                cleared = unit.documents.clear_ahead(document_id, revision, self._at_once.cleared)
            is_clear = cleared < self._at_once.cleared
        if not is_large:
            return
        for some in _portions(spool.lines(spooled).pieces, self._at_once.portion_bytes):
            with self._unit(actor, lease) as unit:
                written = unit.documents.write_ahead(document_id, revision, Packed(some))
            self._tell(written)
        with self._store.reading() as unit:
            unit.documents.check_ahead(document_id, revision, found.line_count, found.lines_minor)
        self._written[document_id] = revision

    def _take(self, actor: str, document_id: str) -> Lease:
        now = self._clock.now()
        with self._store.unit(actor) as unit:
            unit.documents.lock(document_id)
            standing = unit.leases.get(LeaseKind.INTAKE, document_id)
            lease = unit.leases.take(LeaseKind.INTAKE, document_id, self._holder, now, now, instead_of=standing)
        if lease is None:
            raise _overtaken(document_id)
        return lease

    @contextmanager
    def _unit(self, actor: str, lease: Lease) -> Iterator[UnitOfWork]:
        """A short unit, while nobody else brings the document."""
        with self._store.unit(actor) as unit:
            unit.documents.lock(lease.subject)
            self._renew(unit, lease)
            yield unit
        self._clock.sleep(_BREATH_SECONDS)

    def _renew(self, unit: UnitOfWork, lease: Lease) -> None:
        try:
            unit.leases.renew(lease, self._clock.now())
        except StaleError as cause:
            raise _overtaken(lease.subject) from cause


def _claimed(unit: UnitOfWork) -> frozenset[str]:
    """Documents of which lines without a head may be there."""
    return frozenset(lease.subject for lease in unit.leases.all() if lease.kind is LeaseKind.INTAKE)


def _overtaken(document_id: str) -> StaleError:
    return StaleError(f"document {document_id}", "is brought by somebody else just now", "Import the file again")


def _portions(pieces: Iterable[bytes], portion_bytes: int) -> Iterator[Sequence[bytes]]:
    """As many pieces at a time as one unit writes."""
    some: list[bytes] = []
    size = 0
    for piece in pieces:
        some.append(piece)
        size += len(piece)
        if size >= portion_bytes:
            yield some
            some, size = [], 0
    if some:
        yield some
