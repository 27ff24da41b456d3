"""What the shop's API gives, decoded: a field that it was asked to leave out is told apart from one of another type."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from bridge.plugin import reading
from bridge.plugin.reading import Content, Place

_T = TypeVar("_T")


def decoded(raw: Content | msgspec.Raw, wanted: type[_T], place: Place, what: str = "") -> _T:
    """what: whose bytes these are. Raises: DocumentError for what is no JSON, or not what is wanted."""
    return reading.decoded(raw, wanted, place, what, lacking="file.fields", other="file.types")
