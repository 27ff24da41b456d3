"""From the spool into the store: small documents some hundred at a time, a large one piece by piece."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import msgspec

from bridge.clock import Clock
from bridge.ingest import concerns
from bridge.ingest.batch import Batch
from bridge.ingest.checks import objection
from bridge.ingest.concerns import PREFIX, Told
from bridge.ingest.joining import order_lock
from bridge.ingest.revisions import Outcome, Verdict, judge, judge_joined, reissue_finding, reissue_problem
from bridge.ingest.spool import Spool, Spooled
from bridge.ingest.survey import Progress, Surveyed
from bridge.model.connections import Connection, Route
from bridge.model.documents import Awaits, Document, Identity, Problem, called
from bridge.model.reasons import Reason
from bridge.plugin import SourceOffer
from bridge.store.api import KeptDocument, UnitOfWork

_TOGETHER = 500
"""Documents whose history is read with one question."""


class ImportedDocument(msgspec.Struct, frozen=True):
    """One document of an imported file. document: the revision saved, or the one that was known.

    is_joined: the file itself does not state it: it was read again with the whole of an order that the file is about.
    objection: what the file says otherwise, where the channel's API is believed and not the file.
    """

    document: Document
    outcome: Outcome
    reason: str
    lines_minor: int
    problems: tuple[Problem, ...]
    is_joined: bool = False
    objection: Problem | None = None

    @property
    def is_told(self) -> bool:
        """Whether the file says something of it: it states it, or it is not what it was."""
        return not self.is_joined or self.outcome is not Outcome.KNOWN


class Intake:
    """Judges and saves documents for one connection.

    name: of what they were read from. raw: the hash of the file, where it is kept whole; else its payloads are.
    facts_hash: of the channel's facts they were read under, if any. foreign: see ``judge``.
    """

    def __init__(
        self,
        connection: Connection,
        offer: SourceOffer,
        clock: Clock,
        *,
        name: str,
        raw: str,
        progress: Progress = lambda _lines: None,
        facts_hash: str = "",
        foreign: Collection[str] = (),
    ) -> None:
        self._connection, self._offer, self._clock = connection, offer, clock
        self._facts_hash, self._foreign = facts_hash, foreign
        self._connection_id, self._name, self._raw = connection.connection_id, name, raw
        self._progress, self._seen = progress, 0

    def lock(self, unit: UnitOfWork, spool: Spool) -> None:
        """Two imports of the same documents, or of more of the same orders, take their turns."""
        every = (spooled.surveyed for spooled in spool.documents())
        unit.documents.lock_many(
            name for found in every for name in (self._identity(found).document_id, self._order(found)) if name
        )

    def known(self, unit: UnitOfWork, spool: Spool) -> tuple[ImportedDocument, ...] | None:
        """What is known of it when nothing of it is new; else None."""
        found: list[ImportedDocument] = []
        for some in self._in_parts(spool):
            batch = Batch(unit, self._name, [document_id for document_id, _ in some])
            for document_id, spooled in some:
                history = batch.history(document_id)
                verdict = self._judge(spooled.surveyed, history)
                if verdict.outcome is not Outcome.KNOWN or verdict.stands is not None or spooled.surveyed.concerns:
                    return None
                found.append(self._known(spooled, verdict, history))
        return tuple(found)

    def save(self, unit: UnitOfWork, spool: Spool) -> Iterator[ImportedDocument]:
        """Save what is new of it, and settle what people must decide about it."""
        routes = tuple(route for route in unit.routes.all() if route.source == self._connection.name)
        for some in self._in_parts(spool):
            batch = Batch(unit, self._name, [document_id for document_id, _ in some])
            told: list[Told] = []
            for document_id, spooled in some:
                verdict = self._judge(spooled.surveyed, batch.history(document_id))
                imported = self._take(unit, batch, spool, document_id, spooled, verdict, routes)
                imported = _with_concerns(imported, spooled.surveyed)
                if not verdict.is_past and spooled.surveyed.start.awaits is not Awaits.ORDER:
                    is_news = verdict.outcome is not Outcome.KNOWN
                    told.append(Told(imported.document, spooled.surveyed.concerns, is_news))
                yield imported
            batch.save()
            concerns.settle(unit, self._connection, routes, told, self._clock.now())

    def _judge(self, found: Surveyed, history: Sequence[KeptDocument]) -> Verdict:
        is_joined = self._offer.capabilities.joins_orders and bool(found.start.order_id)
        return (judge_joined if is_joined else judge)(found, history, foreign=self._foreign)

    def _take(
        self,
        unit: UnitOfWork,
        batch: Batch,
        spool: Spool,
        document_id: str,
        spooled: Spooled,
        verdict: Verdict,
        routes: Sequence[Route],
    ) -> ImportedDocument:
        found = spooled.surveyed
        if verdict.outcome is Outcome.KNOWN:
            self._tell(found.line_count)
            if verdict.stands is not None:
                batch.confirm(document_id, verdict.stands, spool.payload(spooled))
            return self._known(spooled, verdict, batch.history(document_id))
        for lines in spool.lines(spooled):
            batch.add_lines(document_id, verdict.revision, lines)
            self._tell(len(lines))
        kept = self._kept(found, verdict)
        batch.add(document_id, kept, spool.payload(spooled))
        if verdict.booked is not None:
            for route in routes:
                unit.findings.add(reissue_finding(kept.document, verdict.booked, route), self._clock.now())
        document, is_joined = kept.document, spooled.is_joined
        return ImportedDocument(document, verdict.outcome, verdict.reason, kept.lines_minor, kept.problems, is_joined)

    def _known(self, spooled: Spooled, verdict: Verdict, history: Sequence[KeptDocument]) -> ImportedDocument:
        kept = next(kept for kept in history if kept.document.revision == verdict.revision)
        is_passed_over, start = verdict.reason == Reason.FILE_AFTER_API, spooled.surveyed.start
        return ImportedDocument(
            kept.document,
            Outcome.KNOWN,
            verdict.reason,
            kept.lines_minor,
            _told_now(kept.problems, spooled.surveyed.problems, f"file {self._name}"),
            spooled.is_joined,
            objection(start, kept.document, f"file {self._name}") if is_passed_over else None,
        )

    def _tell(self, lines: int) -> None:
        self._seen += lines
        self._progress(self._seen)

    def _kept(self, found: Surveyed, verdict: Verdict) -> KeptDocument:
        problems = found.problems
        if verdict.booked is not None:
            problems = (reissue_problem(found, verdict.booked, f"file {self._name}"), *problems)
        return KeptDocument(
            document=self._document(found, verdict.revision),
            connection_id=self._connection_id,
            lines_minor=found.lines_minor,
            state=verdict.state,
            saved_at=self._clock.now(),
            reason=verdict.reason,
            problems=problems,
        )

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
            vault_hash=found.payload_hash or self._raw,
            witness=start.witness,
            plugin=self._offer.name,
            plugin_version=self._offer.version,
            title=start.title,
            paid_at=start.paid_at,
            as_of=start.as_of,
            order_id=start.order_id,
            status=start.status,
            facts_hash=self._facts_hash,
        )

    def _identity(self, found: Surveyed) -> Identity:
        return Identity(self._offer.name, self._connection.account, found.start.kind, found.start.external_id)

    def _order(self, found: Surveyed) -> str:
        return order_lock(self._connection_id, found.start.order_id)

    def _in_parts(self, spool: Spool) -> Iterator[Sequence[tuple[str, Spooled]]]:
        """Some hundred at a time; what follows of the same order comes with it, for it is settled together."""
        together: list[tuple[str, Spooled]] = []
        order = ""
        for spooled in spool.documents():
            before, order = order, self._order(spooled.surveyed)
            if len(together) >= _TOGETHER and not (order and order == before):
                yield together
                together = []
            together.append((self._identity(spooled.surveyed).document_id, spooled))
        if together:
            yield together


def _with_concerns(imported: ImportedDocument, found: Surveyed) -> ImportedDocument:
    """What a person must decide is told with the file that said so; its findings are there afterwards."""
    if not found.concerns or imported.outcome is Outcome.KNOWN:
        return imported
    start = found.start
    name = called(start.kind, start.external_id, start.title)
    told = [Problem(f"{PREFIX}{one.kind}", one.message, name, blocking=False) for one in found.concerns]
    return msgspec.structs.replace(imported, problems=(*imported.problems, *told))


def _told_now(before: Sequence[Problem], now: Sequence[Problem], where: str) -> tuple[Problem, ...]:
    """What is known of a document, told of the file that was read now: it first came by another, perhaps of that name.

    before: as kept. now: what its reader says of the same content.
    """
    again = {problem.code for problem in now}
    others = (problem for problem in before if problem.code not in again)
    return (
        *(msgspec.structs.replace(one, where=where) if one.where.startswith("file ") else one for one in others),
        *now,
    )
