"""What becomes of another content of an order: the one the channel stood by last counts, whoever brings it when."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.ingest import ImportedDocument, Outcome
from bridge.model.documents import DocumentKind, DocumentState, Witness
from tests.ingest.channel import CLOSED, Fact, Sold
from tests.ingest.conftest import World

API, FILE = Witness.API, Witness.FILE
NUMBERS = count(2_000)
AT = [CLOSED + timedelta(hours=hours) for hours in range(5)]


def told(world: World, minor: int, as_of: datetime | None = None, **more: object) -> ImportedDocument:
    """Import one content of order 1001."""
    fact = Fact("1001", [Sold(minor)], as_of=as_of, **more)  # type: ignore[arg-type]
    return world.take(world.drop_facts("page.json", fact)).documents[0]


def test_a_later_content_is_the_next_revision_to_book_also_of_a_booked_order(world: World) -> None:
    told(world, 1000, AT[0])
    world.book("1001", DocumentKind.ORDER)
    found = told(world, 900, AT[1])

    assert (found.outcome, found.document.revision, found.reason) == (Outcome.NEW, 2, "")
    assert (world.order().state, world.order(revision=1).state) == (DocumentState.NEW, DocumentState.BOOKED)
    assert world.findings() == ()


def test_an_earlier_answer_after_a_later_one_is_stale(world: World) -> None:
    told(world, 900, AT[1])
    found = told(world, 1000, AT[0])
    assert (found.outcome, found.reason, found.document.total_minor) == (Outcome.KNOWN, "stale", 900)
    assert world.order().document.revision == 1


def test_a_file_says_nothing_new_after_the_api(world: World) -> None:
    told(world, 1000, AT[0])
    found = told(world, 900, AT[1], witness=FILE)
    assert (found.outcome, found.reason) == (Outcome.KNOWN, "known.file_after_api")
    assert world.order().document.total_minor == 1000


@pytest.mark.parametrize(
    ("said", "by_file", "message"),
    [
        ({"status": "paid"}, {"status": "failed"}, "this file says that it is failed, the channel's API said paid"),
        ({}, {"minor": 900}, "this file says 9.00 USD, bridge has 10.00 USD"),
    ],
)
def test_what_a_file_says_otherwise_than_the_api_is_told_each_time_and_changes_nothing(
    world: World, said: dict[str, Any], by_file: dict[str, Any], message: str
) -> None:
    """A payout that failed after all was once passed over without a word."""
    told(world, 1000, AT[0], **said)
    fact = Fact("1001", [Sold(by_file.pop("minor", 1000))], witness=FILE, **by_file)
    for _ in range(2):
        found = world.take(world.drop_facts("export.json", fact))
        assert [(one.code, one.where) for one in found.problems] == [("check.differs", "file export.json")]
        assert message in found.problems[0].message
        assert found.is_news
    assert (world.order().document.revision, world.order().document.total_minor) == (1, 1000)


@pytest.mark.parametrize("as_of", [AT[0], None])
def test_a_file_that_says_the_same_or_is_older_is_passed_over_without_a_word(
    world: World, as_of: datetime | None
) -> None:
    told(world, 1000, AT[1], status="paid")
    minor, status = (900, "open") if as_of else (1000, "")
    fact = Fact("1001", [Sold(minor)], as_of=as_of, witness=FILE, status=status)
    assert world.take(world.drop_facts("export.json", fact)).problems == ()


def test_the_api_has_the_last_word_after_a_file(world: World) -> None:
    told(world, 1000, AT[0], witness=FILE)
    found = told(world, 900, AT[1])
    assert (found.outcome, found.document.revision, world.order().document.witness) == (Outcome.NEW, 2, API)


def test_a_file_that_the_api_has_confirmed_is_the_apis_word(world: World) -> None:
    told(world, 1000, AT[0], witness=FILE)
    assert told(world, 1000, AT[1]).outcome is Outcome.KNOWN
    assert (world.order().document.witness, world.order().document.as_of) == (API, AT[1])
    assert told(world, 900, AT[2], witness=FILE).outcome is Outcome.KNOWN


def test_a_content_the_channel_still_stood_by_later_outlives_what_came_between(world: World) -> None:
    """Answers of 1, 3 and 2 o'clock, in that order: at three it was as at one, so what was at two is past."""
    told(world, 1000, AT[1])
    assert told(world, 1000, AT[3]).outcome is Outcome.KNOWN
    assert told(world, 900, AT[2]).reason == "stale"
    assert (world.order().document.total_minor, world.order().document.as_of) == (1000, AT[3])


def test_a_content_that_comes_back_later_is_a_revision_again(world: World) -> None:
    outcomes = [told(world, minor, as_of).outcome for minor, as_of in zip((1000, 900, 1000), AT, strict=False)]
    assert outcomes == [Outcome.NEW] * 3
    assert (world.order().document.revision, world.order().document.total_minor) == (3, 1000)


def test_contents_of_no_known_time_do_not_take_turns(world: World) -> None:
    outcomes = [told(world, minor).outcome for minor in (1000, 900, 1000, 900)]
    assert outcomes == [Outcome.NEW, Outcome.NEW, Outcome.KNOWN, Outcome.KNOWN]
    assert world.order().document.total_minor == 900


def test_a_content_that_does_not_add_up_is_held_and_what_is_booked_stays(world: World) -> None:
    told(world, 1000, AT[0])
    world.book("1001", DocumentKind.ORDER)
    found = told(world, 900, AT[1], total=905)

    assert (found.outcome, found.reason) == (Outcome.HELD, "order.unbalanced")
    assert world.order(revision=1).state is DocumentState.BOOKED
    assert told(world, 905, AT[2]).outcome is Outcome.NEW
    assert world.order().document.revision == 3


@pytest.mark.parametrize("more", [{"status": "paid"}, {"paid_at": CLOSED}])
def test_becoming_paid_is_another_content(world: World, more: dict[str, object]) -> None:
    told(world, 1000, AT[0])
    assert told(world, 1000, AT[1], **more).outcome is Outcome.NEW
    assert world.order().document.revision == 2


def test_a_reference_or_a_tax_rate_is_content_and_the_time_of_the_answer_is_not(world: World) -> None:
    told(world, 1000, AT[0], paid={"card": 1000})
    assert told(world, 1000, AT[1], paid={"card": 1000}).outcome is Outcome.KNOWN
    assert told(world, 1000, AT[2], paid={"cash": 1000}).outcome is Outcome.NEW


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), contents=st.lists(st.integers(1, 3), min_size=1, max_size=5))
def test_in_whatever_order_answers_come_the_latest_content_is_the_newest_revision(
    world: World, data: st.DataObject, contents: list[int]
) -> None:
    """F09: also when they come more than once, in one file or in two."""
    name = str(next(NUMBERS))
    answers = [Fact(name, [Sold(minor)], as_of=as_of) for minor, as_of in zip(contents, AT, strict=False)]
    came = data.draw(st.permutations(answers * 2))
    first = data.draw(st.integers(1, len(came)))
    for file in (came[:first], came[first:]):
        if file:
            world.take(world.drop_facts("page.json", *file))
    document = world.order(name).document
    assert (document.total_minor, document.as_of) == (contents[-1], answers[-1].as_of)
