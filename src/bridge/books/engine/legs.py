"""What one posting sums, and the postings that follow from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from bridge.books.rules.choose import Choice
from bridge.books.tax.taxes import base_of, tax_inside
from bridge.model.chart import OPENING_CLEARING, ROLE_BANK, ROLE_CLEARING, ROLE_TENDER
from bridge.model.connections import Route
from bridge.model.entries import Half, Posting

OPENING = "bridge:opening"
TAX_ALONE = "tax.alone"
NAMED_ORDERS = 12
Closing = tuple[str, str, int, str, Half]
"""A leg that sums no lines: account, kind, amount (debit positive), words, half."""


class Leg:
    """The lines of one choice. number: of its posting, once all lines were seen.

    amount_minor: debit positive, tax inside it included. orders: some of the orders its refunds belong to.
    alone_minor:  tax whose base is nowhere, by the treatment under which that base would be.
    """

    __slots__ = (
        "_stated_minor",
        "_unrated_minor",
        "_unrated_tax_minor",
        "alone_minor",
        "amount_minor",
        "choice",
        "line_count",
        "number",
        "orders",
    )

    def __init__(self, choice: Choice) -> None:
        self.choice = choice
        self.amount_minor = 0
        self.line_count = 0
        self.number = 0
        self.orders: set[str] = set()
        self.alone_minor: dict[str, int] = {}
        self._stated_minor = self._unrated_minor = self._unrated_tax_minor = 0

    def add(self, amount_minor: int, *, is_tax: bool = False, is_unrated: bool = False, alone: str = "") -> None:
        """Add one line's share: debit positive. is_tax, is_unrated, alone: see ``taxes.Treated``."""
        self.amount_minor += amount_minor
        self.line_count += 1
        if alone:
            self.alone_minor[alone] = self.alone_minor.get(alone, 0) + amount_minor
        if is_tax:
            self._stated_minor += amount_minor
            self._unrated_tax_minor += amount_minor if is_unrated else 0
        elif is_unrated:
            self._unrated_minor += amount_minor

    @property
    def tax_minor(self) -> int:
        """The tax inside its amount."""
        return tax_inside(
            self._stated_minor, self._unrated_minor, self._unrated_tax_minor, self.line_count, self.choice.tax_code
        )

    def posting(self, description: str = "") -> Posting:
        choice = self.choice
        return Posting(
            number=self.number,
            account=choice.account,
            amount_minor=self.amount_minor,
            kind=choice.kind,
            rule=choice.rule,
            line_count=self.line_count,
            contact=choice.contact,
            tracking=choice.tracking,
            item=choice.item,
            tax_code=choice.tax_code,
            tax_minor=self.tax_minor,
            half=choice.half,
            description=description,
        )


def choice_of(posting: Posting) -> Choice:
    """As what the lines of a posting were booked."""
    return Choice(
        posting.account,
        posting.kind,
        posting.rule,
        posting.tracking,
        posting.contact,
        posting.tax_code,
        posting.half,
        posting.item,
    )


def settled(choice: Choice, route: Route, *, is_opening: bool, tender: str = "") -> Choice:
    """The choice with its role made a number of the route's chart.

    Inside a settlement a transfer to the bank meets clearing like everything else: only the settlement's own
    total makes a bank leg. What lies before the route's first day goes to opening clearing.
    tender: the account of the line's gateway, for the role of tenders; without one they meet clearing too.
    """
    if is_opening:
        return Choice(OPENING_CLEARING, choice.kind, OPENING, half=choice.half)
    if choice.account not in {ROLE_CLEARING, ROLE_BANK, ROLE_TENDER}:
        return choice
    account = (tender or route.clearing) if choice.account == ROLE_TENDER else route.clearing
    return msgspec.structs.replace(choice, account=account)


def closing(legs: Iterable[Closing], numbered: int) -> list[Posting]:
    """Postings that sum no lines, numbered behind others; those of nothing are left out."""
    kept = (leg for leg in legs if leg[2])
    return [
        Posting(number=number, account=account, amount_minor=amount, kind=kind, rule="", description=words, half=half)
        for number, (account, kind, amount, words, half) in enumerate(kept, start=numbered + 1)
    ]


def alone(legs: Sequence[Leg], numbered: int) -> list[Posting]:
    """Where tax came without what it was charged on: that at its rate, with the tax, and anew without tax.

    So each line of the ledger has its amount beside its tax, and the return shows the tax and no turnover.
    """
    made: list[Posting] = []
    for leg in legs:
        for tax_code, tax_minor in sorted(leg.alone_minor.items()):
            whole = tax_minor + base_of(tax_minor, tax_code)
            for amount, code, tax in ((whole, tax_code, tax_minor), (-whole, leg.choice.tax_code, 0)):
                number = numbered + len(made) + 1
                words = "Tax alone: at its rate, and anew without tax"
                made.append(Posting(number, leg.choice.account, amount, TAX_ALONE, "", 0, code, tax, description=words))
    return [posting for posting in made if posting.amount_minor]
