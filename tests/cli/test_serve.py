"""`bridge serve` is one command: pages and a worker that comes again when it dies, and ends with it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from click.testing import CliRunner, Result

from bridge.cli.main import cli
from bridge.errors import ConfigError
from tests.cli.serving import PATIENCE_SECONDS, children, serving, until
from tests.web.visiting import place

BRIDGE = [sys.executable, "-m", "bridge"]


def run(config: Path, *words: str, **variables: str) -> Result:
    return CliRunner().invoke(cli, ["--config", str(config), *words], env=variables, standalone_mode=False)


def test_serve_works_at_once_and_lets_its_owner_in_and_its_worker_comes_again(tmp_path: Path) -> None:
    assert CliRunner().invoke(cli, ["init", str(tmp_path)], standalone_mode=False).exit_code == 0
    with serving([*BRIDGE, "--config", str(tmp_path / "bridge.toml"), "serve"]) as served:
        browser = served.signed_in()
        assert browser.get(f"{served.url}/o/local/people", timeout=PATIENCE_SECONDS).status_code == 200
        assert requests.get(served.link, timeout=PATIENCE_SECONDS).status_code == 200, "looking at it does nothing"
        first = served.worker()
        told = run(tmp_path / "bridge.toml", "worker", "status").output
        assert re.search("A worker is starting|1 worker at work", told), told
        os.kill(first, signal.SIGKILL)
        assert served.worker(but=first) != first
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(PATIENCE_SECONDS) == 0
        assert served.workers() == ()


def test_a_worker_ends_when_who_started_it_is_killed(tmp_path: Path) -> None:
    with serving([*BRIDGE, "--config", str(place(tmp_path)), "serve"]) as served:
        worker = served.worker()
        words = Path(f"/proc/{worker}/cmdline")
        until(lambda: b"--until-eof" in words.read_bytes())
        served.process.kill()
        until(lambda: not words.exists() or not words.read_bytes())


def test_web_serves_without_a_worker(tmp_path: Path) -> None:
    old = tmp_path / "bridge-uploads" / "local" / f"1.{'a' * 43}"
    old.mkdir(parents=True)
    with serving([*BRIDGE, "--config", str(place(tmp_path)), "web"]) as served:
        shown = served.signed_in(proxy_for="203.0.113.9").get(f"{served.url}/me", timeout=PATIENCE_SECONDS)
        assert "203.0.113.9" in shown.text, "the browser's address, as the proxy on this machine tells it"
        assert served.workers() == ()
        assert not old.exists(), "what somebody brought and did not take in is swept as pages begin"


def test_what_other_machines_reach_needs_a_public_address(tmp_path: Path) -> None:
    refused = run(place(tmp_path), "web", BRIDGE_HOST="0.0.0.0")  # noqa: S104 - refused
    assert isinstance(refused.exception, ConfigError)
    assert refused.exception.code == "config.public_url"


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        refused = run(place(tmp_path), "web", BRIDGE_PORT=str(held.getsockname()[1]))
    assert isinstance(refused.exception, ConfigError)
    assert refused.exception.code == "config.port"


def test_web_makes_no_database(tmp_path: Path) -> None:
    config = place(tmp_path)
    (tmp_path / "bridge.db").unlink()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    refused = run(config, "web", BRIDGE_PORT=port)
    assert isinstance(refused.exception, ConfigError)
    assert refused.exception.code == "store.empty"


@pytest.mark.parametrize("command", ["serve", "web", "worker"])
def test_what_runs_ends_with_5_once_its_database_is_another_file(command: str, tmp_path: Path) -> None:
    """Whatever started it starts it again, with the file that lies there then."""
    config, file = place(tmp_path), tmp_path / "bridge.db"
    words = [*BRIDGE, "--config", str(config), command]
    with ExitStack() as stack:
        if command == "worker":
            process = stack.enter_context(subprocess.Popen(words, stderr=subprocess.PIPE, text=True))
            assert process.stderr is not None
            until(lambda: "worker began" in process.stderr.readline())
        else:
            process = stack.enter_context(serving(words)).process
        shutil.copy(file, tmp_path / "copy")
        (tmp_path / "copy").replace(file)
        assert process.wait(PATIENCE_SECONDS) == 5
        if command == "serve":
            until(lambda: not children(process.pid))
    assert run(config, "worker", "status").return_value in (0, 2, 3)


def test_serve_makes_no_empty_database_where_one_was_that_something_was_sent_from(tmp_path: Path) -> None:
    """Who starts by itself does not; a person who has no backup does, by ``bridge apply``."""
    config = place(tmp_path)
    (tmp_path / "bridge.db").unlink()
    (tmp_path / "audit-local.head").write_text("12 2026-07-01T00:00:00+00:00 abc\n")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = str(probe.getsockname()[1])
    refused = run(config, "serve", BRIDGE_PORT=port)
    assert isinstance(refused.exception, ConfigError)
    assert (refused.exception.code, (tmp_path / "bridge.db").exists()) == ("store.lost", False)
    assert run(config, "apply").return_value == 0
