"""Small facts: what is worked out once, what can be meant, what can be shown."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from typing import Final, TypeVar

from bridge.plugin.reading.places import FactError

K = TypeVar("K")
V = TypeVar("V")
_MOST: Final = 1 << 14
_FIRST_YEAR, _LAST_YEAR = 1990, 2200


class Once(dict[K, V], ABC):
    """Works out each distinct key once: ``amounts["24.00"]``. Bounded: it forgets all where a file has too many."""

    @abstractmethod
    def work(self, key: K) -> V:
        """What a key comes to. Raises: FactError, as whoever asks expects."""

    def __missing__(self, key: K) -> V:
        value = self.work(key)
        if len(self) >= _MOST:
            self.clear()
        self[key] = value
        return value


def check_year(at: datetime, code: str = "file.dates") -> datetime:
    """The instant itself. Raises: FactError for one that no business was done at."""
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:
        raise FactError(code, f"has a date in the year {at.year}, not between {_FIRST_YEAR} and {_LAST_YEAR}")
    return at


def printable(text: str) -> str:
    """The text, with a question mark for whatever cannot be printed."""
    return text if text.isprintable() else "".join(letter if letter.isprintable() else "?" for letter in text)
