"""A merchant's folder with a shop and ledgers beside it, and somebody who signs in to them."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import threading
import tomllib
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, Any

import requests

from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_shopify_sandbox import ShopifySandbox
from bridge_xero_sandbox import XeroSandbox
from tests.fakes.warm import SHIFT

REALM = "9130000000000011"
TENANT, OTHER_TENANT = "5a0dbe11-0000-4000-8000-00000000000a", "5a0dbe11-0000-4000-8000-00000000000b"
SETTINGS = """[bridge]
database_url = "sqlite:///bridge.db"
sealing_key_file = "sealing.key"
redirect_uri = "http://127.0.0.1:{port}/callback"

[plugins.shopify]
base_url = "{shopify}"
calls_per_minute = 60000

[plugins.quickbooks]
base_url = "{quickbooks}"
settle_seconds = 0
calls_per_second = 1000

[plugins.xero]
base_url = "{xero}"
settle_seconds = 0
"""
APP = ("--answer=client_id=sandbox-client", "--secret=client_secret=SECRET")
SHOP = ("connections", "add", "shopify", "shop", "--answer=way=token", "--answer=shop=acme", "--secret=token=TOKEN")
DAY = 86_400
Done = subprocess.CompletedProcess[str]


class Desk:
    """A merchant's folder, a shop, companies in QuickBooks and organisations in Xero."""

    def __init__(self, folder: Path, command: Path, stack: ExitStack) -> None:
        self.folder, self._command = folder, command
        self.shopify = stack.enter_context(ShopifySandbox())
        self.quickbooks = stack.enter_context(QuickBooksSandbox())
        self.xero = stack.enter_context(XeroSandbox())
        self.quickbooks.add_company(REALM, home_currency="USD", country="US", name="Acme")
        self.xero.add_organisation(TENANT, name="Acme Ltd")
        self.xero.add_organisation(OTHER_TENANT, name="Acme Two Ltd")
        self.said, self.days = "", 0
        assert self("init", ".").returncode == 0
        urls = {name: getattr(self, name).base_url for name in ("shopify", "quickbooks", "xero")}
        self.file.write_text(SETTINGS.format(port=_free_port(), **urls), encoding="utf-8")
        self.before = self.file.read_bytes()

    @property
    def file(self) -> Path:
        return self.folder / "bridge.toml"

    def pass_days(self, days: int) -> None:
        """For bridge and for both vendors."""
        self.days += days
        for sandbox in (self.quickbooks, self.xero, self.shopify):
            sandbox.clock.advance(days * DAY)

    @property
    def _environment(self) -> dict[str, str]:
        secrets = {"SECRET": "sandbox-secret", "TOKEN": "shpat_sandbox"}
        return {**os.environ, **secrets, SHIFT: str(self.days * DAY)}

    def __call__(self, *words: str, told: str = "") -> Done:
        done = subprocess.run(
            [str(self._command), *words], cwd=self.folder, env=self._environment, input=told,
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
        self.said += done.stdout + done.stderr
        return done

    def sign_in(self, *words: str, told: str = "", **chosen: str) -> Done:
        """A command that sends a person to a vendor, and the person, who chooses and comes back to this machine."""
        process = subprocess.Popen(
            [str(self._command), "-vv", *words], cwd=self.folder, env=self._environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin
        assert process.stdout
        stop = threading.Timer(60, process.kill)
        stop.start()
        with process:
            if told:
                process.stdin.write(told)
            if "--paste" not in words:
                process.stdin.close()
                process.stdin = None
            out = ""
            while (line := process.stdout.readline()) and "/authorize?" not in line:
                out += line
            if line:
                _consent(line.strip(), process.stdin, chosen)
                out += line
            rest, err = process.communicate()
        stop.cancel()
        self.said += out + rest + err
        return subprocess.CompletedProcess(words, process.returncode, out + rest, err)

    def tables(self, kind: str) -> dict[str, Any]:
        """What was added to the settings file."""
        assert self.file.read_bytes().startswith(self.before)
        found: dict[str, Any] = tomllib.loads(self.file.read_text(encoding="utf-8")).get(kind, {})
        return found

    def asked(self, path: str) -> int:
        """How often QuickBooks was asked for this."""
        return sum(one.path == path for one in self.quickbooks.requests.all())

    def rows(self, table: str) -> int:
        with closing(sqlite3.connect(self.folder / "bridge.db")) as database:
            (count,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(count)

    def connect_shop(self, ledger: str) -> None:
        """A shop, and the route from it."""
        done = self(*SHOP, f"--answer=ledger={ledger}", "--answer=first_day=2026-01-01")
        assert done.returncode == 0, self.said

    def without_pilots(self) -> None:
        """Routes deliver by themselves: what a person says once a pilot of theirs has passed."""
        self.file.write_text(self.file.read_text(encoding="utf-8").replace("pilot = true", "pilot = false"), "utf-8")
        assert self("apply").returncode == 0, self.said


def _consent(url: str, pasted: IO[str] | None, chosen: dict[str, str]) -> None:
    """Choose on the vendor's page, and come back: to where bridge listens, or to where the address is pasted."""
    page = requests.get(url, params=chosen, allow_redirects=False, timeout=60)
    if pasted is None:
        requests.get(page.headers["Location"], timeout=60)
    else:
        pasted.write(page.headers["Location"] + "\n")
        pasted.flush()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port
