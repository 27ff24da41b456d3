"""What notices name, to be asked for; and whether a channel sends us those that it is to send, and what is said if not.

Channels switch them off in silence, or go on sending them to an old address. Pulls go on without: what changes late is
then seen later.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from urllib.parse import urlsplit

import msgspec

from bridge.model.channel import ChannelFacts, Inquiry, Why
from bridge.model.connections import Connection, Route
from bridge.model.findings import Finding, Severity
from bridge.model.money import NOT_KNOWN
from bridge.model.notices import Notice
from bridge.model.reports import Reading, Sending, Subscription
from bridge.plugin import NoticeTopic, SourceCapabilities, SourceOffer
from bridge.store.api import UnitOfWork

UNSENT: Final = "source.notices"
PRIVACY: Final = "privacy.asked"
_STOPPED: Final = {Sending.PAUSED: "is paused", Sending.DISABLED: "is switched off"}


class Notices(msgspec.Struct, frozen=True):
    """What is known of the notices of a connection. address: where they are to come to; empty: none are expected.

    topics: that are to be sent. reading: which were, when the channel was asked last; None where it was not.
    late_seconds: how late at most a pull sees by itself what a notice tells.
    """

    address: str
    topics: tuple[NoticeTopic, ...] = ()
    reading: Reading | None = None
    late_seconds: int = 0

    @property
    def unsent(self) -> Mapping[str, str]:
        """By topic that does not come, why, in words."""
        if self.reading is None:
            return {}
        why = {topic.name: _why(topic.name, self.reading.subscriptions, self.address) for topic in self.topics}
        return {name: words for name, words in why.items() if words}

    @property
    def meanwhile(self) -> str:
        """What it means that some do not come."""
        return f"pulls go on without them: late changes are seen by a sweep within {self.late_seconds // 3_600} h"


def expected_at(base_url: str, connection: str, declared: SourceCapabilities) -> str:
    """Where the notices of a connection are to come to; empty where none are expected. The name is a part of it."""
    return f"{base_url}/{connection}" if base_url and declared.notices else ""


def known(
    address: str, declared: SourceCapabilities, readings: Sequence[Reading], facts: ChannelFacts | None
) -> Notices:
    """What is known by what was read, the earliest first. facts: None while the channel is not asked."""
    if facts is None:
        return Notices("")
    topics = tuple(topic for topic in declared.notices if set(facts.grants).issuperset(topic.grants))
    return Notices(
        address, topics, last(readings, address), max((one.cadence_seconds for one in declared.streams), default=0)
    )


def last(readings: Sequence[Reading], address: str) -> Reading | None:
    """The latest of an address; None where it was asked for another, or never. readings: the earliest first."""
    return next((one for one in reversed(readings) if one.span == address), None)


def kept(told: Sequence[Subscription], offer: SourceOffer, address: str) -> tuple[Subscription, ...]:
    """What is kept: of declared topics, in order; of an address that is not ours its host alone.

    The one that all accounts of an application share stands for the connection's own. A channel may tell to whom
    others have it send notices, and what lets them in there.
    """
    names = {topic.name for topic in offer.capabilities.notices}
    shared = f"{address.rsplit('/', 2)[0]}/{offer.name}" if offer.door and offer.door.is_shared else address
    ours = (one for one in told if one.topic in names)
    some = {msgspec.structs.replace(one, address=_shown(one.address, address, shared)) for one in ours}
    return tuple(sorted(some, key=lambda one: (one.topic, one.address, one.state, one.why)))


def findings(route: Route, connection_id: str, notices: Notices) -> list[Finding]:
    """One, where some do not come."""
    unsent = notices.unsent
    if not unsent:
        return []
    steps = dict.fromkeys(topic.next_step for topic in notices.topics if topic.name in unsent)
    return [
        Finding(
            code=UNSENT,
            severity=Severity.WARNING,
            route_id=route.route_id,
            subject=f"{connection_id} notices",
            title=f"{route.source}: {len(unsent)} of {len(notices.topics)} notices do not come: {', '.join(unsent)}",
            amount_minor=0,
            currency=NOT_KNOWN,
            cause=f"{'; '.join(f'{name} {why}' for name, why in unsent.items())}; {notices.meanwhile}",
            repair=f"They are to go to {notices.address}. {'; '.join(steps)}",
            evidence=tuple((name, "", why) for name, why in unsent.items()),
        )
    ]


def noticed(unit: UnitOfWork, connection_id: str, names: Iterable[tuple[str, str]], now: datetime) -> None:
    """Have what notices name, (kind, external id) of each, asked for by the next pull. Twice: it is asked for once."""
    unit.inquiries.add(connection_id, [Inquiry(*name, Why.NOTICE, now) for name in dict.fromkeys(names)])


def privacy_asked(unit: UnitOfWork, connection: Connection, asked: Notice) -> None:
    """Tell the person of each route what was asked for at the vendor, and that there is nothing to give, or to erase.

    Twice: it is told once.
    """
    for route in unit.routes.all():
        if connection.name not in (route.source, route.ledger):
            continue
        told = Finding(
            code=PRIVACY,
            severity=Severity.INFO,
            route_id=route.route_id,
            subject=f"{connection.connection_id} {asked.kind} {asked.mark[:12]}",
            title=f"{connection.name}: {asked.kind} was asked for",
            amount_minor=0,
            currency=NOT_KNOWN,
            cause="A person, or the owner of the account, asked the vendor for it, which tells every application",
            repair="Nothing of a buyer is kept here: there is nothing to hand out and nothing to erase. Accept this "
            "once whoever asked is answered. What the books say of an owner who leaves, the law has kept",
            evidence=(("asked", "", asked.kind),),
        )
        unit.findings.add(told, asked.received_at)


def _why(topic: str, told: Sequence[Subscription], address: str) -> str:
    """Empty where it comes."""
    of_topic = [one for one in told if one.topic == topic]
    here = [one for one in of_topic if one.address == address]
    if any(one.state is Sending.ACTIVE for one in here):
        return ""
    if here:
        return f"{_STOPPED[here[0].state]}{f' ({here[0].why})' if here[0].why else ''}"
    elsewhere = ", ".join(dict.fromkeys(one.address for one in of_topic))
    return f"goes to {elsewhere} only" if elsewhere else "is not sent"


def _shown(address: str, ours: str, shared: str) -> str:
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return "another address"
    is_ours = parts._replace(netloc=parts.netloc.lower()).geturl().rstrip("/") in (ours, shared)
    return ours if is_ours else host or "another address"
