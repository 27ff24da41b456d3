"""Beancount as the judge of what bridge writes in its notation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec
from beancount import loader
from beancount.core.data import Open, Transaction

from bridge.desk.beancount import account_name
from tests.charts import CHART


class Loaded(msgspec.Struct, frozen=True):
    """What Beancount made of a text.

    errors:   what it has to say against it. numbers: bridge's numbers by Beancount's names, as the text itself tells
    them. balances: by (Beancount's name, currency), zeros left out.
    """

    errors: tuple[str, ...]
    transactions: tuple[Transaction, ...]
    numbers: Mapping[str, str]
    balances: Mapping[tuple[str, str], Decimal]

    def balances_of(self, currency: str) -> dict[str, Decimal]:
        """Balances by bridge's number."""
        return {self.numbers[name]: amount for (name, each), amount in self.balances.items() if each == currency}


def load(text: str) -> Loaded:
    """Let Beancount load a text that opens its own accounts."""
    entries, errors, _ = loader.load_string(text)
    transactions = tuple(entry for entry in entries if isinstance(entry, Transaction))
    numbers = {entry.account: entry.meta["number"] for entry in entries if isinstance(entry, Open)}
    return Loaded(
        tuple(f"{error.source['lineno']}: {error.message}" for error in errors),
        transactions,
        numbers,
        _balances(transactions),
    )


def load_entries(text: str) -> Loaded:
    """Let Beancount load entries without a heading; they may use the accounts of the chart and no other."""
    openings = (f'1970-01-01 open {account_name(number, CHART)}\n  number: "{number}"\n' for number in sorted(CHART))
    return load("".join(openings) + text)


def _balances(transactions: Iterable[Transaction]) -> dict[tuple[str, str], Decimal]:
    sums: dict[tuple[str, str], Decimal] = {}
    for transaction in transactions:
        for posting in transaction.postings:
            assert posting.units is not None
            assert posting.units.number is not None
            key = posting.account, posting.units.currency
            sums[key] = sums.get(key, Decimal(0)) + posting.units.number
    return {key: amount for key, amount in sums.items() if amount}
