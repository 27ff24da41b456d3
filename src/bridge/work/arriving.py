"""What a person says reached the bank of a payout: foreseen first; then what stood otherwise is out, and it is kept."""

from __future__ import annotations

from datetime import date

import msgspec

from bridge.books import ForeseenArrival, check_sure
from bridge.delivery import Undo, Word
from bridge.errors import ConfigError, DocumentError
from bridge.model.arrivals import Arrival
from bridge.model.money import minor_from_text
from bridge.work.services import Services


class Meant(msgspec.Struct, frozen=True):
    """What would come of a word. undos: what of an earlier one is in the ledger, in the order in which it would go."""

    books: ForeseenArrival
    undos: tuple[Undo, ...] = ()

    @property
    def hindered(self) -> tuple[Undo, ...]:
        return tuple(one for one in self.undos if one.hindrance)


def word_of(amount: str, currency: str, on: str, fee: str) -> Arrival:
    """A word as somebody typed it. Raises: ConfigError ``arrived.amount``, ``arrived.day``."""
    try:
        minor, fee_minor = (minor_from_text(text, currency) for text in (amount, fee or "0"))
    except DocumentError as cause:
        words = f"{amount} {currency}".strip() or "nothing"
        raise ConfigError(
            f"what reached the bank: {words}",
            f"is no amount of a currency ({cause.cause})",
            "Write the amount and its currency by three letters, as '1083.20 USD'",
            code="arrived.amount",
        ) from cause
    try:
        return Arrival(currency, minor, date.fromisoformat(on), fee_minor)
    except ValueError as cause:
        raise ConfigError(
            f"what reached the bank: {amount} {currency}",
            f"{on!r} is no day" if on else "the day is missing",
            "Name the day on which the bank had it, as 2026-06-30",
            code="arrived.day",
        ) from cause


class Arriving:
    """Keeps such words."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def foresee(self, thing: str, wanted: Arrival | None, *, actor: str) -> Meant:
        """What it would come to; None takes back what was said. Writes nothing.

        Raises: ConfigError ``arrived.*`` where it cannot be so; as ``Deliverer.hindrances``.
        """
        foreseen = self._services.books.foresee_arrival(thing, wanted)
        if wanted is None and foreseen.paid.said is None:
            raise ConfigError(
                foreseen.paid.name, "nothing was said of it", "Say what reached the bank", code="arrived.unknown"
            )
        if not foreseen.sent and foreseen.paid.stands_by(wanted):
            step = "Nothing to do: it is booked by it"
            raise ConfigError(foreseen.paid.name, "that was said of it already", step, code="arrived.said")
        names = [one.voucher_id for one in foreseen.sent]
        ledger = foreseen.paid.route.ledger
        return Meant(foreseen, self._services.deliverer.hindrances(ledger, names, actor=actor) if names else ())

    def carry_out(self, meant: Meant, *, by: str, reason: str, actor: str, is_sure: bool = False) -> None:
        """Take out what stands otherwise, keep the word, and book by it; it goes out as anything else does.

        Killed: what is out is booked again as it was, and the word is said once more.
        Raises: ConfigError ``arrived.rate`` where it is odd and nobody is sure, and without a reason; as
                ``Deliverer.undo``; StaleError ``decide.stale``.
        """
        if not reason.strip():
            raise ConfigError(meant.books.paid.name, "the word has no reason", "Say what it is known from")
        if not is_sure:
            check_sure(meant.books)
        if names := [one.voucher_id for one in meant.books.sent]:
            word = Word(by, reason, is_again=True)
            self._services.deliverer.undo(meant.books.paid.route.ledger, names, word, actor=actor)
        self._services.books.say_arrived(meant.books, by=by, reason=reason)
        self._services.books.run(meant.books.paid.route.name, actor=actor)
