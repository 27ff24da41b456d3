"""The order of the work as one story: take in, book, deliver, check. Each piece of it is a numbered run.

``Story`` does a piece: what a command asks for today, a worker tomorrow. It begins a run, takes the steps (``Steps``;
``services`` has them over the rooms below), goes on with the other parts where one fails, and saves what came of it.
Pure are ``told`` (what a run did, in numbers and causes) and ``verdict`` (how it ended); ``record`` begins, saves and
ends runs, and finds those that a dead process left. Whoever watches (``Watch``) is told as it happens, and gets the
results as values.
"""

from bridge.work.done import Checked, Delivered, Done, Filled, Imported, Kept, Synced
from bridge.work.steps import Steps
from bridge.work.story import Story
from bridge.work.verdict import Verdict
from bridge.work.watch import Unwatched, Watch

__all__ = [
    "Checked",
    "Delivered",
    "Done",
    "Filled",
    "Imported",
    "Kept",
    "Steps",
    "Story",
    "Synced",
    "Unwatched",
    "Verdict",
    "Watch",
]
