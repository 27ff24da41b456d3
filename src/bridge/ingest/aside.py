"""A channel's file that cannot be read: set aside with a finding, and asked for again by its id; the rest goes on."""

from __future__ import annotations

from bridge.errors import DocumentError
from bridge.ingest.setting import Setting
from bridge.ingest.taking import later
from bridge.model.channel import Inquiry, Why
from bridge.model.connections import Route
from bridge.model.findings import Finding, FindingState, Severity
from bridge.plugin import FilePage
from bridge.store.api import UnitOfWork

UNREADABLE = "channel.unreadable"


def set_aside(unit: UnitOfWork, setting: Setting, page: FilePage, fault: DocumentError) -> None:
    """Say of every route why nothing of it is kept, and ask for it again a cadence later: a person mends the cause."""
    for route in setting.routes:
        unit.findings.add(_finding(setting, route, page, fault), setting.clock.now())
    again = Inquiry(page.kind, page.external_id, Why.OPEN, later(setting, page.kind))
    unit.inquiries.add(setting.connection_id, [again])


def read_after_all(unit: UnitOfWork, setting: Setting, page: FilePage) -> None:
    """It could be read: what was found of it is over."""
    found = [_id(setting, route, page) for route in setting.routes]
    for kept in unit.findings.of_ids(found):
        if kept.state is FindingState.OPEN:
            unit.findings.close(kept.finding.finding_id)


def _id(setting: Setting, route: Route, page: FilePage) -> str:
    """Neither its cause nor its repair tells it from another."""
    return _finding(setting, route, page, DocumentError("", "", "")).finding_id


def _finding(setting: Setting, route: Route, page: FilePage, fault: DocumentError) -> Finding:
    return Finding(
        code=UNREADABLE,
        severity=Severity.ERROR,
        route_id=route.route_id,
        subject=f"{setting.connection_id} {page.kind} {page.external_id}",
        title=f"{route.source}: {page.kind} {page.external_id} cannot be read",
        amount_minor=0,
        currency=setting.facts.currency,
        cause=f"{fault.thing} {fault.cause}",
        repair=f"{fault.next_step}. bridge asks for it again; accept this to go on without it",
        evidence=(("error", fault.code, ""),),
    )
