"""The trial balance as the reports API gives it: cells of text, one section for each class of account."""

from datetime import date, timedelta

from bridge.model.money import exponent
from bridge_xero_sandbox.ledger import balances
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.refusals import RefusalError
from bridge_xero_sandbox.wire import JsonObject, instant_on_the_wire, money

__all__ = ["trial_balance_report"]

_SECTIONS = {
    "REVENUE": "Revenue",
    "EXPENSE": "Expenses",
    "ASSET": "Assets",
    "LIABILITY": "Liabilities",
    "EQUITY": "Equity",
}
_PROFIT_AND_LOSS = frozenset({"REVENUE", "EXPENSE"})
_COLUMNS = ("Account", "Debit", "Credit", "YTD Debit", "YTD Credit")


def trial_balance_report(organisation: Organisation, asked: str) -> JsonObject:
    """Give the report as at a day, today where none is asked for.

    Shape:    the first pair of columns is the day's month, the second the year to date: for income and expense since
              the financial year began, for the others since ever; earlier years' profit stands in retained earnings.
              ``ReportDate`` is the day the report was made, as in Xero's examples; the title tells the day asked for.
    """
    day = _day(organisation, asked)
    month = balances(organisation, day.isoformat(), day.replace(day=1).isoformat())
    year = _year_to_date(organisation, day)
    sections = []
    for class_, title in _SECTIONS.items():
        rows = [
            _row(organisation, account, month.get(account["AccountID"], 0), year[account["AccountID"]])
            for account in organisation.all("Accounts")
            if account["Class"] == class_ and year.get(account["AccountID"])
        ]
        if rows:
            sections.append({"RowType": "Section", "Title": title, "Rows": rows})
    total = [_total(organisation, values, sign) for values in (month, year) for sign in (1, -1)]
    summary = {"RowType": "SummaryRow", "Cells": [{"Value": "Total"}, *({"Value": text} for text in total)]}
    made = organisation.clock.now()
    return {
        "ReportID": "TrialBalance",
        "ReportName": "Trial Balance",
        "ReportType": "TrialBalance",
        "ReportTitles": ["Trial Balance", organisation.settings.name, f"As at {_spoken(day)}"],
        "ReportDate": _spoken(made.date()),
        "UpdatedDateUTC": instant_on_the_wire(made.isoformat()),
        "Fields": [],
        "Rows": [
            {"RowType": "Header", "Cells": [{"Value": column} for column in _COLUMNS]},
            *sections,
            {"RowType": "Section", "Title": "", "Rows": [summary]},
        ],
    }


def _spoken(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def _day(organisation: Organisation, asked: str) -> date:
    try:
        return date.fromisoformat(asked) if asked else organisation.clock.now().date()
    except ValueError as error:
        raise RefusalError(16, "QueryParseException", f"{asked} is not a date") from error


def _year_to_date(organisation: Organisation, day: date) -> dict[str, int]:
    start = _year_start(organisation, day)
    this_year = balances(organisation, day.isoformat(), start.isoformat())
    before = balances(organisation, (start - timedelta(days=1)).isoformat())
    retained = organisation.system_account("RETAINEDEARNINGS")["AccountID"]
    year: dict[str, int] = {retained: 0}
    for account in organisation.all("Accounts"):
        id = account["AccountID"]
        earlier = before.get(id, 0)
        if account["Class"] in _PROFIT_AND_LOSS:
            year[retained] += earlier
            earlier = 0
        year[id] = year.get(id, 0) + this_year.get(id, 0) + earlier
    return year


def _year_start(organisation: Organisation, day: date) -> date:
    settings = organisation.settings
    first_of_month = date(day.year, settings.financial_year_end_month, 1)
    end = first_of_month + timedelta(days=settings.financial_year_end_day - 1)
    if end >= day:
        first_of_month = first_of_month.replace(year=day.year - 1)
        end = first_of_month + timedelta(days=settings.financial_year_end_day - 1)
    return end + timedelta(days=1)


def _row(organisation: Organisation, account: JsonObject, month: int, year: int) -> JsonObject:
    name = f"{account['Name']} ({account['Code']})" if account.get("Code") else account["Name"]
    is_credit = account["Class"] in {"REVENUE", "LIABILITY", "EQUITY"}
    values = [name, *_pair(organisation, month, is_credit=is_credit), *_pair(organisation, year, is_credit=is_credit)]
    mark = [{"Value": account["AccountID"], "Id": "account"}]
    return {"RowType": "Row", "Cells": [{"Value": value, "Attributes": mark} for value in values]}


def _pair(organisation: Organisation, minor: int, *, is_credit: bool) -> tuple[str, str]:
    """Give debit and credit; a zero stands on the account's usual side."""
    if minor < 0 or (minor == 0 and is_credit):
        return "", _text(organisation, -minor)
    return _text(organisation, minor), ""


def _total(organisation: Organisation, values: dict[str, int], sign: int) -> str:
    return _text(organisation, sum(abs(minor) for minor in values.values() if minor * sign > 0))


def _text(organisation: Organisation, minor: int) -> str:
    return str(money(minor * money(1).scaleb(-exponent(organisation.settings.base_currency))))
