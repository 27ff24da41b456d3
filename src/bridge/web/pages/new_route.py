"""From a connection to a route, and to its first dry run: what would be booked and sent, and nothing is sent.

A channel is read by a worker, never while a browser waits: its pages say how that stands, and are looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from zoneinfo import available_timezones

import msgspec
from starlette.responses import Response

from bridge.desk import FIRST_DAY, Terms, calendar, check_is_kept_back, is_kept_back
from bridge.errors import BridgeError, ConfigError
from bridge.model.chart import ROLE_BANK
from bridge.model.connections import Route, Side, TaxRegime
from bridge.model.duties import DutyKind
from bridge.plugin import Question
from bridge.web.asked import Asked, action, page
from bridge.web.fields import ANSWER, Field, Kind, of_question
from bridge.web.looks import number_of
from bridge.web.pages.connections import one_shown
from bridge.web.people import Role

MOST_SHOWN: Final = 10
_MODE, _REGIME, _ROWS, _BANK = "mode", "tax_regime", "vat_in_rows", "bank"
_TELLS: Final = (("yes", "It states its tax in rows of its own"), ("no", "Prices include the tax"))


def new_route(asked: Asked) -> Response:
    """What is asked of a route from, or into, this connection; first its other end, where there are several."""
    shown = one_shown(asked)
    others = asked.app.desk.partners(shown.connection.side)
    chosen = asked.query.get("with", "") or (others[0].name if len(others) == 1 else "")
    if shown.route is not None or chosen not in {one.name for one in others}:
        return asked.show("route_ends.html", shown=shown, others=others)
    return _show(asked, _terms(asked, chosen), None, {})


def add_route(asked: Asked) -> Response:
    """Declare it. Twice: the second time finds it there, and goes on to its dry run."""
    terms = _terms(asked, asked.field("with"))
    if any(one.source == terms.channel and one.ledger == terms.ledger for one in asked.app.desk.routes()):
        return asked.go("first_run", name=terms.channel)
    table, faults = _table(asked, terms)
    if faults:
        return _show(asked, terms, asked.typed, faults)
    asked.touches(terms.channel)
    try:
        asked.app.declaring.declare({("routes", terms.channel): table}, asked.actor)
    except BridgeError as error:
        return _show(asked, terms, asked.typed, {}, error)
    asked.app.declaring.look_at(terms.ledger)
    return asked.go("first_run", name=terms.channel)


def first_run(asked: Asked) -> Response:
    """What came of reading and booking, or how it stands, and what would be sent once it is over."""
    shown = one_shown(asked)
    route = shown.route
    run, since = number_of(asked.query.get("run", "")), number_of(asked.query.get("since", ""))
    desk = asked.app.desk
    rehearsed = desk.rehearsal(route.name, since) if route and not run else None
    if asked.is_partial and (rehearsed is None or rehearsed.is_over):  # a script that watched loads all of it anew
        return Response(headers={"HX-Refresh": "true"})
    found = desk.preview_page(route.name, 1).page if route and (rehearsed is None or rehearsed.is_over) else None
    card = desk.card(route.name) if route else None
    return asked.show(
        "first_run.html",
        shown=shown,
        card=card,
        run=desk.run(run) if run else None,
        rehearsed=rehearsed,
        since=since,
        is_asked=shown.is_channel and asked.app.steps.is_asked(shown.connection.name),
        sends=bool(card and not is_kept_back(card)),
        previews=found.items[:MOST_SHOWN] if found else (),
        count=found.total if found else 0,
    )


def rehearse(asked: Asked) -> Response:
    """Have a worker read what is new and book it. Twice, or by two people at once: it is read once more at most."""
    route, desk = _route(asked), asked.app.desk
    check_is_kept_back(desk.card(route.name))
    since = next((one.number for one in desk.runs(1)), 0)
    if not asked.app.asking.ask(DutyKind.SYNC, route.name, actor=asked.actor):
        raise ConfigError(
            f"route {route.name}", "has ended: nothing of it is read", "Make another route of its channel"
        )
    return asked.go_with("first_run", {"since": str(since)}, name=route.source)


def _route(asked: Asked) -> Route:
    shown = one_shown(asked)
    if shown.route is None:
        name = shown.connection.name
        raise ConfigError(
            f"connection {name}", "has no route that reads from it", "Make one first", code="route.unknown"
        )
    return shown.route


def _terms(asked: Asked, other: str) -> Terms:
    mine = one_shown(asked).connection
    ends = (mine.name, other) if mine.side is Side.SOURCE else (other, mine.name)
    return asked.app.desk.terms(*ends)


def _fields(terms: Terms, typed: Mapping[str, str] | None, faults: Mapping[str, str]) -> tuple[Field, ...]:
    told = typed or {}
    fields = [_first_day(typed, faults), _days(terms, typed, faults)]
    if len(terms.modes) > 1:
        modes = tuple((str(mode), _MODES.get(str(mode), str(mode))) for mode in terms.modes)
        fields.append(_choice(_MODE, "How sales become entries", modes, told.get(_MODE, str(terms.modes[0])), faults))
    fields.append(_regime(terms, told, faults))
    if terms.banks:
        bank = _choice(_BANK, "Bank account that is paid to", terms.banks, told.get(_BANK, ""), faults)
        help_ = "May be left open where the ledger has one called 1000 Operating bank"
        fields.append(msgspec.structs.replace(bank, is_needed=False, help=help_))
    if terms.has_settlements:
        rows = _choice(_ROWS, "How the channel's settlements tell tax", _TELLS, told.get(_ROWS, ""), faults)
        help_ = "Look at a settlement of it; it may be left open until the first one waits for the answer"
        fields.append(msgspec.structs.replace(rows, is_needed=False, help=help_))
    return tuple(fields)


def _first_day(typed: Mapping[str, str] | None, faults: Mapping[str, str]) -> Field:
    help_ = "What was before it is never booked: choose the first day of a period that is open"
    return msgspec.structs.replace(_asked(FIRST_DAY, typed, faults), kind=Kind.DATE, help=help_)


def _days(terms: Terms, typed: Mapping[str, str] | None, faults: Mapping[str, str]) -> Field:
    zones, help_ = tuple((name, name) for name in sorted(available_timezones())), "Such as those of Europe/London"
    field = _asked(calendar(terms.time_zone), typed, faults)
    return msgspec.structs.replace(field, choices=zones, is_needed=True, help=help_)


def _asked(question: Question, typed: Mapping[str, str] | None, faults: Mapping[str, str]) -> Field:
    name = ANSWER + question.name
    return of_question(question, None if typed is None else typed.get(name, ""), faults.get(name, ""))


def _regime(terms: Terms, told: Mapping[str, str], faults: Mapping[str, str]) -> Field:
    """Never preset where the company's country does not say it: what looks right may be wrong."""
    choices = tuple((str(row.name), f"{row.name.replace('_', ' ')}: {row.means}") for row in terms.regimes)
    preset = str(terms.regimes[0].name) if terms.is_regime_told else ""
    where = (
        f"{terms.company} is a company in {terms.country}" if terms.country else "The ledger has not told its country"
    )
    field = _choice(_REGIME, "Tax regime", choices, told.get(_REGIME, preset), faults)
    return msgspec.structs.replace(field, help=where)


def _choice(
    name: str, label: str, choices: tuple[tuple[str, str], ...], value: str, faults: Mapping[str, str]
) -> Field:
    return Field(name=name, label=label, kind=Kind.CHOICE, choices=choices, value=value, error=faults.get(name, ""))


def _table(asked: Asked, terms: Terms) -> tuple[Mapping[str, Any], Mapping[str, str]]:
    """The route's table as a person would write it, and what is wrong, by field. It begins as a pilot."""
    answers, faults = dict[str, str](), dict[str, str]()
    for question in (FIRST_DAY, calendar(terms.time_zone)):
        try:
            answers[question.name] = question.check(asked.field(ANSWER + question.name))
        except ValueError as cause:
            faults[ANSWER + question.name] = str(cause)
    regime, mode = asked.field(_REGIME), asked.field(_MODE) or str(terms.modes[0])
    if regime not in {str(row.name) for row in terms.regimes}:
        faults[_REGIME] = "is to be chosen: bridge never guesses by which tax a company books"
    if mode not in {str(one) for one in terms.modes}:
        faults[_MODE] = "is none of these"
    if (bank := asked.field(_BANK)) and bank not in dict(terms.banks):
        faults[_BANK] = "is none of the ledger's"
    if faults:
        return {}, faults
    table = {
        "source": terms.channel, "ledger": terms.ledger, "first_day": date.fromisoformat(answers["first_day"]),
        "time_zone": answers["time_zone"], "mode": mode, "tax_regime": str(TaxRegime(regime)), "pilot": True,
    }  # fmt: skip
    rows = {"yes": True, "no": False}.get(asked.field(_ROWS)) if terms.has_settlements else None
    banks = {"accounts": {ROLE_BANK: bank}} if bank else {}
    return table | banks | ({} if rows is None else {"vat_in_rows": rows}), {}


_MODES: Final[Mapping[str, str]] = {
    "day": "One entry for each day's sales",
    "order": "One entry for each order",
    "payout": "One entry for each payout or settlement",
}


def _show(
    asked: Asked,
    terms: Terms,
    typed: Mapping[str, str] | None,
    faults: Mapping[str, str],
    fault: BridgeError | None = None,
) -> Response:
    other = terms.ledger if one_shown(asked).is_channel else terms.channel
    status = 422 if faults or fault else 200
    return asked.show(
        "route_form.html", status=status, shown=one_shown(asked), terms=terms, other=other,
        fields_asked=_fields(terms, typed, faults), fault=fault,
    )  # fmt: skip


PAGES = (
    page("/connections/{name}/route", new_route, Role.OWNER),
    action("/connections/{name}/route", add_route, Role.OWNER),
    page("/connections/{name}/first-run", first_run),
    action("/connections/{name}/first-run", rehearse),
)
