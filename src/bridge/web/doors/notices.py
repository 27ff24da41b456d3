"""The doors of notices: whose is it, is it theirs, what does it say; kept, and then answered."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from time import monotonic
from typing import Final
from urllib.parse import urlsplit

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from bridge import log, metrics
from bridge.app import House
from bridge.errors import BridgeError, ConfigError, TransientError
from bridge.host.doors import OpenDoor
from bridge.model.notices import Notice
from bridge.plugin import Word
from bridge.web.doors.bodies import Bodies
from bridge.web.doors.health import health
from bridge.web.doors.intake import Intake

_REMEMBERED_SECONDS, _MISSED_SECONDS = 30.0, 5.0
_MOST_REMEMBERED: Final = 10_000
_LOOKED_UP_AT_ONCE: Final = 4
_NOBODY: Final = {"connection.unknown", "config.plugin_unknown"}
_LATER: Final = {"Retry-After": "5"}
Address = tuple[str, str]
"""An organisation and a connection; or an empty text, and a plugin with one address for all accounts."""


class Judged(msgspec.Struct, frozen=True):
    """What is answered, and what is to be kept before."""

    status: int
    notices: tuple[Notice, ...] = ()


class _Known(msgspec.Struct):
    """A door that was asked for, or that there is none. turn: a plugin reads one notice after another."""

    until: float
    door: OpenDoor | None
    turn: asyncio.Semaphore


class Doors:
    """Takes notices. Few addresses are looked up at once, so that guesses hold up nobody but each other.

    intake: by which they are kept, where it is another than its own.
    """

    def __init__(self, house: House, intake: Intake | None = None) -> None:
        self._house, self._intake, self._bodies = house, intake or Intake(house.inbox), Bodies()
        self._known: dict[Address, _Known] = {}
        self._looking = asyncio.Semaphore(_LOOKED_UP_AT_ONCE)
        self._log = log.get("doors")

    def close(self) -> None:
        """End, after what was brought is kept."""
        self._intake.close()

    @property
    def routes(self) -> tuple[BaseRoute, ...]:
        """Where they stand: below the path of ``notices_url``, ``/notices`` where none is set; and those of health."""
        path = urlsplit(self._house.settings.notices_url or "https://bridge/notices").path.rstrip("/")
        return (
            *health(self._house),
            Route(f"{path}/{{plugin}}", self.of_plugin, methods=["POST"]),
            Route(f"{path}/{{organisation}}/{{connection}}", self.of_connection, methods=["POST"]),
        )

    async def of_connection(self, request: Request) -> Response:
        """Of one connection."""
        return await self._take(request, (request.path_params["organisation"], request.path_params["connection"]))

    async def of_plugin(self, request: Request) -> Response:
        """Of all accounts of a vendor's application."""
        return await self._take(request, ("", request.path_params["plugin"]))

    async def _take(self, request: Request, address: Address) -> Response:
        plugin, status = "", 500
        try:
            known = await self._asked_for(address)
            if known.door is None:
                status = 401  # as for a notice that is forged: nobody is told which connections there are
                return Response(status_code=status)
            plugin = known.door.plugin
            body = await self._bodies.read(request, known.door.max_bytes)
            now, headers = self._house.clock.now(), dict(request.headers)
            async with known.turn:
                judged = await run_in_threadpool(judge, known.door, address, headers, body, now)
            if judged.notices:
                await self._intake.keep(judged.notices)
            status = judged.status
            return Response(status_code=status)
        except HTTPException as refusal:
            status = refusal.status_code
            return Response(status_code=status, headers=refusal.headers)
        except TransientError as error:
            status = 503
            self._log.warning("notice was not taken", plugin=plugin, code=error.code)
            return Response(status_code=status, headers=_LATER)
        except BridgeError as error:
            self._log.error("notice was not taken", plugin=plugin, code=error.code, cause=str(error))
            return Response(status_code=status)
        finally:
            metrics.count("bridge_notices", plugin=plugin or "none", status=str(status))

    async def _asked_for(self, address: Address) -> _Known:
        """Asked for again after a while: a secret may be another then. What is not there is remembered as well."""
        known = self._known.get(address)
        if known is None or known.until < monotonic():
            async with self._looking:
                door = await run_in_threadpool(self._found, address)
            if len(self._known) >= _MOST_REMEMBERED:
                self._known.clear()
            until = monotonic() + (_REMEMBERED_SECONDS if door else _MISSED_SECONDS)
            known = self._known[address] = _Known(until, door, asyncio.Semaphore(1))
        return known

    def _found(self, address: Address) -> OpenDoor | None:
        organisation, name = address
        try:
            return self._house.office(organisation).host.door(name) if organisation else self._house.shared_door(name)
        except ConfigError as error:
            if error.code not in _NOBODY:
                raise
            return None


def judge(door: OpenDoor, address: Address, headers: Mapping[str, str], body: bytes, now: datetime) -> Judged:
    """Whether a notice is the vendor's, and what it says; of one that is not proven nothing is read.

    Raises: PluginError.
    """
    if not door.proves(headers, body):
        return Judged(200 if door.is_greeting(headers, body) else 401)
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in door.types:
        return Judged(415)
    since = now - timedelta(seconds=door.oldest_seconds)
    words = [word for word in door.read(headers, body) if word.sent_at is None or word.sent_at >= since]
    return Judged(200, tuple(_notices(door, address, words, sha256(body).hexdigest(), now)))


def _notices(door: OpenDoor, address: Address, words: Sequence[Word], digest: str, now: datetime) -> Iterator[Notice]:
    """Words that name no account were said at the address of one; at that of all they are nobody's."""
    organisation, name = address
    for word in words:
        if not organisation and not word.account:
            continue
        what = (*address, word.account, word.says, word.kind, word.external_id, word.mark or digest)
        yield Notice(
            plugin=door.plugin,
            organisation=organisation,
            connection=name if organisation else "",
            account="" if organisation else word.account,
            says=word.says,
            kind=word.kind,
            external_id=word.external_id,
            mark=sha256("\0".join(what).encode()).hexdigest(),
            received_at=now,
        )
