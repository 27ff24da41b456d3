"""What a hand works with: the store and the story of the organisation whose duty it was handed."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import msgspec

from bridge.store.api import Store, Stores
from bridge.work.story import Story

KEPT: Final = 8
"""How many organisations a hand keeps open: to open one anew takes milliseconds, and to keep it, memory."""

Stories = Callable[[str], Story]
"""The story of an organisation, for one thread."""


class Office(msgspec.Struct, frozen=True):
    """One organisation, for one hand."""

    name: str
    store: Store
    story: Story


def offices(store: Stores, stories: Stories) -> Callable[[str], Office]:
    """Opens them, and has the last few at hand."""
    return lru_cache(maxsize=KEPT)(lambda name: Office(name, store.of(name), stories(name)))
