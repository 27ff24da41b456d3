"""Finds vouchers that may be in a company's books: by the number that only their key gives, then by their key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta

import msgspec

from bridge.errors import AuthorizationError, BridgeError, TransientError
from bridge.model.vouchers import LedgerCopy, Voucher
from bridge.plugin import Absent, LookUp, Present, Sought, Unknown
from bridge.transport import Json
from bridge_quickbooks import parse
from bridge_quickbooks.answers import text_of
from bridge_quickbooks.client import Client
from bridge_quickbooks.words import TRANSFER

# An object in doubt may have been re-dated by a person before we came to look.
LOOK_AROUND = timedelta(days=31)
ON_ITS_DAY = timedelta(0)
# By how much QuickBooks' clock may be behind ours.
_CLOCKS_APART = timedelta(minutes=10)
Found = Mapping[str, Json | BridgeError]
"""By our key, the object, or why it cannot be told whether it is ours."""


class Finder:
    """Asks one company. read: makes our copy of a transaction that may be a voucher's."""

    def __init__(self, client: Client, read: Callable[[Voucher, Json], LedgerCopy]) -> None:
        self._client, self._read = client, read

    def look_up(self, sought: Sequence[Sought], around: timedelta) -> tuple[LookUp, ...]:
        """Whether each is there; all unknown where a query fails. around: how far from its day one may be dated."""
        try:
            found = self._found(sought, around)
        except BridgeError as cause:
            return (Unknown(str(cause)),) * len(sought)
        return tuple(self._state(one.voucher, found.get(one.voucher.key)) for one in sought)

    def is_ours(self, voucher: Voucher, found: Json) -> bool:
        """Whether a transaction under our number is our own: its memo holds our key, or none and it says what we sent.

        A person may have rewritten the memo of ours; another may have given the number to what is not ours. With our
        key, whether it still says what we sent is for delivery to compare.
        """
        key = parse.key_of(found)
        return key == voucher.key or (not key and _says_the_same(voucher, self._read(voucher, found)))

    def _found(self, sought: Sequence[Sought], around: timedelta) -> Found:
        by_kind: dict[str, list[Sought]] = {}
        for one in sought:
            by_kind.setdefault(one.voucher.type, []).append(one)
        found: dict[str, Json | BridgeError] = {}
        for kind, some in by_kind.items():
            found |= self._of_kind(kind, some, around)
        return found

    def _of_kind(self, kind: str, sought: Sequence[Sought], around: timedelta) -> Found:
        """By number, by the days they bear, and where one that left us is still missing, by when it was made.

        Of transfers, which nothing else guards and of which there is one a payout, two months are read where it is not
        known when they left.
        """
        found = dict(self._numbered(kind, [one.voucher for one in sought if one.voucher.number]))
        if missing := _missing(sought, found):
            is_unsure = any(one.sent_at is None for one in missing)
            since_on, until_on = _days(missing, LOOK_AROUND if kind == TRANSFER and is_unsure else around)
            found |= _with_keys(self._client.dated(kind, since_on, until_on), missing)
        if missing := [one for one in _missing(sought, found) if one.sent_at is not None]:
            since_on, until_on = _days(missing, LOOK_AROUND)
            made_since = min(one.sent_at for one in missing if one.sent_at is not None) - _CLOCKS_APART
            found |= _with_keys(self._client.dated(kind, since_on, until_on, made_since=made_since), missing)
        return found

    def _numbered(self, kind: str, vouchers: Sequence[Voucher]) -> Found:
        by_number = {voucher.number: voucher for voucher in vouchers}
        found: dict[str, Json | BridgeError] = {}
        for row in self._client.numbered(kind, list(by_number)):
            voucher = by_number.get(text_of(row.get("DocNumber")))
            if voucher is None or isinstance(found.get(voucher.key), dict):
                continue
            try:
                if self.is_ours(voucher, row):
                    found[voucher.key] = row
            except (TransientError, AuthorizationError):
                raise
            except BridgeError as cause:
                found[voucher.key] = cause
        return found

    def _state(self, voucher: Voucher, found: Json | BridgeError | None) -> LookUp:
        if found is None:
            return Absent()
        if isinstance(found, BridgeError):
            return Unknown(str(found))
        try:
            return Present(self._read(voucher, found))
        except BridgeError as cause:
            return Unknown(str(cause))


def _missing(sought: Sequence[Sought], found: Found) -> list[Sought]:
    return [one for one in sought if one.voucher.key not in found]


def _days(sought: Sequence[Sought], around: timedelta) -> tuple[date, date]:
    dates = [one.voucher.dated_on for one in sought]
    return min(dates) - around, max(dates) + around


def _with_keys(pages: Iterable[Sequence[Json]], sought: Sequence[Sought]) -> Found:
    """Those that carry one of the keys; no page is read after the last of them."""
    keys = {one.voucher.key for one in sought}
    found: dict[str, Json] = {}
    for row in (row for page in pages for row in page):
        if (key := parse.key_of(row)) in keys:
            found.setdefault(key, row)
            if len(found) == len(keys):
                break
    return found


def _says_the_same(voucher: Voucher, theirs: LedgerCopy) -> bool:
    ours = msgspec.structs.replace(theirs, lines=parse.lines_of(voucher))
    return (theirs.lines_hash, theirs.dated_on, theirs.currency) == (
        ours.lines_hash,
        voucher.dated_on,
        voucher.currency,
    )
