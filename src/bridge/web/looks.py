"""How pages look: templates, and how amounts, days and instants are written in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup, escape

from bridge.model.money import money
from bridge.model.vouchers import Voucher
from bridge.model.words import LONGEST, shown
from bridge.web.leading import leading

_BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
_SYSTEMS = ("iPhone", "iPad", "Android", "Windows", "Mac", "Linux")


def render(template: str, values: Mapping[str, Any]) -> str:
    """A template with these values; whatever is not a template's own text is escaped."""
    return _templates().get_template(template).render(values)


@cache
def _templates() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("bridge.web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_unturned,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {"money": money, "day": day, "instant": instant, "cut": cut, "counted": counted, "spaced": spaced}
    made.filters |= {"browser": browser, "figure": figure, "pairs": pairs, "told": told, "plainly": plainly}
    made.globals["longest"] = LONGEST
    made.filters |= {"sentence": sentence, "purpose": purpose, "linked": linked}
    return made


def _unturned(value: Any) -> Any:
    """Every value, before it is escaped: what reads otherwise than it is written would be decided about as it reads."""
    return shown(value) if type(value) is str else value


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
    return word.replace("_", " ").replace(".", " ")


@jinja2.pass_context
def told(context: Context, words: str, route: str = "") -> Markup:
    """A sentence that the command line says too, leading to pages. route: which it is about; else that of the page."""
    asked = context.get("asked")
    if not asked:
        return leading(words, None)
    return leading(words, asked.url, route or asked.request.path_params.get("route", ""))


def sentence(words: str) -> str:
    """A phrase as a sentence: it begins with a capital, and ends with a full stop."""
    words = words.strip()
    begun = words[:1].upper() + words[1:]
    return begun if not begun or begun.endswith((".", "?", "!")) else f"{begun}."


def plainly(words: str) -> Markup:
    """The same where no link has a place."""
    return leading(words, None)


def linked(words: Markup, ways: Iterable[tuple[str, str]]) -> Markup:
    """A sentence in which each of these phrases leads to its address; those that it does not hold follow it."""
    text, left = str(words), []
    for way, phrase in ways:
        link = Markup('<a href="{}">{}</a>').format(way, phrase)
        before, found, after = text.partition(escape(phrase))
        text = f"{before}{link}{after}" if found else text
        left += [] if found else [link]
    also = Markup(" Also: {}").format(Markup(", ").join(left)) if left else ""
    return Markup(text) + also  # noqa: S704  # parts of what was escaped


def purpose(voucher: Voucher) -> str:
    """What a voucher is for, in the words that its ledger shows, without the key by which bridge finds it there."""
    return voucher.memo.replace(voucher.key, "").strip(" ·")


def browser(words: str) -> str:
    """What a browser calls itself, as people do, such as ``Chrome on Linux``; else its own words."""
    name = next((title for word, title in _BROWSERS.items() if f"{word}/" in words), "")
    system = next((word for word in _SYSTEMS if word in words), "")
    return f"{name} on {system}" if name and system else cut(words, 60) or "unknown"
