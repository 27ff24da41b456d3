"""What the kit asks of an author's fake ledger: the sink that is connected to it, and what the world does to it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import date

from bridge.plugin import Sink


class FakeLedger(ABC):
    """A fake of the ledger that is running, with books of its own. Subclass it over the plugin's sandbox.

    Faults strike what comes next: the next write, or every read from now on. Accounts are given by the ledger's id.
    """

    @property
    @abstractmethod
    def sink(self) -> Sink:
        """A sink that is connected to it and let in."""

    @abstractmethod
    def count(self) -> int:
        """How many objects stand in the books, of every type that the sink writes."""

    @abstractmethod
    def lose_the_next_answer(self) -> None:
        """The next write is carried out, and its answer never arrives."""

    @abstractmethod
    def refuse_the_next_write(self) -> None:
        """The next write is refused for good, as for an account that is not there: the same body always would be."""

    @abstractmethod
    def throttle_the_next_write(self, seconds: int) -> None:
        """The next write is not carried out; the ledger asks for patience for so many seconds."""

    @abstractmethod
    def revoke(self) -> None:
        """The connection is let in no more, for reads and for writes."""

    @abstractmethod
    def fall_silent(self) -> None:
        """Reads are no longer answered."""

    def refuse_to_show(self) -> str:
        """One kind of object that the sink reads and does not write may no longer be read; its name, as of ``Unread``.

        Empty where this ledger refuses no single kind: all is read, or nothing.
        """
        return ""

    @abstractmethod
    def add_foreign(self, on: date, debit: str, credit: str, amount_minor: int) -> None:
        """Somebody else books an amount, in the company's own currency, from one account to another."""

    @abstractmethod
    def edit(self, kind: str, ref: str) -> None:
        """A person changes an object, given by the ledger's type and id of it: its words are enough."""

    @abstractmethod
    def delete(self, kind: str, ref: str) -> None:
        """A person deletes an object, given by the ledger's type and id of it."""
