"""Calls over plain http, as the shop proves them: OAuth 1.0a of one leg, in the query. Source: recorded calls."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote

from bridge_woocommerce_sandbox.refusals import unproven

_WINDOW_SECONDS = 900
_METHODS = {"HMAC-SHA1": hashlib.sha1, "HMAC-SHA256": hashlib.sha256}


def check(address: str, query: Mapping[str, str], secret: str, now: datetime, used: set[str]) -> None:
    """address: that the call was sent to, without its query. used: nonces there were; this call's is added.

    Raises: RefusalError.
    """
    told = {name: value for name, value in query.items() if name != "oauth_signature"}
    method = _METHODS.get(told.get("oauth_signature_method", ""))
    if method is None:
        raise unproven("Invalid signature - signature method is invalid.")
    pairs = "&".join(f"{quote(name, safe='')}={quote(told[name], safe='')}" for name in sorted(told))
    base = "&".join(("GET", quote(address, safe=""), quote(pairs, safe="")))
    wanted = b64encode(hmac.digest(f"{secret}&".encode(), base.encode(), method)).decode()
    if not hmac.compare_digest(wanted, query.get("oauth_signature", "")):
        raise unproven("Invalid signature - provided signature does not match.")
    if abs(int(told.get("oauth_timestamp", "0")) - now.timestamp()) > _WINDOW_SECONDS:
        raise unproven("Invalid timestamp.")
    if (nonce := told.get("oauth_nonce", "")) in used:
        raise unproven("Invalid nonce - nonce has already been used.")
    used.add(nonce)
