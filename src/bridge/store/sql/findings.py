"""Findings carried from run to run, and the instructions people give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from bridge.errors import ConfigError, InvariantError, StaleError
from bridge.model.deliveries import CLOCKS_APART
from bridge.model.findings import Finding, FindingState, Instruction, InstructionKind, KeptFinding
from bridge.model.words import check_said
from bridge.store.sql import tables
from bridge.store.sql.codec import plain_row
from bridge.store.sql.failures import TAKEN
from bridge.store.sql.parts import begins, in_parts
from bridge.store.sql.sealed import Sealed
from bridge.store.sql.work import Row, Work

_F = tables.finding.c
_I = tables.instruction.c
_KEPT = tuple(name for name in KeptFinding.__struct_fields__ if name != "finding")
_FACTS = ("severity", "amount_minor", "currency", "evidence", "entry_id", "ref")


class SqlFindings:
    """See ``store.api.Findings``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def settle(self, route_id: str, found: Sequence[Finding], now: datetime, *, prefix: str) -> tuple[KeptFinding, ...]:
        by_id = {finding.finding_id: finding for finding in found}
        if len(by_id) != len(found) or any(
            finding.route_id != route_id or not finding.code.startswith(prefix) for finding in found
        ):
            raise InvariantError(
                f"findings of route {route_id}",
                f"must be of that route, of {prefix!r}, and each about its own subject",
                "Report this as a bug",
                code="store.findings",
            )
        self._work.lock("findings", route_id)
        ours = (_F.route_id == route_id, _F.code.startswith(prefix, autoescape=True))
        still = (*ours, _F.state.in_((FindingState.OPEN, FindingState.ACCEPTED)))
        known = {kept.finding.finding_id: kept for kept in (*self._many(*still), *self.of_ids(list(by_id)))}
        self._open([finding for finding in found if finding.finding_id not in known], now)
        for finding in found:
            if kept := known.get(finding.finding_id):
                self._see(kept, finding, now)
        for kept in known.values():
            if kept.finding.finding_id not in by_id and kept.state is not FindingState.CLOSED:
                self._close(kept)
        for kept in self.of_route(route_id, FindingState.ACCEPTED):
            if kept.accepted_until is not None and kept.accepted_until <= now:
                self._see(kept, kept.finding, now)
        return self._many(*still)

    def add(self, finding: Finding, now: datetime) -> None:
        self.add_many([finding], now)

    def add_many(self, findings: Sequence[Finding], now: datetime) -> None:
        for route_id in sorted({finding.route_id for finding in findings}):
            self._work.lock("findings", route_id)
        known = {kept.finding.finding_id: kept for kept in self.of_ids([one.finding_id for one in findings])}
        self._open([finding for finding in findings if finding.finding_id not in known], now)
        for finding in findings:
            if kept := known.get(finding.finding_id):
                self._see(kept, finding, now)

    def of_route(self, route_id: str, *states: FindingState) -> tuple[KeptFinding, ...]:
        return self._many(_F.route_id == route_id, *([_F.state.in_(states)] if states else []))

    def get(self, finding_id: str) -> KeptFinding:
        found = self._many(_F.finding_id == finding_id)
        if not found:
            raise ConfigError(
                f"finding {finding_id!r}", "there is none of that id", "See the drift report", code="finding.unknown"
            )
        return found[0]

    def close(self, finding_id: str) -> None:
        kept = self.get(finding_id)
        if kept.state is not FindingState.CLOSED:
            self._close(kept)

    def of_ids(self, finding_ids: Sequence[str]) -> tuple[KeptFinding, ...]:
        return tuple(kept for some in in_parts(finding_ids) for kept in self._many(_F.finding_id.in_(some)))

    def beginning(self, text: str) -> tuple[str, ...]:
        statement = self._work.select(tables.finding, _F.finding_id).where(*begins(_F.finding_id, text))
        return tuple(finding_id for (finding_id,) in self._work.rows(statement.order_by(_F.finding_id)))

    def accept(self, finding_id: str, by: str, reason: str, until: datetime | None) -> None:
        check_said(by, reason)
        kept = self.get(finding_id)
        if kept.state is FindingState.CLOSED:
            raise StaleError(f"finding {finding_id}", "is closed already", "Look at the latest drift report")
        accepted = msgspec.structs.replace(
            kept, state=FindingState.ACCEPTED, accepted_by=by, accepted_reason=reason, accepted_until=until
        )
        if accepted != kept:
            self._save(accepted, "finding.accepted", f"by {by}: {reason}")
            self._seal(kept)

    def _open(self, findings: Sequence[Finding], now: datetime) -> None:
        """Save findings that are not there yet."""
        if not findings:
            return
        organisation = {"organisation_id": self._work.organisation_id}
        seen = {finding.finding_id: _seen(None, finding, now) for finding in findings}
        try:
            rows = [plain_row(tables.finding, organisation | _columns(one)) for one in seen.values()]
            self._work.add_many(tables.finding, rows)
        except InvariantError as cause:
            if cause.code != TAKEN:
                raise
            first = findings[0].finding_id
            raise StaleError(f"finding {first}", "was opened by somebody else just now", "Run it again") from cause
        for finding in findings:
            self._work.note("finding.opened", finding.finding_id, f"{finding.code} {finding.subject}")

    def _see(self, known: KeptFinding, finding: Finding, now: datetime) -> None:
        seen = _seen(known, finding, now)
        if seen != known:
            is_news = seen.state is not known.state
            if known.state is FindingState.ACCEPTED and is_news:
                self._seal(known)
            self._save(seen, "finding.reopened" if is_news else "")
            if not is_news:
                self._work.count("findings.seen", finding.route_id, 1, "known ones")

    def _close(self, kept: KeptFinding) -> None:
        self._save(msgspec.structs.replace(kept, state=FindingState.CLOSED), "finding.closed")
        if kept.state is FindingState.ACCEPTED:
            self._seal(kept)

    def _seal(self, kept: KeptFinding) -> None:
        self._work.seal(Sealed.ACCEPTANCE, [(kept.finding.finding_id,)])

    def _save(self, kept: KeptFinding, action: str, detail: str = "") -> None:
        """Save a finding; without an action it is the caller who notes it."""
        finding = kept.finding
        self._work.write(
            self._work.update(tables.finding).where(_F.finding_id == finding.finding_id).values(**_columns(kept))
        )
        if action:
            self._work.note(action, finding.finding_id, detail or f"{finding.code} {finding.subject}")

    def _many(self, *conditions: sa.ColumnElement[bool]) -> tuple[KeptFinding, ...]:
        statement = self._work.select(tables.finding).where(*conditions).order_by(_F.code, _F.finding_id)
        return tuple(_kept(row) for row in self._work.rows(statement))


class SqlInstructions:
    """See ``store.api.Instructions``."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def hold(self) -> None:
        self._work.lock("decisions")

    def add(self, instruction: Instruction) -> None:
        check_said(instruction.by, instruction.reason)
        if self._work.add(
            tables.instruction,
            instruction_id=instruction.instruction_id,
            kind=instruction.kind,
            subject=instruction.subject,
            given_by=instruction.by,
            reason=instruction.reason,
            given_at=instruction.given_at,
            until_at=instruction.until,
            ref=instruction.ref,
        ):
            self._work.seal(Sealed.INSTRUCTION, [(instruction.instruction_id,)])
            detail = f"{instruction.kind} by {instruction.by}: {instruction.reason}"
            self._work.note("instruction.given", instruction.subject, detail)
        elif instruction not in self.of_subject(instruction.subject):
            raise StaleError(
                f"instruction about {instruction.subject}", "another came at the same instant", "Give it again"
            )

    def of_subject(self, subject: str) -> tuple[Instruction, ...]:
        return self.of_subjects([subject]).get(subject, ())

    def of_subjects(self, subjects: Sequence[str]) -> Mapping[str, tuple[Instruction, ...]]:
        found: dict[str, list[Instruction]] = {}
        for some in in_parts(subjects):
            for instruction in self._many(_I.subject.in_(some), self._has_come()):
                found.setdefault(instruction.subject, []).append(instruction)
        return {subject: tuple(said) for subject, said in found.items()}

    def of_kind(self, kind: InstructionKind) -> tuple[Instruction, ...]:
        return self._many(_I.kind == kind, self._has_come())

    def given_after(self, at: datetime) -> tuple[Instruction, ...]:
        return self._many(_I.given_at > at)

    def _has_come(self) -> sa.ColumnElement[bool]:
        return _I.given_at <= self._work.clock.now() + CLOCKS_APART

    def _many(self, *wanted: sa.ColumnElement[bool]) -> tuple[Instruction, ...]:
        statement = self._work.select(tables.instruction).where(*wanted)
        return tuple(map(_instruction, self._work.rows(statement.order_by(_I.given_at, _I.instruction_id))))


def _seen(known: KeptFinding | None, finding: Finding, now: datetime) -> KeptFinding:
    """What a finding becomes when it is seen (again)."""
    if known is None or known.state is FindingState.CLOSED:
        return KeptFinding(finding=finding, state=FindingState.OPEN, first_seen_at=now, last_seen_at=now)
    if known.state is FindingState.ACCEPTED:
        has_lapsed = known.accepted_until is not None and known.accepted_until <= now
        if has_lapsed or any(getattr(known.finding, fact) != getattr(finding, fact) for fact in _FACTS):
            first = known.first_seen_at
            return KeptFinding(finding=finding, state=FindingState.OPEN, first_seen_at=first, last_seen_at=now)
    return msgspec.structs.replace(known, finding=finding, last_seen_at=now)


def _columns(kept: KeptFinding) -> dict[str, Any]:
    finding = kept.finding
    values = {name: getattr(kept, name) for name in _KEPT}
    return values | {
        "finding_id": finding.finding_id,
        "route_id": finding.route_id,
        "code": finding.code,
        "body": finding,
    }


def _instruction(row: Row) -> Instruction:
    return Instruction(
        kind=row.kind,
        subject=row.subject,
        by=row.given_by,
        reason=row.reason,
        given_at=row.given_at,
        until=row.until_at,
        ref=row.ref,
    )


def _kept(row: Row) -> KeptFinding:
    facts = row._asdict()
    return KeptFinding(finding=row.body, **{name: facts[name] for name in _KEPT})
