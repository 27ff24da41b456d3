"""The Source of files: what a file is, and its documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from bridge.plugin import (
    FileNotes,
    FilePart,
    SourceFile,
)
from bridge.plugin.reading import Place, SizeLimit, first_bytes
from bridge_shopify.answers import answer_parts
from bridge_shopify.bulk import bulk_parts
from bridge_shopify.exports import order_checks, payout_checks
from bridge_shopify.files import HEAD_BYTES, Layout, layout
from bridge_shopify.notes import Notes
from bridge_shopify.order import Tables
from bridge_shopify.transactions_export import transactions_parts

SAVE_AGAIN = "Save the answer again, as it came, with the query that comes with the plugin"
DOWNLOAD_AGAIN = "Download it again and bring the file as it came, not saved anew by another program"


class ShopifySource:
    """Reads one shop's files. account: the shop's domain, empty for any. Settings: see ``ShopifySettings``."""

    def __init__(self, account: str = "", *, max_answer_megabytes: int = 256, max_file_megabytes: int = 4096) -> None:
        self._account = account
        self._answer_limit = SizeLimit(max_answer_megabytes, "max_answer_megabytes")
        self._file_limit = SizeLimit(max_file_megabytes)

    def read_file(self, file: SourceFile) -> Iterator[FilePart]:
        """The documents or checks of a file: what it is, then order by order, payout by payout.

        What there is to know of the file as a whole comes behind them.
        """
        place = place_in(file)
        self._file_limit.check(file.size, place)
        kind = layout(first_bytes(file, HEAD_BYTES), place)
        if kind is Layout.ANSWER:
            self._answer_limit.check(file.size, place)
        place = place_in(file, SAVE_AGAIN if kind in _ANSWERS else DOWNLOAD_AGAIN)
        tables = Tables(place, self._account)
        yield from _with_notes(_READERS[kind](file, tables), tables.notes, place)


def place_in(file: SourceFile, next_step: str = SAVE_AGAIN) -> Place:
    """Where a reader of this file stands. next_step: what to do about a refusal that names nothing better."""
    return Place(f"file {file.name}", channel="shopify", next_step=next_step)


def _answer(file: SourceFile, tables: Tables) -> Iterator[FilePart]:
    with file.open() as stream:
        content = stream.read()
    return answer_parts(content, tables)


_ANSWERS = {Layout.ANSWER, Layout.BULK}
_READERS: dict[Layout, Callable[[SourceFile, Tables], Iterator[FilePart]]] = {
    Layout.ANSWER: _answer,
    Layout.BULK: bulk_parts,
    Layout.PAYMENT_TRANSACTIONS: transactions_parts,
    Layout.PAYOUTS: payout_checks,
    Layout.ORDERS: order_checks,
}


def _with_notes(parts: Iterator[FilePart], notes: Notes, place: Place) -> Iterator[FilePart]:
    """The parts, and behind them what was noted of the file.

    Raises: DocumentError ``shopify.file.nothing`` when there is no part at all.
    """
    has_parts = False
    for part in parts:
        has_parts = True
        yield part
    if not has_parts:
        told = " ".join(problem.message for problem in notes.problems())
        cause = f"holds nothing to book or to check{f' ({told})' if told else ''}"
        next_step = "Nothing to do if nothing was expected; else check the period and the access scopes"
        raise place.refuse("file.nothing", cause, next_step=next_step)
    if problems := notes.problems():
        yield FileNotes(problems)
