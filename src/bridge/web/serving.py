"""Serving the site over HTTP; the one module beside the sandboxes that knows uvicorn."""

from __future__ import annotations

import gc
import socket
import threading
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from bridge.errors import ConfigError
from bridge.settings import Settings

_BACKLOG = 512
_GRACE_SECONDS = 20
_LOOKS_SECONDS = 1.0


def listening(settings: Settings) -> socket.socket:
    """A socket on the address that settings name: who calls from now on waits for the site. Raises: ConfigError."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        made = socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as cause:
        raise ConfigError(
            f"{settings.host} port {settings.port}",
            f"cannot be listened on ({cause.strerror})",
            "End what listens there, or set another host or port in [bridge]",
            code="config.port",
        ) from cause
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def serve(site: ASGIApp, settings: Settings, door: socket.socket, look: Callable[[], None] = lambda: None) -> None:
    """Answer until SIGTERM or Ctrl-C; requests that are being carried out are ended first, within seconds.

    look: called once a second; what it raises ends this too. Raises: that.

    What is asked for stands in no log: addresses may hold a link that signs in. What is in memory by now stays to the
    end, and is kept from the collector: to look through all of it holds up everybody for half a second.
    """
    gc.collect()
    gc.freeze()
    config = uvicorn.Config(
        site,
        interface="asgi3",
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="auto",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips=settings.forwarded_allow_ips,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server, over, raised = uvicorn.Server(config), threading.Event(), list[Exception]()

    def watch() -> None:
        while not over.wait(_LOOKS_SECONDS):
            try:
                look()
            except Exception as error:  # noqa: BLE001 - it is raised where people are told
                raised.append(error)
                server.should_exit = True
                return

    watching = threading.Thread(target=watch, name="watch", daemon=True)
    watching.start()
    server.run([door])
    over.set()
    watching.join()
    for one in raised:
        raise one
