"""One file on its way into the store: small documents some hundred at a time, a large one piece by piece."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import closing

import msgspec

from bridge.clock import Clock
from bridge.ingest.batch import Batch
from bridge.ingest.disk import FileOnDisk, changed
from bridge.ingest.revisions import Outcome, Verdict, judge, reissue_finding, reissue_problem
from bridge.ingest.survey import Progress, SeenPart, Surveyed, walk
from bridge.model.connections import Connection
from bridge.model.documents import Document, Identity, Problem
from bridge.plugin import DocumentCheck, DocumentLines, DocumentStart, Source, SourceOffer
from bridge.store.api import KeptDocument, UnitOfWork

_TOGETHER = 500
"""Documents whose history is read with one question."""


class ImportedDocument(msgspec.Struct, frozen=True):
    """One document of an imported file. document: the revision saved, or the one that was known."""

    document: Document
    outcome: Outcome
    reason: str
    lines_minor: int
    problems: tuple[Problem, ...]


class Intake:
    """Judges and saves the documents of one file for one connection."""

    def __init__(
        self,
        connection: Connection,
        source: Source,
        offer: SourceOffer,
        file: FileOnDisk,
        clock: Clock,
        progress: Progress,
    ) -> None:
        self._connection, self._source, self._offer, self._file, self._clock = connection, source, offer, file, clock
        self._connection_id = connection.connection_id
        self._progress, self._seen = progress, 0

    def known(self, unit: UnitOfWork, documents: Sequence[Surveyed]) -> tuple[ImportedDocument, ...] | None:
        """What is known of the file when nothing of it is new, down to its bytes; else None."""
        if not unit.vault.has_seen(self._connection_id, self._file.content_hash):
            return None
        found: list[ImportedDocument] = []
        for some in _in_parts(self._named(documents)):
            batch = Batch(unit, self._file.name, [document_id for document_id, _ in some])
            for document_id, surveyed in some:
                history = batch.history(document_id)
                verdict = judge(surveyed, history)
                if verdict.outcome is not Outcome.KNOWN or verdict.stands is not None:
                    return None
                found.append(_known(verdict, history))
        return tuple(found)

    def save(self, unit: UnitOfWork, documents: Sequence[Surveyed]) -> Iterator[ImportedDocument]:
        """Read the file once more and save what is new of it.

        Where the source gives payloads, the file holds buyers' data: its payloads are kept, its own bytes are not.
        Raises: DocumentError ``ingest.file_changed`` when it no longer reads as it did.
        """
        named = self._named(documents)
        unit.documents.lock_many(name for name, _ in named)  # two imports of the same documents take their turns
        is_whole = not any(surveyed.payload_hash for surveyed in documents)
        if is_whole:
            unit.vault.put(self._file.content_hash, self._file.name, self._file.chunks())
        else:
            deque(self._file.chunks(), maxlen=0)  # it must still be the file whose hash is remembered
        unit.vault.remember(self._connection_id, self._file.content_hash, self._file.name)
        self._seen = 0
        raw = self._file.content_hash if is_whole else ""
        with closing(walk(self._source, self._file)) as walked:  # its plugin is not left halfway through a file
            parts = (part for part in walked if not isinstance(part, DocumentCheck))
            for some in _in_parts(named):
                batch = Batch(unit, self._file.name, [document_id for document_id, _ in some])
                for document_id, surveyed in some:
                    yield self._take(unit, batch, parts, document_id, surveyed, raw)
                batch.save()
            if next(parts, None) is not None:
                raise changed(self._file.name)

    def _take(
        self, unit: UnitOfWork, batch: Batch, parts: Iterator[SeenPart], document_id: str, expected: Surveyed, raw: str
    ) -> ImportedDocument:
        """The next document of the file, which must be the expected one.

        raw: the hash of the file where it is kept whole.
        """
        start = next(parts, None)
        if not isinstance(start, DocumentStart):
            raise changed(self._file.name)
        history = batch.history(document_id)
        verdict = judge(expected, history)
        is_new = verdict.outcome is not Outcome.KNOWN
        part = next(parts, None)
        while isinstance(part, DocumentLines):
            if is_new:
                batch.add_lines(document_id, verdict.revision, part.lines)
            self._seen += len(part.lines)
            self._progress(self._seen)
            part = next(parts, None)
        if part != expected:
            raise changed(self._file.name)
        if not is_new:
            batch.confirm(document_id, verdict)
            return _known(verdict, history)
        kept = self._kept(expected, verdict, expected.payload_hash or raw)
        batch.add(document_id, kept, start.payload)
        if verdict.booked is not None:
            self._find(unit, kept.document, verdict.booked)
        return ImportedDocument(kept.document, verdict.outcome, verdict.reason, kept.lines_minor, kept.problems)

    def _kept(self, found: Surveyed, verdict: Verdict, vault_hash: str) -> KeptDocument:
        problems = found.problems
        if verdict.booked is not None:
            problems = (reissue_problem(found, verdict.booked, f"file {self._file.name}"), *problems)
        return KeptDocument(
            document=self._document(found, verdict.revision, vault_hash),
            connection_id=self._connection_id,
            lines_minor=found.lines_minor,
            state=verdict.state,
            saved_at=self._clock.now(),
            reason=verdict.reason,
            problems=problems,
        )

    def _find(self, unit: UnitOfWork, document: Document, booked: KeptDocument) -> None:
        """A finding for every route that a re-issue feeds."""
        for route in unit.routes.all():
            if route.source == self._connection.name:
                unit.findings.add(reissue_finding(document, booked, route), self._clock.now())

    def _document(self, found: Surveyed, revision: int, vault_hash: str) -> Document:
        start = found.start
        return Document(
            identity=self._identity(found),
            revision=revision,
            currency=start.currency,
            total_minor=start.total_minor,
            opened_at=start.opened_at,
            closed_at=start.closed_at,
            pays_at=start.pays_at,
            line_count=found.line_count,
            content_hash=found.content_hash,
            vault_hash=vault_hash,
            witness=start.witness,
            plugin=self._offer.name,
            plugin_version=self._offer.version,
            title=start.title,
            paid_at=start.paid_at,
            as_of=start.as_of,
            order_id=start.order_id,
            status=start.status,
        )

    def _identity(self, found: Surveyed) -> Identity:
        return Identity(self._offer.name, self._connection.account, found.start.kind, found.start.external_id)

    def _named(self, documents: Sequence[Surveyed]) -> list[tuple[str, Surveyed]]:
        return [(self._identity(surveyed).document_id, surveyed) for surveyed in documents]


def _known(verdict: Verdict, history: Sequence[KeptDocument]) -> ImportedDocument:
    kept = next(kept for kept in history if kept.document.revision == verdict.revision)
    return ImportedDocument(kept.document, Outcome.KNOWN, verdict.reason, kept.lines_minor, kept.problems)


def _in_parts(named: Sequence[tuple[str, Surveyed]]) -> Iterator[Sequence[tuple[str, Surveyed]]]:
    return (named[first : first + _TOGETHER] for first in range(0, len(named), _TOGETHER))
