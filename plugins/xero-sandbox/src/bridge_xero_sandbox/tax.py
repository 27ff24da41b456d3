"""The tax rates an organisation has, and the tax on one line."""

import tomllib
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.wire import JsonObject

__all__ = ["default_tax_type", "rate_of", "tax_on", "tax_rates", "tax_suits"]

_CENT = Decimal("0.01")
_CLASSES = {
    "ASSET": "Assets",
    "EQUITY": "Equity",
    "EXPENSE": "Expenses",
    "LIABILITY": "Liabilities",
    "REVENUE": "Revenue",
}
_NOT_WITH = {"sale": "EXPENSE", "purchase": "REVENUE", "any": ""}


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "data" / "tax_rates.toml").read_text(encoding="utf-8"))


def _table(organisation: Organisation) -> dict[str, Any]:
    tables = _tables()
    found: dict[str, Any] = tables.get(organisation.settings.country, tables["OTHER"])
    own = enumerate(organisation.settings.sales_tax_rates.items(), start=1)
    first = len([tax_type for tax_type in found if tax_type.startswith("TAX")])
    return found | {
        f"TAX{first + number:03}": {"name": name, "rate": rate, "with": "sale"} for number, (name, rate) in own
    }


def tax_rates(organisation: Organisation) -> list[JsonObject]:
    """List the rates as answers show them."""
    return [
        {
            "Name": rate["name"],
            "TaxType": tax_type,
            "ReportTaxType": rate.get("report", tax_type),
            **{f"CanApplyTo{word}": name != _NOT_WITH[rate["with"]] for name, word in _CLASSES.items()},
            "DisplayTaxRate": Decimal(rate["rate"]).quantize(Decimal("0.0001")),
            "EffectiveRate": Decimal(rate["rate"]).quantize(Decimal("0.0001")),
            "Status": "ACTIVE",
            "TaxComponents": [
                {"Name": name, "Rate": Decimal(percent), "IsCompound": False, "IsNonRecoverable": False}
                for name, percent in rate.get("parts", {"VAT": rate["rate"]}).items()
            ],
        }
        for tax_type, rate in _table(organisation).items()
    ]


def rate_of(organisation: Organisation, tax_type: str) -> Decimal | None:
    """Give a tax type's rate in per cent, or None where the organisation has no such type."""
    found = _table(organisation).get(tax_type)
    return Decimal(found["rate"]) if found else None


def tax_suits(organisation: Organisation, tax_type: str, account: JsonObject) -> bool:
    """Tell whether a tax type may be used with an account."""
    return bool(_NOT_WITH[_table(organisation)[tax_type]["with"]] != account["Class"])


def default_tax_type(organisation: Organisation, class_: str) -> str:
    """Give the tax type a new account of a class starts with."""
    defaults = _tables()["defaults"]
    return str(defaults.get(organisation.settings.country, defaults["OTHER"]).get(class_, "NONE"))


def tax_on(net_or_gross: Decimal, rate: Decimal, line_amount_types: str) -> Decimal:
    """Compute the tax on one line.

    Rounding: half away from zero to two places, line by line.
    """
    match line_amount_types:
        case "Exclusive":
            tax = net_or_gross * rate / 100
        case "Inclusive":
            tax = net_or_gross * rate / (100 + rate)
        case _:
            tax = Decimal(0)
    return tax.quantize(_CENT, ROUND_HALF_UP) + Decimal(0)
