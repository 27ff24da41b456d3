"""Which of their many pages the tests of all pages look at: for each whose path names a part, what is told there.

A page without parts needs no line here; one with parts, and without a line, fails those tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from starlette.routing import BaseRoute, Route

from bridge.app import House
from bridge.drift import last_day
from bridge.web.people import Role
from tests.end_to_end.merchant import SAMPLES

ORGANISATION = "local"
Parts = Mapping[str, str]


def _invited(house: House) -> str:
    return house.office(ORGANISATION).members.invite("Bea", "bea@example.com", Role.BOOKKEEPER, by="Ann")


def _brought(house: House) -> Parts:
    """A file that Ann brought."""
    with (SAMPLES / "us_v2_standard.txt").open("rb") as content:
        owner = ORGANISATION, "amazon-us", "p-ann"
        return {"name": owner[1], "token": house.uploads.keep(owner, "settlement.txt", content, house.clock.now())}


def _finding(house: House) -> str:
    standing = house.office(ORGANISATION).desk.reviewed("us").standing
    assert standing is not None
    return standing.report.open_findings[0].finding.finding_id


def _signed(house: House) -> str:
    """What Ann signed of the route that nobody tampered with."""
    app = house.office(ORGANISATION)
    standing = app.desk.reviewed("gb").standing
    assert standing is not None
    through, reason = last_day(standing.report), "the channel has no report of its own"
    return app.signing.sign("gb", standing.digest, through, by="Ann", reason=reason, actor="web:Ann").sign_off_id


EXAMPLES: Mapping[str, Callable[[House], Parts]] = {
    "arrived": lambda _: {"thing": "28500000011"},
    "audit_row": lambda _: {"number": "2"},
    "brought_file": _brought,
    "check_connection": lambda _: {"name": "books-us"},
    "connecting": lambda _: {"plugin": "amazon"},
    "connection": lambda _: {"name": "books-us"},
    "explain": lambda _: {"thing": "28500000011"},
    "finding": lambda house: {"finding": _finding(house)},
    "first_run": lambda _: {"name": "amazon-us"},
    "join": lambda house: {"secret": _invited(house)},
    "lacking": lambda _: {"name": "books-us"},
    "leaving": lambda _: {"name": "books-us"},
    "ledger_books": lambda _: {"name": "books-us"},
    "link": lambda house: {"secret": house.entrance.link("p-ann")},
    "new_route": lambda _: {"name": "amazon-us"},
    "pilot": lambda _: {"route": "us"},
    "renewing": lambda _: {"name": "amazon-us"},
    "review_route": lambda _: {"route": "us"},
    "route": lambda _: {"route": "us"},
    "route_profit": lambda _: {"route": "us"},
    "run": lambda _: {"number": "1"},
    "signed_one": lambda house: {"signed": _signed(house)},
    "undo": lambda _: {"thing": "28500000011"},
}
"""By the name of a page's function: its parts, from books that have something to show. The organisation is known."""

NO_PAGES = {
    "ask_provider": "leads on to an OpenID provider, and these books have none",
    "choosing_account": "is at an address that a vendor's answer makes: the tests of connecting open it",
    "come_back": "is where that provider sends people back to",
    "come_from_vendor": "is where vendors send people back to",
    "paper": "is a page of its own that runs nothing, not even what looks for faults",
    "signed_version": "is such a page too",
}
"""What answers GET and is not to be opened like that."""


def paths(routes: Iterable[BaseRoute], house: House) -> Mapping[str, str]:
    """Every page's path with its example's parts, by name: what answers GET with HTML for a person who is signed in.

    Raises: AssertionError naming the pages without an example.
    """
    pages = [one for one in routes if isinstance(one, Route) and "GET" in (one.methods or ())]
    pages = [one for one in pages if one.name not in NO_PAGES]
    lacking = [one.name for one in pages if one.param_convertors.keys() - {"organisation"} and one.name not in EXAMPLES]
    assert not lacking, f"give an example in tests/web/examples.py for: {', '.join(lacking)}"
    made = {}
    for one in pages:
        parts = {"organisation": ORGANISATION, **(EXAMPLES[one.name](house) if one.name in EXAMPLES else {})}
        made[one.name] = str(one.url_path_for(one.name, **{name: parts[name] for name in one.param_convertors}))
    return made
