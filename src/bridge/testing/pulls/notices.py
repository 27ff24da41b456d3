"""Checks of what a source says of the notices that its channel sends."""

from __future__ import annotations

from collections.abc import Iterator

from bridge.errors import BridgeError
from bridge.model.reports import Sending, Subscription
from bridge.plugin import NotifyingSource, Unknown
from bridge.testing.pulls.bench import Asked, PulledBench
from bridge.testing.pulls.channel import NotifyingChannel
from bridge.testing.verdict import fail, none_of


class NoticeChecks(PulledBench):
    """Notices that do not come any more are missed, and none are while the channel only fails to answer."""

    def test_subscriptions_are_told_as_the_channel_has_them(self) -> None:
        none_of(self._mistaken_subscriptions())

    def test_notices_that_are_switched_off_are_told(self) -> None:
        none_of(self._unmissed())

    def test_an_answer_with_errors_tells_no_subscriptions(self) -> None:
        none_of(self._alarmed())

    # Inside

    @property
    def _notice_topics(self) -> frozenset[str]:
        return frozenset(topic.name for topic in self.offer().capabilities.notices)

    def _mistaken_subscriptions(self) -> Iterator[str]:
        if not self._notice_topics:
            return
        with self.asked() as asked:
            told, there = self._subscribed(asked), _sending(asked).subscriptions()
            if lacking := self._notice_topics - {one.topic for one in there}:
                yield f"the fake sends no notices of {', '.join(sorted(lacking))}: let it send some of every topic"
            if isinstance(told, Unknown) or told != there:
                yield f"the channel sends {sorted(there, key=str)}, and it tells {told}"

    def _unmissed(self) -> Iterator[str]:
        if not self._notice_topics:
            return
        with self.asked() as asked:
            topic = _sending(asked).switch_off()
            told = self._subscribed(asked)
            if isinstance(told, Unknown) or any(one.topic == topic and one.state is Sending.ACTIVE for one in told):
                yield f"notices of {topic} are switched off, and it tells {told}"

    def _alarmed(self) -> Iterator[str]:
        if not self._notice_topics:
            return
        with self.asked() as asked:
            facts = asked.facts()
            asked.channel.break_answer()
            try:
                told: object = _notifying(asked).subscriptions(facts)
            except BridgeError:
                return
            if not isinstance(told, Unknown):
                yield f"the answer carried errors, and it tells {told}"

    def _subscribed(self, asked: Asked) -> frozenset[Subscription] | Unknown:
        told = _notifying(asked).subscriptions(asked.facts())
        return told if isinstance(told, Unknown) else frozenset(one for one in told if one.topic in self._notice_topics)


def _notifying(asked: Asked) -> NotifyingSource:
    source = asked.source()
    if not isinstance(source, NotifyingSource):
        fail("give the source subscriptions(), as a NotifyingSource: it declares notices")
    return source


def _sending(asked: Asked) -> NotifyingChannel:
    if not isinstance(asked.channel, NotifyingChannel):
        fail("give the fake subscriptions() and switch_off(), as a NotifyingChannel: the source declares notices")
    return asked.channel
