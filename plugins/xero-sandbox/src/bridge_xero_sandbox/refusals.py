"""How Xero says no: the exception shapes, and one place for the texts it uses, which have no codes."""

from collections.abc import Mapping
from typing import Any

from bridge.errors import RejectedError

__all__ = ["InvalidError", "MissingError", "RefusalError", "Text", "problem", "validation_answer"]


class RefusalError(RejectedError):
    """A request the fake Xero refuses as a whole: error number, type and message of the vendor's body."""

    code = "xero.sandbox.refused"

    def __init__(self, number: int, kind: str, message: str, *, status: int = 400) -> None:
        super().__init__("the Xero sandbox", f"{kind}: {message}", "See the answer's message")
        self.number = number
        self.kind = kind
        self.message = message
        self.status = status

    def body(self) -> dict[str, Any]:
        """Shape it as the answer's body."""
        return {"ErrorNumber": self.number, "Type": self.kind, "Message": self.message}


class InvalidError(RejectedError):
    """One element that breaks rules of the business: it is not saved, its siblings may be."""

    code = "xero.sandbox.invalid"

    def __init__(self, *messages: str) -> None:
        super().__init__("the Xero sandbox", "; ".join(messages), "See the element's ValidationErrors")
        self.messages = messages


class MissingError(RejectedError):
    """There is no such thing: answered with 404."""

    code = "xero.sandbox.missing"

    def __init__(self) -> None:
        super().__init__("the Xero sandbox", "the resource you're looking for cannot be found", "Check the id")


class Text:
    """The texts of validation errors.

    Shape:    those marked "seen" stand in public issue threads or help pages, the others are made up in Xero's
              manner, since the real ones are not known. Nobody may rely on the wording of the latter.
    """

    NUMBER_TAKEN = "Invoice # must be unique."  # seen
    NOT_MODIFIABLE = "Invoice not of valid status for modification"  # seen
    HAS_PAYMENTS = "This document cannot be edited as it has a payment or credit note allocated to it."  # seen
    ACCOUNT_INVALID = "Account code '{code}' is not a valid code for this document."  # seen
    ACCOUNT_ARCHIVED = "Account code '{code}' has been archived, or deleted."
    ACCOUNT_MISSING = "Account could not be found"
    NO_PAYMENTS_TO_ACCOUNT = "Account code '{code}' is not enabled for payments."
    TAX_WITH_ACCOUNT = "The TaxType code '{tax}' cannot be used with account code '{code}'."  # seen
    TAX_MISSING = "The TaxType code '{tax}' does not exist or cannot be used for this type of transaction."
    PERIOD_LOCK = "The document date cannot be before the period lock date, currently set at {day}"  # seen
    YEAR_LOCK = "The document date cannot be before the end of year lock date, currently set at {day}"  # seen
    NOT_AUTHORISED = "Payments can only be made against Authorised documents"  # seen
    TOO_MUCH = "Payment amount exceeds the amount outstanding on this document"  # seen
    NOT_POSITIVE = "The amount must be greater than zero."
    NEGATIVE_QUANTITY = "The quantity value '{value}' is invalid. Quantity must not be less than zero."  # seen
    LINE_TOTAL = "The line total {given} does not match the expected line total {expected}"  # seen
    DOCUMENT_TOTAL = "The document total does not equal the sum of the lines."  # seen
    NEGATIVE_TOTAL = "The document total must not be less than zero."
    NO_LINES = "One or more line items must be specified"
    NO_DESCRIPTION = "Description must be specified"
    UNBALANCED = "The total debits must equal the total credits; they differ by {off}."
    FEW_LINES = "At least two journal lines must be specified"
    TAX_AMOUNT = "The tax amount {given} must match the auto calculated value {expected}"
    CURRENCY = "Organisation is not subscribed to currency {currency}"  # seen
    CURRENCY_OF_ACCOUNT = "The currency {currency} cannot be used with account code '{code}'."
    CONTACT_NEEDED = "A Contact must be specified for this type of transaction"  # seen
    CONTACT_MISSING = "The contact could not be found"
    CONTACT_ARCHIVED = "The contact is archived. It must be un-archived before creating new documents for it."
    CONTACT_TAKEN = (
        "The contact name {name} is already assigned to another contact."
        " The contact name must be unique across all active contacts."
    )  # seen
    DOCUMENT_MISSING = "The document with the supplied id was not found for this endpoint."  # seen
    OTHER_CONTACT = "The credit note and the invoice must belong to the same contact."
    STATUS = "The status {status} is not valid for this document."
    TOO_LONG = "The {field} must not be longer than {most} characters."
    URL = "The Url must not contain the word xero."
    ITEM_INVALID = "Item code '{code}' is not valid"  # seen
    ITEM_TAKEN = "Price List Item with Code '{code}' already exists"  # seen
    ITEM_IN_USE = "The item is tracked as inventory and used by transactions; it cannot be deleted."
    TRACKING = "At most two tracking categories may be used on a line."
    TRACKING_FULL = "You may only have two active tracking categories."
    TRACKING_MISSING = "The tracking option {name}: {option} does not exist."
    DISCOUNT = "Discounts are for sales invoices only."
    UNIQUE_CODE = "Please enter a unique Code."
    UNIQUE_NAME = "Please enter a unique Name."  # seen
    BANK_NUMBER = "A bank account number must be specified for an account of type BANK."
    FIELD_NEEDED = "{field} must be specified"
    IN_USE = "The account is used by documents and cannot be deleted; archive it."
    SYSTEM_ACCOUNT = "System accounts cannot be changed or archived."
    TO_ORDER = "The sandbox was told to refuse this element."
    SAME_BANK = "The bank accounts of a transfer must differ."


def validation_answer(elements: list[dict[str, Any]]) -> dict[str, Any]:
    """Shape the 400 that a request gets in which at least one element is invalid."""
    return {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": elements,
    }


def problem(status: int, title: str, detail: str, instance: str) -> Mapping[str, Any]:
    """Shape what the gateway answers before the accounting API is reached."""
    return {"Type": None, "Title": title, "Status": status, "Detail": detail, "Instance": instance, "Extensions": {}}
