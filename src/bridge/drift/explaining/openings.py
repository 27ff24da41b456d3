"""Reads what each account held before anything of it is read: nothing, unless a person agreed to it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import msgspec

from bridge.drift.explaining.explained import Clearing
from bridge.drift.sides import Snapshot
from bridge.model.findings import Finding, FindingState, Severity
from bridge.model.money import decimal_text
from bridge.model.openings import AgreedOpening
from bridge.store.api import ClearingMove

OPENING_DIFFERS = "drift.opening"
OPENING = "opening"


class Opening(msgspec.Struct, frozen=True):
    """What an account held in one currency before a day, and who agreed to it; where nobody did, nothing."""

    minor: int = 0
    since: date | None = None
    words: str = ""


class Openings:
    """The agreed openings of a ledger, and those that a person agrees to just now by accepting the finding.

    agreed: the latter, to be kept.
    """

    def __init__(self, now: Snapshot) -> None:
        self._now = now
        self._known = now.unit.openings.of_ledger(now.route.ledger)
        kept = now.unit.findings.of_route
        self._accepted = [
            one
            for route_id in now.sharing.names
            for one in kept(route_id, FindingState.ACCEPTED)
            if one.finding.code == OPENING_DIFFERS
        ]
        self.agreed: list[AgreedOpening] = []

    def of(self, account_id: str, currency: str, balance_minor: int | None, moves: Iterable[ClearingMove]) -> Opening:
        """What counts as the opening now. Where the ledger shows another one, only a person's word changes it."""
        known = self._known.get((account_id, currency))
        found = None if balance_minor is None else balance_minor - sum(move.amount_minor for move in moves)
        if found is not None and found != (known.minor if known else 0):
            known = self._just_agreed(account_id, currency, found) or known
        return Opening(known.minor, known.since_on, f"agreed by {known.by}: {known.reason}") if known else Opening()

    def _just_agreed(self, account_id: str, currency: str, found: int) -> AgreedOpening | None:
        now = self._now
        for one in self._accepted:
            opens = [theirs for field, _, theirs in one.finding.evidence if field == OPENING]
            if one.finding.subject == f"{account_id} {currency}" and opens == [decimal_text(found, currency)]:
                agreed = AgreedOpening(
                    ledger=now.route.ledger,
                    account_id=account_id,
                    currency=currency,
                    since_on=now.scope.since_on,
                    minor=found,
                    by=one.accepted_by,
                    reason=one.accepted_reason,
                    agreed_on=now.scope.today,
                )
                self.agreed.append(agreed)
                return agreed
        return None

    def finding(self, one: Clearing, route_id: str) -> Finding:
        """The finding of an account whose balance is not its opening and what was read of it."""
        known, since = self._known.get((one.account_id, one.currency)), self._now.scope.since_on
        found = one.opening_minor + one.unexplained_minor
        amount = f"{decimal_text(found, one.currency)} {one.currency}"
        if known:
            before = f"{decimal_text(known.minor, one.currency)} {one.currency}"
            what = f"it opened with {before} as {known.by} agreed on {known.agreed_on}, and opens with {amount} now"
            cause = f"An entry dated before {since} came in, was changed or was deleted, or one that bridge cannot read"
        else:
            what = f"it opens with {amount}, and nobody said why"
            cause = f"It stood there before {since}, or came by an entry of a type that bridge cannot read"
        return Finding(
            code=OPENING_DIFFERS,
            severity=Severity.WARNING,
            route_id=route_id,
            subject=f"{one.account_id} {one.currency}",
            title=f"{one.account}: {what}",
            amount_minor=one.unexplained_minor,
            currency=one.currency,
            cause=cause,
            repair=f"Look through its entries before {since} in the ledger; if {amount} is right, accept this with the "
            "reason, and it is the opening from then on",
            evidence=((OPENING, decimal_text(one.opening_minor, one.currency), decimal_text(found, one.currency)),),
            account=one.account,
        )
