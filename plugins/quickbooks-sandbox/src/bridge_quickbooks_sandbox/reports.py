"""The trial balance, as the reports endpoint gives it."""

from decimal import Decimal

from bridge.model.money import exponent
from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.ledger import balances
from bridge_quickbooks_sandbox.wire import JsonObject, on_the_wire, stamp

__all__ = ["trial_balance_report"]


def trial_balance_report(company: Company, start: str, end: str) -> JsonObject:
    """Give the report: one row per account with a balance, debit or credit, and a total.

    Shape:    balances are as of the end of ``end``; ``start`` is only echoed, since no year was closed.
    """
    now = company.clock.now()
    end = end or stamp(now)[:10]
    places = exponent(company.settings.home_currency)
    rows: list[JsonObject] = []
    sides = [0, 0]
    by_id = balances(company, as_of=end)
    for account in company.all("Account"):
        if minor := by_id.get(account["Id"], 0):
            side = 0 if minor > 0 else 1
            sides[side] += abs(minor)
            text = _text(abs(minor), places)
            name = f"{account['AcctNum']} {account['Name']}" if "AcctNum" in account else account["Name"]
            cells = [{"value": name, "id": account["Id"]}, {"value": ""}, {"value": ""}]
            cells[1 + side] = {"value": text}
            rows.append({"ColData": cells})
    total = [{"value": "TOTAL"}, *({"value": _text(side, places)} for side in sides)]
    rows.append({"Summary": {"ColData": total}, "type": "Section", "group": "GrandTotal"})
    return {
        "Header": {
            "Time": on_the_wire(now),
            "ReportName": "TrialBalance",
            "ReportBasis": "Accrual",
            "StartPeriod": start or f"{end[:4]}-01-01",
            "EndPeriod": end,
            "Currency": company.settings.home_currency,
            "Option": [{"Name": "NoReportData", "Value": str(len(rows) == 1).lower()}],
        },
        "Columns": {
            "Column": [
                {"ColTitle": "", "ColType": "Account"},
                {"ColTitle": "Debit", "ColType": "Money"},
                {"ColTitle": "Credit", "ColType": "Money"},
            ]
        },
        "Rows": {"Row": rows},
    }


def _text(minor: int, places: int) -> str:
    return f"{Decimal(minor).scaleb(-places):.{places}f}"
