"""Finds where a ledger no longer says what we told it, and explains every account of the balance sheet that we touch.

``Drift.check`` reads a route's ledger back, compares it with what was delivered and with what the channel says, saves
the findings and returns a ``Report``. ``check`` reads until entries and balances are of one moment. The pure files
decide: ``chart`` (which accounts are meant), ``sharing`` (which routes post there), ``classify`` (what happened to our
objects), ``strangers`` (what others put there), ``stake`` (the amount that matters), ``unfinished`` and ``waiting``
(what never arrived, and what rightly waits), ``clearing`` and ``setoff`` (why money stands in a clearing account),
``rollforward`` and ``wrongside`` (the other accounts), ``tieout`` (each settlement, payout and day three ways),
``greens``, ``report``. ``compare`` and ``explaining`` read the store for them: ``told`` (what we told the ledger),
``gathered`` (what the channel's documents say), ``moves`` (what the ledger says now), ``legs`` (ours on one account).

Others use ``Drift`` and ``Report``; ``bridge.drift.pages`` turns reports into HTML, CSV and JSON.
"""

from bridge.drift.report import Report
from bridge.drift.service import Drift

__all__ = ["Drift", "Report"]
