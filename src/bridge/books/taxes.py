"""How a route's tax regime treats a line: on which account its tax goes, and by which tax code. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

import msgspec

from bridge.books.choose import Choice, Chooser
from bridge.books.liability import TAX_COLLECTED, when_withheld
from bridge.errors import InvariantError
from bridge.model.connections import GiftCards, Route, TaxRegime
from bridge.model.lines import BY_CHANNEL, SHIP_TO, Line, Part, kinds
from bridge.model.tax import DEEMED_SUPPLY, DESTINATION_UNKNOWN, EXPORT, SALE, rate_of, treatment

TAX_ON_FEES = "tax.on_fees"
TAX_KINDS = frozenset({TAX_COLLECTED, TAX_ON_FEES})
GOODWILL = "refund.goodwill"
_WITHHELD, _TAXED, _PLAIN = "withheld", "taxed", ""


class Treated(msgspec.Struct, frozen=True):
    """A line's choice under a regime.

    is_tax:     its amount is tax, which rides inside the posting of the line it was charged on.
    is_unrated: the channel names neither its rate nor, apart from the line itself, its tax.
    """

    choice: Choice
    is_tax: bool = False
    is_unrated: bool = False


class Taxes(Protocol):
    """One regime, applied to the lines of one document."""

    def facts(self, line: Line) -> Hashable | None:
        """What of a line, beyond what rules ask for, its treatment depends on; None for nothing."""
        ...

    def treat(self, line: Line, chooser: Chooser) -> Treated: ...


def taxes_of(route: Route, withheld: frozenset[str], taxed: frozenset[str], *, home_country: str = "") -> Taxes:
    """The regime of a route.

    withheld, taxed: tax groups of the document in which the channel withheld tax, or in which tax was collected.
    home_country:    where the ledger's company is (ISO 3166, two letters); empty where that is not known.
    """
    own = taxed - withheld - {""}
    match route.tax_regime:
        case TaxRegime.VAT_STANDARD:
            return _OfChannels(_Vat(withheld - {""}, own, route.standard_rate), home_country)
        case TaxRegime.NOT_REGISTERED:
            return _NotRegistered(withheld - {""})
        case TaxRegime.US_SALES_TAX:
            return _SalesTax(withheld - {""})
        case None:
            raise InvariantError(f"route {route.name}", "is booked without a tax regime", "Report this as a bug")


def voucher_treatment(route: Route) -> str:
    """How a gift card is treated where it is sold and redeemed; empty where it owes no tax by itself."""
    is_taxed = route.tax_regime is TaxRegime.VAT_STANDARD and route.gift_cards is GiftCards.SINGLE_PURPOSE
    return f"{SALE}:{route.standard_rate}" if is_taxed else ""


def is_claimable(line: Line, route: Route) -> bool:
    """Whether it is tax in a free amount, which US sales tax does not take back: only what a buyer got back counts."""
    return route.tax_regime is TaxRegime.US_SALES_TAX and line.kind == TAX_COLLECTED and line.tax_base == GOODWILL


def inclusive_tax(amount_minor: int, rate: Decimal) -> int:
    """The tax inside an amount that includes it, at a rate in percent. Rounding: half up, away from zero."""
    return int((amount_minor * rate / (100 + rate)).quantize(Decimal(1), ROUND_HALF_UP))


def tax_inside(stated_minor: int, unrated_minor: int, unrated_tax_minor: int, lines: int, tax_code: str) -> int:
    """The tax of a posting: what was stated, and what must be inside the amounts that nobody stated it for.

    unrated_minor:     the sum of lines whose tax is not known yet. unrated_tax_minor: stated tax of such lines, part
                       of ``stated_minor``; the amounts it was charged on are done.
    Rounding:          half up; what is left within half a minor unit a line is no amount without its tax.
    """
    rate = rate_of(tax_code)
    if not rate or not unrated_minor:
        return stated_minor
    covered = int((unrated_tax_minor * 100 / rate).quantize(Decimal(1), ROUND_HALF_UP))
    left = unrated_minor - covered
    if unrated_tax_minor and abs(left) * rate <= 100 * (lines + 1) // 2 + rate:
        return stated_minor
    return stated_minor + inclusive_tax(left, rate)


class _SalesTax:
    """US sales tax: lines of its own, on 2100, or on 2110 where the marketplace withheld it; none in a free amount."""

    def __init__(self, withheld: frozenset[str]) -> None:
        self._withheld = withheld

    def facts(self, line: Line) -> Hashable | None:
        if line.kind != TAX_COLLECTED:
            return None
        if line.tax_base == GOODWILL:
            return GOODWILL
        return _WITHHELD if line.tax_group in self._withheld else None

    def treat(self, line: Line, chooser: Chooser) -> Treated:
        if self.facts(line) == GOODWILL:
            return Treated(_without_code(chooser.choose(_base(line))))
        choice = _without_code(chooser.choose(line))
        return Treated((when_withheld(choice) or choice) if self.facts(line) is not None else choice)


class _NotRegistered:
    """No VAT of the merchant's own: tax is part of the price, and of the cost."""

    def __init__(self, withheld: frozenset[str]) -> None:
        self._withheld = withheld

    def facts(self, line: Line) -> Hashable | None:
        return (line.tax_base, line.part, line.tax_group in self._withheld) if line.kind in TAX_KINDS else None

    def treat(self, line: Line, chooser: Chooser) -> Treated:
        choice = chooser.choose(line)
        if line.kind == TAX_COLLECTED and line.tax_group in self._withheld:
            choice = when_withheld(choice) or choice
        elif line.kind in TAX_KINDS:
            choice = chooser.choose(_base(line))
        return Treated(_without_code(choice))


class _Vat:
    """VAT: the tax rides on the line it was charged on, with a tax code, so that the ledger's return fills."""

    def __init__(self, withheld: frozenset[str], taxed: frozenset[str], standard_rate: str) -> None:
        self._withheld, self._taxed, self._standard = withheld, taxed, standard_rate

    def facts(self, line: Line) -> Hashable | None:
        return line.tax_base, line.tax_rate, line.part, self._standing(line)

    def treat(self, line: Line, chooser: Chooser) -> Treated:
        standing = self._standing(line)
        if line.kind == TAX_COLLECTED and standing == _WITHHELD:
            choice = _without_code(chooser.choose(line))
            return Treated(when_withheld(choice) or choice)
        if line.kind in TAX_KINDS:
            choice = _coded(chooser.choose(_base(line)), line.tax_rate or self._standard)
            return Treated(choice, is_tax=True, is_unrated=line.kind == TAX_ON_FEES and not line.tax_rate)
        choice = chooser.choose(line)
        if line.tax_rate:
            return Treated(_coded(choice, line.tax_rate))
        coded = _coded(choice, self._standard)
        is_sale = coded.tax_code.startswith(SALE)
        if is_sale and not choice.tax_code and (standing == _WITHHELD or (self._taxed and standing != _TAXED)):
            return Treated(_coded(choice, "0"))
        return Treated(coded, is_unrated=not (is_sale and standing == _TAXED))

    def _standing(self, line: Line) -> str:
        if line.tax_group in self._withheld:
            return _WITHHELD
        return _TAXED if line.tax_group in self._taxed else _PLAIN


class _OfChannels:
    """VAT where the channel owes the tax of some goods: those are coded by where they went, and all else as it is.

    The channel's rate is never the merchant's: abroad it is an export, at home a supply to the channel.
    """

    def __init__(self, own: Taxes, home_country: str) -> None:
        self._own, self._home = own, home_country

    def facts(self, line: Line) -> Hashable | None:
        return self._destination(line), self._own.facts(line)

    def treat(self, line: Line, chooser: Chooser) -> Treated:
        destination = self._destination(line)
        return Treated(_coded(chooser.choose(line), destination)) if destination else self._own.treat(line, chooser)

    def _destination(self, line: Line) -> str:
        """What a sale without tax of the merchant's own is; empty for any other line."""
        if BY_CHANNEL not in line.attributes:
            return ""
        ship_to = dict(line.attributes).get(SHIP_TO, "")
        if not ship_to or not self._home:
            return DESTINATION_UNKNOWN
        return DEEMED_SUPPLY if ship_to == self._home else EXPORT


def _base(line: Line) -> Line:
    """The line as if it were of the kind its tax was charged on."""
    by_part = {Part.REFUND: "refund.product", Part.FEE: "fee.adjustment"}
    return msgspec.structs.replace(line, kind=line.tax_base or by_part.get(line.part, "sale.product"))


def _coded(choice: Choice, rate: str) -> Choice:
    """The choice with its tax treatment: the rule's own, else that of its kind at this rate."""
    if choice.tax_code:
        return choice
    return msgspec.structs.replace(choice, tax_code=treatment(kinds()[choice.kind].tax_treatment, rate))


def _without_code(choice: Choice) -> Choice:
    return msgspec.structs.replace(choice, tax_code="") if choice.tax_code else choice
