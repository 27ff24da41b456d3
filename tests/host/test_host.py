"""The desk: guarded sources and sinks by connection name, and ledger facts that are not older than an hour."""

import re
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
import pytest
import requests

from bridge.errors import AuthorizationError, ConfigError, PluginError, UnavailableError
from bridge.host.config import HostConfig
from bridge.host.credentials import Credential, Sealer
from bridge.host.desk import Desk
from bridge.host.host import Host, unconnected_source
from bridge.model.budgets import Limit
from bridge.model.connections import ConnectionState
from bridge.model.facts import LedgerFacts
from bridge.plugin import Access, AppSettings, Context, Question, SinkCapabilities, Way
from bridge.store.sql import SqlStore
from bridge.transport import HostSession
from tests.fakes.clock import FakeClock
from tests.host.oauth_server import OAuthServer
from tests.host.plugins import Books, BooksSettings, Shop, ShopSettings, books_offer, both, shop_offer, sound_parts
from tests.host.world import BOOKS, KEY, REALM, SHOP, World


class File:
    name, size, charset = "june.txt", 0, ""

    def open(self) -> BinaryIO:
        return BytesIO()


class Strict(AppSettings):
    """Needs a key."""

    api_key: str


@pytest.fixture
def world(sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer) -> World:
    world = World(sqlite_store, clock, oauth_server)
    world.put(BOOKS, SHOP)
    world.authorize()
    return world


def lent(store: SqlStore, clock: FakeClock, **offers: Any) -> list[Context]:
    """What plugins were lent when they were built."""
    contexts: list[Context] = []

    def build(context: Context) -> Any:
        contexts.append(context)
        return Shop() if isinstance(context.settings, ShopSettings) else Books(context)

    world = World(store, clock, shop=shop_offer(build=build), books=books_offer(build=build, **offers))
    world.put(BOOKS, SHOP)
    world.host.source("shop-us")
    world.host.sink("books-us")
    world.host.sink("books-us")
    return contexts


def test_host_is_a_desk(world: World) -> None:
    desk: Desk = world.host

    assert list(desk.source("shop-us").read_file(File())) == sound_parts()
    assert desk.sink("books-us").settle_seconds == 30
    assert (desk.source_offer("shop-us").title, desk.sink_offer("books-us").title) == ("Shop", "Books")


def test_plugin_is_lent_its_connection_and_settings(sqlite_store: SqlStore, clock: FakeClock) -> None:
    shop, books, _ = lent(sqlite_store, clock)

    assert (shop.connection, shop.account, shop.settings) == ("shop-us", "A1", ShopSettings(region="south"))
    assert (books.account, type(books.app), books.clock) == (REALM, BooksSettings, clock)


class ShopApp(AppSettings):
    """An application's own secret, and the key that a connection brings."""

    secret: str = ""
    key: str = ""


def test_a_plugin_is_lent_its_own_secrets_and_its_connections_key_and_no_others(
    sqlite_store: SqlStore, clock: FakeClock
) -> None:
    lent: dict[str, str] = {}

    def build(context: Context[Any]) -> Any:
        lent[context.connection] = repr((context.app, context.settings, context))
        return Shop() if isinstance(context.app, ShopApp) else Books(context)

    way = Way(name="key", title="a key", questions=(Question(name="key", prompt="Key"),))
    access = Access(ways=(way,), with_key=lambda app, key: app.model_copy(update={"key": key.sealed["key"]}))
    registry = both(shop=shop_offer(build=build, app_settings=ShopApp, access=access), books=books_offer(build=build))
    secrets = {"books": {"client_id": "books-4711"}, "shop": {"secret": "shop-4712"}}
    host = Host(sqlite_store, HostConfig(sealing_keys=(KEY,), plugins=secrets), clock, registry)
    second = msgspec.structs.replace(SHOP, name="shop-ca", account="A2")
    with sqlite_store.unit("test") as unit:
        for number, mine in enumerate((SHOP, second, BOOKS), start=4713):
            unit.connections.put(mine)
            held = Credential(mine.connection_id, f"token-{number}", key={"key": f"key-{number}"})
            unit.connections.put_credential(Sealer([KEY]).seal(held, 1))
    host.source("shop-us"), host.source("shop-ca"), host.sink("books-us")

    seen = {name: set(re.findall(r"\w+-47\d\d", shown)) for name, shown in lent.items()}
    assert seen == {
        "shop-us": {"shop-4712", "key-4713"},
        "shop-ca": {"shop-4712", "key-4714"},
        "books-us": {"books-4711"},
    }
    assert not any(KEY in shown for shown in lent.values())


def test_session_knows_the_hosts_and_one_budget_counts_for_a_connection(
    sqlite_store: SqlStore, clock: FakeClock
) -> None:
    """F44: two sinks of one connection share the vendor's limits."""
    capabilities = SinkCapabilities(
        types=("A",), number_length=0, tells_editor=False, limits=(Limit("requests", 500, 60),)
    )
    shop, first, second = (context.session() for context in lent(sqlite_store, clock, capabilities=capabilities))

    assert isinstance(first, HostSession)
    assert isinstance(second, HostSession)
    assert isinstance(shop, HostSession)
    assert first.hosts == {"127.0.0.1"}
    assert first.budget is second.budget is not None
    assert (shop.bearer, shop.budget, shop.hosts) == (None, None, frozenset())
    assert first.user_agent.startswith("bridge/")


def test_facts_are_kept_for_an_hour_and_then_taken_anew(
    world: World, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    taken = world.host.facts("books-us")
    clock.advance(3599)
    assert world.host.facts("books-us") == taken
    assert len(oauth_server.api_tokens) == 1

    assert world.host.facts("books-us", is_fresh=True).taken_at == clock.now()
    clock.advance(3600)
    assert world.host.facts("books-us").taken_at == clock.now()
    assert len(oauth_server.api_tokens) == 3


def test_facts_from_the_future_are_not_believed(world: World, clock: FakeClock) -> None:
    world.host.facts("books-us")
    clock.advance(-60)

    assert world.host.facts("books-us").taken_at == clock.now()


def test_facts_of_another_process_are_shared(
    world: World, sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    world.host.facts("books-us")
    World(sqlite_store, clock, oauth_server).host.facts("books-us")

    assert len(oauth_server.api_tokens) == 1


def test_connection_that_must_wait_says_why_and_the_others_go_on(world: World) -> None:
    world.host.pause("shop-us", "plugin.deadline: read_file did not return")

    with pytest.raises(PluginError, match=r"is paused: plugin\.deadline.*bridge connections resume shop-us") as paused:
        world.host.source("shop-us")
    assert paused.value.code == "plugin.paused"
    assert world.host.facts("books-us").company == "Ours"
    world.host.resume("shop-us", "cli:ann")
    assert list(world.host.source("shop-us").read_file(File())) == sound_parts()


def test_resuming_lets_nobody_in(world: World) -> None:
    with world.store.unit("test") as unit:
        unit.connections.set_state("books-us", ConnectionState.UNAUTHORIZED, "refused")

    with pytest.raises(AuthorizationError, match="authorize books-us"):
        world.host.resume("books-us", "cli:ann")
    with pytest.raises(AuthorizationError, match="refused"):
        world.host.sink("books-us")


def test_unknown_connection_and_wrong_side_are_refused(world: World) -> None:
    with pytest.raises(ConfigError, match="there is none of that name"):
        world.host.source("nobody")
    with pytest.raises(ConfigError, match="a channel is needed"):
        world.host.source("books-us")
    with pytest.raises(ConfigError, match="a ledger is needed"):
        world.host.sink("shop-us")


def test_inbox_is_the_hosts_own_setting(world: World) -> None:
    world.put(msgspec.structs.replace(SHOP, settings='{"inbox":"/data/in","region":"south"}'))

    assert world.host.inbox("shop-us") == Path("/data/in")
    assert world.host.inbox("books-us") is None
    assert world.host.source("shop-us") is not None


@pytest.mark.parametrize(
    ("plugins", "said", "code"),
    [
        (
            {"books": {"batch": "lots-4711"}},
            r"\[plugins\.books\] batch \(or BRIDGE_PLUGINS__BOOKS__BATCH\)",
            "config.value",
        ),
        ({"books": {"bacth": 1}}, "there is no such key. Did you mean batch", "config.unknown_key"),
        ({"books": {"client_secret": ["4711"]}}, "client_secret", "config.value"),
    ],
)
def test_plugins_settings_that_do_not_hold_are_named_and_never_shown(
    world: World, plugins: dict[str, dict[str, Any]], said: str, code: str
) -> None:
    """By what looks at all of them, and by what uses that plugin; what uses another goes on."""
    host = Host(world.store, HostConfig(plugins=plugins), world.clock, both())

    for refused in (host.check_settings, lambda: host.sink("books-us")):
        with pytest.raises(ConfigError, match=said) as error:
            refused()
        assert error.value.code == code
        assert "4711" not in str(error.value)
    assert host.source("shop-us") is not None


def test_setting_that_a_plugin_needs_is_asked_for(world: World) -> None:
    registry = both(shop=shop_offer(app_settings=Strict))
    with pytest.raises(ConfigError, match=r"\[plugins\.shop\] api_key .*: is missing"):
        Host(world.store, HostConfig(), world.clock, registry).source("shop-us")


def test_settings_for_a_plugin_that_is_not_there_are_refused_at_start(world: World) -> None:
    with pytest.raises(ConfigError, match=r"\[plugins\.boks\]: no installed plugin has this name. Did you mean books"):
        Host(world.store, HostConfig(plugins={"boks": {}}), world.clock, both())


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"build": lambda context: 1 // 0}, "build: raised ZeroDivisionError"),
        ({"hosts": lambda app: ["a.example"]}, "hosts: returned list where frozenset"),
        ({"hosts": lambda app: frozenset({7})}, "hosts: returned int where str"),
        ({"hosts": lambda app: app.nothing}, "hosts: raised AttributeError"),
        ({"oauth": lambda app, account: {"url": "x"}}, "oauth: returned dict where OAuth2"),
    ],
)
def test_plugin_that_cannot_be_built_is_named_and_no_other_is_touched(
    sqlite_store: SqlStore, clock: FakeClock, changes: dict[str, Any], said: str
) -> None:
    world = World(sqlite_store, clock, books=books_offer(**changes))
    world.put(BOOKS, SHOP)

    with pytest.raises(PluginError, match=rf"plugin books \(books-us\) {said}"):
        world.host.authorization.start("books-us", "cli") if "oauth" in changes else world.host.sink("books-us")
    assert list(world.host.source("shop-us").read_file(File())) == sound_parts()


def test_plugin_cannot_reach_an_undeclared_host_through_the_session_either(
    sqlite_store: SqlStore, clock: FakeClock
) -> None:
    """D19: nothing is sent to a host that the plugin did not declare."""

    def ask_elsewhere(books: Books) -> LedgerFacts:
        requests_session: requests.Session = books.context.session()
        requests_session.get("https://elsewhere.example/")
        raise AssertionError

    world = World(
        sqlite_store,
        clock,
        books=books_offer(oauth=None, build=lambda context: Books(context, {"facts": ask_elsewhere})),
    )
    world.put(BOOKS)

    with pytest.raises(PluginError, match=r"elsewhere\.example") as error:
        world.host.facts("books-us")
    assert error.value.code == "plugin.undeclared_host"


def test_ledger_that_cannot_be_reached_leaves_the_old_facts_kept(
    world: World, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    kept = world.host.facts("books-us")
    clock.advance(7200)
    oauth_server.fail_with = [(500, "")]

    with pytest.raises(UnavailableError):
        world.host.facts("books-us")
    with world.store.reading() as unit:
        assert unit.facts.latest("books-us") == kept


def test_files_can_be_looked_at_without_a_connection_or_a_database(clock: FakeClock) -> None:
    source = unconnected_source(both(), HostConfig(), clock, "shop")

    assert list(source.read_file(File())) == sound_parts()
    with pytest.raises(ConfigError, match="Did you mean shop"):
        unconnected_source(both(), HostConfig(), clock, "shopp")
