"""Drift, a million objects against a million: the product's tables and statements against datacompy and a raw join.

Measured: what ours and the ledger's differ in, and what is there that is not ours; each method in a process of its
          own, with its peak memory. Both sides lie in the database, as they do in life: datacompy reads them from
          there in the fastest way polars has. Loading is reported apart, and so is datacompy from Parquet files, the
          best case for it. Imports and opening are not measured.
Truth:    one object in a thousand was changed in one of seven ways when the data was made; every method must find
          exactly those, else the run fails.
Aims:     at least 3 times as fast as datacompy on SQLite, 2 times on PostgreSQL, with a twentieth of its memory.

    python benchmarks/bench_drift.py [--rows 1000000]
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import Told, in_own_process, postgres, tell

LEDGER, ORGANISATION, CLEARING = "books", "local", "80"
COMPARED = ("type", "number", "dated_on", "currency", "total_minor", "lines_hash", "is_voided")
CHANGES = ("missing", "stranger", "amount", "date", "account", "number", "voided")
AT_A_TIME = 20_000


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--rows", type=int, default=1_000_000)
    arguments.add_argument("--method", choices=sorted(METHODS), help=argparse.SUPPRESS)
    arguments.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.method:
        seconds, found = METHODS[given.method](given.given["data"], given.given["rows"])
        return tell({"seconds": seconds, "found": found})
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as folder, postgres() as (url,):
        return run(given.rows, {"sqlite": f"sqlite:///{folder}/drift.sqlite", "postgres": url, "folder": folder})


def run(rows: int, places: dict[str, str]) -> int:
    """Load, measure every method, and say how they compare."""
    for name, place in (("SQLite", places["sqlite"]), ("PostgreSQL", places["postgres"])):
        told = measure("load", place, rows)
        print(f"loaded {told['found']:,} objects into {name}: {told['found'] / told['seconds']:,.0f} objects/s")
    measure("parquet", places["folder"], rows)
    found = [show("datacompy from Parquet", measure("datacompy", places["folder"], rows))["found"]]
    for name, place in (("SQLite", places["sqlite"]), ("PostgreSQL", places["postgres"])):
        compared = show(f"datacompy from {name}", measure("datacompy", place, rows))
        raw = show(f"raw join on {name}", measure("raw", place, rows))
        ours = show(f"bridge on {name}", measure("bridge", place, rows))
        print(
            f"  {name}: {compared['seconds'] / ours['seconds']:.1f} times as fast as datacompy,"
            f" 1/{compared['megabytes'] / ours['megabytes']:.0f} of its memory,"
            f" {ours['seconds'] / raw['seconds']:.2f} times the raw join"
        )
        found += [compared["found"], raw["found"], ours["found"]]
    is_right = set(found) == {expected(rows)}
    print("every method found exactly what was changed" if is_right else f"A METHOD FOUND SOMETHING ELSE: {found}")
    return 0 if is_right else 1


def show(name: str, told: Told) -> Told:
    print(f"{name:34s} {told['seconds']:7.2f} s {told['megabytes']:7.0f} MB  {told['found']:,.0f} found")
    return told


def measure(method: str, data: str, rows: int) -> Told:
    return in_own_process(__file__, method, data=data, rows=rows)


# The data: made from its number alone, so that it is the same everywhere and nobody needs all of it at once.


def change_of(number: int) -> str:
    return CHANGES[number // 1000 % len(CHANGES)] if number % 1000 == 500 else ""


def expected(rows: int) -> int:
    """How many differences and strangers there are: an object that is not there under its own ref is both."""
    changes = [change_of(number) for number in range(500, rows, 1000)]
    return len(changes) + changes.count("stranger")


def copies(rows: int, *, is_ledger: bool) -> Iterator[Any]:
    """Ours, or the ledger's with its changes, each side in an order of its own, as they come from an API."""
    from bridge.model.vouchers import LedgerCopy, LedgerLine

    step = 15_485_863 if is_ledger else 32_452_843
    for place in range(rows):
        number = place * step % rows
        change = change_of(number) if is_ledger else ""
        if change == "missing":
            continue
        amount = 500 + number * 7919 % 200_000 + (change == "amount")
        yield LedgerCopy(
            ref=f"{5_000_000_000 + number * 7}" + ("x" if change == "stranger" else ""),
            type="JournalEntry",
            number=f"AMZ-{number}" + ("A" if change == "number" else ""),
            dated_on=date(2026, 1, 1) + timedelta(days=number * 365 // rows + (change == "date")),
            currency=("USD", "USD", "EUR", "CAD")[number % 4],
            lines=(LedgerLine("81" if change == "account" else "79", -amount), LedgerLine(CLEARING, amount)),
            memo=f"Amazon settlement {number}",
            key=f"brk_{number:020d}",
            is_voided=change == "voided",
        )


def load(url: str, rows: int) -> tuple[float, int]:
    """Through the product's own bulk inserts; then what the server would do by itself within the minute."""
    from bridge.clock import SystemClock
    from bridge.store.sql import migrate, objects, tables
    from bridge.store.sql.dialect import dialect_of
    from bridge.store.sql.work import Work

    migrate(url)
    dialect = dialect_of(url)
    engine = dialect.engine()
    seconds = 0.0
    for is_ledger, head, line in (
        (False, tables.baseline, tables.baseline_line),
        (True, tables.ledger_copy, tables.ledger_copy_line),
    ):
        every = copies(rows, is_ledger=is_ledger)
        with dialect.transaction(engine, is_reading=False) as connection:
            work = Work(connection, dialect, ORGANISATION, SystemClock(), "bench")
            while some := list(islice(every, AT_A_TIME)):
                ours = [] if is_ledger else [(f"vch_{one.ref}", f"ent_{one.ref}") for one in some]
                start = time.perf_counter()
                objects.add(work, head, line, LEDGER, some, ours=ours)
                seconds += time.perf_counter() - start
            start = time.perf_counter()
        seconds += time.perf_counter() - start
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT", begin="SELECT 1") as connection:
        connection.exec_driver_sql("VACUUM ANALYZE" if engine.name == "postgresql" else "PRAGMA wal_checkpoint")
    engine.dispose()
    return seconds, 2 * rows


def parquet(folder: str, rows: int) -> tuple[float, int]:
    """The same columns as files that polars reads best."""
    import polars as pl

    start = time.perf_counter()
    for name, is_ledger in (("ours", False), ("theirs", True)):
        frames = []
        every = copies(rows, is_ledger=is_ledger)
        while some := list(islice(every, AT_A_TIME)):
            facts = [(one.ref, *(getattr(one, column) for column in COMPARED)) for one in some]
            frames.append(pl.DataFrame(facts, schema=["ref", *COMPARED], orient="row"))
        pl.concat(frames).write_parquet(f"{folder}/{name}.parquet")
    return time.perf_counter() - start, 2 * rows


# The methods. Imports and opening are not measured, in none of them.


def bridge(url: str, _: int) -> tuple[float, int]:
    from bridge.clock import SystemClock
    from bridge.store.sql import open_store

    store = open_store(url, ORGANISATION, SystemClock())
    with store.reading() as unit:
        start = time.perf_counter()
        found = sum(1 for _ in unit.copies.differences(LEDGER))
        found += sum(1 for _ in unit.copies.strangers(LEDGER, [CLEARING], ()))
        seconds = time.perf_counter() - start
    store.close()
    return seconds, found


def raw(url: str, _: int) -> tuple[float, int]:
    """The two joins as one would write them by hand, straight to the driver."""
    columns = ", ".join(f"{side}.{column}" for side in "bl" for column in COMPARED)
    differs = " OR ".join(f"l.{column} <> b.{column}" for column in COMPARED)
    same = "l.organisation_id = b.organisation_id AND l.ledger = b.ledger AND l.ref = b.ref"
    ours, theirs = (f"{side}.organisation_id = 'local' AND {side}.ledger = 'books'" for side in "bl")
    difference = f"""SELECT b.ref, {columns} FROM baseline b LEFT JOIN ledger_copy l ON {same}
        WHERE {ours} AND (l.ref IS NULL OR {differs})"""
    stranger = f"SELECT l.* FROM ledger_copy l LEFT JOIN baseline b ON {same} WHERE {theirs} AND b.ref IS NULL"
    if url.startswith("sqlite"):
        import sqlite3

        connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"))
    else:
        import psycopg

        connection = psycopg.connect(url.replace("+psycopg", ""))
        connection.execute("SET enable_nestloop = off; SET jit = off; SET work_mem = '128MB'")  # as the product does
    start = time.perf_counter()
    found = sum(len(connection.execute(question).fetchall()) for question in (difference, stranger))
    seconds = time.perf_counter() - start
    connection.close()
    return seconds, found


def datacompy(place: str, _: int) -> tuple[float, int]:
    """From the tables of a database, or from Parquet files in a folder."""
    import datacompy as library
    import polars as pl

    read = (frame_from_sqlite if place.startswith("sqlite") else frame_from_postgres) if ":" in place else None
    start = time.perf_counter()
    if read is None:
        ours, theirs = (pl.read_parquet(f"{place}/{name}.parquet") for name in ("ours", "theirs"))
    else:
        ours, theirs = (read(place, table) for table in ("baseline", "ledger_copy"))
    compared = library.PolarsCompare(ours, theirs, join_columns=["ref"])
    found = len(compared.all_mismatch()) + len(compared.df1_unq_rows) + len(compared.df2_unq_rows)
    return time.perf_counter() - start, found


def frame_from_sqlite(url: str, table: str) -> Any:
    import sqlite3

    import polars as pl

    connection = sqlite3.connect(url.removeprefix("sqlite:///"))
    try:
        return pl.read_database(question(table), connection, infer_schema_length=1000)
    finally:
        connection.close()


def frame_from_postgres(url: str, table: str) -> Any:
    """COPY as CSV: faster than rows through the driver."""
    import polars as pl
    import psycopg

    text = io.BytesIO()
    statement = f"COPY ({question(table)}) TO STDOUT CSV HEADER".encode()
    with psycopg.connect(url.replace("+psycopg", "")) as connection, connection.cursor().copy(statement) as copy:
        for piece in copy:
            text.write(piece)
    text.seek(0)
    return pl.read_csv(text, schema_overrides={"ref": pl.String, "number": pl.String})


def question(table: str) -> str:
    return f"SELECT ref, {', '.join(COMPARED)} FROM {table} WHERE organisation_id = 'local' AND ledger = 'books'"


METHODS: dict[str, Callable[[str, int], tuple[float, int]]] = {
    "load": load,
    "parquet": parquet,
    "bridge": bridge,
    "raw": raw,
    "datacompy": datacompy,
}

if __name__ == "__main__":
    sys.exit(main())
