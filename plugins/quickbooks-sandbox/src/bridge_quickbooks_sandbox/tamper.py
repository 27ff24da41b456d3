"""What people do to a company's books behind our back: for drift to find.

Every operation is an edit by a user in the web application: no schema, no request id, no closed-period check; the
SyncToken rises, the time of the last update moves, and change data capture shows it.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from copy import deepcopy
from decimal import Decimal

from bridge.sandbox import BadRequestError, Tampering
from bridge_quickbooks_sandbox import documents, links
from bridge_quickbooks_sandbox.chart import new_account
from bridge_quickbooks_sandbox.company import Company
from bridge_quickbooks_sandbox.kinds import KINDS, REFERENCES, SALES_FORMS, TRANSACTIONS
from bridge_quickbooks_sandbox.ledger import debits_less_credits
from bridge_quickbooks_sandbox.totals import complete
from bridge_quickbooks_sandbox.wire import JsonObject, amount, plain, value_of

__all__ = ["Tamper"]

_A_PERSON = "9130000000000000777"


class Tamper(Tampering[Company]):
    """Edits one company's books as a person would. ``account`` arguments are account numbers or names."""

    def edit_amount(
        self, entity: str, id: str, amount: str, line: int = 0, counter_line: int | None = None
    ) -> JsonObject:
        """Set the amount of a line; in a journal the ``counter_line`` (or the next fit one) moves along."""
        with self._editing(entity, id) as txn:
            new = plain(Decimal(str(amount)))
            if entity == "Transfer":
                txn["Amount"] = new
            else:
                self._set_amount(self._line(txn, line), new)
                if entity == "JournalEntry":
                    self._balance(txn, line, counter_line)
            return self._put(entity, txn)

    def change_date(self, entity: str, id: str, to: str) -> JsonObject:
        """Move a transaction to another day."""
        with self._editing(entity, id) as txn:
            txn["TxnDate"] = to
            return self._put(entity, txn)

    def recode(self, entity: str, id: str, account: str, line: int = 0) -> JsonObject:
        """Put a line (of a transfer: the side money goes to; of a receipt: its item) onto another account."""
        with self._editing(entity, id) as txn:
            reference = self._reference(account)
            if entity == "Transfer":
                txn["ToAccountRef"] = reference
            elif sold := self._line(txn, line).get("SalesItemLineDetail"):
                sold["ItemRef"] = self._item(reference)
            else:
                self._detail(self._line(txn, line))["AccountRef"] = reference
            return self._put(entity, txn)

    def deposit_to(self, entity: str, id: str, account: str) -> JsonObject:
        """Say that a receipt's money came to, or went from, another account."""
        with self._editing(entity, id) as txn:
            txn["DepositToAccountRef"] = self._reference(account)
            return self._put(entity, txn)

    def add_line(self, entity: str, id: str, account: str, amount: str, counter_line: int | None = None) -> JsonObject:
        """Add a line; in a journal a credit, which the ``counter_line`` (or the first fit one) takes up."""
        with self._editing(entity, id) as txn:
            reference, new = self._reference(account), plain(Decimal(str(amount)))
            if entity == "JournalEntry":
                txn["Line"].append(_journal_line("Credit", reference, new))
                self._balance(txn, len(txn["Line"]) - 1, counter_line)
            else:
                first = deepcopy(self._line(txn, 0))
                first.pop("Id", None)
                first["SalesItemLineDetail"]["ItemRef"] = self._item(reference)
                self._set_amount(first, new)
                txn["Line"].append(first)
            return self._put(entity, txn)

    def remove_line(self, entity: str, id: str, line: int, counter_line: int | None = None) -> JsonObject:
        """Take a line away; in a journal the ``counter_line`` (or the first fit one) takes up its amount."""
        with self._editing(entity, id) as txn:
            if entity == "JournalEntry":
                self._line(txn, line)["Amount"] = plain(Decimal(0))
                self._balance(txn, line, counter_line)
            self._line(txn, line)
            del txn["Line"][line]
            return self._put(entity, txn)

    def split_line(self, entity: str, id: str, part: str, line: int = 0) -> JsonObject:
        """Make two lines of one; all that it says stays, but how it is cut."""
        with self._editing(entity, id) as txn:
            first = self._line(txn, line)
            second = deepcopy(first)
            second.pop("Id", None)
            taken = plain(Decimal(str(part)))
            self._set_amount(second, taken)
            self._set_amount(first, plain(amount(first["Amount"]) - taken))
            txn["Line"].insert(line + 1, second)
            return self._put(entity, txn)

    def change_tax(self, entity: str, id: str, to: str, line: int = 0) -> JsonObject:
        """Give a line the tax code of that name; a form works its tax out anew within what it comes to."""
        with self._editing(entity, id) as txn:
            code = next((one for one in self._books.all("TaxCode") if one["Name"] == to), None)
            if code is None:
                raise BadRequestError(f"no tax code {to} in company {self._books.owner}")
            self._detail(self._line(txn, line), holds="TaxCodeRef")["TaxCodeRef"] = {"value": code["Id"]}
            return self._put(entity, txn)

    def change_tax_amount(self, entity: str, id: str, to: str, line: int = 0) -> JsonObject:
        """Adjust the tax of a line by hand; what the line comes to with tax stays."""
        with self._editing(entity, id) as txn:
            changed, new = self._line(txn, line), plain(Decimal(str(to)))
            detail = self._detail(changed, holds="TaxCodeRef")
            if "TaxInclusiveAmt" in detail:
                self._set_amount(changed, plain(amount(detail["TaxInclusiveAmt"]) - new), keeps_total=True)
            else:
                changed["Amount"] = plain(amount(changed["Amount"]) + amount(detail["TaxAmount"]) - new)
                detail["TaxAmount"] = new
            return self._put(entity, txn)

    def change_number(self, entity: str, id: str, to: str) -> JsonObject:
        """Give a transaction another number; none where it is empty."""
        with self._editing(entity, id) as txn:
            txn["DocNumber"] = to
            return self._put(entity, txn if to else {key: value for key, value in txn.items() if key != "DocNumber"})

    def edit_currency(self, entity: str, id: str, to: str) -> JsonObject:
        """Put a transaction into another currency, its figures as they are."""
        with self._editing(entity, id) as txn:
            txn["CurrencyRef"] = {"value": to}
            return self._put(entity, txn)

    def edit_customer(self, entity: str, id: str, to: str, line: int = 0) -> JsonObject:
        """Put a form, or a line of a journal, onto the customer of that name, who is made if there is none."""
        customer = self._listed("Customer", "DisplayName", to)
        with self._editing(entity, id) as txn:
            if entity == "JournalEntry":
                self._detail(self._line(txn, line))["Entity"] = {"Type": "Customer", "EntityRef": customer}
            else:
                txn["CustomerRef"] = customer
            return self._put(entity, txn)

    def edit_class(self, entity: str, id: str, to: str, line: int = 0) -> JsonObject:
        """Give a line the class of that name; none where it is empty."""
        with self._editing(entity, id) as txn:
            self._mark(self._detail(self._line(txn, line), holds=""), "Class", to)
            return self._put(entity, txn)

    def edit_department(self, entity: str, id: str, to: str, line: int = 0) -> JsonObject:
        """Give a form, or a line of a journal, the department of that name; none where it is empty."""
        with self._editing(entity, id) as txn:
            is_journal = entity == "JournalEntry"
            self._mark(self._detail(self._line(txn, line)) if is_journal else txn, "Department", to)
            return self._put(entity, txn)

    def edit_rate(self, entity: str, id: str, to: str) -> JsonObject:
        """Give a transaction another exchange rate."""
        with self._editing(entity, id) as txn:
            txn["ExchangeRate"] = plain(Decimal(str(to)))
            return self._put(entity, txn)

    def edit_item(self, entity: str, id: str, to: str, line: int = 0) -> JsonObject:
        """Sell another item on a line: the one of that name, made to post where the first one does."""
        with self._editing(entity, id) as txn:
            sold = self._line(txn, line)["SalesItemLineDetail"]
            old = self._books.get("Item", sold["ItemRef"]["value"]) or {}
            same = {key: old[key] for key in ("Type", "IncomeAccountRef") if key in old}
            sold["ItemRef"] = self._listed("Item", "Name", to, **same)
            return self._put(entity, txn)

    def change_note(self, entity: str, id: str, to: str) -> JsonObject:
        """Write another note; every amount stays."""
        with self._editing(entity, id) as txn:
            txn["PrivateNote"] = to
            return self._put(entity, txn)

    def void(self, entity: str, id: str) -> JsonObject:
        """Set all amounts to zero, with "Voided" in the note; the web application can do it to any kind."""
        with self._books.lock:
            voided = documents.void_in_place(self._books, entity, self._found(entity, id), by=_A_PERSON)
            links.refresh_open(self._books, voided)
            self._books.save()
            return voided

    def delete(self, entity: str, id: str) -> None:
        """Delete a transaction."""
        with self._books.lock:
            gone = self._found(entity, id)
            self._books.delete(entity, id)
            links.refresh_open(self._books, gone)
            self._books.save()

    def duplicate(self, entity: str, id: str, number: str | None = None, note: str | None = None) -> JsonObject:
        """Make an extra copy, with the same number and note unless others are given."""
        with self._books.lock:
            copy = deepcopy(self._found(entity, id))
            for key in ("Id", "SyncToken", "MetaData"):
                copy.pop(key)
            if number is not None:
                copy["DocNumber"] = number
            if note is not None:
                copy["PrivateNote"] = note
            return self._put(entity, copy)

    def add_foreign(
        self,
        account: str,
        counter_account: str,
        amount: str,
        date: str,
        entity: str = "JournalEntry",
        number: str = "",
        note: str = "",
        customer: str = "Somebody else",
        currency: str = "",
    ) -> JsonObject:
        """Add somebody else's journal, deposit, transfer or form: debit ``account``, credit ``counter_account``.

        An invoice debits receivables, whatever the account. One in another currency than the books is at a rate of 1.
        """
        debit, credit = self._reference(account), self._reference(counter_account)
        value, money = plain(Decimal(str(amount))), {"value": currency or self._books.settings.home_currency}
        txn: JsonObject = {"TxnDate": date, "CurrencyRef": money}
        if number:
            txn["DocNumber"] = number
        if note:
            txn["PrivateNote"] = note
        match entity:
            case "JournalEntry":
                txn["Line"] = [
                    _journal_line("Debit", debit, value),
                    _journal_line("Credit", credit, value),
                ]
            case "Transfer":
                txn |= {"FromAccountRef": credit, "ToAccountRef": debit, "Amount": value}
            case "Deposit":
                txn |= {"DepositToAccountRef": debit, "Line": [_deposit_line(credit, value)]}
            case "Invoice" | "SalesReceipt":
                name = f"Sold to {credit['name']}"
                sold = {"ItemRef": self._listed("Item", "Name", name, Type="Service", IncomeAccountRef=credit)}
                txn |= {
                    "CustomerRef": self._listed("Customer", "DisplayName", customer, CurrencyRef=money),
                    "Line": [{"Amount": value, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": sold}],
                }
                if entity == "SalesReceipt":
                    txn["DepositToAccountRef"] = debit
            case _:
                kinds = "JournalEntry, Transfer, Deposit, Invoice or SalesReceipt"
                raise BadRequestError(f"add_foreign cannot make a {entity}", kinds)
        with self._books.lock:
            return self._put(entity, txn)

    def rename_account(self, account: str, to: str) -> JsonObject:
        """Call an account otherwise; its id stays."""
        with self._books.lock:
            found = self._books.account_named(account)
            written = self._books.put("Account", {**found, "Name": to, "FullyQualifiedName": to}, by=_A_PERSON)
            self._books.save()
            return written

    def merge_account(self, account: str, into: str) -> JsonObject:
        """Merge an account into another: what was posted to it moves there, and it is left inactive under its id."""
        return self._merge("Account", self._books.account_named(account), self._reference(into))

    def bank_line(self, account: str, amount: str, date: str, to: str, rest: str = "", share: str = "") -> JsonObject:
        """A line of the bank comes in, and a rule adds it at once where it was to be matched.

        Shape:    all of it goes ``to`` an account, or ``share`` of it, and what is left to the account ``rest``. One
                  that is matched leaves no trace in the books.
        """
        value = Decimal(str(amount))
        part = Decimal(str(share)) if share else value
        parts = [(to, part), *([(rest, value - part)] if rest else [])]
        txn: JsonObject = {
            "TxnDate": date,
            "CurrencyRef": {"value": self._books.settings.home_currency},
            "DepositToAccountRef": self._reference(account),
            "Line": [_deposit_line(self._reference(one), plain(some)) for one, some in parts],
        }
        with self._books.lock:
            return self._put("Deposit", txn)

    def deactivate(self, account: str) -> JsonObject:
        """Make an account inactive."""
        with self._books.lock:
            found = self._books.account_named(account)
            written = self._books.put("Account", {**found, "Active": False}, by=_A_PERSON)
            self._books.save()
            return written

    def add_account(self, name: str, kind: str, subtype: str) -> JsonObject:
        """Open an account of a type."""
        with self._books.lock:
            return self._edited("Account", new_account(self._books, name, kind, subtype))

    def retype(self, account: str, kind: str, subtype: str) -> JsonObject:
        """Make an account one of another type; its id stays, and what was posted to it."""
        with self._books.lock:
            found = self._books.account_named(account)
            made = new_account(self._books, found["Name"], kind, subtype)
            return self._edited("Account", {**made, "Id": found["Id"], "AcctNum": found.get("AcctNum", "")})

    def deactivate_tax_code(self, code: str) -> JsonObject:
        """Make a tax code inactive, by its name."""
        with self._books.lock:
            found = next(one for one in self._books.all("TaxCode") if one["Name"] == code)
            return self._edited("TaxCode", {**found, "Active": False})

    def rename_item(self, item: str, to: str) -> JsonObject:
        """Call an item otherwise; its id stays."""
        return self._relist(item, Name=to, FullyQualifiedName=to)

    def deactivate_item(self, item: str) -> JsonObject:
        """Make an item inactive."""
        return self._relist(item, Active=False)

    def merge_item(self, item: str, into: str) -> JsonObject:
        """Merge an item into another: what sold it sells that, and it is left inactive under its id."""
        stays = self._named_item(into)
        return self._merge("Item", self._named_item(item), {"value": stays["Id"], "name": stays["Name"]})

    def item_account(self, item: str, account: str) -> JsonObject:
        """Let an item sell to another account, "also in historical transactions"."""
        reference, sold = self._reference(account), self._named_item(item)
        with self._books.lock:
            written = self._relist(item, IncomeAccountRef=reference)
            self._resell({sold["Id"]})
            return written

    def _resell(self, items: Collection[str]) -> None:
        """Let every form that sells one of these say anew to which account."""
        for named in SALES_FORMS:
            for txn in list(self._books.all(named)):
                details = (line.get("SalesItemLineDetail", {}) for line in txn["Line"])
                if any(value_of(detail.get("ItemRef")) in items for detail in details):
                    self._put(named, deepcopy(txn), is_untold=not self._books.settings.tells_merges)

    def _merge(self, kind: str, gone: JsonObject, stays: JsonObject) -> JsonObject:
        """What is left of one that was merged into another; items that sell to an account go first."""
        with self._books.lock:
            sold = {one["Id"]: deepcopy(one) for one in self._books.all("Item")}
            sold = {id: one for id, one in sold.items() if _moved(one, kind, gone["Id"], stays)}
            for one in sold.values():
                self._books.put("Item", one, by=_A_PERSON)
            self._resell(sold)
            for named in TRANSACTIONS:
                for txn in list(self._books.all(named)):
                    moved = deepcopy(txn)
                    if _moved(moved, kind, gone["Id"], stays):
                        self._put(named, moved, is_untold=not self._books.settings.tells_merges)
            name = f"{gone['Name']} (deleted)"
            left = {**gone, "Active": False, "Name": name, "FullyQualifiedName": name}
            written = self._books.put(kind, left, by=_A_PERSON)
            self._books.save()
            return written

    def _edited(self, kind: str, listed: JsonObject) -> JsonObject:
        written = self._books.put(kind, listed, by=_A_PERSON)
        self._books.save()
        return written

    def _relist(self, item: str, **changed: object) -> JsonObject:
        with self._books.lock:
            written = self._books.put("Item", {**self._named_item(item), **changed}, by=_A_PERSON)
            self._books.save()
            return written

    def _named_item(self, name: str) -> JsonObject:
        for item in self._books.all("Item"):
            if item["Name"] == name:
                return item
        raise BadRequestError(f"no item {name} in company {self._books.owner}")

    @contextmanager
    def _editing(self, entity: str, id: str) -> Iterator[JsonObject]:
        """Give a copy of a transaction to edit, with the company locked meanwhile."""
        with self._books.lock:
            yield deepcopy(self._found(entity, id))

    def _found(self, entity: str, id: str) -> JsonObject:
        found = self._books.get(entity, id) if entity in KINDS else None
        if found is None:
            raise BadRequestError(f"no {entity} {id} in company {self._books.owner}")
        return found

    def apply(self, id: str, invoice: str = "") -> JsonObject:
        """Let a payment pay another invoice in place of the one that it pays, or none: its money stays where it is."""
        with self._editing("Payment", id) as txn:
            link = {"TxnId": invoice, "TxnType": "Invoice"}
            txn["Line"] = [{"Amount": txn["TotalAmt"], "LinkedTxn": [link]}] if invoice else []
            return self._put("Payment", txn)

    def _put(self, entity: str, txn: JsonObject, *, is_untold: bool = False) -> JsonObject:
        before = self._books.get(entity, txn["Id"]) if "Id" in txn else None
        complete(self._books, entity, txn)
        written = self._books.put(entity, txn, by=_A_PERSON, is_untold=is_untold)
        links.refresh_open(self._books, before, written)
        self._books.save()
        return written

    def _reference(self, account: str) -> JsonObject:
        known = self._books.account_named(account)
        return {"value": known["Id"], "name": known["Name"]}

    def _line(self, txn: JsonObject, position: int) -> JsonObject:
        try:
            line: JsonObject = txn["Line"][position]
        except (KeyError, IndexError) as error:
            raise BadRequestError(f"there is no line {position}") from error
        return line

    def _detail(self, line: JsonObject, holds: str = "AccountRef") -> JsonObject:
        for value in line.values():
            if isinstance(value, dict) and (not holds or holds in value):
                return value
        raise BadRequestError("the line has no account of its own; give a journal, deposit or expense")

    def _set_amount(self, line: JsonObject, new: Decimal, *, keeps_total: bool = False) -> None:
        """Write a line's amount; of a form that includes tax the tax of the line stays, or what it comes to."""
        old, line["Amount"] = amount(line.get("Amount")), new
        detail = line.get("SalesItemLineDetail", {})
        for key in ("Qty", "UnitPrice"):
            detail.pop(key, None)
        if "TaxInclusiveAmt" in detail and not keeps_total:
            detail["TaxInclusiveAmt"] = plain(amount(detail["TaxInclusiveAmt"]) - old + new)

    def _item(self, account: JsonObject) -> JsonObject:
        for item in self._books.all("Item"):
            if item.get("IncomeAccountRef", {}).get("value") == account["value"]:
                return {"value": item["Id"], "name": item["Name"]}
        raise BadRequestError(f"no item posts to account {account['name']}")

    def _listed(self, kind: str, field: str, name: str, **more: object) -> JsonObject:
        """A reference to what a list calls so; it is made if there is none."""
        with self._books.lock:
            found = next((one for one in self._books.all(kind) if one.get(field) == name), None)
            if found is None:
                made = {field: name, "Active": True, "FullyQualifiedName": name, **more}
                found = self._books.put(kind, made, by=_A_PERSON)
            return {"value": found["Id"], "name": name}

    def _mark(self, holder: JsonObject, kind: str, to: str) -> None:
        holder.pop(f"{kind}Ref", None)
        if to:
            holder[f"{kind}Ref"] = self._listed(kind, "Name", to)

    def _balance(self, txn: JsonObject, line: int, counter_line: int | None) -> None:
        """Let another line take up what a journal is now off by, so that it balances as it must."""
        off = debits_less_credits(txn)
        candidates = [counter_line] if counter_line is not None else range(len(txn["Line"]))
        for position in candidates:
            counter = self._line(txn, position)
            sign = 1 if counter["JournalEntryLineDetail"]["PostingType"] == "Debit" else -1
            balanced = amount(counter["Amount"]) - sign * off
            if position != line and balanced >= 0:
                counter["Amount"] = plain(balanced)
                return
        raise BadRequestError("no other line can take up the difference", "Name a counter_line")


def _moved(value: object, kind: str, id: str, to: JsonObject) -> bool:
    """Whether any reference to what a list holds was put onto another, in place."""
    if isinstance(value, list):
        return sum(_moved(one, kind, id, to) for one in value) > 0
    if not isinstance(value, dict):
        return False
    found = [key for key in value if REFERENCES.get(key) == kind and value_of(value[key]) == id]
    value.update({key: dict(to) for key in found})
    return len(found) + sum(_moved(one, kind, id, to) for one in value.values()) > 0


def _deposit_line(account: JsonObject, value: Decimal) -> JsonObject:
    return {"Amount": value, "DetailType": "DepositLineDetail", "DepositLineDetail": {"AccountRef": account}}


def _journal_line(posting: str, account: JsonObject, value: Decimal) -> JsonObject:
    return {
        "Amount": value,
        "DetailType": "JournalEntryLineDetail",
        "JournalEntryLineDetail": {"PostingType": posting, "AccountRef": account},
    }
