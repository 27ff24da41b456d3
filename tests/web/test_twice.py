"""Every form that there is, sent twice: by two clicks, from two tabs, or once more after going back. It is done once.

The forms are those of the site: one that is added fails here until it is told how it is filled in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bridge.app import App, House
from bridge.books import Meant
from bridge.model.findings import InstructionKind
from bridge.work.deciding import Word
from tests.books.mortal import Killed, Life, MortalStore
from tests.end_to_end.merchant import Merchant as Bookkept
from tests.web.everyform import FORMS, Desk, Ledger, check_board, everywhere, kept
from tests.web.reviewing import send, values
from tests.web.visiting import ann, browser, opened, sign_in


class Twice(Desk):
    """Sends each form, and then once more. ledger: what the ledgers hold."""

    def __init__(self, house: House, organisation: str, client: TestClient, ledger: Ledger) -> None:
        self.house, self.organisation, self.client, self._ledger = house, organisation, client, ledger
        self.sent = set()

    def act(self, name: str, post: Callable[[], Any]) -> Any:
        """The second answer is no fault of ours, and what is kept, here and in ledgers, is as after the first."""
        answers, there = [], []
        for _ in range(2):
            answers.append(post())
            there.append((kept(self.house), self._ledger()))
        first, second = answers
        assert first.status_code in (200, 303), (name, first.status_code, first.text)
        check_board(self.house, self.organisation, name)
        assert second.status_code < 500, (name, second.text)
        for table in there[0][0]:
            assert there[1][0][table] == there[0][0][table], (name, table)
        assert there[1][1] == there[0][1], name
        return first


def test_whatever_is_sent_twice_is_done_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert everywhere(tmp_path, Twice) == FORMS


def test_a_process_that_is_killed_while_somebody_decides_leaves_all_of_it_or_nothing(reviewed: Bookkept) -> None:
    """In bulk, and signing: before any write, and before it is saved."""
    with opened(reviewed.config) as house, browser(house) as client:
        sign_in(house, client, ann())
        chosen = values(client.get("/o/local/waits?thing=voucher").text, "thing")
        shown = values(send(client, "/waits/foreseen", decision="release", thing=chosen).text, "thing")
        meant = [Meant(*one.split(" ")) for one in shown]
        word = Word(InstructionKind.RELEASE, "web:Ann", "looked at")
        assert _lived(house, lambda app: app.deciding.decide_each(meant, word)) > 2

        found = values(client.get("/o/local/waits?thing=finding").text, "thing")
        shown = values(send(client, "/waits/foreseen", decision="accept", thing=found).text, "thing")
        send(client, "/waits/decided", decision="accept", thing=shown, reason="known")
        (seen,) = values(client.get("/o/local/drift/us").text, "seen")
        through = date(2026, 7, 8)
        sign = {"by": "Ann", "reason": "", "actor": "web:Ann"}
        assert _lived(house, lambda app: app.signing.sign("us", seen, through, **sign)) > 0
    assert reviewed.run("audit", "verify", "--store").return_value == 0


def _lived(house: House, decide: Callable[[App], object]) -> int:
    """How many writes there are to die before: each time nothing is there, until it is all there."""
    app, before = house.office("local"), kept(house)
    for writes in count():
        mortal = App(MortalStore(app.store, Life(writes)), app.settings, app.clock, app.host.registry)
        try:
            decide(mortal)
        except Killed:
            assert kept(house) == before
        else:
            assert kept(house) != before
            return writes
    return 0
