"""Where a seller may sell. Source: marketplace ids of the Selling Partner API, developer-docs.amazon.com."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec


class Marketplace(msgspec.Struct, frozen=True):
    """One of Amazon's shops."""

    id: str
    country: str
    currency: str
    time_zone: str


MARKETPLACES: Final[Mapping[str, Marketplace]] = {
    "amazon.com": Marketplace("ATVPDKIKX0DER", "US", "USD", "America/Los_Angeles"),
    "amazon.ca": Marketplace("A2EUQ1WTGCTBG2", "CA", "CAD", "America/Los_Angeles"),
    "amazon.com.mx": Marketplace("A1AM78C64UM0Y8", "MX", "MXN", "America/Los_Angeles"),
    "amazon.co.uk": Marketplace("A1F83G8C2ARO7P", "GB", "GBP", "Europe/London"),
    "amazon.de": Marketplace("A1PA6795UKMFR9", "DE", "EUR", "Europe/Berlin"),
    "amazon.fr": Marketplace("A13V1IB3VIYZZH", "FR", "EUR", "Europe/Paris"),
    "amazon.it": Marketplace("APJ6JRA9NG5V4", "IT", "EUR", "Europe/Rome"),
    "amazon.es": Marketplace("A1RKKUPIHCS9HS", "ES", "EUR", "Europe/Madrid"),
    "amazon.in": Marketplace("A21TJRUUN4KGV", "IN", "INR", "Asia/Kolkata"),
    "amazon.co.jp": Marketplace("A1VC38T7YXB528", "JP", "JPY", "Asia/Tokyo"),
    "amazon.com.au": Marketplace("A39IBJ37TRP1C6", "AU", "AUD", "Australia/Sydney"),
}
