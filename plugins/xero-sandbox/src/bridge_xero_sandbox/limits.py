"""The limits of the real service: counted always, enforced when they are switched on."""

from bridge.sandbox import Counted, RateLimits, SandboxClock, Window

__all__ = ["LARGEST_BODY", "MOST_ELEMENTS", "WINDOWS", "rate_limits", "told"]

# What one call may carry. Source: developer.xero.com, "Limits", read 2026-11. Of elements Xero advises about so many;
# nobody may come to rely on more.
MOST_ELEMENTS, LARGEST_BODY = 50, 3_500_000

WINDOWS = ("day", "minute", "appminute")
_LEFT = {"minute": "X-MinLimit-Remaining", "day": "X-DayLimit-Remaining", "appminute": "X-AppMinLimit-Remaining"}


def rate_limits(clock: SandboxClock, *, is_on: bool) -> RateLimits:
    """Make the limits of an organisation, which are counted in ``WINDOWS``; five calls may be under way."""
    windows = {"day": Window(5_000, 86_400), "minute": Window(60, 60), "appminute": Window(10_000, 60)}
    limits = RateLimits(clock, is_on=is_on, **windows)
    limits.most_under_way = 5
    return limits


def told(counted: Counted) -> dict[str, str]:
    """Give the headers that say what is left, and of a 429 why and for how long."""
    headers = {_LEFT[name]: str(left) for name, left in counted.left.items()}
    if counted.problem:
        headers |= {"X-Rate-Limit-Problem": counted.problem, "Retry-After": str(counted.wait_seconds)}
    return headers
