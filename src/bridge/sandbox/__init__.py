"""Fake systems with state, over real HTTP on loopback.

The generic half of every fake: a server, faults to order, a clock to set, limits, tokens, a log of what was asked
(without secrets), an admin door under ``/_sandbox/``, a made-up life of a shop, and what fake ledgers have in common. A
fake supplies a ``Vendor`` as a ``FakeSystem``, and offers ``create_sandbox`` through the entry-point group
``bridge.sandboxes``.
"""

from bridge.sandbox.admin import ADMIN_PREFIX, AdminDoor
from bridge.sandbox.books import Books, BookSettings, fingerprint
from bridge.sandbox.books_door import BooksDoor
from bridge.sandbox.books_running import BooksSandbox, Change, books_told
from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.contract import RunningSandbox, Sandbox
from bridge.sandbox.exact import JsonObject, encode, load, read_object
from bridge.sandbox.faults import Fault, FaultKind, Faults
from bridge.sandbox.life import Basket, Good, Happening, What, life, year_of
from bridge.sandbox.limits import Bucket, Counted, RateLimits, Window
from bridge.sandbox.messages import BadRequestError, Request, Response, html_response, json_response
from bridge.sandbox.oauth import OAuthDoor, bearer
from bridge.sandbox.operations import carry_out
from bridge.sandbox.orders import Orders
from bridge.sandbox.posting import Mail, Mailbag
from bridge.sandbox.requests_seen import RequestLog, Seen
from bridge.sandbox.routes import Routes
from bridge.sandbox.running import FakeSystem, options_told
from bridge.sandbox.server import SandboxServer, Vendor
from bridge.sandbox.shelf import Shelf
from bridge.sandbox.tampering import Tampering
from bridge.sandbox.tokens import GrantError, Pair, TokenDesk

__all__ = [
    "ADMIN_PREFIX",
    "AdminDoor",
    "BadRequestError",
    "Basket",
    "BookSettings",
    "Books",
    "BooksDoor",
    "BooksSandbox",
    "Bucket",
    "Change",
    "Counted",
    "FakeSystem",
    "Fault",
    "FaultKind",
    "Faults",
    "Good",
    "GrantError",
    "Happening",
    "JsonObject",
    "Mail",
    "Mailbag",
    "OAuthDoor",
    "Orders",
    "Pair",
    "RateLimits",
    "Request",
    "RequestLog",
    "Response",
    "Routes",
    "RunningSandbox",
    "Sandbox",
    "SandboxClock",
    "SandboxServer",
    "Seen",
    "Shelf",
    "Tampering",
    "TokenDesk",
    "Vendor",
    "What",
    "Window",
    "bearer",
    "books_told",
    "carry_out",
    "encode",
    "fingerprint",
    "html_response",
    "json_response",
    "life",
    "load",
    "options_told",
    "read_object",
    "year_of",
]
