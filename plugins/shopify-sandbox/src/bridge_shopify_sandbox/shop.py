"""The fake shop's state, and what merchants, buyers and Shopify Payments do to it."""

from __future__ import annotations

import hmac
import json
import secrets
import threading
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from bridge.model.money import minor_from_text
from bridge.sandbox import BadRequestError, Mail, Mailbag, SandboxClock, Shelf, TokenDesk
from bridge_shopify_sandbox.bulk import BulkDesk
from bridge_shopify_sandbox.nodes import PAYMENTS, Back, Dispute, Edit, Order, Paid, Payout, Row, Sold, shares
from bridge_shopify_sandbox.oauth import ShopTokens

__all__ = ["OPERATIONS", "SCOPES", "TOKEN_SECONDS", "Shop"]

SCOPES = (
    "read_orders",
    "read_all_orders",
    "read_shopify_payments_accounts",
    "read_shopify_payments_payouts",
    "read_shopify_payments_disputes",
)
_SEEN_DAYS = 60
TOKEN_SECONDS = 86_399
_TRIES = 9  # Source: shopify.dev, webhooks: eight more over four hours, the body as it was
_FINAL_DISPUTES = frozenset({"WON", "LOST", "ACCEPTED", "PREVENTED"})


class _DayTokens(TokenDesk):
    access_seconds = TOKEN_SECONDS

    def new_access(self, grant: str, expires_at: datetime) -> str:
        return f"shpat_{secrets.token_hex(16)}"


class Shop:
    """One shop. Amounts come as text (``12.50``), things are named by their numbers.

    scopes:       what the app may read. version: which answers, whatever is asked for; empty: the one asked for.
    has_payments: whether it uses Shopify Payments. counts_wrong: what is added to every count. days_wrong: the same
    of counts by the day on which orders were placed. hides_addresses, hides_orders: whether addresses of buyers are
    kept from the app; whether its lists are empty, as of one that is not approved. trails_seconds: how old an order is
    when searches begin to find it. paid_out: the rows of each payout, by its number.
    """

    def __init__(
        self,
        clock: SandboxClock,
        *,
        domain: str = "acme.myshopify.com",
        token: str = "shpat_sandbox",  # noqa: S107 - the sandbox's own, known to everybody
        currency: str = "USD",
        zone: str = "America/New_York",
    ) -> None:
        self.clock, self.domain, self.token = clock, domain, token
        self.currency, self.zone, self.taxes_included = currency, zone, False
        self.client_id, self.client_secret = "sandbox-client", "sandbox-secret"
        self._desk = _DayTokens(clock=clock, shelf=Shelf(None), grace_seconds=0)
        self.scopes, self.version, self.has_payments = list(SCOPES), "", True
        self.counts_wrong, self.days_wrong, self.trails_seconds = 0, 0, 0
        self.hides_addresses, self.hides_orders = False, False
        self.orders: dict[int, Order] = {}
        self.payouts: dict[int, Payout] = {}
        self.rows: list[Row] = []
        self.unpaid: list[Row] = []
        self.paid_out: dict[str, list[Row]] = {}
        self.disputes: dict[int, Dispute] = {}
        self.webhooks: list[tuple[str, str]] = []
        self._bag, self._events = Mailbag(), 0
        self.bulk, self.tokens = BulkDesk(clock), ShopTokens(clock)
        self.lock = threading.RLock()
        self._next = 1000

    # What happens

    def sell(self, total: str, items: int = 1, *, is_paid: bool = True) -> int:
        """An order of so many things that come to ``total``, each paid by Shopify Payments. Returns its number."""
        return self.place([Sold(minor) for minor in shares(self._minor(total), items)], is_paid=is_paid)

    def place(self, goods: list[Sold], **of_order: Any) -> int:
        """An order of these things. of_order: see ``Order``. Returns its number."""
        now, number = self._now(), self._number()
        self.orders[number] = Order(number, goods, now, now, **of_order)
        for paid in self.orders[number].charged:
            self._row("CHARGE", paid.minor, number, paid)
        self._tell_order(number, "ORDERS_CREATE")
        self._tell_order(number)
        return number

    def add(self, order: int, amount: str) -> int:
        """Edit an order: more of it, paid at once. Returns the edit's number."""
        changed, number = self._changed(order), self._number()
        changed.edits.append(Edit(number, self._minor(amount), self._now()))
        paid = changed.charged[-1]
        self._row("CHARGE", paid.minor, order, paid)
        return number

    def refund(self, order: int, amount: str, lines: int = 1) -> int:
        """Give some of an order back, over so many of its things. Returns the refund's number."""
        return self.take_back(
            order, [(place, minor, 0) for place, minor in enumerate(shares(self._minor(amount), lines), 1)]
        )

    def take_back(self, order: int, taken: list[tuple[int, int, int]]) -> int:
        """Give these things back (see ``Back``), and their money. Returns the refund's number."""
        changed, number = self._changed(order), self._number()
        changed.backs.append(Back(number, self._now(), taken))
        paid = changed.repaid[-1]
        self._row("REFUND", -paid.minor, order, paid)
        self._tell("REFUNDS_CREATE", {"id": number, "order_id": order})
        return number

    def cancel(self, order: int) -> None:
        self._changed(order).cancelled_at = self._now()

    def delete(self, order: int) -> None:
        self._found(self.orders, order)
        del self.orders[order]
        self._tell("ORDERS_DELETE", {"id": order})

    def pay_out(self, fee: str = "0.00", status: str = "PAID") -> int:
        """Pay out every row that is in no payout, each charge less this fee. Returns the payout's number."""
        number, now = self._number(), self._now()
        rows, self.unpaid = self.unpaid, []
        for row in rows:
            row.payout, row.fee = number, self._minor(fee) if row.type == "CHARGE" else 0
        net = sum(row.minor - row.fee for row in rows)
        self.payouts[number] = Payout(number, net, now, status)
        self.rows.append(Row(self._number(), "TRANSFER", -net, 0, now, payout=number))
        self.paid_out[str(number)] = [*rows, self.rows[-1]]
        return number

    def settle(self, payout: int, status: str = "PAID") -> None:
        """The bank has it, or sends it back."""
        self._found(self.payouts, payout).status = status

    def dispute(self, order: int, amount: str, status: str = "NEEDS_RESPONSE") -> int:
        """A buyer's bank asks an amount back. Returns the dispute's number."""
        number, now = self._number(), self._now()
        ended_at = now if status in _FINAL_DISPUTES else None
        self.disputes[number] = Dispute(number, order, self._minor(amount), now, status, ended_at)
        return number

    def withdraw(self, dispute: int) -> None:
        """What a buyer's bank asks back is taken until the dispute is decided."""
        found = self._found(self.disputes, dispute)
        row = Row(self._number(), "DISPUTE_WITHDRAWAL", -found.minor, 0, self._now(), found.order)
        row.source = dispute
        self.rows.append(row)
        self.unpaid.append(row)

    def decide(self, dispute: int, status: str) -> None:
        """A dispute comes to its end."""
        found = self._found(self.disputes, dispute)
        found.status, found.ended_at = status, self._now()

    # Who is let in

    def give_token(self, client_id: str, client_secret: str) -> str:
        """A token of a day for an app; empty for one that is not installed."""
        if (client_id, client_secret) != (self.client_id, self.client_secret):
            return ""
        return self._desk.issue([self.domain]).access

    def lets_in(self, token: str) -> bool:
        desks = (self._desk, self.tokens)
        return token == self.token or any(desk.grant_of(token) is not None for desk in desks)

    def take_tokens_back(self) -> None:
        """No token that was given is good any more, and no consent."""
        self._desk.disconnect(self.domain)
        self.tokens.disconnect(self.domain)

    def break_bulk(self, kind: str) -> None:
        """The next bulk operation comes to nothing: it is failed, canceled, expired, empty, or its file is cut."""
        self.bulk.break_next(kind)

    # What the shop sends word of

    def subscribe(self, topic: str, uri: str) -> None:
        """Send webhooks of a topic (``ORDERS_UPDATED``) there, as an app asks for by the API."""
        self.webhooks.append((topic, uri))

    def give_up(self, topic: str) -> None:
        """Send none of a topic any more, as after eight deliveries that failed: the subscriptions are gone."""
        self.webhooks = [one for one in self.webhooks if one[0] != topic]

    def uninstall(self) -> None:
        """The owner removes the app: its tokens are dead at once, and it is told."""
        self.take_tokens_back()
        self.token = ""
        self._tell("APP_UNINSTALLED", {"id": 1, "name": "Acme", "domain": self.domain, "myshopify_domain": self.domain})

    def ask_privacy(self, topic: str) -> None:
        """Somebody asks for what is kept of a person, or to have it erased: ``CUSTOMERS_REDACT``."""
        told = {"shop_id": 1, "shop_domain": self.domain, "customer": {"id": 3, "email": "ann.buyer@example.com"}}
        self._tell(topic, told)

    def send_webhooks(self) -> list[int]:
        """Post what waits, and what failed before; what each was answered, 0 for not at all. After nine it is lost."""
        return [status for _, status in self._bag.post()]

    # What is seen

    def orders_seen(self) -> Mapping[int, Order]:
        """The orders that the app may see: without ``read_all_orders`` those of the last 60 days."""
        if "read_all_orders" in self.scopes:
            return self.orders
        since = self.clock.now() - timedelta(days=_SEEN_DAYS)
        return {number: order for number, order in self.orders.items() if order.at >= since}

    def visible(self) -> list[Order]:
        return list(self.orders_seen().values())

    def listed(self) -> list[Order]:
        """Those of them that a search finds already."""
        until = self._now() - timedelta(seconds=self.trails_seconds)
        return [order for order in self.visible() if order.at <= until]

    # Inside

    def _tell(self, topic: str, about: dict[str, object]) -> None:
        """Put a webhook aside for each subscription: its body is as it is now, however late it is sent."""
        self._events += 1
        body = json.dumps(about).encode()
        name = topic.lower().replace("_", "/", 1) if not topic.startswith("ORDER_TR") else "order_transactions/create"
        headers = {
            "Content-Type": "application/json",
            "X-Shopify-Topic": name,
            "X-Shopify-Shop-Domain": self.domain,
            "X-Shopify-Webhook-Id": f"w-{self._events}",
            "X-Shopify-Event-Id": f"e-{self._events}",
            "X-Shopify-Triggered-At": self._now().isoformat(),
            "X-Shopify-Hmac-Sha256": b64encode(hmac.digest(self.client_secret.encode(), body, "sha256")).decode(),
        }
        for _, uri in (one for one in self.webhooks if one[0] == topic):
            self._bag.put(Mail(uri, headers, body, _TRIES, topic))

    def _tell_order(self, order: int, topic: str = "ORDERS_UPDATED") -> None:
        buyer = {"email": "ann.buyer@example.com", "first_name": "Ann"}
        self._tell(topic, {"id": order, "customer": buyer, "updated_at": self._now().isoformat()})

    def _changed(self, order: int) -> Order:
        found: Order = self._found(self.orders, order)
        found.updated_at = self._now()
        self._tell_order(order)
        return found

    def _found(self, things: dict[int, Any], number: int) -> Any:
        if number not in things:
            raise BadRequestError(f"there is nothing with the number {number}")
        return things[number]

    def _row(self, kind: str, minor: int, order: int, paid: Paid) -> None:
        """What Shopify Payments notes of its own money."""
        if paid.gateway == PAYMENTS and not self.orders[order].is_test:
            row = Row(self._number(), kind, minor, 0, paid.at, order, paid.number)
            self.rows.append(row)
            self.unpaid.append(row)

    def _minor(self, text: str) -> int:
        return minor_from_text(text, self.currency)

    def _number(self) -> int:
        self._next += 1
        return self._next

    def _now(self) -> datetime:
        return self.clock.now().replace(microsecond=0)


OPERATIONS: dict[str, Callable[..., object]] = {
    operation.__name__: operation
    for operation in (
        Shop.sell,
        Shop.add,
        Shop.refund,
        Shop.cancel,
        Shop.delete,
        Shop.pay_out,
        Shop.settle,
        Shop.dispute,
        Shop.decide,
        Shop.take_tokens_back,
        Shop.break_bulk,
        Shop.subscribe,
        Shop.give_up,
        Shop.uninstall,
        Shop.ask_privacy,
        Shop.send_webhooks,
    )
}
"""What the admin door carries out on the shop."""
