"""The demo's small world: four sellers, their QuickBooks companies in a sandbox, and the settings that join them."""

from __future__ import annotations

from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import requests
from cryptography.fernet import Fernet

MARKER = ".bridge-demo"
TIMEOUT_SECONDS = 10


class Seller(msgspec.Struct, frozen=True):
    """One seller account, its company, and the settlements it will receive."""

    country: str
    company: str
    realm: str
    currency: str
    time_zone: str
    account: str
    files: tuple[str, ...]

    @property
    def channel(self) -> str:
        return f"amazon-{self.country}"

    @property
    def ledger(self) -> str:
        return f"books-{self.country}"


SELLERS = (
    Seller(
        "us", "Acme Goods Inc", "9130000000000011", "USD", "America/Los_Angeles", "A1DEMOUS", ("us_v2_standard.txt",)
    ),
    Seller(
        "ca",
        "Acme Goods Canada Ltd",
        "9130000000000012",
        "CAD",
        "America/Toronto",
        "A1DEMOCA",
        ("ca_v2_negative.txt", "ca_v2_after_negative.txt"),
    ),
    Seller("gb", "Acme Goods UK Ltd", "9130000000000013", "GBP", "Europe/London", "A1DEMOGB", ("gb_v2_dmy.txt",)),
    Seller("fr", "Acme Goods France SAS", "9130000000000014", "EUR", "Europe/Paris", "A1DEMOFR", ("fr_v2_comma.txt",)),
)

SETTINGS = """\
# Written by `bridge demo`. Everything in this folder is invented and may be deleted.
[bridge]
database_url = "sqlite:///demo.db"
sealing_key_file = "sealing.key"
redirect_uri = "http://127.0.0.1:{port}/callback"

[plugins.quickbooks]
base_url = "{base_url}"
client_id = "sandbox-client"
client_secret = "sandbox-secret"
settle_seconds = 1
"""
CONNECTIONS = """
[connections.{channel}]
plugin = "amazon"
account = "{account}"

[connections.{ledger}]
plugin = "quickbooks"
account = "{realm}"

[routes.{country}]
source = "{channel}"
ledger = "{ledger}"
time_zone = "{time_zone}"
first_day = 2026-01-01
"""


def companies_option() -> str:
    """The sandbox's ``companies`` option for the four sellers."""
    return ",".join(f"{one.realm}:{one.currency}:{one.country.upper()}:{one.company}" for one in SELLERS)


def write_folder(folder: Path, base_url: str, redirect_port: int) -> Path:
    """The settings file, a fresh sealing key, and the settlement files; returns the settings file."""
    settlements = folder / "settlements"
    settlements.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_text("bridge demo may replace this folder\n", encoding="utf-8")
    key = folder / "sealing.key"
    key.touch(mode=0o600)
    key.write_bytes(Fernet.generate_key() + b"\n")
    for seller in SELLERS:
        for name in seller.files:
            (settlements / name).write_bytes(resources.files(__package__).joinpath("settlements", name).read_bytes())
    file = folder / "bridge.toml"
    text = SETTINGS.format(base_url=base_url, port=redirect_port)
    text += "".join(
        CONNECTIONS.format(**msgspec.structs.asdict(one), channel=one.channel, ledger=one.ledger) for one in SELLERS
    )
    file.write_text(text, encoding="utf-8")
    return file


class Admin:
    """The sandbox's admin door: what other people do to the ledger behind bridge's back."""

    def __init__(self, base_url: str) -> None:
        self._url = f"{base_url}/_sandbox"

    def order_fault(self, **fault: object) -> None:
        self._post("faults", fault)

    def clear_faults(self) -> None:
        requests.delete(f"{self._url}/faults", timeout=TIMEOUT_SECONDS).raise_for_status()

    def tamper(self, seller: Seller, op: str, **what: object) -> None:
        self._post("tamper", {"realm": seller.realm, "op": op, **what})

    def entities(self, seller: Seller, kind: str) -> list[dict[str, Any]]:
        """The company's objects of one kind, in the order of their ids; amounts are decimals."""
        state = self._get("state", realm=seller.realm)
        found: list[dict[str, Any]] = state["entities"][kind]
        return sorted(found, key=lambda one: int(one["Id"]))

    def trial_balance(self, seller: Seller) -> dict[str, int]:
        """Account number to balance in minor units, debit positive."""
        found: dict[str, int] = self._get("trial-balance", realm=seller.realm)
        return found

    def _get(self, path: str, **query: str) -> Any:
        answer = requests.get(f"{self._url}/{path}", params=query, timeout=TIMEOUT_SECONDS)
        answer.raise_for_status()
        return answer.json(parse_float=Decimal)

    def _post(self, path: str, body: dict[str, object]) -> None:
        requests.post(f"{self._url}/{path}", json=body, timeout=TIMEOUT_SECONDS).raise_for_status()
