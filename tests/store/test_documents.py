"""Documents, their revisions and their lines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge import ids
from bridge.errors import InvariantError, PluginError, StaleError
from bridge.model.documents import DocumentKind, DocumentState, Identity, Problem
from bridge.model.lines import Line, Part
from bridge.model.money import MAX_MINOR
from bridge.store.sql import SqlStore
from tests.store import facts

DOCUMENT = facts.SETTLEMENT.document_id
NUMBERS = count(1)
WORDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
LINE = st.builds(
    Line,
    key=st.just("1"),
    kind=st.sampled_from(["sale.product", "unclassified"]),
    part=st.sampled_from(Part),
    amount_minor=st.integers(-MAX_MINOR, MAX_MINOR),
    occurred_at=st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    order_id=WORDS,
    tax_group=WORDS,
    sku=WORDS,
    words=WORDS,
    attributes=st.lists(st.tuples(WORDS, WORDS), max_size=3).map(tuple),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=LINE)
def test_every_line_comes_back_as_it_was(store: SqlStore, line: Line) -> None:
    identity = Identity("amazon", "A1SELLER", DocumentKind.SETTLEMENT, str(next(NUMBERS)))
    with store.unit("cli") as unit:
        saved = facts.save(unit, [line], facts.document([line], identity=identity))
    with store.reading() as unit:
        assert list(unit.documents.lines(identity.document_id, 1)) == [(line,)]
        assert unit.documents.latest(identity.document_id) == saved


def test_a_document_comes_back_as_it_was_saved(store: SqlStore) -> None:
    some = facts.lines(2)
    problem = Problem("amazon.unknown", "a word nobody knows", "row 3", blocking=True)
    head = facts.document(some, pays_at=None, title="späte Abrechnung")
    with store.unit("cli") as unit:
        saved = facts.save(unit, some, head, state=DocumentState.HELD, reason="unclassified", problems=(problem,))
    with store.reading() as unit:
        assert unit.documents.latest(DOCUMENT) == unit.documents.revision(DOCUMENT, 1) == saved
        assert unit.documents.revision(DOCUMENT, 2) is None


def test_lines_come_in_pages_in_key_order_from_any_bulk(store: SqlStore) -> None:
    some = facts.lines(12_001, amount_minor=7)
    with store.unit("cli") as unit:
        for start in range(0, len(some), 5_000):
            unit.documents.add_lines(DOCUMENT, 1, some[start : start + 5_000])
        unit.documents.add(facts.kept(facts.document(some)))
    with store.reading() as unit:
        pages = list(unit.documents.lines(DOCUMENT, 1))
    assert max(len(page) for page in pages) <= 5_000
    assert tuple(line for page in pages for line in page) == some


def test_lines_can_be_had_by_kind(store: SqlStore) -> None:
    fee = Line("9", "fee.referral", Part.FEE, -15, facts.NOON)
    with store.unit("cli") as unit:
        facts.save(unit, [*facts.lines(3), fee])
    with store.reading() as unit:
        assert list(unit.documents.lines(DOCUMENT, 1, kind="fee.referral")) == [(fee,)]


def test_tax_groups_whose_tax_was_withheld_are_those_with_a_facilitator_line(store: SqlStore) -> None:
    def tax(key: str, kind: str, amount: int, group: str) -> Line:
        return Line(key, kind, Part.SALE, amount, facts.NOON, tax_group=group)

    some = [
        tax("1", "tax.collected", 80, "o1"),
        tax("2", "tax.facilitator", -80, "o1"),
        tax("3", "tax.collected", 80, "o2"),
        tax("4", "tax.facilitator", 0, "o2"),
        tax("5", "tax.facilitator", -5, ""),
    ]
    with store.unit("cli") as unit:
        facts.save(unit, some)
    with store.reading() as unit:
        assert unit.documents.withheld_groups(DOCUMENT, 1) == {"o1"}


def test_a_head_that_disagrees_with_its_lines_is_refused(store: SqlStore) -> None:
    """One lost line, or one lost cent between reader and store, and nothing is saved."""
    some = facts.lines(3)
    for head in (facts.document(some, line_count=4), facts.document(some[:2])):
        with pytest.raises(InvariantError) as refused, store.unit("cli") as unit:
            facts.save(unit, some, head)
        assert refused.value.code == "store.lines"


def test_one_key_twice_in_a_document_is_the_plugins_fault(store: SqlStore) -> None:
    some = facts.lines(2)
    with pytest.raises(PluginError, match="one key"), store.unit("cli") as unit:
        unit.documents.add_lines(DOCUMENT, 1, [*some, some[1]])


def test_a_revision_number_is_taken_once_and_in_turn(store: SqlStore) -> None:
    some = facts.lines(2)
    with store.unit("cli") as unit:
        facts.save(unit, some)
    for number in (1, 3):
        with pytest.raises(StaleError), store.unit("cli") as unit:
            facts.save(unit, some, facts.document(some, revision=number))
    with pytest.raises(StaleError), store.unit("cli") as unit:
        unit.documents.add_lines(DOCUMENT, 1, facts.lines(1))


def test_the_newest_revision_is_what_lists_show(store: SqlStore) -> None:
    some = facts.lines(2)
    older = Identity("amazon", "A1SELLER", DocumentKind.SETTLEMENT, "6099999999")
    mine = facts.connection().connection_id
    with store.unit("cli") as unit:
        facts.save(unit, some)
        unit.documents.set_state(DOCUMENT, 1, DocumentState.BOOKED, "")
        facts.save(unit, some, facts.document(some, revision=2), state=DocumentState.HELD, reason="settlement.reissued")
        early = facts.NOON - timedelta(days=30)
        facts.save(unit, some, facts.document(some, identity=older, closed_at=early))
    with store.reading() as unit:
        listed = [
            (one.document.identity.external_id, one.document.revision) for one in unit.documents.of_connection(mine)
        ]
        assert listed == [("6099999999", 1), ("6100000001", 2)]
        held = unit.documents.with_state(mine, DocumentState.HELD)
        assert [one.reason for one in held] == ["settlement.reissued"]
        assert unit.documents.with_state(mine, DocumentState.BOOKED) == ()
        assert unit.documents.with_state(ids.derive("con", "other"), DocumentState.HELD) == ()
        booked = unit.documents.revision(DOCUMENT, 1)
        assert booked is not None
        assert booked.state is DocumentState.BOOKED


def test_the_state_of_a_revision_that_is_not_there_cannot_be_set(store: SqlStore) -> None:
    with pytest.raises(InvariantError), store.unit("cli") as unit:
        unit.documents.set_state(DOCUMENT, 1, DocumentState.BOOKED, "")
