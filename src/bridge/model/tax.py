"""Tax treatments: what a posting is for tax, in bridge's own words; each ledger has codes that serve them.

A treatment is ``sale:WHAT``, ``purchase:WHAT`` or ``none``. WHAT is a rate, or why there is none:

- percent as plain decimal text (``20``, ``5``, ``0``); of several taxes on one line each of them, the least first
  (``5+9.975``);
- ``exempt``; of sales also ``export``, ``outside`` the scope of the tax, or a ``deemed_supply`` to a channel that owes
  the tax itself: returns tell them apart from zero-rated (``0``);
- ``reverse_charge``: the buyer declares the tax, of a purchase the merchant;
- ``finance``: of a purchase, the exempt service of whoever moves money;
- ``oss_ioss:RATE``, ``foreign_vat:RATE``: the tax of another country, declared at the one-stop shop or there.

``@PLACE`` follows where it is known whose tax it is: a country, or a part of one (``sale:5+7@CA-BC``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

NONE = "none"
SALE, PURCHASE = "sale", "purchase"
EXEMPT = "exempt"
EXPORT, OUTSIDE, DEEMED_SUPPLY = "export", "outside", "deemed_supply"
REVERSE_CHARGE, FINANCE = "reverse_charge", "finance"
OSS_IOSS, FOREIGN_VAT = "oss_ioss", "foreign_vat"
DESTINATION_UNKNOWN = "destination_unknown"
"""Of a sale whose tax the channel owes: whether it is an export or a deemed supply is not known. No code serves it."""
RATE_UNKNOWN = "rate_unknown"
"""Of what bears tax at a rate that nobody tells, in a country with several. No code serves it."""

_SIDES = {
    "sale": SALE,
    "sale_reversal": SALE,
    "purchase": PURCHASE,
    "purchase_finance": PURCHASE,
    "purchase_exempt": PURCHASE,
}
_ALWAYS = {"purchase_finance": FINANCE, "purchase_exempt": EXEMPT}
_WITHOUT_RATE = {
    SALE: frozenset(
        {EXEMPT, EXPORT, OUTSIDE, DEEMED_SUPPLY, REVERSE_CHARGE, DESTINATION_UNKNOWN, RATE_UNKNOWN},
    ),
    PURCHASE: frozenset({EXEMPT, FINANCE, REVERSE_CHARGE, RATE_UNKNOWN}),
}
_ELSEWHERE = frozenset({OSS_IOSS, FOREIGN_VAT})
_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_UNTOLD = {
    OSS_IOSS: "sold to a consumer in another country of the Union, declared at the one-stop shop",
    FOREIGN_VAT: "the tax of another country, declared there",
    REVERSE_CHARGE: "the buyer declares the tax",
    RATE_UNKNOWN: "at a rate that nobody tells: say standard_rate, or map it by a rule",
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
    return f"{side}:{_ALWAYS.get(tax_treatment, rate)}"


def is_treatment(text: str) -> bool:
    """Whether a text is a treatment a person may write in a rule."""
    plain, at, place = text.partition("@")
    side, _, what = plain.partition(":")
    if text == NONE or (side in _WITHOUT_RATE and what in _WITHOUT_RATE[side]):
        return not at
    return side in _WITHOUT_RATE and _has_rates(side, what) and (not at or bool(_PLACE.fullmatch(place)))


def wider(text: str) -> tuple[str, ...]:
    """The treatments under which a ledger's code for this one may be found, the narrowest first.

    Whose tax it is may be more than a ledger's codes tell apart, and the service of who moves money is exempt.
    """
    plain = text.partition("@")[0]
    alike = f"{PURCHASE}:{EXEMPT}" if plain == f"{PURCHASE}:{FINANCE}" else plain
    return tuple(dict.fromkeys((text, plain, alike)))


def at_place(text: str, place: str) -> str:
    """A treatment with whose tax it is; as it stands where that is not known."""
    return f"{text}@{place}" if place else text


def joined(rates: Iterable[str]) -> str:
    """The rates of several taxes as a treatment has them: those of nothing left out, the least first."""
    charged = sorted((rate for rate in rates if rate != "0"), key=Decimal)
    return "+".join(charged) or "0"


def explained(text: str) -> str:
    """A treatment, and for people what it is of, where its name does not say it."""
    why = _UNTOLD.get(text.partition(":")[2].partition(":")[0])
    return f"{text} ({why})" if why else text


def plain_rate(percent: Decimal) -> str:
    """A rate in percent as the text that treatments and lines carry: ``20.00`` is ``20``."""
    text = format(percent.normalize(), "f")
    return "0" if text == "-0" else text


def rate_of(text: str) -> Decimal:
    """The rate of a treatment in percent, of several taxes their sum; zero for what has none."""
    rates = text.partition("@")[0].rpartition(":")[2].split("+")
    return sum((Decimal(rate) for rate in rates), Decimal(0)) if all(map(is_rate, rates)) else Decimal(0)


def _has_rates(side: str, what: str) -> bool:
    """Whether it is a rate, or several in order, or one of another country."""
    elsewhere, _, rate = what.rpartition(":")
    if elsewhere:
        return side == SALE and elsewhere in _ELSEWHERE and is_rate(rate)
    rates = rate.split("+")
    return all(map(is_rate, rates)) and joined(rates) == rate


def is_rate(text: str) -> bool:
    """Whether a text is a rate in percent as treatments and lines carry it."""
    try:
        rate = Decimal(text)
    except InvalidOperation:
        return False
    return rate.is_finite() and 0 <= rate <= 100 and plain_rate(rate) == text
