"""Reads a window of many orders by one bulk operation: submitted once, waited for, and its file read cut by cut.

That it is wanted is saved before it is submitted: whoever goes on from there asks first whether one of ours, with the
same query, was created since. Orders with refunds are then asked for by id, for a bulk query holds no lines of refunds.
All of it is as of when the operation was created: it gives way to whatever was read since, by whoever.
An operation that comes to nothing is begun anew; after the third the window is read page by page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from io import BytesIO
from typing import Final

import requests
from msgspec import Struct
from msgspec.structs import replace

from bridge.clock import Clock
from bridge.errors import DocumentError, RateLimitedError, UnavailableError
from bridge.plugin import MAX_PAGE_BYTES, Page, Wait
from bridge.plugin.reading import Place
from bridge.transport import ResponseTooLargeError, failure_of, seconds_asked
from bridge_shopify.bulk import orders_in_turn
from bridge_shopify.bulk_rows import last_border
from bridge_shopify.client import WAIT_SECONDS, Client, query
from bridge_shopify.live_orders import LiveOrders, bodies_of
from bridge_shopify.objections import is_cut
from bridge_shopify.places import Cursor, Job
from bridge_shopify.searching import seconds_of
from bridge_shopify.wire import At, Gid, Order, Text, Wire, Word

_FILE: Final = "bulk_operations"
_POLL, _AGAIN = timedelta(minutes=1), timedelta(minutes=10)
_MOST_FAILED: Final = 3
_RUNS: Final = frozenset({"CREATED", "RUNNING", "CANCELING"})
_LATER: Final = frozenset({"OPERATION_IN_PROGRESS", "LIMIT_REACHED"})
_CUT_BYTES: Final = MAX_PAGE_BYTES // 4
"""Some eight hundred orders: all of them may have refunds, and are asked for before the first is saved."""
_LONGEST_CUT: Final = 4 * MAX_PAGE_BYTES
_LISTED: Final = 100
"""Transactions that the query asks for: a list that is full may go on."""
_ADDRESS: Final = re.compile(
    r"  (?:shipping|billing)Address \{\n    \.\.\.Country\n  \}\n|fragment Country on MailingAddress \{[^}]*\}\n+"
)
_RANGE: Final = re.compile(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})", re.ASCII)


class _Operation(Wire, frozen=True):
    """A bulk operation. Its file is kept for seven days; counters are text."""

    id: Gid
    status: Word
    created_at: At
    root_object_count: Text = "0"
    file_size: Text | None = None
    error_code: Word | None = None
    url: str | None = None
    query: str = ""


class _Fault(Wire, frozen=True):
    code: Word | None = None


class _Begun(Wire, frozen=True):
    bulk_operation: _Operation | None = None
    user_errors: tuple[_Fault, ...] = ()


class _Run(Wire, frozen=True):
    bulk_operation_run_query: _Begun | None = None


class _One(Wire, frozen=True):
    bulk_operation: _Operation | None = None


class _Nodes(Wire, frozen=True):
    nodes: list[_Operation]


class _Some(Wire, frozen=True):
    bulk_operations: _Nodes


class _Cut(Struct, frozen=True):
    """Whole orders of the file. end: the byte behind them. is_last: nothing follows."""

    orders: list[Order]
    end: int
    is_last: bool


class _UselessError(Exception):
    """Nothing will come of this operation. code: Shopify's own word, where it has one."""

    def __init__(self, why: str, code: str = "") -> None:
        super().__init__(why)
        self.why, self.code = why, code


class BulkJob:
    """Bulk operations over the orders of one shop. opened: gives a session that shows no token."""

    def __init__(
        self, client: Client, opened: Callable[[], requests.Session], orders: LiveOrders, clock: Clock, place: Place
    ) -> None:
        self._client, self._opened, self._orders = client, opened, orders
        self._clock, self._place = clock, place

    def begin(self) -> Page:
        """That one is wanted, to be saved before it is submitted."""
        job = Job(self._client.asked_at, addresses=self._client.sees_addresses)
        return Page(next(bodies_of(())), job.asked_at, Cursor(job=job).text)

    def go_on(self, search: str, job: Job) -> Iterator[Page | Wait]:
        """What has come of it: pages of its file, or when to ask again. Raises: as ``Client.ask``."""
        try:
            operation = self._operation(search, job)
            if operation is None:
                yield self._wait(_AGAIN, job, "the shop runs as many bulk operations as it may")
                return
            job = replace(job, operation=operation.id)
            if operation.status in _RUNS:
                yield self._wait(_POLL, job, f"a bulk operation of the shop collects the orders ({operation.status})")
                return
            yield from self._pages(operation, job)
        except _UselessError as fault:
            yield self._anew(job, fault)

    # The operation

    def _operation(self, search: str, job: Job) -> _Operation | None:
        """The one of this job, submitted now if there is none; None where the shop takes no more for now."""
        if job.operation:
            found = self._client.get(_One, _FILE, "Operation", id=job.operation).bulk_operation
            if found is None:
                raise _UselessError("the shop does not know it any more")
            return found
        text = bulk_query(search, addresses=job.addresses)
        since = f"created_at:>='{seconds_of(job.asked_at)}' AND operation_type:query"
        listed = self._client.get(_Some, _FILE, "Operations", query=since).bulk_operations.nodes
        ours = (
            one for one in listed if _same(one.query, text) and one.created_at >= job.asked_at.replace(microsecond=0)
        )
        return next(ours, None) or self._submitted(text)

    def _submitted(self, text: str) -> _Operation | None:
        told = self._client.get(_Run, _FILE, "Run", query=text).bulk_operation_run_query or _Begun()
        codes = {error.code or "" for error in told.user_errors}
        if codes & _LATER:
            return None
        if codes or told.bulk_operation is None:
            raise _UselessError(f"was refused ({', '.join(sorted(codes)) or 'for no reason'})")
        return told.bulk_operation

    # Its file

    def _pages(self, operation: _Operation, job: Job) -> Iterator[Page]:
        """Of each cut what came whole, then what was asked for by its id."""
        if operation.status != "COMPLETED":
            raise _UselessError(f"ended {operation.status}", operation.error_code or "")
        wanted = int(operation.root_object_count) if operation.root_object_count.isdecimal() else -1
        if operation.url is None:
            if wanted:
                raise _UselessError(f"gives no file, and says that it holds {operation.root_object_count} orders")
            yield Page(next(bodies_of(())), operation.created_at, is_last=True)
            return
        is_last = False
        while not is_last:
            cut = self._cut(operation, job.offset)
            before, is_last = Cursor(job=job).text, cut.is_last
            job = replace(job, offset=cut.end, orders=job.orders + len(cut.orders))
            if is_last and job.orders != wanted:
                raise _UselessError(f"gives {job.orders} orders, and says {operation.root_object_count}")
            after = b"" if is_last else Cursor(job=job).text
            bodies = list(bodies_of(self._whole(cut.orders)))
            for body in bodies[:-1]:  # whoever goes on from here reads the cut once more
                yield Page(body, operation.created_at, before)
            yield Page(bodies[-1], operation.created_at, after, is_last)

    def _whole(self, orders: Sequence[Order]) -> Iterator[Order]:
        yield from (order for order in orders if not _is_told_in_part(order))
        yield from self._orders.of_ids([order.id for order in orders if _is_told_in_part(order)])

    def _cut(self, operation: _Operation, offset: int) -> _Cut:
        """The orders that a piece of the file holds whole."""
        length = _CUT_BYTES
        while length <= _LONGEST_CUT:
            piece, total = self._piece(operation.url or "", offset, length)
            if operation.file_size is not None and operation.file_size != str(total):
                raise _UselessError(f"gives {total} bytes, and says {operation.file_size}")
            is_last = offset + len(piece) >= total
            end = len(piece) if is_last else last_border(piece)
            if end or is_last:
                return _Cut(self._read(piece[:end]), offset + end, is_last)
            length *= 2
        raise _UselessError("holds an order that is too long")

    def _read(self, piece: bytes) -> list[Order]:
        try:
            return list(orders_in_turn(BytesIO(piece), self._place))
        except DocumentError as error:
            raise _UselessError("gives a file that is not in the shape that was asked for") from error

    def _piece(self, url: str, offset: int, length: int) -> tuple[bytes, int]:
        """Bytes of the file, and how many it has in all. Whoever has the address is let in, so it is told to nobody."""
        thing = "file of the bulk operation"
        headers = {"Range": f"bytes={offset}-{offset + length - 1}", "Accept-Encoding": "identity"}
        try:
            answer = self._opened().get(url, headers=headers)
        except ResponseTooLargeError:
            raise _UselessError("gives a file that is too long, and not in pieces") from None
        except requests.RequestException as error:
            raise failure_of(error, thing=thing, is_write=False) from None
        match answer.status_code:
            case 206 if (told := _RANGE.fullmatch(answer.headers.get("Content-Range", ""))) and int(told[1]) == offset:
                return answer.content, int(told[2])
            case 200:
                return answer.content[offset : offset + length], len(answer.content)
            case 429:
                raise RateLimitedError(thing, retry_after_seconds=seconds_asked(answer.headers, WAIT_SECONDS))
            case status if status < 500:
                raise _UselessError(f"has no file any more (status {status})")
        raise UnavailableError(thing, f"answered with status {answer.status_code}")

    # How it goes on

    def _wait(self, after: timedelta, job: Job, why: str) -> Wait:
        return Wait(self._clock.now() + after, Cursor(job=job).text, why)

    def _anew(self, job: Job, fault: _UselessError) -> Wait:
        failed, why = job.failed + 1, f"a bulk operation {fault.why}{f' ({fault.code})' if fault.code else ''}"
        if failed >= _MOST_FAILED:
            return Wait(self._clock.now(), Cursor().text, f"{why}; the orders are read page by page")
        addresses = job.addresses and fault.code != "ACCESS_DENIED"
        return self._wait(
            _AGAIN, Job(self._client.asked_at, failed=failed, addresses=addresses), f"{why}; another follows"
        )


def bulk_query(search: str, *, addresses: bool) -> str:
    """The query over the orders that a search finds. No order is given: a sorted one leaves out what is there.

    Source: github.com/estuary/connectors, issue 4679.
    """
    lines = (line for line in query("bulk_orders").splitlines(keepends=True) if not line.startswith("#"))
    text = "".join(lines).replace("  orders {", f'  orders(query: "{search}") {{', 1)
    return text if addresses else _ADDRESS.sub("", text)


def _same(query: str, other: str) -> bool:
    """Whether two queries are one, however they are laid out."""
    return "".join(query.split()) == "".join(other.split())


def _is_told_in_part(order: Order) -> bool:
    return bool(order.refunds) or len(order.transactions) >= _LISTED or is_cut(order)
