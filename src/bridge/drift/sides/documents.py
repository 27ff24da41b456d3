"""A channel's documents, read anew by each who asks for all: a check never holds the heads of a whole history."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.store.api import KeptDocument, UnitOfWork


class Documents:
    """The newest revision of every document of a connection, by closing day. Memory: some hundred at a time."""

    def __init__(self, unit: UnitOfWork, connection_id: str) -> None:
        self._unit, self._connection_id = unit, connection_id

    def __iter__(self) -> Iterator[KeptDocument]:
        return self._unit.documents.of_connection(self._connection_id)
