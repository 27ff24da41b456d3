"""Pure: whether an answer is of the connection's shop. Bulk files and exports name no shop."""

from __future__ import annotations

from bridge.plugin.reading import Place, printable
from bridge_shopify.wire import Shop

_OWN = ".myshopify.com"


def check_shop(shop: Shop, account: str, place: Place) -> None:
    """account: the connection's; empty where there is none. Raises: DocumentError for an answer of another shop."""
    names = [
        canonical(name) for name in (shop.myshopify_domain, shop.primary_domain and shop.primary_domain.host) if name
    ]
    if not account or not names or canonical(account) in names:
        return
    cause = f"is of the shop {printable(names[0])}, and the connection is of {account}"
    next_step = "Bring it to the connection of that shop; where both are one shop, write the former as its account"
    raise place.refuse("file.other_shop", cause, next_step=next_step)


def canonical(domain: str) -> str:
    """A shop's domain as it can be compared: ``acme`` and ``https://ACME.myshopify.com/admin`` are one shop."""
    host = domain.strip().casefold().partition("://")[2] or domain.strip().casefold()
    host = host.partition("/")[0].rstrip(".").removeprefix("www.")
    return host if "." in host else host + _OWN
