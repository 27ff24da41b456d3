"""From the spool into the store, in one unit: some hundred documents at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain

import msgspec

from bridge import ids
from bridge.clock import Clock
from bridge.ingest import concerns, elsewhere
from bridge.ingest.ahead import AT_ONCE, Ahead, AtOnce
from bridge.ingest.batch import Batch
from bridge.ingest.checks import objection
from bridge.ingest.concerns import PREFIX, Told
from bridge.ingest.joining import Known, order_lock
from bridge.ingest.revisions import Outcome, Verdict, judge, judge_joined, reissue_finding, reissue_problem
from bridge.ingest.spool import Into, Spool, Spooled
from bridge.ingest.survey import Progress, Surveyed
from bridge.model.connections import Route
from bridge.model.documents import Awaits, Document, Identity, Problem, called
from bridge.model.reasons import Reason
from bridge.plugin import SourceOffer
from bridge.store.api import KeptDocument, UnitOfWork
from bridge.store.packing import Content

_TOGETHER = 500
"""Documents whose history is read with one question."""


class ImportedDocument(msgspec.Struct, frozen=True, gc=False):
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
    """Judges and saves the documents of one spool.

    name: of what they were read from.
    facts_hash: of the channel's facts they were read under, if any. foreign: see ``judge``.
    """

    def __init__(
        self,
        into: Into,
        offer: SourceOffer,
        clock: Clock,
        spool: Spool,
        *,
        name: str,
        progress: Progress = lambda _lines: None,
        facts_hash: str = "",
        foreign: Collection[str] = (),
        at_once: AtOnce = AT_ONCE,
    ) -> None:
        self._into, self._connection, self._offer, self._clock = into, into.connection, offer, clock
        self._spool, self._name = spool, name
        self._raw_hash = ""
        self._facts_hash, self._foreign = facts_hash, foreign
        self._progress, self._seen = progress, 0
        self._ahead = Ahead(into.store, clock, f"import for {self._connection.name}", self._tell, at_once)

    def known(self) -> tuple[ImportedDocument, ...] | None:
        """What is known of it when nothing of it is new; else None."""
        found: list[ImportedDocument] = []
        with self._into.store.reading() as unit:
            for some in self._in_parts():
                batch = self._batch(unit, some)
                for spooled in some:
                    history = batch.history(spooled.document_id)
                    verdict = self._judge(spooled.surveyed, history)
                    if verdict.outcome is not Outcome.KNOWN or verdict.stands is not None or spooled.surveyed.concerns:
                        return None
                    found.append(self._known(spooled, verdict, history))
        return tuple(found)

    @contextmanager
    def unit(self, actor: str, known: Known, raw: Content | None = None) -> Iterator[UnitOfWork]:
        """The unit in which it is saved: alone with its documents and orders, and with the raw bytes kept.

        What is too large for one unit is written ahead of it. known: what was known of its orders as it was read.
        raw: what it was read from, where that is kept whole; else its payloads are.
        Raises: StaleError when somebody else brought some of it meanwhile; what ``judge`` raises; DocumentError
                ``document.elsewhere`` for what another connection to the channel has.
        """
        unique = self._unique()
        with self._into.store.reading() as unit:
            rivals = elsewhere.others(unit, self._connection) if unique else ()
            elsewhere.refuse(unit, unique, rivals)
        self._ahead.write(actor, self._spool, self._judge)
        if raw is not None:
            self._raw_hash = raw.content_hash
            raw = self._ahead.write_raw(actor, raw)
        with self._into.store.unit(actor) as unit:
            orders = (order_lock(self._connection.connection_id, order_id) for order_id in self._spool.order_ids)
            theirs = (name for one in unique for name, _ in elsewhere.there(one, rivals))
            unit.documents.lock_many(chain(self._spool.document_ids, orders, theirs))
            elsewhere.refuse(unit, unique, rivals)
            known.check(unit, self._connection)
            self._ahead.settle(unit, self._spool)
            if raw is not None:
                unit.vault.put(self._name, raw)
            yield unit
            self._ahead.check()

    def save(self, unit: UnitOfWork) -> Iterator[ImportedDocument]:
        """Save what is new of it, and settle what people must decide about it."""
        routes = tuple(route for route in unit.routes.all() if route.source == self._connection.name)
        for some in self._in_parts():
            batch = self._batch(unit, some)
            told: list[Told] = []
            for spooled in some:
                verdict = self._judge(spooled.surveyed, batch.history(spooled.document_id))
                imported = self._take(unit, batch, spooled, verdict, routes)
                imported = _with_concerns(imported, spooled.surveyed)
                if not verdict.is_past and spooled.surveyed.start.awaits is not Awaits.ORDER:
                    is_news = verdict.outcome is not Outcome.KNOWN
                    told.append(Told(imported.document, spooled.surveyed.concerns, is_news))
                yield imported
            batch.save()
            concerns.settle(unit, self._connection, routes, told, self._clock.now())

    def _unique(self) -> tuple[Identity, ...]:
        """What of it no two accounts of the channel have."""
        kinds = self._offer.capabilities.unique
        starts = (spooled.surveyed.start for spooled in self._spool.documents()) if kinds else ()
        return tuple(self._into.identity(start.kind, start.external_id) for start in starts if start.kind in kinds)

    def _judge(self, found: Surveyed, history: Sequence[KeptDocument]) -> Verdict:
        is_joined = self._offer.capabilities.joins_orders and bool(found.start.order_id)
        return (judge_joined if is_joined else judge)(found, history, foreign=self._foreign)

    def _batch(self, unit: UnitOfWork, some: Sequence[Spooled]) -> Batch:
        return Batch(unit, self._name, [spooled.document_id for spooled in some])

    def _take(
        self, unit: UnitOfWork, batch: Batch, spooled: Spooled, verdict: Verdict, routes: Sequence[Route]
    ) -> ImportedDocument:
        found, document_id = spooled.surveyed, spooled.document_id
        payload = self._spool.payload(spooled)
        if verdict.outcome is Outcome.KNOWN:
            self._tell(found.line_count)
            if verdict.stands is not None:
                batch.confirm(document_id, verdict.stands, payload)
            return self._known(spooled, verdict, batch.history(document_id))
        kept = self._kept(spooled, verdict)
        is_written = self._ahead.has(document_id, verdict.revision)
        batch.add(document_id, kept, None if is_written else self._spool.lines(spooled), payload)
        self._tell(0 if is_written else found.line_count)
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

    def _kept(self, spooled: Spooled, verdict: Verdict) -> KeptDocument:
        found = spooled.surveyed
        problems = found.problems
        if verdict.booked is not None:
            problems = (reissue_problem(found, verdict.booked, f"file {self._name}"), *problems)
        return KeptDocument(
            document=self._document(spooled, verdict.revision),
            connection_id=self._connection.connection_id,
            lines_minor=found.lines_minor,
            state=verdict.state,
            saved_at=self._clock.now(),
            reason=verdict.reason,
            problems=problems,
        )

    def _document(self, spooled: Spooled, revision: int) -> Document:
        found, start = spooled.surveyed, spooled.surveyed.start
        identity = self._into.identity(start.kind, start.external_id)
        ids.known(identity, "document_id", spooled.document_id)
        return Document(
            identity=identity,
            revision=revision,
            currency=start.currency,
            total_minor=start.total_minor,
            opened_at=start.opened_at,
            closed_at=start.closed_at,
            pays_at=start.pays_at,
            line_count=found.line_count,
            content_hash=found.content_hash,
            vault_hash=found.payload_hash or self._raw_hash,
            witness=start.witness,
            plugin=self._offer.name,
            plugin_version=self._offer.version,
            title=start.title,
            paid_at=start.paid_at,
            as_of=start.as_of,
            order_id=start.order_id,
            status=start.status,
            facts_hash=self._facts_hash,
            series=found.series,
            agreed_at=start.agreed_at,
        )

    def _in_parts(self) -> Iterator[Sequence[Spooled]]:
        """Some hundred at a time; what follows of the same order comes with it, for it is settled together."""
        together: list[Spooled] = []
        order_id = ""
        for spooled in self._spool.documents():
            before, order_id = order_id, spooled.surveyed.start.order_id
            if len(together) >= _TOGETHER and not (order_id and order_id == before):
                yield together
                together = []
            together.append(spooled)
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
