"""The calls of xero-python, by its own models with their own defaults: only the addresses are ours."""

import argparse
import datetime as dt
import uuid

from telling import call
from xero_python.accounting import (
    Account,
    AccountingApi,
    Accounts,
    AccountType,
    Allocation,
    Allocations,
    BankTransaction,
    BankTransactions,
    BankTransfer,
    BankTransfers,
    Contact,
    Contacts,
    CreditNote,
    CreditNotes,
    Currency,
    CurrencyCode,
    HistoryRecord,
    HistoryRecords,
    Invoice,
    Invoices,
    Item,
    Items,
    LineAmountTypes,
    LineItem,
    ManualJournal,
    ManualJournalLine,
    ManualJournals,
    Payment,
    PaymentDelete,
    Payments,
    Phone,
    Purchase,
    TrackingCategory,
    TrackingOption,
)
from xero_python.api_client import ApiClient
from xero_python.api_client.configuration import Configuration
from xero_python.api_client.oauth2 import OAuth2Token, TokenApi
from xero_python.identity import IdentityApi

DAY = dt.date(2026, 1, 31)
SINCE = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
RECORD = "create_{}_history_record"


class Organisation:
    """One organisation, as the client sees it."""

    def __init__(self, base: str, tenant: str, refresh: str) -> None:
        TokenApi.refresh_token_url = f"{base}/connect/token"
        TokenApi.revoke_token_url = f"{base}/connect/revocation"
        self.kept = {
            "access_token": "none",
            "refresh_token": refresh,
            "scope": ["offline_access"],
            "token_type": "Bearer",
            "expires_in": 1,
        }
        self.client = ApiClient(
            Configuration(oauth2_token=OAuth2Token(client_id="sandbox-client", client_secret="sandbox-secret"))
        )
        self.client.oauth2_token_getter(lambda: self.kept)
        self.client.oauth2_token_saver(self.keep)
        self.client.refresh_oauth2_token()
        self.base, self.tenant = base, tenant
        self.api = AccountingApi(self.client, base_url=f"{base}/api.xro/2.0")
        self.contact = self.api.get_contacts(tenant).contacts[0]
        self.accounts = {one.code: one for one in self.api.get_accounts(tenant).accounts}

    def keep(self, token) -> None:
        self.kept = token

    def make(self, name, *given, **more):
        """Call one function of the accounting API for this organisation."""
        return call(name, lambda: getattr(self.api, name)(self.tenant, *given, **more))


def same(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r} and not {wanted!r}")


def lines(amount=100, account="4000", **more):
    return [LineItem(description="A thing", quantity=1, unit_amount=amount, account_code=account, **more)]


def invoice(org, **more):
    return Invoice(
        type="ACCREC",
        contact=Contact(contact_id=org.contact.contact_id),
        line_items=lines(),
        date=DAY,
        due_date=DAY,
        reference="Another client",
        status="AUTHORISED",
        **more,
    )


def note(org):
    return CreditNote(
        type="ACCRECCREDIT",
        contact=Contact(contact_id=org.contact.contact_id),
        date=DAY,
        status="AUTHORISED",
        line_items=lines(40),
    )


def journal():
    return ManualJournal(
        narration="Another client",
        date=DAY,
        status="POSTED",
        line_amount_types=LineAmountTypes.NOTAX,
        journal_lines=[
            ManualJournalLine(line_amount=100, account_code="1200", description="one"),
            ManualJournalLine(line_amount=-100, account_code="4000", description="other"),
        ],
    )


def transaction(org, type_="SPEND"):
    return BankTransaction(
        type=type_,
        contact=Contact(contact_id=org.contact.contact_id),
        line_items=lines(10, "6100"),
        bank_account=Account(code="1000"),
        date=DAY,
    )


def transfer(amount=10):
    return BankTransfer(
        from_bank_account=Account(code="1230"), to_bank_account=Account(code="1000"), amount=amount, date=DAY
    )


def notes(org, name, id, *, create="create_{}_history", get="get_{}_history"):
    """The history of an object of this kind."""
    record = HistoryRecords(history_records=[HistoryRecord(details="Seen by another client")])
    org.make(create.format(name), id, record)
    told = org.make(get.format(name), id)
    if told:
        call(f"{get.format(name)} as told", lambda: same(told.history_records[0].details, "Seen by another client"))


def setup(org):
    org.make("get_organisations")
    org.make("get_organisation_actions")
    org.make("get_currencies")
    org.make("create_currency", Currency(code=CurrencyCode.USD, description="United States Dollar"))
    org.make("get_tax_rates")
    org.make("get_tax_rate_by_tax_type", "OUTPUT2")
    org.make("get_tracking_categories")
    made = org.make("create_tracking_category", TrackingCategory(name="Channel"))
    if made:
        id = made.tracking_categories[0].tracking_category_id
        org.make("create_tracking_options", id, TrackingOption(name="Shop"))
        org.make("get_tracking_category", id)
    call("get_connections", lambda: IdentityApi(org.client, base_url=org.base).get_connections())


def chart(org):
    org.make("get_accounts", if_modified_since=SINCE, where='Status=="ACTIVE" AND Type=="BANK"', order="Name ASC")
    made = org.make("create_account", Account(code="9876", name="Another client", type=AccountType.EXPENSE))
    if made:
        id = made.accounts[0].account_id
        org.make("get_account", id)
        org.make("update_account", id, Accounts(accounts=[Account(name="Changed by another client")]))
        org.make("update_account", id, Accounts(accounts=[Account(status="ARCHIVED")]))
        org.make("delete_account", id)
    org.make("get_contacts", page=1, include_archived=True, where='Name=="Sales channels"')
    phone = Phone(phone_type="MOBILE", phone_number="555-1212")
    several = Contacts(
        contacts=[Contact(name="A person", phones=[phone]), Contact(name="Another", email_address="a@example.com")]
    )
    made = org.make("create_contacts", several)
    if made:
        id = made.contacts[0].contact_id
        org.make("get_contact", id)
        org.make("update_contact", id, Contacts(contacts=[Contact(contact_number="C-1")]))
        org.make("update_or_create_contacts", Contacts(contacts=[Contact(contact_id=id, name="A person of theirs")]))
        notes(org, "contact", id)


def items(org):
    sold = Purchase(account_code="4000", unit_price=12)
    made = org.make("create_items", Items(items=[Item(code="MUG", name="A mug", sales_details=sold), Item(code="TEA")]))
    org.make("get_items", if_modified_since=SINCE, where='Code=="MUG"', order="Code ASC", unitdp=4)
    if not made:
        return
    first, second = made.items
    org.make("get_item", first.item_id)
    org.make("update_item", first.item_id, Items(items=[Item(code="MUG", name="A cup")]))
    org.make("update_or_create_items", Items(items=[Item(code="TEA", name="Tea"), Item(code="CUP")]))
    one = Invoice(
        type="ACCREC",
        contact=Contact(contact_id=org.contact.contact_id),
        line_items=[LineItem(item_code="MUG", quantity=2), *lines(5, item_code="TEA")],
        status="AUTHORISED",
    )
    written = org.make("create_invoices", Invoices(invoices=[one]))
    if written:
        told = written.invoices[0].line_items
        call("item codes as told", lambda: same([line.item_code for line in told], ["MUG", "TEA"]))
        call("price as the item's", lambda: same((told[0].line_amount, told[0].account_code), (24, "4000")))
    notes(org, "item", first.item_id)
    org.make("delete_item", second.item_id)


def invoices(org):
    made = org.make("create_invoices", Invoices(invoices=[invoice(org, invoice_number="A-1"), invoice(org)]))
    org.make("create_invoices", Invoices(invoices=[invoice(org)]), summarize_errors=False, unitdp=4)
    if not made:
        return
    first, second = made.invoices
    read = org.make("get_invoice", first.invoice_id)
    if read:
        call("get_invoice as created", lambda: same(read.invoices[0].total, first.total))
    org.make("get_invoices", page=1, page_size=10, statuses=["AUTHORISED"], order="UpdatedDateUTC ASC")
    org.make("get_invoices", if_modified_since=SINCE, invoice_numbers=["A-1"])
    org.make(
        "get_invoices", where=f'Date >= DateTime(2026, 1, 1) AND Contact.ContactID == guid("{org.contact.contact_id}")'
    )
    org.make("get_invoices", i_ds=[first.invoice_id, second.invoice_id], summary_only=False, include_archived=True)
    org.make("update_invoice", first.invoice_id, Invoices(invoices=[Invoice(reference="Changed")]))
    org.make("update_or_create_invoices", Invoices(invoices=[Invoice(invoice_id=first.invoice_id, due_date=DAY)]))
    org.make("update_invoice", second.invoice_id, Invoices(invoices=[Invoice(status="VOIDED")]))
    notes(org, "invoice", first.invoice_id)
    payments(org, first)


def payments(org, paid):
    given = Payment(
        invoice=Invoice(invoice_id=paid.invoice_id), account=Account(code="1200"), date=DAY, amount=40, reference="p"
    )
    made = org.make("create_payment", given)
    org.make("create_payments", Payments(payments=[given]), idempotency_key=str(uuid.uuid4()))
    org.make("get_payments", page=1, where='Status=="AUTHORISED"')
    if made:
        id = made.payments[0].payment_id
        org.make("get_payment", id)
        notes(org, "payment", id)
        org.make("delete_payment", id, PaymentDelete(status="DELETED"))
    made = org.make("create_credit_notes", CreditNotes(credit_notes=[note(org)]))
    if made:
        id = made.credit_notes[0].credit_note_id
        org.make("get_credit_note", id)
        org.make("get_credit_notes", page=1, if_modified_since=SINCE)
        org.make("update_credit_note", id, CreditNotes(credit_notes=[CreditNote(reference="Changed")]))
        share = Allocation(invoice=Invoice(invoice_id=paid.invoice_id), amount=10, date=DAY)
        told = org.make("create_credit_note_allocation", id, Allocations(allocations=[share]))
        if told:
            org.make("delete_credit_note_allocations", id, told.allocations[0].allocation_id)
        org.make("update_or_create_credit_notes", CreditNotes(credit_notes=[CreditNote(credit_note_id=id, date=DAY)]))
        refund = Payment(credit_note=CreditNote(credit_note_id=id), account=Account(code="1200"), date=DAY, amount=5)
        org.make("create_payments", Payments(payments=[refund]))
        notes(org, "credit_note", id)
    org.make("get_overpayments", page=1)
    org.make("get_prepayments", page=1)


def bank(org):
    made = org.make("create_bank_transactions", BankTransactions(bank_transactions=[transaction(org)]))
    org.make("create_bank_transactions", BankTransactions(bank_transactions=[transaction(org, "RECEIVE")]))
    org.make("get_bank_transactions", page=1, where='Type=="SPEND"', unitdp=4)
    if made:
        id = made.bank_transactions[0].bank_transaction_id
        org.make("get_bank_transaction", id)
        changed = transaction(org)
        changed.reference = "Changed"
        org.make("update_bank_transaction", id, BankTransactions(bank_transactions=[changed]))
        notes(org, "bank_transaction", id, create=RECORD, get="get_{}s_history")
        gone = BankTransaction(
            bank_transaction_id=id, status="DELETED", type="SPEND", line_items=[], bank_account=Account(code="1000")
        )
        org.make("update_or_create_bank_transactions", BankTransactions(bank_transactions=[gone]))
    made = org.make("create_bank_transfer", BankTransfers(bank_transfers=[transfer()]))
    org.make("get_bank_transfers", if_modified_since=SINCE)
    if made:
        id = made.bank_transfers[0].bank_transfer_id
        org.make("get_bank_transfer", id)
        notes(org, "bank_transfer", id, create=RECORD)


def journals(org):
    made = org.make("create_manual_journals", ManualJournals(manual_journals=[journal(), journal()]))
    org.make("get_manual_journals", page=1, where='Narration=="Another client"')
    if made:
        id = made.manual_journals[0].manual_journal_id
        org.make("get_manual_journal", id)
        changed = ManualJournals(
            manual_journals=[ManualJournal(narration="Changed", journal_lines=journal().journal_lines, date=DAY)]
        )
        org.make("update_manual_journal", id, changed)
        notes(org, "manual_journal", id, create=RECORD, get="get_{}s_history")
        void = ManualJournal(manual_journal_id=id, narration="Changed", status="VOIDED", journal_lines=[])
        org.make("update_or_create_manual_journals", ManualJournals(manual_journals=[void]))
    org.make("get_report_trial_balance", date=DAY, payments_only=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("base")
    parser.add_argument("tenant")
    parser.add_argument("refresh")
    given = parser.parse_args()
    org = call("refresh, first reads", lambda: Organisation(given.base, given.tenant, given.refresh))
    if org is not None:
        for part in (setup, chart, items, invoices, bank, journals):
            part(org)
        call("revoke", org.client.revoke_oauth2_token)


if __name__ == "__main__":
    main()
