"""Pure: what becomes of a document that was read, given what is known of it already."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from bridge.errors import DocumentError
from bridge.ingest.survey import Surveyed
from bridge.model.connections import Route
from bridge.model.documents import Document, DocumentState, Problem
from bridge.model.findings import Finding, Severity
from bridge.model.money import decimal_text
from bridge.store.api import KeptDocument


class Outcome(StrEnum):
    """What an import did with a document: saved it to be booked, saved and held it, or knew it already."""

    NEW = "new"
    HELD = "held"
    KNOWN = "known"


class Verdict(msgspec.Struct, frozen=True):
    """revision: the number to save, or the one that is known. reason: stable code of why it is held.

    booked: the revision the books stand on, where this one is another content of it.
    """

    outcome: Outcome
    revision: int
    reason: str = ""
    booked: KeptDocument | None = None

    @property
    def state(self) -> DocumentState:
        return DocumentState.NEW if self.outcome is Outcome.NEW else DocumentState.HELD


def judge(found: Surveyed, history: Sequence[KeptDocument]) -> Verdict:
    """What becomes of it. history: its saved revisions, newest first.

    Content that is saved already changes nothing, unless it is whole and stands behind a cut copy: then it comes to
    the front again. New content is the next revision: held when it does not balance, and held as a re-issue when an
    earlier revision was booked, for that one stays in the books until a person decides. Where none was booked, the
    newest whole content is simply the one to book.
    Raises: DocumentError (``settlement.damaged_copy``) for content that does not balance of a document that is there
            whole, booked or not.
    """
    for kept in history:
        if kept.document.content_hash == found.content_hash and not _is_shadowed(kept, history[0]):
            return Verdict(Outcome.KNOWN, kept.document.revision, kept.reason)
    revision = history[0].document.revision + 1 if history else 1
    booked = next((kept for kept in history if kept.state is DocumentState.BOOKED), None)
    whole = booked or next((kept for kept in history if _is_whole(kept)), None)
    if found.off_minor and whole is not None:
        raise _damaged_copy(found, whole)
    if found.off_minor:
        return Verdict(Outcome.HELD, revision, f"{found.start.kind}.unbalanced")
    if booked is not None:
        return Verdict(Outcome.HELD, revision, f"{found.start.kind}.reissued", booked)
    return Verdict(Outcome.NEW, revision)


def _is_whole(kept: KeptDocument) -> bool:
    return kept.lines_minor == kept.document.total_minor


def _is_shadowed(kept: KeptDocument, newest: KeptDocument) -> bool:
    """Whether a whole revision that is not booked stands behind a newer one that is held because it is not whole."""
    is_free = _is_whole(kept) and kept.state is not DocumentState.BOOKED
    return is_free and newest.state is DocumentState.HELD and not _is_whole(newest)


def _damaged_copy(found: Surveyed, whole: KeptDocument) -> DocumentError:
    """A file that cannot be right, of a document that is: it is set aside, and what is there stays as it is."""
    start = found.start
    is_booked = whole.state is DocumentState.BOOKED
    there = "It is booked already" if is_booked else "A complete file of it is there already"
    lines, total = (_total(minor, start.currency) for minor in (found.lines_minor, start.total_minor))
    return DocumentError(
        f"{start.kind} {start.external_id}",
        f"this file of it is cut or damaged: its lines add up to {lines}, not to its total of {total}. "
        f"{there} ({_of(whole.document)}), and stays{' so' if is_booked else ''}",
        "Remove this file; nothing of it was kept",
        code=f"{start.kind}.damaged_copy",
    )


def reissue_problem(found: Surveyed, booked: KeptDocument, where: str) -> Problem:
    """What a reader of the held revision must know."""
    start = found.start
    message = (
        f"{start.kind} {start.external_id}: the channel issued it again with other content "
        f"(total {_total(start.total_minor, start.currency)}, booked {_of(booked.document)}). The booked one stays."
    )
    return Problem(code=f"{start.kind}.reissued", message=message, where=where, blocking=True)


def reissue_finding(document: Document, booked: KeptDocument, route: Route) -> Finding:
    """The finding a person decides on; at stake is the difference of the totals, where they share a currency."""
    before = booked.document
    difference = document.total_minor - before.total_minor if document.currency == before.currency else 0
    name = f"{document.identity.kind} {document.identity.external_id}"
    return Finding(
        code="books.reissued",
        severity=Severity.ERROR,
        route_id=route.route_id,
        subject=f"{document.document_id}#{document.revision}",
        title=f"{name} was issued again with other content",
        amount_minor=difference,
        currency=document.currency,
        cause=f"the channel replaced the report after revision {before.revision} of it was booked",
        repair="compare both files; correct the booked entries by hand where the new one is right, then accept this",
        evidence=(
            ("revision", str(before.revision), str(document.revision)),
            ("total", _of(before), _of(document)),
            ("lines", str(before.line_count), str(document.line_count)),
            ("file", before.vault_hash, document.vault_hash),
        ),
    )


def _of(document: Document) -> str:
    return _total(document.total_minor, document.currency)


def _total(minor: int, currency: str) -> str:
    return f"{decimal_text(minor, currency)} {currency}"
