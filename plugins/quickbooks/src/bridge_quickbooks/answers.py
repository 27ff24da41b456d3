"""Pure: how an answer of QuickBooks is taken apart. Numbers are exact; what is not there is not guessed."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from bridge.errors import DocumentError, PluginError

# What a field of a wrong shape, an impossible date or an amount that is no money raises.
UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, DocumentError)


def unreadable(what: str, cause: str) -> PluginError:
    """The error for an answer that does not say what it must."""
    return PluginError(
        f"QuickBooks, {what}", cause, "Try again; if it lasts, report it with the log line", code="quickbooks.answer"
    )


def reference(value: object) -> str:
    """The id a reference points at, or empty."""
    return text_of(value.get("value")) if isinstance(value, Mapping) else ""


def text_of(value: object) -> str:
    """A field as text, empty where it is missing or null."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def decimal_of(value: object) -> Decimal:
    """A number, exactly; nothing there is zero."""
    return Decimal(str(value or 0))
