"""Pure: what one call carries, and what its answer says of each voucher in it.

Xero takes up to fifty objects of one kind a call, saves the good ones and refuses the others by name, as long as it is
told ``summarizeErrors=false``. Its answer lists them in the order in which they came; that is not relied upon without
looking. What it says against the call as a whole leaves open what it had saved before, except where it says that it
could not read the body, or let nobody in.
Source: Xero Accounting OpenAPI 16.1.0 (summarizeErrors, idempotencyKey, Error, Element); developer.xero.com, "Limits",
read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from bridge import ids
from bridge.errors import BridgeError, InDoubtError
from bridge.model.vouchers import Voucher
from bridge.plugin import Parcel
from bridge.transport import Json
from bridge_xero.errors import Fault, KeyUsedError, element_fault, error_of
from bridge_xero.kinds import ALLOCATION, BANK_TRANSFER, KINDS, called, several
from bridge_xero.parse import id_of, key_of
from bridge_xero.render import body_of, element
from bridge_xero.wire import rows, text

BATCH = 50  # Source: developer.xero.com, "Limits": about fifty elements a call are advised
LARGEST_BYTES = 3_000_000  # 3.5 MB are allowed, by one page; 10 MB by another
KEY_PREFIX = "brb"
_ALONE = frozenset({ALLOCATION, BANK_TRANSFER})
_TAKEN_BY_NONE = frozenset({401, 403, 404, 413, 415, 429})

Created = Json | BridgeError
"""What came of one voucher of a call: the object as Xero echoes it, or why there is none, or perhaps none."""


class Load(msgspec.Struct, frozen=True):
    """The vouchers of one call, all of one kind."""

    parcels: tuple[Parcel, ...]
    elements: tuple[bytes, ...]

    @property
    def kind(self) -> str:
        return self.parcels[0].voucher.type

    @property
    def vouchers(self) -> tuple[Voucher, ...]:
        return tuple(parcel.voucher for parcel in self.parcels)

    @property
    def body(self) -> bytes:
        return body_of(self.kind, self.elements)

    @property
    def key(self) -> str:
        """The idempotency key of the call: that of a voucher alone, or one that only these together give."""
        keys = [parcel.header_key for parcel in self.parcels]
        return keys[0] if len(keys) == 1 else ids.derive(KEY_PREFIX, *keys)

    def has_room_for(self, parcel: Parcel, made: bytes) -> bool:
        """Whether one more may go in the same call.

        Bank transfers go one by one: that call knows no ``summarizeErrors``, so that one bad transfer would fail the
        answer for all, the ids of the good ones, which are saved, untold. An allocation goes to its own credit note.
        """
        is_like = parcel.voucher.type == self.kind and self.kind not in _ALONE
        size = sum(len(one) + 1 for one in self.elements) + len(made)
        return is_like and len(self.parcels) < BATCH and size < LARGEST_BYTES

    @property
    def thing(self) -> str:
        """What messages call all of it."""
        return (
            thing(self.vouchers[0])
            if len(self.parcels) == 1
            else f"{len(self.parcels)} {several(KINDS[self.kind].plural)}"
        )


def thing(voucher: Voucher) -> str:
    """What messages call a voucher."""
    return called(voucher.type, voucher.number or voucher.key)


def loads(parcels: Iterable[Parcel]) -> Iterator[Load]:
    """The calls that carry these parcels, in their order."""
    load: Load | None = None
    for parcel in parcels:
        made = element(parcel.voucher, parcel.refs)
        if load and load.has_room_for(parcel, made):
            load = Load((*load.parcels, parcel), (*load.elements, made))
            continue
        if load:
            yield load
        load = Load((parcel,), (made,))
    if load:
        yield load


def outcomes(vouchers: Sequence[Voucher], answer: Json | Fault, whole: str) -> tuple[Created, ...]:
    """What came of each voucher of a call.

    whole:  what messages call all of them.
    Raises: what befell the call as a whole: TransientError, AuthorizationError or RejectedError where nothing of it
            was written, InDoubtError where that is not known.
    """
    kind = vouchers[0].type
    if isinstance(answer, Fault):
        return _refused(vouchers, answer, whole)
    elements = rows(answer.get(KINDS[kind].plural))
    if len(elements) != len(vouchers):
        sent = "one was" if len(vouchers) == 1 else f"{len(vouchers)} were"
        cause = f"its answer holds {len(elements)} {several(KINDS[kind].plural)} where {sent} sent"
        raise InDoubtError(whole, cause)
    pairs = tuple(zip(vouchers, elements, strict=True))
    is_in_order = not any(_is_another(voucher, found) for voucher, found in pairs)
    is_alone = len(pairs) == 1
    return tuple(_outcome(*pair, is_named=is_alone or _names(*pair), is_in_order=is_in_order) for pair in pairs)


def _outcome(voucher: Voucher, found: Json, *, is_named: bool, is_in_order: bool) -> Created:
    """is_named: it says itself that it is this voucher. is_in_order: none of the answer stands in another's place.

    What is refused, and says nothing of itself, is known by its place in an answer that is in order.
    """
    ref = id_of(voucher.type, found)
    fault = element_fault(found, ref)
    if not (is_named or (fault and is_in_order)):
        return InDoubtError(thing(voucher), "what stands in its place in Xero's answer does not say that it is it")
    if fault:
        return error_of(fault, thing=thing(voucher), is_write=True)
    if not ref:
        return InDoubtError(thing(voucher), f"its answer holds no {KINDS[voucher.type].id}")
    if found.get("HasErrors") is True and not found.get("StatusAttributeString"):
        return InDoubtError(
            thing(voucher), "its answer holds an id and speaks of errors, and does not say which counts"
        )
    return found


def _refused(vouchers: Sequence[Voucher], fault: Fault, whole: str) -> tuple[Created, ...]:
    """Of several, those that Xero names; the others may have been saved, their ids untold."""
    error = error_of(fault, thing=whole, is_write=True)
    is_of_all = len(vouchers) == 1 or fault.is_unread or fault.status in _TAKEN_BY_NONE
    if is_of_all or not fault.is_refusal or isinstance(error, KeyUsedError):
        raise error
    if not fault.elements:
        raise InDoubtError(whole, error.cause) from error
    return tuple(_named(voucher, fault.elements) for voucher in vouchers)


def _named(voucher: Voucher, elements: Sequence[Json]) -> BridgeError:
    for found in elements:
        fault = element_fault(found, "")
        if fault and _names(voucher, found):
            return error_of(fault, thing=thing(voucher), is_write=True)
    return InDoubtError(
        thing(voucher), "Xero refused others that it was sent with, and does not say whether it took it"
    )


def _names(voucher: Voucher, found: Json) -> bool:
    """Whether an element bears our key, or our number and no key."""
    key = key_of(voucher.type, found)
    return key == voucher.key if key else bool(voucher.number) and _number(voucher, found) == voucher.number


def _is_another(voucher: Voucher, found: Json) -> bool:
    return not _names(voucher, found) and bool(key_of(voucher.type, found) or _number(voucher, found))


def _number(voucher: Voucher, found: Json) -> str:
    return text(found.get(KINDS[voucher.type].number))
