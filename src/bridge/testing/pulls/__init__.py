"""The kit for sources that are pulled, over a fake of the channel that the plugin brings.

``PulledConformance`` is every check there is, in files by theme; ``bench.py`` and ``channel.py`` are what an
author gives.
A source that also reads files is held to ``SourceConformance`` by a class of its own.
"""

from bridge.testing.pulls.asking import AskingChecks
from bridge.testing.pulls.bench import PulledBench
from bridge.testing.pulls.channel import SINCE, UNTIL, FakeChannel, KitClock, NotifyingChannel, ReportingChannel
from bridge.testing.pulls.notices import NoticeChecks
from bridge.testing.pulls.owners import OwnerChecks
from bridge.testing.pulls.pages import PageChecks
from bridge.testing.pulls.reading import ReadingChecks
from bridge.testing.pulls.reports import ReportChecks


class PulledConformance(PageChecks, OwnerChecks, ReadingChecks, AskingChecks, ReportChecks, NoticeChecks):
    """Subclass it once, as ``class TestAcmeApi(PulledConformance)``, and give what is asked for."""


__all__ = [
    "SINCE",
    "UNTIL",
    "FakeChannel",
    "KitClock",
    "NotifyingChannel",
    "PulledBench",
    "PulledConformance",
    "ReportingChannel",
]
