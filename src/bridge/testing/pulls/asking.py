"""Checks of what is asked beside pages: facts, counts, notices, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from bridge.errors import BridgeError, PluginError
from bridge.host.guard import NO_HOSTS, Guard
from bridge.host.guarded_source import PARTS
from bridge.model.channel import ChannelFacts
from bridge.plugin import Count, FilePage, Gone, Page, PulledSource, Unknown, Wait
from bridge.testing.doors import Sent, unnoticed, unproven
from bridge.testing.plugin import needs
from bridge.testing.pulls.bench import Asked, PulledBench
from bridge.testing.pulls.channel import SINCE, UNTIL
from bridge.testing.verdict import none_of

_SECONDS: Final = 60
_FEW: Final = 20


class AskingChecks(PulledBench):
    """What is not known is never taken for an answer."""

    def test_every_answer_is_of_the_types_that_are_promised(self) -> None:
        none_of(self._mistyped())

    def test_facts_are_the_same_while_nothing_is_set(self) -> None:
        none_of(self._restless())

    @needs("meaning")
    def test_another_meaning_shows_in_the_facts(self) -> None:
        none_of(self._unmoved())

    @needs("census")
    def test_a_census_counts_what_a_window_holds(self) -> None:
        none_of(self._miscounted())

    @needs("errors")
    def test_what_is_not_answered_is_unknown(self) -> None:
        none_of(self._presumed())

    @needs("notices")
    def test_a_notice_names_what_it_is_about(self) -> None:
        none_of(self._unnoticed())

    @needs("notices")
    def test_a_notice_is_proven_by_its_signature(self) -> None:
        none_of(self._unproven())

    # Inside

    def _mistyped(self) -> Iterator[str]:
        """As the host reads it: a struct says nothing of a field of another type before."""
        guard = Guard(self.offer().name, "kit", hosts=NO_HOSTS, seconds=_SECONDS)
        with self.asked() as asked:
            facts, source = asked.facts(), asked.source()
            for name, answer, promised in self._answers(asked, source, facts):
                try:
                    guard.one(name, answer, *promised)
                except PluginError as error:
                    yield f"{name} {error.cause}"

    def _answers(
        self, asked: Asked, source: PulledSource, facts: ChannelFacts
    ) -> Iterator[tuple[str, object, tuple[type, ...]]]:
        """Of each method that is asked what it answers, with what is promised of it."""
        yield "survey", facts, (ChannelFacts,)
        for stream in self.streams:
            if stream.has_census:
                yield "census", source.census(stream.name, SINCE, UNTIL, with_ids=True), (Count, Unknown)
            for name in sorted(asked.channel.owners(stream.name))[:1]:
                yield "one", asked.one(*name), (Page, FilePage, Gone, Unknown)
            for answer in islice(asked.pull(stream), _FEW):
                yield "pull", answer, (Page, FilePage, Wait)
                if isinstance(answer, Page):
                    content = source.minimise(answer)
                    yield "minimise", content, (bytes,)
                    yield from (("read", part, PARTS) for part in source.read(content, facts))

    def _restless(self) -> Iterator[str]:
        with self.asked() as asked:
            first = asked.facts()
            asked.clock.advance(3_600)
            if asked.facts().facts_hash != first.facts_hash:
                yield "the facts are others an hour later, though nothing was set: an instant or a counter is in them"
            if first.account != self.account:
                yield f"the facts are of account {first.account!r}, and the fake's is {self.account!r}"

    def _unmoved(self) -> Iterator[str]:
        with self.asked() as asked:
            first = asked.facts()
            asked.channel.set_otherwise()
            if asked.facts().meaning == first.meaning:
                yield "the channel was set otherwise, and the meaning in its facts is as before"

    def _miscounted(self) -> Iterator[str]:
        with self.asked() as asked:
            for stream in self.streams:
                if not stream.has_census:
                    continue
                source, owners = asked.source(), asked.channel.owners(stream.name)
                count = source.census(stream.name, SINCE, UNTIL)
                if not isinstance(count, Count) or count.owners != len(owners):
                    yield f"{stream.name}: the window holds {len(owners)} owners, and its census is {count}"
                named = source.census(stream.name, SINCE, UNTIL, with_ids=True)
                if not isinstance(named, Count) or set(named.ids) != owners or named.owners != len(owners):
                    yield f"{stream.name}: its census does not name the owners that the window holds"

    def _presumed(self) -> Iterator[str]:
        with self.asked() as asked:
            for stream in self.streams:
                for name in sorted(asked.channel.owners(stream.name)):
                    asked.channel.break_answer()
                    answer = asked.one(*name)
                    asked.channel.mend()
                    if isinstance(answer, Gone | Page | FilePage):
                        yield f"{name[0]} {name[1]}: the answer carried errors, and it is {type(answer).__name__}"
                if not stream.has_census:
                    continue
                asked.channel.break_answer()
                try:
                    count: object = asked.source().census(stream.name, SINCE, UNTIL)
                except BridgeError:
                    count = Unknown("")
                asked.channel.mend()
                if not isinstance(count, Unknown):
                    yield f"{stream.name}: the answer carried errors, and its census is {count}"

    def _unproven(self) -> Iterator[str]:
        with self.asked() as asked:
            if (door := self.offer().door) is None:
                yield "the channel sends notices, and the offer has no door"
                return
            yield from unproven(door, asked.channel.app, Sent(*asked.channel.notice()))

    def _unnoticed(self) -> Iterator[str]:
        with self.asked() as asked:
            if (door := self.offer().door) is not None:
                yield from unnoticed(door, Sent(*asked.channel.notice()))
