"""Documents of one file on their way into the store together, so that each costs a part of a statement, not ten."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.model.lines import Line
from bridge.store.api import KeptDocument, Stand, UnitOfWork

_LINES = 5_000
_PAYLOAD_BYTES = 4 * 1024 * 1024
_LARGE = 2_000
"""Lines from which on a document is saved piece by piece."""


class Batch:
    """Saves what it was given when it is told to, or sooner. Memory: some thousand lines, a few megabytes of payloads.

    document_ids: of all documents it may be asked about; what is saved of them is read at once.
    """

    def __init__(self, unit: UnitOfWork, name: str, document_ids: Sequence[str]) -> None:
        self._unit, self._name = unit, name
        self._histories = dict(unit.documents.heads(document_ids))
        self._open: list[Line] = []
        self._is_large = False
        self._waiting: dict[str, tuple[KeptDocument, Sequence[Line]]] = {}
        self._payloads: dict[str, bytes] = {}
        self._stands: dict[tuple[str, int], Stand] = {}
        self._lines = self._bytes = 0

    def history(self, document_id: str) -> tuple[KeptDocument, ...]:
        """The revisions of a document, newest first, with those added here."""
        return self._histories.get(document_id, ())

    def add_lines(self, document_id: str, revision: int, lines: Sequence[Line]) -> None:
        """Lines of the document whose head comes next."""
        self._open += lines
        if self._is_large or len(self._open) > _LARGE:
            if not self._is_large:
                self.save()
            self._is_large = True
            self._unit.documents.add_lines(document_id, revision, self._open)
            self._open = []

    def add(self, document_id: str, kept: KeptDocument, payload: bytes) -> None:
        """A revision, after its lines, with what is kept of the channel's own words."""
        if self._is_large:
            self._unit.documents.add(kept)
        else:
            if document_id in self._waiting:
                self.save()
            self._waiting[document_id] = kept, self._open
            self._lines += len(self._open)
        self._open, self._is_large = [], False
        self._histories[document_id] = (kept, *self.history(document_id))
        self._keep(kept.document.vault_hash, payload)

    def confirm(self, document_id: str, stand: Stand, payload: bytes) -> None:
        """The channel stood by the newest revision: later, by a better witness, or in more answers that are kept."""
        newest, *older = self.history(document_id)
        known = newest.document
        self._stands[document_id, known.revision] = stand
        vault_hash = stand.vault_hash or known.vault_hash
        document = msgspec.structs.replace(known, as_of=stand.as_of, witness=stand.witness, vault_hash=vault_hash)
        self._histories[document_id] = (msgspec.structs.replace(newest, document=document), *older)
        if stand.vault_hash:
            self._keep(stand.vault_hash, payload)

    def _keep(self, vault_hash: str, payload: bytes) -> None:
        if payload and vault_hash not in self._payloads:
            self._payloads[vault_hash] = payload
            self._bytes += len(payload)
        if self._lines > _LINES or self._bytes > _PAYLOAD_BYTES:
            self.save()

    def save(self) -> None:
        """Save what waits."""
        self._unit.vault.put_many(self._name, self._payloads)
        self._unit.documents.add_many(tuple(self._waiting.values()))
        self._unit.documents.confirm(self._stands)
        self._waiting, self._payloads, self._stands = {}, {}, {}
        self._lines = self._bytes = 0
