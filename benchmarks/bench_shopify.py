"""From a saved answer of Shopify's API to documents and lines, against only parsing its JSON.

Measured: bytes to every part the host gets: orders checked and normalised, kept payloads without buyers encoded.
Against:  ``orjson.loads`` on the same bytes, which makes plain dictionaries and understands nothing.
Aim:      at least as fast, on the answer as it comes. Each in a process of its own, with its peak memory.

Three files with the same orders, made of the plugin's samples, each copy with ids of its own: an answer with all that
a general query asks for, the same with no more than the plugin reads, and a bulk file whose rows are out of turn.

    python benchmarks/bench_shopify.py [--orders 20000]
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

SAMPLES = ROOT / "plugins" / "shopify" / "tests" / "samples" / "synthetic"
ANSWER, BULK = "orders_us_tax_exclusive.json", "bulk_orders_us.jsonl"
RUNS = 3
FILES = {
    "an answer as sampled": "answer.json",
    "an answer with what is read": "lean.json",
    "a bulk file": "bulk.jsonl",
}
_NUMBER = re.compile(r"4500000(\d{5,})")


def main() -> int:
    from benchmarks.bench_drift import peak_megabytes

    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--orders", type=int, default=20_000)
    arguments.add_argument("--method", choices=sorted(METHODS), help=argparse.SUPPRESS)
    arguments.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.method:
        told = METHODS[given.method](given.file)
        print(json.dumps(told | {"megabytes": peak_megabytes()}))
        return 0
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as name:
        folder = Path(name)
        generate(folder, given.orders)
        for what, file in FILES.items():
            run(what, folder / file, given.orders)
    return 0


def run(what: str, file: Path, orders: int) -> None:
    """Both ways over one file."""
    ours, bare = measure("bridge", file), measure("orjson", file)
    megabytes = file.stat().st_size / 1e6
    print(f"{what}: {orders:,} orders, {megabytes:.0f} MB")
    print(
        f"  bridge: {ours['seconds']:.2f} s ({orders / ours['seconds']:,.0f} orders/s, {ours['lines']:,.0f} lines),"
        f" {ours['megabytes']:.0f} MB"
    )
    print(f"  orjson.loads: {bare['seconds']:.2f} s, {bare['megabytes']:.0f} MB")
    print(f"  {bare['seconds'] / ours['seconds']:.2f} of the throughput of orjson.loads")


def measure(method: str, file: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--method", method, "--file", str(file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def generate(folder: Path, orders: int) -> None:
    """The files, written piece by piece."""
    nodes = json.loads((SAMPLES / ANSWER).read_bytes())["data"]["orders"]["nodes"]
    _write_answer(folder / FILES["an answer as sampled"], nodes, orders)
    _write_answer(folder / FILES["an answer with what is read"], [_lean(node) for node in nodes], orders)
    rows = (SAMPLES / BULK).read_text(encoding="utf-8").splitlines()
    with (folder / FILES["a bulk file"]).open("w", encoding="utf-8") as out:
        for is_child in (False, True):
            chosen = [row for row in rows if ("__parentId" in row) is is_child]
            for copy in range(orders // len(nodes)):
                out.writelines(_renumbered(row, copy) + "\n" for row in chosen)


def _write_answer(file: Path, nodes: list[dict[str, object]], orders: int) -> None:
    texts = [json.dumps(node, separators=(",", ":")) for node in nodes]
    with file.open("w", encoding="utf-8") as out:
        out.write('{"data":{"orders":{"pageInfo":{"hasNextPage":false},"nodes":[')
        for number in range(orders):
            copy, place = divmod(number, len(texts))
            out.write(("," if number else "") + _renumbered(texts[place], copy))
        out.write("]}}}")


def _renumbered(text: str, copy: int) -> str:
    """The text with ids of this copy."""
    return _NUMBER.sub(lambda found: f"45{copy:07d}{found[1]}", text)


def _lean(node: dict[str, object]) -> dict[str, object]:
    """What the plugin would keep of the order, and nothing else."""
    import msgspec

    from bridge_shopify.wire import Order

    kept: dict[str, object] = msgspec.to_builtins(msgspec.convert(node, Order))
    return kept


def bridge(file: Path) -> dict[str, float]:
    """Every part that the host gets, the best of a few runs."""
    from bridge.ingest import FileOnDisk
    from bridge.plugin import DocumentEnd, DocumentLines
    from bridge_shopify.source import ShopifySource

    source, lines, held = ShopifySource(max_answer_megabytes=2048), 0, 0

    def read() -> None:
        nonlocal lines, held
        lines = held = 0
        for part in source.read_file(FileOnDisk(file)):
            if isinstance(part, DocumentLines):
                lines += len(part.lines)
            elif isinstance(part, DocumentEnd):
                held += any(problem.blocking for problem in part.problems)

    seconds = min(_timed(read))
    if held:
        raise SystemExit(f"{held} documents would be held")
    return {"seconds": seconds, "lines": lines}


def orjson(file: Path) -> dict[str, float]:
    """The same bytes as dictionaries; a bulk file line by line, each thrown away."""
    import orjson as parser

    def whole() -> None:
        parser.loads(file.read_bytes())

    def by_line() -> None:
        with file.open("rb") as stream:
            for line in stream:
                parser.loads(line)

    return {"seconds": min(_timed(by_line if file.suffix == ".jsonl" else whole))}


def _timed(work: Callable[[], None]) -> Iterator[float]:
    for _ in range(RUNS):
        start = time.perf_counter()
        work()
        yield time.perf_counter() - start


METHODS: dict[str, Callable[[Path], dict[str, float]]] = {"bridge": bridge, "orjson": orjson}

if __name__ == "__main__":
    sys.exit(main())
