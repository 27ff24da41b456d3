"""Pure: one object of ours as the ledger acknowledged it, and the finding of what became of it."""

from __future__ import annotations

import msgspec

from bridge.drift.stake import Stake
from bridge.model.findings import Finding, FindingLine, Severity
from bridge.model.vouchers import LedgerCopy

Evidence = tuple[tuple[str, str, str], ...]
NOTHING = Stake(0, "")


class Ours(msgspec.Struct, frozen=True):
    """One object of ours as the ledger acknowledged it, and the entry it carries, or carries a part of.

    part_of: what the entry is called, where it is several objects; else empty.
    """

    copy: LedgerCopy
    route_id: str
    entry_id: str
    part_of: str = ""

    def finding(
        self,
        code: str,
        what: str,
        *,
        cause: str,
        repair: str,
        evidence: Evidence,
        at_stake: Stake = NOTHING,
        lines: tuple[FindingLine, ...] = (),
        severity: Severity = Severity.ERROR,
    ) -> Finding:
        return Finding(
            code=f"drift.{code}",
            severity=severity,
            route_id=self.route_id,
            subject=self.copy.ref,
            title=f"{name(self.copy)}{self._whose}: {what}",
            amount_minor=at_stake.amount_minor,
            currency=self.copy.currency,
            cause=cause,
            repair=repair,
            evidence=evidence,
            entry_id=self.entry_id,
            ref=self.copy.ref,
            account=at_stake.account,
            lines=lines,
        )

    @property
    def _whose(self) -> str:
        """Of an object without a number of its own, what it belongs to."""
        return f", part of '{self.part_of}'" if self.part_of and not self.copy.number else ""


def name(copy: LedgerCopy) -> str:
    """An object as people find it: ``JournalEntry AMZ2606-KQZV of 2026-06-30``."""
    return f"{copy.type} {copy.number or copy.ref} of {copy.dated_on}"
