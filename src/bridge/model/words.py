"""What people write: how long a reason or a note may be, what can be kept, and how words from anywhere are shown."""

from __future__ import annotations

from typing import Final

from bridge.errors import ConfigError

LONGEST: Final = 2_000
"""Letters of a reason, a note, or whatever else a person says beside a decision."""
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"
# What is obeyed instead of shown: control characters but a tab and the end of a line, and turns of the direction of
# writing.
OBEYED: Final = frozenset(
    map(chr, (*(set(range(0x20)) - {0x09, 0x0A}), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
)
_SHOWN: Final = str.maketrans(dict.fromkeys(OBEYED, REPLACEMENT))


def check(what: str, text: str) -> None:
    """Raises: ConfigError ``words.too_long``; ``words.unkept`` for letters that no database takes.

    Wherever it was written: on a page, in a terminal, in a file, by a program. The store asks it of whatever it keeps.
    """
    if len(text) > LONGEST:
        raise ConfigError(
            what,
            f"has {len(text):,} letters, and {LONGEST:,} are allowed",
            "Write it shorter, and what is long somewhere else",
            code="words.too_long",
        )
    if "\0" in text or not _is_text(text):
        raise ConfigError(
            what, "holds a zero byte, or is not in UTF-8", "Write it with letters alone", code="words.unkept"
        )


def check_said(by: str, reason: str) -> None:
    """The same of who said something, and why."""
    check("the name of who says it", by)
    check("the reason", reason)


def shown(text: str) -> str:
    """As any terminal, page or table may show it: what would be obeyed there is seen to stand there."""
    return text if text.isprintable() else text.replace("\r\n", "\n").translate(_SHOWN)


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
