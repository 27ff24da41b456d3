"""Checks of pages and jobs: all of a window comes, once, whoever goes on with it, and nothing that carries errors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

from bridge.errors import BridgeError
from bridge.plugin import MAX_PAGE_BYTES, AnyPage, Page, Wait, Want
from bridge.testing.plugin import needs
from bridge.testing.pulls.bench import PulledBench
from bridge.testing.pulls.channel import SINCE
from bridge.testing.verdict import none_of

_STEP_SECONDS = 10


class PageChecks(PulledBench):
    """The process may end between any two pages, and the channel may fail at any answer."""

    def test_people_can_tell_its_streams_apart(self) -> None:
        none_of(self._alike())

    def test_the_fake_shows_what_is_declared(self) -> None:
        none_of(self._unshown())

    def test_every_owner_of_a_window_comes(self) -> None:
        none_of(self._missing())

    def test_a_pull_goes_on_from_every_cursor(self) -> None:
        none_of(self._lost_behind())

    def test_the_last_page_says_so(self) -> None:
        none_of(self._endless())

    def test_pages_are_no_longer_than_allowed(self) -> None:
        none_of(self._long())

    def test_a_page_tells_the_instant_for_which_it_holds(self) -> None:
        none_of(self._untimely())

    @needs("errors")
    def test_an_answer_that_carries_errors_is_no_page(self) -> None:
        none_of(self._trusted())

    @needs("jobs")
    def test_a_job_is_submitted_once(self) -> None:
        none_of(self._submitted())

    @needs("jobs")
    def test_a_source_never_sleeps(self) -> None:
        none_of(self._slept())

    # Inside

    def _alike(self) -> Iterator[str]:
        for title, many in Counter(stream.title for stream in self.streams).items():
            if many > 1:
                yield f"{many} streams are called {title!r}: people are told their titles, and nothing else"

    def _unshown(self) -> Iterator[str]:
        if not self.streams:
            yield "no stream is declared, so nothing is pulled"
        with self.asked() as asked:
            for stream in self.streams:
                if len(asked.drain(stream)) < 2:
                    yield f"{stream.name}: the fake has one page of it, so nothing is proved about the next"
                if strange := {kind for kind, _ in asked.channel.owners(stream.name)} - set(stream.owners):
                    yield f"{stream.name}: the fake holds owners of a kind that is not declared: {min(strange)}"

    def _missing(self) -> Iterator[str]:
        with self.asked() as asked:
            for stream in self.streams:
                came = {owner.name for owner in asked.owners(asked.drain(stream))}
                for kind, external_id in sorted(asked.channel.owners(stream.name) ^ came):
                    how = "is not of the window" if (kind, external_id) in came else "does not come"
                    yield f"{stream.name}: {kind} {external_id} {how}"

    def _lost_behind(self) -> Iterator[str]:
        with self.asked() as asked:
            for stream in self.streams:
                pages = asked.drain(stream)
                for place, page in enumerate(pages[:-1], start=1):
                    rest = [owner.facts for owner in asked.owners(pages[place:])]
                    again = [owner.facts for owner in asked.owners(asked.drain(stream, page.cursor))]
                    if again != rest:
                        yield f"{stream.name}: what comes behind page {place} is not the same when another goes on"

    def _endless(self) -> Iterator[str]:
        with self.asked() as asked:
            for stream in self.streams:
                pages = asked.drain(stream)
                places = [place for place, page in enumerate(pages, start=1) if page.is_last]
                if places != [len(pages)]:
                    yield f"{stream.name}: the pages that say that they are the last: {places} of {len(pages)}"

    def _long(self) -> Iterator[str]:
        with self.asked() as asked:
            for stream in self.streams:
                yield from (
                    f"{stream.name}: a page has {len(page.body):,} bytes; {MAX_PAGE_BYTES:,} are allowed"
                    for page in asked.drain(stream)
                    if isinstance(page, Page) and len(page.body) > MAX_PAGE_BYTES
                )

    def _untimely(self) -> Iterator[str]:
        """Time goes on with every answer: a page of several holds for the first, one of a job for when it was made."""
        for stream in self.streams:
            with self.asked() as asked:
                asked.channel.on_answer(lambda clock=asked.clock: clock.advance(_STEP_SECONDS))  # type: ignore[misc]
                cursor, made_at = b"", None
                source, facts = asked.source(), asked.facts()
                while True:
                    wait = None
                    began_at = asked.clock.now()
                    for answer in source.pull(Want(stream.name, SINCE, SINCE + timedelta(days=1), cursor, facts)):
                        if isinstance(answer, Wait):
                            wait, cursor = answer, answer.cursor
                            made_at = made_at or asked.clock.now()
                            break
                        first = made_at or began_at + timedelta(seconds=_STEP_SECONDS)
                        if answer.as_of > first:
                            yield f"{stream.name}: a page is as of {answer.as_of}, and was asked for by {first}"
                        yield from (
                            f"{owner.called}: is as of {owner.start.as_of}, later than its page"
                            for owner in asked.read(answer, facts)
                            if owner.start.as_of > answer.as_of
                        )
                        began_at = asked.clock.now()
                    if wait is None:
                        break
                    asked.channel.finish_jobs()
                    asked.clock.advance(max(0.0, (wait.until - asked.clock.now()).total_seconds()))

    def _trusted(self) -> Iterator[str]:
        """Break each answer in turn: the pull stops, or comes to the same as if nothing had been."""
        for stream in self.streams:
            with self.asked() as asked:
                whole = {owner.facts for owner in asked.owners(asked.drain(stream))}
            for number in range(100):
                with self.asked() as asked:
                    facts = asked.facts()
                    cursor = asked.waiting(stream)
                    asked.channel.finish_jobs()
                    source, pages = asked.source(), list[AnyPage]()
                    asked.channel.break_answer(number)
                    try:
                        for answer in source.pull(Want(stream.name, SINCE, SINCE + timedelta(days=1), cursor, facts)):
                            pages += [] if isinstance(answer, Wait) else [asked.kept(answer)]
                        is_stopped = False
                    except BridgeError:
                        is_stopped = True
                    asked.channel.mend()
                    came = {owner.facts for owner in asked.owners(pages)}
                    if not is_stopped and came != whole:
                        yield f"{stream.name}: answer {number + 1} carried errors, and the window passes for whole"
                        break
                    if not is_stopped:
                        break

    def _submitted(self) -> Iterator[str]:
        with self.asked() as asked:
            for stream in self.streams:
                cursor = asked.waiting(stream)
                if not cursor:
                    continue
                jobs = asked.channel.jobs()
                for answer in asked.pull(stream, cursor):
                    if isinstance(answer, Wait):
                        break
                asked.drain(stream, cursor)
                if asked.channel.jobs() != jobs:
                    yield f"{stream.name}: goes on from the cursor of a job, and submits another"

    def _slept(self) -> Iterator[str]:
        with self.asked() as asked:
            for stream in self.streams:
                asked.drain(stream)
            if asked.clock.waits:
                yield f"it slept {asked.clock.waits[0]:g} s; a Wait is to be given instead"
