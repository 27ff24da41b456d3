"""pure: what Xero sends word of, signed. Of payments, bank transactions, transfers and journals it sends none."""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence

from bridge.sandbox import Change

__all__ = ["notice"]

_CATEGORIES = {"Invoices": "INVOICE", "Contacts": "CONTACT", "CreditNotes": "CREDITNOTE"}
_TYPES = {"created": "CREATE", "updated": "UPDATE"}


def notice(changes: Sequence[Change], secret: str) -> tuple[Mapping[str, str], bytes]:
    """Give headers and body of a delivery; without events it asks whether anybody means to receive any."""
    events = [
        {
            "resourceUrl": f"https://api.xero.com/api.xro/2.0/{one.kind}/{one.id}",
            "resourceId": one.id,
            "tenantId": one.account,
            "tenantType": "ORGANISATION",
            "eventCategory": _CATEGORIES[one.kind],
            "eventType": _TYPES[one.what],
            "eventDateUtc": f"{one.at:%Y-%m-%dT%H:%M:%S}.000",
        }
        for one in changes
        if one.kind in _CATEGORIES and one.what in _TYPES
    ]
    told = {"events": events, "firstEventSequence": 1, "lastEventSequence": len(events), "entropy": "SANDBOX"}
    body = json.dumps(told).encode()
    signed = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    return {"Content-Type": "application/json", "x-xero-signature": signed}, body
