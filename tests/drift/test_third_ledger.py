"""A ledger with words nobody knows is watched, read and cured like any other."""

from __future__ import annotations

from datetime import date

import pytest

from bridge.drift.sides import Touched, chart_of
from bridge.model.account_classes import AccountClass
from bridge.model.connections import Route
from bridge.model.deliveries import DeliveryState
from bridge.model.findings import InstructionKind, Severity
from bridge.store.api import Store
from tests.books.told import SHOPIFY
from tests.drift.firm import Firm, paid
from tests.fakes.clock import FakeClock
from tests.fakes.ledger import Fault
from tests.fakes.other_ledger import OtherLedger

CLEARING = ("1210", "1220", "1230", "1240", "1250")


@pytest.fixture
def firm(sqlite_store: Store, clock: FakeClock) -> Firm:
    return Firm(sqlite_store, clock, OtherLedger(clock))


def test_every_clearing_account_is_watched_and_every_section_recognised(clock: FakeClock) -> None:
    facts = OtherLedger(clock).facts()
    route = Route("shop", "shop", "books", time_zone="UTC", first_day=date(2026, 1, 1), clearing="1210", bank="1000")

    chart = chart_of(facts, route, SHOPIFY, Touched(frozenset(), frozenset(CLEARING), frozenset()))

    assert [watch.account.number for watch in chart.clearings] == list(CLEARING)
    assert set(chart.sections.values()) == {one for one in AccountClass if not one.is_of_the_balance_sheet}
    assert {account.type for account in facts.accounts} >= {"cash", "asset", "income"}


def test_what_is_moved_within_a_section_is_told_apart_from_what_leaves_it(firm: Firm) -> None:
    firm.bring_in(paid("S1"), paid("S2"))
    firm.ledger.edit_account(firm.ref("S1 2026-06"), "6000", "6040")
    firm.ledger.edit_account(firm.ref("S2 2026-06"), "6000", "5220")

    found = [kept.finding for kept in firm.check().open_findings if kept.finding.code == "drift.account"]

    assert {one.severity for one in found} == {Severity.INFO, Severity.ERROR}


def test_a_stranger_in_clearing_is_found(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.add_foreign(date(2026, 6, 20), [("6100", 20_00), ("1200", -20_00)])

    assert "drift.foreign" in {kept.finding.code for kept in firm.check().open_findings}


def test_a_refusal_that_another_account_cures_is_planned_anew(firm: Firm) -> None:
    firm.receive(paid("S1"))
    firm.run()
    firm.ledger.fail_next_send(Fault.REFUSE, code="other.account")
    firm.deliver()
    assert (firm.delivery("S1 2026-06").state, firm.delivery("S1 2026-06").reason) == (
        DeliveryState.PARKED,
        "other.account",
    )

    firm.change_route(accounts=(("6000", "6040"),))
    firm.pass_days(1)
    firm.decide(InstructionKind.RETRY, "S1 2026-06", "mapped to another account")
    firm.deliver()
    firm.run()
    firm.deliver()

    assert firm.delivery("S1 2026-06").state is DeliveryState.DELIVERED
    assert "6040" in dict(firm.ledger.lines(firm.ref("S1 2026-06")))


def test_a_refusal_that_an_open_period_cures_waits_for_the_period_policy(firm: Firm) -> None:
    firm.receive(paid("S1"))
    firm.run()
    firm.ledger.fail_next_send(Fault.REFUSE, code="other.closed")
    firm.deliver()

    assert firm.delivery("S1 2026-06").reason == "period.locked"
