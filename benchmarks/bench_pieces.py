"""What a back-fill costs that is booked in pieces, as a worker's turns do it, and how long a piece takes.

Measured: orders of many days that are all new at once, booked by runs that stop by the clock, until one is through.
Against:  one run over the same orders.
Aims:     work in all as in one run, but for a few per cent; a piece that takes hardly longer than it may.

    python benchmarks/bench_pieces.py [--orders 10000] [--seconds 2] [--mode day order]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_shop import folder, ledger, shop
from benchmarks.shops import write_pages
from bridge import log


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--orders", type=int, default=10_000)
    arguments.add_argument("--seconds", type=float, default=2)
    arguments.add_argument("--mode", nargs="+", choices=("day", "order"), default=["day", "order"])
    given = arguments.parse_args()
    log.configure(level="error")
    with folder() as place, ledger() as address:
        pages = write_pages(place / "pages", "shopify", given.orders, 250)
        for mode in given.mode:
            took = {}
            for what, seconds in (("at once", None), ("in pieces", given.seconds)):
                with folder() as own, shop(own, f"sqlite:///{own}/ours.sqlite", "shopify", mode, address) as app:
                    for page in pages:
                        app.steps.import_file("shop", page, actor="bench")
                    took[what] = list(booked(app, seconds))
            (whole, work), pieces = took["at once"][0], took["in pieces"]
            longest, in_all = max(wall for wall, _ in pieces), sum(cpu for _, cpu in pieces)
            print(
                f"{given.orders:,} orders by the {mode}: at once {whole:.1f} s ({work:.1f} s of work); in"
                f" {len(pieces)} pieces of {given.seconds} s the longest {longest:.1f} s, {in_all:.1f} s of work in all"
                f" ({in_all / work:.2f} times)",
                flush=True,
            )
    return 0


def booked(app: Any, seconds: float | None) -> Iterator[tuple[float, float]]:
    """Seconds of each run, by the clock and of work."""
    is_cut = True
    while is_cut:
        wall, cpu = time.perf_counter(), time.process_time()
        until = app.clock.now() + timedelta(seconds=seconds) if seconds else None
        is_cut = app.books.run("shop", actor="bench", until=until).is_cut
        yield time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    sys.exit(main())
