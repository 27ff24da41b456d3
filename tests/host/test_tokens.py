"""Access tokens: refreshed ahead of their end, by one process, and saved before first use (F42, F43)."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

import pytest

from bridge.errors import AuthorizationError, PluginError, UnavailableError
from bridge.host.holder import holder_name
from bridge.model.connections import ConnectionState
from bridge.model.leases import LeaseKind
from bridge.plugin import OAuth2
from bridge.store.api import SealedCredential, UnitOfWork
from bridge.store.sql import SqlStore, open_store
from tests.fakes.clock import FakeClock
from tests.fakes.stores import Database
from tests.host.oauth_server import CLIENT, SECRET, OAuthServer
from tests.host.plugins import BooksSettings, books_offer
from tests.host.world import BOOKS, World


@pytest.fixture
def world(sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer) -> World:
    """A connection whose token is good for an hour."""
    world = World(sqlite_store, clock, oauth_server)
    world.put(BOOKS)
    world.authorize()
    return world


class RealWaits(FakeClock):
    """Stands still, and waits for real but briefly: for threads that wait for each other."""

    def __init__(self, at: datetime) -> None:
        super().__init__(at)
        self._pause = threading.Event()

    def sleep(self, seconds: float) -> None:
        self._pause.wait(0.01)


def ask(world: World) -> str:
    """Ask the ledger for its facts, as any call of the plugin does."""
    return world.host.facts("books-us", is_fresh=True).company


def test_good_token_is_used_as_it_is(world: World, oauth_server: OAuthServer) -> None:
    assert [ask(world), ask(world)] == ["Ours", "Ours"]
    assert oauth_server.api_tokens == ["access-1", "access-1"]
    assert oauth_server.refreshes == 0


def test_token_is_refreshed_ahead_of_its_end(world: World, clock: FakeClock, oauth_server: OAuthServer) -> None:
    clock.advance(3600 - 100)

    assert ask(world) == "Ours"
    assert oauth_server.api_tokens == ["access-2"]
    assert oauth_server.forms[-1] == {"grant_type": "refresh_token", "refresh_token": "refresh-1"}
    assert (world.kept()[1].refresh_token, world.kept()[2]) == ("refresh-2", 2)


def test_refused_token_is_renewed_once(world: World, oauth_server: OAuthServer) -> None:
    """Somebody else's refresh ended our token early: the 401 says so, and one new token answers it."""
    oauth_server.grants += 1

    assert ask(world) == "Ours"
    assert oauth_server.api_tokens == ["access-1", "access-3"]
    assert oauth_server.refreshes == 1


def test_token_endpoint_is_the_hosts_to_reach_not_the_plugins(
    sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    """The plugin declares the ledger alone; a refresh in the midst of its call goes round its fence."""

    def oauth(app: BooksSettings, _account: str) -> OAuth2:
        elsewhere = app.url.replace("127.0.0.1", "localhost")
        return OAuth2(
            authorize_url=f"{elsewhere}/a",
            token_url=f"{elsewhere}/t",
            scopes=("a",),
            client_id=CLIENT,
            client_secret=SECRET,
            account_parameter="realmId",
        )

    world = World(sqlite_store, clock, oauth_server, books=books_offer(oauth=oauth))
    world.put(BOOKS)
    world.authorize()
    clock.advance(2 * 3600)

    assert ask(world) == "Ours"
    assert oauth_server.refreshes == 1


def test_many_threads_and_processes_refresh_once(
    world: World, clock: FakeClock, oauth_server: OAuthServer, sqlite_database: Database
) -> None:
    """F42: eight workers in two processes find the token ended at the same moment."""
    clock.advance(2 * 3600)
    started = RealWaits(clock.now())
    stores = [open_store(sqlite_database.url, "local", started) for _ in range(2)]
    worlds = [World(store, started, oauth_server) for store in stores for _ in range(4)]
    oauth_server.before_answer = threading.Event()
    threading.Timer(0.1, oauth_server.before_answer.set).start()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, worlds))
    for store in stores:
        store.close()

    assert answers == ["Ours"] * 8
    assert oauth_server.refreshes == 1
    assert set(oauth_server.api_tokens) == {"access-2"}
    assert world.kept()[2] == 2


def test_sixteen_threads_of_one_office_refresh_once_and_all_are_let_in(
    world: World, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    clock.advance(2 * 3600)
    office = World(world.store, RealWaits(clock.now()), oauth_server)
    oauth_server.before_answer = threading.Event()
    threading.Timer(0.1, oauth_server.before_answer.set).start()
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, [office] * 64)) == ["Ours"] * 64
    assert (oauth_server.refreshes, set(oauth_server.api_tokens)) == (1, {"access-2"})
    assert (world.kept()[2], len(oauth_server.api_tokens)) == (2, 64)


class DyingStore:
    """A store whose process dies when it is about to save a credential."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store

    @contextmanager
    def unit(self, actor: str) -> Iterator[UnitOfWork]:
        with self._store.unit(actor) as unit:
            unit.connections.put_credential = self._die  # type: ignore[method-assign]
            yield unit

    def reading(self) -> AbstractContextManager[UnitOfWork]:
        return self._store.reading()

    def _die(self, credential: SealedCredential) -> None:
        raise KeyboardInterrupt


def test_token_is_saved_before_it_is_used_and_a_death_in_between_loses_nothing(
    world: World, sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    """F42: killed between the vendor's answer and the save; the vendor's grace for the old token mends it."""
    oauth_server.has_grace = True
    clock.advance(2 * 3600)

    with pytest.raises(KeyboardInterrupt):
        ask(World(DyingStore(sqlite_store), clock, oauth_server))
    assert (oauth_server.refreshes, oauth_server.api_tokens) == (1, [])
    assert world.kept()[1].refresh_token == "refresh-1"

    clock.advance(61)
    assert ask(world) == "Ours"
    assert oauth_server.api_tokens == ["access-3"]
    assert world.kept()[1].refresh_token == "refresh-3"


def test_process_that_died_while_refreshing_is_waited_for_and_then_replaced(
    world: World, sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    clock.advance(2 * 3600)
    with sqlite_store.unit("another") as unit:
        unit.leases.take(LeaseKind.REFRESH, BOOKS.name, "another", clock.now(), clock.now() + timedelta(seconds=60))

    assert ask(world) == "Ours"
    assert 60 <= sum(clock.slept) < 62
    assert oauth_server.refreshes == 1


def test_a_process_that_is_gone_from_this_machine_is_not_waited_for_whatever_the_clock_says(
    world: World, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    """Put back by an hour since, its turn would keep everybody out for as long."""
    machine, pid, started, random = holder_name().rsplit("/", 3)
    gone, until = f"{machine}/{pid}/{int(started) - 1}/{random}:1", clock.now() + timedelta(hours=3)
    with world.store.unit("host") as unit:
        unit.leases.take(LeaseKind.REFRESH, BOOKS.name, gone, clock.now(), until)
    before = clock.now() + timedelta(seconds=3600)
    clock.advance(3600)
    assert ask(world) == "Ours"
    assert (oauth_server.refreshes, clock.now()) == (1, before)


def test_token_that_still_works_is_used_while_another_process_refreshes(
    world: World, sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    clock.advance(3600 - 100)
    with sqlite_store.unit("another") as unit:
        unit.leases.take(LeaseKind.REFRESH, BOOKS.name, "another", clock.now(), clock.now() + timedelta(seconds=60))

    assert ask(world) == "Ours"
    assert (oauth_server.refreshes, clock.slept) == (0, [])


def test_refresher_that_never_ends_is_not_waited_for_forever(
    world: World, sqlite_store: SqlStore, clock: FakeClock
) -> None:
    clock.advance(2 * 3600)
    with sqlite_store.unit("another") as unit:
        unit.leases.take(LeaseKind.REFRESH, BOOKS.name, "another", clock.now(), clock.now() + timedelta(days=1))

    with pytest.raises(UnavailableError, match="another process refreshes its token and does not end"):
        ask(world)


def test_dead_grant_stops_this_connection_until_a_person_lets_bridge_in_again(
    world: World, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    """F42, F43: no retry storm; one refusal, one state, one next step."""
    oauth_server.revoke()
    clock.advance(2 * 3600)

    for _ in range(2):
        with pytest.raises(AuthorizationError, match="bridge connections authorize books-us"):
            ask(world)
    assert oauth_server.refreshes == 1
    assert world.state() == (ConnectionState.UNAUTHORIZED, "refused the grant: invalid_grant")
    with pytest.raises(AuthorizationError, match="invalid_grant"):
        world.host.sink("books-us")

    world.authorize(code="code-2")
    assert ask(world) == "Ours"


def test_person_who_lets_bridge_in_while_a_dead_token_is_refreshed_wins(
    world: World, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    oauth_server.revoke()
    clock.advance(2 * 3600)
    oauth_server.before_answer = held = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask, world)
        assert oauth_server.waiting.wait(60)
        oauth_server.before_answer = None
        world.authorize(code="code-2")
        held.set()
        assert asking.result(60) == "Ours"
    assert world.state()[0] is ConnectionState.ACTIVE


def test_vendor_that_is_down_leaves_the_old_token_and_the_next_try_succeeds(
    world: World, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    clock.advance(2 * 3600)
    oauth_server.fail_with = [(503, "down")]

    with pytest.raises(UnavailableError, match="answered 503"):
        ask(world)
    assert world.state()[0] is ConnectionState.ACTIVE
    clock.advance(61)
    assert ask(world) == "Ours"


def test_vendor_that_gives_no_refresh_token_means_signing_in_again(
    world: World, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    oauth_server.fail_with = [(200, '{"access_token": "only", "expires_in": "60"}')]
    world.authorize(code="code-2")
    clock.advance(61)

    with pytest.raises(AuthorizationError, match="gave no refresh token"):
        ask(world)


def test_connection_that_was_never_let_in_says_so(
    sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    world = World(sqlite_store, clock, oauth_server)
    world.put(BOOKS)

    with pytest.raises(AuthorizationError, match="nobody has authorised it yet"):
        ask(world)


def test_ledger_that_refuses_even_a_new_token_is_the_plugins_to_tell(world: World, oauth_server: OAuthServer) -> None:
    oauth_server.fail_with = [(200, '{"access_token": "bad", "refresh_token": "refresh-1"}')]
    oauth_server.grants += 1

    with pytest.raises(PluginError, match="raised ValueError"):
        ask(world)
    assert oauth_server.api_tokens == ["access-1", "bad"]


FIVE_YEARS = timedelta(days=5 * 365)


def ends(world: World) -> tuple[timedelta | None, timedelta | None]:
    """From the first instant: when the refresh token ends that is not used, and when the sign-in does."""
    with world.store.reading() as unit:
        kept = unit.connections.credential(BOOKS.connection_id)
    assert kept is not None
    opened = world.kept()[1]
    assert (kept.refresh_expires_at, kept.consent_ends_at) == (opened.refresh_expires_at, opened.consent_ends_at)
    return tuple(at and at - FakeClock().now() for at in (kept.refresh_expires_at, kept.consent_ends_at))  # type: ignore[return-value]


def signed_in(store: SqlStore, clock: FakeClock, server: OAuthServer, refresh_days: int, consent_days: int) -> World:
    """Into a ledger whose plugin declares how long a sign-in is good for."""

    def oauth(app: BooksSettings, _account: str) -> OAuth2:
        return OAuth2(
            authorize_url=f"{app.url}/authorize",
            token_url=f"{app.url}/tokens",
            scopes=("a",),
            client_id=CLIENT,
            client_secret=SECRET,
            account_parameter="realmId",
            refresh_days=refresh_days,
            consent_days=consent_days,
        )

    world = World(store, clock, server, books=books_offer(oauth=oauth))
    world.put(BOOKS)
    world.authorize()
    return world


def test_each_use_moves_the_end_of_an_unused_token_and_none_the_end_of_a_sign_in(
    sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    """F58: the plugin says what the vendor's answers do not."""
    oauth_server.lasting = {}
    world = signed_in(sqlite_store, clock, oauth_server, 60, 365)
    assert ends(world) == (timedelta(days=60), timedelta(days=365))

    clock.advance(10 * 86_400)
    ask(world)
    assert ends(world) == (timedelta(days=70), timedelta(days=365))


def test_what_a_vendor_says_of_the_end_counts(
    sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    world = signed_in(sqlite_store, clock, oauth_server, 60, 5 * 365)
    assert ends(world) == (timedelta(days=101), FIVE_YEARS)

    oauth_server.lasting |= {"x_refresh_token_hard_expires_in": 86_400 * 30}
    clock.advance(86_400)
    ask(world)
    assert ends(world) == (timedelta(days=102), timedelta(days=31))


def test_a_vendor_that_sets_no_end_has_none(
    sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    oauth_server.lasting = {}
    assert ends(signed_in(sqlite_store, clock, oauth_server, 0, 0)) == (None, None)
