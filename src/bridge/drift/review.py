"""The last check of a route, kept, and as it stands now: with what people accepted of it since."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from zlib import compress, decompress

import msgspec

from bridge.drift.report import Report
from bridge.model.connections import Route
from bridge.model.findings import FindingState, KeptFinding
from bridge.model.reviews import Review
from bridge.store.api import UnitOfWork


class Standing(msgspec.Struct, frozen=True):
    """A check as somebody looks at it. digest: of all of it. done: findings that were seen to since, by id."""

    report: Report
    digest: str
    done: frozenset[str]


def keep(unit: UnitOfWork, route_id: str, report: Report) -> None:
    """Keep a check in the place of the route's last one."""
    body = msgspec.json.encode(report)
    unit.reviews.put(Review(route_id, report.checked_at, sha256(body).hexdigest(), compress(body)))


def standing(unit: UnitOfWork, route: Route, now: datetime) -> Standing | None:
    """A route's last check; None where there was none, or only one of another version of bridge."""
    kept = unit.reviews.get(route.route_id)
    report = _read(kept.body) if kept else None
    if report is None:
        return None
    beside = {one.kept.finding.finding_id for one in report.beside}
    known = {
        one.finding.finding_id: one
        for one in unit.findings.of_ids([*(each.finding.finding_id for each in report.findings), *sorted(beside)])
    }
    report = msgspec.structs.replace(
        report,
        findings=tuple(_now(one, known, now) for one in report.findings),
        beside=tuple(msgspec.structs.replace(one, kept=_now(one.kept, known, now)) for one in report.beside),
    )
    done = (name for name, one in known.items() if one.state is FindingState.CLOSED)
    return Standing(report, sha256(msgspec.json.encode(report)).hexdigest(), frozenset(done) - beside)


def _read(body: bytes) -> Report | None:
    try:
        return msgspec.json.decode(decompress(body), type=Report)
    except msgspec.ValidationError:
        return None


def _now(one: KeptFinding, known: Mapping[str, KeptFinding], now: datetime) -> KeptFinding:
    """As people left it since. One that was seen to otherwise than by a word stays open until the next check."""
    latest = known.get(one.finding.finding_id)
    if latest is None or latest.state is FindingState.CLOSED:
        return one
    has_lapsed = latest.accepted_until is not None and latest.accepted_until <= now
    if latest.state is FindingState.ACCEPTED and not has_lapsed:
        return msgspec.structs.replace(latest, finding=one.finding, last_seen_at=one.last_seen_at)
    return KeptFinding(one.finding, FindingState.OPEN, one.first_seen_at, one.last_seen_at)
