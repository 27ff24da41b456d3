"""Pure: what a ledger does not let bridge read, so that nothing can be said of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bridge.model.findings import Finding, Severity
from bridge.model.readings import Unread


def unread(kinds: Iterable[Unread], route_id: str, currency: str) -> Iterator[Finding]:
    """One for each kind. Accepted it opens again where the reason is another, and is closed once the kind is read."""
    for one in kinds:
        yield Finding(
            code="drift.unread",
            severity=Severity.WARNING,
            route_id=route_id,
            subject=one.kind,
            title=f"{one.kind}: objects of this kind cannot be read",
            amount_minor=0,
            currency=currency,
            cause=f"{one.why}. What others entered so is not seen: whether it touches our accounts, or repeats a sale, "
            "is not known",
            repair=f"{one.next_step}. If the company has none of them, accept it with that as the reason",
            evidence=(("why", "", one.why),),
        )
