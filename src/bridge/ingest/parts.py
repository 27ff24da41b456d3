"""Pure: whether the parts that a source gives can be believed, and how their texts are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain

from bridge.errors import PluginError
from bridge.ingest.texts import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_TEXT,
    instant_fault,
    name_fault,
    plain_line,
    plain_pending,
    text_fault,
)
from bridge.model.documents import Awaits
from bridge.model.line_tax import Tax
from bridge.model.lines import TENDER, Line, check_line, kinds
from bridge.model.money import NOT_KNOWN, exponent
from bridge.model.series import Series
from bridge.model.tax import is_rate
from bridge.plugin import DocumentCheck, DocumentEnd, DocumentStart, FileNotes, Pending

MOST_CARRIED = 500
_AUTHOR = "Report this to the plugin's author"


def check_start(start: DocumentStart, where: str) -> None:
    """Raises: PluginError for a document that no store, or no calendar, could take; DocumentError for no currency.

    That of a document that awaits its order is not known; any other must have one, whatever its file says.
    """
    if not (start.awaits is Awaits.ORDER and start.currency == NOT_KNOWN):
        exponent(start.currency)
    instants = (start.opened_at, start.closed_at, start.pays_at, start.paid_at, start.as_of, start.agreed_at)
    names = (start.external_id, start.title, start.order_id, start.status)
    fault = next(filter(None, map(_instant_fault, instants)), "") or next(filter(None, map(name_fault, names)), "")
    if fault:
        raise _broken(f"{where} document {start.external_id[:40]!r}", fault)


def check_end(start: DocumentStart, end: DocumentEnd, line_count: int, where: str) -> None:
    """Raises: PluginError for a document that says what it cannot know yet, or hands on what makes no sense."""
    fault = ""
    if start.awaits is not None and (line_count or not (start.order_id and start.payload)):
        fault = f"is held as {start.awaits}, and has lines, no payload or no order"
    elif start.awaits is Awaits.ORDER and start.total_minor:
        fault = f"is held as {start.awaits}, and has a total"
    for concern in end.concerns:
        if type(concern.amount_minor) is not int:
            fault = "has a concern about an amount that is no whole number of minor units"
        fault = fault or _instant_fault(concern.at)
    fault = fault or (_series_fault(end.series) if end.series else "")
    if fault:
        raise _broken(f"{where} document {start.external_id[:40]!r}", fault)


def _series_fault(series: Series) -> str:
    several = (series.carries_in, series.carries_out, series.moved)
    amounts = [each.amount_minor for some in several for each in some]
    if len(amounts) > MOST_CARRIED:
        return f"hands over {len(amounts)} amounts, and {MOST_CARRIED} are allowed"
    if any(type(minor) is not int for minor in amounts):
        return "hands over an amount that is no whole number of minor units"
    return name_fault(series.name) or next(filter(None, (_instant_fault(each.at) for each in series.moved)), "")


def check_notes(notes: FileNotes, where: str) -> None:
    """Raises: PluginError when a note would hold a document, for it is of none."""
    if any(problem.blocking for problem in notes.problems):
        raise _broken(where, "gave a note of the whole file that is blocking")


def check_check(check: DocumentCheck, where: str) -> None:
    """Raises: PluginError for a check that names no document, or says nothing that could be compared."""
    exponent(check.currency)
    amounts = (check.total_minor, check.tax_minor)
    fault = name_fault(check.external_id) or name_fault(check.title)
    if not (check.external_id or check.title):
        fault = "names no document"
    elif any(minor is not None and type(minor) is not int for minor in amounts):
        fault = "has an amount that is no whole number of minor units"
    if fault := fault or _instant_fault(check.at):
        raise _broken(f"{where} check {(check.title or check.external_id)[:40]!r}", fault)


def checked_pending(pending: Pending, where: str) -> Pending:
    """The money as it is kept. Raises: PluginError for what no store could take; DocumentError for no currency."""
    exponent(pending.currency)
    amounts = (pending.amount_minor, *(minor for _, minor in pending.parts))
    names = (pending.external_id, pending.order_id, pending.statement, pending.place)
    instants = (pending.occurred_at, pending.as_of, pending.matures_at, pending.released_at)
    fault = next(filter(None, (*map(name_fault, names), *map(_instant_fault, instants))), "")
    if not pending.external_id:
        fault = "has no id"
    elif any(type(minor) is not int for minor in amounts):
        fault = "has an amount that is no whole number of minor units"
    if fault:
        raise _broken(f"{where} pending {pending.external_id[:40]!r}", fault)
    return plain_pending(pending)


def checked_line(line: Line, where: str) -> Line:
    """The line as it is kept. Raises: PluginError ``plugin.line`` for one that cannot be."""
    if _is_fit(line):
        return line
    check_line(line, where=where)
    fault = (
        instant_fault(line.occurred_at)
        or text_fault(line)
        or ("is a tender, and neither receipt nor repayment" if line.kind == TENDER and not line.part.is_money else "")
        or (_tax_fault(line.tax) if line.tax else "")
    )
    if fault:
        raise PluginError(f"{where} line {line.key[:40]!r}", fault, _AUTHOR, code="plugin.line")
    return plain_line(line)


def _is_fit(line: Line) -> bool:
    """Whether, at a glance, it can be kept as it is; nearly all lines can."""
    at, kind, pairs = line.occurred_at, line.kind, chain.from_iterable(line.attributes)
    return (
        bool(line.key)
        and kind in kinds()
        and type(line.amount_minor) is int
        and at.tzinfo is UTC
        and FIRST_YEAR <= at.year <= LAST_YEAR
        and len(
            texts := "".join((line.key, line.words, line.sku, line.order_id, line.tax_group, line.reference, *pairs))
        )
        <= MAX_TEXT
        and texts.isprintable()
        and (kind != TENDER or line.part.is_money)
        and (not line.tax or _is_fit_tax(line.tax))
    )


@lru_cache(maxsize=1024)
def _is_fit_tax(tax: Tax) -> bool:
    names = "".join(each.jurisdiction for each in tax)
    return not _tax_fault(tax) and names.isprintable() and len(names) <= MAX_TEXT


def _tax_fault(tax: Tax) -> str:
    if len({each.base for each in tax}) > 1:
        return "has taxes on several bases, which are lines of their own"
    base, wrong = tax[0].base, next((each.rate for each in tax if each.rate and not is_rate(each.rate)), "")
    if base and base not in kinds():
        return f"has tax on the unknown kind {base[:40]!r}"
    return f"has a tax rate that is no plain percentage: {wrong[:40]!r}" if wrong else ""


def _instant_fault(at: datetime | None) -> str:
    return "has an instant without a zone" if at is not None and at.tzinfo is None else instant_fault(at)


def _broken(thing: str, fault: str) -> PluginError:
    return PluginError(thing, fault, _AUTHOR, code="plugin.file_parts")
