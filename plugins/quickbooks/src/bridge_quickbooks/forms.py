"""Pure: what a sales receipt, a refund receipt or a payment does to the accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec

from bridge.model.money import minor_from_decimal
from bridge.model.vouchers import LedgerLine
from bridge.transport import Json
from bridge_quickbooks.answers import reference, text_of

# What QuickBooks posts by itself (undeposited funds, receivables), which the object does not name.
UNNAMED = ""
# The tax of a form that its lines do not make up; no code of QuickBooks is a word.
OTHER_TAX = "other"


class Terms(msgspec.Struct, frozen=True):
    """What a transaction is read with. item_accounts: the account of an item, for lines that name only the item."""

    currency: str
    item_accounts: Mapping[str, str]

    def minor(self, amount: object) -> int:
        """An amount in minor units; nothing there is zero."""
        return minor_from_decimal(Decimal(str(amount or 0)), self.currency)


def needs_items(found: Json) -> bool:
    """Whether a form has lines that name their item and not its account."""
    details = (line.get("SalesItemLineDetail") or {} for line in found.get("Line") or () if isinstance(line, Mapping))
    return any(detail.get("ItemRef") and not reference(detail.get("ItemAccountRef")) for detail in details)


def money_in(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    """A sales receipt, or a payment."""
    return _form(found, terms, 1)


def money_out(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    """A refund receipt."""
    return _form(found, terms, -1)


def _form(found: Json, terms: Terms, sign: int) -> Iterator[LedgerLine]:
    yield LedgerLine(reference(found.get("DepositToAccountRef")), sign * terms.minor(found["TotalAmt"]))
    is_inclusive = found.get("GlobalTaxCalculation") == "TaxInclusive"
    named_tax = 0
    for line in found.get("Line") or ():
        if detail := line.get("SalesItemLineDetail"):
            read = _item_line(line, detail, terms, sign, is_inclusive=is_inclusive)
            named_tax += read.tax_minor
            if read.account_id:
                yield read
        elif account := reference((line.get("DiscountLineDetail") or {}).get("DiscountAccountRef")):
            yield LedgerLine(account, sign * terms.minor(line.get("Amount")), text_of(line.get("Description")))
    stated = (found.get("TxnTaxDetail") or {}).get("TotalTax")
    if is_inclusive and stated is not None and (off := -sign * terms.minor(stated) - named_tax):
        yield LedgerLine(UNNAMED, 0, tax_code=OTHER_TAX, tax_minor=off)


def _item_line(line: Json, detail: Json, terms: Terms, sign: int, *, is_inclusive: bool) -> LedgerLine:
    """A line with its account's amount, tax included where the form says how much of it is tax."""
    net = terms.minor(line.get("Amount"))
    stated = detail.get("TaxInclusiveAmt") if is_inclusive else None
    gross = net if stated is None else terms.minor(stated)
    return LedgerLine(
        account_id=reference(detail.get("ItemAccountRef"))
        or terms.item_accounts.get(reference(detail.get("ItemRef")), UNNAMED),
        amount_minor=-sign * gross,
        description=text_of(line.get("Description")),
        tax_code=reference(detail.get("TaxCodeRef")),
        tax_minor=-sign * (gross - net),
    )
