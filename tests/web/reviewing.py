"""A bookkeeper's morning: one company whose ledger somebody changed, and one whose vouchers wait for a word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import requests
from httpx2 import Response
from starlette.testclient import TestClient

from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import OWN_FILE, SAMPLES, Merchant
from tests.web.visiting import CSRF

HOSTILE = "<img src=x onerror=alert(1)>"


@contextmanager
def reviewing(folder: Path, database: str = OWN_FILE) -> Iterator[Merchant]:
    """``us``: delivered, then tampered with, then checked. ``gb``: held for review; nothing of it is sent."""
    with QuickBooksSandbox() as sandbox:
        merchant = Merchant(folder, sandbox, "us", "gb", database=database)
        text = merchant.config.read_text(encoding="utf-8")
        merchant.config.write_text(text.replace("[routes.gb]", "[routes.gb]\nreview = true"), encoding="utf-8")
        merchant.connect()
        raw = folder / "us.txt"
        raw.write_text((SAMPLES / "us_v2_standard.txt").read_text().replace("ACME-MUG-BLU", HOSTILE))
        merchant.run("import", "--connection", "amazon-us", str(raw))
        merchant.import_samples("gb", "gb_v2_dmy.txt")
        merchant.run("deliver")
        by_hand(merchant, "us", op="edit_amount", amount="112.97", line=3, counter_line=4, **journal(merchant))
        order = {"account": "1200", "counter_account": "4000", "amount": "25.00", "date": "2026-07-01"}
        by_hand(merchant, "us", op="add_foreign", note=HOSTILE, **order)
        merchant.run("drift", "us")
        yield merchant


def journal(merchant: Merchant) -> dict[str, str]:
    """The journal of ours in the American ledger that has the most lines."""
    found = merchant.sandbox.entities(merchant.sellers["us"].realm, "JournalEntry")
    return {"entity": "JournalEntry", "id": max(found, key=lambda one: len(one["Line"]))["Id"]}


def by_hand(merchant: Merchant, country: str, **order: Any) -> None:
    """Do something in a ledger behind bridge's back, at its admin door."""
    plain = {"realm": merchant.sellers[country].realm, **order}
    answer = requests.post(f"{merchant.sandbox.base_url}/_sandbox/tamper", json=plain, timeout=60)
    assert answer.ok, answer.text


def values(html: str, name: str) -> list[str]:
    """The values of every input of that name, as a browser would send them."""
    return [unescape(value) for value in re.findall(rf'<input[^>]*name="{name}" value="([^"]*)"', html)]


def send(client: TestClient, path: str, **data: Any) -> Response:
    """Send a form of the page."""
    return client.post(f"/o/local{path}", data={"csrf": CSRF} | data)
