"""What is paid and credited on documents, and the status that follows."""

from collections.abc import Iterator
from decimal import Decimal

from bridge_xero_sandbox.kinds import KINDS
from bridge_xero_sandbox.organisation import Organisation
from bridge_xero_sandbox.wire import JsonObject, amount, money

__all__ = ["allocations_of", "is_touched", "payments_of", "remaining", "settle"]


def payments_of(organisation: Organisation, kind: str, document: JsonObject) -> Iterator[JsonObject]:
    """Give the payments of a document that are not deleted."""
    for payment in organisation.linked("Payments", document[KINDS[kind].id]):
        if payment["Status"] == "AUTHORISED":
            yield payment


def allocations_of(organisation: Organisation, kind: str, document: JsonObject) -> Iterator[JsonObject]:
    """Give the allocations to or of a document that are not deleted."""
    for allocation in organisation.linked("Allocations", document[KINDS[kind].id]):
        if not allocation["IsDeleted"]:
            yield allocation


def is_touched(organisation: Organisation, kind: str, document: JsonObject) -> bool:
    """Tell whether money is allocated to a document."""
    return any(payments_of(organisation, kind, document)) or any(allocations_of(organisation, kind, document))


def remaining(organisation: Organisation, kind: str, document: JsonObject) -> Decimal:
    """Give what is still open."""
    return amount(document["Total"]) - _paid(organisation, kind, document) - _credited(organisation, kind, document)


def settle(organisation: Organisation, kind: str, document: JsonObject, *, is_untold: bool = False) -> JsonObject:
    """Bring a document's open amount and status up to date with its payments and allocations."""
    paid, credited = _paid(organisation, kind, document), _credited(organisation, kind, document)
    is_live = document["Status"] in {"AUTHORISED", "PAID"}
    left = amount(document["Total"]) - paid - credited
    new = dict(document)
    if kind == "Invoices":
        new |= {"AmountDue": money(left), "AmountPaid": money(paid), "AmountCredited": money(credited)}
    else:
        new |= {"RemainingCredit": money(left), "AppliedAmount": money(credited)}
    if is_live and left == 0:
        new["Status"] = "PAID"
        new["FullyPaidOnDate"] = _last_day(organisation, kind, document)
    elif is_live:
        new["Status"] = "AUTHORISED"
        new.pop("FullyPaidOnDate", None)
    return organisation.put(kind, new, is_untold=is_untold)


def _paid(organisation: Organisation, kind: str, document: JsonObject) -> Decimal:
    return sum((amount(payment["Amount"]) for payment in payments_of(organisation, kind, document)), Decimal(0))


def _credited(organisation: Organisation, kind: str, document: JsonObject) -> Decimal:
    return sum((amount(found["Amount"]) for found in allocations_of(organisation, kind, document)), Decimal(0))


def _last_day(organisation: Organisation, kind: str, document: JsonObject) -> str:
    days = [str(found["Date"]) for found in payments_of(organisation, kind, document)]
    days += [str(found["Date"]) for found in allocations_of(organisation, kind, document)]
    return max(days, default=str(document["Date"]))
