"""What a shop says when it does not answer as asked, and what that is to us: a table.

Codes decide, never words, for a shop answers in its own language. What stands before a shop (a firewall, a cache, a
server that takes headers away, plugins) answers in its place, often as a web page with status 200.
Source: recorded answers of WooCommerce 10.5.0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from bridge.errors import BridgeError, ConfigError, DocumentError, RateLimitedError, TransientError, UnavailableError
from bridge.plugin.reading import or_none
from bridge.transport import address, seconds_asked

WAIT_SECONDS: Final = 60
NO_ORDER: Final = "woocommerce_rest_shop_order_invalid_id"
NO_ROUTE: Final = "rest_no_route"
_NOTICE = re.compile(
    rb"\s*<br ?/?>\s*\n?<b>|\s*<b>(Notice|Warning|Deprecated|Fatal error|Parse error)</b>", re.IGNORECASE
)
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


class _Said(msgspec.Struct):
    code: str = ""


def said(body: bytes) -> str:
    """The shop's own code for a refusal; empty where it gives none."""
    told = or_none(msgspec.Raw(body), _Said)
    return told.code if told is not None and _CODE.fullmatch(told.code) else ""


def fault_of(status: int, headers: Mapping[str, str], body: bytes, thing: str) -> BridgeError | None:
    """Our error for an answer that is none of the API's; None for one that is to be read."""
    if status == 429 or (status == 503 and "Retry-After" in headers):
        return RateLimitedError(thing, retry_after_seconds=seconds_asked(headers, WAIT_SECONDS))
    if 300 <= status < 400:
        return _moved(headers.get("Location", ""), thing)
    if body.lstrip()[:1] not in {b"{", b"["}:
        return _no_json(status, body, thing)
    if status == 200:
        return None
    code = said(body)
    if code in _BY_CODE:
        return _BY_CODE[code](thing)
    if status in {401, 403}:
        return ConfigError(
            thing,
            f"lets nobody in without a sign-in (status {status}, {code or 'no code'}): a plugin or a firewall decides",
            "Let the shop's security plugin or firewall allow /wp-json/wc/v3 and its Authorization header",
            code="woocommerce.blocked",
        )
    if status >= 500:
        return UnavailableError(thing, f"answered with status {status} ({code or 'no code'})")
    return DocumentError(
        thing,
        f"refuses what bridge asks (status {status}, {code or 'no code'})",
        "Update WooCommerce (bridge asks as 3.8 and later answer), or report this",
        code="woocommerce.refused",
    )


def _moved(to: str, thing: str) -> BridgeError:
    return ConfigError(
        thing,
        f"answers from another address{f' ({address(to)})' if to.startswith('http') else ''}",
        "Set `url` to the address that the shop itself uses (https, with www where it has it); where WordPress uses "
        "plain permalinks set `plain_permalinks = true`",
        code="woocommerce.moved",
    )


def _no_json(status: int, body: bytes, thing: str) -> BridgeError:
    if status == 404:
        return _no_api(thing)
    if _NOTICE.match(body):
        return TransientError(
            thing,
            "prints a PHP message before its answer",
            "Switch display_errors (WP_DEBUG_DISPLAY) off at the shop, or have the message's cause mended",
            code="woocommerce.answer.notice",
        )
    if body.lstrip()[:1] == b"<" and status < 500:
        return TransientError(
            thing,
            f"answers with a web page (status {status}): a firewall, a cache or a sign-in page stands before it",
            "Let the shop's host allow /wp-json/wc/v3 and keep it out of every cache",
            code="woocommerce.answer.html",
        )
    return UnavailableError(thing, f"answered with status {status} and no JSON")


def _key(thing: str) -> BridgeError:
    return ConfigError(
        thing,
        "knows the key, and refuses its secret or its permission",
        "Set `secret` as it was shown when the key was made, and give the key permission to read. Of an `http://` shop "
        "also check that `url` is what the shop calls itself, and that this machine's clock is right: calls are signed",
        code="woocommerce.key",
    )


def _key_unknown(thing: str) -> BridgeError:
    return ConfigError(
        thing,
        "knows no such key, or its user may not see that, or the key did not arrive",
        "Check `key`, and that its user manages the shop; else have the host pass the Authorization header on to PHP",
        code="woocommerce.key_unknown",
    )


def _no_api(thing: str) -> BridgeError:
    return ConfigError(
        thing,
        "has no REST API of WooCommerce at this address",
        "Check `url`; where WordPress uses plain permalinks set `plain_permalinks = true`",
        code="woocommerce.no_api",
    )


_BY_CODE: Final[Mapping[str, Callable[[str], BridgeError]]] = {
    "woocommerce_rest_authentication_error": _key,
    "woocommerce_rest_cannot_view": _key_unknown,
    NO_ROUTE: _no_api,
}
