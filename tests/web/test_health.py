"""Whether a process lives, can work, and what it counted; and what the log says of requests."""

from __future__ import annotations

import io
import json
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bridge import log
from bridge.app import open_house
from bridge.errors import ConfigError
from bridge.settings import load_settings
from bridge.web.doors import LoggedRequests, listening
from tests.end_to_end.merchant import plugins
from tests.fakes.clock import FakeClock
from tests.fakes.stores import put_migrated
from tests.web.street import SETTINGS, Street, street


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Street]:
    put_migrated(tmp_path / "bridge.db")
    with street(f"sqlite:///{tmp_path / 'bridge.db'}", tmp_path) as found:
        yield found


def told(place: Street) -> dict[str, float]:
    """What is measured and counted, by name with labels."""
    shown = place.client.get("/metrics", headers={"Authorization": "Bearer watchers"})
    assert shown.status_code == 200
    lines = (line for line in shown.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_what_lives_and_can_work_says_so_until_its_database_is_gone(place: Street, tmp_path: Path) -> None:
    assert place.client.get("/live").text == "lives\n"
    assert place.client.get("/ready").text == "ready\n"
    for file in tmp_path.glob("bridge.db*"):
        file.rename(file.with_suffix(".away"))

    answer = place.client.get("/ready")
    assert (answer.status_code, answer.text.startswith("store.")) == (503, True)
    assert place.client.get("/live").status_code == 200


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer guess"}, {"Authorization": "Bearer "}])
def test_numbers_are_shown_to_who_bears_the_token_alone(place: Street, header: dict[str, str]) -> None:
    assert place.client.get("/metrics", headers=header).status_code == 404


def test_what_comes_in_is_counted_and_what_waits_is_measured(place: Street) -> None:
    before = told(place)
    assert place.shopify("orders/updated", {"id": 7}) == 200
    assert place.shopify("orders/updated", {"id": 7}) == 200
    assert place.shopify("orders/updated", {"id": 7}, secret="wrong") == 401
    after = told(place)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grown('bridge_notices_total{plugin="shopify",status="200"}') == 2
    assert grown('bridge_notices_total{plugin="shopify",status="401"}') == 1
    assert grown("bridge_notices_repeated_total") == 1
    assert after["bridge_database_up"] == 1
    assert "bridge_notices_waiting" in after


def test_a_process_without_pages_tells_at_an_address_of_its_own(tmp_path: Path) -> None:
    put_migrated(tmp_path / "bridge.db")
    config = tmp_path / "bridge.toml"
    config.write_text(SETTINGS)
    with socket.socket() as taken, open_house(load_settings(config, {}), FakeClock(), plugins()) as house:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        taken.listen()
        with pytest.raises(ConfigError) as refused, listening(f"127.0.0.1:{port}", house):
            pass
        assert "is taken" in str(refused.value)
        taken.close()
        with listening(f"127.0.0.1:{port}", house):
            shown = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=60)
            assert "bridge_database_up 1.0" in shown.text
            assert requests.get(f"http://127.0.0.1:{port}/ready", timeout=60).status_code == 200
        with listening("", house):
            pass


def test_a_line_of_the_log_has_nothing_that_was_sent(place: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", written := io.StringIO())
    log.configure(level="info", as_json=True)
    try:
        app = LoggedRequests(Starlette(routes=[*place.client.app.routes]))  # type: ignore[attr-defined]
        with TestClient(app) as client:
            sent = {"Authorization": "Bearer s3cret", "Cookie": "session=s3cret", "X-Shopify-Hmac-Sha256": "s3cret"}
            client.post("/notices/local/woo?token=s3cret", content=b'{"email": "ann.buyer@example.com"}', headers=sent)
            client.get("/somewhere/s3cret", headers=sent)
    finally:
        monkeypatch.undo()
        log.configure()
    lines = [json.loads(line) for line in written.getvalue().splitlines() if line.startswith("{")]
    requests_seen = [(one["method"], one["route"], one["status"]) for one in lines if one["event"] == "request"]
    assert requests_seen == [("POST", "/notices/{organisation}/{connection}", 401), ("GET", "none", 404)]
    for secret in ("s3cret", "ann.buyer", "woo"):
        assert secret not in written.getvalue()
