"""How a route's tax regime treats a line: on which account its tax goes, and by which tax code. Pure."""

from __future__ import annotations

from collections.abc import Hashable
from decimal import ROUND_HALF_UP, Decimal
from typing import Protocol

import msgspec

from bridge.books.rules.choose import Choice, Chooser
from bridge.books.tax.groups import NO_GROUPS, TAX_ON_FEES, Groups, Standing, is_sold
from bridge.books.tax.liability import TAX_COLLECTED, TAX_FACILITATOR, WITHHELD, when_withheld
from bridge.books.tax.rates import rate_told
from bridge.errors import InvariantError
from bridge.model.connections import GiftCards, Route, TaxRegime
from bridge.model.line_tax import charged_on
from bridge.model.lines import SHIP_TO, Line, Part, kinds
from bridge.model.tax import (
    DEEMED_SUPPLY,
    DESTINATION_UNKNOWN,
    EXPORT,
    NONE,
    PURCHASE,
    RATE_UNKNOWN,
    SALE,
    rate_of,
    treatment,
)
from bridge.model.tax_regimes import row_of

TAX_KINDS = frozenset({TAX_COLLECTED, TAX_ON_FEES})
GOODWILL = "refund.goodwill"


class Treated(msgspec.Struct, frozen=True):
    """A line's choice under a regime.

    is_tax:     its amount is tax, which rides inside the posting of the line it was charged on.
    is_unrated: the channel names neither its rate nor, apart from the line itself, its tax.
    is_open:    whether tax is inside it depends on what nobody has said yet.
    alone:      of tax whose base is nowhere: the treatment under which that base is given back or charged again.
    """

    choice: Choice
    is_tax: bool = False
    is_unrated: bool = False
    is_open: bool = False
    alone: str = ""


class Taxes(Protocol):
    """One regime, applied to the lines of one document."""

    def facts(self, line: Line) -> Hashable | None:
        """What of a line, beyond what rules ask for, its treatment depends on; None for nothing."""
        ...

    def treat(self, line: Line, chooser: Chooser) -> Treated: ...


def taxes_of(route: Route, groups: Groups = NO_GROUPS, *, home_country: str = "") -> Taxes:
    """The regime of a route, for a document whose tax rows say what ``groups`` tells.

    home_country: where the ledger's company is (ISO 3166, two letters); empty where that is not known.
    """
    row = row_of(route.tax_regime)
    if route.tax_regime is None:
        raise InvariantError(f"route {route.name}", "is booked without a tax regime", "Report this as a bug")
    if row.rides:
        return _OfChannels(_Vat(groups, route, home_country), home_country)
    return _SalesTax(groups) if row.claims else _NotRegistered(groups)


def taxes_then(route: Route, groups: Groups = NO_GROUPS, *, home_country: str = "") -> Taxes:
    """The same for lines that stand with a tax code: with tax inside, whatever the route says by now."""
    regime = route.tax_regime if row_of(route.tax_regime).rides else TaxRegime.VAT_STANDARD
    booked_by = msgspec.structs.replace(route, tax_regime=regime, vat_in_rows=False)
    return taxes_of(booked_by, groups, home_country=home_country)


def voucher_treatment(route: Route) -> str:
    """How a gift card is treated where it is sold and redeemed; empty where it owes no tax by itself."""
    is_taxed = row_of(route.tax_regime).has_vouchers and route.gift_cards is GiftCards.SINGLE_PURPOSE
    return f"{SALE}:{route.standard_rate}" if is_taxed else ""


def is_claimable(line: Line, route: Route) -> bool:
    """Whether it is tax in a free amount, which US sales tax does not take back: only what a buyer got back counts."""
    return route.tax_regime is TaxRegime.US_SALES_TAX and line.kind == TAX_COLLECTED and line.tax_base == GOODWILL


def base_of(tax_minor: int, tax_code: str) -> int:
    """The amount that so much tax was charged on. Rounding: half up, away from zero. The treatment has a rate."""
    return int((tax_minor * 100 / rate_of(tax_code)).quantize(Decimal(1), ROUND_HALF_UP))


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

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    def facts(self, line: Line) -> Hashable | None:
        if line.kind != TAX_COLLECTED:
            return None
        if line.tax_base == GOODWILL:
            return GOODWILL
        return WITHHELD if self._groups.of(line.tax_group).is_withheld else None

    def treat(self, line: Line, chooser: Chooser) -> Treated:
        if self.facts(line) == GOODWILL:
            return Treated(_without_code(chooser.choose(_base(line))))
        choice = _without_code(chooser.choose(line))
        return Treated((when_withheld(choice) or choice) if self.facts(line) is not None else choice)


class _NotRegistered:
    """No VAT of the merchant's own: tax is part of the price, and of the cost."""

    def __init__(self, groups: Groups) -> None:
        self._groups = groups

    def facts(self, line: Line) -> Hashable | None:
        is_withheld = self._groups.of(line.tax_group).is_withheld
        return (line.tax_base, line.part, is_withheld) if line.kind in TAX_KINDS else None

    def treat(self, line: Line, chooser: Chooser) -> Treated:
        choice = chooser.choose(line)
        if line.kind == TAX_COLLECTED and self._groups.of(line.tax_group).is_withheld:
            choice = when_withheld(choice) or choice
        elif line.kind in TAX_KINDS:
            choice = chooser.choose(_base(line))
        return Treated(_without_code(choice))


class _Vat:
    """VAT, GST: the tax rides on the line it was charged on, with a tax code, so that the ledger's return fills."""

    def __init__(self, groups: Groups, route: Route, home_country: str) -> None:
        self._groups, self._regime, self._home = groups, row_of(route.tax_regime), home_country
        self._standard = route.standard_rate or RATE_UNKNOWN
        self._in_rows = route.vat_in_rows

    def facts(self, line: Line) -> Hashable | None:
        rate = rate_told(line, self._regime, self._home)
        return line.tax_base, rate, line.part, bool(line.tax_group), self._groups.of(line.tax_group)

    def treat(self, line: Line, chooser: Chooser) -> Treated:
        group = self._groups.of(line.tax_group)
        if line.kind == TAX_COLLECTED and group.is_withheld:
            choice = _without_code(chooser.choose(line))
            return Treated(when_withheld(choice) or choice)
        if line.kind in TAX_KINDS or (line.kind == TAX_FACILITATOR and group.is_shared):
            return self._tax(line, group, chooser)
        choice = chooser.choose(line)
        if rate := self._rate(line, choice, group):
            return Treated(self._claimed(choice, _coded(choice, rate)))
        coded = _coded(choice, self._standard)
        if not choice.tax_code and coded.tax_code.startswith(SALE):
            return self._unstated_sale(line, choice, coded, group)
        is_cost = coded.tax_code.startswith(PURCHASE) and rate_of(coded.tax_code) > 0
        if not choice.tax_code and (is_cost or coded.tax_code.endswith(RATE_UNKNOWN)):
            return Treated(_untaxed(choice))
        return Treated(self._claimed(choice, coded), is_unrated=True)

    def _rate(self, line: Line, choice: Choice, group: Standing) -> str:
        """What its channel tells of its rate, or its rows do; empty for nothing."""
        return rate_told(line, self._regime, self._home) or group.rate(choice.kind)

    def _tax(self, line: Line, group: Standing, chooser: Chooser) -> Treated:
        """Tax rides on its base. Where that is nowhere it is given back at its rate, and charged anew without tax."""
        base = dict(group.bases).get(line.tax_base, line.tax_base)
        choice = chooser.choose(_base(msgspec.structs.replace(line, tax=charged_on(base, line.tax))))
        if line.kind == TAX_ON_FEES and not (self._regime.claims or choice.tax_code):
            return Treated(_untaxed(choice))
        rate = self._rate(line, choice, group)
        coded = _coded(choice, rate or self._standard)
        if group.is_alone and rate_of(coded.tax_code):
            untaxed = _coded(choice, "0") if coded.tax_code.startswith(SALE) else _untaxed(choice)
            return Treated(untaxed, alone=coded.tax_code)
        return Treated(coded, is_tax=True, is_unrated=line.kind == TAX_ON_FEES and not rate)

    def _claimed(self, choice: Choice, coded: Choice) -> Choice:
        """As it is coded; a cost whose tax is not claimed is outside the return, unless a rule says otherwise."""
        is_said = self._regime.claims or choice.tax_code
        return coded if is_said or not coded.tax_code.startswith(PURCHASE) else _untaxed(choice)

    def _unstated_sale(self, line: Line, choice: Choice, coded: Choice, group: Standing) -> Treated:
        """A sale or refund for which no row states tax of the merchant's own."""
        if group.is_withheld:
            return Treated(_coded(choice, DEEMED_SUPPLY))
        if self._in_rows or (self._regime.states_prices_net and line.tax_group):
            return Treated(_coded(choice, "0"))
        return Treated(coded, is_unrated=True, is_open=self._in_rows is None and is_sold(choice.kind))


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
        if not line.is_taxed_by_channel:
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


def _untaxed(choice: Choice) -> Choice:
    """The choice of a cost that states no tax: none may be claimed without a statement of it."""
    return msgspec.structs.replace(choice, tax_code=NONE)


def _without_code(choice: Choice) -> Choice:
    return msgspec.structs.replace(choice, tax_code="") if choice.tax_code else choice
