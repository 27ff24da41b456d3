"""Pure: which tax codes a company has, what each of them is for, and how the company says that it is taxed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from types import MappingProxyType

from bridge.model.facts import LedgerTaxCode, TaxScheme
from bridge.model.tax import DEEMED_SUPPLY, EXEMPT, EXPORT, NONE, OUTSIDE, PURCHASE, SALE, plain_rate, rate_of
from bridge.model.tax_places import PartedCode, Parts, served_by
from bridge.transport import Json
from bridge_quickbooks.answers import reference, text_of
from bridge_quickbooks.taxes import TAXABLE, UNTAXED

_SIDES = {SALE: "SalesTaxRateList", PURCHASE: "PurchaseTaxRateList"}
_ZERO = (f"{SALE}:0", f"{PURCHASE}:0")
_EXEMPT = (f"{SALE}:{EXEMPT}", f"{PURCHASE}:{EXEMPT}")
_OUTSIDE = (NONE, f"{SALE}:{OUTSIDE}")
# The codes that QuickBooks itself sets up for VAT, by name; those of reverse charge and of trade inside the Union are
# nobody's usual ones. Source: issue intuit/quickbooks-online-mcp-server#94 and QuickBooks' help, read 2026-11.
_USUAL = re.compile(r"(?P<rate>\d{1,2}(\.\d+)?)% [SRZ]")
_NAMED: Mapping[str, tuple[str, ...]] = {
    "exempt": _EXEMPT,
    "no vat": _OUTSIDE,
    "out of scope": _OUTSIDE,
}
# In the United Kingdom exports are zero-rated, and so is what is supplied to a marketplace that owes the tax itself
# (VAT Act 1994, schedule 8, groups 15 and 21): all of it is in box 6. Elsewhere nothing serves it until it is mapped.
_BRITISH: Mapping[str, tuple[str, ...]] = {"0.0% z": (*_ZERO, f"{SALE}:{EXPORT}", f"{SALE}:{DEEMED_SUPPLY}")}
# In Canada and New Zealand exports are zero-rated. Source: QuickBooks' help for Canada, "Common sales tax codes"; in
# New Zealand a company makes its codes itself, and they are found by their rates.
_BY_RATE: Mapping[str, tuple[str, ...]] = {
    **_NAMED,
    "z": (*_ZERO, f"{SALE}:{EXPORT}"),
    "zero rated": (*_ZERO, f"{SALE}:{EXPORT}"),
    "e": _EXEMPT,
    "tax exempt": _EXEMPT,
    "no gst": _OUTSIDE,
}
# Sales and purchases have codes of their own, and what is bought to be kept another one than what is spent.
# Source: QuickBooks' help for Australia, "GST codes", read 2026-11.
_AUSTRALIAN: Mapping[str, tuple[str, ...]] = {
    "gst": (f"{SALE}:10",),
    "gst free": (f"{SALE}:0",),
    "gst free export": (f"{SALE}:{EXPORT}",),
    "gst free exports": (f"{SALE}:{EXPORT}",),
    "gst on non capital": (f"{PURCHASE}:10",),
    "gst free non capital": (f"{PURCHASE}:0",),
    "input tax": _EXEMPT,
    "input taxed": _EXEMPT,
    "out of scope": _OUTSIDE,
    "0% out of scope": _OUTSIDE,
}
_GST: Mapping[str, Mapping[str, tuple[str, ...]]] = {"CA": _BY_RATE, "NZ": _BY_RATE, "AU": _AUSTRALIAN}
_NOTHING: Mapping[str, tuple[str, ...]] = MappingProxyType({})


def us_codes() -> Iterator[LedgerTaxCode]:
    """What a line of a form says in the United States."""
    yield LedgerTaxCode(UNTAXED, "Not taxed", serves=(NONE,))
    yield LedgerTaxCode(TAXABLE, "Taxed by QuickBooks' own engine")


def tax_codes(codes: Iterable[Json], rates: Iterable[Json], *, country: str) -> Iterator[LedgerTaxCode]:
    """The active codes of a company outside the United States."""
    percents = {text_of(rate.get("Id")): Decimal(rate.get("RateValue") or 0) for rate in rates}
    names = {text_of(rate.get("Id")): text_of(rate.get("Name")) for rate in rates}
    active = [code for code in codes if code.get("Active", True) is True]
    parted = [_parted(code, percents, names) for code in active]
    serves = _by_gst(parted, _GST[country]) if country in _GST else _by_vat(country)
    for code, parts in zip(active, parted, strict=True):
        rate = _rate(code, percents)
        yield LedgerTaxCode(parts.ledger_id, parts.name, rate, serves(parts, rate))


def scheme_of(preferences: Json, *, country: str) -> TaxScheme:
    """How the company says that it is taxed; on which basis QuickBooks does not tell.

    In the United States its own engine may well be switched off, for tax is not its to compute.
    """
    is_used = preferences.get("TaxPrefs", {}).get("UsingSalesTax")
    if country == "US" or not isinstance(is_used, bool):
        return TaxScheme.UNKNOWN
    return TaxScheme.REGISTERED if is_used else TaxScheme.NONE


Serves = Callable[[PartedCode, str], tuple[str, ...]]


def _by_vat(country: str) -> Serves:
    special = _BRITISH if country == "GB" else _NOTHING

    def serves(code: PartedCode, rate: str) -> tuple[str, ...]:
        if usual := _USUAL.fullmatch(code.name):
            said = plain_rate(Decimal(usual["rate"]))
            own = special.get(code.name.casefold(), (f"{SALE}:{said}", f"{PURCHASE}:{said}"))
            return own if said == rate else ()
        return _NAMED.get(code.name.casefold(), ())

    return serves


def _by_gst(codes: Iterable[PartedCode], named: Mapping[str, tuple[str, ...]]) -> Serves:
    """By name; where a country's codes are not told apart so, those that bear tax by the taxes they are made of."""
    parted = served_by(codes) if named is _BY_RATE else _NOTHING

    def serves(code: PartedCode, rate: str) -> tuple[str, ...]:
        said = named.get(code.name.casefold().replace("-", " "), ())
        is_of_rate = rate == plain_rate(max(map(rate_of, said), default=Decimal(0))) or NONE in said
        return parted.get(code.ledger_id, said if is_of_rate else ())

    return serves


def _parted(code: Json, percents: Mapping[str, Decimal], names: Mapping[str, str]) -> PartedCode:
    sides = {side: _parts(code, key, percents, names) for side, key in _SIDES.items()}
    return PartedCode(text_of(code.get("Id")), text_of(code.get("Name")), sides[SALE], sides[PURCHASE])


def _parts(code: Json, key: str, percents: Mapping[str, Decimal], names: Mapping[str, str]) -> Parts:
    """The taxes of one side; none where it takes and gives, or one is not listed."""
    refs = _refs(code, key)
    if any(percents.get(ref, -1) < 0 for ref in refs):
        return ()
    return tuple((names.get(ref, ""), plain_rate(percents[ref])) for ref in refs)


def _rate(code: Json, percents: Mapping[str, Decimal]) -> str:
    """What a code's taxes come to on sales and purchases alike; empty where it has none, or takes and gives."""
    sides = [refs for key in _SIDES.values() if (refs := _refs(code, key))]
    if any(percents.get(ref, -1) < 0 for refs in sides for ref in refs):
        return ""
    told = {sum((percents[ref] for ref in refs), Decimal(0)) for refs in sides}
    return plain_rate(told.pop()) if len(told) == 1 else ""


def _refs(code: Json, key: str) -> list[str]:
    return [reference(detail.get("TaxRateRef")) for detail in (code.get(key) or {}).get("TaxRateDetail") or ()]
