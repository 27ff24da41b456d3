"""How the command line speaks of what was looked at when a connection was checked."""

from __future__ import annotations

from collections.abc import Sequence

from rich.markup import escape

from bridge.cli.output import say, show_table
from bridge.desk import LedgerBooks
from bridge.model.money import money
from bridge.model.remarks import Grade, Remark

_COLOURS = {Grade.OK: "green", Grade.MISSING: "red", Grade.LOOK: "yellow"}


def say_remarks(remarks: Sequence[Remark]) -> None:
    """Each with how it stands, and what to do."""
    for remark in remarks:
        say(f"  [{_COLOURS[remark.grade]}]{remark.grade}[/]  {escape(remark.what)}")
        if remark.next_step:
            say(f"      next: {escape(remark.next_step)}")


def show_ledger_books(books: LedgerBooks) -> None:
    """What the ledger itself says: a trial balance, and the profit and loss where one was asked for."""
    rows = [(one.name, *_sides(one.amount_minor, books.currency)) for one in books.trial_balance]
    total = money(sum(one.amount_minor for one in books.trial_balance if one.amount_minor > 0), books.currency)
    title = f"Trial balance on {books.on}, as the ledger says it"
    show_table(title, ("account", "debit", "credit"), [*rows, ("total", total, total)], right=("debit", "credit"))
    if books.since is not None:
        earned = [(one.name, money(-one.amount_minor, books.currency)) for one in books.profit_and_loss]
        profit = money(-sum(one.amount_minor for one in books.profit_and_loss), books.currency)
        title = f"Profit and loss from {books.since} to {books.on}, as the ledger says it"
        show_table(title, ("account", "amount"), [*earned, ("profit", profit)], right=("amount",))


def _sides(minor: int, currency: str) -> tuple[str, str]:
    amount = money(abs(minor), currency)
    return (amount, "") if minor > 0 else ("", amount)
