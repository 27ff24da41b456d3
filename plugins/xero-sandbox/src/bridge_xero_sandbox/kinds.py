"""The kinds of object an organisation holds, and what is peculiar to each."""

from dataclasses import dataclass

__all__ = ["KINDS", "Kind", "kind_named"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of object, named by its endpoint.

    Shape:    ``where`` are the fields a ``where`` filter may name, those Xero calls optimised. ``lines`` is the key of
              lines that a list shows only when it is asked for by the page.
    """

    name: str
    singular: str
    where: frozenset[str] = frozenset()
    number: str = ""
    lines: str = ""
    is_paged: bool = True
    is_list: bool = False

    @property
    def id(self) -> str:
        """The key of its id."""
        return f"{self.singular}ID"


_CONTACT = "Contact.ContactID Contact.Name Contact.ContactNumber"


def _kind(name: str, where: str, *, number: str = "", lines: str = "", is_paged: bool = True) -> Kind:
    return Kind(name, name[:-1], frozenset(where.split()), number, lines, is_paged)


def _list(name: str, where: str, *, is_paged: bool = False) -> Kind:
    return Kind(name, name[:-1], frozenset(where.split()), is_paged=is_paged, is_list=True)


KINDS = {
    kind.name: kind
    for kind in (
        _kind(
            "Invoices",
            f"Status Reference InvoiceNumber InvoiceID Date Type AmountDue AmountPaid DueDate {_CONTACT}",
            number="InvoiceNumber",
            lines="LineItems",
        ),
        _kind("CreditNotes", f"Status Date Reference Type {_CONTACT}", number="CreditNoteNumber", lines="LineItems"),
        _kind("Payments", "PaymentType Status Date Reference Invoice.InvoiceID"),
        _kind("ManualJournals", "Narration", lines="JournalLines"),
        _kind("BankTransactions", "Type Status Date Contact.ContactID", lines="LineItems"),
        _kind("BankTransfers", "Date", is_paged=False),
        _kind("Overpayments", "Type Status Date Contact.ContactID", lines="LineItems"),
        _kind("Prepayments", "Type Status Date Contact.ContactID", lines="LineItems"),
        _kind("Allocations", "", is_paged=False),
        _list("Contacts", "Name ContactID ContactNumber ContactStatus", is_paged=True),
        _list("Items", "Code Name ItemID"),
        _list("Accounts", "Code Name Type Status Class SystemAccount EnablePaymentsToAccount"),
    )
}

_BY_NAME = {name: kind for kind in KINDS.values() for name in (kind.name.lower(), kind.singular.lower())}


def kind_named(name: str) -> Kind | None:
    """Find a kind by its endpoint or its singular, in any case."""
    return _BY_NAME.get(name.lower())
