"""Pure: one object of ours as the ledger acknowledged it, and what is to be done where it does not count any more."""

from __future__ import annotations

import msgspec

from bridge.drift.comparing.stake import Stake, of_copy
from bridge.drift.sides import Chart
from bridge.model.findings import Finding, FindingLine, Severity
from bridge.model.vouchers import LedgerCopy
from bridge.plugin.wording import object_name

Evidence = tuple[tuple[str, str, str], ...]
NOTHING = Stake(0, "")
ENTER_AGAIN = (
    "Enter it again, dated {}, with the lines below; then accept this with the new entry's number as the reason"
)


class Ours(msgspec.Struct, frozen=True):
    """One object of ours as the ledger acknowledged it, and the entry it carries, or carries a part of.

    called: it, for people. part_of: what the entry is called, where it is several objects; else empty.
    """

    copy: LedgerCopy
    called: str
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
        evidence: Evidence = (),
        at_stake: Stake = NOTHING,
        lines: tuple[FindingLine, ...] = (),
        severity: Severity = Severity.ERROR,
        binding: str = "",
    ) -> Finding:
        return Finding(
            code=f"drift.{code}",
            severity=severity,
            route_id=self.route_id,
            subject=self.copy.ref,
            title=f"{self.called}{self._whose}: {what}",
            amount_minor=at_stake.amount_minor,
            currency=self.copy.currency,
            cause=cause,
            repair=repair,
            evidence=evidence,
            entry_id=self.entry_id,
            ref=self.copy.ref,
            account=at_stake.account,
            lines=lines,
            binding=binding,
        )

    @property
    def _whose(self) -> str:
        """Of an object without a number of its own, what it belongs to."""
        return f", part of '{self.part_of}'" if self.part_of and not self.copy.number else ""


def name(copy: LedgerCopy, chart: Chart) -> str:
    """An object as people find it: ``Journal entry AMZ2606-KQZV of 2026-06-30``."""
    return f"{object_name(copy.type, copy.number or copy.ref, chart.words)} of {copy.dated_on}"


def gone(ours: Ours, chart: Chart, *, was_deleted: bool) -> Finding:
    """The finding of an object that the ledger says is not there.

    was_deleted: the ledger itself says that it was deleted; otherwise it simply does not know it.
    """
    if was_deleted:
        return _taken_out(ours, chart, "deleted", "deleted in the ledger", "Somebody deleted it in the ledger")
    cause = "The ledger does not know it: it was deleted, or this is another company's ledger"
    return _taken_out(ours, chart, "missing", "not in the ledger", cause)


def voided(ours: Ours, chart: Chart, editor: str) -> Finding:
    """The finding of an object that was voided. editor: when and by whom, as far as the ledger tells."""
    return _taken_out(ours, chart, "voided", "voided in the ledger", f"Somebody voided it{editor}")


def _taken_out(ours: Ours, chart: Chart, code: str, what: str, cause: str) -> Finding:
    put_in = of_copy(ours.copy, chart)
    return ours.finding(
        code,
        what,
        at_stake=Stake(-put_in.amount_minor, put_in.account),
        cause=cause,
        repair=ENTER_AGAIN.format(ours.copy.dated_on),
        lines=_lines(ours.copy, chart),
    )


def _lines(copy: LedgerCopy, chart: Chart) -> tuple[FindingLine, ...]:
    """All that the object said when the ledger took it."""
    return tuple(
        FindingLine(
            chart.name(line.account_id),
            line.amount_minor,
            line.description,
            chart.tax_name(line.tax_code) if line.tax_code else "",
            line.tax_minor,
        )
        for line in copy.lines
        if line.amount_minor or line.tax_minor
    )
