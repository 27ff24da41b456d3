"""Finds vouchers in an organisation, or what others may have entered in place of one.

Several of a kind are found together, so that neither they nor what else is in the ledger decide how often it is asked
(docs/decisions/0056).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import islice

import msgspec

from bridge.model.vouchers import LedgerCopy, LedgerLine, Voucher
from bridge.plugin import Sought
from bridge.transport import Json
from bridge_xero import parse
from bridge_xero.client import ASKED_AT_ONCE, Client
from bridge_xero.kinds import BANK_TRANSACTION, BANK_TRANSFER, CREDIT_NOTE, INVOICE, KINDS, MANUAL_JOURNAL, PAYMENT
from bridge_xero.parse import Chart, id_of, key_of, status_of
from bridge_xero.seen import JournalsSeen
from bridge_xero.wire import rows, text

# An object in doubt may have been re-dated by a person before we came to look.
AROUND = timedelta(days=31)
# What a machine's clock may have been off when it sent: a wrong time zone, say.
CLOCKS_APART = timedelta(days=1)
# What a person, or another tool, may have entered instead of our transfer: the kinds that bring money to a bank.
_MONEY_IN = (BANK_TRANSFER, BANK_TRANSACTION, PAYMENT)
_WORDED = (CREDIT_NOTE, MANUAL_JOURNAL)  # may be asked for by the exact words they were sent with
_OF_CONTACTS = (INVOICE, CREDIT_NOTE, BANK_TRANSACTION)
_FEW = 2


class Search(msgspec.Struct, frozen=True):
    """Asks one organisation. Raises: as the client's reads; no answer is never "not there"."""

    client: Client
    chart: Chart
    seen: JournalsSeen = msgspec.field(default_factory=JournalsSeen)

    def find(self, kind: str, sought: Sequence[Sought]) -> dict[str, Json]:
        """The objects that are these vouchers of one kind, by their keys; of several the one that stands in the books.

        Every question is asked for all that were not found by those before it, the surest and cheapest first.
        """
        hunt = _Hunt(sought)
        for page in self._payments(hunt) if kind == PAYMENT else self._pages(kind, hunt):
            for found in page:
                if voucher := self._ours(kind, hunt, found):
                    hunt.keep(voucher, found)
            if not hunt.missing:
                break
        return hunt.fallen | hunt.standing

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

    def _pages(self, kind: str, hunt: _Hunt) -> Iterator[Iterable[Json]]:
        if kind == INVOICE:
            for some in _together([one.voucher.number for one in hunt.missing]):
                yield self.client.numbered(some)
        yield from self._since_sent(kind, hunt)
        if kind in _WORDED and len(hunt.unknown) <= _FEW:
            for one in hunt.unknown:
                yield self.client.worded(kind, one.voucher.memo)
        yield from self._around(kind, hunt)

    def _since_sent(self, kind: str, hunt: _Hunt) -> Iterator[Iterable[Json]]:
        """What was made or changed since the first of them left, the newest first.

        Whatever a person did to one of ours since, it was made after we sent it, and Xero's time of it only grows.
        """
        if sent := [one.sent_at for one in hunt.missing if one.sent_at]:
            for page in self.client.newest(kind, min(sent) - CLOCKS_APART):
                yield page
                if len(hunt.unknown) == len(hunt.missing):
                    return

    def _around(self, kind: str, hunt: _Hunt) -> Iterator[Iterable[Json]]:
        """Of those of which nobody knows when they left: what is dated about their days, in one read a contact."""
        contacts = {one.voucher.contact if kind in _OF_CONTACTS else "" for one in hunt.unknown}
        for contact in sorted(contacts):
            days = [one.voucher.dated_on for one in hunt.unknown if not contact or one.voucher.contact == contact]
            if not days:
                continue
            since_on, until_on = min(days) - AROUND, max(days) + AROUND
            if kind == MANUAL_JOURNAL:  # cannot be asked for by date
                yield from self._journals(hunt, datetime.combine(since_on, time(), UTC))
            else:
                where = f'Contact.ContactID==guid("{contact}")' if contact else ""
                yield from self.client.dated(kind, since_on, until_on, where)

    def _journals(self, hunt: _Hunt, since: datetime) -> Iterator[Iterable[Json]]:
        """What was not seen before, and then those anew that were seen before and bear a key that is sought."""
        yield from self.seen.unseen(self.client, since)
        for one in hunt.unknown:
            for ref in self.seen.refs(one.voucher.key):
                if found := self.client.get(MANUAL_JOURNAL, ref):
                    yield (found,)

    def _payments(self, hunt: _Hunt) -> Iterator[Iterable[Json]]:
        """Among those of what they pay, which are told in short; deleted ones are not told there.

        Whole ones are read by their day, which nobody can change, while that takes fewer calls than one by one.
        """
        paying = [one for one in hunt.missing if one.voucher.pays in one.refs]
        keys = {one.voucher.key for one in paying}
        told = (row for paid in self._paid(paying) for row in rows(paid.get("Payments")))
        candidates = [id_of(PAYMENT, row) for row in told if "Reference" not in row or key_of(PAYMENT, row) in keys]
        left = dict.fromkeys(candidates)
        if len(left) > _FEW:
            days, sent = [one.voucher.dated_on for one in paying], [one.sent_at for one in paying if one.sent_at]
            since = min(sent) - CLOCKS_APART if len(sent) == len(paying) else None
            for page in islice(self.client.dated(PAYMENT, min(days), max(days), since=since), len(left)):
                yield page
                for row in page:
                    left.pop(id_of(PAYMENT, row), None)
                if not left:
                    return
        for ref in left:
            if payment := self.client.get(PAYMENT, ref):
                yield (payment,)

    def _paid(self, paying: Sequence[Sought]) -> Iterator[Json]:
        """The invoices and credit notes that payments pay; only the former can be asked for many a call."""
        kinds = {one.refs[one.voucher.pays]: _paid_kind(one.voucher) for one in paying}
        invoices = [ref for ref, kind in kinds.items() if kind == INVOICE]
        seen = set[str]()
        if len(invoices) > 1:
            for some in _together(invoices):
                for found in self.client.identified(some):
                    seen.add(id_of(INVOICE, found))
                    yield found
        for ref, kind in kinds.items():
            if ref not in seen and (paid := self.client.get(kind, ref)):
                yield paid

    def _ours(self, kind: str, hunt: _Hunt, found: Json) -> Voucher | None:
        """Which of the vouchers an object is: it bears its key, or its number, no key, and says what was sent.

        A person may have rewritten the reference of ours; another may have given the number to what is not ours.
        """
        if key := key_of(kind, found):
            return hunt.by_key.get(key)
        voucher = hunt.by_number.get(text(found.get(KINDS[kind].number)))
        return voucher if voucher and self._says_the_same(voucher, found) else None

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


class _Hunt:
    """The vouchers that are sought, and those that were found so far. fallen: what no longer stands in the books."""

    def __init__(self, sought: Sequence[Sought]) -> None:
        self._sought = {one.voucher.key: one for one in sought}
        self.by_key = {key: one.voucher for key, one in self._sought.items()}
        self.by_number = {voucher.number: voucher for voucher in self.by_key.values() if voucher.number}
        self.standing, self.fallen = dict[str, Json](), dict[str, Json]()

    @property
    def missing(self) -> list[Sought]:
        return [one for key, one in self._sought.items() if key not in self.standing]

    @property
    def unknown(self) -> list[Sought]:
        """Those missing of which it is not known when they left."""
        return [one for one in self.missing if one.sent_at is None]

    def keep(self, voucher: Voucher, found: Json) -> None:
        stands = status_of(found) not in parse.NOT_STANDING
        (self.standing if stands else self.fallen).setdefault(voucher.key, found)


def _paid_kind(voucher: Voucher) -> str:
    is_receipt = any(line.amount_minor > 0 for line in voucher.lines if not line.is_implied)
    return INVOICE if is_receipt else CREDIT_NOTE


def _together(asked: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(asked), ASKED_AT_ONCE):
        yield asked[start : start + ASKED_AT_ONCE]
