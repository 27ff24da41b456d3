"""Amazon's marketplaces: what each is called, its id, its currency, and by which calendar its days are.

Source: developer-docs.amazon.com, marketplace ids; currencies and calendars are those of the countries.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec


class Marketplace(msgspec.Struct, frozen=True):
    """One of Amazon's shops. name: as reports call it, in lower case."""

    name: str
    id: str
    currency: str
    time_zone: str

    @property
    def place(self) -> str:
        """As people write it: ``Amazon.co.uk``."""
        return self.name.capitalize()


_ALL: Final = tuple(
    Marketplace(*row.split())
    for row in (
        "amazon.com ATVPDKIKX0DER USD America/Los_Angeles",
        "amazon.ca A2EUQ1WTGCTBG2 CAD America/Los_Angeles",
        "amazon.com.mx A1AM78C64UM0Y8 MXN America/Los_Angeles",
        "amazon.com.br A2Q3Y263D00KWC BRL America/Sao_Paulo",
        "amazon.co.uk A1F83G8C2ARO7P GBP Europe/London",
        "amazon.de A1PA6795UKMFR9 EUR Europe/Berlin",
        "amazon.fr A13V1IB3VIYZZH EUR Europe/Paris",
        "amazon.it APJ6JRA9NG5V4 EUR Europe/Rome",
        "amazon.es A1RKKUPIHCS9HS EUR Europe/Madrid",
        "amazon.nl A1805IZSGTT6HS EUR Europe/Amsterdam",
        "amazon.com.be AMEN7PMS3EDWL EUR Europe/Brussels",
        "amazon.ie A28R8C7NBKEWEA EUR Europe/Dublin",
        "amazon.se A2NODRKZP88ZB9 SEK Europe/Stockholm",
        "amazon.pl A1C3SOZRARQ6R3 PLN Europe/Warsaw",
        "amazon.com.tr A33AVAJ2PDY3EV TRY Europe/Istanbul",
        "amazon.ae A2VIGQ35RCS4UG AED Asia/Dubai",
        "amazon.sa A17E79C6D8DWNP SAR Asia/Riyadh",
        "amazon.eg ARBP9OOSHTCHU EGP Africa/Cairo",
        "amazon.in A21TJRUUN4KGV INR Asia/Kolkata",
        "amazon.co.za AE08WJ6YKNBMC ZAR Africa/Johannesburg",
        "amazon.co.jp A1VC38T7YXB528 JPY Asia/Tokyo",
        "amazon.com.au A39IBJ37TRP1C6 AUD Australia/Sydney",
        "amazon.sg A19VAU5U5O7RUS SGD Asia/Singapore",
    )
)
BY_NAME: Final = {one.name: one for one in _ALL}
BY_ID: Final = {one.id: one for one in _ALL}


def place_of(marketplace_id: str, name: str = "") -> str:
    """What to call a marketplace that an answer names by its id, or also by its name."""
    known = BY_ID.get(marketplace_id) or BY_NAME.get(name.casefold())
    return known.place if known is not None else name or marketplace_id


def chosen(sold_on: Iterable[str], wanted: Iterable[str]) -> tuple[Marketplace, ...]:
    """Those known ones that an account sells on, or of them those that a connection is for. wanted: empty for all."""
    names = {name.casefold() for name in wanted} or set(sold_on)
    return tuple(BY_NAME[name] for name in sold_on if name in names and name in BY_NAME)
