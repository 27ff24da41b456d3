"""The two ledgers on paper: what their plugins plan and render, for a company with the recommended chart; no network.

A body is read back as a bookkeeper would: account, amount (debit positive, tax included), tax code, tax.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from bridge.model.facts import LedgerAccount, LedgerContact, LedgerFacts, LedgerTaxCode
from bridge.model.vouchers import Voucher
from bridge.plugin import NO_REFS, Cure, PlanRequest
from bridge_quickbooks import plan as quickbooks_plan
from bridge_quickbooks import render as quickbooks_render
from bridge_quickbooks.accounts import account_types as quickbooks_types
from bridge_xero import plan as xero_plan
from bridge_xero import render as xero_render
from bridge_xero.accounts import AccountType, account_types, takes_journals
from tests.charts import CHART
from tests.fakes.ledger import COUNTRIES

CONTACT = "Sales channels"
XERO_CODES = {
    "OUTPUT2": ("20", "sale:20"),
    "RROUTPUT": ("5", "sale:5"),
    "ZERORATEDOUTPUT": ("0", "sale:0"),
    "EXEMPTOUTPUT": ("0", "sale:exempt"),
    "INPUT2": ("20", "purchase:20"),
    "EXEMPTINPUT": ("0", "purchase:exempt"),
    "NONE": ("0", "none"),
}
QUICKBOOKS_CODES = {
    "20.0% S": ("20", "sale:20", "purchase:20"),
    "5.0% R": ("5", "sale:5", "purchase:5"),
    "0.0% Z": ("0", "sale:0", "purchase:0"),
    "Exempt": ("0", "sale:exempt", "purchase:exempt"),
    "No VAT": ("0", "none"),
}
BRITISH = ("sale:export", "sale:deemed_supply")
"""What the code of zero-rated sales serves too in the United Kingdom."""
_OWN = {"1100": "DEBTORS", "2000": "CREDITORS"}


class Paper:
    """A sink that plans and renders as its plugin does, and is never sent anything."""

    settle_seconds = 0

    def __init__(self, currency: str, *, is_taxed: bool) -> None:
        self.currency, self._is_taxed = currency, is_taxed
        self.requests: list[str] = []
        self.locked_through: date | None = None

    codes: Mapping[str, Sequence[str]] = {}
    cures: tuple[tuple[str, Cure], ...] = ()
    batch_size, batch_of_one_type = 1, False
    types: Callable[[str], str]

    def facts(self) -> LedgerFacts:
        codes = self.codes.items() if self._is_taxed else ()
        country = COUNTRIES.get(self.currency, "")
        return LedgerFacts(
            connection="books",
            taken_at=datetime(2026, 7, 1, tzinfo=UTC),
            company="Acme",
            home_currency=self.currency,
            country=country,
            accounts=tuple(
                LedgerAccount(
                    ledger_id=number,
                    number=number,
                    name=row.name,
                    type=self.type_of(number),
                    currency=self.currency,
                    account_class=row.account_class,
                    takes_journals=takes_journals({"Type": self.type_of(number)}),
                    takes_payments=_made(number).payments,
                )
                for number, row in sorted(CHART.items())
            ),
            tax_codes=tuple(
                LedgerTaxCode(code, code, rate, (*serves, *(BRITISH if country == "GB" and "sale:0" in serves else ())))
                for code, (rate, *serves) in codes
            ),
            contacts=(LedgerContact(CONTACT, CONTACT),),
            own_customer=CONTACT,
            receivable_id="1100",
            locked_through=self.locked_through,
        )

    def type_of(self, number: str) -> str:
        raise NotImplementedError


def _made(number: str) -> AccountType:
    """As what Xero's account of that number is made."""
    types = account_types()
    return types.get(number) or types[CHART[number].purpose]


class PaperXero(Paper):
    """A Xero organisation."""

    codes = XERO_CODES

    def type_of(self, number: str) -> str:
        return _OWN.get(number) or _made(number).word or "CURRENT"

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        return xero_plan.plan(request)

    def render(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
        return xero_render.render(voucher, refs)


class PaperQuickBooks(Paper):
    """A QuickBooks company."""

    codes = QUICKBOOKS_CODES

    def type_of(self, number: str) -> str:
        return CHART[number].told(quickbooks_types()).partition(", ")[0]

    def plan(self, request: PlanRequest) -> tuple[Voucher, ...]:
        return quickbooks_plan.plan(request)

    def render(self, voucher: Voucher, refs: Mapping[str, str] = NO_REFS) -> bytes:
        return quickbooks_render.render(voucher)


def shown(body: bytes) -> str:
    """A rendered body as text: what it is, its date, then a line an account in the ledger's own terms."""
    told = json.loads(body, parse_float=Decimal, parse_int=Decimal)
    if "Line" in told:
        return _quickbooks_journal(told)
    if "FromAccountRef" in told:
        return f"Transfer {told['TxnDate']}\n{told['ToAccountRef']['value']} {told['Amount']}"
    ((kind, (one,)),) = told.items()
    return _XERO[kind](one)


def _quickbooks_journal(told: dict[str, Any]) -> str:
    rows = []
    for line in told["Line"]:
        detail = line["JournalEntryLineDetail"]
        sign = 1 if detail["PostingType"] == "Debit" else -1
        tax = detail.get("TaxAmount", Decimal(0))
        code = f"{detail['TaxCodeRef']['value']} ({detail['TaxApplicableOn']})" if "TaxCodeRef" in detail else ""
        rows.append((detail["AccountRef"]["value"], sign * (line["Amount"] + tax), code, sign * tax))
    return _text(f"JournalEntry {told['TxnDate']}", rows)


def _xero_document(told: dict[str, Any]) -> str:
    """Income is positive in a document; a book has it in credit."""
    sign = -1 if told["Type"] == "ACCREC" else 1
    rows = [
        (line["AccountID"], sign * line["UnitAmount"], line["TaxType"], sign * line["TaxAmount"])
        for line in told["LineItems"]
    ]
    return _text(f"{told['Type']} {told['Date']}", rows)


def _xero_journal(told: dict[str, Any]) -> str:
    rows = [(line["AccountID"], line["LineAmount"], line["TaxType"], Decimal(0)) for line in told["JournalLines"]]
    return _text(f"ManualJournal {told['Date']}", rows)


def _xero_payment(told: dict[str, Any]) -> str:
    paid = told.get("Invoice", {}).get("InvoiceID") or told.get("CreditNote", {}).get("CreditNoteID")
    return f"Payment {told['Date']} of {paid}\n{told['Account']['AccountID']} {told['Amount']:.2f}"


_XERO: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "Invoices": _xero_document,
    "CreditNotes": _xero_document,
    "ManualJournals": _xero_journal,
    "Payments": _xero_payment,
}


def _text(title: str, rows: Sequence[tuple[str, Decimal, str, Decimal]]) -> str:
    lines = [title]
    for account, amount, code, tax in rows:
        of_code = "" if code in {"", "NONE", "No VAT (Sales)"} else f" {code} {tax + 0:.2f}"
        lines.append(f"{account} {amount:.2f}{of_code}")
    return "\n".join(lines)
