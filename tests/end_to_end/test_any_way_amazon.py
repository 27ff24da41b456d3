"""Weeks of a seller's life, read in any way at all: the same books, and the same money told as held back.

A settlement is told by two report ids, and one is issued again before it is booked; what is deferred comes free late.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.app import App
from bridge.ingest import noticed
from bridge.model.money import decimal_text, minor_from_text
from bridge.sandbox import Happening, What, life
from bridge_amazon_sandbox.seller import SETTLEMENT
from tests.end_to_end.live_seller import LiveSeller, live_seller
from tests.end_to_end.ways import WEEKS, Books, Reader, Way, ways

SALES = 12
TOTAL, AMOUNT = 4, 14
"""Columns of a settlement report."""
_NOTICE = {"notificationVersion": "2020-09-04", "notificationType": "REPORT_PROCESSING_FINISHED"}


class Selling:
    """A seller's life: each week but the first a settlement closes, is told once more, or is issued again."""

    def __init__(self, live: LiveSeller, files: int) -> None:
        self._live, self._seller, self._chance = live, live.seller, random.Random(files)
        self._sales: dict[int, str] = {}
        self._days = 0
        self.reports: list[str] = []

    def carry_out(self, happening: Happening) -> None:
        if happening.basket is not None:
            minor = sum(good.price for good in happening.basket.goods)
            days = (0, 7, 3, 20)[happening.order % 4]
            self._sales[happening.order] = self._seller.sell(decimal_text(minor, "USD"), fee="1.50", days=days)
        elif happening.what is What.PAID_OUT:
            self._days += 1
            self._close()
        elif happening.order in self._sales:
            sale = self._sales[happening.order]
            if self._seller.sales[sale].free_at > happening.at:
                self._seller.hold(sale, 9)

    def bring_files(self, app: App) -> None:
        """Some of the reports there are, in any order, as a person downloads them."""
        brought = [report for report in self.reports if self._chance.random() < 0.7]
        self._chance.shuffle(brought)
        for number, report in enumerate(brought):
            path = self._live.folder / f"downloaded-{number}.txt"
            path.write_bytes(self._seller.files[self._seller.reports[report].document])
            assert app.steps.import_file("amazon", path, actor="ann", progress=lambda _lines: None).error is None

    def _close(self) -> None:
        match self._days % 7:
            case 6:
                self.reports.append(self._seller.close())
            case 0:
                self.reports.append(self._seller.again(self.reports[-1]))
            case 1 if self._days > 7:
                self.reports.append(self._seller.settle(issued_again(self._file(self.reports[-1]))))

    def _file(self, report: str) -> bytes:
        return self._seller.files[self._seller.reports[report].document]


def issued_again(content: bytes) -> bytes:
    """A report whose last row, and so the total, is a dollar less."""
    rows = [line.split("\t") for line in content.decode().splitlines()]
    for row, column in ((rows[1], TOTAL), (rows[-1], AMOUNT)):
        row[column] = decimal_text(minor_from_text(row[column], "USD") - 100, "USD")
    return "".join("\t".join(row) + "\n" for row in rows).encode()


def _payload(report: str) -> dict[str, dict[str, str]]:
    return {"reportProcessingFinishedNotification": {"reportId": report, "reportType": SETTLEMENT}}


class Told(msgspec.Struct, frozen=True):
    """All that is booked and owed; and what was held back after each week: its id, amount, and when it came free.

    The revision of what is booked counts the contents that came before, which are others in each way.
    """

    books: Books
    held: tuple[tuple[tuple[str, int, datetime | None], ...], ...]


def amazon(seed: int, way: Way, *, page: int, files: int = 0) -> Told:
    with TemporaryDirectory() as folder, live_seller(Path(folder), page=str(page)) as live:
        since, selling = live.clock.now(), Selling(live, files)
        story = list(life(seed, SALES, since, since + timedelta(weeks=WEEKS)))
        with live.app() as app:
            reader = Reader(app, live.clock, way, "amazon")

            def hear(_happening: Happening) -> None:
                """As from the operator's own queue, whose notices nobody signs."""
                hand_on(app, selling.reports[-1:])

            reader.live(story, selling.carry_out, hear, lambda: selling.bring_files(app))
            books = reader.end()
            entries = tuple(msgspec.structs.replace(entry, revision=0) for entry in books.entries)
            return Told(
                Books(entries, books.vouchers),
                held(app, [since + timedelta(weeks=number) for number in range(1, WEEKS + 1)]),
            )


def hand_on(app: App, reports: Sequence[str]) -> None:
    """What the source makes of the notices of these reports is asked for, as of any channel's."""
    door = app.host.registry.offer("amazon").door
    assert door is not None
    bodies = [json.dumps(_NOTICE | {"payload": _payload(report)}).encode() for report in reports]
    named = [(word.kind, word.external_id) for body in bodies for word in door.read({}, body)]
    with app.store.unit("queue") as unit:
        noticed(unit, unit.connections.get("amazon").connection_id, named, app.clock.now())


def held(app: App, instants: Sequence[datetime]) -> tuple[tuple[tuple[str, int, datetime | None], ...], ...]:
    with app.store.reading() as unit:
        connection_id = unit.connections.get("amazon").connection_id
        found = [unit.pending.at(connection_id, at) for at in instants]
    return tuple(tuple((one.external_id, one.amount_minor, one.released_at) for one in some) for some in found)


@cache
def amazon_at_once(seed: int) -> Told:
    return amazon(seed, Way(), page=100)


@settings(max_examples=2, deadline=None)
@example(1, Way(pulls=(8,), deaths=(7, 30, 12, 3), again=40, has_notices=True, file=16), 5, 3)
@given(st.integers(1, 2), ways(), st.integers(3, 100), st.integers(0, 9))
def test_a_seller_account_comes_to_the_same_books_in_any_way(seed: int, way: Way, page: int, files: int) -> None:
    """F01, F05, F49, F51, D10."""
    told = amazon_at_once(seed)
    assert all(told.held)
    assert len(told.books.entries) >= WEEKS
    assert amazon(seed, way, page=page, files=files) == told
