"""Pure: which vouchers go together in one call."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from bridge.delivery import decide
from bridge.errors import RateLimitedError, UnavailableError
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.plugin import SinkCapabilities

_SHRINKS_BY: Final = 2
"""Powers of two: after each doubt a quarter as many go together."""
_NOT_SENT: Final = frozenset({RateLimitedError.code, UnavailableError.code})
_ORDER: Final = (DeliveryState.SENDING, DeliveryState.IN_DOUBT, DeliveryState.OWED)


def batches(due: Sequence[Delivery], capabilities: SinkCapabilities) -> Iterator[tuple[Delivery, ...]]:
    """All that is due, in parts of one state that one call may carry; in their order, what was begun before first.

    Of what is owed those parts come first that fill a call: see ``fills``.
    """
    for state in _ORDER:
        groups: dict[tuple[str, int], list[Delivery]] = {}
        for delivery in due:
            if delivery.state is state:
                groups.setdefault(_group(delivery, capabilities), []).append(delivery)
        parts = [part for (_, most), members in groups.items() for part in _parts(members, most)]
        yield from sorted(parts, key=lambda part: not fills(part, capabilities))


def fills(batch: Sequence[Delivery], capabilities: SinkCapabilities) -> bool:
    """Whether it fills the call that it may go in, or is none that may wait for others of its kind."""
    first = batch[0]
    return first.state is not DeliveryState.OWED or len(batch) == together(first, capabilities.batch_size)


def together(owed: Delivery, most: int) -> int:
    """How many vouchers may go in one call with this one, itself included; most: of a call.

    One that spoils a whole call is not known from its neighbours. So whatever came to nothing before goes with fewer,
    and from the fourth time alone: then it is judged by itself, and long before it is given up. Where the ledger was
    not reached, or asked to wait, none of them is to blame.
    """
    is_blameless = owed.reason in _NOT_SENT and owed.attempts < decide.MAX_ATTEMPTS - 1
    return most if is_blameless else max(1, most >> (_SHRINKS_BY * owed.attempts))


def _group(delivery: Delivery, capabilities: SinkCapabilities) -> tuple[str, int]:
    if delivery.state is not DeliveryState.OWED:
        return "", capabilities.batch_size
    is_apart = capabilities.batch_of_one_type and delivery.voucher is not None
    kind = delivery.voucher.type if is_apart and delivery.voucher else ""
    return kind, together(delivery, capabilities.batch_size)


def _parts(members: Iterable[Delivery], most: int) -> Iterator[tuple[Delivery, ...]]:
    left = iter(members)
    while some := tuple(islice(left, most)):
        yield some
