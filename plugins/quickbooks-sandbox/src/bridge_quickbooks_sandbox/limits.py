"""The limits of the real service.

500 calls a minute, 10 a second and 10 under way per company; 40 batches and 800 items a minute. Of a second's calls and
those under way older pages tell one, newer ones the other; whoever keeps to both is safe.
"""

from bridge.sandbox import RateLimits, SandboxClock, Window
from bridge_quickbooks_sandbox.refusals import RefusalError

__all__ = ["rate_limits", "throttled"]


def rate_limits(clock: SandboxClock, *, is_on: bool) -> RateLimits:
    """Make the limits."""
    batches = {"batches": Window(40, 60), "items": Window(800, 60)}
    limits = RateLimits(clock, is_on=is_on, calls=Window(500, 60), at_once=Window(10, 1), **batches)
    limits.most_under_way = 10
    return limits


def throttled() -> RefusalError:
    """Give the refusal of a throttled request."""
    detail = "The request limit was reached.  Try again later"
    return RefusalError("3001", detail, status=429, kind="SERVICE")
