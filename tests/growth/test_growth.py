"""What is done every day costs what waits, not what was: four times the history, the same work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from bridge.cli.explain import explain
from bridge.cli.held import held
from tests.growth.past import TODAY, Past, order, refund
from tests.growth.work import Work, work_of
from tests.store.planned import DEAR_ROWS

ORDERS = 60
NEWER = 90_000
STORIES: dict[str, Callable[[Past], object]] = {
    "sync with nothing new": Past.sync,
    "sync with one new order": lambda past: past.sync(order(NEWER, TODAY)),
    "sync with one refund of an old order": lambda past: past.sync(refund(past.orders // 2, TODAY)),
    "preview": Past.preview,
    "held": lambda past: past.command(held),
    "explain an order": lambda past: past.command(explain, f"#{past.orders // 2}"),
    "explain a payout": lambda past: past.command(explain, "p3"),
}


def test_a_day_costs_what_waits_and_not_what_was(own_url: str, tmp_path: Path) -> None:
    """Statements are as many; what they touch grows by the depth of an index at most."""
    as_if_large(own_url)
    small, large = (told(own_url, tmp_path / f"{many}", many * ORDERS) for many in (1, 4))

    grown = {
        story: (small[story], large[story])
        for story in STORIES
        if large[story].statements != small[story].statements or large[story].touched > small[story].touched * 1.1 + 20
    }
    assert not grown


def told(url: str, folder: Path, orders: int) -> dict[str, Work]:
    """What each story costs a merchant of so many orders, who shares the database with those before."""
    past = Past(url, folder, orders)
    tidy_up(url)
    return {name: work_of(url, partial(story, past)) for name, story in STORIES.items()}


def as_if_large(url: str) -> None:
    """Let PostgreSQL plan as it does where tables are large; of SQLite's planner this is known already."""
    if not url.startswith("sqlite"):
        settings = [f"ALTER DATABASE {{name}} SET {setting} = {cost}" for setting, cost in DEAR_ROWS.items()]
        name = sa.make_url(url).database
        _outside_a_transaction(url, [setting.format(name=name) for setting in settings])


def tidy_up(url: str) -> None:
    """PostgreSQL does so by itself, in time, and clears away what rows left behind in indices."""
    if not url.startswith("sqlite"):
        _outside_a_transaction(url, ["VACUUM ANALYZE"])


def _outside_a_transaction(url: str, statements: list[str]) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
