"""A bookkeeper's morning: one company whose ledger somebody changed, and one whose vouchers wait for a word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from pathlib import Path
from typing import Any

import requests
from starlette.testclient import TestClient

from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import Merchant

HOSTILE = "<script>alert('x')</script>"


@contextmanager
def reviewing(folder: Path) -> Iterator[Merchant]:
    """``us``: delivered, then tampered with, then checked. ``gb``: held for review; nothing of it is sent."""
    with QuickBooksSandbox() as sandbox:
        merchant = Merchant(folder, sandbox, "us", "gb")
        text = merchant.config.read_text(encoding="utf-8")
        reviewed = '[routes.gb]\nreview = true\ntax_regime = "vat_standard"'
        merchant.config.write_text(text.replace("[routes.gb]", reviewed), encoding="utf-8")
        merchant.connect()
        merchant.import_samples("us", "us_v2_standard.txt")
        merchant.import_samples("gb", "gb_v2_dmy.txt")
        merchant.run("deliver")
        by_hand(merchant, "us", op="edit_amount", amount="112.97", line=3, counter_line=4, **journal(merchant, 0))
        by_hand(merchant, "us", op="add_foreign", account="1200", counter_account="4000", amount="25.00", note=HOSTILE)
        merchant.run("drift", "us")
        yield merchant


def journal(merchant: Merchant, nth: int) -> dict[str, str]:
    """The n-th journal of ours in the American ledger, with the most lines first."""
    found = merchant.sandbox.entities(merchant.sellers["us"].realm, "JournalEntry")
    return {"entity": "JournalEntry", "id": sorted(found, key=lambda one: -len(one["Line"]))[nth]["Id"]}


def by_hand(merchant: Merchant, country: str, **order: Any) -> dict[str, Any]:
    """Do something in a ledger behind bridge's back, at its admin door."""
    plain = {"realm": merchant.sellers[country].realm, **({"date": "2025-03-15"} if "account" in order else {})}
    answer = requests.post(f"{merchant.sandbox.base_url}/_sandbox/tamper", json=plain | order, timeout=10)
    assert answer.ok, answer.text
    found: dict[str, Any] = answer.json()
    return found


def fields(html: str, name: str) -> list[str]:
    """The values of every input of that name, as a browser would send them."""
    return [unescape(value) for value in re.findall(rf'<input[^>]*name="{name}" value="([^"]*)"', html)]


def send(client: TestClient, path: str, csrf: str, **data: Any) -> Any:
    """Send a form of the page."""
    return client.post(f"/o/local{path}", data={"csrf": csrf, **data})
