"""Speaks HTTP with one shop; the only file that knows its addresses. Reads alone, asks once, never waits."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import msgspec
import requests

from bridge.clock import Clock
from bridge.errors import DocumentError
from bridge.transport import failure_of
from bridge_woocommerce.errors import fault_of, said
from bridge_woocommerce.settings import ShopSettings

API = "/wc/v3"
_T = TypeVar("_T")


class Answer(msgspec.Struct, frozen=True):
    """at: when the shop gave it, by its own clock. total: the length of the list that this is a page of, where told."""

    body: bytes
    at: datetime
    total: int | None = None


class Client:
    """One shop over HTTP. session: made at first use."""

    def __init__(self, shop: ShopSettings, session: Callable[[], requests.Session], clock: Clock) -> None:
        self._shop, self._lend, self._clock = shop, session, clock
        self._session: requests.Session | None = None
        self.thing = f"shop {shop.url}"

    def get(self, route: str, **query: str) -> Answer:
        """What the shop answers. route: below the API, such as ``/wc/v3/orders``.

        Raises: what ``fault_of`` says of an answer that is none, UnavailableError for none at all.
        """
        return self._exchange(route, query)[1]

    def find(self, route: str, lacking: str, **query: str) -> Answer | datetime:
        """The same; when the shop said that there is no such thing, which it does by the code ``lacking``."""
        status, answer = self._exchange(route, query, lacking)
        return answer if status == 200 else answer.at

    def decoded(self, body: bytes | msgspec.Raw, wanted: type[_T]) -> _T:
        """Raises: DocumentError for an answer of another shape."""
        try:
            return msgspec.json.decode(body, type=wanted)
        except msgspec.DecodeError:
            raise self.odd() from None

    def odd(self) -> DocumentError:
        """The error for an answer of another shape."""
        return DocumentError(
            self.thing,
            "its answer lacks what was asked for, or has it in another form",
            "Look for a plugin of the shop that changes its REST API; if there is none, report this",
            code="woocommerce.answer.fields",
        )

    def listed(self, answer: Answer) -> Sequence[msgspec.Raw]:
        """The rows of a list, not read yet."""
        return self.decoded(answer.body, list[msgspec.Raw])

    def _exchange(self, route: str, query: dict[str, str], lacking: str = "") -> tuple[int, Answer]:
        if self._session is None:
            self._session = self._lend()
        asked_at = self._clock.now()
        url, parameters = self._address(route, query)
        if self._shop.is_signed:
            parameters = self._signed(url, parameters, asked_at)
        try:
            response = self._session.get(url, params=parameters)
        except requests.RequestException as error:
            raise failure_of(error, thing=self.thing, is_write=False) from error
        body, headers = response.content, response.headers
        is_lacking = bool(lacking) and response.status_code == 404 and said(body) == lacking
        if not is_lacking and (fault := fault_of(response.status_code, headers, body, self.thing)):
            raise fault
        total = headers.get("X-WP-Total", "")
        at = _instant(headers.get("Date", "")) or asked_at.replace(microsecond=0)
        return response.status_code, Answer(body, at, int(total) if total.isdecimal() else None)

    def _signed(self, url: str, query: Mapping[str, str], at: datetime) -> Mapping[str, str]:
        from bridge_woocommerce.signing import signed  # loads OAuth, where a shop is asked by plain http

        key, secret = self._shop.key.get_secret_value(), self._shop.secret.get_secret_value()
        return signed(url, query, key=key, secret=secret, at=at, nonce=secrets.token_hex(16))

    def _address(self, route: str, query: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
        """Where permalinks are plain a parameter says what keys are looked for in: ``wp-json/wc/``.

        Source: WooCommerce 10.5.0, is_request_to_rest_api.
        """
        if self._shop.plain_permalinks:
            return f"{self._shop.url}/", {"rest_route": route, "via": "/wp-json/wc/", **query}
        return f"{self._shop.url}/wp-json{route}", query


def _instant(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
