"""An importer over a real store, with a small channel behind it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from bridge.ingest import ImportedFile, Importer
from bridge.model.documents import Document, DocumentKind, DocumentState, Identity, Problem
from bridge.model.findings import FindingState, KeptFinding
from bridge.model.lines import Line
from bridge.store.api import KeptDocument, Store
from tests.fakes.clock import FakeClock
from tests.fakes.desk import FakeDesk
from tests.ingest.channel import (
    CONNECTION,
    LEDGER,
    OTHER,
    ROUTE,
    Fact,
    SmallSource,
    Stated,
    Statement,
    offer,
    write,
    write_facts,
)


class World:
    """A merchant with a small shop, a place to drop files, and nothing in the books yet."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder, self.source = store, folder, SmallSource()
        self.clock = FakeClock()
        sources = {connection.name: self.source for connection in (CONNECTION, OTHER)}
        offers = {name: offer(self.source) for name in sources}
        desk = FakeDesk(self.clock, sources=sources, source_offers=offers)
        self.importer = Importer(store, desk, self.clock)
        with store.unit("test") as unit:
            for connection in (CONNECTION, OTHER, LEDGER):
                unit.connections.put(connection)
            unit.routes.put(ROUTE)

    def drop(self, name: str, *statements: Statement, damaged_after: int = 0) -> Path:
        """Put a file into the folder."""
        return write(self.folder / name, *statements, damaged_after=damaged_after)

    def drop_facts(self, name: str, *facts: Fact, stated: Sequence[Stated] = (), notes: Sequence[Problem] = ()) -> Path:
        """Put a file of orders, and of what belongs to them, into the folder."""
        return write_facts(self.folder / name, *facts, stated=stated, notes=notes)

    def take(self, path: Path, connection: str = "shop") -> ImportedFile:
        return self.importer.import_file(connection, path, actor="ada")

    def sync(self, connection: str = "shop") -> tuple[ImportedFile, ...]:
        return self.importer.import_folder(connection, self.folder, actor="worker")

    def kept(
        self, name: str = "P-1", revision: int | None = None, kind: DocumentKind = DocumentKind.SETTLEMENT
    ) -> KeptDocument:
        """A saved revision, the newest unless named."""
        wanted = document_id(name, kind=kind)
        with self.store.reading() as unit:
            found = unit.documents.latest(wanted) if revision is None else unit.documents.revision(wanted, revision)
        assert found is not None
        return found

    def lines(self, document: Document) -> list[Line]:
        with self.store.reading() as unit:
            pages = unit.documents.lines(document.document_id, document.revision)
            return [line for page in pages for line in page]

    def order(self, name: str = "1001", revision: int | None = None) -> KeptDocument:
        return self.kept(name, revision, DocumentKind.ORDER)

    def book(self, name: str = "P-1", kind: DocumentKind = DocumentKind.SETTLEMENT) -> None:
        """As the books would: mark the newest revision booked."""
        revision = self.kept(name, kind=kind).document.revision
        with self.store.unit("books") as unit:
            unit.documents.set_state(document_id(name, kind=kind), revision, DocumentState.BOOKED, "")

    def documents(self) -> tuple[KeptDocument, ...]:
        with self.store.reading() as unit:
            return tuple(unit.documents.of_connection(CONNECTION.connection_id))

    def findings(self) -> Sequence[KeptFinding]:
        with self.store.reading() as unit:
            return unit.findings.of_route(ROUTE.route_id, FindingState.OPEN)

    def notes(self) -> list[tuple[str, str, str]]:
        """What the newest row of the audit log says."""
        with self.store.reading() as unit:
            *_, newest = unit.audit.rows()
        return [(action, subject, detail) for action, subject, detail in json.loads(newest.notes)]

    def has_bytes(self, content_hash: str) -> bool:
        with self.store.reading() as unit:
            return unit.vault.has(content_hash)

    def audit_rows(self) -> int:
        with self.store.reading() as unit:
            return len(list(unit.audit.rows()))

    def vault(self, content_hash: str) -> bytes:
        with self.store.reading() as unit:
            return b"".join(unit.vault.open(content_hash))


def document_id(name: str, account: str = "S1", kind: DocumentKind = DocumentKind.SETTLEMENT) -> str:
    return Identity("small", account, kind, name).document_id


@pytest.fixture
def world(sqlite_store: Store, tmp_path: Path) -> World:
    folder = tmp_path / "inbox"
    folder.mkdir()
    return World(sqlite_store, folder)
