"""Money that channels hold back: what was held at an instant, whatever is said of it later."""

from __future__ import annotations

from datetime import timedelta

import msgspec

from bridge.model.pending import Pending
from bridge.store.sql import SqlStore
from tests.fakes.stores import OpenStore
from tests.store.facts import NOON

CON = "con_1"
DAY = timedelta(days=1)
FIRST, SECOND = ("day", "2026-06-28"), ("day", "2026-07-05")


def pending(name: str = "t1", *, days: int = 0, minor: int = 900) -> Pending:
    return Pending(
        external_id=name,
        words="Shipment",
        place="amazon.com",
        currency="USD",
        amount_minor=minor,
        occurred_at=NOON + days * DAY,
        as_of=NOON + days * DAY,
        parts=(("Sales / Product Charges", 1000), ("Fees", -100)),
    )


def freed(one: Pending, days: int, statement: str = "") -> Pending:
    return msgspec.structs.replace(one, released_at=NOON + days * DAY, statement=statement)


def put(store: SqlStore, owner: tuple[str, str], *some: Pending) -> None:
    with store.unit("worker") as unit:
        unit.pending.put(CON, owner, some)


def held(store: SqlStore, days: float) -> tuple[Pending, ...]:
    with store.reading() as unit:
        return unit.pending.at(CON, NOON + days * DAY)


def test_what_is_held_at_an_instant_is_what_had_not_come_free(store: SqlStore) -> None:
    """D30: deferred at the end of one month, free in the next."""
    put(store, FIRST, pending("t2", days=1), pending())
    assert held(store, 0) == (pending(),)
    assert held(store, 2) == (pending(), pending("t2", days=1))

    put(store, FIRST, freed(pending(), 7, "28500000011"), pending("t2", days=1))
    assert held(store, 6.9) == (freed(pending(), 7, "28500000011"), pending("t2", days=1))
    assert held(store, 7) == (pending("t2", days=1),)


def test_what_an_owner_does_not_hold_any_more_is_gone(store: SqlStore) -> None:
    put(store, FIRST, pending(), pending("t2"))
    put(store, SECOND, pending("t3"))
    put(store, FIRST, pending("t2", minor=5))
    assert held(store, 1) == (pending("t2", minor=5), pending("t3"))
    put(store, FIRST)
    assert held(store, 1) == (pending("t3"),)


def test_what_is_dated_anew_when_it_comes_free_was_held_all_the_same(store: SqlStore) -> None:
    """F36: no release counts twice, and none is lost from the month in which it was held."""
    put(store, FIRST, pending())
    put(store, SECOND, freed(pending(days=7), 7, "28500000011"))
    put(store, FIRST)
    assert [(one.occurred_at, one.statement) for one in held(store, 1)] == [(NOON, "28500000011")]
    assert held(store, 8) == ()

    put(store, SECOND, freed(pending(days=7), 9))
    assert [one.released_at for one in held(store, 1)] == [NOON + 7 * DAY], "the first end counts"
    put(store, SECOND, pending(days=7))
    assert len(held(store, 30)) == 1, "it is held again"


def test_it_is_no_business_of_the_audit_nor_of_others(store: SqlStore, another: OpenStore) -> None:
    put(store, FIRST, pending())
    with store.reading() as unit:
        assert list(unit.audit.rows()) == []
        assert unit.pending.at("con_2", NOON) == ()
    with another(organisation_id="other").reading() as unit:
        assert unit.pending.at(CON, NOON) == ()
