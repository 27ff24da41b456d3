"""The kit for sources, for now over the files they read.

``SourceConformance`` is every check there is, in files by theme; ``bench.py`` is what an author gives.
"""

from bridge.testing.sources.buyers import BuyerChecks
from bridge.testing.sources.documents import DocumentChecks
from bridge.testing.sources.joins import JoinChecks
from bridge.testing.sources.money import MoneyChecks
from bridge.testing.sources.orders import OrderChecks
from bridge.testing.sources.reading import ReadDocument, Reading
from bridge.testing.sources.repeats import RepeatChecks
from bridge.testing.sources.samples import Expected, SampleFile


class SourceConformance(MoneyChecks, OrderChecks, DocumentChecks, RepeatChecks, JoinChecks, BuyerChecks):
    """Subclass it once, as ``class TestAcme(SourceConformance)``, and give what is asked for."""


__all__ = ["Expected", "ReadDocument", "Reading", "SampleFile", "SourceConformance"]
