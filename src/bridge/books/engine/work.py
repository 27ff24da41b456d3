"""What is booked together: slots, and the documents whose lines go there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bridge.books.engine.place import PaidOut, Place
from bridge.errors import StaleError
from bridge.model.documents import DocumentState
from bridge.model.entries import Slot
from bridge.model.reasons import Reason
from bridge.store.api import KeptDocument, UnitOfWork


class Work(msgspec.Struct, frozen=True):
    """Slots that are booked together, and the documents whose lines go there.

    documents: by id, at the revision to book. payouts: that hold a document's money, by its id. done: documents that
    no later work touches.
    """

    slots: tuple[Slot, ...]
    places: Mapping[Slot, Place]
    documents: Mapping[str, KeptDocument]
    payouts: Mapping[str, PaidOut]
    done: frozenset[str]


def check_unchanged(uow: UnitOfWork, documents: Mapping[str, KeptDocument]) -> None:
    """Raises: StaleError when one of these documents is not as it was read, or newer content of it is booked or new."""
    heads = uow.documents.heads(sorted(documents))
    for document_id, kept in documents.items():
        history = heads.get(document_id, ())
        now = next((head for head in history if head.document.revision == kept.document.revision), None)
        is_same = now is not None and (now.state, now.reason) == (kept.state, kept.reason)
        if not is_same or _is_overtaken(kept.document.revision, history):
            raise StaleError(f"document {document_id}", "changed while it was being booked", "Book again")


def _is_overtaken(revision: int, history: Sequence[KeptDocument]) -> bool:
    """Whether newer content is in the books, or will be. history: newest first; nobody looks at those between."""
    newer = [head for head in history if head.document.revision > revision]
    is_awaited = bool(newer) and newer[0].state is DocumentState.NEW
    is_booked = (head.state is DocumentState.BOOKED and head.reason != Reason.REISSUE_ACCEPTED for head in newer)
    return is_awaited or any(is_booked)
