"""Pure: QuickBooks' reports, tables of cells with text in them, become what each account comes to.

Source: QuickBooks Online Accounting API, reports TrialBalance and ProfitAndLoss; their shape as of its own examples.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bridge.model.ledger_sums import LedgerSum
from bridge.model.money import minor_from_text
from bridge.transport import Json
from bridge_quickbooks.answers import UNREADABLE, text_of, unreadable

TRIAL_BALANCE, PROFIT_AND_LOSS = "TrialBalance", "ProfitAndLoss"
_TOTAL, _NET = "GrandTotal", "NetIncome"
# Income is shown as a gain, what it cost as a cost: a debit is a cost.
_SIGNS: Mapping[str, int] = {"Income": -1, "OtherIncome": -1, "COGS": 1, "Expenses": 1, "OtherExpenses": 1}


def trial_balance(report: Json, home: str) -> tuple[LedgerSum, ...]:
    """Every account that stands at something.

    Raises: PluginError ``quickbooks.answer`` when a cell cannot be read, or the rows do not come to the report's total.
    """
    try:
        found = tuple(_sum(cells, _minor(cells[1], home) - _minor(cells[2], home)) for cells in _accounts(report))
        total = [_minor(cell, home) for cell in _summary(report, _TOTAL)[1:3]]
    except (*UNREADABLE, IndexError) as cause:
        raise unreadable("the trial balance", f"cannot be read ({type(cause).__name__})") from cause
    debits = sum(one.amount_minor for one in found if one.amount_minor > 0)
    if total and total != [debits, debits - sum(one.amount_minor for one in found)]:
        raise unreadable("the trial balance", "its rows do not come to its own total")
    return found


def profit_and_loss(report: Json, home: str) -> tuple[LedgerSum, ...]:
    """Every account of income and expense that moved. Raises: as ``trial_balance``."""
    try:
        found = tuple(
            _sum(cells, _SIGNS[text_of(section.get("group"))] * _minor(cells[1], home))
            for section in _rows(report)
            for cells in _accounts(section)
        )
        net = [_minor(cell, home) for cell in _summary(report, _NET)[1:2]]
    except (*UNREADABLE, IndexError) as cause:
        raise unreadable("the profit and loss", f"cannot be read ({type(cause).__name__})") from cause
    if sum(net) != -sum(one.amount_minor for one in found):
        raise unreadable("the profit and loss", "its rows do not come to its own total")
    return found


def _accounts(table: Json) -> Iterator[Sequence[Json]]:
    """The cells of each account: rows of their own, and the heads of accounts that others stand below."""
    for row in _rows(table):
        for cells in (row.get("ColData"), (row.get("Header") or {}).get("ColData")):
            if cells and text_of(cells[0].get("id")) and any(text_of(cell.get("value")) for cell in cells[1:]):
                yield cells
        yield from _accounts(row)


def _rows(table: Json) -> Sequence[Json]:
    return (table.get("Rows") or {}).get("Row") or ()


def _summary(report: Json, group: str) -> Sequence[Json]:
    """The cells of a section's total; none where nothing is in the report."""
    section = next((row for row in _rows(report) if row.get("group") == group), {})
    return (section.get("Summary") or {}).get("ColData") or ()


def _sum(cells: Sequence[Json], amount_minor: int) -> LedgerSum:
    return LedgerSum(text_of(cells[0]["id"]), text_of(cells[0].get("value")), amount_minor)


def _minor(cell: Json, home: str) -> int:
    return minor_from_text(text_of(cell.get("value")) or "0", home)
