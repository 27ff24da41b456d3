"""Pure: what every voucher of an entry is drawn from."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.errors import HoldError
from bridge.model.chart import REFUNDS_PAYABLE
from bridge.model.entries import JournalEntry, Posting
from bridge.model.facts import LedgerAccount, LedgerItem
from bridge.model.lines import TENDER
from bridge.model.tracking import Tracked
from bridge.model.vouchers import AccountRef, VoucherLine
from bridge.plugin import PlanRequest
from bridge.plugin.selling import item_of
from bridge_quickbooks import words
from bridge_quickbooks.accounts import BANK, OTHER_CURRENT_ASSET, RECEIVABLE
from bridge_quickbooks.contacts import customer_of
from bridge_quickbooks.dimensions import of_head
from bridge_quickbooks.taxes import mark_of, untaxed_code

# Source: QuickBooks API reference, RefundReceipt.DepositToAccountRef; refused with 6430 otherwise.
_MONEY_TYPES = frozenset({BANK, OTHER_CURRENT_ASSET})


class Piece(msgspec.Struct, frozen=True):
    """One object to be, without its number and key.

    pays: which of the entry's pieces it settles, counted from 1. settles: the voucher of an earlier entry instead.
    applies: which of the entry's pieces is the credit that is set against that.
    """

    type: str
    lines: tuple[VoucherLine, ...]
    contact: str = ""
    pays: int = 0
    settles: str = ""
    applies: int = 0


class Drawing(msgspec.Struct, frozen=True):
    """An entry with all that decides its vouchers. postings: those that move anything."""

    request: PlanRequest
    postings: tuple[Posting, ...]

    @property
    def entry(self) -> JournalEntry:
        return self.request.entry

    @property
    def thing(self) -> str:
        return f"entry {self.entry.narration}"

    def account(self, posting: Posting) -> AccountRef:
        return self.request.accounts[posting.account]

    def type_of(self, posting: Posting) -> str:
        """QuickBooks' type of the posting's account; empty when the facts do not know it."""
        wanted = self.account(posting).ledger_id
        return next((one.type for one in self.request.facts.accounts if one.ledger_id == wanted), "")

    def takes_money(self, posting: Posting) -> bool:
        """Whether forms and payments may bring money to its account."""
        return self.type_of(posting) in _MONEY_TYPES

    @property
    def receivable(self) -> AccountRef | None:
        """The one account of what customers owe in its currency; None where there are several, or none."""
        wanted = self.request.facts.receivable_of(self.entry.currency)
        if not wanted:
            return None
        named = (account for account in self.request.accounts.values() if account.ledger_id == wanted)
        return next(named, AccountRef(wanted, "", "Accounts receivable"))

    @property
    def receivables(self) -> list[LedgerAccount]:
        """The active accounts of what customers owe that are kept in its currency."""
        facts = self.request.facts
        return [
            account
            for account in facts.accounts
            if account.is_active and (account.type, account.currency) == (RECEIVABLE, self.entry.currency)
        ]

    def is_receivable(self, posting: Posting) -> bool:
        return self.type_of(posting) == RECEIVABLE

    def is_payment(self, posting: Posting) -> bool:
        """Whether it is money of a buyer, by a way to pay whose account forms take."""
        return posting.kind == TENDER and not posting.tax_minor and self.takes_money(posting)

    def without_twins(self, postings: Sequence[Posting]) -> tuple[Posting, ...]:
        """Without what is owed back and taken again: a refund of what was never paid passes through 2220."""
        owed_back = [posting for posting in postings if posting.account == REFUNDS_PAYABLE]
        is_through = not sum(posting.amount_minor for posting in owed_back)
        return tuple(posting for posting in postings if not (is_through and posting in owed_back))

    def mark(self, posting: Posting) -> str:
        """The mark of its tax on a sales form, where every line has one."""
        request = self.request
        found = mark_of(posting, request.tax_codes, thing=self.thing)
        return found or untaxed_code(request.tax_codes, request.facts)

    def money_line(self, posting: Posting, amount_minor: int) -> VoucherLine:
        """What a form brings to the account of a way to pay."""
        return VoucherLine(
            account=self.account(posting),
            amount_minor=amount_minor,
            description=words.description(posting, self.request.names),
        )

    def item_lines(self, postings: Sequence[Posting]) -> tuple[VoucherLine, ...]:
        """The lines of a sales form. Raises: HoldError ``item.missing`` where QuickBooks has no item for one."""
        return tuple(
            VoucherLine(
                account=self.account(posting),
                amount_minor=posting.amount_minor,
                description=words.description(posting, self.request.names),
                tax_code=self.mark(posting),
                tax_minor=posting.tax_minor if posting.tax_code else 0,
                item=item.ledger_id,
                tracked=self.tracked(posting),
            )
            for posting, item in zip(postings, self._items(postings), strict=True)
        )

    def _items(self, postings: Sequence[Posting]) -> list[LedgerItem]:
        """An item for each posting: the one its rule names, else the oldest service that posts to its account."""
        found = [self._item(posting) for posting in postings]
        missing = {
            f"{posting.account} {self.account(posting).name}".strip()
            for posting, item in zip(postings, found, strict=True)
            if item is None
        }
        if missing:
            raise HoldError(
                self.thing,
                f"QuickBooks has no active service item that posts to {', '.join(sorted(missing))}",
                "Create a service item that posts to it (`bridge accounts create ROUTE` shows what it would make); "
                "then run again",
                code="item.missing",
            )
        return [item for item in found if item]

    def _item(self, posting: Posting) -> LedgerItem | None:
        account, facts = self.account(posting), self.request.facts
        if posting.item:
            return item_of(facts, self.entry, posting, account)
        usual = (item for item in facts.items if item.is_usual and not item.off and item.posts_to(account.ledger_id))
        return min(usual, key=lambda item: (len(item.ledger_id), item.ledger_id), default=None)

    def tracked(self, posting: Posting) -> tuple[Tracked, ...]:
        """What it is reported by."""
        return self.request.tracking.get(posting.number, ())

    def is_of_one(self, sold: Sequence[Posting], beside: Sequence[Posting]) -> bool:
        """Whether one form can say whom and where: its head names one customer and one location for all it sells.

        beside: what no line of the form is, such as its money, which can be given neither.
        """
        places = {of_head(self.tracked(posting)) for posting in sold}
        is_bare = not any(posting.contact or self.tracked(posting) for posting in beside)
        return is_bare and len({posting.contact for posting in sold}) < 2 and len(places) < 2

    @property
    def settled_contact(self) -> str:
        """Whom rules name for what it settles, or has owed again; empty for the channel's own."""
        return next((each.contact for each in self.request.settles), self.request.owed_again_by)

    def is_of_another(self, sold: Sequence[Posting]) -> bool:
        """Whether what it settles stands in several names, or in another than rules give what is sold beside."""
        names = {each.contact for each in self.request.settles}
        named = next((posting.contact for posting in sold), "")
        return len(names) > 1 or bool(names and named and named not in names)

    def contact(self, sold: Sequence[Posting]) -> str:
        """The id of the customer: whom rules name for all that is sold, or for what it settles, else the channel's.

        Raises: HoldError ``contact.missing`` where QuickBooks has none of that name.
        """
        named = next((posting.contact for posting in sold), "") or self.settled_contact
        return customer_of(self.request, named or self.request.customer)
