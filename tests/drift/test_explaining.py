"""The arithmetic of the clearing account holds for any legs and any moves."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from bridge.drift.comparing import BankLine
from bridge.drift.explaining.clearing import Account, Due, Known, Leg, Payout, explain
from bridge.drift.explaining.kinds import (
    BANK,
    CARD,
    CARRIED_IN,
    CHANGED,
    CHARGED,
    DAY,
    DEPOSIT,
    FAILED,
    FEES,
    PAYOUT,
    SETTLEMENT,
    TAKEN,
    TOTAL,
)
from bridge.drift.sides import Purpose
from bridge.store.api import ClearingMove

TODAY = date(2026, 7, 1)
# Few amounts, so that many of them meet their opposite by chance.
AMOUNTS = st.integers(-3, 3)
DAYS = st.integers(0, 60).map(lambda days: TODAY - timedelta(days=days))
ROUTES, GROUPS = ("mine", "other"), ("S1", "S2", "S3")

LEGS = st.builds(
    lambda route, group, on, kind, amount, called: Leg(
        route, f"{route} {group} {kind == BANK}", group, on, kind, amount, called=called
    ),
    st.sampled_from(ROUTES),
    st.sampled_from(GROUPS),
    DAYS,
    st.sampled_from([TOTAL, TOTAL, BANK, BANK, CARRIED_IN, CARD, FAILED, DEPOSIT, "settles"])
    | st.sampled_from([CHARGED, TAKEN, TAKEN, CHANGED, FEES]),
    AMOUNTS,
    st.sampled_from([SETTLEMENT, PAYOUT, DAY]),
)
DUES = st.dictionaries(
    st.tuples(st.sampled_from(ROUTES), st.sampled_from(GROUPS)), st.builds(Due, AMOUNTS, DAYS, st.booleans())
)
MOVES = st.builds(
    lambda entry, on, amount: (entry, on, amount),
    st.sampled_from(["", "", *(f"{route} {group} {side}" for route in ROUTES for group in GROUPS for side in (0, 1))]),
    DAYS,
    AMOUNTS,
)
PAYOUTS = st.dictionaries(
    st.tuples(st.sampled_from(ROUTES), st.sampled_from(GROUPS)),
    st.builds(Payout, st.just("?"), st.booleans(), st.booleans()),
)


@given(
    opening=AMOUNTS,
    balance=st.none() | AMOUNTS,
    legs=st.lists(LEGS, max_size=12),
    moves=st.lists(MOVES, max_size=12),
    payouts=PAYOUTS,
    dues=DUES,
    may_settle=st.booleans(),
    purpose=st.sampled_from(Purpose),
)
def test_the_open_items_add_up_to_the_closing_balance_always(
    opening: int,
    balance: int | None,
    legs: list[Leg],
    moves: list[tuple[str, date, int]],
    payouts: dict[tuple[str, str], Payout],
    dues: dict[tuple[str, str], Due],
    may_settle: bool,
    purpose: Purpose,
) -> None:
    """D14."""
    shown = [
        ClearingMove(f"R{place}", "JournalEntry", "", on, amount, entry, entry.split(" ")[0])
        for place, (entry, on, amount) in enumerate(moves)
    ]
    known = Known(
        {},
        {move.ref: ("theirs", BankLine() if may_settle else None) for move in shown if not move.entry_id},
        payouts,
        dues,
    )

    told = explain(
        Account("1200", "USD", {"mine": (TODAY, opening)}, balance, purpose), legs, shown, known, today=TODAY
    )

    assert told.closing_minor == opening + sum(amount for _, _, amount in moves)
    assert told.opening_minor + told.in_minor - told.out_minor == told.closing_minor
    assert sum(item.amount_minor for item in told.items) == told.closing_minor
    assert told.unexplained_minor == (0 if balance is None else balance - told.closing_minor)
    assert all(item.amount_minor and item.reason and item.age_days >= 0 for item in told.items)
    parts = [told.of_route(route) for route in ROUTES]
    for part in parts:
        assert part.opening_minor + part.in_minor - part.out_minor == part.closing_minor
        assert sum(item.amount_minor for item in part.items) == part.closing_minor
    others = sum(item.amount_minor for item in told.items if not item.route_id)
    assert sum(part.closing_minor for part in parts) + others == told.closing_minor
    assert sum(told.aged_minor) == told.closing_minor


@given(legs=st.lists(LEGS, max_size=12), moves=st.lists(MOVES, max_size=12), payouts=PAYOUTS)
def test_a_stranger_is_either_open_or_settles_its_exact_opposite(
    legs: list[Leg], moves: list[tuple[str, date, int]], payouts: dict[tuple[str, str], Payout]
) -> None:
    strange = {f"R{place}": amount for place, (entry, _, amount) in enumerate(moves) if not entry and amount}
    shown = [
        ClearingMove(f"R{place}", "JournalEntry", "", on, amount, entry, entry.split(" ")[0])
        for place, (entry, on, amount) in enumerate(moves)
    ]
    known = Known({}, dict.fromkeys(strange, ("theirs", BankLine())), payouts)

    told = explain(Account("1200", "USD", {}, None), legs, shown, known, today=TODAY)

    settled = {one.ref: -one.amount_minor for one in told.settled}
    left = Counter(item.amount_minor for item in told.items if item.reason == "theirs")
    assert settled == {ref: strange[ref] for ref in settled}
    assert left == Counter(amount for ref, amount in strange.items() if ref not in settled)


@given(
    legs=st.lists(LEGS, max_size=12),
    moves=st.lists(st.tuples(DAYS, AMOUNTS), max_size=12),
)
def test_a_line_of_the_bank_never_takes_more_than_it_holds(legs: list[Leg], moves: list[tuple[date, int]]) -> None:
    shown = [ClearingMove(f"R{place}", "Deposit", "", on, amount, "") for place, (on, amount) in enumerate(moves)]
    known = Known({}, {move.ref: ("theirs", BankLine()) for move in shown}, {})

    told = explain(Account("1250", "USD", {}, None, Purpose.BANK), legs, shown, known, today=TODAY)

    for move in shown:
        answered = -sum(one.amount_minor for one in told.settled if one.ref == move.ref)
        left = sum(item.amount_minor for item in told.items if item.ref == move.ref)
        assert answered + left == move.amount_minor
        assert 0 <= answered * (1 if move.amount_minor > 0 else -1) <= abs(move.amount_minor)
