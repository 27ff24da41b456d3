"""The calls of python-quickbooks, by its own objects with their own defaults: only the addresses are ours."""

import argparse
import datetime as dt
import warnings

from intuitlib.client import AuthClient
from quickbooks import QuickBooks
from quickbooks.batch import batch_create, batch_delete, batch_update
from quickbooks.cdc import change_data_capture
from quickbooks.objects.account import Account
from quickbooks.objects.base import Address, CustomerMemo, EmailAddress, LinkedTxn, PhoneNumber
from quickbooks.objects.bill import Bill
from quickbooks.objects.billpayment import BillPayment, BillPaymentLine, CheckPayment
from quickbooks.objects.company_info import CompanyInfo
from quickbooks.objects.creditmemo import CreditMemo
from quickbooks.objects.customer import Customer
from quickbooks.objects.department import Department
from quickbooks.objects.deposit import Deposit, DepositLine, DepositLineDetail
from quickbooks.objects.detailline import (
    AccountBasedExpenseLine,
    AccountBasedExpenseLineDetail,
    DiscountLine,
    DiscountLineDetail,
    SalesItemLine,
    SalesItemLineDetail,
)
from quickbooks.objects.invoice import Invoice
from quickbooks.objects.item import Item
from quickbooks.objects.journalentry import Entity, JournalEntry, JournalEntryLine, JournalEntryLineDetail
from quickbooks.objects.payment import Payment, PaymentLine
from quickbooks.objects.preferences import Preferences
from quickbooks.objects.purchase import Purchase
from quickbooks.objects.refundreceipt import RefundReceipt
from quickbooks.objects.salesreceipt import SalesReceipt
from quickbooks.objects.taxcode import TaxCode
from quickbooks.objects.taxrate import TaxRate
from quickbooks.objects.trackingclass import Class
from quickbooks.objects.transfer import Transfer
from quickbooks.objects.vendor import Vendor
from quickbooks.objects.vendorcredit import VendorCredit
from telling import call

DAY = "2026-01-31"


class Company:
    """One company, as the client sees it."""

    def __init__(self, base: str, realm: str, refresh: str) -> None:
        door = AuthClient(
            "sandbox-client",
            "sandbox-secret",
            redirect_uri="http://localhost/callback",
            environment=f"{base}/.well-known/openid_sandbox_configuration",
        )
        QuickBooks.api_url_v3 = f"{base}/v3"
        self.qb = QuickBooks(auth_client=door, refresh_token=refresh, company_id=realm, minorversion=75)
        self.accounts = {one.AcctNum: one for one in Account.all(max_results=1000, qb=self.qb)}
        self.customer = Customer.all(qb=self.qb)[0]
        self.item = Item.all(qb=self.qb)[0]

    def account(self, number):
        return self.accounts[number].to_ref()

    def sale_lines(self):
        line = SalesItemLine()
        line.Amount = 100
        line.SalesItemLineDetail = SalesItemLineDetail()
        line.SalesItemLineDetail.ItemRef = self.item.to_ref()
        return [line]

    def spent_lines(self):
        line = AccountBasedExpenseLine()
        line.Amount = 12.5
        line.AccountBasedExpenseLineDetail = AccountBasedExpenseLineDetail()
        line.AccountBasedExpenseLineDetail.AccountRef = self.account("6100")
        return [line]


def life(company, kind, make, *, voids=False, changes="PrivateNote"):
    """Create one, read it, list it, change it, and take it away."""
    name, qb = kind.__name__, company.qb
    made = call(f"{name}.save (create)", lambda: make().save(qb=qb))
    if made is None:
        return
    call(f"{name}.get", lambda: same(kind.get(made.Id, qb=qb).Id, made.Id))
    call(f"{name}.filter", lambda: same([one.Id for one in kind.filter(Id=made.Id, qb=qb)], [made.Id]))
    call(f"{name}.all", lambda: kind.all(qb=qb))
    call(f"{name}.count", lambda: kind.count(qb=qb))
    setattr(made, changes, "Changed by another client")
    changed = call(f"{name}.save (update)", lambda: made.save(qb=qb))
    if changed is not None:
        call(f"{name} as changed", lambda: same(getattr(changed, changes), "Changed by another client"))
    latest = changed or made
    if voids:
        call(f"{name}.void", lambda: latest.void(qb=qb))
    elif hasattr(kind, "delete"):
        call(f"{name}.delete", lambda: latest.delete(qb=qb))
    else:
        latest.Active = False
        call(f"{name}.save (inactive)", lambda: latest.save(qb=qb))


def same(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r} and not {wanted!r}")


def customer():
    made = Customer()
    made.Title, made.GivenName, made.MiddleName, made.FamilyName = "Ms.", "Test", "the", "Person"
    made.DisplayName = "Test the Person"
    made.Taxable = False
    made.Notes = "A note"
    made.BillAddr = Address()
    made.BillAddr.Line1, made.BillAddr.City, made.BillAddr.PostalCode = "123 Main", "Springfield", "55555"
    made.PrimaryEmailAddr = EmailAddress()
    made.PrimaryEmailAddr.Address = "test@example.com"
    made.PrimaryPhone = PhoneNumber()
    made.PrimaryPhone.FreeFormNumber = "555-555-5555"
    return made


def vendor():
    made = Vendor()
    made.DisplayName, made.CompanyName, made.PrintOnCheckName = "A processor", "A processor", "A processor"
    return made


def account():
    made = Account()
    made.Name, made.AcctNum, made.AccountSubType = "Made by another client", "9876", "CashOnHand"
    return made


def item(company):
    def make():
        made = Item()
        made.Name, made.Type, made.Sku = "Another thing", "Service", "SKU-1"
        made.IncomeAccountRef = company.account("4000")
        return made

    return make


def named(kind, name):
    def make():
        made = kind()
        made.Name = name
        return made

    return make


def sale(company, kind, *, to="", discount=False):
    def make():
        made = kind()
        made.TxnDate = DAY
        made.CustomerRef = company.customer.to_ref()
        made.Line = company.sale_lines()
        made.CustomerMemo = CustomerMemo()
        made.CustomerMemo.value = "Thank you"
        if to:
            made.DepositToAccountRef = company.account(to)
        if discount:
            line = DiscountLine()
            line.Amount = 10
            line.DiscountLineDetail = DiscountLineDetail()
            line.DiscountLineDetail.PercentBased = True
            line.DiscountLineDetail.DiscountPercent = 10
            line.DiscountLineDetail.DiscountAccountRef = company.account("4000")
            made.Line.append(line)
        return made

    return make


def journal(company):
    def make():
        made = JournalEntry()
        made.TxnDate = DAY
        for number, side in (("1200", "Debit"), ("4000", "Credit")):
            line = JournalEntryLine()
            line.Amount, line.Description = 25.06, "A line"
            line.JournalEntryLineDetail = JournalEntryLineDetail()
            line.JournalEntryLineDetail.PostingType = side
            line.JournalEntryLineDetail.AccountRef = company.account(number)
            made.Line.append(line)
        made.Line[0].JournalEntryLineDetail.Entity = Entity()
        made.Line[0].JournalEntryLineDetail.Entity.Type = "Customer"
        made.Line[0].JournalEntryLineDetail.Entity.EntityRef = company.customer.to_ref()
        return made

    return make


def transfer(company):
    def make():
        made = Transfer()
        made.Amount = 10
        made.TxnDate = DAY
        made.FromAccountRef, made.ToAccountRef = company.account("1200"), company.account("1000")
        return made

    return make


def deposit(company):
    def make():
        made = Deposit()
        made.TxnDate = DAY
        made.DepositToAccountRef = company.account("1000")
        line = DepositLine()
        line.Amount = 20
        line.DepositLineDetail = DepositLineDetail()
        line.DepositLineDetail.AccountRef = company.account("4000")
        made.Line = [line]
        return made

    return make


def purchase(company):
    def make():
        made = Purchase()
        made.TxnDate = DAY
        made.PaymentType = "Cash"
        made.AccountRef = company.account("1000")
        made.Line = company.spent_lines()
        return made

    return make


def bill(company, kind):
    def make():
        made = kind()
        made.TxnDate = DAY
        made.VendorRef = Vendor.all(qb=company.qb)[0].to_ref()
        made.Line = company.spent_lines()
        return made

    return make


def linked(kind, id):
    made = LinkedTxn()
    made.TxnId, made.TxnType = id, kind
    return made


def payment(company):
    """Pays an invoice: one line, linked."""

    def make():
        invoice = sale(company, Invoice)().save(qb=company.qb)
        made = Payment()
        made.TotalAmt = 100
        made.TxnDate = DAY
        made.CustomerRef = company.customer.to_ref()
        line = PaymentLine()
        line.Amount = 100
        line.LinkedTxn = [linked("Invoice", invoice.Id)]
        made.Line = [line]
        return made

    return make


def bill_payment(company):
    def make():
        owed = bill(company, Bill)().save(qb=company.qb)
        made = BillPayment()
        made.PayType = "Check"
        made.TotalAmt = 12.5
        made.VendorRef = owed.VendorRef
        made.CheckPayment = CheckPayment()
        made.CheckPayment.BankAccountRef = company.account("1000")
        line = BillPaymentLine()
        line.Amount = 12.5
        line.LinkedTxn = [linked("Bill", owed.Id)]
        made.Line = [line]
        return made

    return make


def documents(company):
    life(company, Account, account, changes="Description")
    life(company, Customer, customer, changes="Notes")
    life(company, Vendor, vendor, changes="CompanyName")
    life(company, Item, item(company), changes="Description")
    life(company, Class, named(Class, "Online"), changes="Name")
    life(company, Department, named(Department, "Berlin"), changes="Name")
    Vendor.filter(DisplayName="A processor", qb=company.qb)
    named_vendor = vendor()
    named_vendor.DisplayName = "A second processor"
    call("Vendor.save (second)", lambda: named_vendor.save(qb=company.qb))
    life(company, JournalEntry, journal(company))
    life(company, SalesReceipt, sale(company, SalesReceipt))
    life(company, SalesReceipt, sale(company, SalesReceipt), voids=True)
    life(company, RefundReceipt, sale(company, RefundReceipt, to="1000"))
    life(company, CreditMemo, sale(company, CreditMemo))
    life(company, Invoice, sale(company, Invoice, discount=True))
    life(company, Invoice, sale(company, Invoice), voids=True)
    life(company, Payment, payment(company))
    life(company, Payment, payment(company), voids=True)
    life(company, Deposit, deposit(company))
    life(company, Transfer, transfer(company))
    life(company, Purchase, purchase(company))
    life(company, Bill, bill(company, Bill))
    life(company, VendorCredit, bill(company, VendorCredit))
    life(company, BillPayment, bill_payment(company))


def several(company):
    """Batches with ids of 36 characters, as this client makes them, and what changed since."""
    qb = company.qb
    made = call("batch_create", lambda: batched(batch_create([journal(company)() for _ in range(3)], qb=qb)))
    written = [one for one in JournalEntry.all(qb=qb) if made]
    for one in written:
        one.PrivateNote = "In a batch"
    call("batch_update", lambda: batched(batch_update(written, qb=qb)))
    call("batch_delete", lambda: batched(batch_delete(JournalEntry.all(qb=qb), qb=qb)))
    since = dt.datetime(2026, 1, 10)  # noqa: DTZ001 - as its readers write it
    call("change_data_capture", lambda: change_data_capture([Invoice, Customer, JournalEntry], since, qb=qb))
    call("change_data_capture (text)", lambda: change_data_capture([Payment], "2026-01-10T00:00:00", qb=qb))


def batched(answer):
    if answer.faults:
        raise AssertionError(answer.faults[0].Error[0].Detail)
    return answer


def reads(company):
    qb = company.qb
    call("CompanyInfo.all", lambda: CompanyInfo.all(qb=qb)[0].CompanyName)
    call("CompanyInfo.get", lambda: CompanyInfo.get(1, qb=qb))
    call("Preferences.get", lambda: Preferences.get(qb=qb).AccountingInfoPrefs)
    call("TaxCode.all", lambda: TaxCode.all(qb=qb))
    call("TaxRate.all", lambda: TaxRate.all(qb=qb))
    call("Customer.where", lambda: Customer.where("Active = True", order_by="DisplayName", max_results=5, qb=qb))
    call("Customer.where (like)", lambda: Customer.where("DisplayName LIKE 'S%'", start_position=1, qb=qb))
    call("Customer.choose", lambda: Customer.choose(["1", "2"], field="Id", qb=qb))
    call("Customer.query", lambda: Customer.query("SELECT * FROM Customer WHERE Active = True", qb=qb))
    call("Invoice.query by time", lambda: Invoice.query(
        "select * from Invoice where MetaData.LastUpdatedTime > '2026-01-01T00:00:00Z'"
        " ORDERBY MetaData.LastUpdatedTime STARTPOSITION 1 MAXRESULTS 1000", qb=qb))  # fmt: skip
    call("get_report TrialBalance", lambda: qb.get_report("TrialBalance", {"start_date": DAY, "end_date": DAY})["Rows"])
    call("save with request_id", lambda: twice(company))


def twice(company):
    made, again = journal(company)(), journal(company)()
    same(made.save(qb=company.qb, request_id="abc").Id, again.save(qb=company.qb, request_id="abc").Id)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("base")
    parser.add_argument("realm")
    parser.add_argument("refresh")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    company = call("AuthClient, refresh, first queries", lambda: Company(given.base, given.realm, given.refresh))
    if company is not None:
        documents(company)
        several(company)
        reads(company)


if __name__ == "__main__":
    main()
