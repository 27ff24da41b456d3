"""Pure: files that are no orders and refunds: what each is, and what to do instead."""

from __future__ import annotations

import re

import msgspec

from bridge.errors import DocumentError
from bridge.plugin.reading import Place, looks_like

SAVE_AGAIN = "Save the shop's answer again, as it came, and bring that file"
BRING = (
    "Save the answers of /wp-json/wc/v3/orders?status=any&per_page=100&dp=6 and of /wp-json/wc/v3/refunds?per_page=100"
    "&dp=6, page by page, and bring those"
)
_NEXT = {
    "woocommerce_rest_cannot_view": "Give the key's user permission to read, and send key and secret over https",
    "woocommerce_rest_authentication_error": "Check the key, its secret and its permission to read",
    "rest_no_route": "Check the address: the shop may be older, or its REST API switched off",
    "rest_invalid_param": "Mend the parameter that the answer names",
    "woocommerce_rest_shop_order_invalid_id": "That order is deleted, or is no order: leave it out",
}
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)
_NOTICE = re.compile(rb"<b>(Notice|Warning|Deprecated|Fatal error|Parse error|Strict Standards)</b>", re.IGNORECASE)
_SEPARATORS = (b",", b";", b"\t", b"|")


class _Error(msgspec.Struct):
    code: msgspec.Raw = msgspec.Raw(b"null")


def unreadable(content: bytes, place: Place) -> DocumentError:
    """The error for what does not begin as JSON does."""
    text = content.lstrip()
    if notice := _NOTICE.search(text[:2000]):
        word = notice[1].decode().capitalize()
        return place.refuse(
            "file.notice",
            f"begins with a PHP message ({word}) that the shop prints before its answer",
            next_step="Switch display_errors (WP_DEBUG_DISPLAY) off at the shop, or have the message's cause mended, "
            "and save the answer again",
        )
    if text[:1] == b"<":
        return place.refuse(
            "file.html",
            "is a web page, not an answer of the REST API: a firewall, a cache or a sign-in page stands before it",
            next_step="Ask the shop's own address (https, with www where it has it) and let the host allow the API",
        )
    if _is_table(text):
        return place.refuse(
            "file.table",
            "is a table (CSV), as export plugins and reports write them. It lacks what books need: tax by rate, what "
            "each refund takes back, what was paid when",
            next_step=BRING,
        )
    return place.refuse("file.json", f"is no JSON{looks_like(text)}", next_step=BRING)


def _is_table(text: bytes) -> bool:
    """Whether the first line names columns: several, or one of orders."""
    first = text[:2000].partition(b"\n")[0].lower()
    columns = max(first.count(separator) for separator in _SEPARATORS)
    return columns > 2 or (columns > 0 and b"order" in first)


def shops_refusal(body: msgspec.Raw, status: int | None, place: Place) -> DocumentError:
    """The error for an answer in which the shop itself says no. Only its code is told, and never its words."""
    try:
        told = msgspec.json.decode(msgspec.json.decode(body, type=_Error).code, type=str)
    except msgspec.DecodeError:
        told = ""
    shown = told if _CODE.fullmatch(told) else "no code"
    with_status = f"status {status}, " if status is not None else ""
    return place.refuse(
        "file.refused", f"is the shop's refusal ({with_status}{shown})", next_step=_NEXT.get(told, SAVE_AGAIN)
    )


def not_used(path: str, place: Place) -> DocumentError:
    """The error for an answer that bridge does not book from. path: what was asked for; parameters are not shown."""
    shown = re.sub(r"[^A-Za-z0-9/_.-]", "?", path.partition("?")[0])[:80]
    what = f"the answer of {shown}" if shown else "an answer of another kind"
    return place.refuse("file.not_used", f"is {what}, which holds no order and no refund", next_step=BRING)


def place_in(thing: str) -> Place:
    """Where the reader stands. thing: the file, or what else it reads from."""
    return Place(thing, channel="woocommerce", next_step=SAVE_AGAIN)
