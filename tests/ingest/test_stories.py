"""Whatever happens to a shop while it is pulled, and however often a pull dies: what is called complete is.

Stories come from a seed: sales, edits, refunds and deletions between any two answers, word sent of them late, twice or
never, pages of any size, answers that carry errors, jobs that take their time.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime

import pytest

from bridge.errors import UnavailableError
from bridge.model.channel import complete_through
from bridge.store.api import KeptDocument
from tests.fakes.clock import FakeClock
from tests.fakes.stores import MakeOrganisation
from tests.pulled.world import CONNECTION, NOON, World

Name = tuple[str, str]
"""Kind and id of a document."""


class Story:
    """What happens to a shop, and how it is pulled meanwhile."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.shop, self.chance = world, world.shop, random.Random(seed)
        self.placed = 0
        self.untold: list[Name] = []
        self.shop.on_answer = self.between_answers

    def happen(self) -> None:
        amount, names = self.chance.randrange(100, 9_999), sorted(self.shop.orders)
        what = self.chance.choice(("sell", "sell", "edit", "refund", "refund", "delete", "take back"))
        if what == "sell" or not names:
            self.placed += 1
            self.shop.sell(f"o{self.placed}", amount, paid=self.chance.random() < 0.6)
            self.untold.append(("order", f"o{self.placed}"))
            return
        order = self.shop.orders[self.chance.choice(names)]
        match what:
            case "edit":
                self.shop.edit(order.id, amount)
                self.untold.append(("order", order.id))
            case "refund":
                back = self.shop.refund(order.id, amount // 100, repaid=self.chance.random() < 0.5)
                self.untold.append(("refund", back))
            case "delete":
                del self.shop.orders[order.id]
            case "take back" if order.refunds:
                order.refunds.pop(self.chance.randrange(len(order.refunds)))
                order.changed_at = self.shop.clock.now()

    def between_answers(self, _number: int) -> None:
        self.world.clock.advance(1)
        if self.chance.random() < 0.25:
            self.happen()

    def go_on(self) -> None:
        """Some time goes by, word is sent, and a pull comes to its end, or not."""
        for _ in range(self.chance.randrange(4)):
            self.world.clock.advance(self.chance.randrange(1, 4_000))
            self.happen()
        for kind, name in self.untold:
            for _ in range(self.chance.randrange(3)):
                self.world.note(kind, name)
        self.untold = []
        self.shop.page_size = self.chance.randrange(1, 5)
        self.shop.breaks_at = self.shop.answers + self.chance.randrange(1, 60)
        dies_at = self.chance.randrange(60) if self.chance.random() < 0.4 else 10_000
        with suppress(UnavailableError):
            self.world.pull_mortally(dies_at)
        if self.chance.random() < 0.7:
            self.shop.finish_jobs()

    def end(self) -> None:
        """Nothing happens any more, and all that is asked is answered."""
        self.shop.on_answer, self.shop.breaks_at = (lambda _number: None), 0
        for _ in range(6):
            self.world.pull(after_seconds=7_200)
            self.shop.finish_jobs()

    def shown(self, until: datetime | None = None) -> dict[Name, int]:
        """What the shop shows of orders, with their refunds: of those changed before then, where that is given."""
        found: dict[Name, int] = {}
        for order in self.shop.orders.values():
            if until is None or order.changed_at < until:
                backs = {("refund", back.id): -back.minor for back in order.refunds}
                found |= {("order", order.id): order.total, **backs}
        return found


@contextmanager
def story(organisations: MakeOrganisation, seed: int) -> Iterator[Story]:
    clock = FakeClock(NOON)
    made = World(organisations(clock), clock)
    try:
        yield Story(made, seed)
    finally:
        made.server.stop()
    assert not made.server.crashes


def here(world: World) -> Mapping[Name, KeptDocument]:
    with world.store.reading() as unit:
        every = tuple(unit.documents.of_connection(CONNECTION.connection_id))
    return {(one.document.identity.kind, one.document.identity.external_id): one for one in every}


def free(world: World) -> dict[Name, int]:
    """What is to be booked, by what it comes to."""
    return {name: kept.document.total_minor for name, kept in here(world).items() if not kept.reason}


@pytest.mark.parametrize("seed", range(6))
def test_what_is_called_complete_is_and_what_is_gone_is_told(organisations: MakeOrganisation, seed: int) -> None:
    """F20."""
    with story(organisations, seed) as told:
        world = told.world
        for _ in range(14):
            told.go_on()
            through = complete_through(world.closed("orders"))
            shown = told.shown(through) if through is not None else {}
            assert shown.items() <= free(world).items()
        told.end()

        shown, booked = told.shown(), free(world)
        assert shown.items() <= booked.items()
        subjects = " ".join(kept.finding.subject for kept in world.kept_findings())
        for name in booked.keys() - shown.keys():
            document = here(world)[name].document
            order = here(world)["order", document.order_id].document
            assert {document.document_id, order.document_id} & set(subjects.replace("#", " ").split()), name
