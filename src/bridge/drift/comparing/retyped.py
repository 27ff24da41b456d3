"""Pure: accounts of the ledger that became of another kind after entries went there."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.drift.sides import Chart
from bridge.model.findings import Finding, Severity


def retyped(chart: Chart, currency: str) -> Iterator[Finding]:
    """One for each. Nothing on the entries changed, yet a statement shows them where they do not belong."""
    for account, why in chart.odd:
        name = chart.name(account.ledger_id)
        yield Finding(
            code="drift.account_type",
            severity=Severity.ERROR,
            route_id=chart.route.route_id,
            subject=account.ledger_id,
            title=f"{name}: entries of bridge are booked to it, and it is of type {account.type} now",
            amount_minor=0,
            currency=currency,
            cause=f"Somebody made it an account of another kind in the ledger: {why}",
            repair=f"Give it back its type there, or map another in [routes.{chart.route.name}.accounts] and move what "
            "stands on it",
            evidence=(("type", "", account.type),),
            account=name,
        )
