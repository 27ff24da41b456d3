"""Notices of vendors at the door of one process, saved before they are answered, against inserting the same rows.

Measured: signed notices, each another, over HTTP from many connections of a generator that has a process of its own on
          the same machine; every answer is waited for. How many a second, and how long the slowest waited, when as many
          come as go in; how long they wait when a fixed number comes every second. Then the process is killed
          (SIGKILL) in the middle and begun again: whether anything that was answered is gone. On SQLite while another
          process takes a large settlement in and books it.
Against:  the same rows inserted by the driver alone, a transaction for each, and in transactions of fifty.
Aim:      500 a second and a p99 under 100 ms on PostgreSQL; 2 s at most on SQLite beside a booking; none lost.

    python benchmarks/bench_doors.py [--notices 10000] [--rows 1900000]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.bench_import import generate
from benchmarks.measuring import ROOT, Told, in_own_process, postgres, tell

AT_ONCE, PACED = 32, 500
SECRET, TOGETHER = "app-hush", 50
SETTINGS = f"""
[bridge]
database_url = "{{url}}"
[plugins.shopify]
client_id = "app"
client_secret = "{SECRET}"
"""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--notices", type=int, default=10_000)
    arguments.add_argument("--rows", type=int, default=1_900_000)
    arguments.add_argument("--method", choices=sorted(METHODS), help=argparse.SUPPRESS)
    arguments.add_argument("--given", type=json.loads, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.method:
        return tell(METHODS[given.method](**given.given))
    with tempfile.TemporaryDirectory(prefix="bridge-bench-") as folder, postgres(databases=2) as servers:
        print("load", *(f"{load:.1f}" for load in os.getloadavg()))
        on_postgres(Path(folder), servers, given.notices)
        on_sqlite(Path(folder), given.rows)
    return 0


def on_postgres(folder: Path, urls: list[str], notices: int) -> None:
    config = settled(folder, urls[0])
    with serving(config) as (process, port):
        in_own_process(__file__, "knock", port=port, first=0, many=500, a_second=0)
        work = worked(process.pid)
        most = in_own_process(__file__, "knock", port=port, first=1_000_000, many=notices, a_second=0)
        work = (worked(process.pid) - work) / notices
        live = in_own_process(__file__, "knock", port=port, first=0, many=5 * PACED, a_second=PACED, is_live=True)
        paced = in_own_process(__file__, "knock", port=port, first=2_000_000, many=5 * PACED, a_second=PACED)
    bare = in_own_process(__file__, "bare", url=urls[1], many=notices)
    told("as many as go in", most)
    print(f"work of the process: {work * 1e3:.2f} ms a notice")
    told(f"{PACED} a second", paced)
    told(f"{PACED} a second of what is answered at once (/live)", live)
    print(
        f"the driver alone: {bare['each']:,.0f} a second, a transaction each; "
        f"{bare['together']:,.0f} in transactions of {TOGETHER}\n"
        f"  PostgreSQL: {most['a_second'] / bare['each']:.2f} of the one, "
        f"{most['a_second'] / bare['together']:.2f} of the other"
    )
    answered, lost = killed(config, urls[0])
    print(f"killed in the middle and begun again: {answered:,} were answered, {lost} of them lost")


def told(what: str, one: Told) -> None:
    print(
        f"{what}: {one['a_second']:,.0f} a second, p50 {one['p50'] * 1e3:.1f} ms, p99 {one['p99'] * 1e3:.1f} ms, "
        f"slowest {one['slowest'] * 1e3:.0f} ms, {one['refused']:.0f} refused"
    )


def worked(pid: int) -> float:
    """Seconds of work of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def killed(config: Path, url: str) -> tuple[int, int]:
    """How many were answered by either process, and how many of those nobody has."""
    from bridge.store.sql import open_inbox

    answers: list[dict[str, Any]] = []
    first, many = 5_000_000, 4_000
    with serving(config) as (process, port):
        knocking = beside("knock", port=port, first=first, many=many, a_second=0, lists=True)
        time.sleep(1.0)
        process.send_signal(signal.SIGKILL)
        answers.append(json.loads(knocking.communicate()[0].splitlines()[-1]))
    with serving(config) as (_, port):
        knocking = beside("knock", port=port, first=first, many=many, a_second=0, lists=True)
        answers.append(json.loads(knocking.communicate()[0].splitlines()[-1]))
    answered = {number for one in answers for number in one["answered"]}
    inbox = open_inbox(url)
    kept = {int(notice.external_id) for notice in inbox.waiting(10_000_000)}
    inbox.close()
    return len(answered), len(answered - kept)


def on_sqlite(folder: Path, rows: int) -> None:
    url, file = f"sqlite:///{folder}/books.sqlite", folder / "settlement.txt"
    config = settled(folder, url)
    generate(file, rows)
    given = {"urls": [url], "file": str(file)}
    command = [
        sys.executable,
        str(ROOT / "benchmarks/bench_import.py"),
        "--method",
        "bridge",
        "--given",
        json.dumps(given),
    ]
    slowest, many, refused = 0.0, 0, 0.0
    with serving(config) as (_, port):
        in_own_process(__file__, "knock", port=port, first=0, many=50, a_second=0)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL) as booking:
            while booking.poll() is None:
                one = in_own_process(__file__, "knock", port=port, first=1_000 + many, many=100, a_second=50)
                slowest, many, refused = max(slowest, one["slowest"]), many + 100, refused + one["refused"]
    print(
        f"SQLite, while {rows:,} rows are taken in and booked: {many:,} notices, the slowest {slowest:.2f} s, "
        f"{refused:.0f} refused"
    )


def settled(folder: Path, url: str) -> Path:
    """A house over a new database, and its settings."""
    from bridge.store.sql import migrate

    migrate(url)
    config = folder / "bridge.toml"
    config.write_text(SETTINGS.format(url=url), encoding="utf-8")
    return config


@contextmanager
def serving(config: Path) -> Iterator[tuple[Any, int]]:
    from tests.web.served import apart

    with apart(config) as found:
        yield found


def beside(method: str, **given: object) -> subprocess.Popen[str]:
    command = [sys.executable, __file__, "--method", method, "--given", json.dumps(given)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def knock(port: int, first: int, many: int, a_second: int, *, lists: bool = False, is_live: bool = False) -> Any:
    """Bring so many; at most so many a second, where that is not 0. How long each waited for its answer."""
    seconds, waited, answered, refused = asyncio.run(_knock(port, first, many, a_second, is_live))
    if lists:
        return {"answered": answered}
    took = sorted(waited)
    return {
        "a_second": len(took) / seconds,
        "p50": statistics.median(took),
        "p99": took[int(len(took) * 0.99)],
        "slowest": took[-1],
        "refused": refused,
    }


async def _knock(
    port: int, first: int, many: int, a_second: int, is_live: bool
) -> tuple[float, list[float], list[int], int]:
    from tests.web.street import shopify_headers

    waited, answered, refused = list[float](), list[int](), 0
    made = []
    for number in range(first, first + many):
        body = b'{"id": %d, "note": "%s"}' % (number, b"x" * 2_000)
        told = {**shopify_headers("orders/updated", body), "host": "127.0.0.1", "content-length": str(len(body))}
        head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        if is_live:
            made.append((number, b"GET /live HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n"))
            continue
        made.append((number, f"POST /notices/shopify HTTP/1.1\r\n{head}\r\n".encode() + body))
    to_do = iter(enumerate(made))
    began = time.perf_counter()

    async def bring() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for place, (number, request) in to_do:
                if a_second:
                    await asyncio.sleep(max(0.0, began + place / a_second - time.perf_counter()))
                start = time.perf_counter()
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                if is_live:
                    await reader.readexactly(len("lives\n"))
                waited.append(time.perf_counter() - start)
                if b" 200 " in head.partition(b"\r\n")[0]:
                    answered.append(number)
                else:
                    refused += 1
        except (OSError, asyncio.IncompleteReadError):
            return
        finally:
            writer.close()

    await asyncio.gather(*(bring() for _ in range(AT_ONCE)), return_exceptions=True)
    return time.perf_counter() - began, waited, answered, refused


def bare(url: str, many: int) -> Told:
    """Rows as the inbox has them, written by the driver."""
    import psycopg
    from sqlalchemy.engine import make_url

    from bridge.clock import SystemClock
    from bridge.model.notices import Notice
    from bridge.store.sql import open_inbox

    inbox = open_inbox(url)
    inbox.save([Notice(plugin="shopify", mark="first", received_at=SystemClock().now())])
    inbox.close()
    insert = (
        "INSERT INTO inbox_notice"
        " (plugin, organisation, connection, account, says, kind, external_id, mark, received_at)"
        " VALUES (%s, '', '', %s, 'changed', 'order', %s, %s, %s) ON CONFLICT DO NOTHING"
    )
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    rates = {}
    with psycopg.connect(plain, autocommit=True) as server:
        for name, size in (("each", 1), ("together", TOGETHER)):
            rows = [("shopify", "acme.myshopify.com", str(one), f"{name}{one:064d}", one) for one in range(many)]
            start = time.perf_counter()
            for place in range(0, many, size):
                with server.transaction(), server.cursor() as cursor:
                    cursor.executemany(insert, rows[place : place + size])
            rates[name] = many / (time.perf_counter() - start)
    return rates


METHODS: dict[str, Callable[..., Any]] = {"knock": knock, "bare": bare}

if __name__ == "__main__":
    sys.exit(main())
