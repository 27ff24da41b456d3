"""Pure: which taxes a sale bears: the channel's own split where it tells one, else the tax lines of what was sold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import msgspec

from bridge.model.line_tax import Liable, Tax, TaxComponent, taxed_at
from bridge.model.money import allocate_minor
from bridge_shopify.facts import Amounts, Components, ToldTax
from bridge_shopify.wire import Order, Sale, TaxLine

UNTAXED = "0"
_UNTOLD = TaxLine()
_NOT_SAID = taxed_at("", liable=Liable.UNKNOWN)
_SCALE = 10**10

Shares = Sequence[tuple[TaxLine, int]]


class Taxed(msgspec.Struct, frozen=True, gc=False):
    """The tax of one base.

    shares: (tax line, minor units) that add up to its tax. own: what the merchant owes himself, or nobody says who
            owes it. channels: what the channel owes.
    """

    shares: Shares
    own: Tax
    channels: Tax = ()

    def of(self, place: int) -> tuple[TaxComponent, Tax]:
        """The component that a share is of, by its place from 1, and all those of its party: they come in one order."""
        if not self.channels:
            return self.own[place - 1], self.own
        is_channels = bool(self.shares[place - 1][0].channel_liable)
        before = sum(bool(line.channel_liable) is is_channels for line, _ in self.shares[: place - 1])
        party = self.channels if is_channels else self.own
        return party[before], party


class Goods(msgspec.Struct, frozen=True, gc=False):
    """What a sale is of, as far as it matters: its SKU and its tax lines (None where they were not asked for)."""

    sku: str
    tax_lines: Sequence[TaxLine] | None


NOTHING = Goods("", None)


def taxed(
    tax_minor: int, sale: Sale | None, lines: Sequence[TaxLine] | None, amounts: Amounts, components: Components
) -> Taxed:
    """The taxes of an amount.

    Order:    the sale's own taxes where they add up to its tax; else the tax lines as they stand, where they do (the
              whole of a line was sold); else in proportion to their rates.
    Rounding: largest remainder, so that nothing is lost.
    """
    if sale is not None and sale.taxes:
        told = [(tax.tax_line, amounts.shop(tax.amount)) for tax in sale.taxes]
        if sum(minor for _, minor in told) == tax_minor:
            return _by_party(told, [line for line, _ in told], components)
    if not lines:
        return Taxed([(_UNTOLD, tax_minor)], _NOT_SAID) if tax_minor else Taxed((), taxed_at(UNTAXED))
    if not tax_minor:
        return _by_party((), lines, components)
    if len(lines) == 1:
        return _by_party([(lines[0], tax_minor)], lines, components)
    stated = [amounts.shop(line.price_set) for line in lines]
    if sum(stated) != tax_minor:
        stated = list(allocate_minor(tax_minor, _weights([line.share for line in lines], stated)))
    return _by_party(list(zip(lines, stated, strict=True)), lines, components)


def _by_party(shares: Shares, lines: Sequence[TaxLine], components: Components) -> Taxed:
    """The taxes of each party; what the merchant would owe beside the channel is none where it comes to nothing."""
    channels = [line for line in lines if line.channel_liable]
    if not channels:
        return Taxed(shares, components[_signature(lines)])
    own = [line for line in lines if not line.channel_liable]
    owes_some = any(line.share for line in own) or any(minor for line, minor in shares if not line.channel_liable)
    return Taxed(shares, components[_signature(own)] if owes_some else (), components[_signature(channels)])


def shipping_taxes(order: Order, tax_minor: int, net_minor: int) -> Sequence[TaxLine] | None:
    """The tax lines a returned shipping charge bore: Shopify does not name its shipping line.

    Order: those of all shipping lines when they are taxed alike; else the first whose rates explain the tax within a
           minor unit; else None.
    """
    lines = [line.tax_lines for line in (order.shipping_lines.items() if order.shipping_lines else ())]
    told = [each for each in lines if each is not None]
    if not told:
        return None
    if all(_signature(each) == _signature(told[0]) for each in told):
        return told[0]
    return next((each for each in told if _explains(each, tax_minor, net_minor)), None)


def common_taxes(order: Order) -> Sequence[TaxLine] | None:
    """The tax lines that all taxed goods of an order share, for an adjustment that names no goods; else None."""
    items = order.line_items.items() if order.line_items else ()
    told = [item.tax_lines for item in items if item.tax_lines]
    if told and all(_signature(each) == _signature(told[0]) for each in told):
        return told[0]
    return None


def _signature(lines: Sequence[TaxLine]) -> tuple[ToldTax, ...]:
    return tuple((line.title, line.share, line.channel_liable) for line in lines)


def _explains(lines: Sequence[TaxLine], tax_minor: int, net_minor: int) -> bool:
    share = sum((line.share or Decimal(0) for line in lines), Decimal(0))
    return abs(net_minor * share - tax_minor) <= 1


def _weights(shares: Sequence[Decimal | None], stated: Sequence[int]) -> Sequence[int]:
    """By rate; by amount where a rate is not told; equal where neither says anything."""
    told = [int(share * _SCALE) for share in shares if share is not None]
    if len(told) == len(shares) and any(told):
        return told
    by_amount = [abs(minor) for minor in stated]
    return by_amount if any(by_amount) else [1] * len(stated)


def goods_of(order: Order) -> Mapping[str, Goods]:
    """What the sales of an order may be of, by global id; duties and fees among them."""
    found: dict[str, Goods] = {}
    for item in order.line_items.items() if order.line_items else ():
        found[item.id] = Goods(item.sku or "", item.tax_lines)
        for duty in item.duties:
            found[duty.id] = Goods(item.sku or "", duty.tax_lines)
    for line in order.shipping_lines.items() if order.shipping_lines else ():
        if line.id is not None:
            found[line.id] = Goods("", line.tax_lines)
    for fee in order.additional_fees:
        found[fee.id] = Goods("", fee.tax_lines)
    return found
