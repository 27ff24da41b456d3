"""A voucher as a person checks it: beside each line, how it is treated for tax and how much tax is in it. Pure."""

from __future__ import annotations

import msgspec

from bridge.books.chart import tax_codes
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


def line_taxes(voucher: Voucher, entry: JournalEntry, route: Route, facts: LedgerFacts | None) -> tuple[LineTax, ...]:
    """One for each line of a voucher, in its order.

    A line is the posting of its account, amount and tax; what the ledger itself posts has no tax.
    """
    waiting: dict[tuple[str, int, int], list[str]] = {}
    for posting in entry.postings:
        key = posting.account, posting.amount_minor, posting.tax_minor
        waiting.setdefault(key, []).append(posting.tax_code)
    codes = tax_codes((posting.tax_code for posting in entry.postings), route, facts).codes if facts else {}
    names = {code.ledger_id: code.name for code in facts.tax_codes} if facts else {}
    found = []
    for line in voucher.lines:
        same = waiting.get((line.account.number, line.amount_minor, line.tax_minor), [])
        treatment = same.pop(0) if same and not line.is_implied else ""
        code = line.tax_code and (codes.get(treatment) or line.tax_code)
        found.append(LineTax(treatment, code, names.get(code, code), line.tax_minor))
    return tuple(found)
