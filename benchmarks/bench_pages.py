"""From saved pages of a shop's API to documents and lines, against only parsing the JSON of the same pages.

Measured: bytes to every part the host gets: orders checked and normalised, kept payloads without buyers encoded.
          Shopify in pages of 50 and of 250 orders as the plugin's query asks for them, and as one bulk file;
          WooCommerce in pages of 50 and of 100, the most it gives.
Against:  ``orjson.loads`` on the same bytes, page by page (a bulk file line by line), which makes plain dictionaries,
          understands nothing and keeps nothing.
Each in a process of its own, with its peak memory, the best of a few runs.

    python benchmarks/bench_pages.py [--orders 5000]
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.measuring import RUNS, Told, in_own_process, tell
from benchmarks.shops import SHOPIFY, shopify_orders, shopify_page, shopify_texts, woocommerce_page, woocommerce_texts


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--orders", type=int, default=5_000)
    arguments.add_argument("--method", choices=sorted(METHODS), help=argparse.SUPPRESS)
    arguments.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.method:
        return tell(METHODS[given.method](given.given["source"], [Path(file) for file in given.given["files"]]))
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as name:
        for what, source, files in samples(Path(name), given.orders):
            run(what, source, files, given.orders)
    return 0


def samples(folder: Path, orders: int) -> Iterator[tuple[str, str, list[Path]]]:
    """What is read: how it is called, by which plugin, and its files."""
    for size in (50, 250):
        yield (
            f"Shopify, pages of {size}",
            "shopify",
            _pages(folder / f"s{size}", shopify_texts(), shopify_page, orders, size),
        )
    yield "Shopify, a bulk file", "shopify", [_bulk(folder / "bulk.jsonl", orders)]
    for size in (50, 100):
        texts = woocommerce_texts()
        yield (
            f"WooCommerce, pages of {size}",
            "woocommerce",
            _pages(folder / f"w{size}", texts, woocommerce_page, orders, size),
        )


def run(what: str, source: str, files: list[Path], orders: int) -> None:
    """Both ways over the same files."""
    ours, bare = (in_own_process(__file__, method, source=source, files=files) for method in ("bridge", "orjson"))
    megabytes = sum(file.stat().st_size for file in files) / 1e6
    print(
        f"{what}: {orders:,} orders, {megabytes:.0f} MB; {orders / ours['seconds']:,.0f} orders/s,"
        f" {ours['megabytes']:.0f} MB; orjson.loads {orders / bare['seconds']:,.0f} orders/s,"
        f" {bare['megabytes']:.0f} MB; {bare['seconds'] / ours['seconds']:.2f} of its throughput"
    )


def _pages(folder: Path, texts: Iterator[str], page: Callable[[list[str]], str], orders: int, size: int) -> list[Path]:
    folder.mkdir()
    files = [folder / f"{number}.json" for number in range(-(-orders // size))]
    for number, file in enumerate(files):
        file.write_text(page(list(islice(texts, min(size, orders - number * size)))), encoding="utf-8")
    return files


def _bulk(file: Path, orders: int) -> Path:
    """As Shopify writes it: every order, its children behind it, as the file of the sample is not."""
    rows = [json.loads(row) for row in (SHOPIFY / "bulk_orders_us.jsonl").read_text(encoding="utf-8").splitlines()]
    own = {row["id"]: [row] for row in rows if "__parentId" not in row}
    of_agreement = {row["id"]: row["__parentId"] for row in rows if row.get("__parentId") in own}
    for row in rows:
        if "__parentId" in row:
            own[of_agreement.get(row["__parentId"], row["__parentId"])].append(row)
    texts = [json.dumps(row, separators=(",", ":")) for order in own.values() for row in order]
    with file.open("w", encoding="utf-8") as out:
        for copy in range(orders // len(shopify_orders())):
            out.writelines(text.replace("4500000", f"45{copy:07d}") + "\n" for text in texts)
    return file


def bridge(source: str, files: list[Path]) -> Told:
    """Every part that the host gets, the best of a few runs."""
    from bridge.clock import SystemClock
    from bridge.host.host import unconnected_source
    from bridge.host.loader import load
    from bridge.ingest import FileOnDisk
    from bridge.plugin import DocumentLines
    from bridge.settings import Settings

    reader = unconnected_source(load(), Settings(folder=Path.cwd()).host_config(), SystemClock(), source)
    lines = 0

    def read() -> None:
        nonlocal lines
        lines = 0
        for file in files:
            for part in reader.read_file(FileOnDisk(file)):
                lines += len(part.lines) if isinstance(part, DocumentLines) else 0

    return {"seconds": min(_timed(read)), "lines": lines}


def orjson(_: str, files: list[Path]) -> Told:
    """The same bytes as dictionaries, each page thrown away; a bulk file line by line."""
    import orjson as parser

    def read() -> None:
        for file in files:
            if file.suffix == ".json":
                parser.loads(file.read_bytes())
                continue
            with file.open("rb") as stream:
                for line in stream:
                    parser.loads(line)

    return {"seconds": min(_timed(read))}


def _timed(work: Callable[[], None]) -> Iterator[float]:
    for _ in range(RUNS):
        start = time.process_time()  # nobody waits here, and others may work on this machine
        work()
        yield time.process_time() - start


METHODS: dict[str, Callable[[str, list[Path]], Told]] = {"bridge": bridge, "orjson": orjson}

if __name__ == "__main__":
    sys.exit(main())
