"""Pure: calls over plain http, signed, so that the secret never goes out: OAuth 1.0a of one leg, HMAC-SHA256.

Source: WooCommerce 10.5.0, recorded calls: signed by the shop's own address, in the query, good for fifteen minutes.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime

from authlib.oauth1.rfc5849.signature import construct_base_string


def signed(url: str, query: Mapping[str, str], *, key: str, secret: str, at: datetime, nonce: str) -> Mapping[str, str]:
    """The query of a GET with what proves the secret. nonce: never used before."""
    told = {
        **query,
        "oauth_consumer_key": key,
        "oauth_nonce": nonce,
        "oauth_signature_method": "HMAC-SHA256",
        "oauth_timestamp": str(int(at.timestamp())),
    }
    base = construct_base_string("GET", url, list(told.items()))
    signature = hmac.digest(f"{secret}&".encode(), base.encode(), "sha256")
    return {**told, "oauth_signature": b64encode(signature).decode()}
