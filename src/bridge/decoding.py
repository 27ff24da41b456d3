"""Bytes and plain values into typed ones, in any number of threads.

msgspec makes what it needs of a type when it is first used, runs Python while it does, and shows what is half made to
other threads: two that meet there end the process (version 0.22 and before). So a type is made ready here, by one
thread at a time, and nothing else calls msgspec's own functions for it. Encoding needs nothing made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, TypeVar, overload

import msgspec

T = TypeVar("T")
Raw = bytes | bytearray | memoryview | str | msgspec.Raw

_MAKING = threading.RLock()


class _Decoders:
    """One of a kind for each type, made by one thread at a time."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make, self._made = make, dict[Any, Any]()

    def of(self, wanted: Any) -> Any:
        made = self._made.get(wanted)
        if made is None:
            with _MAKING:
                made = self._made.setdefault(wanted, self._make(wanted))
        return made


_JSON, _MSGPACK = _Decoders(msgspec.json.Decoder), _Decoders(msgspec.msgpack.Decoder)


def json_decoder(wanted: type[T]) -> msgspec.json.Decoder[T]:
    """What reads JSON as that type; the same each time."""
    made: msgspec.json.Decoder[T] = _JSON.of(wanted)
    return made


def msgpack_decoder(wanted: type[T]) -> msgspec.msgpack.Decoder[T]:
    """What reads MessagePack as that type; the same each time."""
    made: msgspec.msgpack.Decoder[T] = _MSGPACK.of(wanted)
    return made


@overload
def from_json(raw: Raw, wanted: type[T]) -> T: ...
@overload
def from_json(raw: Raw, wanted: Any) -> Any: ...
def from_json(raw: Raw, wanted: Any) -> Any:
    """The value that this JSON says. Raises: msgspec.DecodeError, UnicodeDecodeError, RecursionError."""
    return _JSON.of(wanted).decode(raw)


def from_msgpack(raw: bytes, wanted: type[T]) -> T:
    """The value that these bytes say. Raises: msgspec.DecodeError."""
    return msgpack_decoder(wanted).decode(raw)


def converted(
    value: object, wanted: type[T], *, is_strict: bool = True, builtin_types: tuple[type, ...] | None = None
) -> T:
    """A plain value as that type; builtin_types: of what it may hold as it is. Raises: msgspec.ValidationError."""
    _MSGPACK.of(wanted)
    return msgspec.convert(value, wanted, strict=is_strict, builtin_types=builtin_types)
