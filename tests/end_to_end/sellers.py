"""Four sellers on Amazon and their companies in QuickBooks, for the stories."""

from __future__ import annotations

import msgspec


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
