"""Speaks HTTP with the Selling Partner API for one seller; the only file that knows addresses and headers.

Reads alone, asks once, never waits: a limit that is spent is an error that says until when.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import BinaryIO, Final, Protocol, TypeVar
from urllib.parse import quote, urlsplit

import msgspec
import requests

from bridge.clock import Clock
from bridge.errors import ConfigError, UnavailableError
from bridge.plugin.reading import JSON_FAULTS
from bridge.transport import failure_of
from bridge_amazon.access import Access
from bridge_amazon.errors import fault_of
from bridge_amazon.operations import Operation
from bridge_amazon.settings import AmazonSettings, SellerSettings

_T = TypeVar("_T")
_PIECE: Final = 16 * 1024 * 1024
_WHOLE, _PART, _BEYOND = 200, 206, 416
_RANGE: Final = re.compile(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15})", re.ASCII)


class Lent(Protocol):
    """What a client takes of its ``Context``."""

    @property
    def connection(self) -> str: ...

    @property
    def clock(self) -> Clock: ...

    def session(self) -> requests.Session: ...

    def spend(self, what: str) -> None: ...


class Answer(msgspec.Struct, frozen=True):
    """at: when Amazon gave it, by its own clock."""

    body: bytes
    at: datetime


class Client:
    """One seller account over HTTP. lent: its session is made at first use."""

    def __init__(self, app: AmazonSettings, seller: SellerSettings, lent: Lent) -> None:
        self._lent, self._url = lent, app.base_url or seller.region.url
        self._fetched_from = app.fetched_from
        self._lazy: requests.Session | None = None
        self._access = Access(app, seller, self._session, lent.clock)
        self.thing = f"Amazon ({lent.connection})"

    def get(self, operation: Operation, identifier: str = "", **query: str) -> Answer:
        """What an operation answers. identifier: of the thing that its path names.

        Raises: RateLimitedError before anything is sent, where the seller's and application's plan for it is spent;
                what ``fault_of`` says of an answer that is none; UnavailableError for none at all.
        """
        return self._exchange(operation, identifier, query)[1]

    def find(self, operation: Operation, identifier: str) -> Answer | datetime:
        """The same; when Amazon said that there is no such thing."""
        status, answer = self._exchange(operation, identifier, {}, may_lack=True)
        return answer if status == _WHOLE else answer.at

    def decoded(self, answer: Answer, wanted: type[_T]) -> _T:
        """Raises: UnavailableError for an answer of another shape."""
        try:
            return msgspec.json.decode(answer.body, type=wanted)
        except JSON_FAULTS as error:
            raise UnavailableError(self.thing, "its answer lacks what was asked for") from error

    def download(self, url: str, into: BinaryIO, most: int) -> str:
        """Write what lies at a presigned address, which is good for five minutes and told nobody; without our token.

        In pieces, so that no answer is larger than the session takes. most: bytes after which nothing more is asked
        for. Returns the charset that was declared, empty for none. Raises: ConfigError for a host that was not set;
        UnavailableError.
        """
        host = urlsplit(url).hostname or ""
        if host not in self._fetched_from:
            raise ConfigError(
                self.thing,
                f"keeps a report at {host or 'an address without a host'}, from where bridge fetches nothing",
                "If that is a host of Amazon's, add it to document_hosts under [plugins.amazon]",
                code="amazon.document_host",
            )
        charset, begin, is_more = "", 0, True
        while is_more and begin <= most:
            wanted = {"Range": f"bytes={begin}-{begin + _PIECE - 1}", "Accept-Encoding": "identity"}
            answer = self._sent(url, headers=wanted)
            if answer.status_code == _BEYOND and not begin:
                return ""
            if answer.status_code not in {_WHOLE, _PART}:
                raise UnavailableError(self.thing, f"a report's file was answered with status {answer.status_code}")
            if (size := _size(answer, begin)) is None:
                raise UnavailableError(self.thing, "a report's file was answered with another piece than was asked for")
            into.write(answer.content)
            charset, begin = _charset(answer), begin + len(answer.content)
            is_more = begin < size
        return charset

    def _exchange(
        self, operation: Operation, identifier: str, query: dict[str, str], *, may_lack: bool = False
    ) -> tuple[int, Answer]:
        url = f"{self._url}{operation.path.format(id=quote(identifier, safe=''))}"
        answer = self._asked(operation, url, query)
        if answer.status_code in {401, 403}:
            self._access.forget()
            answer = self._asked(operation, url, query)
        at = _date(answer) or self._lent.clock.now().replace(microsecond=0)
        if not (may_lack and answer.status_code == 404 and answer.content.lstrip()[:1] == b"{"):
            fault = fault_of(
                answer.status_code,
                answer.headers,
                answer.content,
                thing=self.thing,
                asked=operation.name,
                usual_wait=operation.usual_wait,
            )
            if fault is not None:
                raise fault
        return answer.status_code, Answer(answer.content, at)

    def _asked(self, operation: Operation, url: str, query: dict[str, str]) -> requests.Response:
        token = self._access.token(self.thing)
        self._lent.spend(operation.name)
        headers = {"x-amz-access-token": token, "x-amz-date": f"{self._lent.clock.now():%Y%m%dT%H%M%SZ}"}
        return self._sent(url, params=query, headers=headers)

    def _sent(
        self, url: str, *, headers: Mapping[str, str], params: Mapping[str, str] | None = None
    ) -> requests.Response:
        try:
            return self._session().get(url, headers=headers, params=params)
        except requests.RequestException as error:
            raise failure_of(error, thing=self.thing, is_write=False) from error

    def _session(self) -> requests.Session:
        if self._lazy is None:
            self._lazy = self._lent.session()
        return self._lazy


def _size(answer: requests.Response, begin: int) -> int | None:
    """Of the whole, of which the answer tells what begins there: ``bytes 0-99/250``; None where it does not."""
    if answer.status_code == _WHOLE:
        return None if begin else len(answer.content)
    told = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
    return int(told[2]) if told and int(told[1]) == begin and answer.content else None


def _charset(answer: requests.Response) -> str:
    told = Message()
    told["Content-Type"] = answer.headers.get("Content-Type", "")
    return told.get_content_charset("")


def _date(answer: requests.Response) -> datetime | None:
    try:
        return parsedate_to_datetime(answer.headers.get("Date", "")).astimezone(UTC)
    except ValueError:
        return None
