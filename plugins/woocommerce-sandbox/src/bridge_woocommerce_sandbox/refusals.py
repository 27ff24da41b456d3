"""How the shop says no. Source: recorded answers of WooCommerce 10.5.0."""

from __future__ import annotations

from bridge.sandbox import Response, encode


class RefusalError(Exception):
    """Ends a request with an answer of the shop's own."""

    def __init__(self, code: str, message: str, status: int, **more: object) -> None:
        super().__init__(message)
        self.response = Response(
            status, encode({"code": code, "message": message, "data": {"status": status, **more}}), _JSON
        )


_JSON = "application/json; charset=UTF-8"


def cannot_view() -> RefusalError:
    """No key, a key that is not known, or one that did not arrive."""
    return RefusalError("woocommerce_rest_cannot_view", "Sorry, you cannot list resources.", 401)


def wrong_secret() -> RefusalError:
    """A known key."""
    return RefusalError("woocommerce_rest_authentication_error", "Consumer secret is invalid.", 401)


def invalid_id() -> RefusalError:
    """No order, or a refund's id where an order's is wanted."""
    return RefusalError("woocommerce_rest_shop_order_invalid_id", "Invalid ID.", 404)


def no_route() -> RefusalError:
    """An address that the API does not have."""
    message = "No route was found matching the URL and request method."
    return RefusalError("rest_no_route", message, 404)


def invalid(parameter: str, why: str) -> RefusalError:
    """A parameter that cannot be meant."""
    return RefusalError(
        "rest_invalid_param", f"Invalid parameter(s): {parameter}", 400, params={parameter: why}, details={}
    )
