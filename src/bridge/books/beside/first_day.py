"""What a person says to the first day of a route; what is said where its clearing account opens with something else."""

from __future__ import annotations

from datetime import datetime

from bridge.books.beside import before
from bridge.books.beside.before import clearing_of, opening_of
from bridge.books.beside.opening import DIFFERS, Opening, differing
from bridge.books.engine.basis import Basis, first_day_at
from bridge.errors import ConfigError
from bridge.model.connections import Route
from bridge.model.findings import FindingState, Instruction, InstructionKind
from bridge.store.api import Store, UnitOfWork


def accept(uow: UnitOfWork, route: Route, by: str, reason: str, now: datetime) -> None:
    """Save that a person accepts the items of the first day; a second word about the same day is not saved.

    Raises: ConfigError: see ``Books.accept_opening``.
    """
    if not by.strip() or not reason.strip():
        raise ConfigError(f"opening of {route.name}", "needs a name and a reason", "Say who accepts it and why")
    if now < first_day_at(route):
        cause = f"the first day, {route.first_day}, has not come: what will be there is not known"
        raise ConfigError(f"route {route.name}", cause, "Accept it on that day or later", code="opening.early")
    if before.accepted(uow, route) is not None:
        return
    opening = opening_of(uow, route)
    if opening.unexplained_minor:
        raise _unexplained(opening)
    if opening.stated_minor not in (0, opening.items_minor):
        raise differs(opening)
    uow.instructions.add(Instruction(InstructionKind.ACCEPT, route.opening_subject, by, reason, now))


def check_automatic(uow: UnitOfWork, route: Route) -> None:
    """Refuse to let a route go without review whose clearing account does not open with what was there.

    Raises: ConfigError ``opening.differs`` with both amounts.
    """
    opening = clearing_of(uow, route)
    if opening.differs:
        raise differs(opening)


def keep(store: Store, basis: Basis, actor: str, *, has_news: bool) -> None:
    """Make the finding about a route's first day what it should be. Twice: a second call writes nothing.

    has_news: a document from before that day came. Cost: without news nothing is looked at that grows, unless something
    is stated, accepted, or already found.
    """
    route = basis.route
    with store.reading() as uow:
        told = uow.findings.of_route(route.route_id, FindingState.OPEN, FindingState.ACCEPTED)
        stands = [each.finding for each in told if each.finding.code == DIFFERS]
        is_stated = bool(route.opening_minor or route.opening_items or before.accepted(uow, route))
        if not (has_news or stands or is_stated):
            return
        opening = clearing_of(uow, route)
    is_so = opening.stated_minor + opening.brought_minor == opening.items_minor
    found = [] if is_so else [differing(opening, route)]
    if stands != found:
        with store.unit(actor) as uow:
            uow.findings.settle(route.route_id, found, basis.now, prefix=DIFFERS)


def _unexplained(opening: Opening) -> ConfigError:
    amount = opening.text(opening.unexplained_minor)
    return ConfigError(
        f"route {opening.route}",
        f"the last check found {amount} on clearing account {opening.clearing} that neither `opening` nor an entry is",
        "State in `opening` what the ledger holds already, run `bridge apply` and `bridge drift`, then accept",
        code="opening.unexplained",
    )


def differs(opening: Opening) -> ConfigError:
    """The refusal where the ledger and the items say two amounts. Its next step is what is left to do."""
    opens, items = opening.text(opening.opening_minor), opening.text(opening.items_minor)
    steps = f"Run `bridge routes opening {opening.route}`"
    if opening.stated_minor or opening.unexplained_minor:
        steps += ", then correct `opening`, or state what is missing in `opening_items`, and run `bridge apply`"
    else:
        steps += " and accept them (`--accept`), or state as `opening` what the ledger holds already"
    return ConfigError(
        f"route {opening.route}",
        f"clearing account {opening.clearing} opens on {opening.first_day} with {opens}, and its items come to {items}",
        steps,
        code="opening.differs",
    )
