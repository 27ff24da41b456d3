"""The fake as one object: for tests directly, for people through ``bridge sandbox``."""

from __future__ import annotations

from pathlib import Path

from bridge.sandbox import ADMIN_PREFIX, AdminDoor, FakeSystem, Request, Response, SandboxClock, json_response
from bridge_amazon_sandbox.api import AmazonVendor
from bridge_amazon_sandbox.seller import Seller, SellerSettings

__all__ = ["AmazonSandbox"]


class AmazonSandbox(FakeSystem):
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
        super().__init__(data=data, clock=clock)
        self.seller = Seller(settings or SellerSettings(), self.clock, self._shelf)
        self.vendor = AmazonVendor(self.seller)
        self._listen(self.vendor, _door(self.seller), port)
        self.vendor.base_url = self.base_url

    def summary(self) -> str:
        """Tell a person how to use it."""
        own = self.seller.settings
        names = ("client_id", "client_secret", "refresh_token")
        rows = [(name, getattr(own, name)) for name in names]
        return self._told("Amazon", [*rows, ("seller", f"{own.seller}, {own.marketplaces}")])


def _door(seller: Seller) -> AdminDoor:
    """The admin door: settings, settlement files that are put in as they are, and what becomes of reports."""

    def settings(request: Request) -> object:
        seller.set(**request.json_object())
        return {"settings": seller.settings}

    def reports(_request: Request) -> object:
        with seller.lock:
            told = [{"id": one.id, "at": one.at.isoformat(), "status": one.status} for one in seller.standing()]
            return {"reports": told}

    def settle(request: Request) -> object:
        return {"report": seller.settle(request.body, status=request.query.get("status", "DONE"))}

    def replace(request: Request, parts: dict[str, str]) -> Response:
        return json_response({"report": seller.replace(parts["report"], request.body)})

    door = AdminDoor()
    door.answer("POST", "settings", settings)
    door.answer("GET", "settlements", reports)
    door.answer("POST", "settlements", settle, 201)
    door.add("POST", f"{ADMIN_PREFIX}/settlements/{{report}}", replace)
    door.answer("POST", "seller", lambda request: {"id": seller.carry_out(request.json_object())})
    return door
