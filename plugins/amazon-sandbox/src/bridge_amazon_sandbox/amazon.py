"""The fake as one object: for tests directly, for people through ``bridge sandbox``."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from bridge.sandbox import (
    AdminDoor,
    BadRequestError,
    Faults,
    Request,
    RequestLog,
    Response,
    SandboxClock,
    SandboxServer,
    Shelf,
    json_response,
)
from bridge_amazon_sandbox.api import AmazonVendor
from bridge_amazon_sandbox.seller import Seller, SellerSettings

__all__ = ["AmazonSandbox"]


class AmazonSandbox:
    """A fake of the Selling Partner API, listening on loopback once constructed.

    Shape:    ``data`` names a file that keeps everything over restarts; without one all is forgotten at the end.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        data: Path | None = None,
        settings: SellerSettings | None = None,
        clock: SandboxClock | None = None,
    ) -> None:
        self.clock = clock or SandboxClock()
        self._shelf = Shelf(data)
        self.seller = Seller(settings or SellerSettings(), self.clock, self._shelf)
        self.vendor = AmazonVendor(self.seller)
        try:
            self.server = SandboxServer(self.vendor, port=port, clock=self.clock, admin=_door(self.seller))
        except BadRequestError:
            self._shelf.close()
            raise
        self.vendor.base_url = self.server.base_url

    @property
    def base_url(self) -> str:
        """Where it listens: for tokens, for the API and for files alike."""
        return self.server.base_url

    @property
    def faults(self) -> Faults:
        """What goes wrong, to order."""
        return self.server.faults

    @property
    def requests(self) -> RequestLog:
        """What was asked."""
        return self.server.log

    def summary(self) -> str:
        """Tell a person how to use it."""
        settings = self.seller.settings
        return "\n".join(
            (
                f"Amazon sandbox       {self.base_url}",
                f"  client_id          {settings.client_id}",
                f"  client_secret      {settings.client_secret}",
                f"  refresh_token      {settings.refresh_token}",
                f"  seller             {settings.seller}, {settings.marketplaces}",
                f"  admin door         {self.base_url}/_sandbox",
            )
        )

    def stop(self) -> None:
        """Stop listening; what a file keeps is saved already."""
        self.server.stop()
        self._shelf.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


def _door(seller: Seller) -> AdminDoor:
    """The admin door: settings, settlement files that are put in as they are, and what becomes of reports."""

    def settings(request: Request, _parts: dict[str, str]) -> Response:
        seller.set(**request.json_object())
        return json_response(
            {"settings": {name: getattr(seller.settings, name) for name in seller.settings.__struct_fields__}}
        )

    def reports(_request: Request, _parts: dict[str, str]) -> Response:
        with seller.lock:
            return json_response(
                {
                    "reports": [
                        {"id": one.id, "at": one.at.isoformat(), "status": one.status} for one in seller.standing()
                    ]
                }
            )

    def settle(request: Request, _parts: dict[str, str]) -> Response:
        return json_response({"report": seller.settle(request.body, status=request.query.get("status", "DONE"))}, 201)

    def replace(request: Request, parts: dict[str, str]) -> Response:
        return json_response({"report": seller.replace(parts["report"], request.body)})

    def act(request: Request, _parts: dict[str, str]) -> Response:
        return json_response({"report": seller.carry_out(request.json_object())})

    routes = AdminDoor()
    routes.add("POST", "/_sandbox/settings", settings)
    routes.add("GET", "/_sandbox/settlements", reports)
    routes.add("POST", "/_sandbox/settlements", settle)
    routes.add("POST", "/_sandbox/settlements/{report}", replace)
    routes.add("POST", "/_sandbox/seller", act)
    return routes
