"""Accounts of the recommended chart, found in a ledger's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from bridge.model.account_classes import AccountClass
from bridge.model.accounts import odd_class, seek_for
from bridge.model.chart import DUE_FROM_BUYERS, REFUNDS_PAYABLE, Chart, title
from bridge.model.connections import Route
from bridge.model.entries import JournalEntry
from bridge.model.facts import LedgerFacts, LedgerTaxCode
from bridge.model.lines import TENDER
from bridge.model.tax import NONE as NO_TAX
from bridge.model.tax import explained, wider
from bridge.model.tax_setup import mapped_tax_codes
from bridge.model.vouchers import AccountRef

_OF_ONE_CURRENCY = frozenset({AccountClass.BANK, AccountClass.CARD})


class Missing(msgspec.Struct, frozen=True):
    """An account the ledger does not have (or has twice). wanted: what was looked for."""

    number: str
    wanted: str


class Resolved(msgspec.Struct, frozen=True):
    """Every account that was asked for: found, missing, or there and of no use.

    archived: what each was looked for as, and is called. odd: of those that were found, why they cannot be meant.
    """

    accounts: Mapping[str, AccountRef]
    missing: tuple[Missing, ...]
    archived: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()


class TaxCodes(msgspec.Struct, frozen=True):
    """The ledger's tax code for each treatment. missing: treatments that none of its codes serves, or several."""

    codes: Mapping[str, str]
    missing: tuple[str, ...]


def resolve(numbers: Iterable[str], route: Route, facts: LedgerFacts, chart: Chart, currency: str) -> Resolved:
    """Find each chart number in the ledger by the route's mapping for a currency. chart: what each is meant to be."""
    accounts, missing, archived, odd = {}, [], [], []
    for number in sorted(set(numbers)):
        sought, known = seek_for(facts, route, number, currency), chart.get(number)
        if sought.account is None and (gone := facts.archived(sought.wanted)):
            is_named_otherwise = known is None or gone.name != known.name
            archived.append(title(chart, number) + (f" (there {gone.name!r})" if is_named_otherwise else ""))
        elif sought.account is None:
            missing.append(Missing(number, sought.wanted))
        else:
            accounts[number] = AccountRef(sought.account.ledger_id, number, sought.account.name)
            odd.append(odd_class(known, sought.account) if known else "")
    return Resolved(accounts, tuple(missing), tuple(archived), tuple(filter(None, odd)))


def is_passed_through(entry: JournalEntry) -> bool:
    """Whether money went back beside what a buyer owes: of that two objects may need 2220 between them."""
    is_owed = any(posting.account == DUE_FROM_BUYERS for posting in entry.postings)
    return is_owed and any(posting.kind == TENDER and posting.amount_minor < 0 for posting in entry.postings)


def passed_through(entry: JournalEntry, route: Route, facts: LedgerFacts, chart: Chart) -> Mapping[str, AccountRef]:
    """That account, where an entry may need it beside those of its postings; empty if it is not there, or is odd."""
    if not is_passed_through(entry):
        return {}
    found = resolve([REFUNDS_PAYABLE], route, facts, chart, entry.currency)
    return {} if found.odd else found.accounts


def off_currency(accounts: Mapping[str, AccountRef], currency: str, facts: LedgerFacts) -> Mapping[str, str]:
    """The accounts that take nothing in this currency: by number, the currency each is kept in.

    A ledger converts what is posted to an account of its own currency; but money at a bank, and what is owed on a card,
    is of one currency.
    """
    known = {account.ledger_id: account for account in facts.accounts}
    return {
        number: kept_in
        for number, ref in accounts.items()
        if (account := known.get(ref.ledger_id)) is not None
        and (kept_in := account.currency or facts.home_currency) != currency
        and (kept_in != facts.home_currency or account.account_class in _OF_ONE_CURRENCY)
    }


def tax_codes(treatments: Iterable[str], route: Route, facts: LedgerFacts) -> TaxCodes:
    """Find each treatment's code: as the route maps it, by id or name, else the one that serves it.

    Where nothing is known of a narrower treatment, what is known of a wider one.
    """
    mapped = mapped_tax_codes(route)
    codes, missing = {}, []
    for treatment in sorted(set(treatments) - {""}):
        wanted = next((mapped[each] for each in wider(treatment) if each in mapped), "")
        found = (_fitting(facts, each, wanted) for each in wider(treatment))
        fits = next(filter(None, found), [])
        if len(fits) == 1:
            codes[treatment] = fits[0].ledger_id
        elif treatment == NO_TAX and not fits:
            codes[treatment] = ""
        else:
            missing.append(f"{treatment} (mapped to {wanted!r})" if wanted else explained(treatment))
    return TaxCodes(codes, tuple(missing))


def _fitting(facts: LedgerFacts, treatment: str, wanted: str) -> list[LedgerTaxCode]:
    """The codes that a treatment may get. wanted: the one that its route maps, by id or name; empty for none."""
    names = {wanted} - {""}
    return [
        code
        for code in facts.tax_codes
        if (not names.isdisjoint({code.ledger_id, code.name}) if names else treatment in code.serves)
    ]
