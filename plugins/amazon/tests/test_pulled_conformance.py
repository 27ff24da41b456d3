"""Amazon is pulled as the contract says: the kit over the sandbox, over real HTTP on loopback."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import ClassVar

from bridge.plugin import SourceOffer
from bridge.testing import KitClock, PulledConformance
from bridge_amazon.offer import offer
from plugins.amazon.tests.pulling import ACCOUNT, FullAccount, opened


class TestAmazonPulled(PulledConformance):
    """Five reports of four settlements."""

    module = "bridge_amazon"
    account = ACCOUNT
    left_out: ClassVar[Mapping[str, str]] = {
        "jobs": "settlement reports cannot be asked for: Amazon makes them",
        "nested": "a report is one file",
        "census": "Amazon counts its reports by nothing but its list",
        "meaning": "a settlement carries its own currency; nothing that is set changes what its amounts mean",
        "buyer_markers": "settlement reports hold no name, no address, nothing of a buyer",
    }

    def offer(self) -> SourceOffer:
        return offer()

    @contextmanager
    def channel(self, clock: KitClock) -> Iterator[FullAccount]:
        with opened(clock) as sandbox:
            yield FullAccount(sandbox, clock)
