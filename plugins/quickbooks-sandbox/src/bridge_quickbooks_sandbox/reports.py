"""The trial balance and the profit and loss, as the reports endpoint gives them."""

from datetime import date, timedelta
from decimal import Decimal

from bridge.model.money import exponent
from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.ledger import balances
from bridge_quickbooks_sandbox.wire import JsonObject, on_the_wire, stamp

__all__ = ["profit_and_loss_report", "trial_balance_report"]

_DAY = timedelta(days=1)
# By the group of the report: which types of account stand in it, and whether it shows a gain or a cost.
_GROUPS = {
    "Income": ("Income", -1),
    "COGS": ("Cost of Goods Sold", 1),
    "Expenses": ("Expense", 1),
    "OtherIncome": ("Other Income", -1),
    "OtherExpenses": ("Other Expense", 1),
}


def trial_balance_report(company: Company, start: str, end: str) -> JsonObject:
    """Give the report: one row per account with a balance, debit or credit, and a total.

    Shape:    balances are as of the end of ``end``; ``start`` is only echoed, since no year was closed.
    """
    end = end or stamp(company.clock.now())[:10]
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
    period = start or f"{end[:4]}-01-01", end
    return _report(company, "TrialBalance", period, ("Debit", "Credit"), rows, is_empty=len(rows) == 1)


def profit_and_loss_report(company: Company, start: str, end: str) -> JsonObject:
    """Give the report: a section for each group of accounts that moved in the days, both included, and the net income.

    Shape:    sub-accounts stand beside their parents; gains are positive in income, costs in expenses.
    """
    end = end or stamp(company.clock.now())[:10]
    start = start or f"{end[:4]}-01-01"
    places = exponent(company.settings.home_currency)
    until, before = balances(company, as_of=end), balances(company, as_of=f"{date.fromisoformat(start) - _DAY}")
    rows: list[JsonObject] = []
    net = 0
    for group, (kind, sign) in _GROUPS.items():
        accounts = [account for account in company.all("Account") if account["AccountType"] == kind]
        moved = [(one, until.get(one["Id"], 0) - before.get(one["Id"], 0)) for one in accounts]
        cells: list[JsonObject] = []
        for one, minor in moved:
            if minor:
                texts = [{"value": one["Name"], "id": one["Id"]}, {"value": _text(sign * minor, places)}]
                cells.append({"ColData": texts, "type": "Data"})
        if cells:
            total = sum(minor for _, minor in moved)
            net -= total
            rows.append(_section(group, f"Total {group}", _text(sign * total, places), cells))
    rows.append(_section("NetIncome", "Net Income", _text(net, places)))
    return _report(company, "ProfitAndLoss", (start, end), ("Total",), rows, is_empty=len(rows) == 1)


def _section(group: str, title: str, total: str, rows: list[JsonObject] | None = None) -> JsonObject:
    section: JsonObject = {"Summary": {"ColData": [{"value": title}, {"value": total}]}, "type": "Section"}
    return {**({"Rows": {"Row": rows}} if rows else {}), **section, "group": group}


def _report(
    company: Company,
    name: str,
    period: tuple[str, str],
    columns: tuple[str, ...],
    rows: list[JsonObject],
    *,
    is_empty: bool,
) -> JsonObject:
    titles = [{"ColTitle": "", "ColType": "Account"}, *({"ColTitle": one, "ColType": "Money"} for one in columns)]
    return {
        "Header": {
            "Time": on_the_wire(company.clock.now()),
            "ReportName": name,
            "ReportBasis": "Accrual",
            "StartPeriod": period[0],
            "EndPeriod": period[1],
            "Currency": company.settings.home_currency,
            "Option": [{"Name": "NoReportData", "Value": str(is_empty).lower()}],
        },
        "Columns": {"Column": titles},
        "Rows": {"Row": rows},
    }


def _text(minor: int, places: int) -> str:
    return f"{Decimal(minor).scaleb(-places):.{places}f}"
