"""pure: what each transaction does to the accounts, and the balances that follow."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from bridge.model.money import exponent
from bridge_quickbooks_sandbox.chart import UNDEPOSITED_FUNDS, control_account, system_account
from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.kinds import TRANSACTIONS
from bridge_quickbooks_sandbox.wire import JsonObject, amount, value_of

__all__ = ["Leg", "balances", "debits_less_credits", "legs"]

_TAX = "SalesTaxPayable"
_CREDITS = frozenset({"CreditMemo", "VendorCredit"})


@dataclass(frozen=True, slots=True)
class Leg:
    """One account's share of a transaction: positive debit, negative credit, in the transaction's currency.

    rate: that at which it stands where it is not the transaction's own: of the document that it settles.
    """

    account: str
    amount: Decimal
    rate: Decimal | None = None


def legs(company: Company, kind: str, txn: JsonObject) -> list[Leg]:
    """Give a transaction's legs, which sum to zero."""
    return [leg for leg in _LEGS[kind](company, txn) if leg.amount]


def debits_less_credits(txn: JsonObject) -> Decimal:
    """Tell by how much a journal entry's debits exceed its credits, tax included."""
    return sum((leg[1] + leg[2] for leg in _journal_lines(txn)), Decimal(0))


def balances(company: Company, as_of: str = "9999-12-31") -> dict[str, int]:
    """Give every account's balance in minor units of the home currency, by account id, debit positive.

    Rounding: a foreign leg is rounded half up to the home currency; what the legs of one transaction are off by
              in sum goes to exchange gain or loss: cents, and what the rate of a payment gained on its invoice's.
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
                at = rate if leg.rate is None else leg.rate
                minor = int((leg.amount * at * scale).quantize(Decimal(1), ROUND_HALF_UP))
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
    yield from _settled(company, txn, _payable(company, txn), 1)


def _settled(company: Company, txn: JsonObject, control: str, sign: int) -> Iterator[Leg]:
    """What a payment takes off a control account: of each document at that one's own rate, the rest at its own."""
    rest = amount(txn["TotalAmt"])
    for line in txn.get("Line", ()):
        for link in line.get("LinkedTxn", ()):
            kind = str(link.get("TxnType"))
            settled = amount(line.get("Amount")) * (-1 if kind in _CREDITS else 1)
            document = company.get(kind, str(link.get("TxnId"))) or {}
            rest -= settled
            yield Leg(control, sign * settled, amount(document.get("ExchangeRate", 1)))
    yield Leg(control, sign * rest)


def _control(company: Company, txn: JsonObject, named: str, account_type: str) -> str:
    """The account of what is owed that it names, else the one of its currency."""
    account = control_account(company, account_type, value_of(txn.get("CurrencyRef")))
    return value_of(txn.get(named)) or (str(account["Id"]) if account else "")


def _payable(company: Company, txn: JsonObject) -> str:
    return _control(company, txn, "APAccountRef", "Accounts Payable")


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


def _receivable(company: Company, txn: JsonObject) -> str:
    return _control(company, txn, "ARAccountRef", "Accounts Receivable")


def _payment(company: Company, txn: JsonObject) -> Iterator[Leg]:
    yield Leg(_money(company, txn), amount(txn["TotalAmt"]))
    yield from _settled(company, txn, _receivable(company, txn), -1)


_LEGS = {
    "JournalEntry": _journal,
    "Transfer": _transfer,
    "Deposit": _deposit,
    "Purchase": _purchase,
    "SalesReceipt": lambda company, txn: _sale(company, txn, 1, _money(company, txn)),
    "RefundReceipt": lambda company, txn: _sale(company, txn, -1, _money(company, txn)),
    "Invoice": lambda company, txn: _sale(company, txn, 1, _receivable(company, txn)),
    "CreditMemo": lambda company, txn: _sale(company, txn, -1, _receivable(company, txn)),
    "Payment": _payment,
    "Bill": lambda company, txn: _bought(company, txn, 1, _payable(company, txn)),
    "VendorCredit": lambda company, txn: _bought(company, txn, -1, _payable(company, txn)),
    "BillPayment": _bill_payment,
}
