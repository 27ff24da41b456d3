"""pure: what each transaction does to the accounts, and the balances that follow."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from bridge.model.money import exponent
from bridge_quickbooks_sandbox.chart import UNDEPOSITED_FUNDS, system_account
from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.kinds import TRANSACTIONS
from bridge_quickbooks_sandbox.wire import JsonObject, amount, value_of

__all__ = ["Leg", "balances", "debits_less_credits", "legs"]

_TAX = "SalesTaxPayable"


@dataclass(frozen=True, slots=True)
class Leg:
    """One account's share of a transaction: positive debit, negative credit, in the transaction's currency."""

    account: str
    amount: Decimal


def legs(company: Company, kind: str, txn: JsonObject) -> list[Leg]:
    """Give a transaction's legs, which sum to zero."""
    return [leg for leg in _LEGS[kind](company, txn) if leg.amount]


def debits_less_credits(txn: JsonObject) -> Decimal:
    """Tell by how much a journal entry's debits exceed its credits, tax included."""
    return sum((leg[1] + leg[2] for leg in _journal_lines(txn)), Decimal(0))


def balances(company: Company, as_of: str = "9999-12-31") -> dict[str, int]:
    """Give every account's balance in minor units of the home currency, by account id, debit positive.

    Rounding: a foreign leg is rounded half up to the home currency; what the legs of one transaction are off by
              in sum goes to exchange gain or loss, as it must go somewhere.
    """
    return company.worked_out(as_of, lambda: _balances(company, as_of))


def _balances(company: Company, as_of: str) -> dict[str, int]:
    scale = Decimal(10) ** exponent(company.settings.home_currency)
    totals: dict[str, int] = defaultdict(int)
    for kind in TRANSACTIONS:
        for txn in company.all(kind):
            if txn["TxnDate"] > as_of:
                continue
            rate = amount(txn.get("ExchangeRate", 1))
            off = 0
            for leg in legs(company, kind, txn):
                minor = int((leg.amount * rate * scale).quantize(Decimal(1), ROUND_HALF_UP))
                totals[leg.account] += minor
                off += minor
            if off:
                totals[system_account(company, "ExchangeGainOrLoss")["Id"]] -= off
    return dict(totals)


def _journal_lines(txn: JsonObject) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Give account, signed amount and signed tax of each line of a journal entry."""
    is_taxed = txn.get("GlobalTaxCalculation") != "NotApplicable"
    for line in txn.get("Line", ()):
        detail = line.get("JournalEntryLineDetail")
        if detail is None:
            continue
        sign = 1 if detail.get("PostingType") == "Debit" else -1
        tax = amount(detail.get("TaxAmount")) if is_taxed else Decimal(0)
        yield value_of(detail.get("AccountRef")), sign * amount(line.get("Amount")), sign * tax


def _journal(company: Company, txn: JsonObject) -> Iterator[Leg]:
    for account, net, tax in _journal_lines(txn):
        yield Leg(account, net)
        if tax:
            yield Leg(system_account(company, _TAX)["Id"], tax)


def _transfer(_company: Company, txn: JsonObject) -> Iterator[Leg]:
    yield Leg(value_of(txn["FromAccountRef"]), -amount(txn["Amount"]))
    yield Leg(value_of(txn["ToAccountRef"]), amount(txn["Amount"]))


def _deposit(company: Company, txn: JsonObject) -> Iterator[Leg]:
    for line in txn.get("Line", ()):
        if "DepositLineDetail" in line:
            account = value_of(line["DepositLineDetail"].get("AccountRef"))
        else:
            account = system_account(company, UNDEPOSITED_FUNDS)["Id"]
        yield Leg(account, -amount(line.get("Amount")))
    yield Leg(value_of(txn["DepositToAccountRef"]), amount(txn["TotalAmt"]))


def _purchase(company: Company, txn: JsonObject) -> Iterator[Leg]:
    return _bought(company, txn, -1 if txn.get("Credit") else 1, value_of(txn["AccountRef"]))


def _bought(company: Company, txn: JsonObject, sign: int, money_account: str) -> Iterator[Leg]:
    for line in txn.get("Line", ()):
        if "AccountBasedExpenseLineDetail" in line:
            account = value_of(line["AccountBasedExpenseLineDetail"].get("AccountRef"))
        else:
            item = value_of(line["ItemBasedExpenseLineDetail"].get("ItemRef"))
            account = value_of((company.get("Item", item) or {}).get("ExpenseAccountRef"))
        yield Leg(account, sign * amount(line.get("Amount")))
    if tax := amount(txn.get("TxnTaxDetail", {}).get("TotalTax")):
        yield Leg(system_account(company, _TAX)["Id"], sign * tax)
    yield Leg(money_account, -sign * amount(txn["TotalAmt"]))


def _bill_payment(company: Company, txn: JsonObject) -> Iterator[Leg]:
    paid_from = txn.get("CheckPayment", {}).get("BankAccountRef") or txn["CreditCardPayment"]["CCAccountRef"]
    yield Leg(value_of(paid_from), -amount(txn["TotalAmt"]))
    yield Leg(_payable(company, txn), amount(txn["TotalAmt"]))


def _payable(company: Company, txn: JsonObject) -> str:
    return value_of(txn.get("APAccountRef")) or str(system_account(company, "AccountsPayable")["Id"])


def _sale(company: Company, txn: JsonObject, sign: int, money_account: str) -> Iterator[Leg]:
    for line in txn.get("Line", ()):
        if "SalesItemLineDetail" in line:
            item = company.get("Item", value_of(line["SalesItemLineDetail"].get("ItemRef"))) or {}
            yield Leg(value_of(item.get("IncomeAccountRef")), -sign * amount(line.get("Amount")))
        elif "DiscountLineDetail" in line:
            yield Leg(_discount_account(company, line), sign * amount(line.get("Amount")))
    if tax := amount(txn.get("TxnTaxDetail", {}).get("TotalTax")):
        yield Leg(system_account(company, _TAX)["Id"], -sign * tax)
    yield Leg(money_account, sign * amount(txn["TotalAmt"]))


def _discount_account(company: Company, line: JsonObject) -> str:
    given = value_of(line["DiscountLineDetail"].get("DiscountAccountRef"))
    return given or str(system_account(company, "DiscountsRefundsGiven")["Id"])


def _money(company: Company, txn: JsonObject) -> str:
    return value_of(txn.get("DepositToAccountRef")) or str(system_account(company, UNDEPOSITED_FUNDS)["Id"])


def _receivable(company: Company) -> str:
    return str(system_account(company, "AccountsReceivable")["Id"])


def _payment(company: Company, txn: JsonObject) -> Iterator[Leg]:
    yield Leg(_money(company, txn), amount(txn["TotalAmt"]))
    yield Leg(_receivable(company), -amount(txn["TotalAmt"]))


_LEGS = {
    "JournalEntry": _journal,
    "Transfer": _transfer,
    "Deposit": _deposit,
    "Purchase": _purchase,
    "SalesReceipt": lambda company, txn: _sale(company, txn, 1, _money(company, txn)),
    "RefundReceipt": lambda company, txn: _sale(company, txn, -1, _money(company, txn)),
    "Invoice": lambda company, txn: _sale(company, txn, 1, _receivable(company)),
    "CreditMemo": lambda company, txn: _sale(company, txn, -1, _receivable(company)),
    "Payment": _payment,
    "Bill": lambda company, txn: _bought(company, txn, 1, _payable(company, txn)),
    "VendorCredit": lambda company, txn: _bought(company, txn, -1, _payable(company, txn)),
    "BillPayment": _bill_payment,
}
