"""Pure: names, texts and instants of a source, made fit for every store and every terminal, or refused."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import chain
from operator import attrgetter
from typing import Final

import msgspec

from bridge.model.documents import Problem
from bridge.model.lines import Line
from bridge.model.pending import Pending
from bridge.model.series import Series
from bridge.plugin import Concern

FIRST_YEAR, LAST_YEAR = 1990, 2200
MAX_TEXT: Final = 500
MAX_MESSAGE: Final = 2000
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UNFIT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_JURISDICTION = attrgetter("jurisdiction")


def plain(text: str, limit: int = MAX_TEXT) -> str:
    """The text with a space for each control character (NUL and ESC among them), cut to the limit."""
    return _CONTROLS.sub(" ", text[:limit])


def plain_line(line: Line) -> Line:
    """The line with such texts. Its names (key, order, tax group, reference) are not cut: see ``text_fault``."""
    return msgspec.structs.replace(
        line,
        words=plain(line.words),
        sku=plain(line.sku),
        order_id=_CONTROLS.sub(" ", line.order_id),
        tax_group=_CONTROLS.sub(" ", line.tax_group),
        reference=_CONTROLS.sub(" ", line.reference),
        attributes=tuple((plain(name), plain(text)) for name, text in line.attributes),
        tax=tuple(msgspec.structs.replace(each, jurisdiction=plain(each.jurisdiction)) for each in line.tax),
    )


def plain_problem(problem: Problem) -> Problem:
    """The problem as it can be shown anywhere."""
    return msgspec.structs.replace(problem, message=_shown(problem.message), where=_shown(problem.where))


def plain_concern(concern: Concern) -> Concern:
    """The concern as it can be shown anywhere."""
    return msgspec.structs.replace(concern, message=_shown(concern.message))


def plain_pending(pending: Pending) -> Pending:
    """The money with texts that can be shown anywhere; its names are not cut."""
    parts = tuple((plain(words), minor) for words, minor in pending.parts)
    return msgspec.structs.replace(pending, words=plain(pending.words), reason=plain(pending.reason), parts=parts)


def plain_series(series: Series) -> Series:
    """What it hands over, as it can be kept and shown."""
    carried_in, carried_out = (
        tuple(msgspec.structs.replace(each, name=_shown(each.name)) for each in several)
        for several in (series.carries_in, series.carries_out)
    )
    moved = tuple(msgspec.structs.replace(each, words=_shown(each.words)) for each in series.moved)
    return Series(series.name, carried_in, carried_out, moved)


def _shown(text: str) -> str:
    """Half a letter becomes a question mark."""
    return plain(text, MAX_MESSAGE).encode("utf-8", "replace").decode("utf-8")


def text_fault(line: Line) -> str:
    """Why no texts like these can be kept, whatever is done with them; empty when they can."""
    if not _is_whole("".join(_texts(line))):
        return "has half a letter (a lone surrogate) in a text"
    lengths = (_length_fault(name) for name in (line.order_id, line.tax_group, line.reference))
    return name_fault(line.key) or next(filter(None, lengths), "")


def name_fault(text: str) -> str:
    """Why a text cannot name anything; empty when it can."""
    return "has a control character, or half a letter, in its name" if _UNFIT.search(text) else _length_fault(text)


def instant_fault(at: datetime | None) -> str:
    """Why an instant is none of business; empty when it may be one. Days near the calendar's ends have no zone."""
    if at is None or FIRST_YEAR <= at.year <= LAST_YEAR:
        return ""
    return f"has an instant of the year {at.year}, outside {FIRST_YEAR} to {LAST_YEAR}"


def _texts(line: Line) -> tuple[str, ...]:
    return (
        line.words,
        line.sku,
        line.order_id,
        line.tax_group,
        line.reference,
        *chain(*line.attributes),
        *map(_JURISDICTION, line.tax),
    )


def _is_whole(text: str) -> bool:
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _length_fault(text: str) -> str:
    return f"has a name of {len(text)} characters, and {MAX_TEXT} are allowed" if len(text) > MAX_TEXT else ""
