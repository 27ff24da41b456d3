"""The lists of a window, gone through: what each answer brings that was not read yet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from bridge.errors import UnavailableError
from bridge.plugin import Stream, Want
from bridge_woocommerce.client import API, Answer, Client
from bridge_woocommerce.errors import NO_ROUTE
from bridge_woocommerce.keyset import Place, Row
from bridge_woocommerce.whole import ORDER, REFUND

_PASSES: Final = 5


class Step(msgspec.Struct, frozen=True):
    """What one answer brought. place: before it. at: when the shop gave it. new: what was not read yet."""

    place: Place
    at: datetime
    new: Sequence[tuple[msgspec.Raw, Row]]
    is_last: bool


def steps(client: Client, stream: Stream, want: Want, page_size: int) -> Iterator[Step]:
    """Each answer up to the last of the last list, from where the cursor says.

    Raises: UnavailableError for a list that is another at each reading; as ``Client.get``.
    """
    place: Place | None = Place.of(want.cursor)
    while place is not None:
        following = place.next_list(stream)
        for step in _of_list(client, stream, want, place, page_size):
            yield msgspec.structs.replace(step, is_last=step.is_last and following is None)
        place = following


def _of_list(client: Client, stream: Stream, want: Want, place: Place, page_size: int) -> Iterator[Step]:
    """One list, read on from the last instant that came.

    Where more share a second than a page holds, that second is a list of its own, whose pages are counted: it must be
    as long at its end as it was said to be at its beginning, for what leaves it hides something else.
    """
    number, seen, passes, is_crowd = 1, 0, 0, False
    length: int | None = None
    while passes < _PASSES:
        query = {**_fields(stream), **place.query(stream, want.since, want.until, is_crowd=is_crowd)}
        answer = ask(client, stream, **query, per_page=str(page_size), page=str(number))
        keyed = [(raw, client.decoded(raw, Row)) for raw in client.listed(answer)]
        if not all(row.at(stream) for _, row in keyed):
            raise client.odd()
        new = [(raw, row) for raw, row in keyed if place.is_new(row, stream)]
        seen, length = (len(keyed), answer.total) if number == 1 else (seen + len(keyed), length)
        is_over = len(keyed) < page_size
        yield Step(place, answer.at, new, is_over and not is_crowd)
        if is_over and not is_crowd:
            return
        for _, row in new:
            place = place.after(row, stream)
        if not is_crowd:
            is_crowd = not new
        elif not is_over:
            number += 1
        elif length in {None, seen}:
            place, is_crowd, number, passes = place.behind(), False, 1, 0
        else:
            number, passes = 1, passes + 1
    raise UnavailableError(client.thing, "its list of orders kept changing while it was read")


def ask(client: Client, stream: Stream, **query: str) -> Answer:
    """An answer about a list. A shop that does not list its refunds (before 9.0) tells of them with their orders."""
    if "order" in stream.owners:
        return client.get(f"{API}/orders", **query)
    found = client.find(f"{API}/refunds", NO_ROUTE, **query)
    return found if isinstance(found, Answer) else Answer(b"[]", found, 0)


def _fields(stream: Stream) -> dict[str, str]:
    return ORDER if "order" in stream.owners else REFUND
