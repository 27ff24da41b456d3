"""A settlement into the books, and once more when it is issued again: time, memory, and how long others wait.

Measured: booking a settlement that is new, and the supplements of one that was sent and is issued again, a cent moved
          in every fiftieth order; each in all, and for how long a unit of work held the database at most.
Against:  the least that booking can be: reading the same lines, and writing as many fates in bulk, unasked.
Growth:   the same at half the size: a line should cost what it did.
Aim:      no unit longer than 2 s, less than 200 MB, whatever the size.

    python benchmarks/bench_books.py [--rows 200000]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_import import LEDGER, ROUTE, book, books_of, generate, take_in
from benchmarks.measuring import TimedStore, Told, in_own_process, postgres, rows_of, tell, write

MOVED_EVERY = 50


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--rows", type=int, default=200_000)
    arguments.add_argument("--database", choices=["sqlite", "postgres"], default="sqlite")
    arguments.add_argument("--method", choices=["ours", "least"], help=argparse.SUPPRESS)
    arguments.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.method:
        return tell({"ours": ours, "least": least}[given.method](**given.given))
    if given.database == "sqlite":
        with tempfile.TemporaryDirectory(prefix="bridge-bench-") as folder:
            urls = [f"sqlite:///{folder}/{name}.sqlite" for name in ("half", "whole", "least")]
            compare(urls, Path(folder), given.rows)
    else:
        with tempfile.TemporaryDirectory(prefix="bridge-bench-") as folder, postgres(databases=3) as urls:
            compare(urls, Path(folder), given.rows)
    return 0


def compare(urls: list[str], folder: Path, rows: int) -> None:
    half, whole = (told(url, folder, count) for url, count in zip(urls, (rows // 2, rows), strict=False))
    bare = in_own_process(__file__, "least", url=urls[1], other=urls[2])
    for name in ("booking", "supplement"):
        growth = whole[f"{name} here"] / half[f"{name} here"] / 2
        print(
            f"{name} of {rows:,} rows: {whole[name]:.2f} s; of work here {growth:.2f} times the half by row;"
            f" a unit of work held the database for {whole[f'{name} held']:.2f} s at most"
        )
    print(f"  booking: {whole['booking'] / bare['seconds']:.2f} times the least ({bare['seconds']:.2f} s)")
    print(f"  memory: {whole['megabytes']:.0f} MB, {half['megabytes']:.0f} MB for the half")


def told(url: str, folder: Path, rows: int) -> Told:
    files = [folder / f"{rows}-{number}.txt" for number in (1, 2)]
    generate(files[0], rows)
    generate(files[1], rows, moved_every=MOVED_EVERY)
    return in_own_process(__file__, "ours", url=url, files=files)


def ours(url: str, files: list[str]) -> Told:
    """Taken in, booked, sent, taken in as issued again, and supplemented on a person's word."""
    from bridge.books import Books
    from bridge.model.findings import InstructionKind

    with books_of(url) as (store, desk, clock):
        take_in(store, desk, Path(files[0]))
        booking = timed(store, desk, clock)
        send(store)
        take_in(store, desk, Path(files[1]))
        with store.reading() as unit:
            (finding,) = [
                kept.finding.finding_id
                for kept in unit.findings.of_route(unit.routes.get(ROUTE).route_id)
                if kept.finding.code == "books.reissued"
            ]
        Books(store, desk, clock).decide(InstructionKind.SUPPLEMENT, finding, by="bench", reason="bench")
        supplement = timed(store, desk, clock)
    return {
        f"{name}{what}": seconds
        for name, took in (("booking", booking), ("supplement", supplement))
        for what, seconds in zip(("", " here", " held"), took, strict=True)
    }


def timed(store: Any, desk: Any, clock: Any) -> tuple[float, float, float]:
    """A run of the books: seconds, those of work in this process, and those of its longest unit of work."""
    watched, start, here = TimedStore(store), time.perf_counter(), time.process_time()
    book(watched, desk, clock)
    return time.perf_counter() - start, time.process_time() - here, max(watched.held)


def send(store: Any) -> None:
    """As if delivery had sent everything."""
    import msgspec

    from bridge.model.deliveries import DeliveryState

    with store.unit("bench") as unit:
        for owed in unit.deliveries.with_state(LEDGER, DeliveryState.OWED):
            sending = msgspec.structs.replace(owed, state=DeliveryState.SENDING, attempts=1)
            unit.deliveries.move(owed, sending)
            unit.deliveries.move(
                sending, msgspec.structs.replace(sending, state=DeliveryState.DELIVERED, ref=owed.voucher_id)
            )


def least(url: str, other: str) -> Told:
    """Reading the lines, and writing their fates with what they refer to, in the driver's fastest way."""
    start = time.perf_counter()
    rows = rows_of(url, ["line"])
    reading = time.perf_counter() - start
    rows |= rows_of(url, ["entry", "posting", "fate"])
    write(other, {"line": rows.pop("line")})
    writing, _ = write(other, rows)
    return {"seconds": reading / 2 + writing, "reading": reading / 2, "writing": writing}


if __name__ == "__main__":
    sys.exit(main())
