"""Pure: several vouchers in one call: what is sent, and which of an answer's items speak of them.

Source: Intuit, "Batch operation" and "API call limits and throttles", read 2026-11; Intuit's blog of 2015-04-06 for the
lengths of ids; recorded answers of 2014.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from bridge import ids
from bridge.errors import BridgeError, InDoubtError
from bridge.transport import Json
from bridge_quickbooks.errors import error_of, read_fault
from bridge_quickbooks.parse import key_of
from bridge_quickbooks.words import called

_CREATE = b'{"bId":"%d","operation":"create","%b":%b}'
_ANSWERED = 200


def batch_body(bodies: Sequence[tuple[str, bytes]]) -> bytes:
    """One call that creates them all. bodies: of each its kind and what would be sent of it alone, unchanged.

    An item is named by its place: the vendor allows ten characters.
    """
    items = (_CREATE % (place, kind.encode("ascii"), body) for place, (kind, body) in enumerate(bodies))
    return b'{"BatchItemRequest":[%b]}' % b",".join(items)


def request_id(header_keys: Sequence[str]) -> str:
    """The idempotency header of the whole call, of 24 characters; 36 are allowed.

    The same vouchers in another order are another call: an item is remembered by its place.
    """
    return ids.derive("btc", *header_keys)


def items_of(answer: Json, many: int) -> Iterator[Json]:
    """What an answer says of each item, by its place; an empty object where it says nothing, or two things."""
    listed = answer.get("BatchItemResponse")
    items = [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []
    times = Counter(item.get("bId") for item in items)
    by_id: Mapping[object, Json] = {item.get("bId"): item for item in items}
    for place in range(many):
        yield by_id[str(place)] if times[str(place)] == 1 else {}


def created(item: Json, kind: str, key: str, *, thing: str) -> Json | BridgeError:
    """What became of one item: the object as it is echoed, or why there is none. key: ours, which it must carry."""
    if fault := read_fault(_ANSWERED, {}, item):
        return error_of(fault, thing=thing, is_write=True)
    found = item.get(kind)
    if not isinstance(found, dict) or not found.get("Id"):
        return InDoubtError(thing, f"the answer to its batch holds no {called(kind)} for it")
    if key_of(found) != key:
        return InDoubtError(thing, f"the answer to its batch holds another {called(kind)} for it")
    return found
