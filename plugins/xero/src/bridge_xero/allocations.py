"""Credit notes set against open invoices: no objects of their own in Xero, and yet sent once and looked for as such.

An allocation has no field for our key, no list and no address of its own. It is told with its credit note, which is
ours: its reference is that note's id and its own, and it is known by the invoice and the amount.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from bridge.model.money import decimal_text
from bridge.model.vouchers import Voucher
from bridge.plugin import Sought
from bridge.transport import Json
from bridge_xero import parse
from bridge_xero.client import Client
from bridge_xero.kinds import CREDIT_NOTE
from bridge_xero.render import render
from bridge_xero.wire import amount, part, text


class Allocations(msgspec.Struct, frozen=True):
    """Those of one organisation. Raises: as the client's reads and writes."""

    client: Client

    def send(self, voucher: Voucher, header_key: str, refs: Mapping[str, str], thing: str) -> Json:
        """Make it, once."""
        note = refs[voucher.applies]
        made = self.client.allocate(note, render(voucher, refs), key=header_key, thing=thing)
        return {**made, "CreditNote": {"CreditNoteID": note, "CurrencyCode": voucher.currency}}

    def find(self, sought: Sequence[Sought]) -> Mapping[str, Json]:
        """Those of the vouchers that are there, by key: a call each."""
        pairs = ((one.voucher.key, self._found(one.voucher, one.refs)) for one in sought)
        return {key: found for key, found in pairs if found is not None}

    def _found(self, voucher: Voucher, refs: Mapping[str, str]) -> Json | None:
        """The one that is this voucher."""
        invoice, wanted = refs.get(voucher.pays), decimal_text(voucher.total_minor, voucher.currency)
        return next(
            (
                found
                for found in self._of(refs.get(voucher.applies, ""))
                if text(part(found.get("Invoice")).get("InvoiceID")) == invoice
                and amount(found.get("Amount")) == amount(wanted)
                and not parse.is_deleted(found)
            ),
            None,
        )

    def get(self, ref: str) -> Json | None:
        """One by the reference that ``parse.id_of`` gives; None when it is there no more."""
        note, _, own = ref.partition("/")
        return next((found for found in self._of(note) if text(found.get("AllocationID")) == own), None)

    def _of(self, note: str) -> Iterator[Json]:
        found = self.client.get(CREDIT_NOTE, note) if note else None
        yield from parse.allocations(found) if found else ()
