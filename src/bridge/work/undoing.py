"""Taking what somebody names out of its ledger: foreseen first, then done to exactly what was foreseen."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from bridge.delivery import Undo, Word
from bridge.errors import ConfigError
from bridge.model.deliveries import NOT_SENT, Delivery
from bridge.work.services import Services


class Foreseen(msgspec.Struct, frozen=True):
    """What would come of it. undos: what stands in the ledger, in the order in which it would go."""

    thing: str
    ledger: str
    vouchers: tuple[Delivery, ...]
    undos: tuple[Undo, ...]

    @property
    def waiting(self) -> tuple[Delivery, ...]:
        """What of it is not sent yet: withdrawn by the same word, unless all is to be booked again."""
        return tuple(one for one in self.vouchers if one.state in NOT_SENT)

    @property
    def hindered(self) -> tuple[Undo, ...]:
        return tuple(one for one in self.undos if one.hindrance)

    @property
    def names(self) -> frozenset[str]:
        """The vouchers that it is about."""
        return frozenset(one.delivery.voucher_id for one in self.undos) | {one.voucher_id for one in self.waiting}

    @property
    def nothing(self) -> ConfigError:
        """That nothing of it is in the ledger."""
        states = ", ".join(sorted({str(one.state).replace("_", " ") for one in self.vouchers}))
        return ConfigError(
            f"undo {self.thing}",
            f"nothing of it is in the ledger: its vouchers are {states}",
            "What is not sent yet is withdrawn, and what was undone booked again, by `bridge decide THING withdraw` or "
            "`book_again`",
            code="undo.nothing",
        )


class TakingOut:
    """Has what somebody names taken out."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def foresee(self, thing: str, *, actor: str) -> Foreseen:
        """What taking a settlement, payout, day, order or voucher out would do, as its ledger stands. Writes nothing.

        Raises: ConfigError where it is unknown, or in more than one ledger; as ``Deliverer.hindrances``.
        """
        meant = self._services.books.meant(thing)
        ledger = _ledger(thing, meant)
        undos = self._services.deliverer.hindrances(ledger, [one.voucher_id for one in meant], actor=actor)
        return Foreseen(thing, ledger, meant, undos)

    def carry_out(self, foreseen: Foreseen, word: Word, *, actor: str) -> tuple[Delivery, ...]:
        """Do it, on a person's word; returns what was taken out.

        Raises: ConfigError without a reason, and ``undo.nothing``; as ``Deliverer.undo``, which looks once more.
        """
        if not word.reason.strip():
            raise ConfigError("undo", "has no reason", "Say why; it is kept in the audit log")
        if not foreseen.undos and (word.is_again or not foreseen.waiting):
            raise foreseen.nothing
        names = [one.voucher_id for one in foreseen.vouchers]
        return self._services.deliverer.undo(foreseen.ledger, names, word, actor=actor)


def _ledger(thing: str, meant: Sequence[Delivery]) -> str:
    ledgers = sorted({one.ledger for one in meant})
    if len(ledgers) != 1:
        raise ConfigError(f"undo {thing}", f"means vouchers of {', '.join(ledgers) or 'no ledger'}", "Name one voucher")
    return ledgers[0]
