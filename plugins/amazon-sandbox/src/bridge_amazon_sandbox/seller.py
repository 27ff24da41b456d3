"""One seller account: what is set, the reports that Amazon made for it, and what people do to them."""

from __future__ import annotations

import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from bridge.model.money import minor_from_text
from bridge.sandbox import BadRequestError, SandboxClock, Shelf, carry_out
from bridge_amazon_sandbox.marketplaces import MARKETPLACES
from bridge_amazon_sandbox.sales import Sale, written

SETTLEMENT: Final = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2"
KEPT: Final = timedelta(days=90)
_ROOM: Final = "seller"
_STATUSES: Final = ("IN_QUEUE", "IN_PROGRESS", "DONE", "CANCELLED", "FATAL")


class SellerSettings(msgspec.Struct, frozen=True):
    """What is set for the seller account.

    seller:       its id. marketplaces: where it sells, parted by commas. refresh_token: of its authorisation of the
                  application client_id, client_secret.
    limits:       ``on``: the usage plans are kept to. token_seconds: how long an access token is good.
    page:         how many transactions, or reports, a page of a list holds at most. balance_off: by how much the
                  deferred balance is wrong. longest_days: from how many days on Amazon fails to list transactions.
    compression:  ``gzip`` or ``none``: how documents are kept. charset: as they are declared; empty: not at all.
    """

    seller: str = "A1SANDBOX"
    marketplaces: str = "amazon.com"
    client_id: str = "amzn1.application-oa2-client.sandbox"
    client_secret: str = "amzn1.oa2-cs.v1.sandbox"  # noqa: S105 - the sandbox's own, known to everybody
    refresh_token: str = "Atzr|sandbox"  # noqa: S105 - the same
    limits: str = "on"
    token_seconds: int = 3_600
    page: int = 500
    balance_off: str = "0"
    longest_days: int = 28
    compression: str = "gzip"
    charset: str = "UTF-8"

    def changed(self, told: Mapping[str, object]) -> SellerSettings:
        """The same with some set otherwise. Raises: BadRequestError."""
        try:
            found = msgspec.convert({**msgspec.structs.asdict(self), **told}, SellerSettings, strict=False)
        except msgspec.ValidationError as error:
            raise BadRequestError(f"a setting of the seller cannot be read: {error}") from error
        if unknown := sorted(set(found.sells_on) - MARKETPLACES.keys()):
            raise BadRequestError(f"no marketplace is called {unknown[0]}", f"There are: {', '.join(MARKETPLACES)}")
        if found.limits not in {"on", "off"} or found.compression not in {"gzip", "none"}:
            raise BadRequestError("limits is on or off, compression is gzip or none", "Correct the option")
        return found

    @property
    def sells_on(self) -> tuple[str, ...]:
        """Domain names."""
        return tuple(name.strip() for name in self.marketplaces.split(",") if name.strip())


class Report(msgspec.Struct, frozen=True):
    """A report as it is kept. document: the id of its file; empty while it is not done."""

    id: str
    type: str
    at: datetime
    status: str
    document: str


class Seller:
    """One seller account. Safe to use from many threads: whoever reads or writes holds ``lock``."""

    def __init__(self, settings: SellerSettings, clock: SandboxClock, shelf: Shelf) -> None:
        self.lock = threading.RLock()
        self.clock, self._shelf = clock, shelf
        kept = shelf.load(_ROOM)
        found = kept.pop("settings", None)
        self.settings = msgspec.json.decode(found, type=SellerSettings) if found else settings
        self.reports: dict[str, Report] = {}
        self.files: dict[str, bytes] = {}
        self.sales: dict[str, Sale] = {}
        self.failed: set[str] = set()
        for key, text in kept.items():
            if key.startswith("file "):
                self.files[key.removeprefix("file ")] = b64decode(text)
            elif key.startswith("sale "):
                self._know(msgspec.json.decode(text, type=Sale))
            elif key.startswith("failed "):
                self.failed.add(text)
            else:
                report = msgspec.json.decode(text, type=Report)
                self.reports[report.id] = report

    def standing(self) -> list[Report]:
        """What Amazon still keeps, the first made first."""
        oldest = self.clock.now() - KEPT
        return sorted((one for one in self.reports.values() if one.at >= oldest), key=lambda one: (one.at, one.id))

    # What people, and Amazon, do

    def set(self, **settings: object) -> None:
        """Set the account otherwise."""
        with self.lock:
            self.settings = self.settings.changed(settings)
            self._shelf.save(_ROOM, [("settings", msgspec.json.encode(self.settings).decode())])

    def settle(self, content: bytes, *, status: str = "DONE", kind: str = SETTLEMENT) -> str:
        """A settlement closes: Amazon makes this report of it. Its id."""
        if status not in _STATUSES:
            raise BadRequestError(f"status must be one of: {', '.join(_STATUSES)}")
        with self.lock:
            number = 50_000_000_000 + len(self.files) + 1
            document = f"amzn1.spdoc.1.4.na.{number}"
            self.files[document] = content
            self._shelf.save(_ROOM, [(f"file {document}", b64encode(content).decode())])
            return self._put(Report(str(number), kind, self.clock.now(), status, document))

    def again(self, report: str) -> str:
        """The same report is made under another id. The new id."""
        with self.lock:
            first = self._found(report)
            return self.settle(self.files[first.document], status=first.status, kind=first.type)

    def finish(self, report: str, status: str = "DONE") -> str:
        """A report comes to its end."""
        with self.lock:
            if status not in _STATUSES:
                raise BadRequestError(f"status must be one of: {', '.join(_STATUSES)}")
            return self._put(msgspec.structs.replace(self._found(report), status=status))

    def replace(self, report: str, content: bytes) -> str:
        """Its file is another from now on."""
        with self.lock:
            found = self._found(report)
            self.files[found.document] = content
            self._shelf.save(_ROOM, [(f"file {found.document}", b64encode(content).decode())])
            return self._put(msgspec.structs.replace(found, at=self.clock.now()))

    def remove(self, report: str) -> str:
        """Amazon keeps it no longer."""
        with self.lock:
            del self.reports[self._found(report).id]
            self._shelf.save(_ROOM, [(report, None)])
            return report

    def sell(self, price: str, *, fee: str = "0", marketplace: str = "", days: int = 7, reason: str = "DD7") -> str:
        """Something is sold, and deferred for so many days. The transaction's id."""
        with self.lock:
            number, now = len(self.sales) + 1, self.clock.now()
            name = marketplace or self.settings.sells_on[0]
            if name not in MARKETPLACES:
                raise BadRequestError(f"no marketplace is called {name}", f"There are: {', '.join(MARKETPLACES)}")
            price_minor, fee_minor = (minor_from_text(text, MARKETPLACES[name].currency) for text in (price, fee))
            order, free_at = f"114-0000001-{number:07d}", now + timedelta(days=days)
            sale = Sale(f"txn-{number:08d}", order, name, now, free_at, price_minor, fee_minor, reason)
            return self._keep(sale)

    def hold(self, sale: str, days: int) -> str:
        """It is delivered late: what is deferred still comes free so many days later."""
        with self.lock:
            found = self.sales.get(sale)
            if found is None or found.free_at <= self.clock.now():
                raise BadRequestError(f"no transaction {sale} is deferred")
            return self._keep(msgspec.structs.replace(found, free_at=found.free_at + timedelta(days=days)))

    def close(self, marketplace: str = "") -> str:
        """A settlement of all that came free, and is in none, closes now. Its report's id."""
        with self.lock:
            name, now = marketplace or self.settings.sells_on[0], self.clock.now()
            free = [one for one in self.sales.values() if one.marketplace == name and one.free_at <= now]
            free = [one for one in free if not one.settlement]
            settlement = str(28_600_000_000 + len(self.files) + 1)
            for sale in free:
                self._keep(msgspec.structs.replace(sale, settlement=settlement))
            return self.settle(written(settlement, MARKETPLACES[name].currency, name, free, now))

    def hide(self, sale: str) -> str:
        """No list shows this transaction any more."""
        with self.lock:
            if sale not in self.sales:
                raise BadRequestError(f"there is no transaction {sale}")
            return self._keep(msgspec.structs.replace(self.sales[sale], is_hidden=True))

    def fail_payout(self, settlement: str) -> str:
        """The bank does not take the payout of this settlement."""
        with self.lock:
            self.failed.add(settlement)
            self._shelf.save(_ROOM, [(f"failed {settlement}", settlement)])
            return settlement

    def carry_out(self, order: dict[str, Any]) -> object:
        """What an order of the admin door says. Raises: BadRequestError."""
        return carry_out(_OPERATIONS, self, order)

    def _keep(self, sale: Sale) -> str:
        self._know(sale)
        self._shelf.save(_ROOM, [(f"sale {sale.id}", msgspec.json.encode(sale).decode())])
        return sale.id

    def _know(self, sale: Sale) -> None:
        self.sales[sale.id] = sale

    def _put(self, report: Report) -> str:
        self.reports[report.id] = report
        self._shelf.save(_ROOM, [(report.id, msgspec.json.encode(report).decode())])
        return report.id

    def _found(self, report: str) -> Report:
        if report not in self.reports:
            raise BadRequestError(f"there is no report {report}")
        return self.reports[report]


_OPERATIONS: Final[Mapping[str, Callable[..., object]]] = {
    "again": Seller.again,
    "close": Seller.close,
    "fail_payout": Seller.fail_payout,
    "finish": Seller.finish,
    "hide": Seller.hide,
    "hold": Seller.hold,
    "remove": Seller.remove,
    "sell": Seller.sell,
}
