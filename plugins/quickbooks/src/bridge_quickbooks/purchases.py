"""Pure: what is bought, and what pays for it, does to the accounts: purchases, bills, vendor credits, bill payments."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.model.vouchers import LedgerLine
from bridge.transport import Json
from bridge_quickbooks.answers import reference, text_of
from bridge_quickbooks.forms import BOUGHT, UNNAMED, Terms, lines_of_form
from bridge_quickbooks.marks import contact_of, marks_of_line
from bridge_quickbooks.taxes import marked

_SPENT = "AccountBasedExpenseLineDetail"
# How a bill was paid, and from which account. Source: QuickBooks v3 Finance.xsd, BillPayment.
_PAID_FROM = (("CheckPayment", "BankAccountRef"), ("CreditCardPayment", "CCAccountRef"))


def purchase(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    """Money is spent; a credit is money that came back."""
    sign = -1 if found.get("Credit") else 1
    yield LedgerLine(reference(found["AccountRef"]), -sign * terms.minor(found["TotalAmt"]))
    yield from details(found, _SPENT, terms, sign)


def bill(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    """A vendor is owed."""
    return _owed(found, terms, 1)


def vendor_credit(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    """A vendor is owed less."""
    return _owed(found, terms, -1)


def bill_payment(found: Json, terms: Terms) -> Iterator[LedgerLine]:
    """A vendor is paid."""
    total = terms.minor(found["TotalAmt"])
    accounts = (reference((found.get(way) or {}).get(name)) for way, name in _PAID_FROM)
    yield LedgerLine(next((account for account in accounts if account), UNNAMED), -total)
    yield LedgerLine(terms.payable(found), total)


def details(found: Json, name: str, terms: Terms, sign: int) -> Iterator[LedgerLine]:
    """The lines with a detail of that name, or of an item that was bought; the others become part of what is unsaid.

    The tax of a line is in its amount where it says how much that is.
    """
    is_inclusive = found.get("GlobalTaxCalculation") == "TaxInclusive"
    for line in lines_of_form(found):
        detail = line.get(name) or line.get(BOUGHT) or {}
        item = terms.lists.bought.get(reference(detail.get("ItemRef")), UNNAMED)
        net = terms.minor(line.get("Amount"))
        stated = detail.get("TaxInclusiveAmt") if is_inclusive else None
        gross = net if stated is None else terms.minor(stated)
        code = "" if stated is None else reference(detail.get("TaxCodeRef"))
        if account := reference(detail.get("AccountRef")) or item:
            yield LedgerLine(
                account_id=account,
                amount_minor=sign * gross,
                description=text_of(line.get("Description")),
                tax_code=marked(code, is_purchase=True),
                tax_minor=sign * (gross - net),
                marks=marks_of_line(detail),
                contact=contact_of(detail),
            )


def _owed(found: Json, terms: Terms, sign: int) -> Iterator[LedgerLine]:
    yield LedgerLine(terms.payable(found), -sign * terms.minor(found["TotalAmt"]))
    yield from details(found, _SPENT, terms, sign)
