"""Leaving an account: the vendor is told first, what could still tell it is kept, and others keep their sign-in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

from bridge.errors import AuthorizationError, ConfigError, UnavailableError
from bridge.host.leaving import Ending
from bridge.model.connections import Connection, ConnectionState, Route, Side
from bridge.plugin import Context, Grant, Granted, OAuth2
from bridge.store.sql import SqlStore
from tests.fakes.clock import FakeClock
from tests.host.oauth_server import OAuthServer
from tests.host.plugins import Books, BooksSettings, books_offer
from tests.host.world import BOOKS, REALM, SHOP, World

ROUTE = Route("us", "shop-us", "books-us", "UTC", date(2026, 1, 1), "1200", "1000")
OURS, THEIRS = Granted(REALM, "Ours"), Granted("777", "Theirs")


def oauth(app: BooksSettings, _account: str) -> OAuth2:
    return OAuth2(
        authorize_url=f"{app.url}/authorize",
        token_url=f"{app.url}/tokens",
        scopes=("accounting",),
        client_id=app.client_id,
        client_secret=app.client_secret.get_secret_value(),
        revoke_url=f"{app.url}/revoke",
    )


def grant(*granted: Granted, leave: Callable[[Context], Any] = lambda _context: False) -> Grant:
    return Grant(accounts=lambda _context: granted, leave=leave)


@pytest.fixture
def make(sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer) -> Callable[..., World]:
    def made(grant: Grant | None = None, *, is_let_in: bool = True) -> World:
        world = World(sqlite_store, clock, oauth_server, books=books_offer(oauth=oauth, grant=grant))
        world.put(BOOKS, SHOP)
        if is_let_in:
            world.authorize()
        return world

    return made


def test_the_refresh_token_is_revoked_then_erased(make: Callable[..., World], oauth_server: OAuthServer) -> None:
    world = make()
    foreseen = world.host.leaving.foreseen("books-us")
    assert (foreseen.is_sealed, foreseen.is_told, foreseen.routes) == (True, True, ())

    assert world.host.leaving.leave("books-us", "ann") is Ending.REVOKED
    assert oauth_server.revoked == ["refresh-1"]
    assert world.state() == (ConnectionState.UNAUTHORIZED, "its tokens were removed")
    with world.store.reading() as unit:
        assert unit.connections.credential(BOOKS.connection_id) is None
    assert world.host.leaving.leave("books-us", "ann") is Ending.NONE
    assert oauth_server.revoked == ["refresh-1"]


@pytest.mark.parametrize("answer", [(400, '{"error": "invalid_request"}'), (400, "{}"), (404, "")])
def test_a_token_that_the_vendor_knows_no_more_is_taken_back_already(
    make: Callable[..., World], oauth_server: OAuthServer, answer: tuple[int, str]
) -> None:
    world = make()
    oauth_server.revoking.append(answer)

    assert world.host.leaving.leave("books-us", "ann") is Ending.REVOKED


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((503, "down"), UnavailableError),
        ((429, ""), UnavailableError),
        ((401, '{"error": "invalid_client"}'), ConfigError),
        ((400, '{"error": "invalid_client"}'), ConfigError),
    ],
)
def test_what_could_still_tell_the_vendor_is_kept_until_it_is_told(
    make: Callable[..., World], oauth_server: OAuthServer, answer: tuple[int, str], error: type[Exception]
) -> None:
    world = make()
    oauth_server.revoking.append(answer)
    with pytest.raises(error):
        world.host.leaving.leave("books-us", "ann")
    assert world.kept()[1].refresh_token == "refresh-1"
    assert world.state()[0] is ConnectionState.ACTIVE

    assert world.host.leaving.leave("books-us", "ann") is Ending.REVOKED


def test_a_person_who_takes_it_back_by_hand_needs_no_vendor(
    make: Callable[..., World], oauth_server: OAuthServer
) -> None:
    assert make().host.leaving.leave("books-us", "ann", is_told=False) is Ending.BY_HAND
    assert oauth_server.revoked == []


def test_a_ledger_in_use_is_kept_and_one_whose_routes_ended_is_left(
    make: Callable[..., World], oauth_server: OAuthServer
) -> None:
    world = make()
    with world.store.unit("ann") as unit:
        unit.routes.put(ROUTE)
    with pytest.raises(ConfigError, match="is used by route us") as used:
        world.host.leaving.leave("books-us", "ann")
    assert used.value.code == "connection.used"
    assert oauth_server.revoked == []
    with world.store.unit("ann") as unit:
        unit.routes.put(msgspec.structs.replace(ROUTE, is_ended=True))

    assert world.host.leaving.leave("books-us", "ann") is Ending.REVOKED


def test_a_sign_in_that_is_good_for_others_is_not_revoked(
    make: Callable[..., World], oauth_server: OAuthServer
) -> None:
    left: list[str] = []

    def leave(context: Context) -> bool:
        left.append(context.account)
        return len(left) == 1

    world = make(grant(OURS, THEIRS, leave=leave))
    assert world.host.leaving.leave("books-us", "ann") is Ending.LEFT
    assert (left, oauth_server.revoked) == ([REALM], [])
    world.authorize(code="code-2")
    assert world.host.leaving.leave("books-us", "ann") is Ending.REVOKED
    assert (left, oauth_server.revoked) == ([REALM, REALM], ["refresh-2"])


def test_a_shared_sign_in_that_is_dead_is_not_revoked_for_the_others_sake(
    make: Callable[..., World], oauth_server: OAuthServer
) -> None:
    def refused(_context: Context) -> bool:
        raise AuthorizationError("Ours", "was disconnected", "Sign in again")

    assert make(grant(OURS, leave=refused)).host.leaving.leave("books-us", "ann") is Ending.DEAD
    assert oauth_server.revoked == []


def test_of_several_accounts_the_free_one_is_taken_or_one_is_chosen(make: Callable[..., World]) -> None:
    new = Connection(name="new", plugin="books", side=Side.SINK, account="")
    world = make(grant(THEIRS, OURS))
    world.put(new)
    world.authorize("new", code="code-2")
    assert world.kept("new")[0].account == "777", "the other one is held"


def test_nobody_chooses_where_nobody_is_asked(make: Callable[..., World]) -> None:
    world = make(grant(Granted("888", "Third"), THEIRS, OURS))
    world.put(Connection(name="new", plugin="books", side=Side.SINK, account=""))
    with pytest.raises(ConfigError, match=r"Third \(888\), Theirs \(777\)") as several:
        world.authorize("new", code="code-2")
    assert several.value.code == "authorization.several"
    assert "Ours" not in str(several.value), "one that is held is no choice"


@pytest.mark.parametrize(
    ("granted", "name", "code"),
    [
        ((THEIRS,), "books-us", "authorization.other_account"),
        ((), "new", "authorization.account"),
        ((OURS,), "new", "connection.second"),
    ],
)
def test_a_sign_in_for_no_account_of_ours_keeps_nothing(
    make: Callable[..., World], granted: Sequence[Granted], name: str, code: str
) -> None:
    world = make(grant(*granted), is_let_in=False)
    world.put(Connection(name="new", plugin="books", side=Side.SINK, account=""))
    with pytest.raises((AuthorizationError, ConfigError)) as refused:
        world.authorize(name)

    assert refused.value.code == code
    with world.store.reading() as unit:
        assert unit.connections.credential(unit.connections.get(name).connection_id) is None


@pytest.mark.parametrize(
    ("refresh_days", "hard_days", "is_idle"),
    [(29, 0, True), (30, 0, True), (31, 0, False), (29, 400, True), (29, 29, False), (10, 20, True)],
)
def test_only_a_sign_in_whose_end_a_use_moves_is_kept_alive_f58(
    make: Callable[..., World], oauth_server: OAuthServer, refresh_days: int, hard_days: int, is_idle: bool
) -> None:
    hard = {"x_refresh_token_hard_expires_in": hard_days * 86_400} if hard_days else {}
    oauth_server.lasting = {"x_refresh_token_expires_in": refresh_days * 86_400, **hard}
    world = make()
    assert world.host.idle() == (("books-us",) if is_idle else ())
    oauth_server.lasting = {"x_refresh_token_expires_in": 100 * 86_400, **hard}
    world.host.keep_alive("books-us")

    assert oauth_server.refreshes == int(is_idle)
    assert world.kept()[1].refresh_token == ("refresh-2" if is_idle else "refresh-1")


def test_a_sign_in_that_ended_meanwhile_is_not_tried(
    make: Callable[..., World], clock: FakeClock, oauth_server: OAuthServer
) -> None:
    world = make()
    clock.advance(102 * 86_400)
    assert world.host.idle() == ()
    clock.advance(timedelta(days=-20).total_seconds())
    oauth_server.revoke()
    assert world.host.idle() == ("books-us",)
    with pytest.raises(AuthorizationError):
        world.host.keep_alive("books-us")

    assert world.state() == (ConnectionState.UNAUTHORIZED, "refused the grant: invalid_grant")
    assert world.host.idle() == ()


def test_a_ledger_that_refuses_its_own_facts_lets_bridge_in_no_more_f57(
    sqlite_store: SqlStore, clock: FakeClock, oauth_server: OAuthServer
) -> None:
    """401 with the token, and again with a renewed one."""

    def refuse(*_: object) -> None:
        raise AuthorizationError("company", "401 twice", "Sign in again")

    world = World(
        sqlite_store, clock, oauth_server, books=books_offer(build=lambda context: Books(context, {"facts": refuse}))
    )
    world.put(BOOKS, SHOP)
    world.authorize()
    with pytest.raises(AuthorizationError, match="401 twice"):
        world.host.facts("books-us")

    assert world.state() == (ConnectionState.UNAUTHORIZED, "401 twice")
    assert world.state(SHOP.name)[0] is ConnectionState.ACTIVE
