"""Connections and their secrets, routes, rules and ledger facts."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from bridge.errors import ConfigError, StaleError
from bridge.model.account_classes import AccountClass
from bridge.model.connections import Connection, ConnectionState
from bridge.model.facts import LedgerAccount, LedgerFacts
from bridge.model.rules import Rule, RuleSet
from bridge.store.api import SealedCredential
from bridge.store.sql import SqlStore
from tests.fakes.clock import FakeClock
from tests.store import facts

MINUTE = timedelta(minutes=1)


def test_a_connection_comes_back_as_it_was_put(store: SqlStore, clock: FakeClock) -> None:
    ours = facts.connection()
    with store.unit("cli") as unit:
        assert unit.connections.put(ours)
    with store.unit("cli") as unit:
        assert not unit.connections.put(ours)
        assert unit.connections.get(ours.name) == ours
        unit.connections.set_state(ours.name, ConnectionState.UNAUTHORIZED, "the ledger said 401")
    with store.reading() as unit:
        assert unit.connections.all() == (
            msgspec.structs.replace(
                ours, state=ConnectionState.UNAUTHORIZED, state_reason="the ledger said 401", state_since=clock.now()
            ),
        )
        with pytest.raises(ConfigError, match="nowhere"):
            unit.connections.get("nowhere")


def test_the_first_refusal_stands_with_its_instant_until_bridge_is_let_in_again_f57(
    store: SqlStore, clock: FakeClock
) -> None:
    """And what a person or a broken plugin paused is not let in by a refusal that comes after."""
    ours, at = facts.connection(), clock.now()
    with store.unit("cli") as unit:
        unit.connections.put(ours)
        unit.connections.shut(ours.name, "refused the grant")
    clock.advance(3600)
    with store.unit("cli") as unit:
        unit.connections.shut(ours.name, "refused again")
        shut = unit.connections.get(ours.name)
        unit.connections.set_state(ours.name, ConnectionState.PAUSED, "its plugin hung")
        unit.connections.shut(ours.name, "refused again")
        paused = unit.connections.get(ours.name)
        unit.connections.set_state(ours.name, ConnectionState.ACTIVE, "")

        assert (shut.state_reason, shut.state_since) == ("refused the grant", at)
        assert (paused.state, paused.state_reason) == (ConnectionState.PAUSED, "its plugin hung")
        assert paused.state_since == clock.now()
        assert unit.connections.get(ours.name) == ours


def test_two_connections_to_one_account_are_refused(store: SqlStore) -> None:
    """They would book the same documents twice."""
    with store.unit("cli") as unit:
        unit.connections.put(facts.connection("first"))
        unit.connections.put(facts.connection("elsewhere", account="A2SELLER"))
        unit.connections.put(facts.connection("not-yet", account=""))
        unit.connections.put(facts.connection("nor-this", account=""))
        with pytest.raises(ConfigError, match="first already holds amazon account A1SELLER"):
            unit.connections.put(facts.connection("second"))
        with pytest.raises(ConfigError, match="first already holds"):
            unit.connections.put(facts.connection("elsewhere"))
    with store.reading() as unit:
        assert [one.name for one in unit.connections.all()] == ["elsewhere", "first", "nor-this", "not-yet"]


def test_of_two_who_refresh_a_token_the_later_loses(store: SqlStore) -> None:
    mine = facts.connection().connection_id

    def credential(version: int, sealed: bytes) -> SealedCredential:
        return SealedCredential(mine, version, sealed, facts.NOON)

    with store.unit("cli") as unit:
        unit.connections.put_credential(credential(1, b"first"))
        unit.connections.put_credential(credential(2, b"second"))
    for version in (1, 2, 4):
        with pytest.raises(StaleError), store.unit("worker") as unit:
            unit.connections.put_credential(credential(version, b"late"))
    with store.reading() as unit:
        assert unit.connections.credential(mine) == credential(2, b"second")
        assert unit.connections.credential("con_unknown") is None


def test_a_route_comes_back_as_it_was_put(store: SqlStore) -> None:
    ours = msgspec.structs.replace(facts.route(), accounts=(("4000", "Sales"),), opening_minor=-5)
    with store.unit("cli") as unit:
        assert unit.routes.put(facts.route())
        assert unit.routes.put(ours)
        assert not unit.routes.put(ours)
    with store.reading() as unit:
        assert unit.routes.get("us") == unit.routes.by_id(ours.route_id) == ours
        with pytest.raises(ConfigError):
            unit.routes.by_id("rte_unknown")


def test_versions_of_rules_follow_each_other(store: SqlStore) -> None:
    def version(number: int) -> RuleSet:
        rules = (Rule(id="default", account="4000", attributes=(("marketplace", "US"),)),)
        return RuleSet("us", number, date(2026, number, 1), rules, "anna", "a reason", facts.NOON)

    with store.unit("anna") as unit:
        unit.rules.add(version(1))
        unit.rules.add(version(2))
    for taken_or_early in (1, 2, 4):
        with pytest.raises(StaleError), store.unit("anna") as unit:
            unit.rules.add(version(taken_or_early))
    with store.reading() as unit:
        assert unit.rules.versions("us") == (version(1), version(2))
        assert unit.rules.versions("eu") == ()


def test_the_latest_ledger_facts_are_kept(store: SqlStore) -> None:
    account = LedgerAccount(
        ledger_id="79",
        number="4000",
        name="Sales",
        type="Income",
        currency="USD",
        account_class=AccountClass.INCOME,
        balance_minor=-12,
    )
    older = LedgerFacts(
        connection=facts.LEDGER,
        taken_at=facts.NOON,
        company="Acme",
        home_currency="USD",
        accounts=(account,),
        locked_through=date(2026, 5, 31),
    )
    newer = msgspec.structs.replace(older, taken_at=facts.NOON + MINUTE, company="Acme Inc.")
    with store.unit("worker") as unit:
        assert unit.facts.latest(facts.LEDGER) is None
        unit.facts.put(older)
        unit.facts.put(newer)
        unit.facts.put(older)
        assert unit.facts.latest(facts.LEDGER) == newer


def test_an_account_is_free_again_for_the_connection_that_has_it(store: SqlStore) -> None:
    ours = facts.connection()
    with store.unit("cli") as unit:
        unit.connections.put(ours)
        changed = Connection(ours.name, ours.plugin, ours.side, ours.account, settings='{"region":"na"}')
        assert unit.connections.put(changed)
        assert unit.connections.get(ours.name).settings == '{"region":"na"}'
