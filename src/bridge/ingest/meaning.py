"""Pure: what it means that a channel is set otherwise than before."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.model.channel import ChannelFacts, KeptChannelFacts
from bridge.model.connections import Connection, Route
from bridge.model.findings import Finding, Severity

MEANING = "facts.meaning"


def foreign(kept: Sequence[KeptChannelFacts], now: ChannelFacts) -> frozenset[str]:
    """The hashes of facts under which amounts and days meant something else than now."""
    return frozenset(one.facts.facts_hash for one in kept if one.facts.meaning != now.meaning)


def finding(connection: Connection, route: Route, before: ChannelFacts, now: ChannelFacts) -> Finding:
    """For a person to accept, or to set back."""
    were = dict(before.meaning)
    changes = tuple((name, were.get(name, ""), value) for name, value in now.meaning if were.get(name, "") != value)
    changes += tuple((name, value, "") for name, value in before.meaning if name not in dict(now.meaning))
    names = ", ".join(name for name, _, _ in changes)
    return Finding(
        code=MEANING,
        severity=Severity.ERROR,
        route_id=route.route_id,
        subject=f"{connection.connection_id} {now.facts_hash}",
        title=f"{connection.name} was set otherwise: {names}",
        amount_minor=0,
        currency=now.currency,
        cause="a setting of the channel changed what its amounts or days mean",
        repair="Where it is meant, accept this: what changes after it is then booked. Else set it back in the channel. "
        "Until then a change to what was booked before is held; new documents are booked as the channel is set now",
        evidence=changes,
    )
