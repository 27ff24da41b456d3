"""Pure: whether an order or a refund can be one sales form, and the lines of that form.

A form has one account that the money goes to or comes from, a customer, and items instead of accounts. What cannot be
said so is a journal entry: several tenders, money on an account that forms refuse, a total that is not positive, an
amount that stays open, several customers, several locations. A missing item or customer is not such a reason: the
merchant asked for forms, and can add it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from bridge.errors import HoldError
from bridge.model.chart import CUSTOMER_DEPOSITS, DUE_FROM_BUYERS, REFUNDS_PAYABLE
from bridge.model.entries import Posting, Purpose
from bridge.model.facts import LedgerFacts, LedgerItem
from bridge.model.lines import TENDER
from bridge.model.vouchers import AccountRef, VoucherLine
from bridge.plugin import PlanRequest
from bridge_quickbooks import words
from bridge_quickbooks.contacts import customer_of, named_by_all
from bridge_quickbooks.dimensions import of_head
from bridge_quickbooks.taxes import is_purchase, mark_of, untaxed_code

# Source: QuickBooks API reference, RefundReceipt.DepositToAccountRef; refused with 6430 otherwise.
MONEY_TYPES = frozenset({"Bank", "Other Current Asset"})
_OPEN = frozenset({DUE_FROM_BUYERS, CUSTOMER_DEPOSITS, REFUNDS_PAYABLE})
_SIGNS = {Purpose.ORDER: 1, Purpose.REFUND: -1}


class Receipt(msgspec.Struct, frozen=True):
    """A form: its type, its lines with the money's first, and the customer's id."""

    type: str
    lines: tuple[VoucherLine, ...]
    contact: str


def receipt(request: PlanRequest, postings: Sequence[Posting]) -> Receipt | None:
    """The form of an order or a refund; None where it must be a journal entry.

    Raises: HoldError ``item.missing`` or ``contact.missing`` where a list of QuickBooks lacks what the form needs.
    """
    entry, accounts, facts, tax_codes = request.entry, request.accounts, request.facts, request.tax_codes
    thing = f"entry {entry.narration}"
    money = [posting for posting in postings if posting.kind == TENDER]
    others = [posting for posting in postings if posting.kind != TENDER]
    sign = _SIGNS.get(entry.purpose, 0)
    into = {accounts[posting.account].ledger_id: accounts[posting.account] for posting in money}
    total_minor = sum(posting.amount_minor for posting in money)
    if len(into) != 1 or sign * total_minor <= 0 or not _takes_money(facts, *into):
        return None
    if any(posting.tax_minor for posting in money):
        return None
    if any(posting.account in _OPEN or accounts[posting.account].ledger_id in into for posting in others):
        return None
    marks = [mark_of(posting, tax_codes, thing=thing) or untaxed_code(tax_codes, facts) for posting in others]
    if any(is_purchase(mark) for mark in marks):
        return None
    name = named_by_all(others)
    if name is None or any(posting.contact or posting.number in request.tracking for posting in money):
        return None
    items = _items(others, accounts, facts, thing)
    sold = tuple(
        VoucherLine(
            account=accounts[posting.account],
            amount_minor=posting.amount_minor,
            description=words.description(posting, request.names),
            tax_code=mark,
            tax_minor=posting.tax_minor if posting.tax_code else 0,
            item=item,
            tracked=request.tracking.get(posting.number, ()),
        )
        for posting, mark, item in zip(others, marks, items, strict=True)
    )
    if of_head(sold) is None:
        return None
    (account,) = into.values()
    words_of_money = words.description(money[0], request.names)
    return Receipt(
        words.SALES_RECEIPT if sign > 0 else words.REFUND_RECEIPT,
        (VoucherLine(account=account, amount_minor=total_minor, description=words_of_money), *sold),
        customer_of(facts, name or request.customer, thing),
    )


def _takes_money(facts: LedgerFacts, ledger_id: str) -> bool:
    return any(account.ledger_id == ledger_id and account.type in MONEY_TYPES for account in facts.accounts)


def _items(
    postings: Sequence[Posting], accounts: Mapping[str, AccountRef], facts: LedgerFacts, thing: str
) -> list[str]:
    """An item for each posting: the one its rule names, else the oldest that posts to its account."""
    found = [_item(posting, accounts[posting.account], facts) for posting in postings]
    missing = {
        f"{posting.account} {accounts[posting.account].name}".strip() + (f" ({posting.item!r})" if posting.item else "")
        for posting, item in zip(postings, found, strict=True)
        if item is None
    }
    if missing:
        raise HoldError(
            thing,
            f"QuickBooks has no active service item that posts to {', '.join(sorted(missing))}",
            "Create a service item that posts to it, then run again",
            code="item.missing",
        )
    return [item.ledger_id for item in found if item]


def _item(posting: Posting, account: AccountRef, facts: LedgerFacts) -> LedgerItem | None:
    fits = (
        item
        for item in facts.items
        if item.account_id == account.ledger_id and posting.item in {"", item.ledger_id, item.name}
    )
    return min(fits, key=lambda item: (len(item.ledger_id), item.ledger_id), default=None)
