"""Tax treatments: what a posting is for tax, in bridge's own words; each ledger has codes that serve them.

A treatment is ``sale:RATE``, ``purchase:RATE`` or ``none``. RATE is percent as plain decimal text (``20``, ``5``,
``0``), or ``exempt``.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

NONE = "none"
SALE, PURCHASE = "sale", "purchase"
EXEMPT = "exempt"

_SIDES = {
    "sale": SALE,
    "sale_reversal": SALE,
    "purchase": PURCHASE,
    "purchase_finance": PURCHASE,
    "purchase_exempt": PURCHASE,
}
_EXEMPT = frozenset({"purchase_finance", "purchase_exempt"})


def treatment(tax_treatment: str, rate: str) -> str:
    """The treatment of a line.

    tax_treatment: of its kind (``line_kinds.csv``). rate: percent as text.
    """
    side = _SIDES.get(tax_treatment)
    if side is None:
        return NONE
    return f"{side}:{EXEMPT if tax_treatment in _EXEMPT else rate}"


def is_treatment(text: str) -> bool:
    """Whether a text is a treatment a person may write in a rule."""
    side, _, rate = text.partition(":")
    return text == NONE or (side in {SALE, PURCHASE} and (rate == EXEMPT or _is_rate(rate)))


def plain_rate(percent: Decimal) -> str:
    """A rate in percent as the text that treatments and lines carry: ``20.00`` is ``20``."""
    text = format(percent.normalize(), "f")
    return "0" if text == "-0" else text


def rate_of(text: str) -> Decimal:
    """The rate of a treatment in percent; zero for ``none`` and exempt."""
    _, _, rate = text.partition(":")
    return Decimal(rate) if _is_rate(rate) else Decimal(0)


def _is_rate(text: str) -> bool:
    try:
        rate = Decimal(text)
    except InvalidOperation:
        return False
    return rate.is_finite() and 0 <= rate <= 100 and plain_rate(rate) == text
