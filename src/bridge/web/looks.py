"""How pages look: templates, and how amounts, days and instants are written in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import jinja2
from markupsafe import Markup

from bridge.model.money import money

_COMMAND = re.compile(r" \(`bridge [^`]*`\)")


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
    made.filters |= {"money": money, "day": day, "instant": instant, "cut": cut, "counted": counted, "spaced": spaced}
    made.filters["told"] = told
    return made


def day(on: date | None) -> str:
    """Such as ``2025-03-31``; a dash for none."""
    return on.isoformat() if on else "–"


def instant(at: datetime | None) -> Markup:
    """An instant in UTC, to the minute, that machines can read too; a dash for none."""
    if at is None:
        return Markup("–")
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), f"{at:%Y-%m-%d %H:%M} UTC")


def cut(words: str, most: int) -> str:
    """The beginning of a long sentence, to a whole word."""
    return words if len(words) <= most else f"{words[:most].rsplit(' ', 1)[0]} …"


def number_of(text: str) -> int | None:
    """The whole number that somebody wrote in an address; None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else None


def counted(count: int, noun: str) -> str:
    """``1 voucher``, ``2 vouchers``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def spaced(word: str) -> str:
    """A word of ours that is written for machines: ``in_doubt`` is in doubt."""
    return word.replace("_", " ")


def told(words: str) -> Markup:
    """A sentence that the command line says too: a command in brackets is left out, and another stands as code."""
    parts = _COMMAND.sub("", words).split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(one) if place % 2 else one for place, one in enumerate(parts)
    )
