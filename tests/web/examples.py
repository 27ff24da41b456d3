"""Which of their many pages the tests of all pages look at: for each whose path names a part, what is told there.

A page without parts needs no line here; one with parts, and without a line, fails that test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from starlette.routing import BaseRoute, Route

from bridge.app import App
from bridge.web.people import Role
from bridge.web.uploads import Uploads
from tests.end_to_end.merchant import SAMPLES

Parts = Mapping[str, str]
EXAMPLES: Mapping[str, Callable[[App], Parts]] = {
    "audit_row": lambda _app: {"number": "1"},
    "brought_file": lambda app: {"name": "amazon-us", "token": _held(app)},
    "check_connection": lambda _app: {"name": "books-us"},
    "connecting": lambda _app: {"plugin": "amazon"},
    "connection": lambda _app: {"name": "books-us"},
    "first_run": lambda _app: {"name": "amazon-us"},
    "leaving": lambda _app: {"name": "books-us"},
    "join": lambda app: {"secret": app.members.invite("Bob", "", Role.VIEWER, by="web:Ann")},
    "ledger_books": lambda _app: {"name": "books-us"},
    "link": lambda app: {"secret": app.entrance.link("p-ann")},
    "new_route": lambda _app: {"name": "amazon-us"},
    "renewing": lambda _app: {"name": "amazon-us"},
    "route": lambda _app: {"route": "us"},
    "run": lambda _app: {"number": "1"},
}
"""By the name of a page's function: its parts, from books that have something to show. The organisation is known."""


GOOD_ONCE = frozenset({"ask_provider", "choosing_account", "come_back", "come_from_vendor"})
"""Pages at addresses that a vendor's answer makes: the tests of connecting and of signing in open them."""


def _held(app: App) -> str:
    """A file that Ann brought."""
    owner = app.settings.organisation, "amazon-us", "p-ann"
    with (SAMPLES / "us_v2_standard.txt").open("rb") as content:
        return Uploads().keep(owner, "settlement.txt", content, app.clock.now())


def paths(routes: Iterable[BaseRoute], app: App) -> Mapping[str, str]:
    """Every page's path with its example's parts, by name: what answers GET with HTML for a person who is signed in.

    Raises: AssertionError naming the pages without an example.
    """
    pages = [one for one in routes if isinstance(one, Route) and one.methods is not None and "GET" in one.methods]
    pages = [one for one in pages if one.name not in GOOD_ONCE]
    lacking = [one.name for one in pages if one.param_convertors.keys() - {"organisation"} and one.name not in EXAMPLES]
    assert not lacking, f"give an example in tests/web/examples.py for: {', '.join(lacking)}"
    made = {}
    for one in pages:
        example = EXAMPLES[one.name](app) if one.name in EXAMPLES else {}
        parts = {"organisation": app.settings.organisation, **example}
        made[one.name] = str(one.url_path_for(one.name, **{name: parts[name] for name in one.param_convertors}))
    return made
