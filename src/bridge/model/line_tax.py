"""The tax of a line, as components: composed and summed up here alone.

A component is one tax by one authority: its rate, what it was charged on, by whom it was levied, and who owes it.
"""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

import msgspec

from bridge.model.tax import is_rate, plain_rate

TAX = "tax."
"""What the kinds of lines of tax begin with."""
_REMEMBERED = 4_096


class Liable(StrEnum):
    """Who owes a tax to its authority. unknown: the channel does not say; it counts as the merchant's."""

    MERCHANT = "merchant"
    CHANNEL = "channel"
    UNKNOWN = "unknown"


class TaxComponent(msgspec.Struct, frozen=True, kw_only=True, gc=False, omit_defaults=True):
    """One tax on one base.

    rate:         in percent, as plain decimal text without closing zeros (``20``, ``8.875``, ``0``); empty where the
                  channel does not tell.
    base:         on a line of tax: the kind of the line it was charged on; empty on what bears the tax, and where the
                  channel does not tell.
    jurisdiction: who levies it: a country or its part (ISO 3166-1, 3166-2), or the channel's name of the tax or of its
                  authority; empty where the channel does not tell.
    """

    rate: str = ""
    base: str = ""
    jurisdiction: str = ""
    liable: Liable = Liable.MERCHANT


Tax = tuple[TaxComponent, ...]


@lru_cache(maxsize=_REMEMBERED)
def taxed_at(rate: str, *, base: str = "", liable: Liable = Liable.MERCHANT) -> Tax:
    """The tax of a channel that tells no more than a sum of rates; none where it tells nothing at all."""
    is_told = rate or base or liable is not Liable.MERCHANT
    return (TaxComponent(rate=rate, base=base, liable=liable),) if is_told else ()


@lru_cache(maxsize=_REMEMBERED)
def charged_on(base: str, tax: Tax, own: TaxComponent | None = None) -> Tax:
    """What something bears, as its line of tax tells it: with the base, and led by the tax that the line's amount is.

    base: empty to take it off again. own: that tax, where several are charged on one base.
    """
    led = sorted(tax, key=lambda each: own is not None and each != own)
    return tuple(msgspec.structs.replace(each, base=base) for each in led) or taxed_at("", base=base)


def tax_called(tax: Tax) -> str:
    """The tax that a line of tax is, for people: ``US-CA 7.25 %``; empty where the channel does not tell."""
    own = tax[0] if tax else TaxComponent()
    told = (own.jurisdiction, f"{own.rate} %" if own.rate else "")
    return " ".join(filter(None, told))


def is_of_tax(kind: str, tax: Tax) -> bool:
    """Whether a line of this kind is tax, and not what bears it."""
    return kind.startswith(TAX) or bool(tax and tax[0].base)


def own_of(kind: str, tax: Tax) -> Tax:
    """Of what a line bears, what the merchant owes or nobody says who does; of a line of tax all that it names."""
    return tax if is_of_tax(kind, tax) else tuple(each for each in tax if each.liable is not Liable.CHANNEL)


@lru_cache(maxsize=_REMEMBERED)
def sum_of(kind: str, tax: Tax) -> TaxComponent:
    """All the tax of a line of this kind as one component.

    rate:   on a line of tax the sum of all its rates; on what bears tax the sum of those that the merchant owes,
            ``0`` where the channel owes all of it. Empty where one of them is not told, or they are more than 100.
    liable: on a line of tax, who owes its own; else the channel where it owes all of it, and the merchant otherwise.
    """
    if not tax:
        return TaxComponent()
    if is_of_tax(kind, tax):
        return TaxComponent(rate=_rate(tax), base=tax[0].base, liable=tax[0].liable)
    own = own_of(kind, tax)
    return TaxComponent(rate=_rate(own), liable=Liable.MERCHANT if own else Liable.CHANNEL)


def _rate(tax: Tax) -> str:
    if len(tax) == 1:
        return tax[0].rate
    if not all(is_rate(each.rate) for each in tax):
        return ""
    whole = plain_rate(sum((Decimal(each.rate) for each in tax), Decimal(0)))
    return whole if is_rate(whole) else ""
