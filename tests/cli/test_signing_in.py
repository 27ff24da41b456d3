"""``bridge connections`` of ledgers, as people and scripts meet them: in, what is missing, out of grace, out."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
import requests

from tests.cli.signing import APP, DAY, OTHER_TENANT, REALM, SHOP, TENANT, Desk


@pytest.fixture
def desk(tmp_path: Path, command: Path) -> Iterator[Desk]:
    with ExitStack() as stack:
        made = Desk(tmp_path, command, stack)
        yield made
        assert [made.quickbooks.server.crashes, made.xero.server.crashes] == [[], []]


def test_a_company_is_learnt_from_the_sign_in_declared_sealed_and_looked_at(desk: Desk) -> None:
    done = desk.sign_in("connections", "add", "quickbooks", "books", *APP, realm=REALM)

    assert done.returncode == 0, desk.said
    assert desk.tables("connections") == {"books": {"plugin": "quickbooks", "account": REALM}}
    assert "Acme answers." in done.stdout
    assert "ok  Acme: in US, books in USD" in done.stdout
    assert "to look at  only you can see whether a bank rule codes the channels' deposits by itself" in done.stdout
    assert 'next: a route, [routes.NAME] with ledger = "books"' in done.stdout
    assert re.search(r"books +│ quickbooks │ ledger +│ 9130000000000011 │ works", desk("connections").stdout)
    assert "unchanged" in desk("apply").stdout
    assert desk("connections", "check", "books").returncode == 0, desk.said


def test_the_settings_application_is_used_without_a_question_and_the_address_may_be_pasted(desk: Desk) -> None:
    named = desk.file.read_text("utf-8").replace(
        "[plugins.quickbooks]", '[plugins.quickbooks]\nclient_id = "sandbox-client"\nclient_secret = "sandbox-secret"'
    )
    desk.file.write_text(named.replace("127.0.0.1:", "127.0.0.1:9", 1), "utf-8")
    desk.before = desk.file.read_bytes()
    done = desk.sign_in("connections", "add", "quickbooks", "--paste", realm=REALM)

    assert done.returncode == 0, desk.said
    assert desk.tables("connections") == {"quickbooks": {"plugin": "quickbooks", "account": REALM}}


def test_answers_by_pipe_and_the_pasted_address_would_come_the_same_way(desk: Desk) -> None:
    both = desk("connections", "add", "quickbooks", "--stdin", "--paste")
    piped = desk.sign_in(
        "connections", "add", "quickbooks", "--stdin",
        told="client_id=sandbox-client\nclient_secret=sandbox-secret\n", realm=REALM,
    )  # fmt: skip

    assert (both.returncode, "Give the answers by --answer and --secret" in both.stderr) == (2, True)
    assert piped.returncode == 0, desk.said


def test_of_several_organisations_a_script_says_which_is_meant_and_none_is_taken_twice(desk: Desk) -> None:
    both, add = f"{TENANT},{OTHER_TENANT}", ("connections", "add", "xero")
    unsaid = desk.sign_in(*add, "one", *APP, tenant=both)
    assert (unsaid.returncode, "answer account: is missing" in unsaid.stderr) == (2, True), desk.said
    assert (desk.file.read_bytes(), desk.rows("connection"), desk.rows("credential")) == (desk.before, 0, 0)

    first = desk.sign_in(*add, "one", *APP, f"--answer=account={TENANT}", tenant=both)
    assert first.returncode == 0, desk.said
    assert "ok  Acme Ltd: in GB, books in GBP" in first.stdout
    second = desk.sign_in(*add, "two", *APP, tenant=both)
    assert second.returncode == 0, desk.said
    assert {name: one["account"] for name, one in desk.tables("connections").items()} == {
        "one": TENANT,
        "two": OTHER_TENANT,
    }, "the one that is free needs no answer"
    third = desk.sign_in(*add, "three", *APP, tenant=both)
    assert (third.returncode, "connection.second" in third.stderr) == (2, True), desk.said


def test_a_connection_that_is_declared_without_an_account_learns_it_by_the_same_choice(desk: Desk) -> None:
    with desk.file.open("a", encoding="utf-8") as file:
        file.write('\n[connections.uk]\nplugin = "xero"\n')
    assert desk("apply").returncode == 0, desk.said
    unset = desk("connections", "authorize", "uk")
    assert "or run `bridge connections add uk`, which asks for them" in unset.stderr, desk.said
    both = f"{TENANT},{OTHER_TENANT}"
    wrong = desk.sign_in("connections", "add", "uk", *APP, "--answer=account=nobody", tenant=both)
    assert (wrong.returncode, "answer account: is none of" in wrong.stderr) == (2, True), desk.said
    right = desk.sign_in("connections", "add", "uk", *APP, f"--answer=account={OTHER_TENANT}", tenant=both)
    assert (right.returncode, "ok  Acme Two Ltd: in GB" in right.stdout) == (0, True), desk.said
    assert re.search(rf"uk +│ xero +│ ledger +│ {OTHER_TENANT} +│ works", desk("connections").stdout)

    again = desk.sign_in("connections", "authorize", "uk", "--account", TENANT, tenant=both)
    assert again.returncode == 0, desk.said
    assert OTHER_TENANT in desk("connections").stdout, "it keeps the account that it has"


def test_a_company_that_another_connection_has_is_refused_and_leaves_nothing(desk: Desk) -> None:
    assert desk.sign_in("connections", "add", "quickbooks", "books", *APP, realm=REALM).returncode == 0
    desk.before = desk.file.read_bytes()
    again = desk.sign_in("connections", "add", "quickbooks", "again", *APP, realm=REALM)

    assert (again.returncode, "connection.second" in again.stderr) == (2, True), desk.said
    assert (desk.file.read_bytes(), desk.rows("connection"), desk.rows("credential")) == (desk.before, 1, 1)


@pytest.mark.parametrize(
    ("words", "chosen", "code"),
    [
        (("quickbooks", "books", *APP), {"deny": "1"}, "authorization.denied"),
        (("quickbooks", "books", APP[0], "--secret=client_secret=TOKEN"), {"realm": REALM}, "config.oauth_application"),
        (("quickbooks", "books", APP[0]), {}, "connection.answer"),
        (("quickbooks", "books", *APP, "--answer=environment=test"), {}, "connection.answer"),
    ],
)
def test_what_does_not_let_in_is_told_and_nothing_is_saved(
    desk: Desk, words: tuple[str, ...], chosen: dict[str, str], code: str
) -> None:
    done = desk.sign_in("connections", "add", *words, **chosen)

    assert (done.returncode, code in done.stderr) == (2, True), desk.said
    assert "Traceback" not in desk.said
    assert (desk.file.read_bytes(), desk.rows("connection"), desk.rows("credential")) == (desk.before, 0, 0)


def test_a_ledger_that_does_not_answer_after_the_sign_in_is_not_kept(desk: Desk) -> None:
    desk.quickbooks.faults.order("unavailable", times=None, path="*/query")
    done = desk.sign_in("connections", "add", "quickbooks", "books", *APP, realm=REALM)

    assert (done.returncode, "unavailable" in done.stderr) == (5, True), desk.said
    assert (desk.file.read_bytes(), desk.rows("connection"), desk.rows("credential")) == (desk.before, 0, 0)


def test_a_route_from_a_shop_that_is_there_is_made_with_the_ledger(desk: Desk) -> None:
    assert desk(*SHOP).returncode == 0, desk.said
    terms = ("--answer=source=shop", "--answer=first_day=2026-01-01", "--answer=time_zone=America/New_York")
    done = desk.sign_in("connections", "add", "quickbooks", "books", *APP, *terms, realm=REALM)

    assert done.returncode == 0, desk.said
    assert desk.tables("routes")["shop"]["ledger"] == "books"
    assert "next: bridge backfill shop" in done.stdout
    assert "ok  route shop is booked by us_sales_tax" in done.stdout


def test_a_check_says_what_is_missing_and_a_scheduler_sees_it(desk: Desk) -> None:
    terms = ("--answer=source=shop", "--answer=first_day=2026-01-01", "--answer=time_zone=Europe/London")
    assert desk(*SHOP).returncode == 0, desk.said
    assert desk.sign_in("connections", "add", "quickbooks", "books", *APP, *terms, realm=REALM).returncode == 0
    desk.quickbooks.set(
        REALM, country="GB", home_currency="GBP", book_close_date="2026-06-30", warn_duplicate_journal_numbers=False
    )
    desk.quickbooks.tamper(REALM).carry_out({"op": "deactivate", "account": "1210"})
    desk("sync")
    done = desk("connections", "check", "books")

    assert done.returncode == 2, desk.said
    for told in (
        "missing  route shop books nothing yet: it states no tax_regime, and Acme is a company in GB",
        "missing  shop sells in USD, which the company does not use",
        "missing  route shop needs an account '1210', and no active one is called so",
        "missing  QuickBooks does not warn of a journal number used twice",
        "to look at  is closed through 2026-06-30, and route shop begins 2026-01-01",
    ):
        assert told in done.stdout, desk.said
    assert done.stdout.index("missing") < done.stdout.index("to look at") < done.stdout.index("ok  ")


def test_a_channel_is_checked_too(desk: Desk) -> None:
    desk.shopify.shop.scopes = ["read_orders"]
    assert desk(*SHOP).returncode == 0
    done = desk("connections", "check", "shop")
    desk.shopify.shop.token = "shpat_other"
    refused = desk("connections", "check", "shop")

    assert (done.returncode, "missing  payouts are not read, for the app lacks" in done.stdout) == (2, True), desk.said
    assert (refused.returncode, "shopify.token" in refused.stderr) == (2, True), desk.said


def test_a_dead_grant_stops_that_connection_alone_and_what_waited_is_delivered_once_f57(desk: Desk) -> None:
    assert desk.sign_in("connections", "add", "quickbooks", "books", *APP, realm=REALM).returncode == 0, desk.said
    assert desk.sign_in("connections", "add", "xero", "uk", *APP, tenant=TENANT).returncode == 0, desk.said
    desk.connect_shop("books")
    desk.without_pilots()
    requests.post(f"{desk.quickbooks.base_url}/_sandbox/end-grants", json={"realm": REALM}, timeout=60)
    desk.shopify.clock.advance(-3 * DAY)
    desk.shopify.shop.sell("20.00")
    desk.shopify.clock.run()
    dead = desk("sync")

    assert (dead.returncode, "Run `bridge connections authorize books`" in dead.stdout) == (2, True), desk.said
    told = desk("connections").stdout
    assert re.search(r"books: bridge is not let in: .* \(since 20..-..-.. ..:.. UTC\)", told), told
    assert re.search(r"uk +│ xero +│ ledger +│ .* │ works", told)
    asked = desk.quickbooks.requests.counters()["total"]
    assert desk("sync").returncode == 2
    assert desk("connections").stdout == told, "the reason and its instant stay"
    assert desk.quickbooks.requests.counters()["total"] == asked, "a dead grant is not tried again"

    back = desk.sign_in("connections", "authorize", "books", realm=REALM)
    assert back.returncode == 0, desk.said
    for _ in range(2):
        assert desk("sync").returncode == 0, desk.said
        assert {number: minor for number, minor in desk.quickbooks.trial_balance(REALM).items() if minor} == {
            "1210": 2000,
            "4000": -2000,
        }


def test_an_organisation_that_its_owner_disconnected_is_told_and_others_go_on(desk: Desk) -> None:
    for name, tenant in (("one", TENANT), ("two", OTHER_TENANT)):
        assert desk.sign_in("connections", "add", "xero", name, *APP, tenant=tenant).returncode == 0, desk.said
    desk.xero.disconnect(TENANT)

    assert (desk("connections", "check", "one").returncode, desk("connections", "check", "two").returncode) == (2, 0)
    wrong = desk.sign_in("connections", "authorize", "one", tenant=OTHER_TENANT)
    assert (wrong.returncode, "authorization.other_account" in wrong.stderr) == (2, True), desk.said
    assert "bridge was let into Acme Two Ltd" in wrong.stderr
    assert desk.sign_in("connections", "authorize", "one", tenant=TENANT).returncode == 0, desk.said
    assert desk("connections", "check", "one").returncode == 0, desk.said


def test_removal_is_foreseen_refused_while_used_and_takes_the_grant_back(desk: Desk) -> None:
    assert desk.sign_in("connections", "add", "quickbooks", "books", *APP, realm=REALM).returncode == 0, desk.said
    desk.connect_shop("books")
    used, foreseen = desk("connections", "remove", "books"), desk("connections", "remove", "books", "--dry-run")
    assert (used.returncode, "connection.used" in used.stderr) == (2, True)
    assert (foreseen.returncode, "would not be removed: route shop uses it" in foreseen.stdout) == (2, True)

    desk.file.write_text(desk.file.read_text("utf-8").replace("[routes.shop]", "[routes.shop]\nended = true"), "utf-8")
    assert desk("apply").returncode == 0, desk.said
    foreseen = desk("connections", "remove", "books", "--dry-run")
    assert (foreseen.returncode, "QuickBooks Online would be told" in foreseen.stdout) == (0, True), desk.said
    assert (desk.rows("credential"), desk.asked("/oauth2/revoke")) == (2, 0)

    desk.quickbooks.faults.order("unavailable", path="/oauth2/revoke")
    down = desk("connections", "remove", "books")
    assert (down.returncode, desk.rows("credential")) == (5, 2), "what could still tell the vendor is kept"
    gone = desk("connections", "remove", "books")
    assert (gone.returncode, "nothing: QuickBooks Online took it back" in gone.stdout) == (0, True), desk.said
    assert desk.rows("credential") == 1
    assert "its tokens were removed" in desk("connections").stdout
    assert desk("audit", "verify").returncode == 0
    assert "has ended" in desk("sync", "shop").stderr


def test_one_of_two_organisations_leaves_the_sign_in_good_for_the_other(desk: Desk) -> None:
    """To revoke a token of Xero's disconnects every organisation of that person."""
    for name, tenant in (("one", TENANT), ("two", OTHER_TENANT)):
        assert desk.sign_in("connections", "add", "xero", name, *APP, tenant=tenant).returncode == 0, desk.said
    first = desk("connections", "remove", "one")
    assert (first.returncode, "stays good for others" in first.stdout) == (0, True), desk.said
    assert desk("connections", "check", "two").returncode == 0, desk.said
    second = desk("connections", "remove", "two")

    assert (second.returncode, "nothing: Xero took it back" in second.stdout) == (0, True), desk.said
    assert desk.rows("credential") == 0
    assert desk.xero.tokens.connections() == []


def test_a_vendor_that_never_answers_is_left_by_hand(desk: Desk) -> None:
    assert desk.sign_in("connections", "add", "quickbooks", "books", *APP, realm=REALM).returncode == 0, desk.said
    desk.quickbooks.faults.order("unavailable", times=None, path="/oauth2/revoke")
    done = desk("connections", "remove", "books", "--without-vendor")

    assert (done.returncode, "take it back at QuickBooks Online too" in done.stdout) == (0, True), desk.said
    assert desk.rows("credential") == 0


def test_an_idle_sign_in_is_kept_alive_and_one_that_ends_for_good_is_told_ahead_f58(desk: Desk) -> None:
    for words, chosen in ((("quickbooks", "books"), {"realm": REALM}), (("xero", "uk"), {"tenant": TENANT})):
        assert desk.sign_in("connections", "add", *words, *APP, **chosen).returncode == 0, desk.said
    desk.connect_shop("books")
    told = desk("connections").stdout
    assert re.search(r"uk: access ends 20..-..-..: the sign-in, unless it is used before", told), told
    assert re.search(r"books: access ends 20..-..-..: the sign-in, however often it is used", told), told

    for _ in range(2):
        desk.pass_days(45)
        assert desk("sync").returncode == 0, desk.said
    assert desk("connections", "check", "uk").returncode == 0, "of no route, and used by nothing else"
    assert "Access to" not in desk.said

    desk.quickbooks.tokens.consent_seconds = 20 * DAY
    assert desk.sign_in("connections", "authorize", "books", realm=REALM).returncode == 0, desk.said
    renewed = desk.asked("/oauth2/tokens")
    synced = desk("sync")
    assert "Access to books ends" in synced.stdout, desk.said
    assert "however often it is used (`bridge connections authorize books`)" in synced.stdout
    assert desk.asked("/oauth2/tokens") == renewed, "no use moves that end"
    assert "soon: books: access ends" in desk("connections").stdout


def test_no_secret_of_a_sign_in_is_told_or_kept_in_clear(desk: Desk) -> None:
    assert desk.sign_in("connections", "add", "quickbooks", "books", *APP, realm=REALM).returncode == 0, desk.said
    desk("-vv", "connections", "check", "books", "--json")
    desk("-vv", "connections", "--json")
    desk("-vv", "connections", "remove", "books")
    for secret in ("sandbox-secret", "RT1-", "code=AB"):
        assert secret not in desk.said
        for file in desk.folder.rglob("*"):
            assert not file.is_file() or secret.encode() not in file.read_bytes(), file


def test_a_browser_is_opened_where_there_is_a_screen(desk: Desk, tmp_path: Path) -> None:
    opened = tmp_path / "opened"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >{opened}\n')
    browser.chmod(0o755)
    terminal, theirs = pty.openpty()
    environment = {**os.environ, "SECRET": "sandbox-secret", "DISPLAY": ":9", "BROWSER": f"{browser} %s"}
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "connections", "add", "quickbooks", *APP, "--answer=environment=production"],
        cwd=desk.folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    ends = time.monotonic() + 60
    while not (opened.exists() and opened.read_text()) and time.monotonic() < ends:
        time.sleep(0.05)
    page = requests.get(opened.read_text().strip(), params={"realm": REALM}, timeout=60)
    assert page.status_code == 200
    said = ""
    with suppress(OSError):  # a terminal that nobody holds any more
        while more := os.read(terminal, 4096):
            said += more.decode()
    os.close(terminal)

    assert process.wait(60) == 0, said
    assert "It was opened in your browser." in said
    assert desk.tables("connections") == {"quickbooks": {"plugin": "quickbooks", "account": REALM}}


def test_a_company_by_any_name_says_no_line_of_its_own(desk: Desk) -> None:
    """Its name comes from outside: what a terminal would obey, and the end of a line, are shown."""
    desk.quickbooks.add_company("9130000000000099", home_currency="USD", country="US", name="A\x1b[2J\nok  [red]all[/]")
    done = desk.sign_in("connections", "add", "quickbooks", *APP, realm="9130000000000099")

    assert done.returncode == 0, desk.said
    assert "\x1b[2J" not in done.stdout + done.stderr
    assert not [line for line in done.stdout.splitlines() if line.startswith("ok  [red]")]
    assert "[2J ok [red]all[/]" in done.stdout
