"""Pure: whether what was read of a ledger is of one moment, or vouchers of ours went to it meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from bridge.drift.told import Told
from bridge.model.deliveries import Delivery


def posted_meanwhile(
    on_their_way: Iterable[Delivery], told: Iterable[Told], *, known: Collection[str], unseen: Collection[str]
) -> frozenset[str]:
    """The accounts, by ledger id, that vouchers went to, or may have gone to, after they were read.

    on_their_way: being sent, or of unknown arrival. known: of these, by voucher id, whose arrival was in doubt before
    the reading began, or that came by: wherever they arrived, they were read. unseen: objects of ours, by ref, that
    neither came by nor are denied: they were delivered since.
    """
    late = [delivery for delivery in on_their_way if delivery.voucher_id not in known]
    late += _delivered(told, unseen)
    return frozenset(line.account.ledger_id for one in late if one.voucher for line in one.voucher.lines)


def _delivered(told: Iterable[Told], unseen: Collection[str]) -> Iterator[Delivery]:
    for each in told if unseen else ():
        yield from (delivery for delivery in each.vouchers.values() if delivery.ref in unseen)
