"""How an order or refund is kept, so that it reads back as the same documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from email.utils import format_datetime

import msgspec

from bridge_woocommerce.around import Around
from bridge_woocommerce.shapes import Order, Refund

NO_HEADERS: Mapping[str, str] = {}


class Kept(msgspec.Struct, omit_defaults=True):
    """How an order or refund is kept: a recorded answer of its own, which reads back as the same documents."""

    headers: Mapping[str, str]
    body: Order | Refund
    decimals: int | None = None


def payload(contents: Sequence[tuple[Order | Refund, Around]]) -> bytes:
    """The bytes that are kept: one content as it is, several as a list, the earliest first."""
    kept = [_kept(told, around) for told, around in contents]
    return msgspec.json.encode(kept[0] if len(kept) == 1 else kept)


def _kept(told: Order | Refund, around: Around) -> Kept:
    at = around.told_at
    headers = {"Date": format_datetime(at, usegmt=True)} if at is not None else NO_HEADERS
    return Kept(headers, told, around.decimals)
