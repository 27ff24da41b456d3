"""What people decide about documents: to take one back that the channel shows no more, or to book a refund alone."""

from __future__ import annotations

from bridge.clock import Clock
from bridge.errors import ConfigError
from bridge.host.desk import Desk
from bridge.ingest.concerns import is_reversible
from bridge.ingest.intake import ImportedDocument, Intake
from bridge.ingest.joining import Known, kept_payloads, order_lock, read_order
from bridge.ingest.reversals import Reversals
from bridge.ingest.revisions import Outcome
from bridge.ingest.spool import Into, Spool
from bridge.model.connections import Connection, Side
from bridge.model.documents import AWAITED, Awaits, Document, DocumentState, called
from bridge.model.findings import Finding, FindingState, Instruction, InstructionKind, KeptFinding
from bridge.plugin import StandIn
from bridge.store.api import KeptDocument, Store, UnitOfWork


class Decisions:
    """Carries out, at once, what people decide about documents; the next run of the books books it."""

    def __init__(self, store: Store, desk: Desk, clock: Clock) -> None:
        self._store, self._desk, self._clock = store, desk, clock

    def reverse(self, kept: KeptFinding, *, by: str, reason: str) -> Instruction:
        """Take back what a finding is about, dated the day on which it was first seen.

        Twice:  refused, with what stands.
        Raises: ConfigError for a finding of another kind, one that is closed, or what was taken back already.
        """
        finding, now = kept.finding, self._clock.now()
        with self._store.unit(by) as unit:
            unit.instructions.hold()
            of = _locked(unit, finding)
            check_reversible(unit.findings.get(finding.finding_id))
            reversals = Reversals(unit, of.connection_id, [of.document.order_id], now)
            if not reversals.lines(of.document):
                raise ConfigError(
                    f"finding {finding.finding_id}", "has no lines to take back", "Accept it", code="decide.reverse"
                )
            if reversals.standing(of.document) is not None:
                raise ConfigError(
                    f"finding {finding.finding_id}",
                    "was taken back already",
                    "Run `bridge sync`",
                    code="decide.reverse",
                )
            reversals.take_back(of.document, kept.first_seen_at)
            unit.findings.close(finding.finding_id)
            instruction = Instruction(InstructionKind.REVERSE, finding.finding_id, by, reason, now)
            unit.instructions.add(instruction)
        return instruction

    def book_alone(self, wanted: str, stand_in: StandIn, *, by: str, reason: str) -> tuple[ImportedDocument, ...]:
        """Read a refund without what it waits for: as a free amount.

        In the currency and by the gateway named; where its order is there, by what that says, and both may be empty.

        wanted: the refund's id in the channel, or its document's id. All that wait of that order are read so.
        Raises: ConfigError when none such waits, or when currency or gateway is needed and missing, or contradicts the
                order; what the source raises.
        """
        with self._store.reading() as unit:
            connection, of, awaits = self._awaiting(unit, wanted)
            stand_in = _checked(stand_in, of, awaits)
            payloads = kept_payloads(unit, connection, of.order_id)
            known = unit.documents.payloads_of_orders(connection.connection_id, [of.order_id])
        offer = self._desk.source_offer(connection.name)
        into = Into(self._store, connection, offer.name)
        with Spool(into) as spool:
            read_order(self._desk.source(connection.name), of.order_id, payloads, spool, stand_in)
            intake = Intake(into, offer, self._clock, spool, name=f"order {of.order_id}")
            with intake.unit(by, Known(known)) as unit:
                said = f"{reason} ({', '.join(filter(None, (stand_in.currency, stand_in.gateway)))})"
                subject = of.document_id
                unit.instructions.add(Instruction(InstructionKind.BOOK_ALONE, subject, by, said, self._clock.now()))
                saved = [one for one in intake.save(unit) if one.outcome is not Outcome.KNOWN]
                if not saved:
                    cause = "not even what it comes to is known"
                    raise ConfigError(_called(of), cause, "Bring its own answer", code="decide.book_alone")
                return tuple(saved)

    def _awaiting(self, unit: UnitOfWork, wanted: str) -> tuple[Connection, Document, Awaits]:
        found = [
            (connection, kept.document, AWAITED[kept.reason])
            for connection in unit.connections.all()
            if connection.side is Side.SOURCE
            for kept in unit.documents.with_state(connection.connection_id, DocumentState.HELD)
            if kept.reason in AWAITED and _is_meant(kept, wanted)
        ]
        if len(found) != 1:
            none = "no refund of that id waits for its order, or for its own answer"
            cause = f"{len(found)} connections have one" if found else none
            raise ConfigError(f"refund {wanted!r}", cause, "See `bridge held`", code="document.unknown")
        return found[0]


def check_reversible(kept: KeptFinding) -> None:
    """Raises: ConfigError for a finding of nothing that can be taken back, or one that is closed."""
    can_be = is_reversible(kept.finding.code)
    if not can_be or kept.state is FindingState.CLOSED:
        cause = "is closed already" if can_be else "is about nothing that bridge can take back"
        raise ConfigError(
            f"finding {kept.finding.finding_id}", cause, "See its repair in the report", code="decide.reverse"
        )


def _checked(stand_in: StandIn, of: Document, awaits: Awaits) -> StandIn:
    """What a person says, with what is known already. Raises: ConfigError for what is missing or cannot be."""
    if awaits is Awaits.DETAILS:
        if stand_in.gateway or stand_in.currency not in {"", of.currency}:
            cause = f"its order is there, and says that it is in {of.currency} and who paid it back"
            raise ConfigError(_called(of), cause, "Leave --currency and --gateway out", code="config.option")
        return StandIn(of.currency, "")
    if not stand_in.currency or not stand_in.gateway:
        cause = "needs the currency, and who paid it back"
        next_step = "Say --currency and --gateway, as in --currency GBP --gateway stripe"
        raise ConfigError(_called(of), cause, next_step, code="config.option")
    return stand_in


def _called(of: Document) -> str:
    return called(of.identity.kind, of.identity.external_id, of.title)


def _is_meant(kept: KeptDocument, wanted: str) -> bool:
    return wanted in {kept.document.identity.external_id, kept.document.document_id}


def _locked(unit: UnitOfWork, finding: Finding) -> KeptDocument:
    """The newest revision of what it is about, when nobody else is at it or at its order."""
    of = unit.documents.latest(finding.subject)
    if of is not None:
        order = order_lock(of.connection_id, of.document.order_id)
        unit.documents.lock_many(name for name in (finding.subject, order) if name)
        of = unit.documents.latest(finding.subject)
    if of is None:
        raise ConfigError(
            f"finding {finding.finding_id}", "is about a document that is not there", "Accept it", code="decide.reverse"
        )
    return of
