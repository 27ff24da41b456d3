"""What is asked of the store is found by an index that leads to it: never by walking through the history."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, get_type_hints

import msgspec
import pytest

from bridge.errors import InvariantError
from bridge.model.channel import Asking, Inquiry, Why, Window, WindowState
from bridge.model.deliveries import DeliveryState
from bridge.model.documents import DocumentKind, DocumentState, Witness
from bridge.model.entries import Mode, Slot
from bridge.model.findings import FindingState, InstructionKind
from bridge.model.reports import Balance, BalanceName, Reading
from bridge.model.runs import Piece, Run, RunKind
from bridge.model.waiting import Channel, Choice, Feed, Lookout, Order, calendar
from bridge.store import api
from bridge.store.packing import Content
from bridge.store.sql import SqlStore, open_store
from bridge.store.sql.codec import EPOCH
from bridge.store.sql.sealed import Key, Sealed
from bridge.store.sql.unit import SqlUnitOfWork
from tests.fakes.clock import FakeClock
from tests.postgres import PostgresServer
from tests.store import facts, history
from tests.store.history import CONNECTION, LEDGER, ROUTE, name
from tests.store.planned import ALL, planned

ONE, MANY = 1, 500
"""What a caller asks about at once: one thing, or as many as one statement takes."""
Ask = Callable[[Any, int], object]
Expected = Mapping[str, str]
NOW = datetime(2026, 7, 1, tzinfo=UTC)
RUN = Run(Piece(RunKind.SYNC), "cli", "", NOW, NOW)
SLOT = Slot(ROUTE, Mode.ORDER, "o500", "order 1000")


def names(kind: str, many: int) -> list[str]:
    """Ids spread over the history."""
    return [name(kind, 60 + place * (history.ROWS - 60) // many) for place in range(many)]


def _late(many: int) -> tuple[datetime, datetime]:
    """A time at the end of the history, of a few of its documents or of some more."""
    return EPOCH + timedelta(microseconds=history.ROWS - many), NOW


def contents(many: int) -> list[Content]:
    return [Content.of(b"%d" % number) for number in range(many)]


def _of_no_sense(ask: Callable[[], object]) -> None:
    """What is asked for is found, and is not what its hash says."""
    with pytest.raises(InvariantError, match="does not match its hash"):
        ask()


def reading(number: int) -> Reading:
    """Another one than is there of that span."""
    balance = Balance(BalanceName.TOTAL, number, "EUR")
    return Reading(CONNECTION, "r1", "000001", NOW, NOW, NOW, NOW, balances=(balance,))


def keys(many: int) -> list[tuple[str, int]]:
    return [(document_id, 1) for document_id in names("doc", many)]


def later(many: int) -> list[tuple[str, int]]:
    """Documents as of a revision that is not the one which is booked."""
    return [(document_id, 2) for document_id in names("doc", many)]


def revised(many: int) -> api.Revised:
    both = (*keys(many), *later(many))
    return api.Revised(both, False, tuple(names("ent", many)[:10]), tuple(names("ent", many)[10:20]))


def slots(many: int) -> list[Slot]:
    return [Slot(ROUTE, Mode.ORDER, f"o{place}", f"order {place}") for place in range(many)]


DOCUMENT, LINE, ENTRY = {"document_pk": "document_id"}, {"line_pk": "document_id"}, {"entry_pk": "entry_id"}
POSTING, FATE, REVERSAL = {"posting_pk": "entry_id"}, {"fate_pk": "document_id"}, {"reversal_pk": "document_id"}
DELIVERY, BASELINE = {"delivery_pk": "voucher_id"}, {"baseline_pk": "ref", "baseline_line_pk": "ref"}
WHOLE_ENTRY = ENTRY | POSTING
SLOTS = {"entry_slot_key": "slot_group"}
WAITING = {"document_waiting": "state", "document_new": "connection_id"}
"""The second holds but what is new: as good where that is what is asked for."""
OF_STATE = {"delivery_state": "state"}
BY_ENTRY = {"delivery_entry": "entry_id"}
BY_POSTING = {"fate_posting": "entry_id", "reversal_booked": "booked_entry", "posting_pk": "entry_id"} | LINE
OF_TIME = {"document_newest": "closed_at"}

WAITS = (
    OF_STATE
    | WAITING
    | DELIVERY
    | POSTING
    | ENTRY
    | DOCUMENT
    | {
        "finding_route": "state",
        "instruction_subject": "subject",
        "instruction_kind": "kind",
        "assignment_pk": "subject",
    }
)
LOOKOUT = Lookout(
    (Channel(CONNECTION, ROUTE),),
    (Feed(ROUTE, LEDGER),),
    (calendar("Europe/London", NOW.date()),),
    left_out="before_first_day",
    patient=frozenset({"hold_back"}),
    given_up=frozenset({"failed"}),
    failed=5,
)

DUE = datetime(1970, 1, 1, tzinfo=UTC)


def window(stream: str, number: int) -> Window:
    """One of the history's: they are a second long."""
    since = datetime.fromtimestamp(number, UTC)
    return Window(CONNECTION, stream, since, since + timedelta(seconds=1), state=WindowState.CLOSED)


def inquiry(number: int) -> Inquiry:
    return Inquiry("order", f"o{number}", Why.OPEN, NOW, times=0, since=NOW)


ASKED: dict[str, tuple[Ask, Expected]] = {
    # By method: how it is asked, and by which indices it may be answered, each with a column that must narrow it.
    "documents.latest": (lambda u, n: u.documents.latest(name("doc", 1000)), DOCUMENT),
    "documents.revision": (lambda u, n: u.documents.revision(name("doc", 1000), 1), DOCUMENT),
    "documents.heads": (lambda u, n: u.documents.heads(names("doc", n)), DOCUMENT),
    "documents.with_state": (
        lambda u, n: u.documents.with_state(CONNECTION, *[DocumentState.NEW, DocumentState.HELD][: min(n, 2)]),
        WAITING,
    ),
    "documents.in_series": (lambda u, n: u.documents.in_series(CONNECTION), {"document_series": "connection_id"}),
    "documents.held_for": (
        lambda u, n: (
            u.documents.held_for(CONNECTION, ["order.unpaid"]),
            u.documents.held_for(CONNECTION, ["before_first_day"], since=NOW),
        ),
        {"document_waiting": "reason"},
    ),
    "documents.waiting": (
        lambda u, n: (
            u.documents.waiting(CONNECTION, DocumentState.NEW),
            u.documents.waiting(CONNECTION, DocumentState.HELD, ["order.unpaid"]),
            u.documents.waiting(CONNECTION, DocumentState.HELD, ["before_first_day"], since=NOW),
        ),
        WAITING,
    ),
    "documents.new": (lambda u, n: u.documents.new(CONNECTION, n), {"document_new": "connection_id"}),
    "documents.reasons": (lambda u, n: u.documents.reasons(CONNECTION, DocumentState.HELD), WAITING),
    "documents.of_orders": (
        lambda u, n: u.documents.of_orders(CONNECTION, [f"o{place}" for place in range(n)]),
        {"document_order": "order_id"},
    ),
    "documents.titled": (
        lambda u, n: u.documents.titled(CONNECTION, DocumentKind.ORDER, [f"#{place}" for place in range(n)]),
        {"document_title": "title"},
    ),
    "documents.newest_of": (
        lambda u, n: u.documents.newest_of(CONNECTION, [DocumentKind.ORDER], n),
        {"document_newest": "connection_id"},
    ),
    "documents.unlisted": (
        lambda u, n: u.documents.unlisted(window("s1", n), [DocumentKind.ORDER]),
        {"document_newest": "closed_at", "window_owner_pk": "since_at", "window_owner_thing": "external_id"},
    ),
    "documents.paying": (
        lambda u, n: u.documents.paying(CONNECTION, totals=list(range(n)), statuses=["failed"]),
        {"document_paying_total": "connection_id", "document_paying_status": "connection_id"},
    ),
    "documents.failures": (
        lambda u, n: u.documents.failures(CONNECTION),
        {"line_failure": "organisation_id", "line_pk": "document_id", "document_pk": "document_id"},
    ),
    "documents.bearing": (
        lambda u, n: u.documents.bearing(CONNECTION, [f"card:{place}" for place in range(n)], "sale.product"),
        {"line_reference": "reference"} | LINE | DOCUMENT,
    ),
    "documents.references": (lambda u, n: u.documents.references(names("doc", n), "sale.product"), LINE | DOCUMENT),
    "documents.with_reference": (
        lambda u, n: u.documents.with_reference(CONNECTION, [f"card:{place}" for place in range(n)], "sale.product"),
        {"line_reference": "reference"} | LINE | DOCUMENT,
    ),
    "documents.sums": (lambda u, n: u.documents.sums(keys(n), ["sale.product"]), LINE),
    "documents.lines_many": (lambda u, n: list(u.documents.lines_many(keys(n))), LINE | DOCUMENT),
    "documents.lines": (lambda u, n: list(u.documents.lines(name("doc", 1000), 1)), LINE),
    "documents.tax_sums": (lambda u, n: list(u.documents.tax_sums(name("doc", 1000), 1, ["sale.product"])), LINE),
    "documents.converted": (
        lambda u, n: u.documents.converted(CONNECTION, [f"card:{place}" for place in range(n)], "USD"),
        {"line_reference": "reference"} | LINE | DOCUMENT,
    ),
    "documents.payloads_of_orders": (
        lambda u, n: u.documents.payloads_of_orders(CONNECTION, [f"o{place}" for place in range(n)]),
        {"document_order": "order_id"},
    ),
    "documents.set_problems": (lambda u, n: u.documents.set_problems(*keys(1)[0], ()), DOCUMENT),
    "documents.set_state": (lambda u, n: u.documents.set_state(*keys(1)[0], DocumentState.HELD, "x"), DOCUMENT),
    "documents.set_states": (lambda u, n: u.documents.set_states(keys(n), DocumentState.HELD, "x"), DOCUMENT),
    "documents.confirm": (
        lambda u, n: u.documents.confirm(dict.fromkeys(keys(n), api.Stand(NOW, Witness.API))),
        DOCUMENT,
    ),
    "documents.write_ahead": (lambda u, n: u.documents.write_ahead(name("doc", 1), 9, facts.lines(n)), DOCUMENT),
    "documents.check_ahead": (lambda u, n: u.documents.check_ahead(name("doc", 1000), 9, 0, 0), LINE),
    "documents.clear_ahead": (
        lambda u, n: u.documents.clear_ahead(name("doc", 1), 9, n),
        DOCUMENT | LINE | FATE | REVERSAL,
    ),
    "documents.add_many": (
        lambda u, n: u.documents.add_many([(facts.kept(facts.document(facts.lines(n))), facts.lines(n))]),
        DOCUMENT | LINE,
    ),
    "entries.chain": (lambda u, n: u.entries.chain(SLOT), SLOTS | POSTING),
    "entries.chains": (
        lambda u, n: u.entries.chains(slots(n), [DeliveryState.HELD]),
        SLOTS | POSTING | BY_ENTRY,
    ),
    "entries.add": (lambda u, n: u.entries.add(facts.entry()), SLOTS),
    "entries.add_many": (lambda u, n: u.entries.add_many([facts.entry()]), SLOTS),
    "entries.make_live": (lambda u, n: u.entries.make_live([name("ent", 1001)]), ENTRY),
    "entries.replace": (
        lambda u, n: u.entries.replace([name("ent", 1000)]),
        ENTRY | {"open_leg_pk": "entry_id"},
    ),
    "entries.have_fates": (lambda u, n: u.entries.have_fates(names("doc", n)), DOCUMENT | FATE),
    "entries.open_lines": (
        lambda u, n: list(u.entries.open_lines(revised(n))),
        LINE | FATE | ENTRY | DOCUMENT,
    ),
    "entries.undone_lines": (
        lambda u, n: list(u.entries.undone_lines(revised(n))),
        LINE | FATE | ENTRY | DOCUMENT,
    ),
    "entries.lines_in": (
        lambda u, n: list(u.entries.lines_in(names("ent", n))),
        {"fate_posting": "entry_id"} | LINE,
    ),
    "entries.retaken": (
        lambda u, n: list(u.entries.retaken(names("ent", n), ("", ""))),
        {"reversal_posting": "entry_id"} | LINE,
    ),
    "entries.key_behind": (lambda u, n: u.entries.key_behind(name("doc", 1000), 1, "", n), LINE),
    "entries.gone": (lambda u, n: u.entries.gone(slots(n)), SLOTS),
    "entries.settle_fates": (
        lambda u, n: u.entries.settle_fates(api.Revised(tuple(later(n)), is_new=False)),
        FATE | LINE,
    ),
    "entries.get": (lambda u, n: u.entries.get(name("ent", 1000)), WHOLE_ENTRY),
    "entries.days": (lambda u, n: u.entries.days(names("ent", n)), ENTRY),
    "entries.outlines": (lambda u, n: u.entries.outlines(names("ent", n)), ENTRY),
    "entries.get_many": (lambda u, n: u.entries.get_many(names("ent", n)), WHOLE_ENTRY),
    "entries.beginning": (lambda u, n: u.entries.beginning(name("ent", 1000)[:22]), ENTRY),
    "entries.of_document": (
        lambda u, n: u.entries.of_document(name("doc", 1000)),
        {"entry_document": "document_id"} | POSTING,
    ),
    "entries.of_documents": (
        lambda u, n: u.entries.of_documents(names("doc", n)),
        {"entry_document": "document_id"} | POSTING,
    ),
    "entries.of_group": (lambda u, n: u.entries.of_group(ROUTE, "o500"), SLOTS | POSTING),
    "entries.with_kind": (
        lambda u, n: (
            u.entries.with_kind(ROUTE, "bank", amounts=list(range(n))),
            u.entries.with_kind(ROUTE, "payout.failed", "reserve.opening"),
        ),
        {"posting_moving": "kind"} | WHOLE_ENTRY,
    ),
    "entries.reserves": (
        lambda u, n: u.entries.reserves(ROUTE, "1260", "reserve"),
        {"posting_moving": "kind", "fate_posting": "entry_id"} | ENTRY | LINE | DOCUMENT,
    ),
    "entries.fates_of": (lambda u, n: u.entries.fates_of(names("doc", n)), FATE | ENTRY),
    "entries.documents_in": (lambda u, n: u.entries.documents_in(names("ent", n)), {"fate_posting": "entry_id"}),
    "entries.entries_with": (lambda u, n: u.entries.entries_with(names("doc", n)), FATE | REVERSAL),
    "entries.open_legs": (
        lambda u, n: u.entries.open_legs(ROUTE, [f"o{place}" for place in range(n)]),
        {"open_leg_order": "order_id"},
    ),
    "entries.open_by_entry": (
        lambda u, n: u.entries.open_by_entry(ROUTE, [f"o{place}" for place in range(n)]),
        {"open_leg_order": "order_id"} | ENTRY,
    ),
    "entries.taken_back_by": (
        lambda u, n: [list(u.entries.taken_back_by(name("ent", 1000), posting)) for posting in (0, 1)],
        {"reversal_posting": "entry_id"} | LINE,
    ),
    "entries.lines_of": (
        lambda u, n: [list(u.entries.lines_of(name("ent", 1000), posting)) for posting in (0, 1)],
        BY_POSTING,
    ),
    "entries.some_lines_of": (lambda u, n: u.entries.some_lines_of(name("ent", 1000), 1, n), BY_POSTING),
    "entries.has_lines": (
        lambda u, n: (
            u.entries.has_lines(name("ent", 1000), 1, None, None),
            u.entries.has_lines(name("ent", 1000), 1, NOW, NOW),
        ),
        BY_POSTING,
    ),
    "entries.some_documents_in": (
        lambda u, n: u.entries.some_documents_in(name("ent", 1000), n),
        {"fate_posting": "entry_id"},
    ),
    "entries.exclusions": (lambda u, n: u.entries.exclusions(name("doc", 1000)), FATE | LINE),
    "deliveries.get": (lambda u, n: u.deliveries.get(name("vch", 1000)), DELIVERY),
    "deliveries.get_many": (lambda u, n: u.deliveries.get_many(names("vch", n)), DELIVERY),
    "deliveries.of_entry": (lambda u, n: u.deliveries.of_entry(name("ent", 1000)), BY_ENTRY),
    "deliveries.of_entries": (lambda u, n: u.deliveries.of_entries(names("ent", n)), BY_ENTRY),
    "deliveries.refs": (lambda u, n: u.deliveries.refs(names("vch", n)), DELIVERY),
    "deliveries.named": (
        lambda u, n: u.deliveries.named("SHP-1000"),
        {"delivery_number": "number", "delivery_ref": "ref"},
    ),
    "deliveries.beginning": (lambda u, n: u.deliveries.beginning(name("vch", 1000)[:22]), DELIVERY),
    "deliveries.move": (
        lambda u, n: u.deliveries.move(
            waiting := u.deliveries.with_state(LEDGER, DeliveryState.HELD)[0],
            facts.moved(waiting, DeliveryState.WITHDRAWN),
        ),
        OF_STATE | DELIVERY,
    ),
    "deliveries.move_many": (
        lambda u, n: (
            waiting := u.deliveries.with_state(LEDGER, DeliveryState.HELD)[:n],
            u.deliveries.move_many([(one, facts.moved(one, DeliveryState.WITHDRAWN)) for one in waiting], epoch=1),
            u.deliveries.move_many([(one, facts.moved(one, DeliveryState.WITHDRAWN)) for one in waiting]),
        ),
        OF_STATE | DELIVERY,
    ),
    "deliveries.due": (
        lambda u, n: u.deliveries.due(LEDGER, NOW, n),
        OF_STATE | DELIVERY | {"delivery_after_pk": "voucher_id"},
    ),
    "deliveries.next_due": (
        lambda u, n: u.deliveries.next_due(LEDGER),
        OF_STATE | DELIVERY | {"delivery_after_pk": "voucher_id"},
    ),
    "deliveries.with_state": (
        lambda u, n: (
            u.deliveries.with_state(LEDGER, *[DeliveryState.HELD, DeliveryState.PARKED][: min(n, 2)]),
            u.deliveries.with_state(LEDGER, DeliveryState.WITHDRAWN, reasons=["payout.failed"]),
        ),
        OF_STATE,
    ),
    "deliveries.standing": (
        lambda u, n: u.deliveries.standing(LEDGER, DeliveryState.HELD, DeliveryState.OWED),
        OF_STATE,
    ),
    "deliveries.baseline": (lambda u, n: u.deliveries.baseline(LEDGER, "r1000"), BASELINE),
    "deliveries.behind": (
        lambda u, n: u.deliveries.behind(names("vch", min(n, 20))),
        {"delivery_after_first": "after_id", **DELIVERY},
    ),
    "deliveries.forget_baseline": (
        lambda u, n: u.deliveries.forget_baseline(name("vch", 1000)),
        {"baseline_voucher_key": "voucher_id", **BASELINE},
    ),
    "deliveries.owners": (lambda u, n: u.deliveries.owners(LEDGER, [f"r{one}" for one in range(n)]), BASELINE),
    "deliveries.put_baselines": (
        lambda u, n: u.deliveries.put_baselines(
            LEDGER,
            [(name("vch", place), name("ent", place), facts.copy(f"r{place}")) for place in range(1000, 1000 + n)],
        ),
        BASELINE | {"baseline_voucher_key": "voucher_id"},
    ),
    "deliveries.put_baseline": (
        lambda u, n: u.deliveries.put_baseline(name("vch", 1000), name("ent", 1000), LEDGER, facts.copy("r1000")),
        BASELINE | {"baseline_voucher_key": "voucher_id"},
    ),
    "copies.add": (
        lambda u, n: u.copies.add(LEDGER, [facts.copy(f"r{place}") for place in range(n)]),
        {"ledger_copy_pk": "ref", "ledger_copy_line_pk": "ref", "ledger_gone_pk": "ref"},
    ),
    "copies.remove": (
        lambda u, n: u.copies.remove(LEDGER, [f"r{place}" for place in range(n)], is_deleted=True),
        {
            "ledger_copy_pk": "ref",
            "ledger_copy_line_pk": "ref",
            "ledger_gone_pk": "ref",
            "baseline_pk": "ref",
        },
    ),
    "copies.remove_parts": (
        lambda u, n: u.copies.remove_parts(LEDGER, [f"r{place}" for place in range(n)]),
        {"ledger_copy_pk": "ref"},
    ),
    "copies.read_after": (
        lambda u, n: u.copies.read_after(LEDGER, history.ROWS - n),
        {"ledger_copy_read": "after_seq", "baseline_pk": "ref"},
    ),
    "copies.get": (lambda u, n: u.copies.get(LEDGER, "r1000"), {"ledger_copy_pk": "ref", "ledger_copy_line_pk": "ref"}),
    "copies.shown": (
        lambda u, n: u.copies.shown(LEDGER, [f"r{place}" for place in range(n)]),
        {"ledger_copy_pk": "ref", "ledger_copy_line_pk": "ref"},
    ),
    "copies.twins": (
        lambda u, n: u.copies.twins(LEDGER, [facts.copy(f"x{place}") for place in range(n)]),
        {"baseline_key": "key", "baseline_number": "number", "baseline_day": "lines_hash"},
    ),
    "findings.settle": (
        lambda u, n: u.findings.settle(
            ROUTE, [facts.finding(f"s{p}", route_id=ROUTE) for p in range(n)], NOW, prefix="d"
        ),
        {"finding_pk": "finding_id", "finding_route": "state"},
    ),
    "findings.add_many": (
        lambda u, n: u.findings.add_many([facts.finding(route_id=ROUTE)], NOW),
        {"finding_pk": "finding_id"},
    ),
    "findings.add": (lambda u, n: u.findings.add(facts.finding(route_id=ROUTE), NOW), {"finding_pk": "finding_id"}),
    "findings.get": (lambda u, n: u.findings.get(name("fnd", 1000)), {"finding_pk": "finding_id"}),
    "findings.of_ids": (lambda u, n: u.findings.of_ids(names("fnd", n)), {"finding_pk": "finding_id"}),
    "findings.beginning": (lambda u, n: u.findings.beginning(name("fnd", 1000)[:22]), {"finding_pk": "finding_id"}),
    "findings.of_route": (
        lambda u, n: u.findings.of_route(ROUTE, FindingState.OPEN, FindingState.ACCEPTED),
        {"finding_route": "state"},
    ),
    "findings.close": (lambda u, n: u.findings.close(name("fnd", 1)), {"finding_pk": "finding_id"}),
    "findings.accept": (lambda u, n: u.findings.accept(name("fnd", 1), "ann", "x", None), {"finding_pk": "finding_id"}),
    "instructions.of_subject": (lambda u, n: u.instructions.of_subject("x"), {"instruction_subject": "subject"}),
    "instructions.of_subjects": (
        lambda u, n: u.instructions.of_subjects(names("vch", n)),
        {"instruction_subject": "subject"},
    ),
    "instructions.of_kind": (
        lambda u, n: u.instructions.of_kind(InstructionKind.BOOK_AGAIN),
        {"instruction_kind": "kind"},
    ),
    "instructions.given_after": (lambda u, n: u.instructions.given_after(NOW), {"instruction_given": "given_at"}),
    "windows.current": (lambda u, n: u.windows.current(CONNECTION, "s1"), {"stream_window_current": "stream"}),
    "windows.closed": (lambda u, n: u.windows.closed(CONNECTION, "s1"), {"stream_window_pk": "stream"}),
    "windows.askings": (lambda u, n: u.windows.askings("con_2"), {"stream_asking_pk": "connection_id"}),
    "windows.put_asking": (
        lambda u, n: u.windows.put_asking("con_2", Asking("s1", NOW)),
        {"stream_asking_pk": "stream"},
    ),
    "windows.through": (lambda u, n: u.windows.through("con_2"), {"stream_window_pk": "connection_id"}),
    "windows.to_count": (lambda u, n: u.windows.to_count(CONNECTION, NOW), {"stream_window_due": "due_at"}),
    "windows.keep_only": (
        lambda u, n: u.windows.keep_only("con_2", [f"s{place}" for place in range(9)]),
        {
            "stream_asking_pk": "connection_id",
            "stream_window_pk": "connection_id",
            "window_owner_pk": "connection_id",
        },
    ),
    "windows.save": (lambda u, n: u.windows.save(window("s1", 1)), {"stream_window_pk": "since_at"}),
    "windows.forget": (
        lambda u, n: u.windows.forget(u.windows.closed(CONNECTION, "s2")[0]),
        {"stream_window_pk": "stream"},
    ),
    "windows.join": (
        lambda u, n: u.windows.join(*u.windows.closed(CONNECTION, "s2")[:2]),
        {"stream_window_pk": "stream"},
    ),
    "windows.add_owners": (
        lambda u, n: u.windows.add_owners(window("s1", 0), [("order", f"o{place}") for place in range(n)]),
        {"window_owner_pk": "external_id", "window_owner_thing": "external_id"},
    ),
    "windows.owners": (lambda u, n: u.windows.owners(window("s1", 0)), {"window_owner_pk": "since_at"}),
    "windows.clear_owners": (lambda u, n: u.windows.clear_owners(window("s1", 0)), {"window_owner_pk": "since_at"}),
    "windows.forget_owner": (
        lambda u, n: u.windows.forget_owner(CONNECTION, "order", "o1000"),
        {"window_owner_thing": "external_id"},
    ),
    "inquiries.add": (
        lambda u, n: u.inquiries.add(CONNECTION, [inquiry(place) for place in range(n)]),
        {"inquiry_pk": "external_id"},
    ),
    "inquiries.due": (lambda u, n: u.inquiries.due(CONNECTION, DUE, n), {"inquiry_due": "due_at"}),
    "inquiries.of_connection": (
        lambda u, n: u.inquiries.of_connection(CONNECTION, n),
        {"inquiry_due": "connection_id"},
    ),
    "inquiries.settle": (
        lambda u, n: (
            u.inquiries.settle(CONNECTION, inquiry(1), NOW),
            u.inquiries.settle(CONNECTION, inquiry(2), None),
        ),
        {"inquiry_pk": "external_id"},
    ),
    "readings.put": (lambda u, n: u.readings.put(reading(n)), {"channel_reading_pk": "span"}),
    "readings.of_report": (lambda u, n: u.readings.of_report(CONNECTION, "r1"), {"channel_reading_pk": "report"}),
    "readings.newest": (lambda u, n: u.readings.newest(CONNECTION, "r1"), {"channel_reading_pk": "report"}),
    "pending.put": (
        lambda u, n: u.pending.put(CONNECTION, ("day", "d7"), [history.pending(place) for place in range(n)]),
        {"pending_money_pk": "external_id", "pending_money_owner": "owner_id"},
    ),
    "pending.at": (lambda u, n: u.pending.at(CONNECTION, NOW), {"pending_money_until": "until_at"}),
    "openings.put": (lambda u, n: u.openings.put(history.opening(n)), {"account_opening_pk": "account_id"}),
    "openings.of_ledger": (lambda u, n: u.openings.of_ledger("b7"), {"account_opening_pk": "ledger"}),
    "assignments.put": (lambda u, n: u.assignments.put(history.assignment(n)), {"assignment_pk": "subject"}),
    "assignments.of_subjects": (
        lambda u, n: u.assignments.of_subjects(names("vch", n)),
        {"assignment_pk": "subject"},
    ),
    "reviews.sign_off": (
        lambda u, n: u.reviews.sign_off(history.sign_off(n).sign_off_id),
        {"sign_off_pk": "sign_off_id"},
    ),
    "reviews.sign_offs": (lambda u, n: u.reviews.sign_offs("rte_7"), {"sign_off_route": "route_id"}),
    "vault.has": (lambda u, n: u.vault.has(name("raw", 1000)), {"vault_pk": "content_hash"}),
    "vault.open": (
        lambda u, n: next(u.vault.open(name("raw", 1000)), None),
        {"vault_pk": "content_hash", "vault_chunk_pk": "content_hash"},
    ),
    "vault.contents": (
        lambda u, n: _of_no_sense(lambda: u.vault.contents(names("raw", n))),
        {"vault_pk": "content_hash", "vault_chunk_pk": "content_hash"},
    ),
    "vault.put": (lambda u, n: u.vault.put("x", Content.of(b"x")), {"vault_pk": "content_hash"}),
    "vault.put_many": (lambda u, n: u.vault.put_many("x", contents(n)), {"vault_pk": "content_hash"}),
    "vault.seen": (lambda u, n: u.vault.seen(CONNECTION, names("raw", n)), {"seen_file_pk": "content_hash"}),
    "vault.has_seen": (lambda u, n: u.vault.has_seen(CONNECTION, name("raw", 1)), {"seen_file_pk": "content_hash"}),
    "waits.groups": (lambda u, n: u.waits.groups(LOOKOUT), WAITS),
    "waits.some": (lambda u, n: u.waits.some(LOOKOUT, Choice(), Order.GRAVEST, n), WAITS),
    "summaries.vouchers": (
        lambda u, n: u.summaries.vouchers(ROUTE, LEDGER, DeliveryState.HELD, DeliveryState.OWED),
        OF_STATE | WHOLE_ENTRY,
    ),
    "summaries.documents": (
        lambda u, n: u.summaries.documents(CONNECTION, DocumentState.HELD, ["order.unpaid"]),
        WAITING,
    ),
    "figures.size": (lambda u, n: u.figures.size(CONNECTION, *_late(n)), OF_TIME),
    "figures.told": (
        lambda u, n: u.figures.told(CONNECTION, *_late(n), (date(2026, 6, 1), date(2026, 6, 30))),
        OF_TIME | LINE | FATE | ENTRY,
    ),
    "figures.groups": (lambda u, n: u.figures.groups(CONNECTION, *_late(n), (("sale.product",),)), OF_TIME | LINE),
    "figures.largest": (
        lambda u, n: u.figures.largest(CONNECTION, *_late(n), ("sale.product",), 5),
        OF_TIME | LINE,
    ),
    "figures.values": (lambda u, n: u.figures.values(CONNECTION, *_late(n), api.Facet.SKU), OF_TIME | LINE),
    "figures.facets": (
        lambda u, n: u.figures.facets(CONNECTION, *_late(n), api.Facet.TAX),
        OF_TIME | LINE | FATE | POSTING,
    ),
    "figures.booked": (
        lambda u, n: u.figures.booked(ROUTE, date(2026, 5, 1), date(2026, 5, 31)),
        {"entry_day": "booked_on", "posting_pk": "entry_id"},
    ),
    "figures.taxes": (
        lambda u, n: u.figures.taxes(ROUTE, date(2026, 5, 1), date(2026, 5, 31)),
        {"entry_day": "booked_on", "reversal_posting": "entry_id"} | BY_POSTING,
    ),
    "figures.in_ledger": (
        lambda u, n: u.figures.in_ledger(LEDGER, ["80"], date(2026, 6, 1), date(2026, 6, 30)),
        {"ledger_copy_line_account": "account_id", "ledger_copy_pk": "ref"} | BASELINE | ENTRY,
    ),
    "runs.begin": (lambda u, n: u.runs.begin(RUN), {"run_pk": "organisation_id"}),
    "runs.save": (lambda u, n: u.runs.save(msgspec.structs.replace(RUN, number=1000)), {"run_pk": "number"}),
    "runs.get": (lambda u, n: u.runs.get(1000), {"run_pk": "number"}),
    "runs.newest": (lambda u, n: u.runs.newest(n), {"run_pk": "organisation_id"}),
    "runs.forget": (lambda u, n: u.runs.forget(NOW, n), {"run_pk": "organisation_id"}),
    "runs.running": (lambda u, n: u.runs.running(), {"run_running": "organisation_id"}),
    "audit.touched": (
        lambda u, n: u.audit.touched(history.ROWS - n),
        {"audit_pk": "seq", "seal_pk": "seq"},
    ),
    "audit.newest": (lambda u, n: u.audit.newest(n, 1000), {"audit_pk": "seq"}),
    "audit.head": (lambda u, n: u.audit.head(), {"audit_pk": "organisation_id"}),
    "audit.begun_at": (lambda u, n: u.audit.begun_at(), {"audit_pk": "seq"}),
    "audit.hash_of": (lambda u, n: u.audit.hash_of(60), {"audit_pk": "seq"}),
}
NOT_ASKED = {
    "tables of some rows": {
        "connections",
        "routes",
        "rules",
        "facts",
        "leases",
        "duties",
        "pauses",
        "people",
        "sign_ins",
        "consents",
        "budgets",
        "organisations",
        "usage",
        "channel_facts",
        "carries",
        "reviews.get",
        "reviews.put",
        "summaries.all",
        "summaries.of_routes",
        "summaries.put",
        "copies.covered",
        "copies.cover",
    },
    "reads or compares all of a connection, a route or a ledger, for those who mean all, in one pass or by pages": {
        "documents.of_connection",
        "documents.gateways",
        "entries.of_route",
        "entries.touched",
        "deliveries.of_route",
        "deliveries.reach",
        "summaries.has_delivered",
        "deliveries.contacts",
        "audit.rows",
        "copies.clear",
        "copies.deleted",
        "copies.differences",
        "copies.learn_marks",
        "copies.strangers",
        "copies.settling",
        "copies.moving",
        "copies.answered",
        "copies.as_much",
        "copies.clearing",
        "figures.sent_at",
        "audit.verify",
        "audit.unvouched",
        "audit.vouch",
    },
    "adds rows, or removes them by their whole keys, and reads none": {
        "documents.lock",
        "documents.lock_many",
        "assignments.hold",
        "entries.bind",
        "entries.forget_taken",
        "entries.take_back",
        "entries.add_open_legs",
        "deliveries.add",
        "deliveries.add_many",
        "instructions.add",
        "instructions.hold",
        "reviews.add_sign_off",
        "vault.remember",
        "vault.write_ahead",
        "windows.open",
        "audit.note",
        "audit.tell",
    },
}


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlStore]:
    """A store over a history."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        with server.database(like=request.getfixturevalue("migrated_database")) as url:
            yield from _opened(url)
        return
    path = tmp_path_factory.mktemp("plans") / "bridge.sqlite"
    shutil.copy(request.getfixturevalue("migrated_file"), path)
    yield from _opened(f"sqlite:///{path}")


def _opened(url: str) -> Iterator[SqlStore]:
    history.write(url)
    store = open_store(url, history.ORGANISATION, FakeClock(NOW))
    yield store
    store.close()


@pytest.mark.parametrize("many", [ONE, MANY])
@pytest.mark.parametrize("method", ASKED)
def test_a_few_of_many_are_found_by_an_index(full: SqlStore, method: str, many: int) -> None:
    ask, expected = ASKED[method]
    with suppress(ZeroDivisionError), full.unit("test") as unit:
        with planned() as steps:
            ask(unit, many)
        raise ZeroDivisionError  # nothing of it is to stay

    large = [step for step in steps if step.table not in ("audit", "lease") or method.startswith("audit")]
    lost = [str(step) for step in large if step.index == ALL or expected.get(step.index) not in step.columns]
    assert not lost
    assert large


SEALED_KEYS: dict[Sealed, tuple[Callable[[int], list[Key]], Expected]] = {
    Sealed.DOCUMENT: (lambda n: list(keys(n)), DOCUMENT | LINE),
    Sealed.ENTRY: (
        lambda n: [(entry_id,) for entry_id in names("ent", n)],
        WHOLE_ENTRY | {"fate_posting": "entry_id", "reversal_posting": "entry_id", "open_leg_pk": "entry_id"},
    ),
    Sealed.VOUCHER: (lambda n: [(voucher_id,) for voucher_id in names("vch", n)], DELIVERY),
    Sealed.BASELINE: (lambda n: [(ref, LEDGER) for ref in names("ref", n)], BASELINE),
}


@pytest.mark.parametrize("many", [ONE, MANY])
@pytest.mark.parametrize("kind", SEALED_KEYS)
def test_what_a_unit_wrote_is_read_back_by_its_key(full: SqlStore, kind: Sealed, many: int) -> None:
    asked, expected = SEALED_KEYS[kind]
    with full.reading() as unit, planned() as steps:
        assert isinstance(unit, SqlUnitOfWork)
        list(unit.audit.digests(kind, asked(many)))

    assert steps
    assert not [str(step) for step in steps if step.index == ALL or expected.get(step.index) not in step.columns]


def test_figures_that_somebody_took_of_a_young_database_are_put_right_by_the_next_apply(
    tmp_path: Path, migrated_file: Path
) -> None:
    path = tmp_path / "bridge.sqlite"
    shutil.copy(migrated_file, path)
    with closing(sqlite3.connect(path)) as somebody:
        ours = somebody.execute("SELECT * FROM sqlite_stat1 ORDER BY 1, 2").fetchall()
        somebody.execute("DELETE FROM sqlite_stat1")
        somebody.commit()
    ask, expected = ASKED["entries.documents_in"]
    with closing(open_store(f"sqlite:///{path}", "local", FakeClock(NOW))) as store:
        with planned() as steps, store.reading() as unit:
            ask(unit, 1)
        assert expected.get(steps[-1].index) not in steps[-1].columns
        store.migrate()
        with planned() as steps, store.reading() as unit:
            ask(unit, 1)
        assert expected[steps[-1].index] in steps[-1].columns
    with closing(sqlite3.connect(path)) as somebody:
        assert somebody.execute("SELECT * FROM sqlite_stat1 ORDER BY 1, 2").fetchall() == ours


def test_postgres_looks_at_a_table_that_has_just_been_filled(
    postgres_server: PostgresServer, migrated_database: str
) -> None:
    """By itself it would look a minute later: what is imported is booked at once, and by then is one of many."""
    documents = [facts.numbered(number) for number in range(1_200)]
    with (
        postgres_server.database(like=migrated_database) as url,
        closing(open_store(url, "local", FakeClock(NOW))) as store,
    ):
        for first in range(0, len(documents), 400):
            with store.unit("cli") as unit:
                unit.documents.add_many(documents[first : first + 400])
        keys = [(kept.document.document_id, 1) for kept, _ in documents[::20]]
        with planned() as steps, store.reading() as unit:
            assert len(list(unit.documents.lines_many(keys))) == len(keys)

    assert {(step.index, "document_id" in step.columns) for step in steps if step.table in ("line", "document")} == {
        ("document_pk", True),
        ("line_pk", True),
    }


def test_every_method_that_reads_is_asked() -> None:
    """A method that is added to the store is added here, or it is said why not."""
    parts = {part: hints["return"] for part, hints in _parts().items()}
    methods = {f"{part}.{method}" for part, kind in parts.items() for method in vars(kind) if method[0] != "_"}
    left_out = {one for listed in NOT_ASKED.values() for one in listed}

    assert methods == set(ASKED) | {one for one in methods if {one, one.partition(".")[0]} & left_out}


def _parts() -> Mapping[str, Mapping[str, type]]:
    found = {name: kind for name, kind in vars(api.UnitOfWork).items() if isinstance(kind, property)}
    return {name: get_type_hints(kind.fget, vars(api)) for name, kind in found.items()}
