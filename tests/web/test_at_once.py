"""Every form that there is, sent by two people at the same instant: done once, and the other is told so plainly.

Both go in step: before each of its writes one waits until the other is about to write too, or is through. So whatever
was looked at before a write was looked at by both.
"""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import requests
import sqlalchemy as sa
from starlette.testclient import TestClient

from bridge.app import House
from bridge.clock import Clock, SystemClock
from bridge.errors import BridgeError
from bridge.host.credentials import Sealer
from bridge.settings import load_settings
from bridge.store.api import UnitOfWork
from bridge.store.sql import SqlStore
from bridge.store.sql.dialect import dialect_of
from bridge.store.sql.tables import audit
from tests.end_to_end.merchant import plugins
from tests.postgres import PostgresServer
from tests.web.everyform import FORMS, Desk, Ledger, check_board, everywhere
from tests.web.visiting import HOME
from tests.web.wizard import BARE_REALM, KEY, REALM, Merchant, Vendors

_PATIENCE_SECONDS = 0.5
"""Where one holds what the other waits for, they do not meet there: it goes on."""
TWICE = {
    "connection.authorized",
    "copies.removed",
    "credential.saved",
    "duty.asked",
    "facts.taken",
    "invitation.ended",
    "invitation.made",
    "sealed",
}
"""What is said anew, and stands as it was said last (a key, an invitation, what a worker is asked for); and counts."""


class Meeting:
    """Where two go in step, while both are under way."""

    def __init__(self) -> None:
        self._changed, self._here, self._round, self._met = threading.Condition(), 0, 0, 0
        self.many = 0

    def come(self) -> None:
        with self._changed:
            if self.many < 2:
                return
            mine, self._here = self._round, self._here + 1
            if self._here == self.many:
                self._go_on()
            elif not self._changed.wait_for(lambda: self._round != mine, _PATIENCE_SECONDS):
                self._here -= 1

    def leave(self) -> None:
        with self._changed:
            self.many -= 1
            if self._here:
                self._go_on()

    def both(self, do: Callable[[], Any]) -> list[Any]:
        """What came of it, done by two in step."""
        start, self.many = threading.Barrier(2), 2

        def done() -> Any:
            start.wait()
            try:
                return do()
            finally:
                self.leave()

        with ThreadPoolExecutor(2) as pool:
            return [one.result() for one in [pool.submit(done), pool.submit(done)]]

    def _go_on(self) -> None:
        self._round, self._here = self._round + 1, 0
        self._changed.notify_all()


class MeetingStore(SqlStore):
    """The real one, whose units of work begin in step."""

    meeting: Meeting

    def of(self, organisation_id: str, *, is_leaving: bool = False) -> SqlStore:
        made = MeetingStore(self.dialect, self._engine, organisation_id, self._clock, is_leaving=is_leaving)
        made.meeting = self.meeting
        return made

    @contextmanager
    def unit(self, actor: str) -> Iterator[UnitOfWork]:
        self.meeting.come()
        with super().unit(actor) as unit:
            yield unit


class Inn(House):
    """A house in which two go in step."""

    def __init__(self, config: Path, clock: Clock) -> None:
        settings = load_settings(config, {}, public_url=HOME)
        dialect = dialect_of(settings.database_url.get_secret_value())
        store = MeetingStore(dialect, dialect.engine(), settings.organisation, clock)
        self.meeting = store.meeting = Meeting()
        super().__init__(store, settings, clock, plugins())


@contextmanager
def in_step(config: Path, clock: Clock | None = None) -> Iterator[House]:
    """See ``visiting.opened``."""
    house = Inn(config, clock or SystemClock())
    try:
        yield house
    finally:
        house.close()


class AtOnce(Desk):
    """Sends each form from two browsers at the same instant."""

    def __init__(self, house: House, organisation: str, client: TestClient, ledger: Ledger) -> None:
        assert isinstance(house, Inn)
        self.house, self.organisation, self.client, self._ledger = house, organisation, client, ledger
        self.sent, self._meeting = set(), house.meeting

    def act(self, name: str, post: Callable[[], Any]) -> Any:
        """One is done, the other no fault of ours; and nothing stands twice in the log."""
        before = len(self._log())
        answers = self._meeting.both(post)
        check_board(self.house, self.organisation, name)
        assert all(one.status_code < 500 for one in answers), (name, [one.text for one in answers])
        notes = Counter(note for row in self._log()[before:] for note in row)
        doubled = {note for note, many in notes.items() if many > 1 and note[0] not in TWICE}
        assert not doubled, (name, doubled)
        return next(one for one in answers if one.status_code in (200, 303))

    def _log(self) -> list[set[tuple[str, str, str]]]:
        """Each row of the log: what was done, to what, and how."""
        engine = sa.create_engine(self.house.settings.database_url.get_secret_value())
        with engine.connect() as connection:
            rows = connection.execute(sa.select(audit.c.notes).order_by(audit.c.seq)).scalars().all()
        engine.dispose()
        return [{(action, subject, how) for action, subject, how in json.loads(notes)} for notes in rows]


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_what_two_people_send_at_the_same_instant_is_done_once(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with ExitStack() as stack:
        urls = None
        if database == "postgres":
            server: PostgresServer = request.getfixturevalue("postgres_server")
            like: str = request.getfixturevalue("migrated_database")
            urls = (stack.enter_context(server.database(like=like)) for _ in count())
        assert everywhere(tmp_path, AtOnce, open_=in_step, databases=urls) == FORMS


def test_of_two_who_connect_two_accounts_under_one_name_the_name_is_let_in_by_its_own_key(tmp_path: Path) -> None:
    """Whichever of them has it: never the key of the one with the account of the other."""
    with ExitStack() as stack:
        vendors = Vendors(stack)
        vendors.quickbooks.add_company(BARE_REALM, home_currency="USD", name="Bare")
        merchant = Merchant(tmp_path, vendors, is_hosted=True)
        with merchant.browser(open_=in_step) as hers:
            host, declaring = hers.app.host, hers.app.declaring
            meeting = hers.client.app.state.house.meeting  # type: ignore[attr-defined]
            tried, (way, *_) = [], host.connecting.access("quickbooks").ways
            for realm in (REALM, BARE_REALM):
                started = host.connecting.start("quickbooks", "books", way, {}, "ann")
                page = requests.get(started.url, params={"realm": realm}, allow_redirects=False, timeout=60)
                tried.append(host.connecting.arrive(started, page.headers["Location"], None))
            mine = iter(tried)
            outcomes = meeting.both(lambda: _outcome(lambda: declaring.settle(next(mine), "ann")))
            (kept,) = hers.app.desk.connections()
            with hers.app.store.reading() as unit:
                sealed = unit.connections.credential(kept.connection_id)
            assert sealed is not None
            opened = Sealer([KEY]).open(sealed)
            (own,) = [one for one in tried if one.connection.account == kept.account]
            assert opened.access_token == own.credential.access_token, outcomes
            assert sorted(map(bool, outcomes)) == [False, True], outcomes


def _outcome(do: Callable[[], object]) -> str:
    try:
        do()
    except BridgeError as error:
        return error.code
    return ""
