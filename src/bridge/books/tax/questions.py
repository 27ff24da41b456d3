"""What somebody must say of a settlement's tax before it can be booked. Pure."""

from __future__ import annotations

from decimal import Decimal

from bridge.books.tax.groups import Groups
from bridge.books.tax.liability import Share
from bridge.books.tax.taxes import inclusive_tax
from bridge.model.connections import Route, TaxRegime
from bridge.model.documents import Document, Problem
from bridge.model.money import decimal_text
from bridge.model.reasons import Reason
from bridge.model.tax_regimes import row_of
from bridge.model.tax_setup import rows_question

_BY_HAND = (
    "of bridge's tax regimes only gst_hst gives what the seller owes beside a marketplace its code: state that where "
    "it is yours, or book the settlement by hand"
)
_OF_THE_REGISTERED = f"You owe that part, and {_BY_HAND}"
_OF_THE_OTHERS = (
    "Its route says that you are not registered, and who is not owes no tax: ask the marketplace why it collects it. "
    f"If you are registered, {_BY_HAND}"
)
_NO_ROWS = "none of its orders has a tax row"


def question(document: Document, route: Route, groups: Groups, *, open_lines: int, open_minor: int) -> Problem | None:
    """What somebody must say of its tax before a settlement can be booked.

    open_lines, open_minor: lines of which nobody has said whether tax is inside them, and what they come to.
    """
    is_american = route.tax_regime is TaxRegime.US_SALES_TAX and document.currency == "USD"
    if groups.shared and not is_american:
        return _problem(document, Reason.TWO_PARTIES, _two_parties(document, route, groups.shared))
    if open_lines:
        inside = inclusive_tax(open_minor, Decimal(route.standard_rate or 0))
        whole, vat = money(open_minor, document), money(inside, document)
        said = "some of its orders have tax rows of their own and others none" if groups.has_rows else _NO_ROWS
        tax = row_of(route.tax_regime).tax
        message = f"{said}: {vat} of {tax} are inside {whole}, or none at all. {rows_question(route)}"
        return _problem(document, Reason.VAT_IN_ROWS, message)
    return None


def _two_parties(document: Document, route: Route, shared: tuple[Share, ...]) -> str:
    first = shared[0]
    collected, withheld = money(first.collected_minor, document), money(-first.withheld_minor, document)
    more = f", and {len(shared) - 1} more" if len(shared) > 1 else ""
    own = money(sum(share.left_minor for share in shared), document)
    is_registered = route.tax_regime is not TaxRegime.NOT_REGISTERED
    return (
        f"the marketplace withheld only a part of its tax and left {own} to you ({first.group}: {collected} collected, "
        f"{withheld} withheld{more}). {_OF_THE_REGISTERED if is_registered else _OF_THE_OTHERS}"
    )


def _problem(document: Document, code: Reason, message: str) -> Problem:
    return Problem(code, message, f"settlement {document.identity.external_id}", blocking=True)


def money(minor: int, document: Document) -> str:
    """An amount of a document, for people."""
    return f"{decimal_text(minor, document.currency)} {document.currency}"
