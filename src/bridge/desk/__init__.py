"""What a person sees, as read models: the command line prints them, and pages will show them.

Each is one value, read in one snapshot of the store; nothing here writes, or asks a channel or a ledger.
``what_waits`` finds all that waits, as ``Held``.
"""

from bridge.desk.held import Held, what_waits

__all__ = ["Held", "what_waits"]
