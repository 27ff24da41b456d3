"""The board judges what is kept of routes as of now: the gravest first, and green only what is proven."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from bridge.desk import BoardRow, Risk, board
from bridge.model.connections import Connection, ConnectionState, Side
from bridge.model.duties import Duty, DutyKind, Rhythm
from bridge.model.pauses import Pause, Scope
from bridge.model.runs import RunOutcome
from bridge.model.summaries import CheckSummary, Ending, GreenSaid, KeptSummary, Pile, Summary
from bridge.store.api import Client
from tests.store import facts

NOW, ROUTE = facts.NOON, facts.route()
SOURCE = facts.connection()
LEDGER = Connection(facts.LEDGER, "quickbooks", Side.SINK, "123")
WELL = Summary(NOW, through=NOW, newest_at=NOW, posted_through=NOW.date())
DAY = timedelta(days=1)


def checked(delivered: str = "yes", *, ago: timedelta = DAY) -> CheckSummary:
    said = {"delivered": delivered, "matched": "yes", "reconciled": "yes"}
    greens = tuple(GreenSaid(name, answer, "Why.") for name, answer in said.items())
    return CheckSummary(NOW - ago, NOW.date(), greens, 3, 3, ())


def client(
    name: str = "acme", summary: Summary | None = WELL, check: CheckSummary | None = None, **kept: Any
) -> Client:
    summaries = {ROUTE.route_id: KeptSummary(summary, check or checked())} if summary else {}
    whole = Client(name, (ROUTE,), (SOURCE, LEDGER), (), (), summaries)
    return msgspec.structs.replace(whole, **kept)


def row(of: Client) -> BoardRow:
    (only,) = board([of], NOW).rows
    return only


def test_grey_stands_above_green_and_below_what_is_known_to_be_wrong() -> None:
    found = board(
        [
            client("proven"),
            client("unproven", check=checked("not proven")),
            client("wrong", check=checked("no")),
            client("waits", msgspec.structs.replace(WELL, held=Pile(2, {"USD": 500}, NOW.date()))),
        ],
        NOW,
    )
    assert [one.organisation for one in found.rows] == ["wrong", "waits", "unproven", "proven"]
    assert [one.risk for one in found.rows] == list(Risk)
    assert [found.counted(risk) for risk in Risk] == [1, 1, 1, 1]


def test_what_was_proven_nine_days_ago_is_proven_no_more() -> None:
    assert row(client(check=checked(ago=7 * DAY))).risk is Risk.PROVEN
    stale = row(client(check=checked(ago=9 * DAY)))
    assert (stale.risk, stale.causes[0].words) == (Risk.UNPROVEN, "last compared with the ledger on 2026-06-05")


def test_nothing_is_green_of_which_nothing_is_known() -> None:
    assert row(client(summary=None)).risk is Risk.UNPROVEN
    assert row(client(routes=())).causes[0].words == "no route yet"


@pytest.mark.parametrize(("left", "risk"), [(-DAY, Risk.ACT), (29 * DAY, Risk.LOOK), (31 * DAY, Risk.PROVEN)])
def test_an_access_that_ends_is_told_before_it_does(left: timedelta, risk: Risk) -> None:
    found = row(client(summary=msgspec.structs.replace(WELL, ends=(Ending("books", "the sign-in", NOW + left),))))
    assert found.risk is risk
    assert found.next_end is not None
    assert found.next_end.connection == "books"


@pytest.mark.parametrize(
    ("summary", "risk", "words"),
    [
        (
            Summary(NOW, through=NOW, parked=Pile(1, {"USD": 1050}, NOW.date())),
            Risk.ACT,
            "refused 1 voucher (10.50 USD)",
        ),
        (Summary(NOW, through=NOW, unbooked=Pile(3)), Risk.LOOK, "3 documents not booked"),
        (Summary(NOW, through=NOW, question="route us books nothing yet: why"), Risk.ACT, "books nothing yet"),
        (Summary(NOW, through=NOW - 3 * DAY), Risk.LOOK, "all is in through 2026-06-11 only"),
        (Summary(NOW, newest_at=NOW - 40 * DAY), Risk.LOOK, "no file brought anything since 2026-05-05"),
        (Summary(NOW, through=NOW, findings={"error": 2}), Risk.ACT, "2 open errors"),
    ],
)
def test_what_speaks_against_a_route_is_told_with_how_grave_it_is(summary: Summary, risk: Risk, words: str) -> None:
    found = row(client(summary=summary))
    assert found.risk is risk
    assert words in found.causes[0].words


def test_what_somebody_stopped_is_said_and_is_not_late() -> None:
    late = Duty(DutyKind.SYNC, "us", Rhythm(5), NOW - timedelta(hours=3))
    assert "sync/us has been due since" in row(client(duties=(late,))).causes[0].words

    paused = Pause(Scope.CONNECTION, SOURCE.name, "Ann", "the client asked", NOW)
    assert [one.words for one in row(client(duties=(late,), pauses=(paused,))).causes] == ["amazon-us is paused by Ann"]


@pytest.mark.parametrize(
    ("subject", "is_meant"), [("", True), ("quickbooks", True), ("quickbooks 9.9", True), ("xero", False)]
)
def test_a_kill_switch_is_said_of_the_routes_that_it_stops(subject: str, is_meant: bool) -> None:
    stopped = Pause(Scope.DELIVERIES, subject, "Ann", "wrong accounts", NOW)
    assert (row(client(pauses=(stopped,))).risk is Risk.LOOK) is is_meant


def test_an_organisation_that_is_paused_says_so_once() -> None:
    stopped = Pause(Scope.ORGANISATION, "", "Olga", "unpaid", NOW)
    assert [one.words for one in row(client(pauses=(stopped,))).causes] == ["everything is paused by Olga"]


def test_a_connection_that_lets_nobody_in_and_a_duty_that_fails_come_first() -> None:
    shut = msgspec.structs.replace(LEDGER, state=ConnectionState.UNAUTHORIZED)
    failed = Duty(DutyKind.DELIVER, facts.LEDGER, Rhythm(5), NOW, last=RunOutcome.FAILED)
    found = row(client(connections=(SOURCE, shut), duties=(failed,)))
    assert [one.words for one in found.causes] == ["bridge is not let into books", "the last deliver failed"]
