"""In whose name a channel's sales stand in a ledger: nobody's who bought. What such contacts are called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from bridge.model.connections import Route
from bridge.model.rules import RuleSet


class Contacts(msgspec.Struct, frozen=True):
    """The names that vouchers for a ledger may give, each list sorted.

    customers: those of channels, as they are called in the ledger's own currency. named: those that rules name.
    """

    customers: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


NOBODY: Final = Contacts()


def system_customer(channel: str, store: str) -> str:
    """``CHANNEL shop-us``: one contact for all who buy in a store. store: the name of its connection."""
    return f"{channel} {store}"


def in_currency(name: str, currency: str, home_currency: str) -> str:
    """The name of the same contact for another currency than the books': many ledgers keep each contact in one."""
    return name if currency == home_currency else f"{name} {currency}"


def contacts(routes: Iterable[Route], rules: Iterable[RuleSet], channels: Mapping[str, str]) -> Contacts:
    """Those of a ledger. rules: all versions of its routes. channels: what the channel of each source is called."""
    customers = {system_customer(channels[route.source], route.source) for route in routes if route.source in channels}
    named = {rule.contact for version in rules for rule in version.rules if rule.contact}
    return Contacts(tuple(sorted(customers)), tuple(sorted(named)))
