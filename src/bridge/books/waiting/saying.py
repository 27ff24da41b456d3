"""A person's word about a voucher or a finding: what it would be, whether it fits, and what of it is done at once."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from bridge.books import find
from bridge.books.waiting import decisions
from bridge.books.waiting.seen import check_seen, finding_as_seen, voucher_as_seen
from bridge.errors import ConfigError, StaleError
from bridge.model.documents import DocumentState
from bridge.model.findings import REISSUED, Finding, FindingState, Instruction, InstructionKind
from bridge.model.reasons import REISSUED as REISSUES
from bridge.model.reasons import Reason
from bridge.store.api import UnitOfWork

_OF_FINDINGS = frozenset({InstructionKind.ACCEPT, InstructionKind.SUPPLEMENT})
# An acceptance lapses by then, if its facts do not change before.
LONGEST_ACCEPTANCE = timedelta(days=366)


class Saying(msgspec.Struct, frozen=True):
    """What a person says, whatever of. words: what a ledger calls its objects."""

    kind: InstructionKind
    by: str
    reason: str
    at: datetime
    until: datetime | None
    words: decisions.WordsOf

    def of(self, uow: UnitOfWork, meant: decisions.Meant) -> tuple[Instruction, ...]:
        """What that would be about what is meant. Writes nothing.

        Raises: ConfigError where it does not fit; StaleError ``decide.stale`` where that is not as it was seen.
        """
        until = _lapse(meant.subject, self.until, self.at) if self.kind is InstructionKind.ACCEPT else self.until
        names = self._vouchers(uow, meant)
        if self.kind in _OF_FINDINGS:
            kept = find.finding(uow, meant.subject)
            finding_id = kept.finding.finding_id
            said = uow.instructions.of_subject(finding_id)
            check_seen(f"finding {finding_id}", meant.seen, finding_as_seen(kept), said)
            (_check_acceptable if self.kind is InstructionKind.ACCEPT else _check_supplement)(uow, kept.finding)
            names = [finding_id]
        return tuple(Instruction(self.kind, name, self.by, self.reason, self.at, until, meant.ref) for name in names)

    def _vouchers(self, uow: UnitOfWork, meant: decisions.Meant) -> list[str]:
        if self.kind in _OF_FINDINGS:
            return []
        decisions.check_ref(self.kind, meant.subject, meant.ref)
        seen = uow.deliveries.get_many([meant.subject]).get(meant.subject) if meant.seen else None
        if seen is not None:
            said = uow.instructions.of_subject(seen.voucher_id)
            check_seen(f"voucher {meant.subject}", meant.seen, voucher_as_seen(seen, said), said)
        standing = (seen,) if seen else find.vouchers(uow, meant.subject)
        fitting = decisions.fitting(uow, self.kind, meant.subject, standing, self.at, self.words)
        return [delivery.voucher_id for delivery in fitting]

    def carry_out(self, uow: UnitOfWork, instruction: Instruction) -> None:
        """Save it, and what is done at once."""
        if self.kind in _OF_FINDINGS:
            finding = uow.findings.get(instruction.subject).finding
            (_accept if self.kind is InstructionKind.ACCEPT else _supplement)(uow, finding, instruction)
        uow.instructions.add(instruction)


def _check_supplement(uow: UnitOfWork, finding: Finding) -> None:
    """Raises: ConfigError where nothing of the finding waits for a supplement."""
    document_id, _, revision = finding.subject.partition("#")
    kept = uow.documents.latest(document_id) if finding.code == REISSUED else None
    if kept is None or str(kept.document.revision) != revision or kept.reason not in REISSUES:
        raise ConfigError(
            f"finding {finding.finding_id}",
            "is of nothing that was issued again and waits",
            "Take the newest finding books.reissued of the settlement from `bridge drift`",
            code="decide.supplement",
        )
    booked = (each.entry for each in uow.entries.of_document(document_id) if each.is_live)
    if any(entry.currency != kept.document.currency for entry in booked):
        raise ConfigError(
            f"finding {finding.finding_id}",
            f"is of content in {kept.document.currency}, and what is booked is in another currency",
            "Correct the booked entries by hand where the new one is right, then accept the finding",
            code="decide.supplement",
        )


def _supplement(uow: UnitOfWork, finding: Finding, instruction: Instruction) -> None:
    """Let the books follow what was issued again."""
    document_id, _, revision = finding.subject.partition("#")
    uow.findings.accept(finding.finding_id, instruction.by, instruction.reason, None)
    uow.documents.set_state(document_id, int(revision), DocumentState.NEW, Reason.SUPPLEMENT)


def _lapse(subject: str, until: datetime | None, now: datetime) -> datetime:
    """When an acceptance lapses: within a year, so that each is looked at once more."""
    last = now + LONGEST_ACCEPTANCE
    lapses = until or last
    if not now < lapses <= last:
        why = "is past" if lapses <= now else "is more than a year away"
        raise ConfigError(
            f"accept {subject}", f"would lapse on {lapses:%Y-%m-%d}, which {why}", f"Name a day by {last:%Y-%m-%d}"
        )
    return lapses


def _check_acceptable(uow: UnitOfWork, finding: Finding) -> None:
    """Raises: ConfigError ``decide.binding`` where nobody may accept it; StaleError for one that is closed."""
    if uow.findings.get(finding.finding_id).state is FindingState.CLOSED:
        raise StaleError(f"finding {finding.finding_id}", "is closed already", "Look at the latest drift report")
    if finding.binding:
        raise ConfigError(
            f"finding {finding.finding_id}",
            f"cannot be accepted: {finding.binding}",
            f"Put it right, and the next check no longer finds it. {finding.repair}",
            code="decide.binding",
        )


def _accept(uow: UnitOfWork, finding: Finding, instruction: Instruction) -> None:
    """Accept a finding; a re-issue that is accepted is no longer held: the books stay as they are."""
    uow.findings.accept(finding.finding_id, instruction.by, instruction.reason, instruction.until)
    document_id, _, revision = finding.subject.partition("#")
    if finding.code == REISSUED and revision.isdecimal():
        uow.documents.set_state(document_id, int(revision), DocumentState.BOOKED, Reason.REISSUE_ACCEPTED)
