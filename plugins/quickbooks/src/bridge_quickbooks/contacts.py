"""Pure: whom a form is made out to, and whom a line of a journal names."""

from __future__ import annotations

from bridge.errors import HoldError
from bridge.model.account_classes import AccountClass
from bridge.model.entries import Posting
from bridge.model.facts import ContactRole, LedgerContact, LedgerFacts
from bridge.plugin import PlanRequest

NOBODY = LedgerContact("", "")
# A line on these must name one of its kind, or QuickBooks refuses the journal with 6000.
_OWNERS = {AccountClass.RECEIVABLE: ContactRole.CUSTOMER, AccountClass.PAYABLE: ContactRole.SUPPLIER}
_WORDS = {ContactRole.CUSTOMER: "customer", ContactRole.SUPPLIER: "vendor", ContactRole.ANY: "customer or vendor"}


def customer_of(facts: LedgerFacts, name: str, thing: str) -> str:
    """The id of the customer of that name. Raises: HoldError ``contact.missing``."""
    return _found(facts, name, ContactRole.CUSTOMER, thing).ledger_id


def line_contact(request: PlanRequest, posting: Posting) -> LedgerContact:
    """Whom a line of a journal names: whom its rule says; on receivables, where none does, the channel's customer.

    Raises: HoldError ``contact.missing`` where QuickBooks has nobody such, or asks for a vendor that no rule names.
    """
    thing, account = f"entry {request.entry.narration}", request.accounts[posting.account]
    classes = {one.ledger_id: one.account_class for one in request.facts.accounts}
    role = _OWNERS.get(classes.get(account.ledger_id, AccountClass.EXPENSE), ContactRole.ANY)
    name = posting.contact or (request.customer if role is ContactRole.CUSTOMER else "")
    if name:
        return _found(request.facts, name, role, thing)
    if role is ContactRole.SUPPLIER:
        raise HoldError(
            thing,
            f"account {posting.account} is accounts payable, where QuickBooks asks for a vendor, and no rule names one",
            "Name a vendor as `contact` of the rule, or map another account, then run again",
            code="contact.missing",
        )
    return NOBODY


def _found(facts: LedgerFacts, name: str, role: ContactRole, thing: str) -> LedgerContact:
    for contact in facts.contacts:
        is_fit = role is contact.role or ContactRole.ANY in {role, contact.role}
        if is_fit and contact.name.casefold() == name.casefold():
            return contact
    raise HoldError(
        thing,
        f"QuickBooks has no active {_WORDS[role]} {name!r}, whom it names",
        "Create it (`bridge accounts create ROUTE` shows what it would make), or name another as `customer` of the "
        "connection or `contact` of the rule, then run again",
        code="contact.missing",
    )
