"""What the statements of wallets show, as people read them: kept and found by the ledger's account and the day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import msgspec

from bridge.model.periods import statement_day
from bridge.model.reports import STATEMENTS, Balance, BalanceName, Reading
from bridge.model.words import check_said
from bridge.store.api import UnitOfWork


class Statement(msgspec.Struct, frozen=True):
    """What a wallet held at the end of a day by its own statement, in minor units, and who read it."""

    on: date
    minor: int
    currency: str
    by: str


def keep_statement(unit: UnitOfWork, ledger: str, account_id: str, statement: Statement, read_at: datetime) -> None:
    """Keep it, in the place of what was said of that day before. ledger: its connection, by name."""
    check_said(statement.by, "")
    since = datetime(statement.on.year, statement.on.month, statement.on.day, tzinfo=UTC)
    until = since + timedelta(days=1)
    reading = Reading(
        connection_id=unit.connections.get(ledger).connection_id,
        report=STATEMENTS,
        span=f"{account_id} {statement.on}",
        since=since,
        until=until,
        as_of=until,
        read_at=read_at,
        balances=(Balance(BalanceName.TOTAL, statement.minor, statement.currency),),
        by=statement.by,
    )
    unit.readings.put(reading)
    unit.audit.note("statement.put", reading.span, f"{statement.minor} {statement.currency}, read by {statement.by}")


def statements(unit: UnitOfWork, ledger: str) -> Mapping[str, Statement]:
    """The statement of the latest day that is kept of each account, by its ledger id."""
    connection_id = unit.connections.get(ledger).connection_id
    found: dict[str, Statement] = {}
    for reading in unit.readings.of_report(connection_id, STATEMENTS):
        (balance,) = reading.balances
        account_id, _, _ = reading.span.rpartition(" ")
        found[account_id] = Statement(statement_day(reading.since), balance.minor, balance.currency, reading.by)
    return found
