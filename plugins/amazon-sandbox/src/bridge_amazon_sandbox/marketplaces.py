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


MARKETPLACES: Final[Mapping[str, Marketplace]] = {
    "amazon.com": Marketplace("ATVPDKIKX0DER", "US", "USD"),
    "amazon.ca": Marketplace("A2EUQ1WTGCTBG2", "CA", "CAD"),
    "amazon.com.mx": Marketplace("A1AM78C64UM0Y8", "MX", "MXN"),
    "amazon.co.uk": Marketplace("A1F83G8C2ARO7P", "GB", "GBP"),
    "amazon.de": Marketplace("A1PA6795UKMFR9", "DE", "EUR"),
    "amazon.fr": Marketplace("A13V1IB3VIYZZH", "FR", "EUR"),
    "amazon.it": Marketplace("APJ6JRA9NG5V4", "IT", "EUR"),
    "amazon.es": Marketplace("A1RKKUPIHCS9HS", "ES", "EUR"),
    "amazon.in": Marketplace("A21TJRUUN4KGV", "IN", "INR"),
    "amazon.co.jp": Marketplace("A1VC38T7YXB528", "JP", "JPY"),
    "amazon.com.au": Marketplace("A39IBJ37TRP1C6", "AU", "AUD"),
}
