"""Findings carry forward from run to run (D28), and instructions are kept as they were given."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from bridge.errors import ConfigError, InvariantError, StaleError
from bridge.model.findings import Finding, FindingState, Instruction, InstructionKind, KeptFinding
from bridge.model.openings import AgreedOpening
from bridge.model.pauses import Pause, Scope
from bridge.model.reviews import Assignment, SignOff
from bridge.model.rules import RuleSet
from bridge.model.words import LONGEST
from bridge.store.api import UnitOfWork
from bridge.store.sql import SqlStore
from tests.store import facts

ROUTE = facts.route().route_id
NOW = facts.NOON
WEEK = timedelta(days=7)
S = FindingState


def settle(store: SqlStore, weeks: int, *found: Finding) -> list[tuple[str, S, int]]:
    """The findings of a week's run: subject, state, and in which week it was first seen."""
    with store.unit("drift") as unit:
        kept = unit.findings.settle(ROUTE, found, NOW + weeks * WEEK, prefix="drift.")
    return [(one.finding.subject, one.state, (one.first_seen_at - NOW) // WEEK) for one in kept]


def accept(store: SqlStore, finding: Finding, weeks: int | None = None) -> None:
    with store.unit("anna") as unit:
        until = None if weeks is None else NOW + weeks * WEEK
        unit.findings.accept(finding.finding_id, "anna", "we know", until)


def test_a_finding_opens_carries_forward_and_closes(store: SqlStore) -> None:
    ours, other = facts.finding("a"), facts.finding("b")
    assert settle(store, 0, ours) == [("a", S.OPEN, 0)]
    assert sorted(settle(store, 1, ours, other)) == [("a", S.OPEN, 0), ("b", S.OPEN, 1)]
    assert settle(store, 2, other) == [("b", S.OPEN, 1)]
    with store.reading() as unit:
        assert unit.findings.get(ours.finding_id) == KeptFinding(ours, S.CLOSED, NOW, NOW + WEEK)
        assert [one.finding for one in unit.findings.of_route(ROUTE, S.OPEN)] == [other]
        assert len(unit.findings.of_route(ROUTE)) == 2


def test_several_are_opened_together_and_those_that_are_known_carry_forward(store: SqlStore) -> None:
    known, others = facts.finding("vch_1"), [facts.finding(f"vch_{number}") for number in range(2, 40)]
    with store.unit("worker") as unit:
        unit.findings.add(known, facts.NOON)
    with store.unit("worker") as unit:
        unit.findings.add_many([known, *others], facts.NOON + timedelta(hours=1))

    with store.reading() as unit:
        kept = {one.finding: one.first_seen_at for one in unit.findings.of_route(known.route_id)}
    assert kept == {known: facts.NOON} | dict.fromkeys(others, facts.NOON + timedelta(hours=1))


def test_a_closed_finding_that_comes_back_is_new(store: SqlStore) -> None:
    settle(store, 0, facts.finding())
    settle(store, 1)
    assert settle(store, 2, facts.finding()) == [("vch_1", S.OPEN, 2)]


def test_an_accepted_finding_stays_accepted_while_its_facts_stand(store: SqlStore) -> None:
    ours = facts.finding()
    settle(store, 0, ours)
    accept(store, ours)
    reworded = msgspec.structs.replace(ours, title="The total differs")
    assert settle(store, 1, reworded) == [("vch_1", S.ACCEPTED, 0)]
    with store.reading() as unit:
        kept = unit.findings.get(ours.finding_id)
        assert (kept.accepted_by, kept.accepted_reason, kept.finding) == ("anna", "we know", reworded)


def test_an_accepted_finding_opens_again_when_its_facts_change(store: SqlStore) -> None:
    settle(store, 0, facts.finding())
    accept(store, facts.finding())
    assert settle(store, 1, facts.finding(amount_minor=101)) == [("vch_1", S.OPEN, 0)]
    with store.reading() as unit:
        assert unit.findings.get(facts.finding().finding_id).accepted_by == ""


def test_an_acceptance_lapses(store: SqlStore) -> None:
    settle(store, 0, facts.finding())
    accept(store, facts.finding(), weeks=2)
    assert settle(store, 1, facts.finding()) == [("vch_1", S.ACCEPTED, 0)]
    assert settle(store, 2, facts.finding()) == [("vch_1", S.OPEN, 0)]


def test_a_run_leaves_findings_of_other_prefixes_and_routes_alone(store: SqlStore) -> None:
    booked = facts.finding("doc_1", code="books.reissued")
    elsewhere = facts.finding("vch_9", route_id="rte_other")
    with store.unit("books") as unit:
        unit.findings.add(booked, NOW)
        unit.findings.add(booked, NOW)
        unit.findings.add(elsewhere, NOW)
    assert settle(store, 1) == []
    with store.reading() as unit:
        assert unit.findings.get(booked.finding_id).state is S.OPEN
        assert unit.findings.get(elsewhere.finding_id).state is S.OPEN


def test_a_run_that_says_one_thing_twice_or_speaks_of_others_is_refused(store: SqlStore) -> None:
    for found in ([facts.finding(), facts.finding()], [facts.finding(code="books.x")], [facts.finding(route_id="r")]):
        with pytest.raises(InvariantError), store.unit("drift") as unit:
            unit.findings.settle(ROUTE, found, NOW, prefix="drift.")


def test_only_what_is_there_and_open_can_be_accepted(store: SqlStore) -> None:
    settle(store, 0, facts.finding())
    settle(store, 1)
    with pytest.raises(StaleError):
        accept(store, facts.finding())
    with pytest.raises(ConfigError):
        accept(store, facts.finding("unknown"))


def test_instructions_about_a_subject_come_in_the_order_they_were_given(store: SqlStore) -> None:
    first = Instruction(InstructionKind.RELEASE, "vch_1", "anna", "looked at it", NOW)
    second = Instruction(InstructionKind.ACCEPT, "vch_1", "ben", "fine", NOW + WEEK, until=NOW + 2 * WEEK)
    other = Instruction(InstructionKind.RETRY, "vch_2", "anna", "try again", NOW)
    with store.unit("anna") as unit:
        for one in (second, other, first, first):
            unit.instructions.add(one)
        assert unit.instructions.of_subject("vch_1") == (first, second)
    with pytest.raises(StaleError), store.unit("ben") as unit:
        unit.instructions.add(msgspec.structs.replace(first, by="ben"))


def test_an_acceptance_of_what_another_room_found_lapses_with_the_next_check_of_its_route(store: SqlStore) -> None:
    told = facts.finding("the channel", code="channel.edited")
    with store.unit("ingest") as unit:
        unit.findings.add(told, facts.NOON)
    with store.unit("anna") as unit:
        unit.findings.accept(told.finding_id, "anna", "later", facts.NOON + timedelta(minutes=1))

    for now, state in ((facts.NOON, FindingState.ACCEPTED), (facts.NOON + timedelta(minutes=1), FindingState.OPEN)):
        with store.unit("drift") as unit:
            unit.findings.settle(told.route_id, [], now, prefix="drift.")
            assert unit.findings.get(told.finding_id).state is state


LONG = "x" * (LONGEST + 1)
SAYS: dict[str, Callable[[UnitOfWork, str], object]] = {
    "a decision": lambda unit, said: unit.instructions.add(_told(reason=said)),
    "who decides": lambda unit, said: unit.instructions.add(_told(by=said)),
    "an acceptance": lambda unit, said: unit.findings.accept(facts.finding("a").finding_id, "ann", said, None),
    "a pause": lambda unit, said: unit.pauses.add(Pause(Scope.DELIVERIES, "", "ann", said, facts.NOON)),
    "who lifts it": lambda unit, said: unit.pauses.lift(Scope.DELIVERIES, "", said),
    "a note": lambda unit, said: unit.assignments.put(Assignment("vch_1", "ann", said, "ann", facts.NOON)),
    "rules": lambda unit, said: unit.rules.add(RuleSet("us", 1, facts.NOON.date(), (), "ann", said, facts.NOON)),
    "an opening": lambda unit, said: unit.openings.put(_opening(said)),
    "a signature": lambda unit, said: unit.reviews.add_sign_off(_signed(said)),
}


@pytest.mark.parametrize("text", [LONG, "a\0b", "\udcff"])
@pytest.mark.parametrize("door", SAYS)
def test_no_door_keeps_what_is_too_long_or_cannot_be_kept(store: SqlStore, door: str, text: str) -> None:
    """One limit, whoever brings it: a page, a command, a file, a program."""
    with store.unit("test") as unit:
        unit.findings.add(facts.finding("a"), facts.NOON)
    with pytest.raises(ConfigError) as told, store.unit("ann") as unit:
        SAYS[door](unit, text)
    assert told.value.code.startswith("words.")
    with store.unit("ann") as unit:
        SAYS[door](unit, "x" * LONGEST)


def _told(by: str = "ann", reason: str = "seen") -> Instruction:
    return Instruction(InstructionKind.RELEASE, "vch_1", by, reason, facts.NOON)


def _opening(reason: str) -> AgreedOpening:
    return AgreedOpening("books", "1", "USD", facts.NOON.date(), 5, "ann", reason, facts.NOON.date())


def _signed(reason: str) -> SignOff:
    words = dict.fromkeys(("digest", "page", "data", "rows", "audit_head", "company"), "x")
    at = {"checked_at": facts.NOON, "signed_at": facts.NOON, "through": facts.NOON.date()}
    return SignOff(route_id="r", route="us", by="ann", reason=reason, greens=(), accepted=0, **words, **at)  # type: ignore[arg-type]
