"""Documents of one file on their way into the store together, so that each costs a part of a statement, not ten."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.store.api import KeptDocument, Stand, UnitOfWork
from bridge.store.packing import Content, Packed

_LINES = 5_000
_PAYLOAD_BYTES = 4 * 1024 * 1024


class Batch:
    """Saves what it was given when it is told to, or sooner. Memory: some hundred heads, a few megabytes of payloads.

    document_ids: of all documents it may be asked about; what is saved of them is read at once.
    """

    def __init__(self, unit: UnitOfWork, name: str, document_ids: Sequence[str]) -> None:
        self._unit, self._name = unit, name
        self._histories = dict(unit.documents.heads(document_ids))
        self._waiting: dict[str, tuple[KeptDocument, Packed | None]] = {}
        self._payloads: dict[str, Content] = {}
        self._stands: dict[tuple[str, int], Stand] = {}
        self._lines = self._bytes = 0

    def history(self, document_id: str) -> tuple[KeptDocument, ...]:
        """The revisions of a document, newest first, with those added here."""
        return self._histories.get(document_id, ())

    def add(self, document_id: str, kept: KeptDocument, lines: Packed | None, payload: Content | None) -> None:
        """A revision with its lines (None: written ahead), and what is kept of the channel's own words."""
        if document_id in self._waiting:
            self.save()
        self._waiting[document_id] = kept, lines
        self._lines += kept.document.line_count
        self._histories[document_id] = (kept, *self.history(document_id))
        self._keep(payload)

    def confirm(self, document_id: str, stand: Stand, payload: Content | None) -> None:
        """The channel stood by the newest revision: later, by a better witness, or in more answers that are kept."""
        newest, *older = self.history(document_id)
        known = newest.document
        self._stands[document_id, known.revision] = stand
        vault_hash = stand.vault_hash or known.vault_hash
        document = msgspec.structs.replace(known, as_of=stand.as_of, witness=stand.witness, vault_hash=vault_hash)
        self._histories[document_id] = (msgspec.structs.replace(newest, document=document), *older)
        if stand.vault_hash:
            self._keep(payload)

    def _keep(self, payload: Content | None) -> None:
        if payload is not None and payload.content_hash not in self._payloads:
            self._payloads[payload.content_hash] = payload
            self._bytes += payload.size
        if self._lines > _LINES or self._bytes > _PAYLOAD_BYTES:
            self.save()

    def save(self) -> None:
        """Save what waits."""
        self._unit.vault.put_many(self._name, self._payloads.values())
        self._unit.documents.add_many(tuple(self._waiting.values()))
        self._unit.documents.confirm(self._stands)
        self._waiting, self._payloads, self._stands = {}, {}, {}
        self._lines = self._bytes = 0
