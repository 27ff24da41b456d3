"""What a route needs of a ledger's lists: told, held for, and made on a person's word, from a file to the ledger."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_xero_sandbox import XeroSandbox
from tests.end_to_end.merchant import InXero, Merchant

FILE = "gb_v2_dmy.txt"
CHANNEL = "Amazon amazon-gb"


def declared(merchant: Merchant, *lines: str, connection: str = "") -> None:
    """The route with these lines, and its ledger without one customer for all channels."""
    text = re.sub(r'(customer|contact) = "Sales channels"', connection, merchant.config.read_text())
    merchant.config.write_text(text + "\n".join(lines) + "\n")


@pytest.fixture
def american(tmp_path: Path) -> Iterator[Merchant]:
    with QuickBooksSandbox() as sandbox:
        yield Merchant(tmp_path, sandbox, "us")


@pytest.fixture
def british(tmp_path: Path) -> Iterator[InXero]:
    with XeroSandbox() as sandbox:
        made = InXero(tmp_path, sandbox, "gb")
        sandbox.set(made.sellers["gb"].realm, tracking={"Region": ["North"]})
        yield made


def realm(merchant: Merchant) -> str:
    (seller,) = merchant.sellers.values()
    return seller.realm


def lines(merchant: Merchant) -> list[tuple[str, str, str]]:
    """Of the journals in QuickBooks: account, class, location."""
    names = {
        one["Id"]: one.get("AcctNum", one["Name"]) for one in merchant.sandbox.entities(realm(merchant), "Account")
    }
    details = [
        line["JournalEntryLineDetail"]
        for journal in merchant.sandbox.entities(realm(merchant), "JournalEntry")
        for line in journal["Line"]
    ]
    return sorted(
        (
            names[one["AccountRef"]["value"]],
            one.get("ClassRef", {}).get("name", ""),
            one.get("DepartmentRef", {}).get("name", ""),
        )
        for one in details
    )


def reasons(merchant: Merchant) -> set[str]:
    return {voucher["reason"] for voucher in merchant.json("held")["vouchers"]}


def test_c26_each_channels_profit_and_loss_bears_its_class_once_a_person_had_it_made(american: Merchant) -> None:
    """C26: nothing goes out before the class is there, nothing is made before somebody says so, and then all of it."""
    american.sandbox.set(realm(american), track_classes=True, track_departments=True)
    declared(american, 'channel_split = "class"', 'tracking = "location=Web"')
    american.connect()
    american.import_samples("us", "us_v2_standard.txt")
    assert reasons(american) >= {"tracking.missing"}
    american.run("deliver")
    assert not [account for account, _, _ in lines(american) if account[0] in "456"]

    shown = american.run("accounts", "create", "us")
    assert shown.return_value == 3
    assert "option of class" in shown.stdout
    assert american.sandbox.entities(realm(american), "Class") == []

    made = american.run("accounts", "create", "us", "--yes", "--by", "Robin", "--reason", "one class a channel")
    assert "made: option Amazon of class" in made.stdout
    assert [one["Name"] for one in american.sandbox.entities(realm(american), "Class")] == ["Amazon"]
    told = american.ok("audit", "show", "--last", "20").stdout
    assert "Robin" in told
    assert "option Amazon of class" in told
    assert american.ok("accounts", "missing", "us").stdout.strip() == "Nothing is missing."

    american.ok("sync")
    kept = lines(american)
    assert {(one, place) for account, one, place in kept if account[0] in "456"} == {("Amazon", "Web")}
    assert {(one, place) for account, one, place in kept if account[0] in "12"} == {("", "")}
    assert american.ok("drift").return_value == 0


def test_a_channel_has_accounts_of_its_own_where_the_ledger_has_no_classes(american: Merchant) -> None:
    """C26: without classes it is said at set-up, and accounts do the same."""
    declared(american, 'channel_split = "class"')
    american.connect()
    assert "it is off in QuickBooks: switch it on" in american.run("accounts", "missing", "us").stdout
    assert "'class' cannot be used: it is off in QuickBooks" in american.ok("apply").stdout

    text = american.config.read_text().replace('channel_split = "class"', 'channel_split = "account"')
    american.config.write_text(text)
    american.ok("apply")
    american.import_samples("us", "us_v2_standard.txt")
    assert "account.missing" in reasons(american)

    american.run("accounts", "create", "us", "--yes")
    american.ok("sync")
    own = {account for account, _, _ in lines(american) if account.startswith(("40", "41", "42", "60"))}
    assert own
    assert all(account.endswith("AMZ") for account in own)


def test_an_account_that_was_renamed_goes_on_and_one_that_was_merged_is_told(american: Merchant) -> None:
    """The same id under another name is the same account; one that was merged into another is not guessed at."""
    person = american.sandbox.tamper(realm(american))
    declared(american, "[routes.us.accounts]", '"4000" = "Product sales"', '"6000" = "Marketplace referral fees"')
    american.connect()
    american.ok("accounts", "missing", "us")
    person.rename_account("Product sales", "Web sales")
    person.merge_account("Marketplace referral fees", "Advertising")
    american.run("accounts", "missing", "us")
    assert "the ledger's Product sales is now called '4000 Web sales' there" in american.ok("routes").stdout

    american.import_samples("us", "us_v2_standard.txt")
    (told,) = {one["note"] for one in american.json("held")["vouchers"] if one["reason"] == "account.archived"}
    assert "has archived 6000 Marketplace referral fees" in told
    assert "4000" not in told


def test_a_voucher_tried_again_on_another_account_goes_out_with_the_next_sync(american: Merchant) -> None:
    """Its account was made inactive between booking and sending; the person maps another, and says retry, once."""
    declared(american)
    american.connect()
    american.import_samples("us", "us_v2_standard.txt")
    american.sandbox.tamper(realm(american)).deactivate("6200")
    assert "archived there" in american.run("accounts", "missing", "us").stdout, "what is owed needs it"
    american.run("deliver")
    assert set(reasons(american)) == {"account.inactive"}
    assert "archived there" in american.run("accounts", "missing", "us").stdout, "and so does what is parked"

    american.ok("decide", "28500000011", "retry", "--reason", "tried too early")
    american.run("sync")
    waiting = american.json("held")["vouchers"]
    assert {one["reason"] for one in waiting} == {"account.archived"}
    assert "retry by" not in american.run("held").stdout, "the word was carried out, and did not do"

    declared(american, "[routes.us.accounts]", '"6200" = "6210"')
    american.ok("apply")
    assert "delivered" in american.ok("sync").stdout
    assert not american.json("held")["vouchers"]


def test_a_retry_after_the_account_was_mapped_needs_one_sync(american: Merchant) -> None:
    declared(american)
    american.connect()
    american.import_samples("us", "us_v2_standard.txt")
    american.sandbox.tamper(realm(american)).deactivate("6200")
    american.run("deliver")
    declared(american, "[routes.us.accounts]", '"6200" = "6210"')
    american.ok("apply")

    american.ok("decide", "28500000011", "retry", "--reason", "mapped")
    assert re.search(r"books-us: [34] delivered", american.ok("sync").stdout)


def test_documents_stand_in_the_name_of_a_contact_a_channel_that_a_person_had_made(british: InXero) -> None:
    """No buyer's name: one contact for the store, which is never made by itself."""
    declared(british, 'tax_regime = "vat_standard"', "vat_in_rows = false", 'channel_split = "class"')
    text = british.config.read_text().replace("client_id", "may_create = true\nclient_id", 1)
    british.config.write_text(text)
    british.connect()
    british.import_samples("gb", FILE)
    assert "tracking.missing" in reasons(british)

    made = british.run("accounts", "create", "gb", "--yes").stdout
    assert f"made: customer {CHANNEL}" in made
    assert "made: dimension Channel" in made
    assert "made: option Amazon of Channel" in made

    british.ok("sync")
    (invoice,) = british.sandbox.entities(realm(british), "Invoices")
    assert invoice["Contact"]["Name"] == CHANNEL
    tracked = {tuple(one["Option"] for one in line.get("Tracking", ())) for line in invoice["LineItems"]}
    assert tracked >= {("Amazon",)}
    assert set(british.json("drift")["routes"][0]["counts"]) == {"drift.deposit_unpaid"}


def test_what_bridge_was_let_in_only_to_read_is_made_by_hand(british: InXero) -> None:
    declared(british, 'tax_regime = "vat_standard"', "vat_in_rows = false")
    british.connect()
    refused = british.run("accounts", "create", "gb", "--yes")

    assert refused.return_value == 3
    assert "xero.by_hand" in refused.stdout
    assert [one["Name"] for one in british.sandbox.entities(realm(british), "Contacts")] == ["Sales channels"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('customers = "real"', "config.customers"),
        ('tracking = "class"', "config.value"),
        ('tracking = "class=A; Class=B"', "config.value"),
    ],
)
def test_what_cannot_be_had_is_refused_by_name(american: Merchant, line: str, code: str) -> None:
    declared(american, line)
    refused = american.run("apply")

    assert code == getattr(refused.exception, "code", "")
