"""Ledger facts: what a ledger says of itself, as a dated snapshot that planning takes as a value."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import msgspec

from bridge.model.account_classes import AccountClass
from bridge.model.remarks import Grade, Remark


class TaxScheme(StrEnum):
    """How a ledger says that its company is taxed.

    unknown: it does not say. none: not registered. registered: it is, by an unknown basis. accrual, cash: tax is due
    with the document, or with its money. flat_rate, flat_rate_cash: a share of the turnover, by either.
    """

    UNKNOWN = ""
    NONE = "none"
    REGISTERED = "registered"
    ACCRUAL = "accrual"
    CASH = "cash"
    FLAT_RATE = "flat_rate"
    FLAT_RATE_CASH = "flat_rate_cash"

    @property
    def is_cash(self) -> bool:
        """Whether tax is due when money comes."""
        return self in {TaxScheme.CASH, TaxScheme.FLAT_RATE_CASH}


class LedgerAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a ledger's chart.

    type: the ledger's own word, for people and for its own plugin. account_class: what it is. balance_minor: as of
    the snapshot. takes_journals: plain journals may be posted to it; takes_payments: payments of invoices, where the
    ledger asks for that to be switched on. formerly: numbers and names that the same account had in earlier snapshots.
    """

    ledger_id: str
    number: str
    name: str
    type: str
    currency: str
    account_class: AccountClass
    is_active: bool = True
    balance_minor: int | None = None
    takes_journals: bool = True
    takes_payments: bool = False
    formerly: tuple[str, ...] = ()

    def remembering(self, earlier: LedgerAccount | None) -> LedgerAccount:
        """The same, with what it was called before."""
        if earlier is None:
            return self
        names = (*earlier.formerly, earlier.number, earlier.name)
        formerly = tuple(dict.fromkeys(one for one in names if one not in {"", self.number, self.name}))
        return msgspec.structs.replace(self, formerly=formerly)


class LedgerTaxCode(msgspec.Struct, frozen=True):
    """One tax code of a ledger.

    rate:   percent as plain decimal text: of a code with several parts their sum; empty where it has none, or takes and
            gives. serves: the tax treatments (``model.tax``) it is the ledger's usual code for.
    """

    ledger_id: str
    name: str
    rate: str = ""
    serves: tuple[str, ...] = ()


class LedgerItem(msgspec.Struct, frozen=True):
    """A product or service that lines may name: where a ledger lists many, only those that rules name.

    ledger_id:  by which a line names it. account_id: that its sales go to; empty where each line says so itself.
    is_usual:   whether a line whose rule names none may be given it, where a form asks for one.
    off:        why no line can name it, and what to do, as a sentence without its full stop; empty where one can.
    """

    ledger_id: str
    name: str
    account_id: str
    off: str = ""
    is_usual: bool = True

    def posts_to(self, account_id: str) -> bool:
        """Whether a line on that account may name it, if any line may."""
        return self.account_id in {"", account_id}


class ContactRole(StrEnum):
    """What a contact is to the company; empty where a ledger keeps one list of both."""

    CUSTOMER = "customer"
    SUPPLIER = "supplier"
    ANY = ""


class LedgerContact(msgspec.Struct, frozen=True):
    """A customer or supplier that vouchers may name; only those that a connection's settings or rules name.

    currency: the one that it is kept in; empty where it may be named in any.
    """

    ledger_id: str
    name: str
    role: ContactRole = ContactRole.ANY
    currency: str = ""


class LedgerOption(msgspec.Struct, frozen=True):
    """One option of a dimension. name: in full, with those of its parents where a ledger has such."""

    ledger_id: str
    name: str
    is_active: bool = True


class LedgerDimension(msgspec.Struct, frozen=True):
    """Something that lines are reported by beside their account: classes, locations, a tracking category.

    ledger_id: the ledger's own, or what tells its plugin where it stands. off: why nothing can be reported by it now,
    and what to do, as a sentence without its full stop; empty where it can.
    """

    ledger_id: str
    name: str
    options: tuple[LedgerOption, ...] = ()
    off: str = ""

    def option(self, wanted: str) -> LedgerOption | None:
        """The option of that name, in any case; one that is active goes before one that is not."""
        fits = [one for one in self.options if one.name.casefold() == wanted.casefold()]
        return min(fits, key=lambda one: not one.is_active, default=None)


class LedgerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A dated snapshot of one ledger.

    country: where the company is, an ISO 3166 code of two capitals (``US``); empty where the ledger does not say.
    home_currency: the company's own. locked_through: the last day of the closed period, None when open.
    has_unique_numbers: the ledger refuses a voucher number that is taken, so that a number guards against a
    second posting; where it does not, delivery looks before it sends.
    receivable_id, tax_account_id: the accounts the ledger itself posts open invoices and tax to; empty when unknown.
    receivables: (currency, ledger id), where the ledger keeps its customers, and what they owe, by currency: then
    ``receivable_id`` is that of its own. A currency that has no such account, or several, is not among them.
    currencies: those the company may use besides its own. tax_scheme: how it is taxed, as the ledger says it.
    remarks: what else of its set-up was looked at. dimensions: what lines can be reported by.
    sought: the names that rules gave when it was taken: of what it does not tell, they are not there.
    own_customer: the name of the one contact in which the sales of all channels stand, where the connection says so.
    """

    connection: str
    taken_at: datetime
    company: str
    home_currency: str
    accounts: tuple[LedgerAccount, ...]
    locked_through: date | None = None
    is_multicurrency: bool = False
    has_unique_numbers: bool = True
    remarks: tuple[Remark, ...] = ()
    tax_codes: tuple[LedgerTaxCode, ...] = ()
    items: tuple[LedgerItem, ...] = ()
    contacts: tuple[LedgerContact, ...] = ()
    currencies: tuple[str, ...] = ()
    receivable_id: str = ""
    receivables: tuple[tuple[str, str], ...] = ()
    tax_account_id: str = ""
    country: str = ""
    tax_scheme: TaxScheme = TaxScheme.UNKNOWN
    dimensions: tuple[LedgerDimension, ...] = ()
    own_customer: str = ""
    sought: tuple[str, ...] = ()

    def with_lists_of(self, earlier: LedgerFacts) -> LedgerFacts:
        """These, where a list that only planning goes by is empty with that of an earlier snapshot."""
        return msgspec.structs.replace(
            self.remembering(earlier),
            is_multicurrency=self.is_multicurrency or earlier.is_multicurrency,
            tax_codes=self.tax_codes or earlier.tax_codes,
            items=self.items or earlier.items,
            contacts=self.contacts or earlier.contacts,
            currencies=self.currencies or earlier.currencies,
            dimensions=self.dimensions or earlier.dimensions,
            own_customer=self.own_customer or earlier.own_customer,
        )

    def remembering(self, earlier: LedgerFacts | None) -> LedgerFacts:
        """These, where each account knows what it was called before: whoever named it so still means it."""
        if earlier is None:
            return self
        before = {account.ledger_id: account for account in earlier.accounts}
        accounts = tuple(account.remembering(before.get(account.ledger_id)) for account in self.accounts)
        return msgspec.structs.replace(self, accounts=accounts)

    def takes(self, currency: str) -> bool:
        """Whether anything can stand in the ledger in this currency."""
        return currency == self.home_currency or (self.is_multicurrency and currency in self.currencies)

    def dimension(self, wanted: str) -> LedgerDimension | None:
        """The dimension of that name, in any case."""
        return next((one for one in self.dimensions if one.name.casefold() == wanted.casefold()), None)

    def items_called(self, wanted: str) -> tuple[LedgerItem, ...]:
        """The items of that id or name: those of exactly that; where there are none, in any case."""
        exact = tuple(item for item in self.items if wanted in {item.ledger_id, item.name})
        folded = wanted.casefold()
        return exact or tuple(one for one in self.items if folded in {one.ledger_id.casefold(), one.name.casefold()})

    def contact(self, wanted: str, currency: str = "") -> LedgerContact | None:
        """The contact of that name, in any case; for a currency, one that may be named in it."""
        others = {"", currency} if currency else None
        fits = (one for one in self.contacts if others is None or one.currency in others)
        return next((one for one in fits if one.name.casefold() == wanted.casefold()), None)

    def receivable_of(self, currency: str) -> str:
        """The account to which the ledger itself posts open invoices in a currency; empty when unknown."""
        return dict(self.receivables).get(currency, "") if self.receivables else self.receivable_id

    def lacks(self, code: str) -> bool:
        """Whether what a remark of that code is about is not as it should be."""
        return any(remark.code == code and remark.grade is not Grade.OK for remark in self.remarks)

    def account(self, wanted: str) -> LedgerAccount | None:
        """The active account whose number is ``wanted``; failing that, whose name or ledger id it is, or was.

        None when there is none, or when a name fits more than one.
        """
        fits = self._fitting(wanted, is_active=True)
        return fits[0] if len(fits) == 1 else None

    def archived(self, wanted: str) -> LedgerAccount | None:
        """The account that would have been meant, had it not been archived, deleted or merged into another."""
        return (
            None if self._fitting(wanted, is_active=True) else next(iter(self._fitting(wanted, is_active=False)), None)
        )

    def _fitting(self, wanted: str, *, is_active: bool) -> list[LedgerAccount]:
        known = [account for account in self.accounts if account.is_active is is_active]
        for fact in ("number", "name", "ledger_id"):
            if fits := [account for account in known if getattr(account, fact) == wanted]:
                return fits
        return [account for account in known if wanted in account.formerly]
