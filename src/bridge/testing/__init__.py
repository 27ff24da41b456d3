"""The conformance kit: what an author's tests subclass, once a plugin. Nothing that runs imports it.

``SourceConformance``, ``PulledConformance`` and ``SinkConformance`` test exactly what a plugin declares, money first.
An author subclasses one, gives its offer and some samples (or a fake), and runs pytest; what a channel has nothing of
is left out by name and with a reason. It needs the extra ``bridge-host[testing]``.
"""

from bridge.testing.bench import Bench, StillClock
from bridge.testing.doors import Sent
from bridge.testing.pulls import FakeChannel, KitClock, NotifyingChannel, PulledConformance, ReportingChannel
from bridge.testing.sinks import FakeLedger, SinkConformance, read_all
from bridge.testing.sources import Expected, SampleFile, SourceConformance

__all__ = [
    "Bench",
    "Expected",
    "FakeChannel",
    "FakeLedger",
    "KitClock",
    "NotifyingChannel",
    "PulledConformance",
    "ReportingChannel",
    "SampleFile",
    "Sent",
    "SinkConformance",
    "SourceConformance",
    "StillClock",
    "read_all",
]
