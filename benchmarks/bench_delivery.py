"""How long a ledger makes its documents wait: orders delivered within a vendor's limits, on a simulated clock.

Measured: the delivery room as `bridge sync` drives it, over the real plugin, store and session, into the ledger's
          sandbox, which keeps the vendor's limits. Nobody really waits, and a call takes no time: the seconds are what
          the limits ask for. Each order is booked by itself: a document, in Xero its payment too, and one for its
          gateway's fee.
Against:  the least that the declared limits let pass, if all that a minute allows left at its start.
Stricter: the same with a vendor that allows a fifth less than it says, and answers 429: that is honoured, and nothing
          is lost or doubled.
Aims:     at most 1.05 times the least; no 429 by a vendor that keeps its word.

    python benchmarks/bench_delivery.py [--documents 10000] [--ledger quickbooks]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import counted_statements
from benchmarks.shops import write_pages
from bridge import log
from tests.end_to_end.pace import LEDGERS, Pace, Paced, paced


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--documents", type=int, default=10_000)
    arguments.add_argument("--ledger", nargs="*", choices=sorted(LEDGERS), default=sorted(LEDGERS))
    given = arguments.parse_args()
    log.configure(level="error")
    for name in given.ledger:
        for is_stricter in (False, True):
            run(name, given.documents, is_stricter=is_stricter)
    return 0


def run(name: str, documents: int, *, is_stricter: bool) -> None:
    ledger = LEDGERS[name]()
    with (
        tempfile.TemporaryDirectory(prefix="bridge-bench-") as folder,
        paced(Path(folder), ledger) as merchant,
    ):
        merchant.book(write_pages(Path(folder) / "pages", "woocommerce", documents // ledger.an_order, 100))
        if is_stricter:
            merchant.tighten()
        statements, began_at = counted_statements(), time.process_time()
        pace = merchant.deliver()
        show(f"{name}, a fifth stricter" if is_stricter else name, pace, statements(), time.process_time() - began_at)
        check(merchant, pace)


def show(what: str, pace: Pace, statements: int, work: float) -> None:
    calls = sum(pace.calls.values())
    print(
        f"{what}: {pace.documents:,} documents in {calls:,} calls ({pace.documents_a_call:.1f} a call);"
        f" {pace.seconds:,.1f} s on the clock, {pace.ratio:.3f} times the least ({pace.floor:,.0f} s);"
        f" {pace.throttled} answers of 429;"
        f" {statements / pace.documents:.2f} statements and {work / pace.documents * 1000:.2f} ms of work a document,"
        " the sandbox's among it",
        flush=True,
    )


def check(merchant: Paced, pace: Pace) -> None:
    """All is there, and nothing twice; else the run fails."""
    standing: list[Any] = list(merchant.ledger.standing(merchant.sandbox))
    if pace.report.stopped or not len(standing) == len(set(standing)) == pace.documents:
        raise SystemExit(f"{pace.documents:,} delivered, {len(standing):,} there, {len(set(standing)):,} of them once")
    if pace.too_soon:
        raise SystemExit(f"{pace.too_soon} calls left before the time was over that a 429 had asked for")


if __name__ == "__main__":
    sys.exit(main())
