"""Checks as people review them: the last one of each route, as it stands, and what was signed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, timedelta

import msgspec

from bridge.books import LONGEST_ACCEPTANCE, finding_as_seen
from bridge.desk.waits import finding_decisions
from bridge.drift import Report, Standing, standing
from bridge.drift.report import Name, in_words, turns
from bridge.model.connections import Route
from bridge.model.duties import Duty, DutyKind
from bridge.model.findings import FindingState, Instruction, InstructionKind, KeptFinding
from bridge.model.reviews import Assignment, SignOff
from bridge.store.api import UnitOfWork


class Reviewed(msgspec.Struct, frozen=True):
    """A route's last check. standing: None where there was none. assigned: who has which of its findings.

    signed: what people signed of the route, the newest first. duty: what checks it by itself; None where nothing does.
    """

    route: Route
    standing: Standing | None
    assigned: Mapping[str, Assignment]
    signed: tuple[SignOff, ...]
    duty: Duty | None


class FindingCard(msgspec.Struct, frozen=True):
    """A finding as it stands, with what may be decided about it, and what people said.

    seen: see ``Waiting``. vouchers: of its entry, by which it is explained; empty where it is of none.
    """

    kept: KeptFinding
    route: Route
    decisions: tuple[InstructionKind, ...]
    seen: str
    said: tuple[Instruction, ...]
    owner: Assignment | None
    explained_by: str


def reviewed(unit: UnitOfWork, route: Route, now: datetime) -> Reviewed:
    """A route's last check, as it stands."""
    found = standing(unit, route, now)
    names = [one.finding.finding_id for one in found.report.findings] if found else []
    return Reviewed(
        route,
        found,
        unit.assignments.of_subjects(names),
        unit.reviews.sign_offs(route.route_id),
        unit.duties.get(DutyKind.CHECK, route.name),
    )


def red_by(report: Report) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """By green, which codes of findings that count turn it, each with how many of what that is."""
    found = {}
    for green in report.greens:
        counts = Counter(kept.finding.code for kept in report.open_findings if turns(kept, Name(green.name)))
        found[green.name] = tuple((code, in_words(code, count)) for code, count in sorted(counts.items()))
    return found


def latest_lapse(now: datetime) -> date:
    """The last day on which an acceptance that is given now may lapse."""
    return (now + LONGEST_ACCEPTANCE).date() - timedelta(days=1)


def finding_card(unit: UnitOfWork, kept: KeptFinding) -> FindingCard:
    """A finding as it stands."""
    finding = kept.finding
    finding_id = finding.finding_id
    return FindingCard(
        kept,
        unit.routes.by_id(finding.route_id),
        finding_decisions(kept),
        finding_as_seen(kept),
        unit.instructions.of_subject(finding_id),
        unit.assignments.of_subjects([finding_id]).get(finding_id),
        _explained_by(unit, kept),
    )


def findings_about(unit: UnitOfWork, entry_ids: frozenset[str], voucher_ids: frozenset[str]) -> tuple[KeptFinding, ...]:
    """The findings that stand, of these entries or vouchers."""
    found = (
        kept
        for route in unit.routes.all()
        for kept in unit.findings.of_route(route.route_id, FindingState.OPEN, FindingState.ACCEPTED)
    )
    return tuple(
        kept for kept in found if kept.finding.entry_id in entry_ids - {""} or kept.finding.subject in voucher_ids
    )


def _explained_by(unit: UnitOfWork, kept: KeptFinding) -> str:
    """The entry it is about: its own, or that of the voucher or document it is about; empty where there is none."""
    finding = kept.finding
    if finding.entry_id:
        return finding.entry_id
    vouchers = unit.deliveries.get_many([finding.subject])
    if vouchers:
        return vouchers[finding.subject].entry_id
    document_id = finding.subject.partition("#")[0]
    return document_id if any(one.is_live for one in unit.entries.of_document(document_id)) else ""
