"""Imports files: each whole or not at all."""

from __future__ import annotations

from pathlib import Path

import msgspec

from bridge.clock import Clock
from bridge.errors import BridgeError, ConfigError, DocumentError, PluginError
from bridge.host.desk import Desk
from bridge.ingest.ahead import AT_ONCE, AtOnce
from bridge.ingest.checks import compare
from bridge.ingest.disk import FileOnDisk, shown
from bridge.ingest.intake import ImportedDocument, Intake
from bridge.ingest.joining import NOTHING_KNOWN, join
from bridge.ingest.revisions import Outcome
from bridge.ingest.spool import Into, Spool
from bridge.ingest.survey import Progress, walk
from bridge.model.connections import Connection, Side
from bridge.model.documents import DocumentKind, Problem
from bridge.plugin import DocumentCheck, DocumentLines, Source, SourceOffer
from bridge.store.api import Store


class ImportedFile(msgspec.Struct, frozen=True):
    """What became of a file.

    error:   why nothing of it was kept; None when it was read.
    checked: how many documents of each kind it only states, to be compared with what is there. checks: how many of
             them agree; of each of the others there is a problem.
    """

    name: str
    content_hash: str
    documents: tuple[ImportedDocument, ...] = ()
    error: BridgeError | None = None
    checked: tuple[tuple[DocumentKind, int], ...] = ()
    checks: int = 0
    problems: tuple[Problem, ...] = ()

    @property
    def is_news(self) -> bool:
        """Whether a person should hear of it: something was saved, something differs, or it cannot be read."""
        is_saved = any(found.outcome is not Outcome.KNOWN for found in self.documents)
        return self.error is not None or is_saved or bool(self.problems)


class Importer:
    """Takes files in for one connection at a time."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        clock: Clock,
        *,
        max_file_bytes: int = 2 * 1024**3,
        at_once: AtOnce = AT_ONCE,
    ) -> None:
        self._store, self._desk, self._clock, self._max_file_bytes = store, desk, clock, max_file_bytes
        self._at_once = at_once

    def import_file(
        self, connection: str, path: Path, *, actor: str, progress: Progress = lambda lines: None
    ) -> ImportedFile:
        """Read a file once, then save what is new of it: raw bytes or payloads, lines, heads. Compare what it states.

        Where the source gives payloads, the file holds buyers' data: its payloads are kept, its own bytes are not.

        progress: told how many lines so far, while they are read, and from the beginning while they are saved.
        Twice:    the same content changes nothing. Failure: a file that cannot be read is reported in the answer.
        Raises:   ConfigError for an unknown connection or file, StaleError when another import came first.
        """
        return self._import(self._connection(connection), FileOnDisk(path), actor, progress)

    def import_folder(
        self, connection: str, folder: Path, *, actor: str, progress: Progress = lambda lines: None
    ) -> tuple[ImportedFile, ...]:
        """Import the files of a folder that this connection has not seen, in the order of their names.

        Files stay where they are. Answers those that brought something, and every time those that cannot be read or
        state what is not so. Hidden files and folders are passed over.
        """
        if not folder.is_dir():
            raise ConfigError(
                f"connection {connection}",
                f"its inbox {shown(folder)} is not there",
                "Make the folder, or correct inbox of the connection in bridge.toml and run `bridge apply`",
                code="ingest.folder",
            )
        kept = self._connection(connection)
        paths = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".") and path.is_file()]
        files = [_opened(path) for path in paths]
        with self._store.reading() as unit:
            seen = unit.vault.seen(kept.connection_id, [file.content_hash for file in files])
        found = (
            file if isinstance(file, ImportedFile) else self._import(kept, file, actor, progress)
            for file in files
            if file.content_hash not in seen
        )
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
        into = Into(self._store, connection, offer.name)
        try:
            with Spool(into) as spool:
                checks = _read(source, file, spool, progress)
                documents = self._taken(into, source, offer, file, spool, actor, progress) if spool else ()
            with self._store.reading() as unit:
                agreed, faults = compare(unit, connection, offer, checks, f"file {file.name}")
        except (DocumentError, PluginError) as error:
            return ImportedFile(file.name, file.content_hash, error=error)
        kinds = [check.kind for check in checks]
        return ImportedFile(
            file.name,
            file.content_hash,
            documents,
            checked=tuple((kind, kinds.count(kind)) for kind in DocumentKind if kind in kinds),
            checks=agreed,
            problems=(*spool.notes, *faults, *(found.objection for found in documents if found.objection is not None)),
        )

    def _taken(
        self,
        into: Into,
        source: Source,
        offer: SourceOffer,
        file: FileOnDisk,
        spool: Spool,
        actor: str,
        progress: Progress,
    ) -> tuple[ImportedDocument, ...]:
        """What was read of a file, in the store: joined with what is kept of its orders, judged, and saved."""
        is_whole, connection_id = not spool.has_payloads, into.connection.connection_id
        joined = join(into, source, spool) if offer.capabilities.joins_orders else NOTHING_KNOWN
        intake = Intake(into, offer, self._clock, spool, name=file.name, progress=progress, at_once=self._at_once)
        with self._store.reading() as unit:
            is_seen = unit.vault.has_seen(connection_id, file.content_hash)
        known = intake.known() if is_seen else None
        if known is not None:
            return known
        raw = spool.keep_whole(file.content_hash, file.size, file.chunks()) if is_whole else None
        if raw is None:
            file.check()
        with intake.unit(actor, joined, raw) as unit:
            unit.vault.remember(connection_id, file.content_hash, file.name)
            return tuple(intake.save(unit))


def _read(source: Source, file: FileOnDisk, spool: Spool, progress: Progress) -> tuple[DocumentCheck, ...]:
    """Read a file once, into the spool; what it only states comes back."""
    seen = 0
    checks: list[DocumentCheck] = []
    for part in spool.take(walk(source.read_file(file), f"file {file.name}")):
        if isinstance(part, DocumentLines | DocumentCheck):
            seen += len(part.lines) if isinstance(part, DocumentLines) else 1
            progress(seen)
        if isinstance(part, DocumentCheck):
            checks.append(part)
    return tuple(checks)


def _opened(path: Path) -> FileOnDisk | ImportedFile:
    """A file to import; or what became of it already, where it cannot be read."""
    try:
        return FileOnDisk(path)
    except ConfigError as error:
        return ImportedFile(shown(path), "", error=error)


def _too_large(file: FileOnDisk, limit: int) -> DocumentError:
    return DocumentError(
        file.name,
        f"has {file.size:,} bytes, and {limit:,} are allowed",
        "Check that it is the right file, or raise limits.max_file_bytes in [bridge]",
        code="ingest.too_large",
    )
