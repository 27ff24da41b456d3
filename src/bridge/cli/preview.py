"""``bridge preview``: exactly what would be sent; nothing is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click
import msgspec
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import counted, say, show_json, show_table
from bridge.cli.tax_words import in_words, say_tax
from bridge.desk import LineTax, Preview
from bridge.desk.wording import WordsOf
from bridge.model.deliveries import DeliveryState
from bridge.model.money import decimal_text, money
from bridge.model.vouchers import Voucher
from bridge.plugin.wording import object_name


@click.command()
@click.argument("route_names", metavar="[ROUTE]...", nargs=-1)
@click.option("--bodies", is_flag=True, help="Also the exact bytes of each body.")
@click.option("--json", "as_json", is_flag=True, help="Everything, bodies included, as one JSON document.")
@with_setup
def preview(setup: Setup, route_names: tuple[str, ...], *, bodies: bool, as_json: bool) -> int:
    """Show every voucher that is owed or held, in the order of sending, exactly as it would be sent. Sends nothing.

    Beside each line stand its tax treatment, the ledger's own tax code, and the tax inside it.
    """
    with setup.app() as app:
        cards = {card.route.name: card for card in app.desk.cards()}
        shown = {name: app.desk.preview(name) for name in route_names or cards}
        if as_json:
            routes = [
                {"route": name, "question": cards[name].question, "vouchers": [_plain(one) for one in found]}
                for name, found in shown.items()
            ]
            show_json({"routes": routes})
            return 0
        for name, found in shown.items():
            say(f"[bold]{escape(name)}[/]: {counted(len(found), 'voucher')} owed or held")
            say_tax(cards[name])
            for one in found:
                show_voucher(one, app.desk.words, bodies=bodies)
    return 0


def _plain(one: Preview) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(one.delivery)
    plain["narration"] = one.entry.narration
    plain["taxes"] = msgspec.to_builtins(one.taxes)
    plain["body"] = json.loads(one.body, parse_float=str, parse_int=str) if one.body else None
    plain["body_text"] = one.body.decode() if one.body else ""
    return plain


def show_voucher(one: Preview, words: WordsOf, *, bodies: bool = False) -> None:
    """A voucher that waits, line by line with its tax."""
    voucher, delivery = one.delivery.voucher, one.delivery
    say("")
    held = f"[yellow]held: {escape(delivery.reason)}[/] " if delivery.state is DeliveryState.HELD else ""
    if voucher is None:
        say(f"{held}{escape(one.entry.narration)} of {one.entry.booked_on}")
        say(f"  {escape(delivery.note)}")
        return
    name = escape(object_name(voucher.type, voucher.number, words(delivery.ledger)))
    due = f", due {voucher.due_on}" if voucher.due_on else ""
    say(f"{held}{name} of {voucher.dated_on}{due}: {escape(voucher.memo)}")
    if delivery.note:
        say(f"  {escape(delivery.note)}")
    _show_lines(voucher, one.taxes)
    if bodies and one.body:
        click.echo(one.body.decode())


def _show_lines(voucher: Voucher, taxes: Sequence[LineTax]) -> None:
    """A row a line; its tax code and description stand below its account, so that all fits a narrow window.

    The tax inside a line has a column of its own where any line of the voucher has a treatment.
    """
    is_taxed = any(map(in_words, taxes))
    rows = []
    for line, tax in zip(voucher.lines, taxes, strict=True):
        account = f"{line.account.number} {line.account.name}".strip()
        what = "\n  ".join(filter(None, (account, in_words(tax), line.description)))
        inside = _amount(abs(tax.tax_minor), voucher) if in_words(tax) else ""
        debit, credit = (
            _amount(minor, voucher) if minor > 0 else "" for minor in (line.amount_minor, -line.amount_minor)
        )
        rows.append((what, *((inside,) if is_taxed else ()), debit, credit))
    total = money(voucher.total_minor, voucher.currency)
    rows.append(("total", *(("",) if is_taxed else ()), total, total))
    columns = ("account", *(("tax inside",) if is_taxed else ()), "debit", "credit")
    show_table("", columns, rows, right=("tax inside", "debit", "credit"))


def _amount(minor: int, voucher: Voucher) -> str:
    """An amount without its currency, which the total tells."""
    whole, dot, rest = decimal_text(minor, voucher.currency).partition(".")
    return f"{int(whole):,}{dot}{rest}"
