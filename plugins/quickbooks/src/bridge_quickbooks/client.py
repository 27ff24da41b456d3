"""Speaks HTTP with one QuickBooks company; the only file that knows addresses and the query language.

python-quickbooks chooses endpoint, parameters, query text and headers. It is not let near money or outcomes: bodies
are our bytes, answers come back to us raw, and its models, exceptions and token refresh stay unused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from typing import Any

import msgspec
import requests

from bridge import log
from bridge.clock import Clock
from bridge.errors import ConflictError, InDoubtError, InvariantError, RejectedError, UnavailableError
from bridge.transport import Json, decode, failure_of, safely
from bridge_quickbooks.errors import NOT_FOUND, error_of, read_fault
from bridge_quickbooks.settings import PLAIN_TEXT
from bridge_quickbooks.words import called

MINOR_VERSION = 75  # every company is on it since 2025-08-01
PAGE_SIZE = 1000  # the most a query gives
IDS_PER_QUERY = 30
MOST_CHANGES = 1000  # of all kinds together, in one answer to what changed
_RESTARTS = 3
_PLAIN = re.compile(r"[\w-]{1,50}", re.ASCII)


class TooManyError(Exception):
    """More of one kind changed than can be told."""


def is_gone(found: Json) -> bool:
    """Whether it is what is left of a deleted object."""
    return bool(found.get("status") == "Deleted")


class Client:
    """One company's books over HTTP.

    longest_wait_seconds: how long a read may wait when QuickBooks asks for patience, before it gives up.
    page_size:            rows per query.
    """

    def __init__(
        self,
        session: requests.Session,
        *,
        api_url: str,
        realm: str,
        clock: Clock,
        longest_wait_seconds: int = 65,
        page_size: int = PAGE_SIZE,
    ) -> None:
        self._session, self._clock = session, clock
        self._api_url, self._realm = api_url, realm
        self._longest_wait_seconds, self._page_size = longest_wait_seconds, page_size
        self._thing = f"QuickBooks company {realm}"
        self._log = log.get("quickbooks")

    def create(self, kind: str, body: bytes, *, request_id: str, thing: str) -> Json:
        """Send one create, once, and give the object as QuickBooks echoes it.

        Raises: what ``error_of`` and ``failure_of`` say; InDoubtError for an answer that does not hold the object.
        """
        answer = self._exchange(
            lambda api: api.create_object(kind, body, request_id=request_id), thing=thing, is_write=True
        )
        created = answer.get(kind)
        if not isinstance(created, dict) or not created.get("Id"):
            raise InDoubtError(thing, f"its answer holds no {called(kind)}")
        return created

    def delete(self, kind: str, ref: str, version: str, *, thing: str) -> None:
        """Delete one object as it stands; one that is not there any more is deleted.

        Raises: RejectedError for what QuickBooks keeps, ``quickbooks.5010`` where it was edited since; as ``create``;
                InDoubtError for an answer that does not say that it is deleted.
        """
        body = msgspec.json.encode({"Id": ref, "SyncToken": version})
        try:
            answer = self._exchange(lambda api: api.delete_object(kind, body), thing=thing, is_write=True)
        except RejectedError as refusal:
            if refusal.code != f"quickbooks.{NOT_FOUND}":
                raise
        except ConflictError as edited:
            raise RejectedError(edited.thing, edited.cause, edited.next_step, code=edited.code) from edited
        else:
            told = answer.get(kind)
            if not isinstance(told, dict) or (told.get("Id"), told.get("status")) != (ref, "Deleted"):
                raise InDoubtError(thing, f"its answer does not say that the {called(kind)} is deleted")

    def create_batch(self, body: bytes, *, request_id: str, thing: str) -> Json:
        """Send several creates in one call, once, and give the answer to it, which tells of each.

        Raises: what ``error_of`` and ``failure_of`` say of the call as a whole.
        """
        url = f"{self._api_url}/v3/company/{self._realm}/batch"
        return self._exchange(lambda api: api.post(url, body, request_id=request_id), thing=thing, is_write=True)

    def read(self, kind: str, ref: str) -> Json | None:
        """One object by id, from the books and not from the query's index; None when QuickBooks has it no more."""
        try:
            found = self._read(lambda api: api.get_single_object(kind, _plain(ref))).get(kind)
        except RejectedError as refusal:
            if refusal.code == f"quickbooks.{NOT_FOUND}":
                return None
            raise
        if not isinstance(found, dict):
            raise UnavailableError(self._thing, f"asked for {called(kind, ref)}, its answer holds none")
        return None if is_gone(found) else found

    def rate(self, currency: str, on: date) -> Json | None:
        """The rate that the company has of a currency on a day; None where it has none.

        Source: Intuit, entity ExchangeRate, read 2026-11.
        """
        url = f"{self._api_url}/v3/company/{self._realm}/exchangerate"
        asked = {"sourcecurrencycode": _plain(currency), "asofdate": on.isoformat()}
        try:
            found = self._read(lambda api: api.get(url, {}, params=dict(asked))).get("ExchangeRate")
        except RejectedError as refusal:
            if refusal.code != f"quickbooks.{NOT_FOUND}":
                raise
            return None
        if not isinstance(found, dict) or found.get("SourceCurrencyCode") != currency:
            raise UnavailableError(self._thing, f"asked for the rate of {currency} on {on}, its answer holds none")
        return found

    def all(self, kind: str, *, with_inactive: bool = False) -> Collection[Json]:
        """Every object of a list, such as accounts or the one object of Preferences; by itself only active ones."""
        where = "WHERE Active IN (true, false)" if with_inactive else ""
        return {row.get("Id"): row for page in self._pages(kind, where) for row in page}.values()

    def report(self, name: str, **period: str) -> Json:
        """A report, accrued as the books are, whatever the basis of the company's own."""
        return self._read(lambda api: api.get_report(name, {**period, "accounting_method": "Accrual"}))

    def matching(self, kind: str, field: str, value: str) -> tuple[Json, ...]:
        """The active objects of a list of which a field has a value."""
        where = _library().build_where_clause(**{field: _quotable(value)})
        return tuple({row.get("Id"): row for page in self._pages(kind, f"WHERE {where}") for row in page}.values())

    def named(self, kind: str, names: Collection[str]) -> tuple[Json, ...]:
        """The active customers or vendors of these names; one that QuickBooks' query language cannot say is not."""
        wanted = [name for name in sorted(names) if re.fullmatch(PLAIN_TEXT, name, re.ASCII)]
        parts = (wanted[at : at + IDS_PER_QUERY] for at in range(0, len(wanted), IDS_PER_QUERY))
        pages = (self._pages(kind, f"WHERE {_library().build_choose_clause(part, 'DisplayName')}") for part in parts)
        return tuple({row.get("Id"): row for part in pages for page in part for row in page}.values())

    def numbered(self, kind: str, numbers: Sequence[str]) -> tuple[Json, ...]:
        """The transactions that carry one of these document numbers; of ``IDS_PER_QUERY`` in a query."""
        plain = [_plain(number) for number in numbers]
        parts = (plain[start : start + IDS_PER_QUERY] for start in range(0, len(plain), IDS_PER_QUERY))
        wheres = (f"WHERE {_library().build_choose_clause(part, 'DocNumber')}" for part in parts)
        return tuple(found for where in wheres for page in self._pages(kind, where) for found in page)

    def dated(
        self, kind: str, since_on: date, until_on: date, *, made_since: datetime | None = None
    ) -> Iterator[tuple[Json, ...]]:
        """Pages of the transactions dated in [since_on, until_on]; one may come twice, none is left out.

        made_since: of these, only what was entered from then on, by QuickBooks' clock.
        """
        where = f"WHERE TxnDate >= '{since_on}' AND TxnDate <= '{until_on}'"
        if made_since is not None:
            where += f" AND MetaData.CreateTime >= '{made_since.astimezone(UTC).isoformat(timespec='seconds')}'"
        return self._pages(kind, where)

    def with_ids(self, kind: str, refs: Sequence[str]) -> Mapping[str, Json | None]:
        """The transactions of these ids, at most ``IDS_PER_QUERY``; None for one that QuickBooks has no more.

        Several by one query; what that misses is read one by one, for the index may trail the books.
        """
        where = f"WHERE {_library().build_choose_clause([_plain(ref) for ref in refs], 'Id')}"
        rows = {str(row.get("Id")): row for row in self._query(kind, where, 1)} if len(refs) > 1 else {}
        return {ref: rows.get(ref) or self.read(kind, ref) for ref in refs}

    def changed(self, kinds: Sequence[str], since: datetime) -> Iterator[tuple[str, tuple[Json, ...]]]:
        """What changed since an instant, by kind; of what was deleted a stub (``is_gone``).

        One answer holds a thousand objects over all kinds and has no second page: where it is full, each half of the
        kinds is asked for.
        Raises: TooManyError where more of one kind changed.
        Source: Intuit, change data capture, read 2026-11.
        """
        called = since.astimezone(UTC).isoformat(timespec="seconds")
        answer = self._read(lambda api: api.change_data_capture(",".join(kinds), called)).get("CDCResponse")
        found = {kind: self._captured(answer, kind) for kind in kinds}
        if sum(map(len, found.values())) < MOST_CHANGES:
            yield from found.items()
        elif len(kinds) == 1:
            raise TooManyError(kinds[0])
        else:
            half = len(kinds) // 2
            yield from self.changed(kinds[:half], since)
            yield from self.changed(kinds[half:], since)

    def _captured(self, answer: Any, kind: str) -> tuple[Json, ...]:
        try:
            parts = [part for response in answer for part in response["QueryResponse"]]
            rows = [row for part in parts for row in part.get(kind, ())]
        except (TypeError, KeyError, AttributeError):
            raise UnavailableError(self._thing, "its answer to what changed is incomplete") from None
        if not all(isinstance(row, dict) and row.get("Id") for row in rows):
            raise UnavailableError(self._thing, f"its answer to what {called(kind)} changed is incomplete")
        return tuple(rows)

    def _pages(self, kind: str, where: str) -> Iterator[tuple[Json, ...]]:
        """All pages of a query.

        A query has no cursor, so each page begins with the last row of the page before. When an object was deleted
        or re-dated meanwhile the rows behind it moved up and that row is another: then we start again, rather than
        leave one out.
        Raises: UnavailableError when the rows keep moving.
        """
        for _ in range(_RESTARTS):
            last, start = "", 1
            while True:
                page = self._query(kind, where, start)
                if last and (not page or page[0].get("Id") != last):
                    break
                if rows := page[1:] if last else page:
                    yield rows
                if len(page) < self._page_size:
                    return
                last, start = str(page[-1].get("Id")), start + self._page_size - 1
        raise UnavailableError(self._thing, f"its list of {called(kind)} kept changing while it was read")

    def _query(self, kind: str, where: str, start: int) -> tuple[Json, ...]:
        order = "" if kind in {"Preferences", "CompanyInfo"} else "ORDERBY Id"
        words = ("SELECT * FROM", kind, where, order, f"STARTPOSITION {start} MAXRESULTS {self._page_size}")
        select = " ".join(word for word in words if word).encode("latin-1")
        answer = self._read(lambda api: api.query(select)).get("QueryResponse")
        rows = answer.get(kind, []) if isinstance(answer, dict) else None
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise UnavailableError(self._thing, f"its answer to a query for {called(kind)} is incomplete")
        return tuple(rows)

    def _read(self, call: Callable[[Any], object]) -> Json:
        return safely(
            partial(self._exchange, call, thing=self._thing, is_write=False),
            clock=self._clock,
            longest_wait_seconds=self._longest_wait_seconds,
        )

    def _exchange(self, call: Callable[[Any], object], *, thing: str, is_write: bool) -> Json:
        """One call, sent once: its answer. ``call`` says to the library what is wanted.

        Raises: our error for the fault that the answer carries, or for no whole answer.
        """
        door = _Door(self._session)
        api = _library().api(door, self._api_url, realm=self._realm, minor_version=MINOR_VERSION)
        try:
            call(api)
        except requests.RequestException as error:
            raise failure_of(error, thing=thing, is_write=is_write) from error
        body = decode(door.raw)
        if fault := read_fault(door.status, door.headers, body):
            transaction_id = door.headers.get("intuit_tid", "")
            self._log.info("fault", thing=thing, status=fault.status, code=fault.code, intuit_tid=transaction_id)
            raise error_of(fault, thing=thing, is_write=is_write)
        return body or {}


def _library() -> Any:
    from bridge_quickbooks import library  # loads the library, at first use

    return library


def _plain(value: str) -> str:
    """A value that needs no escape in a query: the library escapes quotes, but no backslash before them."""
    if not _PLAIN.fullmatch(value):
        raise InvariantError(f"QuickBooks query for {value[:40]!r}", "not a plain number or id", "Report this as a bug")
    return value


def _quotable(value: str) -> str:
    """A value whose quotes the library may escape: a backslash, which it forgets, is not in it."""
    if not re.fullmatch(PLAIN_TEXT, value, re.ASCII):
        raise InvariantError(f"QuickBooks query for {value[:40]!r}", "not plain text", "Report this as a bug")
    return value


class _Door:
    """What the library takes for its session: passes a call on, keeps the raw answer, and shows the library none."""

    access_token = ""  # the host's session puts the real one in, per call

    def __init__(self, session: requests.Session) -> None:
        self._session = session
        self.status, self.raw = 0, b""
        self.headers: Mapping[str, str] = {}

    def request(self, method: str, url: str, *, headers: dict[str, str], params: object, data: Any) -> _Unread:
        headers.pop("Authorization", None)
        answer = self._session.request(method, url, headers=headers, params=params, data=data)  # type: ignore[arg-type]
        self.status, self.raw, self.headers = answer.status_code, answer.content, answer.headers
        return _Unread()


class _Unread:
    """An answer the library finds nothing wrong with, and nothing in."""

    status_code, text = 200, "{}"
