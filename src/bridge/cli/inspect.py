"""``bridge inspect``: what a source makes of files; nothing is stored."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from bridge.app import inspect_named
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import counted, echo_json, say, show_table
from bridge.ingest import Inspection, Sum
from bridge.model.documents import DocumentKind
from bridge.model.money import money

LISTED = 50
"""So many of a kind are listed one by one; the sums are of all of them."""


@click.command()
@click.argument("source")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def inspect(setup: Setup, source: str, files: tuple[Path, ...], *, as_json: bool) -> int:
    """Show what SOURCE makes of FILES, by kind of line, and store nothing.

    Exit code 0: clean. 3: something in them would be held. 2: a file cannot be read.
    """
    found = inspect_named(setup.registry(), setup.settings(), source, files, setup.clock)
    if as_json:
        echo_json(found.json().decode())
    else:
        show_inspection(found)
    return found.exit_code


def show_inspection(found: Inspection) -> None:
    """What files hold, for a person."""
    shown: dict[str, Any] = json.loads(found.json())
    for settlement in shown["settlements"]:
        _show_settlement(settlement)
    for kind in DocumentKind:
        if kind is not DocumentKind.SETTLEMENT and f"{kind}s" in shown:
            _show_kind(kind, shown[f"{kind}s"], [one for one in found.sums() if one.kind is kind])
    if "checks" in shown:
        _show_checks(shown["checks"])
    _show_problems(shown["problems"])


def _show_settlement(settlement: dict[str, Any]) -> None:
    currency = settlement["currency"]
    rows = [(kind, money(minor, currency)) for kind, minor in sorted(settlement["by_kind"].items())]
    period = f"{settlement['start_at'][:10]} to {settlement['end_at'][:10]}"
    say(
        f"[bold]Settlement {escape(settlement['id'])}[/]: {money(settlement['total_minor'], currency)}, {period}, "
        f"{settlement['rows']} rows, paid {(settlement['deposit_at'] or 'not told')[:10]}"
    )
    show_table(
        "",
        ("kind", "amount"),
        [*rows, ("total", money(sum(settlement["by_kind"].values()), currency))],
        right=("amount",),
    )
    say("")


def _show_kind(kind: DocumentKind, documents: Sequence[dict[str, Any]], sums: Sequence[Sum]) -> None:
    """A line a document, up to so many; then what each kind of line adds up to, in each currency."""
    columns, right = _COLUMNS.get(kind, _OF_ORDER)
    rows = [_ROWS.get(kind, _row_of_order)(document) for document in documents[:LISTED]]
    show_table(f"{kind}s".capitalize(), columns, rows, right=right)
    if len(documents) > LISTED:
        say(f"and {counted(len(documents) - LISTED, f'more {kind}')}; --json lists all")
    say("")
    for one in sums:
        amounts = [(line_kind, money(minor, one.currency)) for line_kind, minor in one.by_kind]
        total = ("total", money(one.total_minor, one.currency))
        show_table(
            f"{counted(one.count, kind)} in {one.currency}", ("kind", "amount"), [*amounts, total], right=("amount",)
        )
        say("")


def _row_of_order(document: dict[str, Any]) -> tuple[str, ...]:
    return document["name"], document["id"], money(document["total_minor"], document["currency"])


def _order_row(order: dict[str, Any]) -> tuple[str, ...]:
    currency = order["currency"]
    paid = ", ".join(f"{one['gateway'] or '?'} {money(one['minor'], currency)}" for one in order["payments"])
    total, tax = (money(order[name], currency) for name in ("total_minor", "tax_minor"))
    return order["name"] or order["id"], total, tax, paid or "-"


def _payout_row(payout: dict[str, Any]) -> tuple[str, ...]:
    return payout["id"], payout["status"], money(payout["total_minor"], payout["currency"])


_ROWS = {DocumentKind.ORDER: _order_row, DocumentKind.PAYOUT: _payout_row}
_OF_ORDER = (("name", "id", "total"), ("total",))
_COLUMNS = {
    DocumentKind.ORDER: (("name", "total", "tax", "paid by"), ("total", "tax")),
    DocumentKind.PAYOUT: (("id", "status", "total"), ("total",)),
}


def _show_checks(checks: Sequence[dict[str, Any]]) -> None:
    kinds = [check["kind"] for check in checks]
    told = " and ".join(counted(kinds.count(kind), kind) for kind in dict.fromkeys(kinds))
    say(f"States {told}, to be compared with what is there: `bridge import` does it, and books nothing from it.")
    say("")


def _show_problems(problems: Sequence[dict[str, Any]]) -> None:
    if not problems:
        say("No problems.")
        return
    show_table(
        "Problems",
        ("where", "code", "what", "would be held"),
        [(one["where"], one["code"], one["message"], "yes" if one["blocking"] else "no") for one in problems],
    )
