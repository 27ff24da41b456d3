"""Pure: what forms of sale, and what pays them, do to the accounts: receipts, invoices, credit memos, payments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

import msgspec

from bridge.model.money import minor_from_decimal
from bridge.model.vouchers import LedgerLine
from bridge.transport import Json
from bridge_quickbooks.answers import UNREADABLE, decimal_of, reference, text_of
from bridge_quickbooks.marks import contact_of, marks_of_line

# What QuickBooks posts by itself (undeposited funds, receivables where a currency has several), and no object names.
UNNAMED = ""
# The tax of a form that its lines do not make up; no code of QuickBooks is a word.
OTHER_TAX = "other"
SOLD, BOUGHT = "SalesItemLineDetail", "ItemBasedExpenseLineDetail"
NOTHING: Mapping[str, str] = MappingProxyType({})


class Lists(msgspec.Struct, frozen=True):
    """What reading needs of a company's lists.

    sold, bought: the account that an item's sales, and its purchases, go to, by item; for lines that name only the
    item. receivable, payable: by currency the one account of its kind, as ``facts.control_accounts``.
    """

    sold: Mapping[str, str] = NOTHING
    bought: Mapping[str, str] = NOTHING
    receivable: Mapping[str, str] = NOTHING
    payable: Mapping[str, str] = NOTHING


class Terms(msgspec.Struct, frozen=True):
    """What a transaction is read with."""

    currency: str
    lists: Lists

    def minor(self, amount: object) -> int:
        """An amount in minor units; nothing there is zero."""
        return minor_from_decimal(decimal_of(amount), self.currency)

    def receivable(self, found: Json) -> str:
        """The account of what customers owe: the one that it names, else the only one of its currency."""
        return reference(found.get("ARAccountRef")) or self._only(self.lists.receivable)

    def payable(self, found: Json) -> str:
        """The account of what is owed to vendors: the one that it names, else the only one of its currency."""
        return reference(found.get("APAccountRef")) or self._only(self.lists.payable)

    def _only(self, accounts: Mapping[str, str]) -> str:
        return accounts.get(self.currency) or accounts.get("", UNNAMED)


def needs_items(found: Json) -> bool:
    """Whether it has lines that name their item and not its account."""
    try:
        lines = tuple(lines_of_form(found))
        sold = [line.get(SOLD) or {} for line in lines]
        unnamed = (one.get("ItemRef") and not reference(one.get("ItemAccountRef")) for one in sold)
        return any(unnamed) or any(BOUGHT in line for line in lines)
    except UNREADABLE:
        return False  # reading it says so


def lines_of_form(found: Json) -> Iterator[Json]:
    """Its lines; of a bundle the ones that it is made of."""
    return _flat(found.get("Line") or ())


def _flat(lines: Iterable[Json]) -> Iterator[Json]:
    for line in lines:
        yield line
        yield from _flat((line.get("GroupLineDetail") or {}).get("Line") or ())


def sales_receipt(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    """Money of a sale comes in."""
    return _form(found, terms, 1, reference(found.get("DepositToAccountRef")))


def refund_receipt(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    """Money goes back to a buyer."""
    return _form(found, terms, -1, reference(found.get("DepositToAccountRef")))


def invoice(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    """A customer owes."""
    return _form(found, terms, 1, terms.receivable(found))


def credit_memo(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    """A customer owes less."""
    return _form(found, terms, -1, terms.receivable(found))


def payment(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    """A customer pays what is owed; one of nothing sets credit against it, which moves nothing between accounts."""
    if total := terms.minor(found["TotalAmt"]):
        yield LedgerLine(reference(found.get("DepositToAccountRef")), total)
        yield LedgerLine(terms.receivable(found), -total)
        return
    for line in found.get("Line", ()):
        for link in line.get("LinkedTxn", ()):
            sign = 1 if link.get("TxnType") == "CreditMemo" else -1
            yield LedgerLine(terms.receivable(found), sign * terms.minor(line.get("Amount")))


def _form(found: Json, terms: Terms, sign: int, money: str) -> Iterator[LedgerLine]:
    yield LedgerLine(money, sign * terms.minor(found["TotalAmt"]))
    is_inclusive = found.get("GlobalTaxCalculation") == "TaxInclusive"
    named_tax = 0
    for line in lines_of_form(found):
        if detail := line.get(SOLD):
            read = _item_line(line, detail, terms, sign, is_inclusive=is_inclusive)
            named_tax += read.tax_minor
            if read.account_id:
                yield read
        elif account := reference((detail := line.get("DiscountLineDetail") or {}).get("DiscountAccountRef")):
            amount, words = sign * terms.minor(line.get("Amount")), text_of(line.get("Description"))
            yield LedgerLine(account, amount, words, marks=marks_of_line(detail))
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
        or terms.lists.sold.get(reference(detail.get("ItemRef")), UNNAMED),
        amount_minor=-sign * gross,
        description=text_of(line.get("Description")),
        tax_code=reference(detail.get("TaxCodeRef")),
        tax_minor=-sign * (gross - net),
        marks=marks_of_line(detail),
        contact=contact_of(detail),
    )
