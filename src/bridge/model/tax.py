"""Tax treatments: what a posting is for tax, in bridge's own words; each ledger has codes that serve them.

A treatment is ``sale:RATE``, ``purchase:RATE`` or ``none``. RATE is percent as plain decimal text (``20``, ``5``,
``0``), or ``exempt``. A sale at no rate is one of several things, which returns tell apart: zero-rated (``0``),
``exempt``, ``export``, ``outside`` the scope of the tax, or a ``deemed_supply`` to a channel that owes the tax itself.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

NONE = "none"
SALE, PURCHASE = "sale", "purchase"
EXEMPT = "exempt"
EXPORT, OUTSIDE, DEEMED_SUPPLY = "export", "outside", "deemed_supply"
DESTINATION_UNKNOWN = "destination_unknown"
"""Of a sale whose tax the channel owes: whether it is an export or a deemed supply is not known. No code serves it."""

_SIDES = {
    "sale": SALE,
    "sale_reversal": SALE,
    "purchase": PURCHASE,
    "purchase_finance": PURCHASE,
    "purchase_exempt": PURCHASE,
}
_EXEMPT = frozenset({"purchase_finance", "purchase_exempt"})
_WITHOUT_RATE = frozenset({EXPORT, OUTSIDE, DEEMED_SUPPLY, DESTINATION_UNKNOWN})
_UNTOLD = {
    EXPORT: "goods that went abroad",
    DEEMED_SUPPLY: "supplied to a channel that owes the tax itself",
    DESTINATION_UNKNOWN: "the channel owes the tax, and it is not known where the goods went, or where the company is",
}


def treatment(tax_treatment: str, rate: str) -> str:
    """The treatment of a line.

    tax_treatment: of its kind (``line_kinds.csv``). rate: percent as text, or why a sale has none.
    """
    side = _SIDES.get(tax_treatment)
    if side is None:
        return NONE
    return f"{side}:{EXEMPT if tax_treatment in _EXEMPT else rate}"


def is_treatment(text: str) -> bool:
    """Whether a text is a treatment a person may write in a rule."""
    side, _, rate = text.partition(":")
    if side == SALE and rate in _WITHOUT_RATE:
        return True
    return text == NONE or (side in {SALE, PURCHASE} and (rate == EXEMPT or is_rate(rate)))


def explained(text: str) -> str:
    """A treatment, and for people what it is of, where its name does not say it."""
    why = _UNTOLD.get(text.partition(":")[2])
    return f"{text} ({why})" if why else text


def plain_rate(percent: Decimal) -> str:
    """A rate in percent as the text that treatments and lines carry: ``20.00`` is ``20``."""
    text = format(percent.normalize(), "f")
    return "0" if text == "-0" else text


def rate_of(text: str) -> Decimal:
    """The rate of a treatment in percent; zero for ``none`` and exempt."""
    _, _, rate = text.partition(":")
    return Decimal(rate) if is_rate(rate) else Decimal(0)


def is_rate(text: str) -> bool:
    """Whether a text is a rate in percent as treatments and lines carry it."""
    try:
        rate = Decimal(text)
    except InvalidOperation:
        return False
    return rate.is_finite() and 0 <= rate <= 100 and plain_rate(rate) == text
