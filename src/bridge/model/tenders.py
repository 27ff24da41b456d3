"""How money of buyers reaches the merchant, by the way they paid, and from which day on it is late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from types import MappingProxyType
from typing import Final

import msgspec

from bridge.model.chart import SUSPENSE
from bridge.model.connections import Route, TenderClass

LATE_AFTER: Final[Mapping[TenderClass, int | None]] = MappingProxyType(
    {
        TenderClass.PAYS_OUT: 10,
        TenderClass.MARKETPLACE_PAYOUT: 5,
        TenderClass.WALLET: None,
        TenderClass.MANUAL: 5,
        TenderClass.LIABILITY: None,
    }
)
"""After so many bank days money is late that should have come; None: never. The one table for all of bridge.

They are counted from the day that a buyer paid; of a channel's own payouts and settlements from their deposit date.
"""


class Tender(msgspec.Struct, frozen=True):
    """A way to pay that a channel tells. gateway: a pattern for ``fnmatch``. account: chart number it goes through."""

    gateway: str
    account: str
    tender_class: TenderClass

    def fits(self, gateway: str) -> bool:
        """Whether a gateway, or another pattern, is one of it."""
        return _fits(gateway, self.gateway)


def tender_account(gateway: str, route: Route, declared: Iterable[Tender]) -> str:
    """The chart number of the account that a gateway's money goes through; suspense when nothing says."""
    own = (number for pattern, number in route.tenders if _fits(gateway, pattern))
    return next(own, "") or next((tender.account for tender in declared if tender.fits(gateway)), SUSPENSE)


def tender_class(account: str, route: Route, declared: Iterable[Tender]) -> TenderClass | None:
    """How money leaves an account that ways to pay go through; None for one that none is known to go through.

    account: its chart number. It has one class: what the route states for a gateway of it, else what the source says of
    that account, else of the first of the gateways that the route sends there.
    """
    declared = tuple(declared)
    stated = (one for pattern, one in route.tender_classes if tender_account(pattern, route, declared) == account)
    by_number = (tender.tender_class for tender in declared if tender.account == account)
    sent = [pattern for pattern, number in route.tenders if number == account]
    by_gateway = (tender.tender_class for pattern in sent for tender in declared if tender.fits(pattern))
    return next((one for some in (stated, by_number, by_gateway) for one in some), None)


def _fits(gateway: str, pattern: str) -> bool:
    return fnmatchcase(gateway.casefold(), pattern.casefold())
