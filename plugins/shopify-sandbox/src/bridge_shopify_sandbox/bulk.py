"""Bulk operations: submitted, run for a while, and leave a file of lines for seven days.

Source: shopify.dev, bulk operations, queries: connections become lines of their own with ``__parentId``; the address of
the file is signed, and lets in whoever has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from tempfile import TemporaryFile
from typing import IO, Any

import msgspec
from graphql.execution import ExecutionResult

from bridge.sandbox import BadRequestError, Request, Response, SandboxClock, html_response
from bridge_shopify_sandbox.nodes import Node, gid, moments

__all__ = ["BREAKS", "FILES", "BulkDesk", "Operation"]

FILES = "/bulk-operation-outputs/"
BREAKS = ("failed", "canceled", "expired", "empty", "cut", "torn")
"""How an operation may come to nothing, to order; ``cut`` leaves a file that lacks its last order, ``torn`` its end."""
_MOST_AT_ONCE = 5
_KEPT = timedelta(days=7)
_ENCODER = msgspec.json.Encoder()
_RANGE = re.compile(r"bytes=(\d+)-(\d*)")


@dataclass
class Operation:
    """One that was submitted. done_at: when it is through. size: of its file.

    roots, counted: the orders and bytes that it says it has.
    """

    id: int
    query: str
    created_at: datetime
    done_at: datetime
    file: IO[bytes]
    size: int
    roots: int
    counted: int
    error: str = ""
    is_broken: str = ""
    type: str = "query"

    def content(self, begin: int = 0, end: int | None = None) -> bytes:
        """Of the file the bytes from there to there."""
        self.file.seek(begin)
        return self.file.read((self.size if end is None else end) - begin)

    def write(self, content: bytes) -> None:
        """Another file in its place."""
        self.file.seek(0)
        self.size = self.counted = self.file.write(content)

    @property
    def signature(self) -> str:
        return f"signed{self.id}"

    def status(self, now: datetime) -> str:
        if now < self.done_at:
            return "CREATED" if now <= self.created_at else "RUNNING"
        if now >= self.done_at + _KEPT or self.is_broken == "expired":
            return "EXPIRED"
        if self.error or self.is_broken in {"failed", "canceled"}:
            return "CANCELED" if self.is_broken == "canceled" else "FAILED"
        return "COMPLETED"


class BulkDesk:
    """The operations of one app in one shop. run_seconds: how long each takes. broken: how the next ones come out."""

    def __init__(self, clock: SandboxClock) -> None:
        self._clock = clock
        self.run_seconds = 30
        self.operations: list[Operation] = []
        self.broken: list[str] = []
        self.base_url = ""

    def submit(self, query: str, run: Callable[[str], Iterable[ExecutionResult]]) -> Node:
        """``bulkOperationRunQuery``: what the query finds now is what the file will hold."""
        now = self._clock.now()
        if sum(one.status(now) in {"CREATED", "RUNNING"} for one in self.operations) >= _MOST_AT_ONCE:
            return {"bulkOperation": None, "userErrors": [{"code": "LIMIT_REACHED", "message": "Try again later."}]}
        collected = _Collected()
        for result in run(query):
            collected.add(result)
        if not collected.results:
            collected.file.close()
            return {"bulkOperation": None, "userErrors": [{"code": "INVALID", "message": "Not a query."}]}
        broken = self.broken.pop(0) if self.broken else ""
        ends = {"cut": collected.last_order, "torn": collected.last_line, "empty": 0}
        size = ends.get(broken, collected.size)
        made = Operation(
            id=9_000 + len(self.operations),
            query=query,
            created_at=now.replace(microsecond=0),
            done_at=now + timedelta(seconds=self.run_seconds),
            file=collected.file,
            size=size,
            roots=collected.orders,
            counted=size if broken != "torn" else collected.size,
            error=collected.error,
            is_broken=broken,
        )
        self.operations.append(made)
        return {"bulkOperation": self.node(made), "userErrors": []}

    def node(self, operation: Operation) -> Node:
        now = self._clock.now()
        status = operation.status(now)
        has_file = status == "COMPLETED" and operation.size
        error = operation.error or ("TIMEOUT" if operation.is_broken == "failed" else None)
        return {
            "__typename": "BulkOperation",
            "id": gid("BulkOperation", operation.id),
            "status": status,
            "errorCode": error if status == "FAILED" else None,
            "createdAt": moments(operation.created_at),
            "completedAt": moments(operation.done_at) if status == "COMPLETED" else None,
            "rootObjectCount": "0" if operation.is_broken == "empty" else str(operation.roots),
            "fileSize": str(operation.counted) if has_file else None,
            "url": self._url(operation) if has_file else None,
            "partialDataUrl": self._url(operation) if status == "FAILED" else None,
            "query": operation.query,
        }

    def finish(self) -> None:
        """All that run are through."""
        for one in self.operations:
            one.done_at = min(one.done_at, self._clock.now())

    def file(self, request: Request) -> Response:
        """A file, or a piece of it. Whoever shows a token is turned away: it is nothing for the one who keeps files."""
        if request.header("x-shopify-access-token") or request.header("authorization"):
            return html_response("<p>Only one way to be let in is allowed.</p>", 400)
        number = request.path.removeprefix(FILES)
        found = [one for one in self.operations if str(one.id) == number]
        now = self._clock.now()
        if not found or request.query.get("Signature") != found[0].signature or now >= found[0].done_at + _KEPT:
            return html_response("<p>Access denied.</p>", 403)
        size, asked = found[0].size, _RANGE.fullmatch(request.header("range"))
        if asked is None:
            return Response(200, found[0].content(), "application/jsonl")
        first, last = int(asked[1]), min(int(asked[2] or size), size - 1)
        if first > last:
            return Response(416)
        told = {"Content-Range": f"bytes {first}-{last}/{size}"}
        return Response(206, found[0].content(first, last + 1), "application/jsonl", told)

    def break_next(self, kind: str) -> None:
        if kind not in BREAKS:
            raise BadRequestError(f"a bulk operation cannot be {kind!r}", f"Say one of: {', '.join(BREAKS)}")
        self.broken.append(kind)

    def close(self) -> None:
        """Give up all files."""
        for one in self.operations:
            one.file.close()

    def _url(self, operation: Operation) -> str:
        return f"{self.base_url}{FILES}{operation.id}?Signature={operation.signature}"


class _Collected:
    """What an operation collects, in a file without a name. size: bytes. last_order, last_line: where those begin."""

    def __init__(self) -> None:
        self.file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - it goes with the operation
        self.results = self.orders = self.size = self.last_order = self.last_line = 0
        self.error = ""

    def add(self, found: ExecutionResult) -> None:
        self.results += 1
        if found.errors:
            self.error = str((found.errors[0].extensions or {}).get("code", ""))
        for lines in _orders(found.data or {}):
            self.orders, self.last_order = self.orders + 1, self.size
            self.size += self.file.write(b"".join(lines))
            self.last_line = self.size - len(lines[-1])


def _orders(data: dict[str, Any]) -> Iterator[list[bytes]]:
    """The lines of each node at the root, children behind their parents."""
    for connection in data.values():
        for edge in connection["edges"] if connection else ():
            yield list(_lines(edge["node"], ""))


def _lines(node: dict[str, Any], parent: str) -> Iterator[bytes]:
    own = {name: value for name, value in node.items() if not _is_connection(value)}
    yield _ENCODER.encode(own | ({"__parentId": parent} if parent else {})) + b"\n"
    for value in node.values():
        for edge in value["edges"] if _is_connection(value) else ():
            yield from _lines(edge["node"], node["id"])


def _is_connection(value: object) -> bool:
    return isinstance(value, dict) and "edges" in value
