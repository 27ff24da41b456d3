"""``bridge preview``: exactly what would be sent; nothing is."""

from __future__ import annotations

import json
from typing import Any

import click
import msgspec
from rich.markup import escape

from bridge.books import Preview
from bridge.cli.context import Setup, with_setup
from bridge.cli.output import counted, money, say, show_json, show_table
from bridge.model.deliveries import DeliveryState


@click.command()
@click.argument("route_names", metavar="[ROUTE]...", nargs=-1)
@click.option("--bodies", is_flag=True, help="Also the exact bytes of each body.")
@click.option("--json", "as_json", is_flag=True, help="Everything, bodies included, as one JSON document.")
@with_setup
def preview(setup: Setup, route_names: tuple[str, ...], *, bodies: bool, as_json: bool) -> int:
    """Show every voucher that is owed or held, in the order of sending, exactly as it would be sent. Sends nothing."""
    with setup.app() as app:
        names = route_names or tuple(route.name for route in app.routes())
        shown = {name: app.books.preview(name) for name in names}
    if as_json:
        show_json(
            {"routes": [{"route": name, "vouchers": [_plain(one) for one in found]} for name, found in shown.items()]}
        )
        return 0
    for name, found in shown.items():
        say(f"[bold]{escape(name)}[/]: {counted(len(found), 'voucher')} owed or held")
        for one in found:
            _show(one, bodies=bodies)
    return 0


def _plain(one: Preview) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(one.delivery)
    plain["narration"] = one.entry.narration
    plain["body"] = json.loads(one.body, parse_float=str, parse_int=str) if one.body else None
    plain["body_text"] = one.body.decode() if one.body else ""
    return plain


def _show(one: Preview, *, bodies: bool) -> None:
    voucher, delivery = one.delivery.voucher, one.delivery
    say("")
    held = f"[yellow]held: {escape(delivery.reason)}[/] " if delivery.state is DeliveryState.HELD else ""
    if voucher is None:
        say(f"{held}{escape(one.entry.narration)} of {one.entry.booked_on}")
        say(f"  {escape(one.note)}")
        return
    name = " ".join(filter(None, (voucher.type, escape(voucher.number))))
    say(f"{held}{name} of {voucher.dated_on}: {escape(voucher.memo)}")
    if one.note:
        say(f"  {escape(one.note)}")
    rows = []
    for line in voucher.lines:
        debit = money(line.amount_minor, voucher.currency) if line.amount_minor > 0 else ""
        credit = money(-line.amount_minor, voucher.currency) if line.amount_minor < 0 else ""
        rows.append((f"{line.account.number} {line.account.name}".strip(), line.description, debit, credit))
    total = money(voucher.total_minor, voucher.currency)
    rows.append(("total", "", total, total))
    show_table("", ("account", "description", "debit", "credit"), rows, right=("debit", "credit"))
    if bodies and one.body:
        click.echo(one.body.decode())
