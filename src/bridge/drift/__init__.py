"""Finds where a ledger no longer says what we told it, and explains every open cent of the clearing accounts.

``Drift.check`` reads a route's ledger back, compares it with what was delivered and with what the channel says, saves
the findings and returns a ``Report``. The pure files decide: ``chart`` (which accounts are meant), ``classify`` (what
happened to our objects), ``strangers`` (what others put there), ``unfinished`` and ``waiting`` (what never arrived, and
what rightly waits), ``clearing`` and ``setoff`` (why money stands in an account), ``tieout`` (each settlement, payout
and day three ways), ``report``. ``compare`` reads the store for them: ``told`` (what we told the ledger), ``gathered``
(what the channel's documents say), ``moves`` (what the ledger says now), ``legs`` (ours on one account).

Others use ``Drift`` and ``Report``; ``bridge.drift.report`` turns reports into HTML, CSV and JSON.
"""

from bridge.drift.report import Report
from bridge.drift.service import Drift

__all__ = ["Drift", "Report"]
