"""Pure: what a gateway wrote on an order: the fee it kept, and what it charged, once, however many keys hold it.

Source: keys of WooPayments, the Stripe gateway, PayPal Payments and the older PayPal gateway, as answers of WooCommerce
10.5.0 and public code show them. Fees of refunds (``_ppcp_paypal_refund_fees``) are not read: what they mean is not
documented. Stripe's gateway lowers ``_stripe_net`` by what it pays back; the others leave theirs as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import lru_cache

import msgspec

from bridge.errors import DocumentError
from bridge.model.money import exponent
from bridge.plugin.reading import FactError
from bridge_woocommerce.charges import gateway_of
from bridge_woocommerce.facts import is_money, minor, minor_or_zero
from bridge_woocommerce.meta import FOREIGN, PAYPAL_FEES, UNREADABLE, Entry, payments
from bridge_woocommerce.shapes import Order, Stub

_MOST_REFUNDS = 12  # whose amounts are tried in every combination


class Key(msgspec.Struct, frozen=True):
    """Where a gateway writes its fee. gateways: whose key it is. net: the key with what is left of the charge.

    currency: the key with the currency of both.
    """

    name: str
    gateways: tuple[str, ...]
    net: str = ""
    currency: str = ""

    def is_of(self, gateway: str) -> bool:
        return any(fnmatchcase(gateway, pattern) for pattern in self.gateways)


_PAYPAL = ("ppcp*", "*paypal*")
KEYS = (
    Key("_wcpay_transaction_fee", ("woocommerce_payments*",), "_wcpay_net"),
    Key("_stripe_fee", ("stripe*",), "_stripe_net", "_stripe_currency"),
    Key("Stripe Fee", ("stripe*",), "Net Revenue From Stripe", "_stripe_currency"),
    Key(PAYPAL_FEES, _PAYPAL),
    Key("PayPal Transaction Fee", _PAYPAL),
    Key("_paypal_transaction_fee", _PAYPAL),
)


class Fee(msgspec.Struct, frozen=True):
    """What a gateway kept. currency: empty where the gateway does not name it.

    charged_minor: what it charged, in the fee's currency, as it says itself; None where it does not.
    """

    minor: int
    currency: str
    key: str
    charged_minor: int | None = None


class UnreadableFeeError(ValueError):
    """A fee that cannot be read, under its key."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(key)


def fee_of(order: Order) -> Fee | None:
    """The fee that the order shows, if it shows one.

    The keys of the order's own gateway come first, in the order of ``KEYS``; the first that tells a fee is believed.
    Raises: UnreadableFeeError for what is no amount or no currency.
    """
    told = {entry.key: entry for entry in reversed(payments(order.meta_data))}
    for key in _keys_of(gateway_of(order.payment_method)):
        if key.name not in told:
            continue
        try:
            fee = _read(key, told, order)
        except (FactError, DocumentError) as error:
            raise UnreadableFeeError(key.name) from error
        if fee.minor:
            return fee
    return None


def charged_of(order: Order) -> int | None:
    """What the order's own gateway says it charged, in the order's currency; None where it does not say that."""
    try:
        fee = fee_of(order)
    except UnreadableFeeError:
        return None
    if fee is None or fee.charged_minor is None or fee.currency != order.currency:
        return None
    is_own = any(key.name == fee.key and key.is_of(gateway_of(order.payment_method)) for key in KEYS)
    return fee.charged_minor if is_own else None


def captured_of(order: Order) -> int | None:
    """What a gateway wrote down as captured, in the order's currency, whatever was paid back or edited since.

    Those on one common framework (Square, Authorize.Net, Braintree and others) keep it under the gateway's own name.
    """
    told = {entry.key: entry.value for entry in reversed(payments(order.meta_data))}
    own = f"_wc_{gateway_of(order.payment_method)}_"
    if told.get(f"{own}charge_captured") != "yes":
        return None
    for name in ("capture_total", "authorization_amount"):
        try:
            if found := minor_or_zero(told.get(f"{own}{name}", ""), order.currency):
                return found
        except FactError:
            return None
    return None


def explains(charged_minor: int, total_minor: int, order: Order) -> bool:
    """Whether what a gateway says is this total, or what some of the refunds that the order shows left of it."""
    sums = {0}
    for stub in order.refunds[:_MOST_REFUNDS]:
        back = refunded_of(stub, order.currency) or 0
        sums |= {each + back for each in sums}
    return total_minor - charged_minor in sums


def refunded_of(stub: Stub, currency: str) -> int | None:
    """What an order says that a refund gave back, positive; None where it does not say."""
    try:
        return None if stub.total is None else abs(minor_or_zero(stub.total, currency))
    except FactError:
        return None


@lru_cache(maxsize=256)
def _keys_of(gateway: str) -> tuple[Key, ...]:
    """Every key, those of the gateway first."""
    return tuple(sorted(KEYS, key=lambda key: not key.is_of(gateway)))


def _read(key: Key, told: Mapping[str, Entry], order: Order) -> Fee:
    """Raises: FactError, DocumentError for what is no amount or no currency."""
    entry, currency, net = told[key.name], told.get(key.currency), told.get(key.net)
    if entry.value == UNREADABLE or (currency is not None and currency.value == UNREADABLE):
        raise FactError("file.amount", "cannot be read")
    named = entry.currency or (currency.value if currency is not None else "")
    exponent(named or order.currency)
    fee_minor = minor(entry.value, named or order.currency)
    charged: int | None = None
    if entry.gross:
        charged = minor(entry.gross, named)
    elif net is not None and is_money(net.value):
        charged = minor(net.value, named or order.currency) + fee_minor
    if not named and _is_in_its_currency(key, told, charged, order):
        named = order.currency
    return Fee(fee_minor, named, key.name, charged)


def _is_in_its_currency(key: Key, told: Mapping[str, Entry], charged: int | None, order: Order) -> bool:
    """Whether a fee without a currency is in its order's: not where the gateway's account may be in another."""
    is_foreign = FOREIGN in told
    if not (key.currency or is_foreign):
        return True
    if charged is None:
        return not is_foreign
    return explains(charged, minor_or_zero(order.total, order.currency), order)
