"""As what people saw a thing when they decided about it: who comes late is told, and nothing is done twice. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge import ids
from bridge.errors import StaleError
from bridge.model.deliveries import Delivery
from bridge.model.findings import Instruction, KeptFinding
from bridge.store.api import KeptDocument

STALE = "decide.stale"


def voucher_as_seen(delivery: Delivery, said: Sequence[Instruction]) -> str:
    """A mark that is another once it moved, or somebody said something of it. said: all that people said, in order."""
    due_at = delivery.due_at.isoformat() if delivery.due_at else ""
    stands = (delivery.state, delivery.reason, delivery.round, due_at, delivery.ref)
    return ids.derive("see", delivery.voucher_id, *stands, *(one.instruction_id for one in said[-1:]))


def finding_as_seen(kept: KeptFinding) -> str:
    """The same of a finding: another once its facts changed, or somebody accepted it."""
    facts = msgspec.json.encode(kept.finding).decode()
    return ids.derive("see", kept.finding.finding_id, kept.state, kept.accepted_by, kept.accepted_reason, facts)


def document_as_seen(kept: KeptDocument, said: Sequence[Instruction]) -> str:
    """The same of a document that waits."""
    stands = (kept.document.document_id, kept.document.revision, kept.state, kept.reason)
    return ids.derive("see", *stands, *(one.instruction_id for one in said[-1:]))


def check_seen(thing: str, seen: str, now: str, said: Sequence[Instruction] = ()) -> None:
    """Raises: StaleError ``decide.stale`` when it is not any more as it was seen; nothing seen is not asked."""
    if seen in {"", now}:
        return
    last = f": {said[-1].kind} by {said[-1].by} was said of it last" if said else ""
    raise StaleError(thing, f"has changed since it was shown{last}", "Look at it again, then decide", code=STALE)
