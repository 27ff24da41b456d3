"""The shop's state, and what merchants and buyers do in it.

Orders and refunds are kept as the API shows them, amounts as decimal text, instants as the ``..._gmt`` fields alone.
"""

from __future__ import annotations

import hmac
import threading
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from bridge.sandbox import BadRequestError, JsonObject, Mail, Mailbag, SandboxClock, Shelf, carry_out, encode, load
from bridge_woocommerce_sandbox.goods import GOODS, TAX_ID, charge, minus, priced, text

_ROOM: Final = "shop"
_FORM: Final = "application/x-www-form-urlencoded"
_MOST_FAILURES: Final = 5  # Source: WooCommerce 10.5.0, class-wc-webhook.php: at the next one it is disabled
_STATES: Final = ("active", "paused", "disabled")
_BUYER: Final = {
    "first_name": "Ann",
    "last_name": "Sample",
    "address_1": "12 Sample Street",
    "city": "Sampleton",
    "postcode": "S1 1AA",
    "email": "ann.sample@example.com",
    "phone": "555-0100",
}


class ShopSettings(msgspec.Struct, frozen=True):
    """What is set in the shop.

    home:      its address, as it says itself. path: where WordPress lies below the host.
    permalinks: ``pretty``, or ``plain``: only ``?rest_route=`` answers.
    storage:   ``tables``, or ``posts``, where an edit of an order does not move its date of modification.
    scheme:    ``https``, as of a shop behind what speaks https for it, which takes keys; or ``http``, which takes
               signed calls alone.
    report_import: how the revenue report is filled: ``immediate``, ``scheduled`` (twice a day), or ``off``: there is
               none. report_off: what is added to each of its days on which something was sold.
    key, secret: the one key there is; it may read everything.
    """

    name: str = "Sandbox Shop"
    home: str = "https://sandbox-shop.example"
    currency: str = "USD"
    decimals: int = 2
    zone: str = "America/Los_Angeles"
    prices_include_tax: str = "no"
    round_at_subtotal: str = "no"
    storage: str = "tables"
    path: str = ""
    permalinks: str = "pretty"
    scheme: str = "https"
    report_import: str = "immediate"
    report_off: str = "0.00"
    key: str = "ck_sandbox"
    secret: str = "cs_sandbox"  # noqa: S105 - the sandbox's own, known to everybody

    def changed(self, told: Mapping[str, object]) -> ShopSettings:
        """The same with some set otherwise. Raises: BadRequestError."""
        try:
            found = msgspec.convert({**msgspec.structs.asdict(self), **told}, ShopSettings, strict=False)
            ZoneInfo(found.zone)
        except (msgspec.ValidationError, ValueError, KeyError, OSError) as error:
            raise BadRequestError(f"a setting of the shop cannot be read: {error}") from error
        return found


class Shop:
    """One shop. Safe to use from many threads: whoever reads or writes holds ``lock``."""

    def __init__(self, settings: ShopSettings, clock: SandboxClock, shelf: Shelf) -> None:
        self.lock = threading.RLock()
        self.clock, self._shelf = clock, shelf
        self.settings = settings
        self.orders: dict[int, JsonObject] = {}
        self.refunds: dict[int, JsonObject] = {}
        self.webhooks: dict[int, JsonObject] = {}
        self._last_id = 100
        self._bag, self._failures, self._secrets = Mailbag(), dict[int, int](), dict[int, str]()
        if kept := shelf.load(_ROOM):
            self.settings = msgspec.json.decode(kept["settings"], type=ShopSettings)
            self.orders = {one["id"]: one for one in load(kept["orders"])["all"]}
            self.refunds = {one["id"]: one for one in load(kept["refunds"])["all"]}
            self.webhooks = {one["id"]: one for one in load(kept["webhooks"])["all"]}
            self._last_id = int(kept["last_id"])

    # What people do

    def set(self, **settings: object) -> None:
        """Set the shop otherwise."""
        with self.lock:
            self.settings = self.settings.changed(settings)
            self._save()

    def place(
        self,
        amounts: Sequence[str],
        *,
        tax: str = "0",
        shipping: str = "",
        gateway: str = "stripe",
        fee: str = "",
        paid: bool = True,
        off: Sequence[str] = (),
    ) -> int:
        """Let a buyer order something for each of the amounts, without tax. Its id.

        tax: in percent, on goods. fee: what the gateway keeps, as it writes it into the order. off: what a coupon takes
        off each amount; none where it is left out.
        """
        with self.lock:
            order_id, now = self._next_id(), self._now()
            order: JsonObject = {
                "id": order_id,
                "parent_id": 0,
                "number": str(order_id),
                "status": "processing" if paid else "pending",
                "currency": self.settings.currency,
                "version": "10.5.0",
                "prices_include_tax": self.settings.prices_include_tax == "yes",
                "customer_note": "Please ring twice",
                "billing": dict(_BUYER),
                "shipping": dict(_BUYER),
                "payment_method": gateway,
                "payment_method_title": gateway.title(),
                "transaction_id": f"ch_sandbox_{order_id}" if paid else "",
                "date_created_gmt": now,
                "date_modified_gmt": now,
                "date_paid_gmt": now if paid else None,
                "meta_data": self._meta(fee) if gateway == "stripe" and fee else [],
                "line_items": [
                    charge(self._next_id(), amount, tax, GOODS, each)
                    for amount, each in zip(amounts, off or ["0"] * len(amounts), strict=True)
                ],
                "shipping_lines": [charge(self._next_id(), shipping, "0", {"method_id": "flat"})] if shipping else [],
                "fee_lines": [],
                "coupon_lines": [],
                "refunds": [],
            }
            self.orders[order_id] = priced(order, tax)
            self._tell("order.created", order)
            self._save()
            return order_id

    def add(self, order: int, amount: str, tax: str = "0") -> None:
        """Add a line to an order."""
        with self._editing(order) as told:
            told["line_items"].append(charge(self._next_id(), amount, tax, GOODS))
            priced(told, tax)

    def reprice(self, order: int, amount: str, line: int = 0) -> None:
        """Sell a line for another amount, without tax."""
        with self._editing(order) as told:
            tax = told["tax_lines"][0]["rate_percent"] if told["tax_lines"] else "0"
            told["line_items"][line] = charge(told["line_items"][line]["id"], amount, str(tax), GOODS)
            priced(told, str(tax))

    def pay(self, order: int) -> None:
        """Let an unpaid order be paid."""
        with self._editing(order, moves=True) as told:
            told |= {"status": "processing", "transaction_id": f"ch_sandbox_{order}", "date_paid_gmt": self._now()}

    def set_status(self, order: int, status: str) -> None:
        """Give an order another status; ``trash`` puts it in the bin."""
        with self._editing(order, moves=True) as told:
            told["status"] = status

    def refund(self, order: int, amount: str = "", line: int | None = None, *, by_gateway: bool = True) -> int:
        """Give an amount back, or a whole line with its tax. Its id."""
        with self._editing(order, moves=True) as told:
            refund_id = self._next_id()
            lines = [] if line is None else [minus(self._next_id(), told["line_items"][line])]
            total = sum((Decimal(one["total"]) + Decimal(one["total_tax"]) for one in lines), Decimal(0))
            refund: JsonObject = {
                "id": refund_id,
                "parent_id": order,
                "date_created_gmt": self._now(),
                "amount": text(Decimal(amount) if amount else -total),
                "reason": "Ann Sample asked for it",
                "refunded_by": 1,
                "refunded_payment": by_gateway,
                "meta_data": [],
                "line_items": lines,
                "shipping_lines": [],
                "fee_lines": [],
                "tax_lines": _taxes(lines),
            }
            self.refunds[refund_id] = refund
            told["refunds"].append({"id": refund_id, "reason": refund["reason"], "total": f"-{refund['amount']}"})
            return refund_id

    def delete_refund(self, refund: int) -> None:
        """Delete the record of a refund; its order's date of modification stays where it is, as in a real shop."""
        with self.lock:
            order = self.order(self.refunds.pop(refund)["parent_id"])
            order["refunds"] = [stub for stub in order["refunds"] if stub["id"] != refund]
            self._save()

    def delete(self, order: int) -> None:
        """Delete an order for good, with its refunds."""
        with self.lock:
            self.order(order)
            del self.orders[order]
            self.refunds = {name: one for name, one in self.refunds.items() if one["parent_id"] != order}
            self._save()

    def add_webhook(self, topic: str, address: str, secret: str = "") -> int:
        """Send notices of a topic (``order.updated``) there, signed with this secret. Its id.

        First it asks, unsigned, whether anybody is there.
        """
        with self.lock:
            number, now = self._next_id(), self._now()
            told = {"id": number, "name": topic, "status": "active", "topic": topic, "delivery_url": address}
            self.webhooks[number] = {**told, "date_created_gmt": now, "date_modified_gmt": now}
            self._secrets[number] = secret
            self._bag.put(Mail(address, {"Content-Type": _FORM}, f"webhook_id={number}".encode()))
            self._save()
            return number

    def send_webhooks(self) -> list[int]:
        """Post what waits; what each was answered, 0 where nobody did. None is sent twice.

        A webhook that fails more than five times in a row is disabled, and nobody is told.
        """
        posted = self._bag.post()
        for mail, status in (one for one in posted if one[0].about):
            webhook = int(mail.about)
            is_taken = 200 <= status < 300 or status in (301, 302)
            self._failures[webhook] = 0 if is_taken else self._failures.get(webhook, 0) + 1
            if self._failures[webhook] > _MOST_FAILURES:
                self.set_webhook(webhook, "disabled")
        return [status for _, status in posted]

    def _tell(self, topic: str, order: JsonObject) -> None:
        """Its body is the order as it is now; of one in the bin its id alone."""
        body = encode({"id": order["id"]} if topic == "order.deleted" else order)
        for number, one in self.webhooks.items():
            if (one["topic"], one["status"]) != (topic, "active"):
                continue
            signed = b64encode(hmac.digest(self._secrets.get(number, "").encode(), body, "sha256")).decode()
            headers = {
                "Content-Type": "application/json",
                "X-WC-Webhook-Topic": topic,
                "X-WC-Webhook-Resource": "order",
                "X-WC-Webhook-Event": topic.partition(".")[2],
                "X-WC-Webhook-Signature": signed,
                "X-WC-Webhook-ID": str(number),
            }
            self._bag.put(Mail(one["delivery_url"], headers, body, about=str(number)))

    def set_webhook(self, webhook: int, status: str) -> None:
        """``disabled``, as the shop does after deliveries that failed; ``paused`` or ``active``, as a person does."""
        if webhook not in self.webhooks or status not in _STATES:
            raise BadRequestError("there is no such webhook, or no such status", f"It is one of {', '.join(_STATES)}")
        with self.lock:
            self.webhooks[webhook] |= {"status": status, "date_modified_gmt": self._now()}
            self._save()

    def carry_out(self, order: dict[str, Any]) -> object:
        """Carry out an order of the admin door: ``{"op": "place", "amounts": ["12.50"], "tax": "20"}``.

        Raises:   BadRequestError if the operation or its arguments are unknown.
        """
        return carry_out(_OPERATIONS, self, order)

    # Inside

    def refunds_of(self, order: int) -> list[JsonObject]:
        """The newest first, as the shop lists them."""
        return [one for _, one in sorted(self.refunds.items(), reverse=True) if one["parent_id"] == order]

    @contextmanager
    def _editing(self, order: int, *, moves: bool = False) -> Iterator[JsonObject]:
        """An order under the lock, saved at the end.

        moves: whether this moves its date of modification wherever orders are kept.
        """
        with self.lock:
            told = self.order(order)
            yield told
            if moves or self.settings.storage == "tables":
                told["date_modified_gmt"] = self._now()
            self._tell("order.deleted" if told["status"] == "trash" else "order.updated", told)
            self._save()

    def order(self, order: int) -> JsonObject:
        """As it is kept. Raises: BadRequestError when there is none."""
        if order not in self.orders:
            raise BadRequestError(f"there is no order {order}")
        return self.orders[order]

    def _meta(self, fee: str) -> list[JsonObject]:
        told = {"_stripe_fee": fee, "_stripe_currency": self.settings.currency, "gift_message": "from Ann Sample"}
        return [{"id": self._next_id(), "key": key, "value": value} for key, value in told.items()]

    def _next_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def _now(self) -> str:
        return f"{self.clock.now():%Y-%m-%dT%H:%M:%S}"

    def _save(self) -> None:
        if not self._shelf.keeps:
            return
        kept = {
            "settings": msgspec.json.encode(self.settings).decode(),
            "orders": encode({"all": list(self.orders.values())}).decode(),
            "refunds": encode({"all": list(self.refunds.values())}).decode(),
            "webhooks": encode({"all": list(self.webhooks.values())}).decode(),
            "last_id": str(self._last_id),
        }
        self._shelf.save(_ROOM, kept.items())


def _taxes(lines: Sequence[JsonObject]) -> list[JsonObject]:
    taxes = [Decimal(tax["total"]) for line in lines for tax in line["taxes"]]
    return [{"rate_id": TAX_ID, "rate_code": "TAX-1", "tax_total": text(sum(taxes, Decimal(0)))}] if taxes else []


_OPERATIONS: Final[Mapping[str, Callable[..., object]]] = {
    one.__name__: one
    for one in (
        Shop.set_status,
        Shop.place,
        Shop.add,
        Shop.reprice,
        Shop.pay,
        Shop.refund,
        Shop.delete_refund,
        Shop.delete,
        Shop.add_webhook,
        Shop.set_webhook,
        Shop.send_webhooks,
    )
}
