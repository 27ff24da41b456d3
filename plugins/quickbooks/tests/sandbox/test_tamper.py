"""What people do behind our back, and that every trace the real service leaves is there."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.sandbox import BadRequestError
from bridge_quickbooks_sandbox import QuickBooksSandbox, Tamper
from bridge_quickbooks_sandbox.schema import load_schema
from bridge_quickbooks_sandbox.wire import decode, encode
from plugins.quickbooks.tests.sandbox.client import REALM, Client

EDITS: dict[str, Callable[[Tamper], Any]] = {
    "edit_amount": lambda tamper: tamper.edit_amount("JournalEntry", "101", "26.00"),
    "change_date": lambda tamper: tamper.change_date("JournalEntry", "101", "2026-03-01"),
    "recode": lambda tamper: tamper.recode("JournalEntry", "101", "4050", line=1),
    "add_line": lambda tamper: tamper.add_line("JournalEntry", "101", "4050", "3.00"),
    "split_line": lambda tamper: tamper.split_line("JournalEntry", "101", "1.00", line=1),
    "change_number": lambda tamper: tamper.change_number("JournalEntry", "101", "S-9"),
    "edit_currency": lambda tamper: tamper.edit_currency("JournalEntry", "101", "EUR"),
    "change_note": lambda tamper: tamper.change_note("JournalEntry", "101", "looked at"),
    "edit_customer": lambda tamper: tamper.edit_customer("JournalEntry", "101", "Somebody else"),
    "edit_class": lambda tamper: tamper.edit_class("JournalEntry", "101", "Online"),
    "edit_department": lambda tamper: tamper.edit_department("JournalEntry", "101", "Webshop"),
    "edit_rate": lambda tamper: tamper.edit_rate("JournalEntry", "101", "1.5"),
    "void": lambda tamper: tamper.void("JournalEntry", "101"),
}


@pytest.fixture
def tamper(client: Client, sandbox: QuickBooksSandbox) -> Tamper:
    client.create("JournalEntry", client.sale("S-1") | {"PrivateNote": "payout 1"})
    return sandbox.tamper(REALM)


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_moves_token_time_and_editor_and_shows_in_change_data_capture(
    tamper: Tamper, client: Client, sandbox: QuickBooksSandbox, edit: str
) -> None:
    before = client.get("journalentry/101").json["JournalEntry"]
    sandbox.clock.advance(100)
    since = sandbox.clock.now() - timedelta(seconds=50)
    EDITS[edit](tamper)
    after = client.get("journalentry/101").json["JournalEntry"]
    changed = client.get("cdc", entities="JournalEntry", changedSince=since.isoformat())

    assert load_schema().read("JournalEntry", decode(encode(after)))
    assert after["SyncToken"] == "1"
    assert after["MetaData"]["LastUpdatedTime"] > before["MetaData"]["LastUpdatedTime"]
    assert after["MetaData"]["LastModifiedByRef"] != before["MetaData"]["LastModifiedByRef"]
    assert changed.json["CDCResponse"][0]["QueryResponse"][0]["JournalEntry"] == [after]
    assert sum(sandbox.trial_balance(REALM).values()) == 0


def test_edits_do_to_the_books_what_they_say(tamper: Tamper, sandbox: QuickBooksSandbox) -> None:
    tamper.edit_amount("JournalEntry", "101", "26.00")
    assert sandbox.trial_balance(REALM) == {"1200": 2600, "4000": -2600}
    tamper.recode("JournalEntry", "101", "4050", line=1)
    assert sandbox.trial_balance(REALM) == {"1200": 2600, "4050": -2600}
    tamper.change_date("JournalEntry", "101", "2026-03-01")
    assert sandbox.trial_balance(REALM, as_of="2026-02-28") == {}
    voided = tamper.void("JournalEntry", "101")
    assert (voided["PrivateNote"], voided["TotalAmt"]) == ("Voided - payout 1", 0)
    assert sandbox.trial_balance(REALM) == {}


def test_a_copy_holds_the_same_number_or_another(tamper: Tamper, client: Client, sandbox: QuickBooksSandbox) -> None:
    """F09"""
    tamper.duplicate("JournalEntry", "101")
    tamper.duplicate("JournalEntry", "101", number="S-1 copy")

    assert client.query("select count(*) from JournalEntry where DocNumber = 'S-1'") == {"totalCount": 2}
    assert sandbox.trial_balance(REALM) == {"1200": 3 * 2506, "4000": -3 * 2506}
    assert client.post("journalentry", client.sale("S-1")).code == "6140"


def test_strangers_put_journals_transfers_and_deposits_into_an_account(
    tamper: Tamper, sandbox: QuickBooksSandbox
) -> None:
    """F08"""
    for kind in ("JournalEntry", "Transfer", "Deposit"):
        tamper.add_foreign("1000", "1200", "5.00", "2026-01-31", entity=kind, note="by hand")

    assert sandbox.trial_balance(REALM) == {"1000": 1500, "1200": 2506 - 1500, "4000": -2506}
    with pytest.raises(BadRequestError, match="cannot make"):
        tamper.add_foreign("1000", "1200", "5.00", "2026-01-31", entity="Payment")


def test_transfers_can_be_edited_too(tamper: Tamper, client: Client, sandbox: QuickBooksSandbox) -> None:
    created = client.create("Transfer", client.transfer(10))
    tamper.edit_amount("Transfer", created["Id"], "11.00")
    tamper.recode("Transfer", created["Id"], "1010")

    assert sandbox.trial_balance(REALM) == {"1010": 1100, "1200": 1406, "4000": -2506}
    tamper.delete("Transfer", created["Id"])
    assert client.get(f"transfer/{created['Id']}").code == "610"


def test_editing_works_in_a_closed_period_and_refuses_nonsense(tamper: Tamper, sandbox: QuickBooksSandbox) -> None:
    sandbox.set(REALM, book_close_date="2026-12-31")
    tamper.edit_amount("JournalEntry", "101", "1.00")

    for order in (
        {"op": "edit_amount", "entity": "JournalEntry", "id": "999", "amount": "1"},
        {"op": "edit_amount", "entity": "JournalEntry", "id": "101", "amount": "much"},
        {"op": "edit_amount", "entity": "JournalEntry", "id": "101", "amount": "1", "line": 7},
        {"op": "recode", "entity": "JournalEntry", "id": "101", "account": "0"},
        {"op": "void", "entity": "Nonsense", "id": "101"},
        {"op": "void"},
        {"op": "dance"},
    ):
        with pytest.raises(BadRequestError):
            tamper.carry_out(dict(order))


AMOUNTS = st.integers(min_value=1, max_value=9_999_999)
ACCOUNTS = st.sampled_from(["1000", "1200", "1260", "2100", "4000", "4200", "6000", "6100"])


@settings(max_examples=25, deadline=None)
@given(
    entries=st.lists(st.tuples(ACCOUNTS, AMOUNTS, ACCOUNTS, AMOUNTS), min_size=1, max_size=6),
    edits=st.lists(st.sampled_from(["edit_amount", "void", "duplicate", "delete", "change_date"]), max_size=6),
)
def test_whatever_is_booked_and_edited_the_trial_balance_sums_to_zero(
    entries: list[tuple[str, int, str, int]], edits: list[str]
) -> None:
    with QuickBooksSandbox() as sandbox:
        sandbox.add_company(REALM)
        client = Client(sandbox)
        expected: dict[str, int] = {}
        for number, (first, one, second, two) in enumerate(entries):
            postings = ((first, one), (second, two), ("7990", -one - two))
            written = [(account, f"{minor / 100:.2f}") for account, minor in postings]
            client.create("JournalEntry", client.journal(*written, number=f"P-{number}"))
            for account, minor in postings:
                expected[account] = expected.get(account, 0) + minor
        assert sandbox.trial_balance(REALM) == {account: minor for account, minor in expected.items() if minor}
        for edit in edits:
            _edit(sandbox, edit)
            assert sum(sandbox.trial_balance(REALM).values()) == 0
        client.close()


def _edit(sandbox: QuickBooksSandbox, edit: str) -> None:
    present = [found["Id"] for found in sandbox.entities(REALM, "JournalEntry")]
    more: dict[str, dict[str, Any]] = {
        "edit_amount": {"amount": "12345.67", "counter_line": 2},
        "change_date": {"to": "2026-05-05"},
    }
    if present:
        order = {"op": edit, "entity": "JournalEntry", "id": present[-1], **more.get(edit, {})}
        sandbox.tamper(REALM).carry_out(order)


@pytest.mark.parametrize(
    ("order", "said"),
    [
        ({"op": "edit_amount", "entity": "JournalEntry"}, "edit_amount lacks id, amount"),
        ({"op": "void", "entity": "JournalEntry", "id": "101", "day": "x"}, "void does not know day"),
        ({"op": "delete", "kind": "JournalEntry"}, "delete lacks entity, id and does not know kind"),
        ({"op": "edit_amount", "entity": "JournalEntry", "id": "101", "amount": "ten"}, "has a value that cannot be"),
        ({"op": "edit"}, "op must be one of: edit_amount, change_date"),
    ],
)
def test_an_order_that_cannot_be_meant_is_answered_with_the_names_it_takes(
    tamper: Tamper, order: dict[str, Any], said: str
) -> None:
    with pytest.raises(BadRequestError) as refused:
        tamper.carry_out(dict(order))

    assert said in refused.value.cause
    if order["op"] == "edit_amount":
        takes = "edit_amount takes entity, id, amount, line (may be left out), counter_line (may be left out)"
        assert refused.value.next_step.startswith(takes)


def test_a_line_of_the_bank_is_added_whole_or_split_by_a_rule(sandbox: QuickBooksSandbox, tamper: Tamper) -> None:
    """F50: "Add" where "Match" was due."""
    line = {"op": "bank_line", "account": "1000", "date": "2026-06-12"}
    before = sandbox.trial_balance(REALM)

    tamper.carry_out({**line, "amount": "30.00", "to": "4000"})
    tamper.carry_out({**line, "amount": "50.00", "to": "1200", "share": "20.00", "rest": "4000"})

    balances = sandbox.trial_balance(REALM)
    moved = {account: minor - before.get(account, 0) for account, minor in balances.items()}
    assert {account: minor for account, minor in moved.items() if minor} == {
        "1000": 80_00,
        "1200": -20_00,
        "4000": -60_00,
    }
    assert [len(found["Line"]) for found in sandbox.entities(REALM, "Deposit")] == [1, 2]
