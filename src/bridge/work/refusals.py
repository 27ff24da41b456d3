"""Why a piece of the work is not begun, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from bridge.errors import ConfigError


def no_route(channels: Sequence[str]) -> ConfigError:
    """There is nothing to work on. channels: those that are connected."""
    next_step = (
        "Where the settings file declares one: `bridge apply`. "
        "Else connect a channel and name its ledger: `bridge connections add --help`"
    )
    if channels:
        table = f'[routes.NAME] with source = "{channels[0]}" and its ledger'
        next_step = f"Write {table} in the settings file, then run `bridge apply`"
    return ConfigError(
        "routes",
        "there is none, so nothing is read, booked or sent",
        next_step,
        code="route.none",
    )


def not_asked(*names: str) -> ConfigError:
    """These channels are not asked: files of them are read."""
    one = names[0] if len(names) == 1 else "NAME"
    return ConfigError(
        f"connection{'s' if len(names) > 1 else ''} {', '.join(names)}",
        "not asked: bridge has no key there, and reads files",
        f"Give it one: `bridge connections add {one}`; files: `bridge import`",
        code="backfill.not_asked",
    )


def ended(route: str) -> ConfigError:
    """A route was named that has ended."""
    return ConfigError(
        f"route {route}",
        "has ended, so nothing is read, booked or sent on it",
        f"Take ended = true out of [routes.{route}], and run `bridge apply`",
        code="route.ended",
    )
