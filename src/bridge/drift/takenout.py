"""Pure: objects of ours that do not count in the ledger any more, with all that is needed to enter them again."""

from __future__ import annotations

from bridge.drift.chart import Chart
from bridge.drift.ours import Ours
from bridge.drift.stake import Stake, of_copy
from bridge.model.findings import Finding, FindingLine
from bridge.model.vouchers import LedgerCopy

ENTER_AGAIN = (
    "Enter it again, dated {}, with the lines below; then accept this with the new entry's number as the reason"
)


def gone(ours: Ours, chart: Chart, *, was_deleted: bool) -> Finding:
    """The finding of an object that the ledger says is not there.

    was_deleted: the ledger itself says that it was deleted; otherwise it simply does not know it.
    """
    if was_deleted:
        code, what, cause = "deleted", "deleted in the ledger", "Somebody deleted it in the ledger"
    else:
        code, what = "missing", "not in the ledger"
        cause = "The ledger does not know it: it was deleted, or this is another company's ledger"
    return ours.finding(
        code,
        what,
        at_stake=_taken_out(ours.copy, chart),
        cause=cause,
        repair=ENTER_AGAIN.format(ours.copy.dated_on),
        evidence=(),
        lines=_lines(ours.copy, chart),
    )


def voided(ours: Ours, chart: Chart, editor: str) -> Finding:
    """The finding of an object that was voided. editor: when and by whom, as far as the ledger tells."""
    return ours.finding(
        "voided",
        "voided in the ledger",
        at_stake=_taken_out(ours.copy, chart),
        cause=f"Somebody voided it{editor}",
        repair=ENTER_AGAIN.format(ours.copy.dated_on),
        evidence=(),
        lines=_lines(ours.copy, chart),
    )


def _taken_out(copy: LedgerCopy, chart: Chart) -> Stake:
    put_in = of_copy(copy, chart)
    return Stake(-put_in.amount_minor, put_in.account)


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
