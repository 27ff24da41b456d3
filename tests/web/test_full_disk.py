"""A disk that is full, or a database that may only be read, under pages and doors: told; nothing is lost or doubled."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from bridge.clock import SystemClock
from bridge.web.people import Role
from tests.end_to_end.merchant import SAMPLES, Merchant
from tests.fakes.clock import FakeClock
from tests.fakes.disks import full_disk, read_only
from tests.web.reviewing import send, values
from tests.web.street import street
from tests.web.visiting import CSRF, ann, browser, field_of, opened, sign_in, text_of

SETTLEMENT = SAMPLES / "us_v2_standard.txt"


def bring(client: TestClient, content: bytes) -> Any:
    way = "/o/local/connections/amazon-us/files"
    return client.post(way, data={"csrf": CSRF}, files={"file": ("report.txt", content)})


@pytest.mark.parametrize(("harm", "code"), [(full_disk, "store.disk"), (read_only, "store.unreachable")])
def test_pages_are_read_and_what_cannot_be_saved_is_told_and_done_later(
    reviewed: Merchant,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    harm: Callable[[], AbstractContextManager[None]],
    code: str,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    clock = FakeClock(SystemClock().now())
    with opened(reviewed.config, clock) as house, browser(house) as client:
        sign_in(house, client, ann(Role.OWNER))
        clock.advance(3_600)  # by now it is noted that she was here
        way = f"/sign-in/link/{house.entrance.link(house.office('local').members.owner('Ann').person_id)}"
        chosen = values(client.get("/o/local/waits?thing=voucher").text, "thing")
        preview = send(client, "/waits", do="decide", decision="release", thing=chosen)
        form = {"decision": "release", "thing": values(preview.text, "thing"), "reason": "looked at"}
        with browser(house) as other:
            token = field_of(other.get(way).text, "csrf")
            with harm():
                for page in ("/o/local/", "/o/local/waits", "/o/local/drift/us", "/o/local/runs", "/me"):
                    assert client.get(page).status_code == 200, page
                for refused in (
                    send(client, "/waits/decided", **form),
                    send(client, "/stop/deliveries", reason="x"),
                    send(client, "/connections/amazon-us/pause", reason="x"),
                    send(client, "/people/invite", name="Bea", email="", role="viewer"),
                    other.post(way, data={"csrf": token}),
                ):
                    assert (refused.status_code, code in text_of(refused.text)) == (
                        409 if code == "store.disk" else 422,
                        True,
                    )
                    assert "Next:" in text_of(refused.text)
                if harm is full_disk:
                    for many in (1, 400):  # in memory while it comes, and not
                        told = bring(client, SETTLEMENT.read_bytes() * many)
                        assert "disk" in text_of(told.text), told.text
                        assert told.status_code in (409, 503)
                run = reviewed.run("import", "--connection", "amazon-gb", str(SETTLEMENT))
                assert (run.exception is not None, getattr(run.exception, "code", "")) == (True, code), run.output
            assert other.post(way, data={"csrf": token}).headers["location"] == "/", "the link is good still"
        assert "Saved: 2 things" in text_of(send(client, "/waits/decided", **form).text)
        assert send(client, "/waits/decided", **form).status_code == 409
        assert bring(client, SETTLEMENT.read_bytes()).status_code == 303
        assert "Bea" not in client.get("/o/local/people").text
    assert reviewed.run("audit", "verify", "--store").return_value == 0


def test_a_notice_that_cannot_be_kept_is_brought_again(migrated_file: Path, tmp_path: Path) -> None:
    """Also where the file of notices is damaged, or was deleted under what runs: it is made anew."""
    (tmp_path / "bridge.db").write_bytes(migrated_file.read_bytes())
    (tmp_path / "bridge-inbox.db").write_bytes(b"no database " * 1000)
    with street(f"sqlite:///{tmp_path / 'bridge.db'}", tmp_path) as there:

        def changed(number: int) -> int:
            return there.shopify("orders/updated", {"id": number})

        assert (changed(1), changed(1), len(there.kept())) == (500, 200, 1)
        assert (tmp_path / "bridge-inbox.db.damaged").read_bytes().startswith(b"no database ")
        with full_disk():
            assert changed(2) == 503
        assert (changed(2), len(there.kept())) == (200, 2)
        for file in (*tmp_path.glob("bridge-inbox.db"), *tmp_path.glob("bridge-inbox.db-*")):
            file.unlink()
        assert changed(3) == 503
        assert (changed(3), len(there.kept())) == (200, 1)
        assert there.work() == 1
