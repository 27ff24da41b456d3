"""The drift review: a route's last check, what of it wants a person, and signing it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from operator import itemgetter
from typing import Any
from urllib.parse import urlencode

import msgspec
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

from bridge.desk import Reviewed, paged
from bridge.desk.reviews import latest_lapse, red_by
from bridge.drift import against, last_day, unproven
from bridge.drift.report import GRAVITY, kind
from bridge.drift.report.pages import amount_is, to_csv, to_html, to_json
from bridge.errors import ConfigError
from bridge.model.duties import DutyKind
from bridge.model.findings import KeptFinding
from bridge.web.asked import Asked, action, page
from bridge.web.pages.signed import as_file, on_its_own
from bridge.web.pages.waits import matching, number_of
from bridge.web.people import Role


class Filter(msgspec.Struct, frozen=True):
    """Which findings are asked for; what is empty is not asked for."""

    code: str = ""
    severity: str = ""
    state: str = "open"
    owner: str = ""


def drift(asked: Asked) -> Response:
    """Every route with its three greens; of one route alone its review."""
    routes = asked.app.desk.routes()
    if len(routes) == 1:
        return _review(asked, asked.app.desk.reviewed(routes[0].name))
    return asked.show("checked.html", routes=[asked.app.desk.reviewed(route.name) for route in routes])


def review_route(asked: Asked) -> Response:
    """One route's review."""
    return _review(asked, asked.app.desk.reviewed(asked.part("route")))


def _review(asked: Asked, reviewed: Reviewed) -> Response:
    values: dict[str, Any] = {"reviewed": reviewed, "route": reviewed.route, "is_asked": "asked" in asked.query}
    values |= {"may": asked.role >= Role.BOOKKEEPER, "workers": asked.app.desk.workers()}
    if reviewed.standing is None:
        return asked.show("unchecked.html", **values)
    report = reviewed.standing.report
    wanted = Filter(**{n: v for n, v in asked.query.items() if n in Filter.__struct_fields__})
    every = (*report.open_findings, *report.accepted_findings)
    found = [one for one in every if _is_wanted(one, wanted, reviewed)]
    return asked.show(
        "review.html",
        report=report,
        digest=reviewed.standing.digest,
        done=reviewed.standing.done,
        wanted=wanted,
        matching=matching(wanted),
        shown=paged(found, number_of(asked.query)),
        kinds=sorted(((code, kind(code)) for code in {one.finding.code for one in every}), key=itemgetter(1)),
        severities=[(one, str(one)) for one in reversed(GRAVITY)],
        ways={name: _ways(codes) for name, codes in red_by(report).items()},
        against=against(report),
        unproven=unproven(report),
        last_day=last_day(report),
        amount_is=amount_is,
        **values,
    )


def finding(asked: Asked) -> Response:
    """One finding: what was booked and what is there, and what may be decided."""
    card = asked.app.desk.finding_card(asked.part("finding"))
    return asked.show(
        "finding.html",
        card=card,
        kept=card.kept,
        finding=card.kept.finding,
        amount_is=amount_is,
        about=kind(card.kept.finding.code),
        lapses_on=latest_lapse(asked.app.clock.now()),
        may=asked.role >= Role.BOOKKEEPER,
    )


def paper(asked: Asked) -> Response:
    """The working paper of a route's last check: a page of its own that prints, or for a machine."""
    reviewed = asked.app.desk.reviewed(asked.part("route"))
    if reviewed.standing is None:
        raise HTTPException(404)
    reports, name = (reviewed.standing.report,), f"{reviewed.route.name}-{reviewed.standing.report.until_on}"
    match asked.part("kind"):
        case "html":
            return on_its_own(HTMLResponse(to_html(reports)))
        case "json":
            return as_file(to_json(reports), f"{name}.json", "application/json")
        case "csv":
            return as_file(to_csv(reports).encode(), f"{name}.csv", "text/csv")
        case _:
            raise HTTPException(404)


def check_now(asked: Asked) -> Response:
    """Have a route checked now."""
    route = asked.app.desk.reviewed(asked.part("route")).route
    asked.app.asking.ask(DutyKind.CHECK, route.name, actor=asked.actor)
    return asked.go_with("review_route", {"asked": "1"}, route=route.name)


def sign(asked: Asked) -> Response:
    """Sign a route's check as it was shown, through a day."""
    route = asked.app.desk.reviewed(asked.part("route")).route
    try:
        through = date.fromisoformat(asked.field("through"))
    except ValueError as cause:
        raise ConfigError("the day", "is none", "Write it as 2026-12-31", code="sign.through") from cause
    signed = asked.app.signing.sign(
        route.name,
        asked.field("seen"),
        through,
        by=asked.person.name,
        reason=asked.field("reason").strip(),
        actor=asked.actor,
    )
    return asked.go("signed_one", signed=signed.sign_off_id)


def _ways(codes: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """To findings of each code, by how many of what there are."""
    return [(f"?{urlencode({'code': code})}#findings", words) for code, words in codes]


def _is_wanted(kept: KeptFinding, wanted: Filter, reviewed: Reviewed) -> bool:
    owner = reviewed.assigned.get(kept.finding.finding_id)
    return (
        wanted.code in {"", kept.finding.code}
        and wanted.severity in {"", str(kept.finding.severity)}
        and wanted.state in {"", "all", str(kept.state)}
        and (not wanted.owner or (owner.owner if owner else "") == wanted.owner.removeprefix("-"))
    )


PAGES = (
    page("/drift", drift),
    page("/drift/{route}", review_route),
    page("/drift/{route}/paper.{kind}", paper),
    page("/findings/{finding}", finding),
    action("/drift/{route}/check", check_now),
    action("/drift/{route}/sign", sign),
)
