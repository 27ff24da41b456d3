"""What people do to an organisation's books behind our back: for drift to find.

Every operation is an edit by a user in the web application: no schema, no idempotency key, no lock date; the time of
the last update moves, and the history names the user.
"""

from copy import deepcopy
from decimal import Decimal

from bridge.sandbox import BadRequestError, Tampering
from bridge_xero_sandbox import foreign
from bridge_xero_sandbox.chart import new_account
from bridge_xero_sandbox.currencies import settle_currency
from bridge_xero_sandbox.items import create_item, delete_item, upsert_item
from bridge_xero_sandbox.kinds import KINDS, Kind, kind_named
from bridge_xero_sandbox.lines import totals
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.payments import allocate, delete_allocation, document_of
from bridge_xero_sandbox.settlement import payments_of, settle
from bridge_xero_sandbox.tax import rate_of, tax_on
from bridge_xero_sandbox.tracking import check_tracking
from bridge_xero_sandbox.wire import JsonObject, amount, money

__all__ = ["Tamper"]

_A_PERSON = "Alex Bookkeeper"
_BANK = "Bank feed"
_SETTLED = frozenset({"Invoices", "CreditNotes"})


class Tamper(Tampering[Organisation]):
    """Edits one organisation's books as a person would.

    Shape:    ``entity`` is an endpoint or its singular, ``account`` a code or name, ``line`` counts from 0.
    """

    def edit_amount(
        self, entity: str, id: str, amount: str, line: int = 0, counter_line: int | None = None
    ) -> JsonObject:
        """Set the amount of a line (of a payment or transfer: its own); in a journal another line moves along."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            new = money(Decimal(str(amount)))
            if kind.lines:
                self._set_amount(kind, value, line, new, counter_line)
            else:
                value["Amount"] = new
                value["BankAmount" if kind.name == "Payments" else "Amount"] = new
            return self._put(kind, value)

    def change_date(self, entity: str, id: str, to: str) -> JsonObject:
        """Move an object to another day."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            value["Date"] = to
            return self._put(kind, value)

    def recode(self, entity: str, id: str, account: str, line: int = 0) -> JsonObject:
        """Put a line (of a payment: the money, of a transfer: the side money goes to) onto another account."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            found = self._account(account)
            if kind.name == "Payments":
                value["Account"] = {"AccountID": found["AccountID"]}
            elif kind.name == "BankTransfers":
                value["ToBankAccount"] = {"AccountID": found["AccountID"]}
            else:
                target = self._line(kind, value, line)
                target |= {"AccountCode": found.get("Code", ""), "AccountID": found["AccountID"]}
            return self._put(kind, value)

    def add_line(self, entity: str, id: str, account: str, amount: str, counter_line: int | None = None) -> JsonObject:
        """Add a line like the first; in a journal the ``counter_line`` (or the first) takes it up."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            found, last = self._account(account), len(value[kind.lines])
            made = {**deepcopy(self._line(kind, value, 0)), "AccountCode": found.get("Code", "")}
            made |= {"AccountID": found["AccountID"], "LineAmount": money(0)}
            made.pop("LineItemID", None)
            value[kind.lines].append(made)
            self._set_amount(kind, value, last, money(Decimal(str(amount))), counter_line)
            return self._put(kind, value)

    def remove_line(self, entity: str, id: str, line: int, counter_line: int | None = None) -> JsonObject:
        """Take a line away; in a journal the ``counter_line`` (or the first other) takes up its amount."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            self._set_amount(kind, value, line, money(0), counter_line)
            del value[kind.lines][line]
            self._add_up(kind, value)
            return self._put(kind, value)

    def split_line(self, entity: str, id: str, part: str, line: int = 0) -> JsonObject:
        """Make two lines of one, its tax with the first; all that it says stays, but how it is cut."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            first, taken = self._line(kind, value, line), money(Decimal(str(part)))
            second = {**deepcopy(first), "LineAmount": taken, "UnitAmount": taken, "TaxAmount": money(0)}
            second.pop("LineItemID", None)
            rest = money(amount(first["LineAmount"]) - taken)
            first |= {"LineAmount": rest, "UnitAmount": rest, "Quantity": Decimal(1)}
            value[kind.lines].insert(line + 1, {**second, "Quantity": Decimal(1)})
            self._add_up(kind, value)
            return self._put(kind, value)

    def change_tax(self, entity: str, id: str, to: str, line: int = 0) -> JsonObject:
        """Give a line another tax type, and the tax that follows from it."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            if rate_of(self._books, to) is None:
                raise BadRequestError(f"no tax type {to}")
            target = self._line(kind, value, line)
            target["TaxType"] = to
            self._retax(kind, value, target)
            return self._put(kind, value)

    def change_tax_amount(self, entity: str, id: str, to: str, line: int = 0) -> JsonObject:
        """Adjust the tax of a line by hand, as the web application allows within narrow bounds."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            self._line(kind, value, line)["TaxAmount"] = money(Decimal(str(to)))
            self._add_up(kind, value)
            return self._put(kind, value)

    def change_due_date(self, entity: str, id: str, to: str) -> JsonObject:
        """Let a document be due on another day."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            value["DueDate"] = to
            return self._put(kind, value)

    def reconcile(self, entity: str, id: str) -> JsonObject:
        """Match money with a line of the bank."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            sides = ("FromIsReconciled", "ToIsReconciled") if kind.name == "BankTransfers" else ("IsReconciled",)
            return self._put(kind, {**value, **dict.fromkeys(sides, True)})

    def edit_currency(self, entity: str, id: str, to: str) -> JsonObject:
        """Put an object into another currency, its figures as they are."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            value["CurrencyCode"] = to
            return self._put(kind, value)

    def change_note(self, entity: str, id: str, to: str) -> JsonObject:
        """Write another reference (of a journal: narration); every amount stays."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            value["Narration" if kind.name == "ManualJournals" else "Reference"] = to
            return self._put(kind, value)

    def change_number(self, entity: str, id: str, to: str) -> JsonObject:
        """Give an invoice or credit note another number."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            if not kind.number:
                raise BadRequestError(f"{kind.name} have no number")
            value[kind.number] = to
            return self._put(kind, value)

    def edit_customer(self, entity: str, id: str, to: str) -> JsonObject:
        """Put a document onto another contact, made if there is none of that name."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            value["Contact"] = {"ContactID": self._contact(to)}
            return self._put(kind, value)

    def rename_contact(self, name: str, to: str) -> JsonObject:
        """Call a contact otherwise; its id stays."""
        with self._books.lock:
            contact = self._books.get("Contacts", self._contact(name))
            return self._put(KINDS["Contacts"], {**(contact or {}), "Name": to})

    def edit_tracking(self, entity: str, id: str, name: str, to: str, line: int = 0) -> JsonObject:
        """Give a line another option of a tracking category; none where it is empty."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            target = self._line(kind, value, line)
            kept = [one for one in target.get("Tracking", ()) if one.get("Name") != name]
            target["Tracking"] = [*kept, *([{"Name": name, "Option": to}] if to else [])]
            check_tracking(self._books, target["Tracking"])
            return self._put(kind, value)

    def edit_item(self, entity: str, id: str, to: str, line: int = 0) -> JsonObject:
        """Sell another item on a line, by its code, made if there is none of it; none at all where it is empty."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            target = self._line(kind, value, line)
            target.pop("Item", None)
            target["ItemCode"] = to
            if to:
                item = self._books.item(to) or create_item(self._books, {"Code": to})
                target["Item"] = {"ItemID": item["ItemID"]}
            return self._put(kind, value)

    def add_item(self, code: str, name: str = "", stock: str = "", cost: str = "") -> JsonObject:
        """Add an item; one that is tracked as inventory where accounts of its stock and its cost are named."""
        given: JsonObject = {"Code": code, "Name": name or code}
        if stock:
            given |= {"InventoryAssetAccountCode": stock, "PurchaseDetails": {"COGSAccountCode": cost}}
        with self._books.lock:
            return self._saved(create_item(self._books, given))

    def rename_item(self, code: str, to: str) -> JsonObject:
        """Give an item another code, which lines that sold it then show."""
        with self._books.lock:
            return self._saved(upsert_item(self._books, {"ItemID": self._item(code)["ItemID"], "Code": to}))

    def delete_item(self, code: str) -> JsonObject:
        """Take an item away."""
        with self._books.lock:
            item = self._item(code)
            delete_item(self._books, item)
            return self._saved(item)

    def edit_rate(self, entity: str, id: str, to: str) -> JsonObject:
        """Give an object in another currency another rate."""
        with self._books.lock:
            kind, value = self._copy(entity, id)
            value["CurrencyRate"] = Decimal(str(to))
            return self._put(kind, value)

    def void(self, entity: str, id: str) -> JsonObject:
        """Void an object, its payments removed first as the web application asks for."""
        return self._end(entity, id, "VOIDED")

    def delete(self, entity: str, id: str) -> JsonObject:
        """Delete an object; it stays listed as DELETED, as everything does in Xero."""
        return self._end(entity, id, "DELETED")

    def allocate(self, note: str, invoice: str, amount: str, date: str) -> JsonObject:
        """Set part of a credit note against an invoice."""
        with self._books.lock:
            _, value = self._copy("CreditNotes", note)
            made = {"Invoice": {"InvoiceID": invoice}, "Amount": Decimal(str(amount)), "Date": date}
            return allocate(self._books, value, made)

    def remove_allocation(self, note: str, id: str) -> JsonObject:
        """Take back what a credit note was set against."""
        with self._books.lock:
            _, value = self._copy("CreditNotes", note)
            return delete_allocation(self._books, value, id)

    def duplicate(self, entity: str, id: str, number: str | None = None, note: str | None = None) -> JsonObject:
        """Make an extra copy, unpaid, with a number of its own, and the same note unless another is given."""
        with self._books.lock:
            kind, copy = self._copy(entity, id)
            copy.pop(kind.id)
            if kind.number:
                copy[kind.number] = number or f"{copy.get(kind.number, '')} copy"
            if note is not None:
                copy["Narration" if kind.name == "ManualJournals" else "Reference"] = note
            if kind.name in _SETTLED:
                copy["Status"] = "AUTHORISED"
            return self._put(kind, copy, changes="Created")

    def add_foreign(
        self,
        account: str,
        counter_account: str,
        amount: str,
        date: str,
        entity: str = "ManualJournal",
        number: str = "",
        note: str = "",
        customer: str = "Somebody else",
    ) -> JsonObject:
        """Add somebody else's journal, transfer, money received or document.

        They debit ``account`` and credit ``counter_account``. An invoice debits receivables, whatever the account; a
        bill and a credit note debit the counter account. A bank transaction of a negative amount is money spent.
        """
        debit, credit = self._account(account), self._account(counter_account)
        value = money(Decimal(str(amount)))
        kind = kind_named(entity)
        with self._books.lock:
            match kind.name if kind else "":
                case "ManualJournals":
                    made = foreign.journal(debit, credit, value, note or number or "Journal by hand")
                case "BankTransfers":
                    made = foreign.transfer(credit, debit, value, note or number)
                case "BankTransactions":
                    type_ = "RECEIVE" if value >= 0 else "SPEND"
                    of = [(credit, abs(value))]
                    made = foreign.receipt(debit, of, note or number, self._contact(customer), type_)
                case "Invoices":
                    made = foreign.document("ACCREC", credit, value, number, note, self._contact(customer))
                case "CreditNotes":
                    made = foreign.document("ACCRECCREDIT", credit, value, number, note, self._contact(customer))
                case "Prepayments":
                    return self._prepaid(debit, credit, value, note, date, self._contact(customer))
                case _:
                    kinds = "ManualJournal, BankTransfer, BankTransaction, Invoice, CreditNote or Prepayment"
                    raise BadRequestError(f"add_foreign cannot make a {entity}", kinds)
            made["Date"] = date
            if "DueDate" in made:
                made["DueDate"] = date
            if kind is not None and kind.name != "ManualJournals":
                settle_currency(self._books, made)
            assert kind is not None
            return self._put(kind, made, changes="Created")

    def pay(self, id: str, account: str, amount: str, date: str) -> JsonObject:
        """Record a payment of an invoice by hand."""
        with self._books.lock:
            _, invoice = self._copy("Invoices", id)
            value = money(Decimal(str(amount)))
            payment: JsonObject = {
                "DocumentID": invoice["InvoiceID"],
                "Invoice": {"InvoiceID": invoice["InvoiceID"]},
                "Account": {"AccountID": self._account(account)["AccountID"]},
                "Date": date,
                "Amount": value,
                "BankAmount": value,
                "PaymentType": "ACCRECPAYMENT",
                "Status": "AUTHORISED",
                "IsReconciled": False,
                "CurrencyCode": invoice["CurrencyCode"],
                "CurrencyRate": invoice["CurrencyRate"],
            }
            return self._put(KINDS["Payments"], payment, changes="Created")

    def rename_account(self, account: str, to: str) -> JsonObject:
        """Call an account otherwise; its id stays."""
        with self._books.lock:
            return self._put(KINDS["Accounts"], {**self._account(account), "Name": to})

    def bank_line(
        self, account: str, amount: str, date: str, to: str = "", rest: str = "", share: str = "", invoice: str = ""
    ) -> JsonObject:
        """A line of the bank comes in, and automatic reconciliation takes it at once, as a rule or a memory has it.

        Shape:    with ``invoice``, an id or a number, it is matched with that open invoice; else it is coded
                  straight ``to`` an account, or ``share`` of it, and what is left to the account ``rest``.
        """
        if invoice:
            numbers = {one["InvoiceNumber"]: str(one["InvoiceID"]) for one in self._books.all("Invoices")}
            return self.pay(numbers.get(invoice, invoice), account, amount, date)
        value = money(Decimal(str(amount)))
        part = money(Decimal(str(share))) if share else value
        parts = [(self._account(to), part), *([(self._account(rest), money(value - part))] if rest else [])]
        with self._books.lock:
            made = foreign.receipt(self._account(account), parts, "Bank feed", self._contact(_BANK))
            made["Date"] = date
            settle_currency(self._books, made)
            return self._put(KINDS["BankTransactions"], made, changes="Created")

    def deactivate(self, account: str) -> JsonObject:
        """Archive an account."""
        with self._books.lock:
            archived = {**self._account(account), "Status": "ARCHIVED"}
            return self._put(KINDS["Accounts"], archived, changes="Archived")

    def retype(self, account: str, to: str, takes_payments: bool = False) -> JsonObject:
        """Make an account one of another type; its id stays, and what was posted to it."""
        with self._books.lock:
            found = self._account(account)
            made = new_account(self._books, found["Code"], found["Name"], to, EnablePaymentsToAccount=takes_payments)
            return self._put(KINDS["Accounts"], {**made, "AccountID": found["AccountID"], "IsByHand": True})

    def archive_contact(self, name: str) -> JsonObject:
        """Archive a contact."""
        with self._books.lock:
            contact = self._books.get("Contacts", self._contact(name))
            assert contact is not None
            return self._put(KINDS["Contacts"], {**contact, "ContactStatus": "ARCHIVED"}, changes="Archived")

    def _prepaid(
        self, bank: JsonObject, account: JsonObject, value: Decimal, note: str, date: str, contact: str
    ) -> JsonObject:
        """Money received ahead: a transaction of the bank, and the prepayment that is open until it is used."""
        made = foreign.receipt(bank, [(account, value)], note, contact, "RECEIVE-PREPAYMENT")
        made |= {"Date": date, "PrepaymentID": self._books.new_id()}
        settle_currency(self._books, made)
        own = {"BankAccount", "IsReconciled"}
        kept = {key: found for key, found in made.items() if key not in own} | {"RemainingCredit": value}
        self._put(KINDS["BankTransactions"], made, changes="Created")
        return self._put(KINDS["Prepayments"], kept, changes="Created")

    def _end(self, entity: str, id: str, status: str) -> JsonObject:
        with self._books.lock:
            kind, value = self._copy(entity, id)
            if kind.name in _SETTLED:
                for payment in list(payments_of(self._books, kind.name, value)):
                    self._put(KINDS["Payments"], {**payment, "Status": "DELETED"}, changes="Deleted")
                kind, value = self._copy(entity, id)
            value["Status"] = status
            return self._put(kind, value, changes=status.capitalize())

    def _copy(self, entity: str, id: str) -> tuple[Kind, JsonObject]:
        kind = kind_named(entity)
        found = self._books.get(kind.name, id) if kind else None
        if kind is None or found is None:
            raise BadRequestError(f"no {entity} {id} in organisation {self._books.owner}")
        return kind, deepcopy(found)

    def _put(self, kind: Kind, value: JsonObject, changes: str = "Edited") -> JsonObject:
        written = self._books.put(kind.name, value, changes=changes, by=_A_PERSON)
        if kind.name == "Payments":
            paid_kind, document = document_of(self._books, written)
            settle(self._books, paid_kind, document)
        elif kind.name in _SETTLED:
            written = settle(self._books, kind.name, written)
        self._books.save()
        return written

    def _account(self, account: str) -> JsonObject:
        return self._books.account_named(account)

    def _item(self, code: str) -> JsonObject:
        found = self._books.item(code)
        if found is None:
            raise BadRequestError(f"no item {code} in organisation {self._books.owner}")
        return found

    def _saved(self, item: JsonObject) -> JsonObject:
        self._books.save()
        return item

    def _contact(self, name: str) -> str:
        for contact in self._books.all("Contacts"):
            if contact["Name"] == name:
                return str(contact["ContactID"])
        made = self._books.put("Contacts", {"Name": name, "ContactStatus": "ACTIVE"}, changes="Created")
        return str(made["ContactID"])

    def _line(self, kind: Kind, value: JsonObject, position: int) -> JsonObject:
        try:
            line: JsonObject = value[kind.lines][position]
        except (KeyError, IndexError) as error:
            raise BadRequestError(f"there is no line {position}") from error
        return line

    def _set_amount(self, kind: Kind, value: JsonObject, line: int, new: Decimal, counter_line: int | None) -> None:
        if kind.name == "ManualJournals":
            self._balance(value, line, new, counter_line)
        else:
            target = self._line(kind, value, line)
            target |= {"LineAmount": new, "UnitAmount": new, "Quantity": Decimal(1)}
            self._retax(kind, value, target)

    def _retax(self, kind: Kind, value: JsonObject, line: JsonObject) -> None:
        rate = rate_of(self._books, line["TaxType"]) or Decimal(0)
        line["TaxAmount"] = money(tax_on(amount(line["LineAmount"]), rate, value["LineAmountTypes"]))
        self._add_up(kind, value)

    def _add_up(self, kind: Kind, value: JsonObject) -> None:
        if kind.lines == "LineItems":
            value |= totals(value["LineItems"], value["LineAmountTypes"])

    def _balance(self, value: JsonObject, line: int, new: Decimal, counter_line: int | None) -> None:
        """Let another line take up what a journal would be off by."""
        kind = KINDS["ManualJournals"]
        target = self._line(kind, value, line)
        off = new - amount(target["LineAmount"])
        other = counter_line if counter_line is not None else (1 if line == 0 else 0)
        counter = self._line(kind, value, other)
        if other == line:
            raise BadRequestError("the counter_line must be another line")
        target["LineAmount"] = new
        counter["LineAmount"] = money(amount(counter["LineAmount"]) - off)
