"""The tax codes of a new company, and the rates that a code is made of."""

import tomllib
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.wire import JsonObject, amount, plain, value_of

__all__ = ["add_tax_codes", "percent_of", "sales_rates"]


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads((Path(__file__).parent / "data" / "tax_codes.toml").read_text(encoding="utf-8"))


def add_tax_codes(company: Company) -> None:
    """Give a company the codes of its country; in the United States TAX and NON exist without being listed."""
    tables = _tables()
    if company.settings.country != "US":
        for row in tables.get(company.settings.country, tables["OTHER"]):
            sides = (
                ("Sales", row.get("sales") or row.get("both")),
                ("Purchase", row.get("purchases") or row.get("both")),
            )
            _add(company, row["name"], {side: rates for side, rates in sides if rates})


def sales_rates(company: Company, code_id: str) -> list[str]:
    """Give the ids of the rates that a code charges on sales."""
    code = company.get("TaxCode", code_id) or {}
    return [value_of(one["TaxRateRef"]) for one in code.get("SalesTaxRateList", {}).get("TaxRateDetail", ())]


def percent_of(company: Company, rate_id: str) -> Decimal:
    """Give a rate in per cent."""
    return amount((company.get("TaxRate", rate_id) or {}).get("RateValue"))


def _add(company: Company, name: str, sides: dict[str, dict[str, str]]) -> None:
    code: JsonObject = {"Name": name, "Active": True, "Taxable": bool(sides), "TaxGroup": True}
    for side, rates in sides.items():
        details = [
            {
                "TaxRateRef": {"value": _rate(company, f"{rate} ({side})", percent)},
                "TaxTypeApplicable": "TaxOnAmount",
                "TaxOrder": 0,
            }
            for rate, percent in rates.items()
        ]
        code[f"{side}TaxRateList"] = {"TaxRateDetail": details}
    company.put("TaxCode", code)


def _rate(company: Company, name: str, percent: str) -> str:
    """The rate of that name, which several codes may have."""
    found = next((one for one in company.all("TaxRate") if one["Name"] == name), None)
    made = found or company.put("TaxRate", {"Name": name, "Active": True, "RateValue": plain(Decimal(percent))})
    return str(made["Id"])
