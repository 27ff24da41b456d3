"""Reads a company's books back: every kind that can touch an account, all of it or what changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from bridge.errors import AuthorizationError, BridgeError, PluginError
from bridge.model.vouchers import LedgerCopy
from bridge.plugin import Changes, Observation, Unknown, Unread
from bridge.transport import Json
from bridge_quickbooks.client import MOST_CHANGES, Client, TooManyError, is_gone
from bridge_quickbooks.errors import INVALID_QUERY
from bridge_quickbooks.unread import may_be_of_one_kind, unread
from bridge_quickbooks.words import (
    CREDIT_MEMO,
    INVOICE,
    JOURNAL_ENTRY,
    PAYMENT,
    PURCHASE,
    REFUND_RECEIPT,
    SALES_RECEIPT,
    TRANSFER,
)

WRITTEN = (JOURNAL_ENTRY, TRANSFER, SALES_RECEIPT, REFUND_RECEIPT, INVOICE, PAYMENT, CREDIT_MEMO, PURCHASE)
# Every transaction that can touch an account or name a customer. Not listed: time, estimates and orders, which post
# nothing, and what QuickBooks makes by itself (payments of sales tax and of cards, stock adjustments), which its
# clients cannot all ask for.
OBSERVED = (
    JOURNAL_ENTRY,
    TRANSFER,
    "Deposit",
    PURCHASE,
    SALES_RECEIPT,
    REFUND_RECEIPT,
    PAYMENT,
    INVOICE,
    CREDIT_MEMO,
    "Bill",
    "BillPayment",
    "VendorCredit",
)
# Of others only: these need not be there to know what became of ours.
_OF_OTHERS = tuple(kind for kind in OBSERVED if kind not in WRITTEN)


class Observer:
    """What a check reads of one company. read: an object of a kind as a copy."""

    def __init__(self, client: Client, read: Callable[[str, Json], LedgerCopy]) -> None:
        self._client, self._read = client, read

    def observe(self, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...] | Unread]:
        """The kinds in ``OBSERVED``, one after another: all of those we write, of the others what is wanted."""
        for kind in OBSERVED:
            try:
                yield from self._dated(kind, wanted)
            except BridgeError as refusal:
                yield self._unread(kind, refusal)

    def changes(self, since: datetime) -> Iterator[Changes | Unread | Unknown]:
        """Change data capture over every kind in ``OBSERVED``: one call, and more where a thousand objects changed.

        It is refused as a whole where one kind is: then those we write are asked for together, the others one by one.
        """
        try:
            yield from self._changed_where_it_may(since)
        except TooManyError as cause:
            yield Unknown(f"more than {MOST_CHANGES:,} objects of the kind {cause} changed, which it cannot tell")
        except PluginError as refusal:
            if refusal.code != f"quickbooks.{INVALID_QUERY}":
                raise
            yield Unknown(f"it does not tell what changed ({refusal.cause})")

    def _dated(self, kind: str, wanted: Observation) -> Iterator[tuple[LedgerCopy, ...]]:
        for page in self._client.dated(kind, wanted.since_on, wanted.until_on):
            copies = (self._read(kind, found) for found in page)
            if kept := tuple(copy for copy in copies if _is_wanted(copy, wanted)):
                yield kept

    def _changed_where_it_may(self, since: datetime) -> Iterator[Changes | Unread]:
        try:
            yield from self._changed(OBSERVED, since)
            return
        except BridgeError as refusal:
            if not may_be_of_one_kind(refusal):
                raise
        yield from self._changed(WRITTEN, since)
        for kind in _OF_OTHERS:
            try:
                yield from self._changed((kind,), since)
            except BridgeError as refusal:
                yield self._unread(kind, refusal)

    def _changed(self, kinds: Sequence[str], since: datetime) -> Iterator[Changes]:
        for kind, found in self._client.changed(kinds, since):
            gone = tuple(str(row.get("Id")) for row in found if is_gone(row))
            copies = tuple(self._read(kind, row) for row in found if not is_gone(row))
            if gone or copies:
                yield Changes(copies, gone)

    def _unread(self, kind: str, refusal: BridgeError) -> Unread:
        """What is said of a kind that was refused while others are read.

        Raises: the refusal where it is of a kind that we write, or is none of one kind; what is said to everything,
                where the connection is let in no more.
        """
        if kind in WRITTEN or not may_be_of_one_kind(refusal):
            raise refusal
        if isinstance(refusal, AuthorizationError):
            self._client.all("Preferences")
        return unread(kind, refusal)


def _is_wanted(copy: LedgerCopy, wanted: Observation) -> bool:
    """A journal or transfer is wanted even where a person took our key and the account out of it.

    Receipts are not: a merchant may write thousands, and ours are asked for by id where they do not come by.
    """
    is_ours = bool(copy.key) or copy.type in {JOURNAL_ENTRY, TRANSFER}
    return is_ours or wanted.concerns(copy)
