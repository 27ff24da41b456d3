"""Reads an organisation whole, or what changed of it, kind by kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from bridge.model.vouchers import LedgerCopy
from bridge.plugin import Changes, Observation
from bridge.transport import Json
from bridge_xero import parse
from bridge_xero.client import Client
from bridge_xero.kinds import ALLOCATION, CREDIT_NOTE, MANUAL_JOURNAL
from bridge_xero.parse import Chart


def dated(client: Client, kind: str, wanted: Observation, chart: Chart) -> Iterator[tuple[LedgerCopy, ...]]:
    """Pages of what is dated in the days that are wanted, and is wanted."""
    is_dated = kind != MANUAL_JOURNAL
    pages = client.dated(kind, wanted.since_on, wanted.until_on) if is_dated else client.changed(kind)
    for page in pages:
        copies = (parse.ledger_copy(each, found, chart) for each, found in _told(kind, page))
        if kept := tuple(copy for copy in copies if _is_wanted(copy, wanted)):
            yield kept


def changed(client: Client, kind: str, since: datetime, chart: Chart) -> Iterator[Changes]:
    """Pages of what changed since an instant; drafts of others are not in the books."""
    for page in client.changed(kind, since):
        told = _told(kind, page)
        out = {parse.id_of(each, found) for each, found in _everything(kind, page) if _is_out(each, found)}
        copies = (parse.ledger_copy(each, found, chart) for each, found in told if not _is_out(each, found))
        whole = (parse.id_of(kind, found) for found in page if _tells_parts(kind, found))
        yield Changes(tuple(copies), tuple(sorted(out)), tuple(whole))


def unused(client: Client, chart: Chart) -> Iterator[Changes]:
    """Pages of our credit notes of which something is not used, with what is set against invoices.

    That credit is taken off an invoice again, Xero lists nowhere, and nowhere says that the note changes with it. But a
    note of which something was taken off is not used up.
    """
    for page in client.unused_credit():
        ours = [found for found in page if _tells_parts(CREDIT_NOTE, found)]
        copies = tuple(parse.ledger_copy(each, found, chart) for each, found in _told(CREDIT_NOTE, ours))
        if ours:
            yield Changes(copies, whole=tuple(parse.id_of(CREDIT_NOTE, found) for found in ours))


def _told(kind: str, page: Sequence[Json]) -> Iterator[tuple[str, Json]]:
    """What of a page is in the books, or is ours; with our own credit notes what they are set against."""
    for each, found in _everything(kind, page):
        if not (_is_draft_of_others(each, found) or (each == ALLOCATION and parse.is_deleted(found))):
            yield each, found


def _everything(kind: str, page: Sequence[Json]) -> Iterator[tuple[str, Json]]:
    for found in page:
        yield kind, found
        if _tells_parts(kind, found):
            yield from ((ALLOCATION, each) for each in parse.allocations(found))


def _tells_parts(kind: str, found: Json) -> bool:
    return kind == CREDIT_NOTE and bool(parse.key_of(kind, found))


def _is_draft_of_others(kind: str, found: Json) -> bool:
    return parse.status_of(found) in parse.DRAFTS and not parse.key_of(kind, found)


def _is_out(kind: str, found: Json) -> bool:
    return parse.is_deleted(found) or _is_draft_of_others(kind, found)


def _is_wanted(copy: LedgerCopy, wanted: Observation) -> bool:
    is_dated = wanted.since_on <= copy.dated_on <= wanted.until_on
    is_ours = bool(copy.key) or copy.type == ALLOCATION  # which is only told of our own credit notes
    return is_dated and (is_ours or wanted.concerns(copy))
