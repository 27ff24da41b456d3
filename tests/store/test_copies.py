"""The ledger as observed, compared with what it acknowledged: each difference once, none falsely."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from bridge.model.readings import LedgerReading
from bridge.model.vouchers import LedgerCopy, LedgerLine, Mark
from bridge.store.api import ClearingMove, Compared, Difference, Shown
from bridge.store.sql import SqlStore, tables
from tests.store import facts

CLEARING = "80"


def acknowledge(store: SqlStore, *copies: LedgerCopy, entry_id: str = "") -> None:
    with store.unit("worker") as unit:
        for one in copies:
            unit.deliveries.put_baseline(f"vch_{one.ref}", entry_id or f"ent_{one.ref}", facts.LEDGER, one)


def observe(store: SqlStore, *copies: LedgerCopy) -> None:
    with store.unit("drift") as unit:
        unit.copies.clear(facts.LEDGER)
        unit.copies.add(facts.LEDGER, copies)


def differences(store: SqlStore) -> list[Difference]:
    with store.reading() as unit:
        return list(unit.copies.differences(facts.LEDGER))


def strangers(
    store: SqlStore, *accounts: str, contacts: tuple[str, ...] = (), since_on: date = date.min
) -> list[LedgerCopy]:
    with store.reading() as unit:
        return list(unit.copies.strangers(facts.LEDGER, accounts, contacts, since_on))


def test_an_unchanged_ledger_shows_no_difference(store: SqlStore) -> None:
    ours = [facts.copy(str(ref)) for ref in range(30)]
    acknowledge(store, *ours)
    observe(store, *ours)
    assert differences(store) == []
    assert strangers(store, CLEARING) == []


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ({"type": "Transfer"}, 0),
        ({"number": "AMZ-9"}, 1),
        ({"dated_on": date(2026, 7, 1)}, 2),
        ({"currency": "CAD"}, 3),
        ({"lines": (LedgerLine("79", -1001), LedgerLine("80", 1001))}, 4),
        ({"lines": (LedgerLine("81", -1000), LedgerLine("80", 1000))}, 5),
        ({"is_voided": True}, 6),
        ({"marks": (Mark("customer", "12"),)}, 7),
        ({"lines": (LedgerLine("79", -1000, marks=(Mark("class", "3"),)), LedgerLine("80", 1000))}, 7),
        ({"settles": ("9",)}, 8),
    ],
)
def test_every_compared_field_is_seen(store: SqlStore, edit: dict[str, Any], field: int) -> None:
    """D03: amount, date, account, currency, type, number, void and what is paid, each found once."""
    ours, untouched = facts.copy("145"), facts.copy("146")
    acknowledge(store, ours, untouched)
    theirs = msgspec.structs.replace(ours, **edit)
    observe(store, theirs, untouched)

    (found,) = differences(store)

    assert (found.ref, found.voucher_id) == ("145", "vch_145")
    assert found.ours == _told(ours)
    assert found.theirs == _told(theirs)
    assert found.ours[field] != found.theirs[field]


def test_words_and_the_order_of_lines_are_no_difference(store: SqlStore) -> None:
    ours = facts.copy("145")
    acknowledge(store, ours)
    observe(store, msgspec.structs.replace(ours, lines=ours.lines[::-1], memo="other", version="7", changed_by="Anna"))
    assert differences(store) == []


def test_how_a_mark_is_called_and_how_marked_lines_are_cut_are_no_difference(store: SqlStore) -> None:
    mark = (Mark("class", "3", "Online"),)
    ours = msgspec.structs.replace(
        facts.copy("145"), lines=(LedgerLine("79", -1000, marks=mark), LedgerLine("80", 1000))
    )
    acknowledge(store, ours)
    renamed = (Mark("class", "3", "Web"),)
    halves = (LedgerLine("79", -400, marks=renamed), LedgerLine("79", -600, marks=renamed), LedgerLine("80", 1000))
    observe(store, msgspec.structs.replace(ours, lines=halves, open_minor=5))
    assert differences(store) == []


def test_marks_and_what_is_settled_come_back_as_they_were_kept(store: SqlStore) -> None:
    ours = msgspec.structs.replace(
        facts.copy("145"), marks=(Mark("customer", "12", "Amazon"),), settles=("7", "8"), open_minor=250
    )
    acknowledge(store, ours)
    observe(store, ours)
    with store.unit("drift") as unit:
        assert unit.copies.get(facts.LEDGER, "145") == unit.deliveries.baseline(facts.LEDGER, "145") == ours


def test_what_settles_an_object_is_found_but_for_what_was_voided(store: SqlStore) -> None:
    paying = [settling("p1", "145"), settling("p2", "146", "145"), settling("p3", "147"), settling("p4", "145")]
    observe(store, facts.copy("145"), *paying[:3], msgspec.structs.replace(paying[3], is_voided=True))

    with store.unit("drift") as unit:
        assert [copy.ref for copy in unit.copies.settling(facts.LEDGER, {"145"})] == ["p1", "p2"]
        assert list(unit.copies.settling(facts.LEDGER, {"145"})) == paying[:2]
        assert list(unit.copies.settling(facts.LEDGER, ())) == []


def test_what_others_move_an_account_by_is_found_by_its_sum(store: SqlStore) -> None:
    """However its lines are cut; neither ours, nor what is voided, nor what moves another account."""
    acknowledge(store, facts.copy("ours"))
    cut = (LedgerLine("79", 400), LedgerLine("79", 600), LedgerLine("80", -1000))
    others = [moving("a", 1000), moving("b", 999), msgspec.structs.replace(moving("c", 1000), lines=cut)]
    voided = msgspec.structs.replace(moving("d", 1000), is_voided=True)
    observe(store, msgspec.structs.replace(facts.copy("ours"), lines=cut), *others, voided)

    with store.unit("drift") as unit:
        found = unit.copies.moving(facts.LEDGER, "79", {1000, *range(2000, 2600)})
        assert [copy.ref for copy in found] == ["a", "c"]
        assert [copy.ref for copy in unit.copies.moving(facts.LEDGER, "80", [-1000])] == ["a", "c"]
        assert list(unit.copies.moving(facts.LEDGER, "79", ())) == []


def settling(ref: str, *settled: str) -> LedgerCopy:
    return msgspec.structs.replace(facts.copy(ref), settles=settled)


def moving(ref: str, minor: int) -> LedgerCopy:
    lines = (LedgerLine("79", minor), LedgerLine("80", -minor))
    return msgspec.structs.replace(facts.copy(ref), lines=lines)


def test_marks_that_were_never_kept_are_learnt_once(store: SqlStore) -> None:
    ours = facts.copy("145")
    acknowledge(store, ours)
    engine = store.dialect.engine()
    with store.dialect.transaction(engine, is_reading=False) as connection:
        connection.execute(sa.update(tables.baseline).values(marks_hash=""))  # as it was before marks were kept
    engine.dispose()
    marked = msgspec.structs.replace(ours, marks=(Mark("customer", "12"),))
    observe(store, marked)
    assert [one.ref for one in differences(store)] == ["145"]
    for _ in range(2):
        with store.unit("drift") as unit:
            unit.copies.learn_marks(facts.LEDGER)
        assert differences(store) == []
    observe(store, msgspec.structs.replace(ours, marks=(Mark("customer", "13"),)))
    with store.unit("drift") as unit:
        unit.copies.learn_marks(facts.LEDGER)
    assert [one.ref for one in differences(store)] == ["145"]


def test_an_object_that_is_gone_is_a_difference_without_a_ledger_side(store: SqlStore) -> None:
    ours = facts.copy("145")
    acknowledge(store, ours)
    observe(store)
    assert differences(store) == [Difference("145", "vch_145", _told(ours), None)]


def test_an_object_observed_twice_counts_as_it_was_last_seen(store: SqlStore) -> None:
    early, late = facts.copy("145"), facts.copy("145", amount_minor=7)
    with store.unit("drift") as unit:
        unit.copies.add(facts.LEDGER, [early, late])
        assert unit.copies.get(facts.LEDGER, "145") == late
        unit.copies.add(facts.LEDGER, [early])
        assert unit.copies.get(facts.LEDGER, "145") == early
        assert unit.copies.get(facts.LEDGER, "146") is None


def test_strangers_are_those_that_touch_our_accounts_or_carry_our_marks(store: SqlStore) -> None:
    ours = facts.copy("145")
    elsewhere = (LedgerLine("901", -5), LedgerLine("902", 5))
    touches = facts.copy("200", key="", number="")
    carries_key = facts.copy("201", lines=elsewhere, number="")
    bears_number = facts.copy("202", lines=elsewhere, key="", number=ours.number)
    nothing_of_ours = facts.copy("203", lines=elsewhere, key="", number="")
    acknowledge(store, ours)
    observe(store, ours, touches, carries_key, bears_number, nothing_of_ours)

    assert strangers(store, CLEARING, "79") == [touches, carries_key, bears_number]
    assert strangers(store) == [carries_key, bears_number]


def test_strangers_are_found_by_whom_they_or_a_line_of_theirs_name(store: SqlStore) -> None:
    elsewhere = (LedgerLine("901", -5), LedgerLine("902", 5))
    owed = (LedgerLine("901", -5), LedgerLine("902", 5, contact="58"))
    plain: dict[str, Any] = {"key": "", "number": ""}
    names = msgspec.structs.replace(facts.copy("200", lines=elsewhere, **plain), contact="58")
    names_on_a_line = facts.copy("201", lines=owed, **plain)
    names_another = msgspec.structs.replace(facts.copy("202", lines=elsewhere, **plain), contact="580")
    observe(store, names, names_on_a_line, names_another, facts.copy("203", lines=elsewhere, **plain))

    assert strangers(store, contacts=("58", "59")) == [names, names_on_a_line]
    assert names_on_a_line.contacts == {"58"}
    assert strangers(store) == []


def test_many_strangers_come_whole(store: SqlStore) -> None:
    many = [facts.copy(f"{number:05d}") for number in range(1_203)]
    observe(store, *many)
    assert strangers(store, CLEARING) == many


def test_a_stranger_is_a_twin_by_key_then_number_then_date_and_lines(store: SqlStore) -> None:
    acknowledge(store, facts.copy("1"), facts.copy("2", amount_minor=5), facts.copy("3", amount_minor=6))

    def twin(**more: Any) -> str:
        with store.reading() as unit:
            copy = facts.copy("9", **({"key": "", "number": ""} | more))
            ref, voucher_id = unit.copies.twins(facts.LEDGER, [copy, facts.copy("8", key="", number="")]).get(
                "9", ("", "")
            )
        assert voucher_id == (ref and f"vch_{ref}")
        return ref

    assert twin(key="brk_2", number="AMZ-3") == "2"
    assert twin(number="AMZ-3") == "3"
    assert twin(amount_minor=6) == "3"
    assert twin(amount_minor=6, currency="CAD") == ""
    assert twin(amount_minor=77) == ""
    assert twin(lines=()) == ""
    with store.reading() as unit:
        assert unit.copies.twins(facts.LEDGER, [facts.copy("1")]) == {}


def test_of_several_twins_the_first_of_its_own_type_is_meant(store: SqlStore) -> None:
    acknowledge(store, *(facts.copy(ref, number="", type=kind) for ref, kind in (("1", "Bill"), ("2", "Invoice"))))
    strange = [facts.copy(ref, key="", number="", type=kind) for ref, kind in (("8", "Invoice"), ("9", "Deposit"))]
    with store.reading() as unit:
        found = unit.copies.twins(facts.LEDGER, strange)
    assert {ref: twin for ref, (twin, _) in found.items()} == {"8": "2", "9": "1"}


def test_every_move_on_the_clearing_account_is_there_ours_and_others(store: SqlStore) -> None:
    """D14: the explainer's columns add up to the account, by date."""
    ours = facts.copy("145", dated_on=date(2026, 6, 30))
    split = (LedgerLine(CLEARING, 300), LedgerLine(CLEARING, -50), LedgerLine("79", -250))
    hand_made = facts.copy("201", lines=split, number="", key="", memo="by hand", dated_on=date(2026, 6, 2))
    gone = facts.copy("202", is_voided=True)
    aside = facts.copy("203", lines=(LedgerLine("1", 5), LedgerLine("2", -5)))
    booked = facts.entry()
    with store.unit("worker") as unit:
        unit.entries.add(booked)
        unit.deliveries.put_baseline("vch_145", booked.entry_id, facts.LEDGER, ours)
    observe(store, ours, hand_made, gone, aside)

    with store.reading() as unit:
        moves = list(unit.copies.clearing(facts.LEDGER, CLEARING, date.min))

    assert moves == [
        ClearingMove("201", "JournalEntry", "", date(2026, 6, 2), 250, "", "", "USD"),
        ClearingMove(
            "145",
            "JournalEntry",
            "AMZ-145",
            date(2026, 6, 30),
            1000,
            booked.entry_id,
            booked.slot.route_id,
            "USD",
        ),
    ]


def test_of_entries_that_are_left_out_no_move_is_told_and_what_each_object_does_can_be_asked(store: SqlStore) -> None:
    booked, ours, paid = facts.entry(), facts.copy("145"), facts.copy("146", open_minor=0, settles=("145",))
    voided, foreign = facts.copy("147", is_voided=True), facts.copy("200", key="", number="", settles=("146", "x"))
    with store.unit("worker") as unit:
        unit.entries.add(booked)
    acknowledge(store, ours, paid, entry_id=booked.entry_id)
    observe(store, ours, paid, voided, foreign)

    with store.reading() as unit:
        left = unit.copies.clearing(facts.LEDGER, CLEARING, date.min, {booked.entry_id})
        assert [move.ref for move in left] == ["200"]
        shown = unit.copies.shown(facts.LEDGER, ["145", "146", "147", "148"])
        assert shown == {
            copy.ref: Shown(
                copy.dated_on,
                copy.settles,
                copy.open_minor,
                {line.account_id: line.amount_minor for line in copy.lines},
            )
            for copy in (ours, paid)
        }
        assert unit.copies.answered(facts.LEDGER) == {"146": facts.route().route_id}


def test_the_entry_is_found_whose_objects_move_an_account_by_an_amount_together(store: SqlStore) -> None:
    first, second, gone = (facts.entry(place=facts.slot(month)) for month in ("2026-06", "2026-07", "2026-08"))
    parts = facts.copy("1"), facts.copy("2", amount_minor=5), facts.copy("3", amount_minor=1005)
    with store.unit("worker") as unit:
        unit.entries.add_many([first, second, gone])
    for entry, copies in ((first, parts[:2]), (second, parts[2:]), (gone, [facts.copy("4", amount_minor=7)])):
        acknowledge(store, *copies, entry_id=entry.entry_id)
    observe(store, *parts, facts.copy("4", amount_minor=7), facts.copy("5", amount_minor=9, key="", number=""))
    with store.unit("books") as unit:
        unit.entries.replace([gone.entry_id])

    with store.reading() as unit:
        mine = facts.route().route_id
        alike = min(first.entry_id, second.entry_id)
        assert unit.copies.as_much(facts.LEDGER, CLEARING, [mine], [1005, 1000, 7, 9]) == {1005: alike}
        assert unit.copies.as_much(facts.LEDGER, CLEARING, ["rte_2"], [1005]) == {}


def _told(copy: LedgerCopy) -> Compared:
    dated_on = copy.dated_on.isoformat()
    return (
        copy.type,
        copy.number,
        dated_on,
        copy.currency,
        copy.total_minor,
        copy.lines_hash,
        copy.is_voided,
        copy.marks_hash,
        copy.settles,
    )


def test_the_parts_of_an_object_are_taken_out_and_nothing_else(store: SqlStore) -> None:
    """A ref may begin as another's, and what sorts next to a slash is no part."""
    refs = ("n", "n/1", "n/2", "n-1", "n0", "n.1", "m/1", "nn/1")
    observe(store, *(facts.copy(ref, key="", number="") for ref in refs))
    for _ in range(2):
        with store.unit("drift") as unit:
            unit.copies.remove_parts(facts.LEDGER, ["n", "gone"])
            unit.copies.remove_parts("other", ["m"])
            unit.copies.remove_parts(facts.LEDGER, [])
            left = {ref for ref in refs if unit.copies.get(facts.LEDGER, ref)}
            assert left == {"n", "n-1", "n0", "n.1", "m/1", "nn/1"}
            assert unit.copies.deleted(facts.LEDGER) == frozenset()


def test_what_is_deleted_is_remembered_of_ours_until_it_comes_by_again(store: SqlStore) -> None:
    ours, foreign = facts.copy("145"), facts.copy("200", key="", number="")
    acknowledge(store, ours)
    observe(store, ours, foreign)
    for _ in range(2):
        with store.unit("drift") as unit:
            unit.copies.remove(facts.LEDGER, ["145", "200", "999"], is_deleted=True)
            assert unit.copies.deleted(facts.LEDGER) == {"145"}
            assert unit.copies.get(facts.LEDGER, "145") is unit.copies.get(facts.LEDGER, "200") is None
    with store.unit("drift") as unit:
        unit.copies.clear(facts.LEDGER)
        assert unit.copies.deleted(facts.LEDGER) == {"145"}
        unit.copies.add(facts.LEDGER, [ours])
        assert unit.copies.deleted(facts.LEDGER) == frozenset()


def test_what_the_copies_cover_is_kept_until_they_are_cleared(store: SqlStore) -> None:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    reading = LedgerReading(
        reader="fake 0, company",
        accounts=("79", "80"),
        contacts=("12",),
        since_on=date(2026, 1, 1),
        through=now,
        swept_at=now,
        objects=7,
        calls=3,
        left=(("rte_1", "80", -5),),
    )
    with store.unit("drift") as unit:
        assert unit.copies.covered(facts.LEDGER) is None
        unit.copies.cover(facts.LEDGER, reading)
        unit.copies.cover(facts.LEDGER, reading)
        assert unit.copies.covered(facts.LEDGER) == reading
        assert unit.copies.covered("another") is None
        unit.copies.clear(facts.LEDGER)
        assert unit.copies.covered(facts.LEDGER) is None


def test_what_others_posted_before_a_day_is_left_out_and_what_is_ours_is_not(store: SqlStore) -> None:
    """It is there for a route that began earlier."""
    ours = facts.copy("145", dated_on=date(2026, 1, 1))
    early, late = (
        facts.copy(ref, key="", number="", dated_on=on)
        for ref, on in (("200", date(2026, 5, 31)), ("201", date(2026, 6, 1)))
    )
    acknowledge(store, ours)
    observe(store, ours, early, late)

    assert strangers(store, CLEARING, since_on=date(2026, 6, 1)) == [late]
    with store.reading() as unit:
        moves = unit.copies.clearing(facts.LEDGER, CLEARING, date(2026, 6, 1))
        assert [move.ref for move in moves] == ["145", "201"]
