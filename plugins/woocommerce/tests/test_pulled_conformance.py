"""WooCommerce is pulled as the contract says: the kit over the sandbox, over real HTTP on loopback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import ClassVar

from bridge.plugin import SourceOffer
from bridge.testing import KitClock, PulledConformance
from bridge_woocommerce.source import offer
from plugins.woocommerce.tests.pulling import ACCOUNT, FullShop, opened


class TestWooCommercePulled(PulledConformance):
    """Seven orders in pages of two."""

    module = "bridge_woocommerce"
    account = ACCOUNT
    left_out: ClassVar[Mapping[str, str]] = {
        "jobs": "a shop answers at once",
        "moving": "whatever changes an order moves its date of modification, so it comes again in a later window",
    }

    def offer(self) -> SourceOffer:
        return offer()

    @contextmanager
    def channel(self, clock: KitClock) -> Iterator[FullShop]:
        with opened(clock) as sandbox:
            yield FullShop(sandbox, clock)

    def buyer_markers(self) -> Sequence[str]:
        return ("Ann Sample",)
