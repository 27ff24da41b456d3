"""What waits: everything that is not in the ledger as it should be, why, by when, and who has it."""

from __future__ import annotations

from collections import Counter
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse, Response

from bridge.desk import SORTS, Waitlist, Wanted, chosen, paged, sums
from bridge.web.asked import Asked, action, page
from bridge.web.pages.deciding import AT_ONCE, WORDS, foreseen
from bridge.web.people import Role

_NAMES = frozenset(Wanted.__struct_fields__)


def waits(asked: Asked) -> Response:
    """What waits, filtered and in pages."""
    wanted, found = _wanted(asked.query), asked.app.desk.waits()
    today = found.at.date()
    things = chosen(found.things, wanted, today)
    shown = paged(things, number_of(asked.query))
    return asked.show(
        "waits.html",
        found=found,
        wanted=wanted,
        shown=shown,
        today=today,
        matching=matching(wanted),
        sums=sums((one.currency, abs(one.amount_minor)) for one in things),
        late=sum(one.due_on < today for one in things),
        patient=sum(one.is_patient for one in found.things),
        decisions=[(kind, WORDS[kind]) for kind in WORDS if any(kind in one.decisions for one in things)],
        at_once=AT_ONCE,
        may=asked.role >= Role.BOOKKEEPER,
        **_offers(found, wanted),
    )


def waits_chosen(asked: Asked) -> Response:
    """What to do with the things that were chosen: look at what a decision does to them, or give them to somebody."""
    subjects = asked.fields("thing")
    wanted = _wanted(QueryParams(asked.field("matching")))
    if asked.field("all"):
        found = asked.app.desk.waits()
        things = chosen(found.things, wanted, found.at.date())
        kind = asked.field("decision") if asked.field("do") == "decide" else ""
        subjects = tuple(one.subject for one in things if not kind or kind in one.decisions)[:AT_ONCE]
    if asked.field("do") == "decide" and subjects:
        return foreseen(asked, subjects)
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


def _offers(found: Waitlist, wanted: Wanted) -> dict[str, Any]:
    """What may be filtered by: only what there is. Each with how many there are."""
    every = [one for one in found.things if wanted.who == "all" or not one.is_patient]
    reasons = Counter(one.reason for one in every)
    routes = sorted({one.route for one in found.things})
    owners = sorted({one.owner for one in found.things} - {""})
    return {
        "routes": [(name, name) for name in routes],
        "reasons": [(code, f"{code} ({count:,})") for code, count in sorted(reasons.items())],
        "owners": [("-", "nobody"), *((name, name) for name in owners)],
        "sorts": [(name, name) for name in SORTS],
    }


PAGES = (page("/waits", waits), action("/waits", waits_chosen))
