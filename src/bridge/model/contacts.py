"""In whose name a channel's sales stand in a ledger: nobody's who bought. What such contacts are called, and items."""

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


class Names(msgspec.Struct, frozen=True):
    """What vouchers for a ledger may name of lists that are too long to be read for nothing. items: that rules name."""

    contacts: Contacts = NOBODY
    items: tuple[str, ...] = ()

    @property
    def by_rule(self) -> tuple[str, ...]:
        """Those that rules name."""
        return tuple(sorted({*self.contacts.named, *self.items}))


NO_NAMES: Final = Names()


def system_customer(channel: str, store: str) -> str:
    """``CHANNEL shop-us``: one contact for all who buy in a store. store: the name of its connection."""
    return f"{channel} {store}"


def in_currency(name: str, currency: str, home_currency: str) -> str:
    """The name of the same contact for another currency than the books': many ledgers keep each contact in one."""
    return name if currency == home_currency else f"{name} {currency}"


def names(routes: Iterable[Route], versions: Iterable[RuleSet], channels: Mapping[str, str]) -> Names:
    """Those of a ledger. versions: all, of its routes' rules. channels: what the channel of each source is called."""
    customers = {system_customer(channels[route.source], route.source) for route in routes if route.source in channels}
    rules = [rule for version in versions for rule in version.rules]
    named, items = ({getattr(rule, what) for rule in rules} - {""} for what in ("contact", "item"))
    return Names(Contacts(tuple(sorted(customers)), tuple(sorted(named))), tuple(sorted(items)))
