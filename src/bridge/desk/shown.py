"""A voucher as a person checks it, and its entry: how each line is treated for tax, and the tax in it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from bridge.books.planning.accounts import tax_codes
from bridge.model.connections import Route
from bridge.model.entries import JournalEntry
from bridge.model.facts import LedgerFacts
from bridge.model.vouchers import Voucher


class LineTax(msgspec.Struct, frozen=True):
    """The tax of one line of a voucher; all empty where it has none.

    treatment: bridge's word (``sale:20``). code, name: the ledger's own. tax_minor: inside the amount, with its sign.
    """

    treatment: str = ""
    code: str = ""
    name: str = ""
    tax_minor: int = 0


NO_TAX = LineTax()


def line_taxes(voucher: Voucher, entry: JournalEntry, route: Route, facts: LedgerFacts | None) -> tuple[LineTax, ...]:
    """One for each line of a voucher, in its order.

    A line is the posting of its account, amount and tax; what the ledger itself posts has no tax.
    """
    waiting: dict[tuple[str, int, int], list[str]] = {}
    for posting in entry.postings:
        key = posting.account, posting.amount_minor, posting.tax_minor
        waiting.setdefault(key, []).append(posting.tax_code)
    codes, names = _codes(entry, route, facts)
    found = []
    for line in voucher.lines:
        same = waiting.get((line.account.number, line.amount_minor, line.tax_minor), [])
        treatment = same.pop(0) if same and not line.is_implied else ""
        code = line.tax_code and (codes.get(treatment) or line.tax_code)
        found.append(LineTax(treatment, code, names.get(code, code), line.tax_minor))
    return tuple(found)


def posting_taxes(
    entry: JournalEntry, vouchers: Iterable[Voucher], route: Route, facts: LedgerFacts | None
) -> tuple[LineTax, ...]:
    """One for each posting of an entry, in its order: by the code that its voucher's line bears, else would bear."""
    waiting: dict[tuple[str, int, int], list[str]] = {}
    for voucher in vouchers:
        for line in voucher.lines:
            if not line.is_implied:
                key = line.account.number, line.amount_minor, line.tax_minor
                waiting.setdefault(key, []).append(line.tax_code)
    codes, names = _codes(entry, route, facts)
    found = []
    for posting in entry.postings:
        same = waiting.get((posting.account, posting.amount_minor, posting.tax_minor), [])
        borne = same.pop(0) if same else ""
        code = borne if borne in names else codes.get(posting.tax_code) or borne
        found.append(LineTax(posting.tax_code, code, names.get(code, code), posting.tax_minor))
    return tuple(found)


def _codes(entry: JournalEntry, route: Route, facts: LedgerFacts | None) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """The ledger's code for each treatment of an entry, and the name of each of its codes; none while it is unknown."""
    if facts is None:
        return {}, {}
    codes = tax_codes((posting.tax_code for posting in entry.postings), route, facts).codes
    return codes, {code.ledger_id: code.name for code in facts.tax_codes}
