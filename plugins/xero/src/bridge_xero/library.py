"""xero-python, kept to what it is good at: endpoints, parameters and headers.

Left to itself it repeats creates, sleeps for hours when Xero asks for patience, shares one configuration and token
among all clients of a process, and raises on answers to writes that succeeded (docs/decisions/0011). So it is given a
transport of ours, no configuration, no token, and no answer to read. Importing it takes a third of a second: only
this file does, and only this file's first use loads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import requests
from xero_python.accounting import AccountingApi
from xero_python.api_client import ApiClient
from xero_python.identity import IdentityApi


class Answer(msgspec.Struct, frozen=True):
    """What came back, unread."""

    status: int
    headers: Mapping[str, str]
    raw: bytes


def accounting(session: requests.Session, api_url: str) -> Any:
    """The library's accounting functions over our session; nothing of it is shared with another client."""
    return AccountingApi(_caller(session), base_url=f"{api_url}/api.xro/2.0")


def identity(session: requests.Session, api_url: str) -> Any:
    """The library's functions of the organisations a person let us into."""
    return IdentityApi(_caller(session), base_url=api_url)


def _caller(session: requests.Session) -> Any:
    caller = ApiClient(_Nothing())
    caller.rest_client = _Transport(session)
    return caller


class _Nothing:
    """The configuration that the library asks for, with nothing in it.

    Its own is one object for the whole process, and setting it up changes log levels and ``http.client``'s debug
    switch for everybody.
    """

    verify_ssl = True
    ssl_ca_cert = cert_file = key_file = assert_hostname = proxy = None
    connection_pool_maxsize = 1
    safe_chars_for_path_param = ""

    def auth_settings(self, _name: str) -> None:
        """None: the host's session puts the bearer token in, per call."""


class _Transport:
    """What the library takes for its HTTP client: each call goes out once, over the host's session, as it is."""

    def __init__(self, session: requests.Session) -> None:
        self._session = session

    def GET(self, url: str, **given: Any) -> Answer:  # noqa: N802 - the library's name
        return self._call("GET", url, **given)

    def DELETE(self, url: str, **given: Any) -> Answer:  # noqa: N802 - the library's name
        return self._call("DELETE", url, **given)

    def PUT(self, url: str, **given: Any) -> Answer:  # noqa: N802 - the library's name
        return self._call("PUT", url, **given)

    def POST(self, url: str, **given: Any) -> Answer:  # noqa: N802 - the library's name
        return self._call("POST", url, **given)

    def _call(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        query_params: Iterable[tuple[str, object]] | None = None,
        body: bytes | None = None,
        **_unused: object,
    ) -> Answer:
        params = [
            (name, str(value).lower() if isinstance(value, bool) else str(value)) for name, value in query_params or ()
        ]
        answer = self._session.request(method, url, headers=dict(headers), params=params, data=body)
        return Answer(answer.status_code, answer.headers, answer.content)
