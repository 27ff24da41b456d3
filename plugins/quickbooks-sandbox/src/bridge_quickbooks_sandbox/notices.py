"""pure: what Intuit sends word of, signed."""

import base64
import hmac
import json
from collections.abc import Mapping, Sequence

from bridge.sandbox import Change

__all__ = ["notice"]


def notice(changes: Sequence[Change], secret: str) -> tuple[Mapping[str, str], bytes]:
    """Give headers and body of a delivery: an event each, in one array for all companies."""
    events = [
        {
            "specversion": "1.0",
            "id": f"{one.account}-{one.kind}-{one.id}-{one.what}-{one.at.isoformat()}",
            "source": "intuit.sandbox",
            "type": f"qbo.{one.kind.lower()}.{one.what}.v1",
            "datacontenttype": "application/json",
            "time": one.at.isoformat(),
            "intuitentityid": one.id,
            "intuitaccountid": one.account,
            "data": {},
        }
        for one in changes
    ]
    body = json.dumps(events).encode()
    signed = base64.b64encode(hmac.digest(secret.encode(), body, "sha256")).decode()
    return {"Content-Type": "application/cloudevents-batch+json", "intuit-signature": signed}, body
