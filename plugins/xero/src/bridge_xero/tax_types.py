"""Pure: which tax types an organisation has, what each of them is for, and how the organisation says it is taxed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from bridge.model.facts import LedgerTaxCode, TaxScheme
from bridge.model.tax import (
    DEEMED_SUPPLY,
    EXEMPT,
    EXPORT,
    NONE,
    OUTSIDE,
    PURCHASE,
    REVERSE_CHARGE,
    SALE,
    plain_rate,
)
from bridge.model.tax_places import PartedCode, Parts, served_by
from bridge.transport import Json
from bridge_xero.wire import amount, text

NO_TAX = "NONE"  # the tax type of what is outside tax; Australia has BASEXCLUDED in its place
_ACTIVE = frozenset({"ACTIVE", ""})

# The usual tax types and the side they serve; the rate is the organisation's own.
# Source: developer.xero.com, "Types and codes", tax types, read 2026-11.
_SALES = frozenset({"OUTPUT", "OUTPUT2", "RROUTPUT", "ZERORATEDOUTPUT", "ZERORATED"})
_PURCHASES = frozenset({"INPUT", "INPUT2", "RRINPUT", "ZERORATEDINPUT"})
_PLAIN: Mapping[str, tuple[str, ...]] = {
    "EXEMPTOUTPUT": (f"{SALE}:{EXEMPT}",),
    "EXEMPTINPUT": (f"{PURCHASE}:{EXEMPT}",),
    NO_TAX: (NONE, f"{SALE}:{OUTSIDE}"),
}
# In the United Kingdom exports are zero-rated, and so is what is supplied to a marketplace that owes the tax itself
# (VAT Act 1994, schedule 8, groups 15 and 21): all of it is in box 6. Elsewhere nothing serves it until it is mapped.
_BRITAIN: Mapping[str, tuple[str, ...]] = {
    "ZERORATEDOUTPUT": (f"{SALE}:0", f"{SALE}:{EXPORT}", f"{SALE}:{DEEMED_SUPPLY}"),
    "REVERSECHARGES": (f"{PURCHASE}:{REVERSE_CHARGE}",),
}
# In Australia "exempt" is the name of what is free of GST: taxed at nought, and on the return.
_AUSTRALIA: Mapping[str, tuple[str, ...]] = {
    "EXEMPTOUTPUT": (f"{SALE}:0",),
    "EXEMPTEXPORT": (f"{SALE}:{EXPORT}",),
    "EXEMPTEXPENSES": (f"{PURCHASE}:0",),
    "INPUTTAXED": (f"{PURCHASE}:{EXEMPT}",),
    "BASEXCLUDED": (NONE, f"{SALE}:{OUTSIDE}"),
    NO_TAX: (),
}
# In New Zealand what is exported is zero-rated.
_NEW_ZEALAND: Mapping[str, tuple[str, ...]] = {"ZERORATED": (f"{SALE}:0", f"{SALE}:{EXPORT}")}
_BY_COUNTRY = {"AU": _AUSTRALIA, "GB": _BRITAIN, "NZ": _NEW_ZEALAND}
_NOTHING: Mapping[str, tuple[str, ...]] = MappingProxyType({})
# Source: Xero Accounting OpenAPI 16.1.0, Organisation.SalesTaxBasis; New Zealand's words are INVOICE and PAYMENTS.
_BASES = {
    "ACCRUAL": TaxScheme.ACCRUAL,
    "ACCRUALS": TaxScheme.ACCRUAL,
    "INVOICE": TaxScheme.ACCRUAL,
    "CASH": TaxScheme.CASH,
    "PAYMENTS": TaxScheme.CASH,
    "FLATRATEACCRUAL": TaxScheme.FLAT_RATE,
    "FLATRATECASH": TaxScheme.FLAT_RATE_CASH,
    "NONE": TaxScheme.NONE,
}


def tax_codes(rates: Iterable[Json], *, country: str) -> Iterator[LedgerTaxCode]:
    """The active tax types of an organisation.

    In Canada an organisation makes its rates itself, with a component for each tax, and Xero numbers their types:
    what they are for is read from their components. Source: help.xero.com, "Canadian organisations", read 2026-11.
    """
    found = [one for one in rates if text(one.get("Status")) in _ACTIVE and text(one.get("TaxType"))]
    special = served_by(map(_parted, found)) if country == "CA" else _BY_COUNTRY.get(country, _NOTHING)
    for one in found:
        code, rate = text(one.get("TaxType")), plain_rate(amount(one.get("EffectiveRate")))
        yield LedgerTaxCode(
            ledger_id=code,
            name=text(one.get("Name")),
            rate=rate,
            serves=special[code] if code in special else _serves(code, rate, one, country),
        )


def scheme_of(organisation: Json) -> TaxScheme:
    """How the organisation says that it is taxed."""
    if organisation.get("PaysTax") is False:
        return TaxScheme.NONE
    usual = TaxScheme.REGISTERED if organisation.get("PaysTax") is True else TaxScheme.UNKNOWN
    return _BASES.get(text(organisation.get("SalesTaxBasis")), usual)


def _serves(code: str, rate: str, found: Json, country: str) -> tuple[str, ...]:
    if code in _SALES:
        return (f"{SALE}:{rate}",)
    if code in _PURCHASES:
        return (f"{PURCHASE}:{rate}",)
    if country == "CA" and rate == "0" and "zero" in text(found.get("Name")).casefold():
        return _zero_rated(found)
    return _PLAIN.get(code, ())


def _zero_rated(found: Json) -> tuple[str, ...]:
    """What Canada taxes at nought, exports among it, on the side that the rate is made for."""
    sale = (f"{SALE}:0", f"{SALE}:{EXPORT}") if found.get("CanApplyToRevenue") is True else ()
    return (*sale, *((f"{PURCHASE}:0",) if found.get("CanApplyToExpenses") is True else ()))


def _parted(found: Json) -> PartedCode:
    parts = _parts(found)
    return PartedCode(
        text(found.get("TaxType")),
        text(found.get("Name")),
        parts if found.get("CanApplyToRevenue") is True else (),
        parts if found.get("CanApplyToExpenses") is True else (),
    )


def _parts(found: Json) -> Parts:
    """Its taxes; none where one is charged on another, for then the rate is no sum of theirs."""
    told = found.get("TaxComponents") or ()
    if any(one.get("IsCompound") is True for one in told):
        return ()
    return tuple((text(one.get("Name")), plain_rate(amount(one.get("Rate")))) for one in told)
