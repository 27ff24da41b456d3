"""How pages look: templates, and how amounts, days and instants are written in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from bridge.model.money import money


def render(template: str, values: Mapping[str, Any]) -> str:
    """A template with these values; whatever is not a template's own text is escaped."""
    return _templates().get_template(template).render(values)


@cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("bridge.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"money": money, "figure": figure, "day": day, "instant": instant, "pairs": pairs}
    return made


def figure(minor: int, currency: str) -> str:
    """An amount without its currency, which stands beside: ``1,234.50``."""
    return money(minor, currency).removesuffix(currency).rstrip()


def pairs(words: Iterable[str]) -> list[tuple[str, str]]:
    """What is chosen by its own name."""
    return [(word, word) for word in words]


def day(on: date | None) -> str:
    """Such as ``2025-03-31``; a dash for none."""
    return on.isoformat() if on else "–"


def instant(at: datetime | None) -> Markup:
    """An instant in UTC, to the minute, that machines can read too; a dash for none."""
    if at is None:
        return Markup("–")
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), f"{at:%Y-%m-%d %H:%M} UTC")
