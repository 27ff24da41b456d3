"""What the command line says, as a page says it: a command that a page has a place for is named by that place. Pure."""

from __future__ import annotations

import re
from typing import Final

_ASIDE: Final = re.compile(r" \(`bridge [^`]*`\)")
_PLACES: Final = (
    (r"(?:run )?`bridge decide \S+ (\w+)[^`]*`, then `bridge sync`", r"decide “\1”; the next sync carries it out"),
    (r"(?:run )?`bridge decide \S+ (\w+)[^`]*`", r"decide “\1”"),
    (r"\bthe next `bridge (sync|drift)[^`]*`", r"the next \1"),
    (r"`bridge sync[^`]*`", "a sync"),
    (r"`bridge deliver[^`]*`", "a delivery"),
    (r"(run|then) `bridge drift[^`]*`", r"\1 a check"),
    (r"`bridge drift[^`]*`", "the drift review"),
    (r"`bridge held[^`]*`", "“What waits”"),
    (r"`bridge preview[^`]*`", "“Preview”"),
    (r"`bridge explain[^`]*`", "“Find”"),
    (r"`bridge routes`", "“Overview”"),
    (r"`bridge undo[^`]*`", "“Undo”"),
    (r"run `bridge connections authorize[^`]*`", "let bridge in again on the connection's page"),
    (r"run `bridge (?:connections )?resume[^`]*`", "resume the connection on its page"),
    (r"run `bridge pilot[^`]*`", "open the route's pilot"),
    (r"run `bridge accounts (?:create|missing)[^`]*`", "open what its ledger's connection lacks"),
)
_RULES: Final = tuple((re.compile(pattern, re.IGNORECASE), words) for pattern, words in _PLACES)


def on_a_page(words: str) -> str:
    """A sentence of the command line for a page; what only an operator does stays a command in backquotes."""
    words = _ASIDE.sub("", words)
    for pattern, instead in _RULES:
        words = pattern.sub(lambda found, instead=instead: _as_there(found, found.expand(instead)), words)  # type: ignore[misc]
    return words


def sentence(words: str) -> str:
    """A phrase as one: it begins with a capital, and ends with a full stop."""
    words = words.strip()
    begun = words if words[:1] == "`" else words[:1].upper() + words[1:]
    return begun if not begun or begun.endswith((".", "?", "!")) else f"{begun}."


def _as_there(found: re.Match[str], words: str) -> str:
    """With a capital where there was one."""
    return words[:1].upper() + words[1:] if found[0][:1].isupper() else words
