"""The kit for sinks, over a fake of the ledger that the plugin brings.

``SinkConformance`` is every check there is, in files by theme; ``bench.py`` and ``ledger.py`` are what an author gives.
"""

from bridge.testing.sinks.batching import BatchingChecks
from bridge.testing.sinks.bench import SinkBench, read_all
from bridge.testing.sinks.bodies import BodyChecks
from bridge.testing.sinks.changes import ChangesChecks
from bridge.testing.sinks.creating import CreatingChecks
from bridge.testing.sinks.facts import FactsChecks
from bridge.testing.sinks.ledger import FakeLedger
from bridge.testing.sinks.looking import LookingChecks
from bridge.testing.sinks.notices import NoticeChecks
from bridge.testing.sinks.plans import PlanChecks
from bridge.testing.sinks.sending import SendingChecks
from bridge.testing.sinks.settling import SettlingChecks
from bridge.testing.sinks.sums import SumChecks
from bridge.testing.sinks.undoing import UndoingChecks
from bridge.testing.sinks.unread import UnreadChecks


class SinkConformance(
    PlanChecks,
    BodyChecks,
    SendingChecks,
    BatchingChecks,
    LookingChecks,
    UnreadChecks,
    ChangesChecks,
    UndoingChecks,
    CreatingChecks,
    SettlingChecks,
    SumChecks,
    FactsChecks,
    NoticeChecks,
):
    """Subclass it once, as ``class TestAcme(SinkConformance)``, and give what is asked for."""


__all__ = ["FakeLedger", "SinkBench", "SinkConformance", "read_all"]
