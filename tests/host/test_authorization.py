"""Letting bridge in: the answer must be to our question, for the right account, and is sealed at once."""

import hmac
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
import requests

from bridge.clock import SystemClock
from bridge.errors import AuthorizationError, ConfigError, UnavailableError
from bridge.host.loopback import RedirectReceiver
from bridge.host.token_endpoint import DeadGrantError
from bridge.model.connections import Connection, ConnectionState, Side
from bridge.plugin import OAuth2
from bridge.store.sql import SqlStore
from tests.fakes.clock import FakeClock
from tests.host.oauth_server import SECRET, OAuthServer
from tests.host.plugins import BooksSettings, books_offer
from tests.host.world import BOOKS, REALM, SHOP, World, database_bytes


@pytest.fixture
def world(sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer) -> World:
    world = World(sqlite_store, clock, oauth_server)
    world.put(msgspec.structs.replace(BOOKS, state=ConnectionState.UNAUTHORIZED), SHOP)
    return world


def test_address_names_the_application_the_scope_and_where_to_come_back(
    world: World, oauth_server: OAuthServer
) -> None:
    started = world.host.authorization.start("books-us", "cli:ann")
    parts = urlsplit(started.url)
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}

    assert started.url.startswith(f"{oauth_server.url}/authorize?")
    assert asked.pop("state") == started.state
    assert asked == {
        "response_type": "code",
        "client_id": "app-id",
        "redirect_uri": "http://localhost:8731/callback",
        "scope": "accounting",
    }
    assert started.state not in repr(started)
    assert world.host.authorization.start("books-us", "cli:ann").state != started.state


def test_tokens_are_sealed_and_the_connection_goes_to_work(
    world: World, oauth_server: OAuthServer, tmp_path: Path
) -> None:
    world.authorize()

    connection, credential, version = world.kept()
    assert (connection.state, connection.account, version) == (ConnectionState.ACTIVE, REALM, 1)
    assert (credential.access_token, credential.refresh_token) == ("access-1", "refresh-1")
    assert credential.expires_at is not None
    assert (credential.expires_at - world.clock.now()).total_seconds() == 3600
    assert credential.refresh_expires_at is not None
    assert (credential.refresh_expires_at - world.clock.now()).days == 101
    assert oauth_server.forms == [
        {"grant_type": "authorization_code", "code": "code-1", "redirect_uri": "http://localhost:8731/callback"}
    ]
    assert b"refresh-1" not in database_bytes(tmp_path)
    assert b"access-1" not in database_bytes(tmp_path)


def test_what_is_paused_for_another_reason_stays_so_f57(world: World) -> None:
    world.host.pause("books-us", "plugin.deadline: send did not return")
    world.authorize()

    assert world.state() == (ConnectionState.PAUSED, "plugin.deadline: send did not return")
    assert world.kept()[1].access_token == "access-1"
    world.host.resume("books-us", "ann")
    assert world.state() == (ConnectionState.ACTIVE, "")


def test_connection_without_an_account_learns_it(world: World) -> None:
    world.put(Connection(name="new", plugin="books", side=Side.SINK, account=""))
    world.authorize("new", realm="777")

    assert world.kept("new")[0].account == "777"


def test_account_that_another_connection_holds_is_refused(world: World) -> None:
    world.put(Connection(name="new", plugin="books", side=Side.SINK, account=""))

    with pytest.raises(ConfigError, match="books-us already holds"):
        world.authorize("new")


def test_wrong_account_is_refused_before_anything_is_exchanged(world: World, oauth_server: OAuthServer) -> None:
    with pytest.raises(AuthorizationError, match=f"is for account {REALM}, but 666 was chosen") as error:
        world.authorize(realm="666")
    assert error.value.code == "authorization.other_account"
    assert oauth_server.forms == []


def test_answer_to_another_question_is_refused(world: World, oauth_server: OAuthServer) -> None:
    with pytest.raises(AuthorizationError, match="not the answer to this sign-in") as error:
        world.authorize(state="guessed")
    assert error.value.code == "authorization.state"
    assert oauth_server.forms == []


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?error=access_denied&state={state}", "the vendor said access_denied"),
        ("?state={state}", "the vendor said nothing"),
        ("?code=code-1&state={state}", "did not name the account"),
        ("", "not the answer"),
    ],
)
def test_answer_that_is_no_consent_is_refused(world: World, query: str, said: str) -> None:
    started = world.host.authorization.start("books-us", "cli:ann")

    with pytest.raises(AuthorizationError, match=said):
        world.host.authorization.finish(started, f"http://localhost:8731/callback{query.format(state=started.state)}")
    assert world.state()[0] is ConnectionState.UNAUTHORIZED


def test_code_is_good_once(world: World) -> None:
    world.authorize()

    with pytest.raises(DeadGrantError, match="refused the grant: invalid_grant"):
        world.authorize()
    assert world.kept()[2] == 1
    world.authorize(code="code-2")
    assert (world.kept()[1].access_token, world.kept()[2]) == ("access-2", 2)


def test_wrong_application_secret_is_the_operators_to_mend(
    sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    def oauth(app: BooksSettings, _account: str) -> OAuth2:
        return OAuth2(
            authorize_url=f"{app.url}/authorize",
            token_url=f"{app.url}/tokens",
            scopes=("a",),
            client_id="app-id",
            client_secret="wrong",
            account_parameter="realmId",
        )

    world = World(sqlite_store, clock, oauth_server, books=books_offer(oauth=oauth))
    world.put(BOOKS)
    with pytest.raises(ConfigError, match="invalid_client") as error:
        world.authorize()
    assert error.value.code == "config.oauth_application"
    assert "wrong" not in str(error.value)


def test_vendor_that_checks_a_challenge_gets_one(
    sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    def oauth(app: BooksSettings, _account: str) -> OAuth2:
        return OAuth2(
            authorize_url=f"{app.url}/authorize",
            token_url=f"{app.url}/tokens",
            scopes=("a",),
            client_id="app-id",
            client_secret="app-secret-77",
            account_parameter="realmId",
            takes_pkce=True,
        )

    world = World(sqlite_store, clock, oauth_server, books=books_offer(oauth=oauth))
    world.put(BOOKS)
    started = world.host.authorization.start("books-us", "cli:ann")
    asked = parse_qs(urlsplit(started.url).query)
    world.authorize()

    assert asked["code_challenge_method"] == ["S256"]
    assert started.verifier not in started.url
    assert len(oauth_server.forms[0]["code_verifier"]) >= 43


def signed(app: BooksSettings, account: str) -> OAuth2 | None:
    """A vendor that signs, has an address for each account, and reads the secret in the body."""
    if account == "nobody":
        return None
    return OAuth2(
        authorize_url=f"{app.url}/{account}/authorize",
        token_url=f"{app.url}/{account}/tokens",
        scopes=("a",),
        client_id="app-id",
        client_secret="app-secret-77",
        signature_parameter="hmac",
        takes_secret_in_body=True,
        code_parameters=(("expiring", "1"),),
        token_header="X-Access",
    )


def _back(state: str, secret: str = SECRET) -> str:
    query = f"code=code-1&host=YWNtZQ%3D%3D&state={state}&timestamp=1"
    return (
        f"http://localhost:8731/callback?{query}&hmac={hmac.new(secret.encode(), query.encode(), 'sha256').hexdigest()}"
    )


def test_vendor_that_signs_its_answer_and_reads_the_secret_in_the_body_lets_bridge_in(
    sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    world = World(sqlite_store, clock, oauth_server, books=books_offer(oauth=signed))
    world.put(BOOKS)
    started = world.host.authorization.start("books-us", "cli:ann")
    world.host.authorization.finish(started, _back(started.state))

    assert started.url.startswith(f"{oauth_server.url}/{REALM}/authorize?")
    assert world.kept()[0].account == REALM
    (form,) = oauth_server.forms
    assert (form["expiring"], form["client_id"], form["client_secret"]) == ("1", "app-id", "app-secret-77")
    clock.advance(3_600)
    world.host.facts("books-us", is_fresh=True)
    assert oauth_server.forms[-1]["client_secret"] == "app-secret-77"
    assert oauth_server.headers[-1]["X-Access"] == world.kept()[1].access_token
    assert "Authorization" not in oauth_server.headers[-1]


@pytest.mark.parametrize("damage", ["secret", "changed", "unsigned"])
def test_answer_that_the_vendor_did_not_sign_is_refused(
    sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer, damage: str
) -> None:
    world = World(sqlite_store, clock, oauth_server, books=books_offer(oauth=signed))
    world.put(BOOKS)
    started = world.host.authorization.start("books-us", "cli:ann")
    back = {
        "secret": _back(started.state, "another"),
        "changed": _back(started.state).replace("code-1", "code-2"),
        "unsigned": _back(started.state).partition("&hmac")[0],
    }[damage]

    with pytest.raises(AuthorizationError, match="is not signed by the vendor") as refused:
        world.host.authorization.finish(started, back)
    assert refused.value.code == "authorization.signature"
    assert oauth_server.forms == []


def test_account_that_needs_no_signing_in_says_so(sqlite_store: SqlStore, clock: FakeClock) -> None:
    world = World(sqlite_store, clock, books=books_offer(oauth=signed))
    world.put(msgspec.structs.replace(BOOKS, account="nobody"))
    with pytest.raises(ConfigError, match="needs no authorisation"):
        world.host.authorization.start("books-us", "cli:ann")


@pytest.mark.parametrize("status", [500, 503, 429])
def test_vendor_that_is_down_changes_nothing(world: World, oauth_server: OAuthServer, status: int) -> None:
    oauth_server.fail_with = [(status, "<html>oops</html>")]

    with pytest.raises(UnavailableError, match=str(status)):
        world.authorize()
    assert world.state()[0] is ConnectionState.UNAUTHORIZED


@pytest.mark.parametrize("body", ["not json", "[]", "{}", '{"access_token": 5, "refresh_token": "r"}'])
def test_answer_without_a_token_is_no_token(world: World, oauth_server: OAuthServer, body: str) -> None:
    oauth_server.fail_with = [(200, body)]

    with pytest.raises(UnavailableError, match="token"):
        world.authorize()


def test_channel_that_is_read_without_signing_in_says_so(world: World) -> None:
    with pytest.raises(ConfigError, match="needs no authorisation"):
        world.host.authorization.start("shop-us", "cli:ann")


def test_application_that_is_not_set_up_is_named(sqlite_store: SqlStore, clock: FakeClock) -> None:
    def oauth(app: BooksSettings, _account: str) -> OAuth2:
        return OAuth2(
            authorize_url="https://books.example/a",
            token_url="https://books.example/t",
            scopes=("a",),
            client_id="",
            client_secret="",
            account_parameter="realmId",
        )

    world = World(sqlite_store, clock, books=books_offer(oauth=oauth))
    world.put(BOOKS)
    with pytest.raises(ConfigError, match=r"\[plugins\.books\] client_id: is not set"):
        world.host.authorization.start("books-us", "cli:ann")


@pytest.fixture
def port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as held:
        yield held.getsockname()[1]


@pytest.fixture
def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as held:
        return int(held.getsockname()[1])


def test_browser_that_comes_back_is_caught_once(free_port: int) -> None:
    receiver = RedirectReceiver(f"http://localhost:{free_port}/callback")
    caught: list[str] = []
    waiting = threading.Thread(target=lambda: caught.append(receiver.wait(SystemClock(), 60)))
    waiting.start()
    with pytest.raises(urllib.error.HTTPError, match="404"):
        urllib.request.urlopen(f"http://127.0.0.1:{free_port}/favicon.ico", timeout=60)
    with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/callback?code=c&state=s", timeout=60) as answer:
        page = answer.read()
    waiting.join(60)

    assert caught == ["/callback?code=c&state=s"]
    assert b"close this window" in page
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", free_port)):
        pass


def test_person_goes_to_the_vendor_and_comes_back_to_this_machine(
    sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer, free_port: int
) -> None:
    callback = f"http://127.0.0.1:{free_port}/callback"
    world = World(sqlite_store, clock, oauth_server, redirect_uri=callback)
    world.put(BOOKS)
    receiver = world.host.authorization.listen()
    started = world.host.authorization.start("books-us", "cli:ann")
    answer = f"{callback}?code=code-1&state={started.state}&realmId={REALM}"
    browser = threading.Thread(target=lambda: requests.get(answer, timeout=60))
    browser.start()

    authorized = world.host.authorization.finish(started, receiver.wait(world.clock))

    browser.join(60)
    assert authorized == world.kept()[0]
    assert oauth_server.forms[0]["redirect_uri"] == callback


def test_browser_that_never_comes_back_is_not_waited_for_forever(free_port: int) -> None:
    class Hurrying(FakeClock):
        def now(self):  # type: ignore[no-untyped-def]
            self.advance(400)
            return super().now()

    with pytest.raises(UnavailableError, match=r"did not come back within 300 s.*--paste"):
        RedirectReceiver(f"http://localhost:{free_port}/callback").wait(Hurrying(), 300)


@pytest.mark.parametrize(
    "address", ["https://bridge.example/callback", "http://bridge.example:80/", "http://localhost/"]
)
def test_address_that_is_not_this_machine_cannot_be_waited_at(address: str) -> None:
    with pytest.raises(ConfigError, match="--paste") as error:
        RedirectReceiver(address)
    assert error.value.code == "config.redirect_uri"


def test_port_that_is_taken_is_named(port: int) -> None:
    with pytest.raises(ConfigError, match=f"port {port}: cannot be listened on"):
        RedirectReceiver(f"http://localhost:{port}/callback")
