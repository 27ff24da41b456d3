"""Whatever people do to whichever ledger: each edit is found once, with code, route and amount, and nothing else is.

The oracle is the fakes' own trial balance: what an edit changed there is what its finding must say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import cache

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.end_to_end.quickbooks_edits import AMERICAN, BRITISH
from tests.end_to_end.tampered import Edit, Said, World, world
from tests.end_to_end.xero_edits import EDITS

OF_COMPANY = {"us": AMERICAN, "qb": BRITISH, "gb": EDITS}
ALL_ROUTES = {company: (f"shop-{company}", f"woo-{company}", f"amazon-{company}") for company in ("us", "gb")}
# What is late must not be edited away: of the Xero's settlement the edits are tried by themselves.
TOGETHER = {
    "quickbooks": (ALL_ROUTES["us"], AMERICAN),
    "xero": (ALL_ROUTES["gb"], tuple(edit for edit in EDITS if not edit.whose.startswith("amazon"))),
}
# By default a few of the many threes; a random run tries more. There is nothing to shrink.
THREES = settings(max_examples=6 if settings().derandomize else 100, deadline=None, phases=(Phase.generate,))
Worlds = Callable[..., World]


def singly() -> Iterator[tuple[str, tuple[str, ...], Edit]]:
    """Each edit, with the routes whose checks must tell of it: a channel that pays out is checked by itself."""
    for company, edits in OF_COMPANY.items():
        for edit in edits:
            alone = edit.whose.startswith("amazon")
            routes = (f"amazon-{company}",) if alone else (f"shop-{company}", f"woo-{company}")
            yield f"{company} {edit.name}", routes, edit


SINGLY = {name: (routes, edit) for name, routes, edit in singly()}


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worlds]:
    """Worlds by their routes, each made once."""
    with ExitStack() as stack:

        @cache
        def made(*routes: str) -> World:
            return stack.enter_context(world(tmp_path_factory.mktemp("world"), *routes))

        yield made


def told(there: World, *edits: Edit) -> tuple[Counter[Said], Counter[Said]]:
    """What must be found of these edits, and what is."""
    there.come_back()
    expected = sum((there.visit(edit) for edit in edits), Counter[Said]())
    return expected, there.found()


@pytest.mark.parametrize(("routes", "edit"), SINGLY.values(), ids=SINGLY.keys())
def test_an_edit_is_found_once_and_nothing_else_is(worlds: Worlds, routes: Sequence[str], edit: Edit) -> None:
    """D03, F08, D14."""
    expected, found = told(worlds(*routes), edit)

    assert found == expected


@pytest.mark.parametrize(("routes", "edits"), TOGETHER.values(), ids=TOGETHER.keys())
@THREES
@given(data=st.data())
def test_of_three_edits_at_once_each_is_found_once(
    worlds: Worlds, routes: Sequence[str], edits: Sequence[Edit], data: st.DataObject
) -> None:
    """D03: never two of one object."""
    three = data.draw(
        st.lists(st.sampled_from(edits), min_size=3, max_size=3, unique_by=lambda one: one.place or one.name)
    )

    expected, found = told(worlds(*routes), *three)

    assert found == expected, [edit.name for edit in three]


def test_there_are_more_than_fifty_kinds_of_edit_on_each_ledger_and_each_has_its_name() -> None:
    for edits in (AMERICAN, EDITS):
        names = [edit.name for edit in edits]
        assert len(set(names)) == len(names)
        assert len([edit for edit in edits if edit.found]) >= 50
