"""Which of their many pages the tests of all pages look at: for each whose path names a part, what is told there.

A page without parts needs no line here; one with parts, and without a line, fails that test.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from starlette.routing import BaseRoute, Route

from bridge.app import App

Parts = Mapping[str, str]
EXAMPLES: Mapping[str, Callable[[App], Parts]] = {}
"""By the name of a page's function: its parts, from books that have something to show. The organisation is known."""


def paths(routes: Iterable[BaseRoute], app: App) -> Mapping[str, str]:
    """Every page's path with its example's parts, by name: what answers GET with HTML for a person who is signed in.

    Raises: AssertionError naming the pages without an example.
    """
    pages = [one for one in routes if isinstance(one, Route) and one.methods is not None and "GET" in one.methods]
    lacking = [one.name for one in pages if one.param_convertors.keys() - {"organisation"} and one.name not in EXAMPLES]
    assert not lacking, f"give an example in tests/web/examples.py for: {', '.join(lacking)}"
    made = {}
    for one in pages:
        example = EXAMPLES[one.name](app) if one.name in EXAMPLES else {}
        parts = {"organisation": app.settings.organisation, **example}
        made[one.name] = str(one.url_path_for(one.name, **{name: parts[name] for name in one.param_convertors}))
    return made
