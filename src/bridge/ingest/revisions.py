"""Pure: what becomes of a document that was read, given what is known of it already."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from enum import StrEnum

import msgspec

from bridge.errors import DocumentError
from bridge.ingest.survey import Surveyed
from bridge.model.connections import Route
from bridge.model.documents import Awaits, Document, DocumentKind, DocumentState, Problem, Witness, is_of_words
from bridge.model.findings import REISSUED, Finding, Severity
from bridge.model.money import decimal_text
from bridge.model.reasons import Reason, reissued, unbalanced
from bridge.store.api import KeptDocument, Stand


class Outcome(StrEnum):
    """What an import did with a document: saved it to be booked, saved and held it, or knew it already."""

    NEW = "new"
    HELD = "held"
    KNOWN = "known"


class Verdict(msgspec.Struct, frozen=True, gc=False):
    """revision: the number to save, or the one that is known. reason: stable code of why it is held or passed over.

    booked: the revision the books stand on, where this one is another content of a settlement.
    stands: what is said of the newest revision, which is known, from now on; None: what was said of it before.
    is_past: it is known, and was told before the channel said something later of it: what else it says is over.
    """

    outcome: Outcome
    revision: int
    reason: str = ""
    booked: KeptDocument | None = None
    stands: Stand | None = None
    is_past: bool = False

    @property
    def state(self) -> DocumentState:
        return DocumentState.NEW if self.outcome is Outcome.NEW else DocumentState.HELD


def judge(found: Surveyed, history: Sequence[KeptDocument], *, foreign: Collection[str] = ()) -> Verdict:
    """What becomes of it. history: its saved revisions, newest first.

    foreign: hashes of facts under which the channel's amounts and days meant something else; another content of what
             was booked under such is held, for it may be the same fact in other words.
    Raises:  DocumentError (``settlement.damaged_copy``) for content that does not balance of a settlement that is
             there whole, booked or not.
    """
    is_statement = found.start.kind is DocumentKind.SETTLEMENT
    verdict = _judge_statement(found, history) if is_statement else _judge_fact(found, history)
    return _by_meaning(verdict, history, foreign)


def judge_joined(found: Surveyed, history: Sequence[KeptDocument], *, foreign: Collection[str] = ()) -> Verdict:
    """The same of a document that was read with all that was ever kept of its order, whenever that was told.

    Nothing kept can speak against it, for it was read too: a content that is another is the next revision, also where
    what is new in it was told before the newest of what was kept (an order that was charged another total at first).
    What is kept of a content that is known is replaced by what this reading keeps of it, which tells of more answers:
    without those, what comes next would be read as if they had not been given.

    What the channel said is gone was said by no payload: what all of them say was told before that.
    foreign: see ``judge``.
    """
    return _by_meaning(_judge_joined(found, history), history, foreign)


def _judge_joined(found: Surveyed, history: Sequence[KeptDocument]) -> Verdict:
    if history and history[0].reason == Reason.GONE and not _is_shown_again(found, history[0].document):
        stands = _stands(found, history[0].document, found.payload_hash)
        return Verdict(Outcome.KNOWN, history[0].document.revision, Reason.GONE, stands=stands, is_past=True)
    if found.start.awaits is not None:
        verdict = _judge_awaiting(found, found.start.awaits, history)
        if verdict.outcome is not Outcome.KNOWN:
            return verdict
        return msgspec.structs.replace(verdict, stands=_stands(found, history[0].document, found.payload_hash))
    if not history:
        return _next_fact(found, 1)
    newest = history[0]
    is_known = newest.document.content_hash == found.content_hash
    if is_known and newest.reason != Reason.GONE and not _is_judged_otherwise(found, newest):
        stands, is_past = _stands(found, newest.document, found.payload_hash), _is_earlier(found, newest.document)
        return Verdict(Outcome.KNOWN, newest.document.revision, newest.reason, stands=stands, is_past=is_past)
    return _next_fact(found, newest.document.revision + 1)


def _judge_fact(found: Surveyed, history: Sequence[KeptDocument]) -> Verdict:
    """Of an order, or whatever else the channel goes on changing: the content it stood by last is the one that counts.

    A later content is the next revision, to be booked by correction; or held when it does not balance, and what is
    booked stays. A file says nothing new after the channel's API has spoken, nor does an earlier answer after a later
    one. Where neither tells when it was given, content that was there before is known, so that two files that are read
    again and again do not take turns.

    Content that is known is another revision too where something speaks against it by now, or does no longer: of a
    refund the reason may lie in its order. What is booked stays.
    """
    start = found.start
    if start.awaits is not None:
        return _judge_awaiting(found, start.awaits, history)
    if not history:
        return _next_fact(found, 1)
    newest = history[0]
    kept = newest.document
    is_earlier = _is_earlier(found, kept)
    if kept.content_hash == found.content_hash:
        is_again = newest.reason == Reason.GONE and _is_shown_again(found, kept)
        if is_again or (_is_told_no_earlier(found, kept) and _is_judged_otherwise(found, newest)):
            return _next_fact(found, kept.revision + 1)
        return Verdict(Outcome.KNOWN, kept.revision, newest.reason, stands=_stands(found, kept), is_past=is_earlier)
    if is_earlier or (start.witness is Witness.FILE and kept.witness is Witness.API):
        reason = Reason.STALE if is_earlier else Reason.FILE_AFTER_API
        return Verdict(Outcome.KNOWN, kept.revision, reason, is_past=True)
    for older in (each.document for each in history[1:]):
        is_as_old = start.as_of is None or older.as_of is None or start.as_of == older.as_of
        if is_as_old and older.content_hash == found.content_hash:
            return Verdict(Outcome.KNOWN, older.revision, Reason.STALE, is_past=True)
    return _next_fact(found, kept.revision + 1)


def _by_meaning(verdict: Verdict, history: Sequence[KeptDocument], foreign: Collection[str]) -> Verdict:
    """The verdict; held where what is booked was read when the channel's amounts and days meant something else."""
    booked = next((kept for kept in history if kept.state is DocumentState.BOOKED), None)
    if verdict.outcome is Outcome.NEW and booked is not None and booked.document.facts_hash in foreign:
        return Verdict(Outcome.HELD, verdict.revision, Reason.FACTS_CHANGED)
    return verdict


def _is_earlier(found: Surveyed, kept: Document) -> bool:
    """Whether it was told before what is kept was."""
    return found.start.as_of is not None and kept.as_of is not None and found.start.as_of < kept.as_of


def _is_shown_again(found: Surveyed, gone: Document) -> bool:
    """Whether it is told after the channel said that it is gone, or does not say when."""
    return found.start.as_of != gone.as_of and not _is_earlier(found, gone)


def _is_told_no_earlier(found: Surveyed, kept: Document) -> bool:
    """Whether it is told no earlier than what is kept, and by no lesser witness."""
    start = found.start
    if start.as_of is None or _is_earlier(found, kept):
        return False
    return not (start.witness is Witness.FILE and kept.witness is Witness.API)


def _is_judged_otherwise(found: Surveyed, newest: KeptDocument) -> bool:
    """Whether content that is known is held now by what speaks against it, or set free from that."""
    if any(problem.blocking and problem.code == newest.reason for problem in newest.problems):
        return not _blocking(found)
    return bool(_blocking(found)) and newest.state is not DocumentState.BOOKED


def _blocking(found: Surveyed) -> str:
    """The code of what its reader says against booking it as it is; empty when nothing."""
    against = (problem.code for problem in found.problems if problem.blocking and not is_of_words(problem.code))
    return next(against, "")


def _judge_awaiting(found: Surveyed, awaits: Awaits, history: Sequence[KeptDocument]) -> Verdict:
    """Of what cannot be read yet: it is kept, and held until what it waits for comes, or is not waited for any more.

    What was read once, also on a person's word, stands.
    """
    reason = str(awaits) if _blocking(found) else ""
    if not history:
        return Verdict(Outcome.HELD if reason else Outcome.NEW, 1, reason)
    newest = history[0]
    is_as_before = newest.document.content_hash == found.content_hash and newest.reason == reason
    if newest.document.line_count or is_as_before:
        return Verdict(Outcome.KNOWN, newest.document.revision, newest.reason)
    return Verdict(Outcome.HELD if reason else Outcome.NEW, newest.document.revision + 1, reason)


def _next_fact(found: Surveyed, revision: int) -> Verdict:
    """The next revision; held where its reader said that it must not be booked as it is.

    Words that nobody has classified hold its vouchers, not the document: so a rule or a release leads on.
    """
    verdict = _next(found, revision)
    blocking = _blocking(found)
    return Verdict(Outcome.HELD, revision, blocking) if blocking and not verdict.reason else verdict


def _next(found: Surveyed, revision: int) -> Verdict:
    if found.off_minor:
        return Verdict(Outcome.HELD, revision, unbalanced(found.start.kind))
    return Verdict(Outcome.NEW, revision)


def _stands(found: Surveyed, kept: Document, payload_hash: str = "") -> Stand | None:
    """What is to be said of the revision from now on; None when that is what it says.

    payload_hash: of what is to be kept of it; empty: that stays as it is.
    """
    start = found.start
    as_of = max(filter(None, (start.as_of, kept.as_of)), default=None)
    witness = Witness.API if Witness.API in (start.witness, kept.witness) else Witness.FILE
    vault_hash = payload_hash if payload_hash != kept.vault_hash else ""
    is_same = (as_of, witness) == (kept.as_of, kept.witness) and not vault_hash
    return None if is_same else Stand(as_of, witness, vault_hash)


def _judge_statement(found: Surveyed, history: Sequence[KeptDocument]) -> Verdict:
    """Of a settlement, which the channel closes once.

    Content that is saved already changes nothing, unless it is whole and stands behind a cut copy: then it comes to
    the front again. New content is the next revision: held when it does not balance, and held as a re-issue when an
    earlier revision was booked, for that one stays in the books until a person decides. Where none was booked, the one
    to book is the whole content that the channel made last, in whatever order it came: of files the newest.
    """
    booked = next((kept for kept in history if kept.state is DocumentState.BOOKED), None)
    for kept in history:
        if kept.document.content_hash == found.content_hash and not _is_shadowed(kept, history[0]):
            if kept is history[0]:
                return Verdict(Outcome.KNOWN, kept.document.revision, kept.reason, stands=_stands(found, kept.document))
            if booked is not None or not _is_made_later(found, history[0].document):
                return Verdict(Outcome.KNOWN, kept.document.revision, kept.reason)
    revision = history[0].document.revision + 1 if history else 1
    whole = booked or next((kept for kept in history if _is_whole(kept)), None)
    if found.off_minor and whole is not None:
        raise _damaged_copy(found, whole)
    if whole is not None and (reason := _overruled(found, whole)):
        return Verdict(Outcome.KNOWN, whole.document.revision, reason, is_past=True)
    if booked is not None and not found.off_minor:
        return Verdict(Outcome.HELD, revision, reissued(found.start.kind), booked)
    return _next(found, revision)


def _is_made_later(found: Surveyed, kept: Document) -> bool:
    """Whether the channel says of it when it was made, and of what is kept that it was made before, or nothing."""
    start = found.start
    if start.as_of is None or start.witness is not Witness.API:
        return False
    return kept.witness is not Witness.API or kept.as_of is None or kept.as_of < start.as_of


def _overruled(found: Surveyed, whole: KeptDocument) -> str:
    """Why another content of a settlement does not count beside what is kept of it; empty where it does.

    What a person brings of one that is booked is for him to decide.
    """
    if _is_earlier(found, whole.document):
        return Reason.STALE
    is_lesser = found.start.witness is Witness.FILE and whole.document.witness is Witness.API
    return Reason.FILE_AFTER_API if is_lesser and whole.state is not DocumentState.BOOKED else ""


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
    return Problem(code=reissued(start.kind), message=message, where=where, blocking=True)


def reissue_finding(document: Document, booked: KeptDocument, route: Route) -> Finding:
    """The finding a person decides on; at stake is the difference of the totals, where they share a currency."""
    before = booked.document
    difference = document.total_minor - before.total_minor if document.currency == before.currency else 0
    name = f"{document.identity.kind} {document.identity.external_id}"
    found = Finding(
        code=REISSUED,
        severity=Severity.ERROR,
        route_id=route.route_id,
        subject=f"{document.document_id}#{document.revision}",
        title=f"{name} was issued again with other content",
        amount_minor=difference,
        currency=document.currency,
        cause=f"the channel replaced the report after revision {before.revision} of it was booked",
        repair="compare both files; where the new one is right, `bridge decide {id} supplement` books the difference; "
        "where the books are, accept this",
        evidence=(
            ("revision", str(before.revision), str(document.revision)),
            ("total", _of(before), _of(document)),
            ("lines", str(before.line_count), str(document.line_count)),
            ("file", before.vault_hash, document.vault_hash),
        ),
    )
    return msgspec.structs.replace(found, repair=found.repair.format(id=found.finding_id))


def _of(document: Document) -> str:
    return _total(document.total_minor, document.currency)


def _total(minor: int, currency: str) -> str:
    return f"{decimal_text(minor, currency)} {currency}"
