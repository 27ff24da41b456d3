"""Checks of what a channel says of itself: figures of its own reports, and balances."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from bridge.errors import BridgeError
from bridge.model.channel import ChannelFacts
from bridge.model.reports import Balances, Figures
from bridge.plugin import BalanceSource, ChannelReport, ReportingSource, Unknown
from bridge.testing.pulls.bench import Asked, PulledBench
from bridge.testing.pulls.channel import SINCE, UNTIL, ReportingChannel
from bridge.testing.verdict import fail, none_of

_DAY = timedelta(days=1)


class ReportChecks(PulledBench):
    """A report proves documents only where it tells what is there, and nothing where it was not told."""

    def test_a_report_tells_what_the_channel_holds(self) -> None:
        none_of(self._misreported())

    def test_figures_lie_within_what_was_asked_for(self) -> None:
        none_of(self._stray())

    def test_balances_are_what_the_channel_holds(self) -> None:
        none_of(self._unbalanced())

    def test_an_answer_with_errors_tells_neither_figures_nor_balances(self) -> None:
        none_of(self._believed())

    # Inside

    @property
    def _reports(self) -> tuple[ChannelReport, ...]:
        return self.offer().capabilities.reports

    def _misreported(self) -> Iterator[str]:
        with self.asked() as asked:
            for report in self._reports:
                told = _figures(asked, report, SINCE - _DAY, UNTIL + _DAY, asked.facts())
                if not isinstance(told, Figures):
                    yield f"{report.name}: it tells no figures: {told}"
                    continue
                if strange := {figure.name for figure in told.figures} - set(report.figures):
                    yield f"{report.name}: it tells {', '.join(sorted(strange))}, which it does not declare"
                found, there = {one for one in told.figures if one.value}, _saying(asked).figures(report.name)
                if found != there:
                    yield f"{report.name}: it tells {sorted(found ^ there, key=str)} otherwise than the channel has it"

    def _stray(self) -> Iterator[str]:
        since = SINCE + timedelta(hours=1)
        with self.asked() as asked:
            for report in self._reports:
                told = _figures(asked, report, since, UNTIL, asked.facts())
                figures = told.figures if isinstance(told, Figures) else ()
                for figure in figures:
                    if not since <= figure.since <= figure.until <= UNTIL:
                        yield f"{report.name}: asked from {since:%H:%M} on, it tells of {figure.since:%Y-%m-%d %H:%M}"

    def _unbalanced(self) -> Iterator[str]:
        if not self.offer().capabilities.tells_balances:
            return
        with self.asked() as asked:
            told, there = _balances(asked, asked.facts()), _saying(asked).balances()
            if not isinstance(told, Balances) or set(told.balances) != there:
                yield f"the channel holds {sorted(there, key=str)}, and it tells {told}"

    def _believed(self) -> Iterator[str]:
        with self.asked() as asked:
            facts = asked.facts()
            for report in self._reports:
                asked.channel.break_answer()
                if isinstance(told := _figures(asked, report, SINCE - _DAY, UNTIL + _DAY, facts), Figures):
                    yield f"{report.name}: the answer carried errors, and it tells {len(told.figures)} figures"
                asked.channel.mend()
            if self.offer().capabilities.tells_balances:
                asked.channel.break_answer()
                if isinstance(_balances(asked, facts), Balances):
                    yield "the answer carried errors, and it tells balances"
                asked.channel.mend()


def _saying(asked: Asked) -> ReportingChannel:
    if not isinstance(asked.channel, ReportingChannel):
        fail("give the fake figures() and balances(), as a ReportingChannel: the source declares reports or balances")
    return asked.channel


def _figures(
    asked: Asked, report: ChannelReport, since: datetime, until: datetime, facts: ChannelFacts
) -> Figures | Unknown:
    """An error of bridge is as good as Unknown."""
    source = asked.source()
    if not isinstance(source, ReportingSource):
        return Unknown("it is no ReportingSource")
    try:
        return source.figures(report.name, since, until, facts)
    except BridgeError as error:
        return Unknown(str(error))


def _balances(asked: Asked, facts: ChannelFacts) -> Balances | Unknown:
    source = asked.source()
    if not isinstance(source, BalanceSource):
        return Unknown("it is no BalanceSource")
    try:
        return source.balances(facts)
    except BridgeError as error:
        return Unknown(str(error))
