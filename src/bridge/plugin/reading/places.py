"""Where a reader stands, and how it refuses what cannot be read: one shape of error for every channel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from bridge.errors import DocumentError


class FactError(ValueError):
    """A fact that cannot be meant; whoever knows where it stands turns it into a refusal.

    code, cause, next_step: as of ``Place.refuse``; an empty next_step is the place's.
    """

    def __init__(self, code: str, cause: str, next_step: str = "") -> None:
        self.code, self.cause, self.next_step = code, cause, next_step
        super().__init__(cause)


class Place:
    """Where a reader stands. Called with a line's number, or words such as ``order 17``, it names that place.

    thing:     what is read: ``file orders.csv``.
    channel:   opens the code of every refusal.
    next_step: what a person does about one that names nothing better.
    """

    def __init__(self, thing: str, *, channel: str, next_step: str) -> None:
        self.thing, self.channel, self.next_step = thing, channel, next_step

    def __call__(self, at: str | int = "") -> str:
        """The thing, and where in it; 0 and empty are the thing as a whole."""
        where = f"line {at}" if at and isinstance(at, int) else at
        return f"{self.thing}, {where}" if where else self.thing

    def refuse(self, code: str, cause: str, *, at: str | int = "", next_step: str = "") -> DocumentError:
        """The error to raise.

        code:  what follows the channel's name, and stays: ``file.truncated``.
        cause: goes on from the thing: ``is cut off``. Never a value out of the file that may be a buyer's.
        """
        return DocumentError(self(at), cause, next_step or self.next_step, code=f"{self.channel}.{code}")

    def refused(self, fact: FactError, at: str | int = "") -> DocumentError:
        """The error to raise for a fact that cannot be meant, from it."""
        return self.refuse(fact.code, fact.cause, at=at, next_step=fact.next_step)

    @contextmanager
    def naming(self, at: str | int) -> Iterator[None]:
        """Turns a FactError into the refusal that says where. Raises: DocumentError."""
        try:
            yield
        except FactError as error:
            raise self.refused(error, at) from error
