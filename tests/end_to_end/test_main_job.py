"""The main job as a person does it: files in, books in QuickBooks, drift found. To the cent, once, explained."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import SAMPLES, Merchant
from tests.verifier.verify import verify

FILES = {
    "us": ("us_v2_standard.txt",),
    "ca": ("ca_v2_negative.txt", "ca_v2_after_negative.txt", "ca_v1_flatfile.txt"),
    "gb": ("gb_v2_dmy.txt",),
    "fr": ("fr_v2_comma.txt",),
}

# The reserve from before, two months, and the payout.
WHOLE = ["JournalEntry", "JournalEntry", "JournalEntry", "Transfer"]


@pytest.fixture
def sandbox() -> Iterator[QuickBooksSandbox]:
    with QuickBooksSandbox() as running:
        yield running


@pytest.mark.parametrize("country", FILES)
def test_raw_files_tie_to_the_ledgers_trial_balance_to_the_cent_d01(
    country: str, sandbox: QuickBooksSandbox, tmp_path: Path
) -> None:
    merchant = Merchant(tmp_path, sandbox, country)
    merchant.connect()
    names = [name for name in FILES[country] if "_v2_" in name]
    assert merchant.import_samples(country, *names).return_value == 0
    merchant.ok("deliver")
    raw = [(SAMPLES / name).read_bytes() for name in names]
    ledger = merchant.sandbox.trial_balance(merchant.sellers[country].realm)
    assert verify(raw, ledger) == []
    for account in [account for account, minor in ledger.items() if minor]:
        assert verify(raw, {**ledger, account: ledger[account] + 1}), f"one cent on {account} must be seen"
    report = merchant.json("drift")["routes"][0]
    # What another marketplace should have taken from this account's settlement, none of its settlements here does.
    late = {"drift.item_late": 1} if country == "fr" else {}
    assert report["counts"] == late
    assert (report["delivered"], report["matched"], report["reconciled"]) == (True, True, not late)


def test_preview_shows_exactly_what_the_ledger_then_gets(sandbox: QuickBooksSandbox, tmp_path: Path) -> None:
    merchant = Merchant(tmp_path, sandbox, "us")
    merchant.connect()
    merchant.import_samples("us", *FILES["us"])
    before = sandbox.requests.counters()
    previewed = merchant.json("preview")["routes"][0]["vouchers"]
    assert sandbox.requests.counters() == before, "preview asks nothing and sends nothing"
    merchant.ok("deliver")
    realm = merchant.sellers["us"].realm
    sent = {one["DocNumber"]: one for one in sandbox.entities(realm, "JournalEntry")}
    journals = [
        json.loads(one["body_text"], parse_float=str) for one in previewed if one["voucher"]["type"] == "JournalEntry"
    ]
    assert {one["DocNumber"] for one in journals} == sent.keys()
    for body in journals:
        there = sent[body["DocNumber"]]
        assert body["TxnDate"] == there["TxnDate"]
        assert [float(line["Amount"]) for line in body["Line"]] == [float(line["Amount"]) for line in there["Line"]]


def test_the_same_files_again_in_any_order_or_name_change_nothing_f09(
    sandbox: QuickBooksSandbox, tmp_path: Path
) -> None:
    first = Merchant(tmp_path / "first", sandbox, "ca")
    first.connect()
    first.import_samples("ca", *FILES["ca"])
    first.ok("deliver")
    expected = first.everything("ca")
    first.import_samples("ca", *reversed(FILES["ca"]))
    renamed = tmp_path / "another-report-id.txt"
    renamed.write_bytes((SAMPLES / FILES["ca"][0]).read_bytes().replace(b"\r\n", b"\n").rstrip(b"\n"))
    first.run("import", "--connection", "amazon-ca", str(renamed))
    assert first.run("sync").return_value in (0, 3)
    first.ok("deliver")
    assert first.everything("ca") == expected

    with QuickBooksSandbox() as other:
        second = Merchant(tmp_path / "second", other, "ca")
        second.connect()
        for name in reversed(FILES["ca"]):
            second.import_samples("ca", name)
            second.ok("deliver")
        assert second.everything("ca") == expected


def test_a_lost_database_meets_its_own_vouchers_in_the_ledger(sandbox: QuickBooksSandbox, tmp_path: Path) -> None:
    expected = []
    for life in ("first", "second"):
        merchant = Merchant(tmp_path / life, sandbox, "us")
        merchant.connect()
        merchant.import_samples("us", *FILES["us"])
        merchant.ok("deliver")
        expected.append(merchant.everything("us"))
    assert expected[0] == expected[1]
    assert [kind for kind, *_ in expected[1].objects] == WHOLE


def test_sync_takes_new_files_from_the_inbox_and_does_the_rest(sandbox: QuickBooksSandbox, tmp_path: Path) -> None:
    merchant = Merchant(tmp_path, sandbox, "gb")
    merchant.connect()
    (tmp_path / "inbox-gb" / "july.txt").write_bytes((SAMPLES / "gb_v2_dmy.txt").read_bytes())
    (tmp_path / "inbox-gb" / "cut.txt").write_bytes(b"settlement-id\tsettlement-st")
    done = merchant.run("sync")
    assert done.return_value == 2, done.output
    assert sorted(kind for kind, *_ in merchant.everything("gb").objects) == ["JournalEntry", "Transfer"]
    (tmp_path / "inbox-gb" / "cut.txt").unlink()
    assert merchant.run("sync").return_value in (0, 3)


def test_an_unknown_line_type_is_held_until_a_rule_maps_it_f23_d12(sandbox: QuickBooksSandbox, tmp_path: Path) -> None:
    merchant = Merchant(tmp_path, sandbox, "us")
    merchant.connect()
    strange = tmp_path / "strange.txt"
    strange.write_bytes((SAMPLES / "us_v2_standard.txt").read_bytes().replace(b"Subscription Fee", b"Moon Landing Fee"))
    assert merchant.run("import", "--connection", "amazon-us", str(strange)).return_value == 3
    merchant.run("deliver")
    assert merchant.everything("us").objects == ()
    assert {one["reason"] for one in merchant.json("held")["vouchers"]} == {"unclassified"}
    rule = '\n[rules.us]\neffective_from = 2026-01-01\nreason = "named"\n[[rules.us.rule]]\n'
    rule += 'id = "moon"\nkind = "unclassified"\nwords = "*Moon Landing Fee"\nas_kind = "fee.subscription"\n'
    merchant.config.write_text(merchant.config.read_text() + rule)
    merchant.ok("apply")
    assert merchant.run("sync").return_value in (0, 3)
    balances = merchant.everything("us").balances
    assert balances["6120"] == 3999
    assert not balances.get("1990")


def test_a_settlement_that_does_not_add_up_is_held_with_the_exact_difference_f22_d02(
    sandbox: QuickBooksSandbox, tmp_path: Path
) -> None:
    merchant = Merchant(tmp_path, sandbox, "us")
    merchant.connect()
    rows = (SAMPLES / "us_v2_standard.txt").read_bytes().splitlines(keepends=True)
    cut = tmp_path / "cut.txt"
    cut.write_bytes(b"".join(rows[:10] + rows[11:]))
    held = merchant.run("import", "--connection", "amazon-us", str(cut))
    assert held.return_value == 3
    assert "5.99" in held.output
    assert merchant.run("deliver").return_value == 3, "a scheduler must hear of it"
    assert merchant.everything("us").objects == ()


def test_a_damaged_copy_of_a_booked_settlement_changes_nothing_f49(sandbox: QuickBooksSandbox, tmp_path: Path) -> None:
    merchant = Merchant(tmp_path, sandbox, "us")
    merchant.connect()
    merchant.import_samples("us", *FILES["us"])
    merchant.ok("deliver")
    before = merchant.everything("us")
    damaged = tmp_path / "damaged.txt"
    damaged.write_bytes(b"".join((SAMPLES / FILES["us"][0]).read_bytes().splitlines(keepends=True)[:20]))
    assert merchant.run("import", "--connection", "amazon-us", str(damaged)).return_value == 2
    assert merchant.json("held")["documents"] == []
    merchant.ok("drift")
    assert merchant.everything("us") == before


def test_an_accepted_reissue_leaves_nothing_waiting_f49(sandbox: QuickBooksSandbox, tmp_path: Path) -> None:
    merchant = Merchant(tmp_path, sandbox, "us")
    merchant.connect()
    merchant.import_samples("us", *FILES["us"])
    merchant.ok("deliver")
    reissued = tmp_path / "reissued.txt"
    text = (SAMPLES / FILES["us"][0]).read_bytes().replace(b"301.24", b"302.24").replace(b"-39.99", b"-38.99")
    reissued.write_bytes(text)
    assert merchant.run("import", "--connection", "amazon-us", str(reissued)).return_value == 3
    with merchant.app() as app, app.store.reading() as unit:
        (finding,) = unit.findings.of_route(unit.routes.get("us").route_id)
    assert finding.finding.amount_minor == 100
    merchant.ok("decide", finding.finding.finding_id, "accept", "--reason", "rebooked by hand")
    assert merchant.run("sync").return_value in (0, 3)
    assert merchant.json("held")["documents"] == []


def test_a_settlement_is_released_whole_by_its_own_id(sandbox: QuickBooksSandbox, tmp_path: Path) -> None:
    merchant = Merchant(tmp_path, sandbox, "us")
    merchant.config.write_text(merchant.config.read_text() + "review = true\n")
    merchant.connect()
    merchant.import_samples("us", *FILES["us"])
    first = merchant.json("held")["vouchers"][0]["voucher_id"]
    assert (
        "3 vouchers of the same settlement still wait"
        in merchant.ok("decide", first, "release", "--reason", "x").output
    )
    merchant.ok("decide", "28500000011", "release", "--reason", "looked at it")
    assert merchant.run("sync").return_value in (0, 3)
    assert [kind for kind, *_ in merchant.everything("us").objects] == WHOLE


def test_withdrawing_a_part_of_a_settlement_says_that_the_rest_stays(
    sandbox: QuickBooksSandbox, tmp_path: Path
) -> None:
    merchant = Merchant(tmp_path, sandbox, "us")
    merchant.config.write_text(merchant.config.read_text() + "review = true\n")
    merchant.connect()
    merchant.import_samples("us", *FILES["us"])
    first = merchant.json("held")["vouchers"][0]["voucher_id"]

    told = merchant.ok("decide", first, "withdraw", "--reason", "by hand").output
    assert "3 vouchers of the same settlement are not withdrawn" in told
    assert "not withdrawn" not in merchant.ok("decide", "28500000011", "withdraw", "--reason", "by hand").output
