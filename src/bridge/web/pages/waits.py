"""What waits: everything that is not in the ledger as it should be, why, by when, and who has it."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec
from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse, Response

from bridge.desk import Wanted
from bridge.model.waiting import Order
from bridge.web.asked import Asked, action, page
from bridge.web.pages.deciding import AT_ONCE, WORDS, foreseen
from bridge.web.people import Role

_NAMES = frozenset(Wanted.__struct_fields__)


def waits(asked: Asked) -> Response:
    """What waits, filtered and in pages."""
    wanted = _wanted(asked.query)
    found = asked.app.desk.waits(wanted, number_of(asked.query))
    return asked.show(
        "waits.html",
        found=found,
        wanted=wanted,
        shown=found.shown,
        today=found.at.date(),
        matching=matching(wanted),
        decisions=[(kind, words) for kind, words in WORDS.items() if kind in found.decisions],
        at_once=AT_ONCE,
        may=asked.role >= Role.BOOKKEEPER,
        routes=[(name, name) for name in found.routes],
        reasons=[(code, f"{code} ({count:,})") for code, count in found.reasons],
        owners=[("-", "nobody"), *((name, name) for name in found.owners)],
        sorts=[(order.value, order.value) for order in Order],
    )


def waits_chosen(asked: Asked) -> Response:
    """What to do with the things that were chosen: look at what a decision does to them, or give them to somebody."""
    subjects = asked.fields("thing")
    total = len(subjects)
    wanted = _wanted(QueryParams(asked.field("matching")))
    if asked.field("all"):
        kind = asked.field("decision") if asked.field("do") == "decide" else wanted.decision
        subjects, total = asked.app.desk.chosen(msgspec.structs.replace(wanted, decision=kind), AT_ONCE)
    if asked.field("do") == "decide" and subjects:
        return foreseen(asked, subjects, total)
    known = [one.subject for one in asked.app.desk.about(subjects)]
    asked.app.assigning.assign(known, asked.field("owner").strip(), asked.field("note").strip(), by=asked.actor)
    return RedirectResponse(f"{asked.url('waits')}?{matching(wanted)}", status_code=303)


def number_of(query: QueryParams) -> int:
    """Which page is asked for."""
    asked_for = query.get("page", "1")
    return int(asked_for) if asked_for.isdecimal() and len(asked_for) < 7 else 1


def matching(wanted: msgspec.Struct) -> str:
    """The same filter as a query."""
    plain = msgspec.structs.asdict(wanted)
    fields = msgspec.structs.fields(wanted)
    return urlencode([(field.name, plain[field.name]) for field in fields if plain[field.name] != field.default])


def _wanted(query: QueryParams) -> Wanted:
    return Wanted(**{name: value for name, value in query.items() if name in _NAMES and value})


PAGES = (page("/waits", waits), action("/waits", waits_chosen))
