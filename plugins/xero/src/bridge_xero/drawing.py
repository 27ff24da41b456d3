"""Pure: what every voucher of an entry is drawn from, and the checks that any of them must pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import cached_property

import msgspec

from bridge.errors import HoldError
from bridge.model.chart import REFUNDS_PAYABLE
from bridge.model.entries import JournalEntry, Posting
from bridge.model.facts import LedgerAccount, LedgerFacts
from bridge.model.money import exponent
from bridge.model.rates import turned
from bridge.model.tax import NONE
from bridge.model.vouchers import AccountRef, VoucherLine
from bridge.plugin import PlanRequest
from bridge.plugin.selling import item_of
from bridge_xero.accounts import BANK
from bridge_xero.facts import rate_of
from bridge_xero.tax_types import NO_TAX
from bridge_xero.words import description

RATE_PLACES = 6
PLACES = 2  # of every amount in Xero, whatever the currency
LARGEST = 999_999_999_999  # Source: developer.xero.com, "Invoices", LineAmount at most 9,999,999,999.99


class Piece(msgspec.Struct, frozen=True):
    """One object to be, without its number and key.

    pays: which of the entry's pieces it settles, counted from 1. settles: the voucher of another entry instead.
    applies: which of the entry's pieces is the credit note that is set against that.
    is_refunds: it holds the refunds alone of an entry that holds sales too. part: which of several it was cut into.
    """

    type: str
    lines: tuple[VoucherLine, ...]
    contact: str = ""
    pays: int = 0
    settles: str = ""
    applies: int = 0
    same_amount_days: int = 0
    is_refunds: bool = False
    part: str = ""


class Drawing(msgspec.Struct, frozen=True, dict=True):
    """An entry with all that decides its vouchers."""

    request: PlanRequest

    @property
    def entry(self) -> JournalEntry:
        return self.request.entry

    @property
    def accounts(self) -> Mapping[str, AccountRef]:
        return self.request.accounts

    @property
    def facts(self) -> LedgerFacts:
        return self.request.facts

    @cached_property
    def _chart(self) -> Mapping[str, LedgerAccount]:
        return {account.ledger_id: account for account in self.facts.accounts}

    @cached_property
    def postings(self) -> tuple[Posting, ...]:
        """Those that move anything. Raises: HoldError when tax stands where no amount does."""
        for posting in self.entry.postings:
            if posting.tax_minor and not posting.amount_minor:
                raise self.hold(
                    posting,
                    "states tax on an amount of nothing",
                    "Enter it by hand with the VAT that applies, and `bridge decide VOUCHER withdraw`",
                    code="xero.tax_rounding",
                )
        return tuple(posting for posting in self.entry.postings if posting.amount_minor)

    @property
    def without_twins(self) -> tuple[Posting, ...]:
        """Those postings but what is owed back and taken again: a refund of what was never paid passes through 2220."""
        owed_back = [posting for posting in self.postings if posting.account == REFUNDS_PAYABLE]
        is_through = not sum(posting.amount_minor for posting in owed_back)
        return tuple(posting for posting in self.postings if not (is_through and posting in owed_back))

    @property
    def receivable(self) -> AccountRef:
        """Accounts receivable. Raises: HoldError when the ledger does not say which it is."""
        named = (account for account in self.accounts.values() if account.ledger_id == self.facts.receivable_id)
        if not self.facts.receivable_id:
            raise HoldError(
                f"entry {self.entry.narration}",
                "Xero names no accounts receivable account",
                "Make sure that Xero's chart has an account of type Accounts Receivable, then run again",
                code="xero.no_receivable",
            )
        return next(named, AccountRef(self.facts.receivable_id, "", "Accounts receivable"))

    def type_of(self, posting: Posting) -> str:
        """Xero's type of the posting's account; empty when the facts do not know it."""
        found = self._chart.get(self.accounts[posting.account].ledger_id)
        return found.type if found else ""

    def takes_lines(self, posting: Posting) -> bool:
        """Whether a journal, or a line of a document, may name its account."""
        found = self._chart.get(self.accounts[posting.account].ledger_id)
        return found is None or found.takes_journals

    def takes_payments(self, posting: Posting) -> bool:
        """Whether a payment may be made to or from its account."""
        found = self._chart.get(self.accounts[posting.account].ledger_id)
        return found is not None and (found.type == BANK or found.takes_payments)

    def is_receivable(self, posting: Posting) -> bool:
        """Whether it is open in a customer's name: no line of a document, but what is left of its total."""
        return bool(self.facts.receivable_id) and (self.accounts[posting.account].ledger_id == self.facts.receivable_id)

    @property
    def is_foreign(self) -> bool:
        return self.entry.currency != self.facts.home_currency

    @property
    def rate(self) -> str:
        """Units of the entry's currency for one of the organisation's, where the channel converted to that; else empty.

        Xero then takes the rate of the day. Source: developer.xero.com, Invoices, CurrencyRate: six decimals.
        """
        is_told = self.is_foreign and self.entry.rate_into == self.facts.home_currency
        return turned(self.entry.rate, RATE_PLACES) if is_told else ""

    def line(self, posting: Posting, *, is_implied: bool = False) -> VoucherLine:
        """The posting as a line of an object, with the ledger's own tax code."""
        return VoucherLine(
            account=self.accounts[posting.account],
            amount_minor=posting.amount_minor,
            description=description(posting, self.request.names),
            tax_code="" if is_implied else self.tax_code(posting),
            tax_minor=0 if is_implied else posting.tax_minor,
            item="" if is_implied else self.item(posting),
            is_implied=is_implied,
            tracked=() if is_implied else self.request.tracking.get(posting.number, ()),
        )

    def item(self, posting: Posting) -> str:
        """The code of the item that its rule names. Raises: HoldError where no line can name it."""
        if not posting.item:
            return ""
        return item_of(self.facts, self.entry, posting, self.accounts[posting.account]).ledger_id

    def tax_code(self, posting: Posting) -> str:
        """The ledger's code for the posting's treatment; empty for Xero's own word for none."""
        code = self.request.tax_codes.get(posting.tax_code, "")
        if not code and posting.tax_code in {"", NONE}:
            code = next((one.ledger_id for one in self.facts.tax_codes if NONE in one.serves), NO_TAX)
        if not code:
            raise self.hold(
                posting,
                f"Xero has no tax code for {posting.tax_code}",
                "Name one in the route's tax_codes",
                code="xero.tax_type",
            )
        return "" if code == NO_TAX else code

    def is_tax_as_computed(self, posting: Posting) -> bool:
        """Whether Xero itself would come to the posting's tax: of what cannot state it, only that may be sent.

        Rounding: half a cent away from nought, line by line.
        """
        rate = rate_of(self.facts, self.tax_code(posting))
        computed = (Decimal(abs(posting.amount_minor)) * rate / (100 + rate)).quantize(Decimal(1), ROUND_HALF_UP)
        return posting.tax_minor == (int(computed) if posting.amount_minor > 0 else -int(computed))

    def contact_of(self, postings: Sequence[Posting]) -> str:
        """The ledger id of the one contact these postings are for: as rules say, of them or of what was open before.

        Raises: HoldError when rules name more than one, or the contact is not there.
        """
        names = {posting.contact for posting in postings}
        if len(names) > 1:
            odd = next(posting for posting in postings if posting.contact)
            raise self.hold(
                odd,
                f"rule {odd.rule} gives it the contact {odd.contact!r}, and a document has but one",
                "Take the contact out of the rule",
                code="xero.not_carried",
            )
        name = names.pop() if names else ""
        settled = next((each.contact for each in self.request.settles), self.request.owed_again_by)
        wanted = name or settled or self.request.customer
        found = self.facts.contact(wanted)
        if found is None:
            raise HoldError(
                f"entry {self.entry.narration}",
                f"Xero has no active contact {wanted!r}",
                "Add a contact of that name in Xero under Contacts (`bridge accounts create ROUTE` shows what it would "
                "make), or name another as `contact` of the connection; then run again",
                code="contact.missing",
            )
        return found.ledger_id

    def check_bare(self, postings: Iterable[Posting], what: str) -> None:
        """Raises: HoldError for a posting that is reported by something, or sells an item, where Xero cannot say it."""
        for posting in postings:
            tracked = self.request.tracking.get(posting.number, ())
            self._check_not_given(posting, "tracking", ", ".join(f"{one.name}={one.option}" for one in tracked), what)
            self.check_itemless((posting,), what)

    def check_itemless(self, postings: Iterable[Posting], what: str) -> None:
        """Raises: HoldError for a posting whose rule names an item, where Xero has no place to say it."""
        for posting in postings:
            self._check_not_given(posting, "item", posting.item, what)

    def _check_not_given(self, posting: Posting, word: str, given: str, what: str) -> None:
        if given:
            raise self.hold(
                posting,
                f"rule {posting.rule} gives it the {word} {given!r}, which {what} cannot carry in Xero",
                f"Take the {word} out of the rule",
                code="xero.not_carried",
            )

    def check_lines(self, postings: Iterable[Posting], what: str) -> None:
        """Raises: HoldError for a posting on an account that lines of that kind may not name."""
        for posting in postings:
            if not self.takes_lines(posting):
                raise self.hold(
                    posting,
                    f"Xero takes no {what} line on an account of type {self.type_of(posting)}",
                    "Map it to another account, for clearing one of type CURRENT",
                    code="xero.account_type",
                )

    def check(self) -> None:
        """Nothing may be lost on the way without a word, and every amount must be one that Xero can hold.

        Raises: HoldError.
        """
        known = {self.facts.home_currency, *self.facts.currencies}
        if self.entry.currency not in known:
            raise HoldError(
                f"entry {self.entry.narration}",
                f"it is in {self.entry.currency}, which the organisation does not use",
                f"Add {self.entry.currency} in Xero under Settings, Currencies (where the plan has several), then run "
                "again; or enter it by hand at the bank's rate and `bridge decide VOUCHER withdraw`",
                code="xero.currency",
            )
        step = 10 ** max(0, exponent(self.entry.currency) - PLACES)
        most = LARGEST * 10 ** exponent(self.entry.currency) // 10**PLACES
        for posting in self.postings:
            if posting.amount_minor % step or posting.tax_minor % step or abs(posting.amount_minor) > most:
                raise self.hold(
                    posting,
                    "Xero cannot hold the amount: at most 9,999,999,999.99, with two decimals",
                    "Enter it by hand, and `bridge decide VOUCHER withdraw`",
                    code="xero.amount",
                )
            if posting.tax_minor and not rate_of(self.facts, self.tax_code(posting)):
                raise self.hold(
                    posting,
                    f"it states tax, and the tax code for {posting.tax_code or NONE} has none",
                    "Map another tax code in the route's tax_codes",
                    code="xero.tax_rounding",
                )

    def hold(self, posting: Posting, cause: str, next_step: str, *, code: str) -> HoldError:
        """The error that names entry and account."""
        account = self.accounts[posting.account]
        return HoldError(
            f"entry {self.entry.narration}, account {posting.account} {account.name}".rstrip(),
            cause,
            next_step,
            code=code,
        )
