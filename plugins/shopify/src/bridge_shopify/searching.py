"""How a window is searched for, and connections that are read to their end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from msgspec import Meta

from bridge_shopify.wire import Page, PageInfo

T = TypeVar("T")


class Cursors(PageInfo, frozen=True):
    """Where a page ends. Nothing of it is kept."""

    end_cursor: Annotated[str, Meta(max_length=2_000)] | None = None


class Listed(Page[T], Generic[T], frozen=True):
    """A connection that is read on from its cursor."""

    page_info: Cursors | None = None

    @property
    def end(self) -> str | None:
        """The cursor of its last node."""
        return self.page_info.end_cursor if self.page_info is not None else None


def nothing() -> Listed[Any]:
    """A connection without nodes."""
    return Listed(nodes=[])


def moment(at: datetime) -> datetime:
    """The instant in whole seconds, as Shopify's are."""
    return at.astimezone(UTC).replace(microsecond=0)


def between(column: str, since: datetime, until: datetime) -> str:
    """A search for since <= column < until, to the second."""
    return f"{column}:>='{seconds_of(since)}' AND {column}:<'{seconds_of(until)}'"


def seconds_of(at: datetime) -> str:
    """The instant as a search reads it."""
    return f"{moment(at):%Y-%m-%dT%H:%M:%SZ}"


def drained(ask: Callable[[dict[str, str | None]], Sequence[Listed[Any]]], *cursors: str) -> list[list[Any]]:
    """All nodes of connections that are asked for together, each from its own cursor until none goes on.

    ask: from each cursor by its name, the next page of each connection, in the order of the names. One that has come
         to its end is asked for from there once more, and has nothing.
    """
    after: dict[str, str | None] = dict.fromkeys(cursors)
    found: list[list[Any]] = [[] for _ in cursors]
    while True:
        pages = ask(after)
        for nodes, page in zip(found, pages, strict=True):
            nodes += page.items()
        if not any(page.is_cut for page in pages):
            return found
        after = {name: page.end or after[name] for name, page in zip(cursors, pages, strict=True)}
