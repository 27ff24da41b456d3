"""``bridge figures``: a route's last week and a month of it, as its page shows them."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.markup import escape

from bridge.cli.context import Setup, with_setup
from bridge.cli.output import say, show_json, show_table
from bridge.desk import Answer, Figures, Month, Profit, Usual, Week
from bridge.model.money import money


@click.command()
@click.argument("route")
@click.option("--month", default="", metavar="YYYY-MM", help="Which month; default: the last whole one.")
@click.option("--ledger", "asks_ledger", is_flag=True, help="Also the ledger's own profit and loss of it, asked now.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")
@with_setup
def figures(setup: Setup, route: str, *, month: str, asks_ledger: bool, as_json: bool) -> int:
    """What is new on ROUTE, its refunds and disputes, and a month of it: tax, profit and loss.

    Sums of what is kept; with --ledger that ledger is asked too.
    """
    with setup.app() as app:
        found = app.desk.figures(route, month)
        profit = app.desk.profit(route, month) if asks_ledger else None
    if as_json:
        show_json({"figures": found, "profit": profit})
        return 0
    if found.week is None or found.month is None:
        say("Nothing of its channel is here yet.")
    else:
        _show_week(found.week)
        _show_month(found.month)
    if profit is not None:
        _show_profit(profit, found)
    return 0


def _show_week(week: Week) -> None:
    _say_answer("New", week.answer)
    rows = [
        (one.what, one.called, ", ".join(one.kinds), money(one.minor, one.currency), ", ".join(one.accounts), one.rule)
        for one in week.news
    ]
    if rows:
        show_table("", ("what", "new", "of lines", "amount", "booked to", "rule"), rows, right=("amount",))
    for usual in week.usual:
        _say_answer(f"Refunds and disputes in {usual.currency}", usual.answer)
        _show_weeks(usual)


def _show_weeks(usual: Usual) -> None:
    columns = ("week from", "sales", "refunds", "number", "share", "disputes", "number", "share")
    rows = [
        (
            one.since_on,
            money(one.sales_minor, usual.currency),
            money(one.refunds_minor, usual.currency),
            one.refunds,
            _share(one.refunded),
            money(one.disputes_minor, usual.currency),
            one.disputes,
            _share(one.disputed),
        )
        for one in usual.weeks
    ]
    show_table("", columns, rows, right=columns[1:])
    for each in usual.largest:
        say(escape(f"  {each.kind} {each.external_id}, order {each.order_id}: {money(-each.minor, usual.currency)}"))


def _show_month(month: Month) -> None:
    if month.doubt:
        _say_answer(f"Figures of {month.name}", month.doubt)
    _table(
        f"Tax booked in {month.name}",
        ("tax", "what of it", "who owes it", "account", "amount"),
        [
            (one.called or "not told which", one.what, one.who, one.account, money(one.minor, one.currency))
            for one in month.taxes
        ],
    )
    _table(
        "By treatment",
        ("treatment", "net", "tax"),
        [
            (one.treatment, money(one.net_minor, one.currency), money(one.tax_minor, one.currency))
            for one in month.codes
        ],
    )
    _table(
        "Accounts of tax in the ledger",
        ("account", "booked", "there", "says the same"),
        [
            (
                one.account,
                money(one.booked_minor, one.currency),
                _known(one.shown_minor, one.currency),
                one.answer.words,
            )
            for one in month.tax_accounts
        ],
    )
    for some in month.steps:
        _say_answer(f"From the channel to the books in {some.currency}", some.answer)
        rows = [
            (
                one.called,
                *(
                    money(minor, some.currency)
                    for minor in (
                        one.told_minor,
                        one.elsewhere_minor,
                        one.waits_minor,
                        one.excluded_minor,
                        one.others_minor,
                        one.booked_minor,
                    )
                ),
            )
            for one in some.shown
        ]
        columns = ("figure", "channel", "- other days", "- not booked", "- left out", "+ other months", "booked")
        show_table("", columns, rows, right=columns[1:])


def _show_profit(profit: Profit, figures: Figures) -> None:
    _say_answer(f"The ledger's profit and loss of {figures.name}", profit.answer)
    columns = ("account", "booked", "- not there", "+ other routes", "+ others", "ledger")
    rows = [
        (
            one.account,
            *(
                money(minor, profit.currency)
                for minor in (
                    one.booked_minor,
                    one.missing_minor,
                    one.routes_minor,
                    one.others_minor,
                    one.ledger_minor,
                )
            ),
        )
        for one in (profit.shown if profit.accounts else ())
    ]
    if rows:
        show_table("", columns, rows, right=columns[1:])


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    if rows:
        show_table(title, columns, rows, right=("amount", "net", "tax amount", "booked", "there"))


def _say_answer(about: str, one: Answer) -> None:
    why = " ".join(filter(None, (one.why, f"{one.next_step}." if one.next_step else "")))
    say(escape(f"{about}: {one.words}" + (f". {why}" if why else "")))


def _share(part: int | None) -> str:
    return "-" if part is None else f"{'-' if part < 0 else ''}{abs(part) // 10}.{abs(part) % 10} %"


def _known(minor: int | None, currency: str) -> str:
    return "not read" if minor is None else money(minor, currency)
