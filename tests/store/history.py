"""A long history, written straight into the tables: enough rows of every kind that a planner must choose."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any
from zlib import compress

import sqlalchemy as sa

from bridge.model.openings import AgreedOpening
from bridge.model.pending import Pending
from bridge.model.reports import Reading
from bridge.model.reviews import Assignment, SignOff
from bridge.model.runs import Piece, Run, RunKind, RunOutcome
from bridge.store.sql import tables
from bridge.store.sql.codec import EPOCH, Day, Json, Word, encode
from bridge.store.sql.dialect import dialect_of

ROWS = 3_000
WAITING = 20
"""So many documents, and so many vouchers, wait in each state; all others are history."""
ORGANISATION, CONNECTION, ROUTE, LEDGER, FILE = "local", "con_1", "rte_1", "books", "file_1"
JSON = {"problems": "[]", "after": "[]", "notes": "[]"}


def name(kind: str, number: int) -> str:
    """The id of the n-th thing of a kind, as long as ids are."""
    return f"{kind}_{number:020d}"


def write(url: str) -> None:
    """Fill a migrated database, and let it take the statistics it takes by itself in time."""
    dialect = dialect_of(url)
    engine = dialect.engine()
    with dialect.transaction(engine, is_reading=False) as connection:
        for table, rows in _tables().items():
            dialect.add_many(connection, table, (_row(table, row) for row in rows))
    if engine.name == "postgresql":
        with engine.connect() as connection:
            connection.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text("ANALYZE"))
    engine.dispose()


def _tables() -> dict[sa.Table, Iterator[dict[str, Any]]]:
    """In an order in which every row finds what it refers to."""
    every = range(ROWS)
    return {
        tables.document: map(_document, every),
        tables.line: (_line(number, key) for number in every for key in ("a", "b")),
        tables.entry: map(_entry, every),
        tables.posting: (_posting(number, place) for number in every for place in (1, 2)),
        tables.fate: (_fate(number, key) for number in every for key in ("a", "b")),
        tables.reversal: map(_reversal, every),
        tables.open_leg: ({"entry_id": name("ent", n), "order_id": f"o{n}", "route_id": ROUTE} for n in every),
        tables.delivery: map(_delivery, every),
        tables.delivery_after: (
            {"voucher_id": name("vch", n), "after_id": name("vch", n - 1)} for n in every if n % 10 == 1
        ),
        tables.baseline: (_object(n) | {"voucher_id": name("vch", n), "entry_id": name("ent", n)} for n in every),
        tables.baseline_line: (_object_line(number, place) for number in every for place in (1, 2)),
        tables.ledger_copy: (_object(number) | {"after_seq": number} for number in every),
        tables.ledger_gone: ({"ledger": LEDGER, "ref": f"r{n}"} for n in every),
        tables.ledger_copy_line: (_object_line(number, place) for number in every for place in (1, 2)),
        tables.finding: map(_finding, every),
        tables.instruction: (
            {"instruction_id": name("ins", n), "kind": "release", "subject": name("vch", n)} for n in every
        ),
        tables.vault: ({"content_hash": name("raw", n), "pieces": 1} for n in every),
        tables.vault_chunk: ({"content_hash": name("raw", n), "number": 1, "piece": compress(b"x")} for n in every),
        tables.seen_file: ({"connection_id": CONNECTION, "content_hash": name("raw", n)} for n in every),
        tables.run: map(_run, every),
        tables.stream_window: (_window(number) for number in every),
        tables.window_owner: (
            {"connection_id": CONNECTION, "stream": f"s{n % 10}", "kind": "order", "external_id": f"o{n}"}
            for n in every
        ),
        tables.stream_asking: ({"connection_id": CONNECTION, "stream": f"s{n}"} for n in every),
        tables.inquiry: (
            {"connection_id": CONNECTION, "kind": "order", "external_id": f"o{n}", "why": "open", "due_at": n}
            for n in every
        ),
        tables.channel_reading: map(_reading, every),
        tables.pending_money: map(_pending, every),
        tables.account_opening: map(_opening, every),
        tables.assignment: ({"subject": body.subject, "body": encode(body)} for body in map(assignment, every)),
        tables.sign_off: map(_sign_off, every),
        tables.audit: ({"seq": n + 1, "hash": name("hsh", n), "notes": "[]"} for n in every),
        tables.seal: (
            {"seq": n + 1, "kind": "entry", "subject": f'["{name("ent", n)}"]', "digest": "x"} for n in every
        ),
    }


def _run(number: int) -> dict[str, Any]:
    outcome = RunOutcome.RUNNING if number < WAITING else RunOutcome.DONE
    body = Run(Piece(RunKind.SYNC), "cli", "", EPOCH, EPOCH, number=number + 1, outcome=outcome)
    return {"number": number + 1, "outcome": outcome.value, "body": encode(body)}


def _document(number: int) -> dict[str, Any]:
    kind = "payout" if number % 50 == 0 else "order"
    state = "new" if number < WAITING else "held" if number < 2 * WAITING or number % 20 == 0 else "booked"
    reason = "" if state != "held" else "before_first_day" if number % 20 == 0 else "order.unpaid"
    return {
        "document_id": name("doc", number),
        "revision": 1,
        "connection_id": CONNECTION,
        "channel": "shop",
        "account": "one",
        "kind": kind,
        "external_id": f"x{number}",
        "currency": "USD",
        "title": f"#{number}",
        "order_id": f"o{number // 2}",
        "status": "failed" if number % 1000 == 0 else "paid",
        "total_minor": number,
        "line_count": 2,
        "closed_at": number,
        "paid_at": number if number % 3 else None,
        "witness": "api",
        "state": state,
        "reason": reason,
        "is_newest": True,
        "series": '{"name": "one"}' if number % 50 == 0 else None,
    }


def _line(number: int, key: str) -> dict[str, Any]:
    kind = "payout.failed" if number % 1000 == 0 and key == "b" else "sale.product"
    reference = f"card:{number}" if key == "a" else ""
    return {
        "document_id": name("doc", number),
        "revision": 1,
        "line_key": key,
        "kind": kind,
        "part": "sale",
        "reference": reference,
        "amount_minor": 1,
    }


def _entry(number: int) -> dict[str, Any]:
    return {
        "entry_id": name("ent", number),
        "route_id": ROUTE,
        "mode": "order",
        "slot_group": f"o{number // 2}",
        "slot_part": f"order {number}",
        "number": 1,
        "document_id": name("doc", number),
        "revision": 1,
        "booked_on": "2026-06-14",
        "currency": "USD",
        "purpose": "order",
        "is_live": number % 7 > 0,
    }


def _posting(number: int, place: int) -> dict[str, Any]:
    kind = "payout.failed" if number % 1000 == 0 else "bank" if number % 50 == 0 else "sale.product"
    amount = number if place == 1 else -number
    return {"entry_id": name("ent", number), "number": place, "kind": kind, "amount_minor": amount, "account": "4000"}


def _fate(number: int, key: str) -> dict[str, Any]:
    booked = {"entry_id": name("ent", number), "posting": 1, "reason": None}
    excluded = {"entry_id": None, "posting": None, "reason": "zero"}
    return {"document_id": name("doc", number), "line_key": key, "revision": 1} | (booked if key == "a" else excluded)


def _reversal(number: int) -> dict[str, Any]:
    return {
        "document_id": name("doc", number),
        "revision": 1,
        "line_key": "a",
        "booked_entry": name("ent", number),
        "booked_posting": 1,
        "entry_id": name("ent", ROWS - 1 - number),
        "posting": 1,
    }


def _delivery(number: int) -> dict[str, Any]:
    state = ("held", "owed", "parked")[number % 3] if number < 3 * WAITING else "delivered"
    return {
        "voucher_id": name("vch", number),
        "entry_id": name("ent", number),
        "ledger": LEDGER,
        "route_id": ROUTE,
        "dated_on": "2026-06-14",
        "state": state,
        "due_at": number,
        "ref": f"r{number}" if state == "delivered" else "",
        "number": f"SHP-{number}",
    }


def _object(number: int) -> dict[str, Any]:
    return {
        "ledger": LEDGER,
        "ref": f"r{number}",
        "number": f"SHP-{number}",
        "key": f"brk_{number}",
        "dated_on": f"2026-06-{number % 28 + 1:02d}",
        "lines_hash": f"lin_{number}",
        "currency": "USD",
        "marks": "[]",
        "settles": "[]",
    }


def _object_line(number: int, place: int) -> dict[str, Any]:
    account = "80" if place == 1 and number % 100 == 0 else "79"
    return {"ledger": LEDGER, "ref": f"r{number}", "number": place, "account_id": account, "marks": "[]"}


def _finding(number: int) -> dict[str, Any]:
    state = "open" if number < WAITING else "closed"
    body = (
        f'{{"code": "drift.amount", "severity": "error", "route_id": "{ROUTE}", "subject": "s{number}", "title": "t", '
        '"amount_minor": 1, "currency": "USD", "cause": "c", "repair": "r"}'
    )
    return {
        "finding_id": name("fnd", number),
        "route_id": ROUTE,
        "code": "drift.amount",
        "state": state,
        "body": body,
        "accepted_until": None,
    }


def _window(number: int) -> dict[str, Any]:
    stream, place = f"s{number % 10}", number // 10
    is_last = place == ROWS // 10 - 1
    return {
        "connection_id": CONNECTION,
        "stream": stream,
        "since_at": place * 1_000_000,
        "until_at": (place + 1) * 1_000_000,
        "state": "open" if is_last and stream != "s0" else "closed",
        "cursor": b"",
        "due_at": number if number % 100 == 0 else None,
    }


def _reading(number: int) -> dict[str, Any]:
    body = Reading(CONNECTION, f"r{number % 10}", f"{number:06}", EPOCH, EPOCH, EPOCH, EPOCH)
    return {
        "connection_id": CONNECTION,
        "report": body.report,
        "span": body.span,
        "number": 1,
        "body": encode(body),
    }


def pending(number: int) -> Pending:
    return Pending(
        external_id=f"p{number:06}",
        words="Shipment",
        place="amazon.com",
        currency="USD",
        amount_minor=number,
        occurred_at=EPOCH,
        as_of=EPOCH,
    )


def opening(number: int) -> AgreedOpening:
    return AgreedOpening(f"b{number % 50}", name("acc", number), "USD", EPOCH.date(), number, "ann", "so", EPOCH.date())


def _opening(number: int) -> dict[str, Any]:
    body = opening(number)
    return {"ledger": body.ledger, "account_id": body.account_id, "currency": "USD", "body": encode(body)}


def assignment(number: int) -> Assignment:
    return Assignment(name("vch", number), "ann", "", "cli", EPOCH)


def sign_off(number: int) -> SignOff:
    """Of one of many routes."""
    day, route = EPOCH.date(), f"rte_{number % 50}"
    return SignOff(
        route_id=route,
        route=route,
        company="Acme",
        through=day,
        checked_at=EPOCH,
        signed_at=EPOCH,
        by="ann",
        reason="",
        digest=f"d{number}",
        greens=(),
        accepted=0,
        page="p",
        data="d",
        rows="r",
        audit_head="",
    )


def _sign_off(number: int) -> dict[str, Any]:
    body = sign_off(number)
    return {"sign_off_id": body.sign_off_id, "route_id": body.route_id, "signed_at": number, "body": encode(body)}


def _pending(number: int) -> dict[str, Any]:
    """Most of them came free long ago."""
    body, until = pending(number), number if number >= WAITING else 2**60
    key = {"connection_id": CONNECTION, "external_id": body.external_id, "owner_kind": "day"}
    return {**key, "owner_id": f"d{number % 500}", "since_at": 0, "until_at": until, "body": encode(body)}


def _row(table: sa.Table, given: dict[str, Any]) -> tuple[Any, ...]:
    return tuple((_nothing(table) | given).values())


@cache
def _nothing(table: sa.Table) -> dict[str, Any]:
    """What stands in the columns that a test does not care for."""
    texts = (sa.Text, Day, Json, Word)
    plain = {one.name: "" if isinstance(one.type, texts) else 0 for one in table.columns}
    nothing = {one.name: None for one in table.columns if one.nullable}
    flags = {one.name: False for one in table.columns if isinstance(one.type, sa.Boolean)}
    structs = {one: text for one, text in JSON.items() if one in plain}
    return plain | nothing | flags | structs | {"organisation_id": ORGANISATION}
