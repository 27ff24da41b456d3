"""Pure: files that are no orders and refunds: what each is, and what to do instead."""

from __future__ import annotations

import re

import msgspec

from bridge.errors import DocumentError
from bridge_woocommerce.refusal import SAVE_AGAIN, Place

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
_SIGNS = {
    b"\xff\xfe": "UTF-16 text, as spreadsheets save it",
    b"\xfe\xff": "UTF-16 text, as spreadsheets save it",
    b"PK": "a zip or Excel file",
    b"%PDF": "a PDF",
}


class _Error(msgspec.Struct):
    code: msgspec.Raw = msgspec.Raw(b"null")


def unreadable(content: bytes, place: Place) -> DocumentError:
    """The error for what does not begin as JSON does."""
    text = content.lstrip()
    if notice := _NOTICE.search(text[:2000]):
        word = notice[1].decode().capitalize()
        return place.refuse(
            f"begins with a PHP message ({word}) that the shop prints before its answer",
            code="woocommerce.file.notice",
            next_step="Switch display_errors (WP_DEBUG_DISPLAY) off at the shop, or have the message's cause mended, "
            "and save the answer again",
        )
    if text[:1] == b"<":
        return place.refuse(
            "is a web page, not an answer of the REST API: a firewall, a cache or a sign-in page stands before it",
            code="woocommerce.file.html",
            next_step="Ask the shop's own address (https, with www where it has it) and let the host allow the API",
        )
    if _is_table(text):
        return place.refuse(
            "is a table (CSV), as export plugins and reports write them. It lacks what books need: tax by rate, what "
            "each refund takes back, what was paid when",
            code="woocommerce.file.table",
            next_step=BRING,
        )
    looks = next((f": it looks like {what}" for sign, what in _SIGNS.items() if text.startswith(sign)), "")
    return place.refuse(f"is no JSON{looks}", code="woocommerce.file.json", next_step=BRING)


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
        f"is the shop's refusal ({with_status}{shown})",
        code="woocommerce.file.refused",
        next_step=_NEXT.get(told, SAVE_AGAIN),
    )


def not_used(path: str, place: Place) -> DocumentError:
    """The error for an answer that bridge does not book from. path: what was asked for; parameters are not shown."""
    shown = re.sub(r"[^A-Za-z0-9/_.-]", "?", path.partition("?")[0])[:80]
    what = f"the answer of {shown}" if shown else "an answer of another kind"
    return place.refuse(
        f"is {what}, which holds no order and no refund", code="woocommerce.file.not_used", next_step=BRING
    )
