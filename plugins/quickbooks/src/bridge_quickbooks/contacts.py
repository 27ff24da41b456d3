"""Pure: whom a form is made out to, and whom a line of a journal names: QuickBooks keeps everybody in one currency."""

from __future__ import annotations

from bridge.errors import HoldError
from bridge.model.account_classes import AccountClass
from bridge.model.contacts import in_currency
from bridge.model.entries import Posting
from bridge.model.facts import ContactRole, LedgerContact
from bridge.plugin import PlanRequest

NOBODY = LedgerContact("", "")
# A line on these must name one of its kind, or QuickBooks refuses the journal with 6000.
_OWNERS = {AccountClass.RECEIVABLE: ContactRole.CUSTOMER, AccountClass.PAYABLE: ContactRole.SUPPLIER}
_WORDS = {ContactRole.CUSTOMER: "customer", ContactRole.SUPPLIER: "vendor", ContactRole.ANY: "customer or vendor"}


def customer_of(request: PlanRequest, name: str) -> str:
    """The id of the customer of that name in the entry's currency. Raises: HoldError ``contact.missing``."""
    return _found(request, name, ContactRole.CUSTOMER).ledger_id


def line_contact(request: PlanRequest, posting: Posting) -> LedgerContact:
    """Whom a line of a journal names: whom its rule says; on receivables, where none does, the channel's customer.

    Raises: HoldError ``contact.missing`` where QuickBooks has nobody such, or asks for a vendor that no rule names.
    """
    account = request.accounts[posting.account]
    classes = {one.ledger_id: one.account_class for one in request.facts.accounts}
    role = _OWNERS.get(classes.get(account.ledger_id, AccountClass.EXPENSE), ContactRole.ANY)
    name = posting.contact or (request.customer if role is ContactRole.CUSTOMER else "")
    if name:
        return _found(request, name, role)
    if role is ContactRole.SUPPLIER:
        raise HoldError(
            _thing(request),
            f"account {posting.account} is accounts payable, where QuickBooks asks for a vendor, and no rule names one",
            "Name a vendor as `contact` of the rule, or map another account, then run again",
            code="contact.missing",
        )
    return NOBODY


def _found(request: PlanRequest, name: str, role: ContactRole) -> LedgerContact:
    facts, currency = request.facts, request.entry.currency
    in_theirs = in_currency(name, currency, facts.home_currency)
    known = [one for one in facts.contacts if role is one.role or ContactRole.ANY in {role, one.role}]
    for called in (name, in_theirs):
        for contact in known:
            if contact.name.casefold() == called.casefold() and contact.currency in {"", currency}:
                return contact
    kept_in = next((one.currency for one in known if one.name.casefold() == name.casefold()), "")
    raise HoldError(
        _thing(request),
        f"QuickBooks has no active {_WORDS[role]} {in_theirs!r} in {currency}, whom it names: {name!r} is in {kept_in}"
        if kept_in
        else f"QuickBooks has no active {_WORDS[role]} {name!r}, whom it names",
        "Create it (`bridge accounts create ROUTE` shows what it would make), or name another as `customer` of the "
        "connection or `contact` of the rule, then run again",
        code="contact.missing",
    )


def _thing(request: PlanRequest) -> str:
    return f"entry {request.entry.narration}"
