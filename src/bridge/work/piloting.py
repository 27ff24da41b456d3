"""A route's pilot as a story: choose a few, send exactly these, read them back, keep them or take them out again.

Where it stands is what people said of vouchers, and how these stand: it can be killed anywhere, and goes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from bridge.errors import ConfigError
from bridge.model.deliveries import Delivery
from bridge.model.findings import InstructionKind
from bridge.work.services import Services, ServiceSteps

if TYPE_CHECKING:
    from bridge.books import Pilot
    from bridge.delivery import ReadBack


class Stage(msgspec.Struct, frozen=True):
    """Where a pilot stands. read: what of it is in the ledger, as it is there now. note: why sending ended early."""

    pilot: Pilot
    read: tuple[ReadBack, ...] = ()
    note: str = ""

    @property
    def waiting(self) -> tuple[Delivery, ...]:
        """What of it is not in the ledger."""
        there = {one.delivery.voucher_id for one in self.read}
        return tuple(one for one in self.pilot.vouchers if one.voucher_id not in there)

    @property
    def has_passed(self) -> bool:
        """Whether all of it is in the ledger, every field as it was sent."""
        return bool(self.read) and not self.waiting and all(one.is_same for one in self.read)


class Piloting:
    """Tries routes out."""

    def __init__(self, services: Services, steps: ServiceSteps) -> None:
        self._services, self._steps = services, steps

    def stage(self, route: str) -> Stage:
        """Where a route's pilot stands; the ledger is read where some of it is there. Changes nothing.

        Raises: ConfigError for an unknown route; AuthorizationError; UnavailableError or RateLimitedError.
        """
        pilot = self._services.books.pilot(route)
        if not pilot.vouchers:
            return Stage(pilot)
        names = [one.voucher_id for one in pilot.vouchers]
        return Stage(pilot, self._services.deliverer.read_back(pilot.route.ledger, names))

    def send(self, route: str, *, by: str, reason: str, actor: str, patience_seconds: int) -> Stage:
        """Send what tries the route out, and nothing else; what was begun before goes on.

        Twice:  sends nothing twice. Killed: whatever is under way is asked about by the next.
        Raises: ConfigError ``pilot.none`` where nothing could go; what ``stage`` raises.
        """
        books = self._services.books
        books.look_again(route, actor=actor)
        pilot = books.pilot(route)
        if not pilot.vouchers:
            names = list(dict.fromkeys(name for pick in books.picks(route) for name in pick.voucher_ids))
            if not names:
                raise _none(route)
            books.say_of_pilot(InstructionKind.PILOT, names, by=by, reason=reason)
            books.look_again(route, actor=actor)
            pilot = books.pilot(route)
        only = [one.voucher_id for one in pilot.vouchers]
        ledger = pilot.route.ledger
        report = self._steps.deliver(ledger, actor=actor, patience_seconds=patience_seconds, only=only)
        return msgspec.structs.replace(self.stage(route), note=report.note)

    def accept(self, route: str, *, by: str, reason: str) -> Stage:
        """Let the route send by itself, on a person's word, once its pilot has passed: it is read back anew first.

        Raises: ConfigError ``pilot.none`` where nothing was tried, ``pilot.not_passed``; what ``stage`` raises.
        """
        stage = self.stage(route)
        if not stage.pilot.vouchers:
            raise _none(route)
        if not stage.has_passed:
            differing = sum(not one.is_same for one in stage.read)
            raise ConfigError(
                f"pilot of {route}",
                f"has not passed: {differing} of {len(stage.read)} differ from what was sent, and "
                f"{len(stage.waiting)} are not in the ledger",
                f"See which by `bridge pilot {route}`; put it right, or take all out again: --roll-back",
                code="pilot.not_passed",
            )
        self._services.books.say_of_pilot(
            InstructionKind.ACCEPT, [stage.pilot.route.pilot_subject], by=by, reason=reason
        )
        return Stage(self._services.books.pilot(route), stage.read)

    def roll_back(self, route: str, *, by: str, reason: str, actor: str) -> Stage:
        """Take all of the pilot out of the ledger again; a route that waits for its pilot books it anew.

        Killed: before the last step the same again goes on.
        Raises: ConfigError ``pilot.none``, ``pilot.under_way``, and what ``Deliverer.undo`` raises: nothing is done.
        """
        books, deliverer = self._services.books, self._services.deliverer
        pilot = books.pilot(route)
        if not pilot.vouchers:
            raise _none(route)
        if pilot.is_under_way:
            raise ConfigError(
                f"pilot of {route}",
                "is under way: of some of it is not known yet whether it arrived",
                f"Run `bridge pilot {route} --yes`, which asks the ledger, then this again",
                code="pilot.under_way",
            )
        names = [one.voucher_id for one in pilot.vouchers]
        deliverer.undo(pilot.route.ledger, names, by=by, reason=reason, actor=actor)
        books.say_of_pilot(InstructionKind.PILOT_OVER, names, by=by, reason=reason)
        if pilot.holds or pilot.route.review:
            for name in books.taken_back(names):
                books.decide(InstructionKind.BOOK_AGAIN, name, by=by, reason=reason)
        books.look_again(route, actor=actor)
        return self.stage(route)


def _none(route: str) -> ConfigError:
    return ConfigError(
        f"pilot of {route}",
        "has nothing to try out: nothing on the route waits for it or is owed, and nothing of it was sent",
        "Bring a sale in first (`bridge import`, `bridge backfill`); what else is missing, `bridge held` says",
        code="pilot.none",
    )
