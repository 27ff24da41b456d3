"""Speaks HTTP with one shop; the only file that knows addresses and headers, and what an answer's errors mean."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from importlib import resources
from typing import Generic, TypeVar

import msgspec
import requests
from msgspec import UNSET, Raw, Struct, UnsetType

from bridge.clock import Clock
from bridge.errors import BridgeError, ConfigError, PluginError, RateLimitedError, UnavailableError
from bridge.plugin.reading import JSON_FAULTS
from bridge.transport import failure_of, seconds_asked
from bridge_shopify.access import TOKEN_HEADER, Access

T = TypeVar("T")
Variable = str | int | bool | Sequence[str] | None
VERSION = "2026-10"
"""Of the API: what the queries were written for."""
VERSION_ENDS = datetime(2027, 10, 1, tzinfo=UTC)
"""Until when it is answered at least. Source: shopify.dev, "About Shopify API versioning": a year from its release."""

SCOPE = "shopify.scope"
"""The code of what is refused because a scope is lacking."""
WAIT_SECONDS = 60
_LONGEST_WAIT = 45
_UNKNOWN_TOKEN = 401
_SCOPES = "Give the app the scopes that it needs, and install it again"
_SCOPE = re.compile(r"\bread_[a-z_]{1,60}\b", re.ASCII)
_CODE = re.compile(r"[A-Za-z][A-Za-z_]{0,60}", re.ASCII)


class TooCostlyError(PluginError):
    """A query may not cost that much: less has to be asked for at once."""

    code = "shopify.too_costly"


class _Throttle(Struct, frozen=True, rename="camel"):
    currently_available: float = 0
    restore_rate: float = 0


class _Cost(Struct, frozen=True, rename="camel"):
    requested_query_cost: float = 0
    throttle_status: _Throttle = _Throttle()


class _Extensions(Struct, frozen=True):
    cost: _Cost = _Cost()


class _About(Struct, frozen=True, rename="camel"):
    code: str = ""
    required_access: str = ""


class _Error(Struct, frozen=True):
    """Of an error its code is read: its message may repeat what was asked for."""

    extensions: _About = _About()


class _Envelope(Struct, frozen=True):
    """Whether an answer carries errors; its data is read by whoever asked."""

    errors: list[_Error] | Raw | UnsetType | None = UNSET
    extensions: _Extensions = _Extensions()
    data: Raw | UnsetType = UNSET


class _Answer(Struct, Generic[T], frozen=True):
    data: T


_ENVELOPE = msgspec.json.Decoder(_Envelope)


class Client:
    """One shop over HTTP. url: where it is; ``/admin`` follows. thing: whose it is, for messages.

    asked_at: the server's date of the first answer since ``begin``. sees_addresses: as far as it was not refused.
    """

    def __init__(self, session: requests.Session, access: Access, *, url: str, thing: str, clock: Clock) -> None:
        self._session, self._access, self._thing, self._clock = session, access, thing, clock
        self._url = f"{url}/admin/api/{VERSION}/graphql.json"
        self._asked_at: datetime | None = None
        self.sees_addresses = True

    def begin(self) -> None:
        """What follows is one page: it holds for the first answer of it."""
        self._asked_at = None

    @property
    def asked_at(self) -> datetime:
        return self._asked_at or self._clock.now()

    def ask(self, file: str, operation: str, **variables: Variable) -> bytes:
        """The body of a whole answer to an operation of a file of queries. Network.

        Limits: points come back by the second, and a page may take more of them than there are: then it waits for its
                turn, as it does for calls, where that is less than a minute.
        Raises: UnavailableError, RateLimitedError; ConfigError when the shop does not let the app in; TooCostlyError;
                PluginError when another version of the API answers. Never an answer that carries errors.
        """
        body = msgspec.json.encode({"query": query(file), "operationName": operation, "variables": variables})
        while True:
            try:
                return self._ask(body)
            except RateLimitedError as error:
                if error.retry_after_seconds > _LONGEST_WAIT:
                    raise
                self._clock.sleep(error.retry_after_seconds)

    def _ask(self, body: bytes) -> bytes:
        answer = self._sent(body)
        if answer.status_code == _UNKNOWN_TOKEN and self._access.renew():
            answer = self._sent(body)
        if self._asked_at is None:
            self._asked_at = _date(answer.headers) or self._clock.now()
        self._check_status(answer)
        self._check_errors(answer.content)
        if (told := answer.headers.get("X-Shopify-API-Version", VERSION)) != VERSION:
            cause = f"answers as version {told[:20]} of its API, and was asked for {VERSION}"
            raise PluginError(self._thing, cause, "Update bridge-shopify", code="shopify.version")
        return answer.content

    def get(self, wanted: type[T], file: str, operation: str, **variables: Variable) -> T:
        """The data of such an answer. Raises: as ``ask``."""
        content = self.ask(file, operation, **variables)
        try:
            answer: _Answer[T] = msgspec.json.decode(content, type=_Answer[wanted])  # type: ignore[valid-type]
        except JSON_FAULTS as error:
            raise UnavailableError(self._thing, "its answer is not in the shape that was asked for") from error
        return answer.data

    def unsettled(self) -> UnavailableError:
        """The error to raise for what changes each time that it is read."""
        return UnavailableError(self._thing, "changed again and again while it was read")

    def _sent(self, body: bytes) -> requests.Response:
        token = self._access.token()
        headers = {"Content-Type": "application/json", **({TOKEN_HEADER: token} if token else {})}
        try:
            return self._session.post(self._url, data=body, headers=headers)
        except requests.RequestException as error:
            raise failure_of(error, thing=self._thing, is_write=False) from error

    def _check_status(self, answer: requests.Response) -> None:
        """Raises: ConfigError when the shop does not let the app in: nothing helps but a setting, there or here."""
        thing, status = self._thing, answer.status_code
        match status:
            case 200:
                return
            case 401:
                raise ConfigError(thing, "does not know the access token", self._access.next_step, code="shopify.token")
            case 403:
                raise ConfigError(thing, "does not let the app in", _SCOPES, code=SCOPE)
            case 402 | 423:
                next_step = "Put it right with Shopify; nothing is lost meanwhile"
                raise ConfigError(thing, "is frozen or locked", next_step, code="shopify.frozen")
            case 404 | 301 | 302 | 303 | 307 | 308:
                next_step = "Write its domain that ends in .myshopify.com as the account, and with the token"
                raise ConfigError(thing, "is not at this address", next_step, code="shopify.address")
            case 429 | 430:
                raise RateLimitedError(thing, retry_after_seconds=seconds_asked(answer.headers, WAIT_SECONDS))
        raise UnavailableError(thing, f"answered with status {status}")

    def _check_errors(self, content: bytes) -> None:
        try:
            envelope = _ENVELOPE.decode(content)
        except JSON_FAULTS as error:
            raise UnavailableError(self._thing, "answered with something else than JSON, such as a page") from error
        if isinstance(envelope.errors, UnsetType) or envelope.errors in (None, []):
            if isinstance(envelope.data, UnsetType) or bytes(envelope.data) == b"null":
                raise UnavailableError(self._thing, "answered without data")
            return
        raise self._error(envelope.errors if isinstance(envelope.errors, list) else [], envelope.extensions.cost)

    def _error(self, errors: Sequence[_Error], cost: _Cost) -> BridgeError:
        codes = {error.extensions.code for error in errors}
        if "THROTTLED" in codes:
            return RateLimitedError(self._thing, retry_after_seconds=_seconds(cost))
        if "ACCESS_DENIED" in codes:
            named = sorted({scope for error in errors for scope in _SCOPE.findall(error.extensions.required_access)})
            cause = f"does not let the app read what needs {', '.join(named) or 'another scope'}"
            return ConfigError(self._thing, cause, _SCOPES, code=SCOPE)
        if "MAX_COST_EXCEEDED" in codes:
            return TooCostlyError(self._thing, "finds a query too large", "Report this as a bug of the plugin")
        told = ", ".join(sorted(code for code in codes if _CODE.fullmatch(code))[:5])
        return UnavailableError(self._thing, f"answered with errors{f' ({told})' if told else ''}")


@cache
def query(file: str) -> str:
    """A file of queries, as it is sent."""
    return resources.files("bridge_shopify").joinpath(f"queries/{file}.graphql").read_text(encoding="utf-8")


def _seconds(cost: _Cost) -> int:
    """How long until so many points are there again; at least one second.

    Source: shopify.dev, GraphQL Admin API rate limits.
    """
    lacking = cost.requested_query_cost - cost.throttle_status.currently_available
    rate = cost.throttle_status.restore_rate
    return max(1, int(-(-lacking // rate))) if rate > 0 else WAIT_SECONDS


def _date(headers: Mapping[str, str]) -> datetime | None:
    try:
        return parsedate_to_datetime(headers.get("Date", "")).astimezone(UTC)
    except ValueError:
        return None
