"""What a merchant answers is checked through the guard, tried, and sealed beside whatever a sign-in brought."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from bridge.errors import ConfigError, PluginError
from bridge.host.connecting import Tried
from bridge.host.credentials import Credential, Sealer
from bridge.host.leaving import Ending
from bridge.model.channel import ChannelFacts
from bridge.model.connections import ConnectionState
from bridge.plugin import Access, AppSettings, ConnectionSettings, Goes, Key, Question, Way
from bridge.store.sql import SqlStore
from tests.fakes.clock import FakeClock
from tests.host.oauth_server import OAuthServer
from tests.host.plugins import shop_offer
from tests.host.world import BOOKS, KEY, SHOP, World

FACTS = ChannelFacts(account="A1", currency="USD", time_zone="UTC")
WAY = Way(
    name="key",
    title="a key",
    questions=(
        Question(name="shop", prompt="Shop", goes=Goes.ACCOUNT),
        Question(name="region", prompt="Region", goes=Goes.SETTING),
        Question(name="token", prompt="Token", is_secret=True),
    ),
)


def tried(**sealed: str) -> Tried:
    return Tried(SHOP, {}, Credential(SHOP.connection_id, key=sealed), FACTS)


def world(store: SqlStore, clock: FakeClock, **access: Any) -> World:
    told = {"ways": (WAY,), "with_key": lambda app, _key: app, **access}
    return World(store, clock, shop=shop_offer(access=Access(**told)))


@pytest.mark.parametrize("answer", ["", "  "])
def test_no_answer_is_none(sqlite_store: SqlStore, clock: FakeClock, answer: str) -> None:
    question = WAY.questions[2]
    with pytest.raises(ConfigError, match="answer token: is empty") as refused:
        world(sqlite_store, clock).host.connecting.checked("shop", question, answer)
    assert refused.value.code == "connection.answer"


def test_a_channel_that_asks_nothing_is_connected_by_its_settings(sqlite_store: SqlStore, clock: FakeClock) -> None:
    with pytest.raises(ConfigError, match=r"by what \[plugins.shop\] says, or read from files, not by") as refused:
        World(sqlite_store, clock).host.connecting.access("shop")
    assert refused.value.code == "connection.no_questions"


def test_a_plugin_that_breaks_while_it_checks_or_takes_a_key_is_named(sqlite_store: SqlStore, clock: FakeClock) -> None:
    def crash(*_: object) -> str:
        raise KeyError("token-4711")

    def nothing(app: AppSettings, key: Key) -> Any:
        return None

    asked = world(sqlite_store, clock).host.connecting
    for check in (crash, lambda _answer: 4711):
        with pytest.raises(PluginError) as broken:
            asked.checked("shop", Question(name="token", prompt="Token", check=check), "token-4711")  # type: ignore[arg-type]
        assert "4711" not in str(broken.value)
    for with_key in (crash, nothing):
        with pytest.raises(PluginError) as broken:
            world(sqlite_store, clock, with_key=with_key).host.connecting.attempt(
                "shop", "shop", WAY, {"shop": "A1", "region": "south", "token": "token-4711"}
            )
        assert "4711" not in str(broken.value)
    with sqlite_store.reading() as unit:
        assert unit.connections.all() == ()


def test_an_answer_that_breaks_the_plugins_settings_is_told_as_its_fault(
    sqlite_store: SqlStore, clock: FakeClock
) -> None:
    with pytest.raises(PluginError, match="raised KeyError") as broken:
        world(sqlite_store, clock).host.connecting.attempt(
            "shop", "shop", WAY, {"shop": "A1", "region": "atlantis", "token": "t"}
        )
    assert "atlantis" not in str(broken.value)


def test_what_is_sealed_is_shown_nowhere(sqlite_store: SqlStore, clock: FakeClock) -> None:
    made = world(sqlite_store, clock)
    made.put(msgspec.structs.replace(SHOP, state=ConnectionState.UNAUTHORIZED))
    secret = tried(way="key", token="token-4711")
    made.host.connecting.seal(secret, "ann")

    assert made.state(SHOP.name) == (ConnectionState.ACTIVE, "")
    assert made.host.connecting.key(SHOP) == {"way": "key", "token": "token-4711"}
    assert "4711" not in repr(secret) + repr(Key("shop", "A1", ConnectionSettings(), secret.credential.key)) + repr(
        made.kept(SHOP.name)[1]
    )
    assert (made.kept(SHOP.name)[1].expires_at, made.kept(SHOP.name)[2]) == (None, 1)


def test_a_key_outlives_a_sign_in_and_the_refresh_of_its_tokens(
    sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    made = World(sqlite_store, clock, oauth_server)
    made.put(BOOKS)
    with sqlite_store.unit("ann") as unit:
        unit.connections.put_credential(Sealer([KEY]).seal(Credential(BOOKS.connection_id, key={"app": "own"}), 1))
    made.authorize()
    assert (made.kept()[1].key, made.kept()[1].access_token) == ({"app": "own"}, "access-1")
    clock.advance(3600)
    made.host.facts("books-us", is_fresh=True)

    assert (made.kept()[1].key, made.kept()[1].access_token) == ({"app": "own"}, "access-2")


def test_a_ledger_whose_tokens_are_removed_waits_for_a_person(
    sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    made = World(sqlite_store, clock, oauth_server)
    made.put(BOOKS)
    made.authorize()

    assert made.host.leaving.leave("books-us", "ann") is Ending.BY_HAND
    assert made.state() == (ConnectionState.UNAUTHORIZED, "its tokens were removed")
    assert made.host.leaving.leave("books-us", "ann") is Ending.NONE
