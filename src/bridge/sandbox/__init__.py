"""Fake systems with state, over real HTTP on loopback.

The generic half of every sandbox: a server with keep-alive, faults to order, a clock to set, a log of
what was asked (without secrets) and an admin door under ``/_sandbox/``. A plugin supplies a ``Vendor`` that
keeps the books, and offers ``create_sandbox`` through the entry-point group ``bridge.sandboxes`` (see
``Sandbox``).
"""

from bridge.sandbox.admin import ADMIN_PREFIX
from bridge.sandbox.clock import SandboxClock
from bridge.sandbox.contract import RunningSandbox, Sandbox
from bridge.sandbox.faults import Fault, FaultKind, Faults
from bridge.sandbox.messages import BadRequestError, Request, Response, html_response, json_response
from bridge.sandbox.oauth import OAuthDoor, bearer
from bridge.sandbox.operations import carry_out
from bridge.sandbox.requests_seen import RequestLog, Seen
from bridge.sandbox.routes import Routes
from bridge.sandbox.server import SandboxServer, Vendor
from bridge.sandbox.shelf import Shelf
from bridge.sandbox.tokens import Grant, GrantError, Pair, TokenDesk

__all__ = [
    "ADMIN_PREFIX",
    "BadRequestError",
    "Fault",
    "FaultKind",
    "Faults",
    "Grant",
    "GrantError",
    "OAuthDoor",
    "Pair",
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
    "TokenDesk",
    "Vendor",
    "bearer",
    "carry_out",
    "html_response",
    "json_response",
]
