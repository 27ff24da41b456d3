"""One drift check as a value, the three greens with their sentences, and the working paper in HTML, CSV and JSON.

``report`` is the value, ``turning`` the table of what turns a green, ``greens`` decides what it says for whoever signs,
``pages`` writes it; its templates are in
``page``.
"""

from bridge.drift.explaining import Clearing
from bridge.drift.report.greens import Green, OwnReport
from bridge.drift.report.report import Beside, Report, Shared, shared_accounts
from bridge.drift.report.turning import GRAVITY, Answer, Name, in_words, kind, turns

__all__ = [
    "GRAVITY",
    "Answer",
    "Beside",
    "Clearing",
    "Green",
    "Name",
    "OwnReport",
    "Report",
    "Shared",
    "in_words",
    "kind",
    "shared_accounts",
    "turns",
]
