"""Imports files: each in one unit of work, whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from bridge.clock import Clock
from bridge.errors import BridgeError, ConfigError, DocumentError, PluginError
from bridge.host.desk import Desk
from bridge.ingest.disk import FileOnDisk, changed, shown
from bridge.ingest.revisions import Outcome, Verdict, judge, reissue_finding, reissue_problem
from bridge.ingest.survey import Progress, Surveyed, survey, walk
from bridge.model.connections import Connection, Side
from bridge.model.documents import Document, Identity, Problem, Witness
from bridge.plugin import DocumentLines, DocumentStart, Source, SourceOffer
from bridge.store.api import KeptDocument, Store, UnitOfWork


class ImportedDocument(msgspec.Struct, frozen=True):
    """One document of an imported file. document: the revision saved, or the one that was known."""

    document: Document
    outcome: Outcome
    reason: str
    lines_minor: int
    problems: tuple[Problem, ...]


class ImportedFile(msgspec.Struct, frozen=True):
    """What became of a file. error: why nothing of it was kept; None when it was read."""

    name: str
    content_hash: str
    documents: tuple[ImportedDocument, ...] = ()
    error: BridgeError | None = None

    @property
    def is_news(self) -> bool:
        """Whether a person should hear of it: something was saved, or the file cannot be read."""
        return self.error is not None or any(found.outcome is not Outcome.KNOWN for found in self.documents)


class Importer:
    """Takes files in for one connection at a time."""

    def __init__(self, store: Store, desk: Desk, clock: Clock, *, max_file_bytes: int = 2 * 1024**3) -> None:
        self._store, self._desk, self._clock, self._max_file_bytes = store, desk, clock, max_file_bytes

    def import_file(
        self, connection: str, path: Path, *, actor: str, progress: Progress = lambda lines: None
    ) -> ImportedFile:
        """Read a file whole, then save what is new of it: raw bytes, lines, heads.

        progress: told how many lines so far, while they are read, and from the beginning while they are saved.
        Twice:    the same content changes nothing. Failure: a file that cannot be read is reported in the answer.
        Raises:   ConfigError for an unknown connection or file, StaleError when another import came first.
        """
        return self._import(self._connection(connection), FileOnDisk(path), actor, progress)

    def import_folder(
        self, connection: str, folder: Path, *, actor: str, progress: Progress = lambda lines: None
    ) -> tuple[ImportedFile, ...]:
        """Import the files of a folder that this connection has not seen, in the order of their names.

        Files stay where they are. Answers those that brought something, and every time those that cannot be read.
        Hidden files and folders are passed over.
        """
        if not folder.is_dir():
            raise ConfigError(f"folder {shown(folder)}", "is not there", "Check its path", code="ingest.folder")
        kept = self._connection(connection)
        with self._store.reading() as unit:
            seen = {each.document.vault_hash for each in unit.documents.of_connection(kept.connection_id)}
        found: list[ImportedFile] = []
        for path in sorted(folder.iterdir()):
            if path.name.startswith(".") or not path.is_file():
                continue
            try:
                file = FileOnDisk(path)
            except ConfigError as error:
                found.append(ImportedFile(shown(path), "", error=error))
                continue
            if file.content_hash not in seen:
                found.append(self._import(kept, file, actor, progress))
        return tuple(each for each in found if each.is_news)

    def _connection(self, name: str) -> Connection:
        with self._store.reading() as unit:
            connection = unit.connections.get(name)
        if connection.side is not Side.SOURCE:
            cause = "is a ledger; files are imported for a channel"
            raise ConfigError(f"connection {name}", cause, "Name the channel's connection", code="ingest.connection")
        return connection

    def _import(self, connection: Connection, file: FileOnDisk, actor: str, progress: Progress) -> ImportedFile:
        if file.size > self._max_file_bytes:
            return ImportedFile(file.name, "", error=_too_large(file, self._max_file_bytes))
        source, offer = self._desk.source(connection.name), self._desk.source_offer(connection.name)
        intake = _Intake(connection, source, offer, file, self._clock)
        try:
            documents = survey(source, file, progress)
            with self._store.reading() as unit:
                known = intake.known(unit, documents)
            if known is None:
                with self._store.unit(actor) as unit:
                    known = tuple(intake.save(unit, documents, progress))
        except (DocumentError, PluginError) as error:
            return ImportedFile(file.name, file.content_hash, error=error)
        return ImportedFile(file.name, file.content_hash, known)


class _Intake:
    """One file on its way into the store."""

    def __init__(
        self, connection: Connection, source: Source, offer: SourceOffer, file: FileOnDisk, clock: Clock
    ) -> None:
        self._connection, self._source, self._offer, self._file, self._clock = connection, source, offer, file, clock

    def known(self, unit: UnitOfWork, documents: tuple[Surveyed, ...]) -> tuple[ImportedDocument, ...] | None:
        """What is known of the file when nothing of it is new, down to its bytes; else None."""
        if not unit.vault.has(self._file.content_hash):
            return None
        found: list[ImportedDocument] = []
        for surveyed in documents:
            verdict, history = self._judge(unit, surveyed)
            if verdict.outcome is not Outcome.KNOWN:
                return None
            found.append(_known(verdict, history))
        return tuple(found)

    def save(self, unit: UnitOfWork, documents: tuple[Surveyed, ...], progress: Progress) -> Iterator[ImportedDocument]:
        """Keep the raw bytes, then read the file once more and save what is new of it.

        Raises: DocumentError ``ingest.file_changed`` when it no longer reads as it did.
        """
        for document_id in sorted({self._identity(surveyed).document_id for surveyed in documents}):
            unit.documents.lock(document_id)  # two imports of the same documents take their turns, in one order
        unit.vault.put(self._file.content_hash, self._file.name, self._file.chunks())
        expected = iter(documents)
        saved = 0
        verdict, document_id = Verdict(Outcome.KNOWN, 0), ""
        history: tuple[KeptDocument, ...] = ()
        surveyed: Surveyed | None = None
        for part in walk(self._source, self._file):
            if isinstance(part, DocumentStart):
                surveyed = next(expected, None)
                if surveyed is None or surveyed.start != part:
                    raise changed(self._file.name)
                verdict, history = self._judge(unit, surveyed)
                document_id = self._identity(surveyed).document_id
            elif isinstance(part, DocumentLines):
                if verdict.outcome is not Outcome.KNOWN:
                    unit.documents.add_lines(document_id, verdict.revision, part.lines)
                saved += len(part.lines)
                progress(saved)
            elif part != surveyed:
                raise changed(self._file.name)
            else:
                yield _known(verdict, history) if verdict.outcome is Outcome.KNOWN else self._add(unit, part, verdict)
        if next(expected, None) is not None:
            raise changed(self._file.name)

    def _add(self, unit: UnitOfWork, found: Surveyed, verdict: Verdict) -> ImportedDocument:
        """Save the head, after its lines; and where it is a re-issue, a finding for every route it feeds."""
        document = self._document(found, verdict.revision)
        problems = found.problems
        if verdict.booked is not None:
            problems = (reissue_problem(found, verdict.booked, f"file {self._file.name}"), *problems)
        now = self._clock.now()
        unit.documents.add(
            KeptDocument(
                document=document,
                connection_id=self._connection.connection_id,
                lines_minor=found.lines_minor,
                state=verdict.state,
                saved_at=now,
                reason=verdict.reason,
                problems=problems,
            )
        )
        if verdict.booked is not None:
            for route in unit.routes.all():
                if route.source == self._connection.name:
                    unit.findings.add(reissue_finding(document, verdict.booked, route), now)
        return ImportedDocument(document, verdict.outcome, verdict.reason, found.lines_minor, problems)

    def _judge(self, unit: UnitOfWork, found: Surveyed) -> tuple[Verdict, tuple[KeptDocument, ...]]:
        """The verdict on a document, and its saved revisions, newest first."""
        document_id = self._identity(found).document_id
        latest = unit.documents.latest(document_id)
        numbers = range(latest.document.revision, 0, -1) if latest is not None else range(0)
        revisions = (unit.documents.revision(document_id, number) for number in numbers)
        history = tuple(kept for kept in revisions if kept is not None)
        return judge(found, history), history

    def _identity(self, found: Surveyed) -> Identity:
        return Identity(self._offer.name, self._connection.account, found.start.kind, found.start.external_id)

    def _document(self, found: Surveyed, revision: int) -> Document:
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
            vault_hash=self._file.content_hash,
            witness=Witness.FILE,
            plugin=self._offer.name,
            plugin_version=self._offer.version,
            title=start.title,
        )


def _known(verdict: Verdict, history: tuple[KeptDocument, ...]) -> ImportedDocument:
    kept = next(kept for kept in history if kept.document.revision == verdict.revision)
    return ImportedDocument(kept.document, Outcome.KNOWN, kept.reason, kept.lines_minor, kept.problems)


def _too_large(file: FileOnDisk, limit: int) -> DocumentError:
    return DocumentError(
        file.name,
        f"has {file.size:,} bytes, and {limit:,} are allowed",
        "Check that it is the right file, or raise limits.max_file_bytes in [bridge]",
        code="ingest.too_large",
    )
