"""Pure: the trial balance, a page of cells with text in them, becomes the balance of each account.

Its first pair of columns is the month's movement. The second is the year to date: what income and expense came to in
the financial year, and for accounts of the balance sheet all that stands there, since ever. Xero's own example shows
it: what customers owe there is many times the year's sales, and past profit stands in retained earnings.
Source: Xero Accounting OpenAPI 16.1.0, getReportTrialBalance and ReportWithRows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bridge.model.money import minor_from_text
from bridge.transport import Json
from bridge_xero.parse import UNREADABLE, unreadable
from bridge_xero.wire import rows, text

TITLE = "the trial balance"
_DEBIT, _CREDIT = "YTD Debit", "YTD Credit"


def balances_of(report: Json, home: str) -> Mapping[str, int]:
    """By account id, debit positive, in the organisation's own currency; accounts it leaves out stand at nothing.

    Raises: PluginError ``xero.answer`` when a cell cannot be read, or the rows do not come to the report's own total:
    then some were not understood.
    """
    try:
        found, debit, credit, total = {}, 0, 0, (0, 0)
        columns = _columns(report)
        for row in _rows(report):
            sides = _sides(row, columns, home)
            if row.get("RowType") == "SummaryRow":
                total = sides
                continue
            account = _account(row)
            if not account or account in found:
                raise unreadable(TITLE, "a row names no account, or one that another names")
            found[account] = sides[0] - sides[1]
            debit, credit = debit + sides[0], credit + sides[1]
    except (*UNREADABLE, IndexError) as cause:
        raise unreadable(TITLE, f"cannot be read ({type(cause).__name__})") from cause
    if total != (debit, credit):
        raise unreadable(TITLE, "its rows do not come to its own total")
    return found


def _columns(report: Json) -> tuple[int, int]:
    """Where the two columns are that tell what stands there."""
    header = next((row for row in rows(report.get("Rows")) if row.get("RowType") == "Header"), {})
    titles = [text(cell.get("Value")) for cell in rows(header["Cells"])]
    return titles.index(_DEBIT), titles.index(_CREDIT)


def _rows(found: Json) -> Iterator[Json]:
    """The rows of accounts, and the total's, in whatever sections they stand."""
    for row in rows(found.get("Rows")):
        if row.get("RowType") in {"Row", "SummaryRow"}:
            yield row
        yield from _rows(row)


def _sides(row: Json, columns: tuple[int, int], home: str) -> tuple[int, int]:
    debit, credit = (text(rows(row["Cells"])[column].get("Value")) for column in columns)
    return minor_from_text(debit or "0", home), minor_from_text(credit or "0", home)


def _account(row: Json) -> str:
    """The id of its account, which each cell of it bears."""
    marks = rows(rows(row["Cells"])[0].get("Attributes"))
    return next((text(mark.get("Value")) for mark in marks if mark.get("Id") == "account"), "")
