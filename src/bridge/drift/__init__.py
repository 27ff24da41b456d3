"""Finds where a ledger no longer says what we told it, and explains every account of the balance sheet that we touch.

``Drift.check`` reads a route's ledger back (``copying``), compares it with what was delivered and with what the channel
says (``compare``), saves the findings and returns a ``Report``; ``check`` reads until entries and balances are of one
moment. The wings, each of which knows those before it: ``sides`` (what is set beside each other), ``comparing`` (what
differs), ``explaining`` (why money stands in an account), ``report``.

``review`` keeps the last report of each route, and says how it stands now; ``signing`` has a person sign it.

Others use ``Drift``, ``Signing``, ``Report`` and ``Statement``, what a wallet's own shows; ``bridge.drift.report``
has the parts of a report, and ``bridge.drift.report.pages`` turns reports into HTML, CSV and JSON.
"""

from bridge.drift.report import Report
from bridge.drift.review import Standing, standing
from bridge.drift.service import Drift
from bridge.drift.sides import Statement
from bridge.drift.signing import Signing, against, last_day, unproven

__all__ = ["Drift", "Report", "Signing", "Standing", "Statement", "against", "last_day", "standing", "unproven"]
