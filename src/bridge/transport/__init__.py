"""HTTP for plugins' authors and the host: one hardened session, limits, safe repeats, and what a failure means.

The host makes one ``HostSession`` a connection and lends it through ``Context.session()``; a plugin sends what it
likes through it, or hands it to a vendor's library. ``failure_of`` says what a lost call means, ``safely`` repeats
what only reads, ``Budget`` keeps a vendor's limits, ``address`` and ``excerpt`` make far sides' words fit to print,
``encode`` and ``decode`` keep numbers exact, ``Reach`` keeps calls out of the operator's own network.
"""

from bridge.transport.exact import Body, Json, decode, encode
from bridge.transport.failures import ResponseTooLargeError, failure_of
from bridge.transport.limits import Budget
from bridge.transport.reach import Reach, place_of
from bridge.transport.redact import address, excerpt
from bridge.transport.retry import safely, seconds_asked
from bridge.transport.session import HostSession, is_loopback

__all__ = [
    "Body",
    "Budget",
    "HostSession",
    "Json",
    "Reach",
    "ResponseTooLargeError",
    "address",
    "decode",
    "encode",
    "excerpt",
    "failure_of",
    "is_loopback",
    "place_of",
    "safely",
    "seconds_asked",
]
