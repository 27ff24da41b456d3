"""The conformance kit: what an author's tests subclass, once a plugin. Nothing that runs imports it.

``SourceConformance`` and ``SinkConformance`` test exactly what a plugin declares, money first. An author subclasses
one, gives its offer and some samples (or a fake ledger), and runs pytest; what a channel has nothing of is left out by
name and with a reason. It needs the extra ``bridge-host[testing]``.
"""

from bridge.testing.bench import Bench, StillClock
from bridge.testing.sinks import FakeLedger, SinkConformance
from bridge.testing.sources import Expected, SampleFile, SourceConformance

__all__ = [
    "Bench",
    "Expected",
    "FakeLedger",
    "SampleFile",
    "SinkConformance",
    "SourceConformance",
    "StillClock",
]
