"""Pure: QuickBooks' tax codes on the lines of vouchers.

A code alone does not say which side of the VAT return it fills: ``20.0% S`` serves sales and purchases. A sales form is
a sale by what it is; a line of a journal says it apart (``TaxApplicableOn``). So a line that is a purchase carries its
code as ``5/purchase``, in vouchers and in what is read back, and a person who turns one into the other is seen.
"""

from __future__ import annotations

from collections.abc import Mapping

from bridge.errors import HoldError
from bridge.model.entries import Posting
from bridge.model.facts import LedgerFacts
from bridge.model.lines import TENDER
from bridge.model.tax import NONE, PURCHASE

# What a line of a sales form carries in the United States instead of a code; journals carry nothing there.
# Source: QuickBooks API reference, "Manage sales tax for US locales"; a real code there is refused with 6100.
UNTAXED, TAXABLE = "NON", "TAX"
US_CODES = frozenset({UNTAXED, TAXABLE})

_PURCHASE = "/purchase"


def marked(code: str, *, is_purchase: bool) -> str:
    """A code as a line carries it."""
    return f"{code}{_PURCHASE}" if code and is_purchase else code


def code_of(mark: str) -> str:
    """The ledger's own code of a line."""
    return mark.removesuffix(_PURCHASE)


def is_purchase(mark: str) -> bool:
    """Whether a line fills the purchases' side of the return."""
    return mark.endswith(_PURCHASE)


def mark_of(posting: Posting, tax_codes: Mapping[str, str], *, thing: str) -> str:
    """The mark of a posting: empty where its regime knows no codes, and where only money moves.

    Raises: HoldError where no code is known for its treatment, or where its tax and its net amount are on different
            sides, which no line of QuickBooks can say.
    """
    if not posting.tax_code or (posting.kind == TENDER and not posting.tax_minor):
        return ""
    code = tax_codes.get(posting.tax_code, "")
    if not code:
        raise HoldError(
            f"{thing}, account {posting.account}",
            f"it has the tax code {posting.tax_code!r}, for which QuickBooks has none",
            "Name the code of QuickBooks under `tax_codes` of the route, or take it out of the rule",
            code="quickbooks.not_carried",
        )
    net_minor = posting.amount_minor - posting.tax_minor
    if posting.tax_minor and (posting.tax_minor > 0) != (net_minor > 0):
        raise HoldError(
            f"{thing}, account {posting.account}",
            "its tax has no net amount on the same side, as where tax alone is given back",
            "Book it by hand with the VAT that applies, and withdraw this voucher",
            code="quickbooks.tax_alone",
        )
    return marked(code, is_purchase=posting.tax_code.startswith(PURCHASE))


def untaxed_code(tax_codes: Mapping[str, str], facts: LedgerFacts) -> str:
    """The code of what is no supply, for sales forms want one on every line; empty where the company has no codes."""
    if chosen := tax_codes.get(NONE):
        return chosen
    return next((code.ledger_id for code in facts.tax_codes if NONE in code.serves), "")
