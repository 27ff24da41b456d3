"""What QuickBooks works out by itself: totals, tax, line ids. What a client sent of these is overwritten."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

from bridge_quickbooks_sandbox.chart import open_control_account
from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.kinds import SALES_FORMS
from bridge_quickbooks_sandbox.links import applied, paid
from bridge_quickbooks_sandbox.tax_codes import percent_of, sales_rates
from bridge_quickbooks_sandbox.wire import JsonObject, amount, plain, value_of

__all__ = ["complete"]

_CENT = Decimal("0.01")
_CONTROL = {
    **dict.fromkeys(("Invoice", "CreditMemo", "Payment"), "Accounts Receivable"),
    **dict.fromkeys(("Bill", "VendorCredit", "BillPayment"), "Accounts Payable"),
}


def complete(company: Company, kind: str, txn: JsonObject) -> None:
    """Write the company's own figures into a transaction."""
    if account_type := _CONTROL.get(kind):
        open_control_account(company, account_type, value_of(txn["CurrencyRef"]))
    lines = [line for line in txn.get("Line", ()) if line.get("DetailType") != "SubTotalLineDetail"]
    if kind != "Transfer":
        txn["Line"] = lines
    _number_lines(lines, first=0 if kind == "JournalEntry" else 1)
    if kind == "JournalEntry":
        txn.setdefault("Adjustment", False)
        debits = (amount(line.get("Amount")) for line in lines if _is_debit(line))
        _set_total(company, txn, sum(debits, Decimal(0)))
    elif kind in SALES_FORMS:
        _complete_sale(company, kind, txn)
    elif kind == "Payment":
        _set_total(company, txn, amount(txn["TotalAmt"]))
        txn["UnappliedAmt"] = plain(amount(txn["TotalAmt"]) - applied(txn))
        txn["ProcessPayment"] = False
    elif kind == "BillPayment":
        _set_total(company, txn, amount(txn["TotalAmt"]))
    elif kind in {"Deposit", "Purchase", "Bill", "VendorCredit"}:
        _keep_tax(txn)
        tax = amount(txn.get("TxnTaxDetail", {}).get("TotalTax"))
        _set_total(company, txn, sum((amount(line.get("Amount")) for line in lines), tax))


def _complete_sale(company: Company, kind: str, txn: JsonObject) -> None:
    lines = txn["Line"]
    for line in lines:
        if detail := line.get("SalesItemLineDetail"):
            item = company.get("Item", value_of(detail.get("ItemRef"))) or {}
            detail["ItemAccountRef"] = dict(item.get("IncomeAccountRef", {}))
    if company.settings.recalculates_vat:
        _split_anew(company, txn)
    subtotal = sum((amount(line.get("Amount")) for line in lines if "SalesItemLineDetail" in line), Decimal(0))
    for line in lines:
        given = line.get("DiscountLineDetail", {})
        if given.get("PercentBased") and "DiscountPercent" in given:
            line["Amount"] = plain((subtotal * amount(given["DiscountPercent"]) / 100).quantize(_CENT, ROUND_HALF_UP))
    discount = sum((amount(line.get("Amount")) for line in lines if "DiscountLineDetail" in line), Decimal(0))
    _set_tax(company, txn)
    tax = amount(txn.get("TxnTaxDetail", {}).get("TotalTax"))
    lines.append({"Amount": plain(subtotal), "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}})
    _set_total(company, txn, subtotal - discount + tax)
    if kind == "Invoice":
        txn.setdefault("DueDate", txn["TxnDate"])
    is_open = kind in {"Invoice", "CreditMemo"}
    txn["Balance"] = plain(txn["TotalAmt"] - paid(company, kind, txn.get("Id", ""))) if is_open else Decimal(0)
    txn.setdefault("ApplyTaxAfterDiscount", False)
    txn.setdefault("PrintStatus", "NeedToPrint")
    txn.setdefault("EmailStatus", "NotSet")


def _set_tax(company: Company, txn: JsonObject) -> None:
    """Work the tax out, or keep what was sent where the company's own engine leaves it alone."""
    if company.settings.country == "US":
        if company.settings.sales_tax_rate:
            taxed = (line for line in txn["Line"] if _tax_code(line) == "TAX")
            base = sum((amount(line.get("Amount")) for line in taxed), Decimal(0))
            rate = Decimal(company.settings.sales_tax_rate)
            txn["TxnTaxDetail"] = {"TotalTax": plain((base * rate / 100).quantize(_CENT, ROUND_HALF_UP))}
        else:
            _keep_tax(txn)
    elif txn.get("GlobalTaxCalculation") != "NotApplicable":
        worked_out = _tax_by_code(company, txn)
        if stated := _stated_tax(txn):
            worked_out["TotalTax"] = plain(sum(stated, Decimal(0)))
        txn["TxnTaxDetail"] = worked_out


def _stated_tax(txn: JsonObject) -> list[Decimal]:
    """The tax that each line of an inclusive form states by its two amounts, where every line does."""
    details = [(line, line["SalesItemLineDetail"]) for line in txn["Line"] if "SalesItemLineDetail" in line]
    is_stated = txn.get("GlobalTaxCalculation") == "TaxInclusive" and all(
        "TaxInclusiveAmt" in one for _, one in details
    )
    return [amount(one["TaxInclusiveAmt"]) - amount(line["Amount"]) for line, one in details] if is_stated else []


def _split_anew(company: Company, txn: JsonObject) -> None:
    """Keep what each line costs with VAT, and work out again how much of it is VAT."""
    for line in txn["Line"]:
        detail = line.get("SalesItemLineDetail", {})
        if txn.get("GlobalTaxCalculation") == "TaxInclusive" and "TaxInclusiveAmt" in detail:
            rates = (percent_of(company, rate_id) for rate_id in sales_rates(company, _tax_code(line)))
            rate = sum(rates, Decimal(0))
            net = amount(detail["TaxInclusiveAmt"]) * 100 / (100 + rate)
            line["Amount"] = plain(net.quantize(_CENT, ROUND_HALF_UP))


def _keep_tax(txn: JsonObject) -> None:
    """Keep the tax that was sent; its total, where none was, is that of its lines."""
    if sent := txn.get("TxnTaxDetail"):
        by_line = sum((amount(line.get("Amount")) for line in sent.get("TaxLine", ())), Decimal(0))
        sent.setdefault("TotalTax", plain(by_line))


def _tax_by_code(company: Company, txn: JsonObject) -> JsonObject:
    bases: dict[str, Decimal] = defaultdict(Decimal)
    for line in txn["Line"]:
        for rate_id in sales_rates(company, _tax_code(line)):
            bases[rate_id] += amount(line.get("Amount"))
    tax_lines = []
    for rate_id, base in bases.items():
        per_cent = percent_of(company, rate_id)
        tax_lines.append(
            {
                "Amount": plain((base * per_cent / 100).quantize(_CENT, ROUND_HALF_UP)),
                "DetailType": "TaxLineDetail",
                "TaxLineDetail": {
                    "TaxRateRef": {"value": rate_id},
                    "PercentBased": True,
                    "TaxPercent": plain(per_cent),
                    "NetAmountTaxable": plain(base),
                },
            }
        )
    total = sum((amount(line["Amount"]) for line in tax_lines), Decimal(0))
    return {"TotalTax": plain(total), "TaxLine": tax_lines}


def _tax_code(line: JsonObject) -> str:
    return value_of(line.get("SalesItemLineDetail", {}).get("TaxCodeRef"))


def _is_debit(line: JsonObject) -> bool:
    return bool(line.get("JournalEntryLineDetail", {}).get("PostingType") == "Debit")


def _set_total(company: Company, txn: JsonObject, total: Decimal) -> None:
    txn["TotalAmt"] = plain(total)
    if company.settings.multi_currency:
        home = total * amount(txn.get("ExchangeRate", 1))
        txn["HomeTotalAmt"] = plain(home.quantize(_CENT, ROUND_HALF_UP))


def _number_lines(lines: list[JsonObject], *, first: int) -> None:
    taken = {line["Id"] for line in lines if line.get("Id")}
    following = first
    for line in lines:
        if "LinkedTxn" in line and "DetailType" not in line:
            continue  # links of a deposit or a payment carry no id
        if not line.get("Id"):
            while str(following) in taken:
                following += 1
            line["Id"] = str(following)
            taken.add(line["Id"])
