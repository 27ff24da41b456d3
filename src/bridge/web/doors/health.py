"""Whether the process lives, can work, and what it counted: for machines that watch over it."""

from __future__ import annotations

import hmac
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bridge import metrics
from bridge.app import House
from bridge.errors import BridgeError, ConfigError

if TYPE_CHECKING:
    from prometheus_client.core import Metric

_COUNTED_SECONDS: Final = 15.0


def health(house: House, *, is_open: bool = False) -> tuple[BaseRoute, ...]:
    """``/live``, ``/ready`` and ``/metrics``.

    is_open: shows the last to whoever asks, at an address that nobody else reaches; else who bears ``metrics_token``.
    """
    told = _Told(house)
    token = house.settings.metrics_token.get_secret_value()

    def live(_request: Request) -> Response:
        return PlainTextResponse("lives\n")

    def ready(_request: Request) -> Response:
        try:
            house.check()
            house.inbox.count()
        except BridgeError as error:
            return PlainTextResponse(f"{error.code}\n", status_code=503)
        return PlainTextResponse("ready\n")

    def shown(request: Request) -> Response:
        if not is_open and not _bears(request, token):
            return Response(status_code=404)
        return Response(told.text(), media_type="text/plain; version=0.0.4")

    return (Route("/live", live), Route("/ready", ready), Route("/metrics", shown))


def _bears(request: Request, token: str) -> bool:
    given = request.headers.get("authorization", "").encode()
    return bool(token) and hmac.compare_digest(given, f"Bearer {token}".encode())


class _Told:
    """What is told: what this process counted, and what waits in the databases, which is counted now and then."""

    def __init__(self, house: House) -> None:
        self._house, self._counting = house, threading.Lock()
        self._counted_at, self._waits, self._notices = 0.0, dict[str, int](), 0

    def text(self) -> bytes:
        from prometheus_client import CollectorRegistry, generate_latest

        registry = CollectorRegistry()
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterator[Metric]:
        """As prometheus-client asks for it."""
        from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

        counted = metrics.counts()
        for name, words in metrics.COUNTED.items():
            mine = {labels: many for (of, labels), many in counted.items() if of == name}
            keys = sorted({key for labels in mine for key, _ in labels})
            family = CounterMetricFamily(name, words, labels=keys)
            for labels, many in mine.items():
                family.add_metric([dict(labels).get(key, "") for key in keys], many)
            yield family
        for name, value in metrics.measures().items():
            yield GaugeMetricFamily(name, metrics.MEASURED[name], value=value)
        yield from self._of_databases()

    def _of_databases(self) -> Iterator[Metric]:
        from prometheus_client.core import GaugeMetricFamily

        with self._counting:
            is_up = self._count() if monotonic() - self._counted_at > _COUNTED_SECONDS else True
        yield GaugeMetricFamily("bridge_database_up", "Whether the databases answered.", value=is_up)
        yield GaugeMetricFamily("bridge_notices_waiting", "Notices that no worker came to yet.", value=self._notices)
        family = GaugeMetricFamily("bridge_vouchers", "Vouchers with something still to come.", labels=["state"])
        for state, many in self._waits.items():
            family.add_metric([state], many)
        yield family

    def _count(self) -> bool:
        try:
            self._waits, self._notices = dict(self._house.waits()), self._house.inbox.count()
        except BridgeError:
            return False
        self._counted_at = monotonic()
        return True


@contextmanager
def listening(address: str, house: House) -> Iterator[None]:
    """Tell at an address of its own how this process is, until the end of the block; at none, nothing.

    Raises: ConfigError where it cannot listen there.
    """
    if not address:
        yield
        return
    import uvicorn  # where somebody is to be told

    host, _, port = address.rpartition(":")
    app = Starlette(routes=health(house, is_open=True))
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=int(port), log_config=None, access_log=False))
    beside = threading.Thread(target=_served(server), name="bridge-health", daemon=True)
    beside.start()
    try:
        while beside.is_alive() and not server.started:
            beside.join(0.02)
        if not server.started:
            cause = "is taken, or is none of this machine"
            raise ConfigError(
                f"health_address {address}", cause, "Name another, or end what listens there", code="config.value"
            )
        yield
    finally:
        server.should_exit = True
        beside.join()


def _served(server: object) -> Callable[[], None]:
    import uvicorn

    assert isinstance(server, uvicorn.Server)

    def run() -> None:
        try:
            server.run()
        except SystemExit:  # an address that is taken
            return

    return run
