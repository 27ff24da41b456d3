"""HTTP for plugins' authors and the host: one hardened session, limits, safe repeats, and what a failure means.

The host makes one ``HostSession`` a connection and lends it through ``Context.session()``; a plugin sends what it
likes through it, or hands it to a vendor's library. ``failure_of`` says what a lost call means, ``safely`` repeats
what only reads, ``Budget`` keeps a vendor's limits, ``address`` and ``excerpt`` make far sides' words fit to print.
"""

from bridge.transport.failures import ResponseTooLargeError, failure_of
from bridge.transport.limits import Budget
from bridge.transport.redact import address, excerpt
from bridge.transport.retry import safely
from bridge.transport.session import HostSession, is_loopback

__all__ = [
    "Budget",
    "HostSession",
    "ResponseTooLargeError",
    "address",
    "excerpt",
    "failure_of",
    "is_loopback",
    "safely",
]
