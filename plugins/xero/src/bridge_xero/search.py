"""Finds one voucher in an organisation, or what others may have entered in its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta

import msgspec

from bridge.model.vouchers import LedgerCopy, LedgerLine, Voucher
from bridge.transport import Json
from bridge_xero import parse
from bridge_xero.client import Client
from bridge_xero.kinds import BANK_TRANSACTION, BANK_TRANSFER, CREDIT_NOTE, INVOICE, KINDS, MANUAL_JOURNAL, PAYMENT
from bridge_xero.parse import Chart, id_of, key_of, status_of
from bridge_xero.wire import rows, text

# An object in doubt may have been re-dated by a person before we came to look.
AROUND = timedelta(days=31)
# What a person, or another tool, may have entered instead of our transfer: the kinds that bring money to a bank.
_MONEY_IN = (BANK_TRANSFER, BANK_TRANSACTION, PAYMENT)


class Search(msgspec.Struct, frozen=True):
    """Asks one organisation. Raises: as the client's reads; no answer is never "not there"."""

    client: Client
    chart: Chart

    def find(self, voucher: Voucher, refs: Mapping[str, str]) -> Json | None:
        """The object that is this voucher; of several the one that stands in the books."""
        if voucher.type == PAYMENT:
            found = self._payments(voucher, refs)
        else:
            found = (one for ask in self._questions(voucher) for one in ask if self._is_ours(voucher, one))
        fallen = None
        for one in found:
            if status_of(one) not in parse.NOT_STANDING:
                return one
            fallen = fallen or one
        return fallen

    def copy(self, kind: str, found: Json) -> LedgerCopy:
        return parse.ledger_copy(kind, found, self.chart)

    def same_amount(self, voucher: Voucher) -> tuple[LedgerCopy, ...]:
        """What else brings the same amount to the account that the voucher debits."""
        around = timedelta(days=voucher.same_amount_days)
        debited = {line.account.ledger_id for line in voucher.lines if line.amount_minor > 0}
        return tuple(
            copy
            for kind in _MONEY_IN
            for page in self.client.dated(kind, voucher.dated_on - around, voucher.dated_on + around)
            for copy in (self.copy(kind, found) for found in page)
            if copy.key != voucher.key
            and not copy.is_voided
            and copy.currency == voucher.currency
            and sum(line.amount_minor for line in copy.lines if line.account_id in debited) == voucher.total_minor
        )

    def _questions(self, voucher: Voucher) -> Iterator[Iterable[Json]]:
        """What to ask, the cheapest and surest first."""
        kind = voucher.type
        if voucher.number:
            yield self.client.numbered(kind, voucher.number, voucher.memo)
        elif kind == MANUAL_JOURNAL:
            yield self.client.worded(kind, voucher.memo)
        if kind == MANUAL_JOURNAL:  # cannot be asked for by date
            pages = self.client.changed(kind, datetime.combine(voucher.dated_on - AROUND, time(), UTC))
        else:
            pages = self.client.dated(kind, voucher.dated_on - AROUND, voucher.dated_on + AROUND, _among(voucher))
        yield from pages

    def _payments(self, voucher: Voucher, refs: Mapping[str, str]) -> Iterator[Json]:
        """Among those of what it pays; deleted ones are not told there, and a payment is never edited."""
        if voucher.pays not in refs:
            return
        paid = self.client.get(_paid_kind(voucher), refs[voucher.pays])
        for told in rows(paid.get("Payments")) if paid else ():
            if "Reference" in told and key_of(PAYMENT, told) != voucher.key:
                continue
            payment = self.client.get(PAYMENT, id_of(PAYMENT, told))
            if payment and key_of(PAYMENT, payment) == voucher.key:
                yield payment

    def _is_ours(self, voucher: Voucher, found: Json) -> bool:
        """Whether an object is our own: it bears our key, or our number, no key, and it says what we sent.

        A person may have rewritten the reference of ours; another may have given the number to what is not ours.
        """
        key = key_of(voucher.type, found)
        if key or not voucher.number:
            return key == voucher.key
        return text(found.get(KINDS[voucher.type].number)) == voucher.number and self._says_the_same(voucher, found)

    def _says_the_same(self, voucher: Voucher, found: Json) -> bool:
        theirs = self.copy(voucher.type, found)
        lines = tuple(
            LedgerLine(line.account.ledger_id, line.amount_minor, tax_code=line.tax_code, tax_minor=line.tax_minor)
            for line in voucher.lines
        )
        ours = msgspec.structs.replace(theirs, lines=lines)
        return (theirs.lines_hash, theirs.dated_on, theirs.currency) == (
            ours.lines_hash,
            voucher.dated_on,
            voucher.currency,
        )


def _paid_kind(voucher: Voucher) -> str:
    is_receipt = any(line.amount_minor > 0 for line in voucher.lines if not line.is_implied)
    return INVOICE if is_receipt else CREDIT_NOTE


def _among(voucher: Voucher) -> str:
    """What narrows a list to the likes of the voucher."""
    if voucher.type in {INVOICE, CREDIT_NOTE, BANK_TRANSACTION}:
        return f'Contact.ContactID==guid("{voucher.contact}")'
    return ""
