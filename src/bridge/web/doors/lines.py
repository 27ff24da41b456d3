"""A line in the log for each request: which route, how it ended, how long it took. Nothing that was sent is in it."""

from __future__ import annotations

from time import monotonic
from typing import Final

from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge import log, metrics

_UNKNOWN: Final = "none"


class LoggedRequests:
    """Around an application. Paths are told as routes have them: what stands in a path may let somebody in."""

    def __init__(self, app: ASGIApp) -> None:
        self._app, self._log = app, log.get("web")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = monotonic(), 500

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, told)
        finally:
            place = scope.get("route")
            route = place.path if isinstance(place, Route) else _UNKNOWN
            metrics.count("bridge_requests", route=route, status=str(status))
            took = round(monotonic() - began, 3)
            self._log.info("request", method=scope["method"], route=route, status=status, seconds=took)
