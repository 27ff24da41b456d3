"""Whoever changes, deletes or adds something in the database past bridge is found by the audit log (D16)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from bridge.clock import SystemClock
from bridge.errors import InvariantError
from bridge.model.people import Role
from bridge.store.sql import open_store
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import Merchant

FIRST = "(SELECT min(line_key) FROM line)"
FINDING = (
    "INSERT INTO finding SELECT 'local', 'fnd_x', route_id, 'drift.amount', 'accepted', '{}', 0, 0, 'anna', 'fine', 0"
    " FROM route"
)
OPEN_LEG = "INSERT INTO open_leg SELECT 'local', min(entry_id), 'o1', min(route_id), 5, 0 FROM entry"
SEAT = "INSERT INTO seat VALUES ('local', 'person_eve', 'owner', 'ann', 0)"
INVITATION = "INSERT INTO invitation SELECT 'local', 'x', until_at, body FROM invitation"
ORGANISATION = "INSERT INTO organisation VALUES ('local', '{}', NULL)"
HARM = {
    "a line of a document says another amount": ("UPDATE line SET amount_minor = amount_minor + 1", "document"),
    "a line of a document is gone": (f"DELETE FROM line WHERE line_key = {FIRST}", "document"),
    "a document is gone": ("DELETE FROM document", "document"),
    "a document has another total": ("UPDATE document SET total_minor = total_minor + 1", "document"),
    "an order is called a sale before it is paid": ("UPDATE document SET agreed_at = 5", "document"),
    "a posting goes to another account": ("UPDATE posting SET account = '4100' WHERE account = '4000'", "entry"),
    "a line is booked by another posting": ("UPDATE fate SET posting = 2 WHERE posting = 1", "entry"),
    "an entry is given a rate": ("UPDATE entry SET rate = '1.1'", "entry"),
    "an entry is gone": ("DELETE FROM entry WHERE purpose = 'bank'", "entry"),
    "an order is said to owe more": (OPEN_LEG, "entry"),
    "what is to be sent is rewritten": ("UPDATE delivery SET voucher = replace(voucher, ':1', ':2')", "voucher"),
    "a voucher is said to be withdrawn": ("UPDATE delivery SET state = 'withdrawn', reason = 'replaced'", "voucher"),
    "a voucher is gone": ("DELETE FROM delivery", "voucher"),
    "a rule sends sales elsewhere": ("UPDATE rule_set SET body = body || ' '", "rule set"),
    "what the ledger acknowledged is rewritten": ("UPDATE baseline SET total_minor = total_minor + 1", "baseline"),
    "a line of what it acknowledged is": ("UPDATE baseline_line SET amount_minor = amount_minor + 1", "baseline"),
    "a decision names somebody else": ("UPDATE instruction SET given_by = 'ben'", "instruction"),
    "a decision is gone": ("DELETE FROM instruction", "instruction"),
    "a finding is accepted by hand": (FINDING, "acceptance"),
    "somebody made themselves an owner": (SEAT, "seat"),
    "a viewer is an owner": ("UPDATE seat SET role = 'owner' WHERE role = 'viewer'", "seat"),
    "a seat is gone": ("DELETE FROM seat WHERE role = 'viewer'", "seat"),
    "an invitation is made by hand": (INVITATION, "invitation"),
    "an invitation is for a higher seat": ("UPDATE invitation SET body = replace(body, ':1', ':3')", "invitation"),
    "a pause is lifted by hand": ("DELETE FROM pause WHERE scope = 'connection'", "pause"),
    "a pause names somebody else": ("UPDATE pause SET body = replace(body, 'ann', 'ben')", "pause", "stop"),
    "a stop for all is lifted by hand": ("DELETE FROM pause WHERE scope = 'deliveries'", "stop"),
    "a connection is another account's": ("UPDATE connection SET account = 'X' WHERE side = 'source'", "connection"),
    "a connection works again": ("UPDATE connection SET body = replace(body, 'A1', 'A2')", "connection"),
    "a connection is gone": ("DELETE FROM connection WHERE side = 'source'", "connection"),
    "a secret is another": ("UPDATE credential SET sealed = x'00'", "credential"),
    "a secret is gone": ("DELETE FROM credential", "credential"),
    "a route books into another ledger": ("UPDATE route SET body = replace(body, 'books', 'b')", "route"),
    "an organisation is made by hand": (ORGANISATION, "organisation"),
    "who has what waits is another": ("UPDATE assignment SET body = replace(body, 'ann', 'ben')", "assignment"),
    "a digest is made to fit": ("UPDATE seal SET digest = 'x' WHERE seq = 2", "audit row", "rule set"),
    "digests are gone": ("DELETE FROM seal WHERE seq = 2", "audit row", "rule set"),
}


@pytest.fixture(scope="module")
def booked(tmp_path_factory: pytest.TempPathFactory) -> Merchant:
    """A database in which a settlement is booked and delivered, and a person has decided something."""
    with QuickBooksSandbox() as sandbox:
        merchant = Merchant(tmp_path_factory.mktemp("vouched"), sandbox, "us")
        merchant.connect()
        merchant.import_samples("us", "us_v2_standard.txt")
        merchant.ok("deliver")
        merchant.ok("store", "restored")
        with merchant.app() as app:
            app.members.owner("ann")
            secret = app.members.invite("Vic", "", Role.VIEWER, by="ann")
            app.members.accept(app.members.invited(secret).invitation_id, None)
            app.members.invite("Bea", "", Role.VIEWER, by="ann")
            app.pausing.pause("amazon-us", by="ann", reason="x", actor="cli")
            app.pausing.pause("books-us", by="ann", reason="x", actor="cli")
            app.pausing.resume("books-us", by="ann", actor="cli")
            app.assigning.assign(["vch_1"], "ann", "look at it", by="ann")
        merchant.ok("stop-deliveries", "--everywhere", "--by", "ann")
        told = merchant.json("audit", "verify", "--store")
        assert not [*told["unvouched"], *told["not_compared"]]
        return merchant


@pytest.mark.parametrize("harm", HARM)
def test_what_was_done_past_bridge_is_named(booked: Merchant, tmp_path: Path, harm: str) -> None:
    statement, *kinds = HARM[harm]
    url = tmp_path / "bridge.db"
    with closing(sqlite3.connect(booked.folder / "bridge.db")) as database:
        database.execute("VACUUM INTO ?", (str(url),))
    with closing(sqlite3.connect(url)) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger}")
        assert database.execute(statement).rowcount > 0
        database.commit()
    with closing(open_store(f"sqlite:///{url}", "local", SystemClock())) as store, store.reading() as unit:
        found = list(unit.audit.unvouched())

    assert {each.kind for each in found} == set(kinds)


def test_it_is_told_with_the_row_that_wrote_it_and_the_command_fails(booked: Merchant) -> None:
    with closing(sqlite3.connect(booked.folder / "bridge.db")) as database:
        database.execute("DROP TRIGGER rule_set_no_update")
        database.execute("UPDATE rule_set SET body = replace(body, 'x', 'y'), effective_from = '2020-01-01'")
        database.commit()
    done = booked.run("audit", "verify", "--store")

    assert isinstance(done.exception, InvariantError)
    assert done.exception.code == "audit.unvouched"
    assert "rule set us 1 was changed after it was written (row 2)" in str(done.exception)
