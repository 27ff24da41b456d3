"""An Amazon account that is asked live, into QuickBooks: each settlement once, to the cent."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.model.documents import DocumentKind
from plugins.amazon.tests.report import DOTS, Report, Row
from tests.end_to_end.live import DAY, HOUR, REALM, codes
from tests.end_to_end.live_seller import OTHER_REALM, LiveSeller, live_seller, sample
from tests.verifier.verify import verify

US = "us_v2_standard.txt"
ID = "28500000011"
SETTLEMENT = DocumentKind.SETTLEMENT


@pytest.mark.parametrize("compression", ["gzip", "none"])
def test_a_settlement_is_pulled_booked_and_delivered_to_the_cent(tmp_path: Path, compression: str) -> None:
    with live_seller(tmp_path, compression=compression) as live:
        live.settle(sample(US))
        synced = live.sync(after_seconds=HOUR)

        assert (codes(synced), live.findings()) == ([], [])
        assert verify([sample(US)], live.quickbooks.trial_balance(REALM)) == []
        before = live.balances
        live.sync(after_seconds=DAY)
        assert live.balances == before != {}


def test_two_report_ids_of_one_settlement_are_booked_once(tmp_path: Path) -> None:
    with live_seller(tmp_path) as live:
        report = live.settle(sample(US))
        live.seller.again(report)
        synced = live.sync(after_seconds=HOUR)

        stream, _ = synced.pulls[0].streams
        assert dict(stream.documents) == {"new": 1, "known": 1}
        assert (live.revisions(SETTLEMENT, ID), live.findings()) == (1, [])
        assert verify([sample(US)], live.quickbooks.trial_balance(REALM)) == []


def test_a_report_is_fetched_once_however_often_it_is_listed(tmp_path: Path) -> None:
    """Also one of a marketplace that is none of the connection's; what is made late into the overlap is fetched."""
    with live_seller(tmp_path, marketplaces=("Amazon.com",), sells_on="amazon.com,amazon.co.uk") as live:
        live.settle(sample(US))
        live.settle(sample("gb_v2_dmy.txt"))
        for _ in range(9):
            live.sync(after_seconds=7 * HOUR)
        assert live.amazon.requests.count(label="getReports") > 9
        assert live.amazon.requests.count(label="file") == 2

        late = live.settle(Report(settlement_id="28500000012").text().encode())
        live.sync(after_seconds=7 * HOUR)
        live.seller.again(late)
        live.sync(after_seconds=7 * HOUR)
        assert live.amazon.requests.count(label="file") == 4
        assert [live.revisions(SETTLEMENT, name) for name in (ID, "28500000012")] == [1, 1]


def test_a_settlement_that_is_issued_again_waits_for_a_person(tmp_path: Path) -> None:
    """F49: other bytes under another report id: the books stay, and a finding tells both."""
    with live_seller(tmp_path) as live:
        live.settle(sample(US))
        live.sync(after_seconds=HOUR)
        before = live.balances
        other = sample(US).replace(b"\t-3.86\t", b"\t-2.86\t", 1).replace(b"\t-19.35\t", b"\t-20.35\t", 1)
        live.settle(other)
        synced = live.sync(after_seconds=DAY)

        assert (codes(synced), live.revisions(SETTLEMENT, ID)) == ([], 2)
        assert (live.balances, live.findings()) == (before, ["books.reissued"])


@pytest.mark.parametrize("is_file_first", [True, False])
def test_the_same_settlement_by_file_and_by_api_is_booked_once(tmp_path: Path, *, is_file_first: bool) -> None:
    with live_seller(tmp_path) as live:
        live.settle(sample(US))
        if is_file_first:
            live.set_up(is_live=False)
            live.import_file(sample(US))
            live.sync()
            live.set_up()
        live.sync(after_seconds=HOUR)
        before = live.balances
        live.import_file(sample(US))
        live.sync(after_seconds=DAY)

        assert (live.balances, live.revisions(SETTLEMENT, ID), live.findings()) == (before, 1, [])
        assert verify([sample(US)], live.quickbooks.trial_balance(REALM)) == []


def test_a_killed_sync_goes_on(tmp_path: Path) -> None:
    """F01: whenever it dies, the next one leaves the books as if it had not."""
    with live_seller(tmp_path) as live:
        live.settle(sample(US))
        live.clock.advance(HOUR)
        deaths = 0
        for writes in range(2, 90, 4):
            live.clock.advance(HOUR)
            deaths += live.sync_mortally(writes)
        synced = live.sync(after_seconds=DAY)

        assert deaths > 10
        assert (codes(synced), live.revisions(SETTLEMENT, ID), live.findings()) == ([], 1, [])
        assert verify([sample(US)], live.quickbooks.trial_balance(REALM)) == []


def test_a_back_fill_beyond_the_usage_plan_waits_and_goes_on(tmp_path: Path) -> None:
    """F44: nobody is asked more often than allowed, nothing sleeps, and another process goes on from the cursor."""
    with live_seller(tmp_path) as live:
        files = [Report(settlement_id=f"2860000{number:04}").text().encode() for number in range(20)]
        for file in files:
            live.settle(file)
            live.clock.advance(60)
        first = live.sync(after_seconds=HOUR)
        stream, _ = first.pulls[0].streams

        assert (codes(first), dict(stream.documents), stream.closed) == ([], {"new": 15}, 1)
        assert stream.due_at is not None
        assert "wait" in stream.why

        second = live.sync(after_seconds=(stream.due_at - live.clock.now()).total_seconds())
        stream, _ = second.pulls[0].streams

        assert (codes(second), dict(stream.documents), stream.closed) == ([], {"new": 5}, 1)
        assert verify(files, live.quickbooks.trial_balance(REALM)) == []
        assert live.amazon.requests.count(status=429) == 0
        assert all(seconds < 2 for seconds in live.clock.slept), "only as the ledger's limits a second ask"


def test_a_damaged_report_is_told_and_holds_up_nobody(tmp_path: Path) -> None:
    """F48."""
    with live_seller(tmp_path) as live:
        damaged = live.settle(b"<html>not a report</html>")
        live.settle(sample(US))
        synced = live.sync(after_seconds=HOUR)

        assert (codes(synced), live.findings()) == (["amazon.file.unknown"], ["channel.unreadable"])
        assert verify([sample(US)], live.quickbooks.trial_balance(REALM)) == []

        later = Report(settlement_id="28500000012", rows=(Row(minor=500),)).text().encode()
        live.seller.replace(damaged, later)
        live.sync(after_seconds=DAY)

        assert live.findings() == []
        assert verify([sample(US), later], live.quickbooks.trial_balance(REALM)) == []


def test_a_report_that_is_not_done_yet_is_asked_for_until_it_is(tmp_path: Path) -> None:
    with live_seller(tmp_path) as live:
        report = live.seller.settle(sample(US), status="IN_PROGRESS")
        live.sync(after_seconds=HOUR)
        assert live.balances == {}
        live.clock.advance(3 * DAY)
        live.seller.finish(report)
        live.sync()

        assert verify([sample(US)], live.quickbooks.trial_balance(REALM)) == []


def test_of_a_unified_account_each_connection_takes_its_own_marketplaces(tmp_path: Path) -> None:
    with live_seller(
        tmp_path,
        currency="GBP",
        region="eu",
        zone="Europe/London",
        marketplaces=("Amazon.co.uk",),
        sells_on="amazon.co.uk,amazon.fr,amazon.de",
    ) as live:
        live.settle(sample("gb_v2_dmy.txt"))
        live.settle(sample("fr_v2_comma.txt"))
        fees = (Row(("other-transaction", "other-transaction", "Subscription Fee"), -3900, marketplace="", order=""),)
        live.settle(Report(fees, currency="EUR", dates=DOTS, mark=",", settlement_id="28500000099").text().encode())
        synced = live.sync(after_seconds=HOUR)

        stream, _ = synced.pulls[0].streams
        assert (codes(synced), dict(stream.documents), live.findings()) == ([], {"new": 1}, [])
        assert verify([sample("gb_v2_dmy.txt")], live.quickbooks.trial_balance(REALM)) == []


def test_two_connections_of_one_account_share_its_settlements_out(tmp_path: Path) -> None:
    with live_seller(
        tmp_path,
        currency="GBP",
        region="eu",
        zone="Europe/London",
        marketplaces=("Amazon.co.uk",),
        sells_on="amazon.co.uk,amazon.fr",
    ) as live:
        live.keep_apart("Amazon.fr", currency="EUR", zone="Europe/Paris")
        live.settle(sample("gb_v2_dmy.txt"))
        live.settle(sample("fr_v2_comma.txt"))
        assert codes(live.sync(after_seconds=HOUR)) == []
        assert codes(live.sync(after_seconds=DAY)) == []

        assert verify([sample("gb_v2_dmy.txt")], live.quickbooks.trial_balance(REALM)) == []
        assert verify([sample("fr_v2_comma.txt")], live.quickbooks.trial_balance(OTHER_REALM)) == []
        seen = live.amazon.requests.all()
        assert not [one for one in seen if one.status == 429 and one.label.startswith("get")]


def test_connections_that_both_list_a_settlement_book_it_once(tmp_path: Path) -> None:
    """F09: two connections to one seller account name one marketplace: the second is told, and its books stay empty."""
    with live_seller(tmp_path) as live:
        live.keep_apart("Amazon.com", currency="USD", zone="America/Los_Angeles")
        live.settle(sample(US))
        synced = live.sync(after_seconds=HOUR)
        live.sync(after_seconds=DAY)

        assert verify([sample(US)], live.quickbooks.trial_balance(REALM)) == []
        assert not any(live.quickbooks.trial_balance(OTHER_REALM).values())
        assert codes(synced) == ["document.elsewhere"]
        (finding,) = [kept.finding for kept in live.kept_findings("amazon-other")]
        assert (finding.code, "came for connection amazon already" in finding.cause) == ("channel.unreadable", True)


def test_a_file_of_a_settlement_that_another_connection_has_is_refused(tmp_path: Path) -> None:
    with live_seller(tmp_path) as live:
        live.keep_apart("Amazon.com", currency="USD", zone="America/Los_Angeles")
        live.import_file(sample(US))
        with live.app() as app:
            (file,) = app.story.import_files("amazon-other", [tmp_path / "downloaded.txt"], actor="ann").files

        assert file.error is not None
        assert (file.error.code, file.documents) == ("document.elsewhere", ())


def test_euros_with_commas_come_as_they_are_declared(tmp_path: Path) -> None:
    with live_seller(
        tmp_path,
        currency="EUR",
        region="eu",
        zone="Europe/Paris",
        charset="Cp1252",
        sells_on="amazon.fr",
    ) as live:
        file = sample("fr_v2_comma.txt").decode("utf-8-sig").encode("cp1252")
        live.settle(file)
        synced = live.sync(after_seconds=HOUR)

        assert (codes(synced), live.findings()) == ([], [])
        assert verify([file], live.quickbooks.trial_balance(REALM)) == []


def test_rupees_with_what_india_withholds(tmp_path: Path) -> None:
    rows = (
        Row(minor=118_000, marketplace="Amazon.in"),
        Row(("Order", "ItemWithheldTax", "TCS-CGST"), -250, marketplace="Amazon.in"),
        Row(("Order", "ItemWithheldTax", "TCS-SGST"), -250, marketplace="Amazon.in"),
        Row(("Order", "ItemFees", "Commission"), -9_000, marketplace="Amazon.in"),
        Row(("other-transaction", "other-transaction", "StorageBillingCGST"), -45, marketplace="", order=""),
    )
    file = Report(rows, currency="INR", dates=DOTS).text().encode()
    with live_seller(
        tmp_path,
        currency="INR",
        region="eu",
        zone="Asia/Kolkata",
        marketplaces=("Amazon.in",),
        sells_on="amazon.in",
    ) as live:
        live.settle(file)
        synced = live.sync(after_seconds=HOUR)

        assert (codes(synced), live.findings()) == ([], [])
        assert verify([file], live.quickbooks.trial_balance(REALM)) == []


def test_a_wrong_secret_stops_the_account_alone_and_is_mended_in_the_settings(tmp_path: Path) -> None:
    with live_seller(tmp_path) as live:
        live.settle(sample(US))
        live.set_up(secret="mistyped")
        refused = live.sync(after_seconds=HOUR)
        assert (codes(refused), live.balances) == (["amazon.client"], {})
        live.set_up()

        assert codes(live.sync(after_seconds=HOUR)) == []
        assert verify([sample(US)], live.quickbooks.trial_balance(REALM)) == []


def test_a_gateway_that_answers_with_a_page_is_no_empty_list(tmp_path: Path) -> None:
    with live_seller(tmp_path) as live:
        live.settle(sample(US))
        for label in ("getReports", "getReportDocument", "file", "token"):
            live.amazon.faults.order("unavailable", label=label)
            assert _stopped(live) == ["unavailable"], label

        assert codes(live.sync(after_seconds=HOUR)) == []
        assert verify([sample(US)], live.quickbooks.trial_balance(REALM)) == []


def _stopped(live: LiveSeller) -> list[str]:
    synced = live.sync(after_seconds=HOUR)
    assert live.balances == {}
    return codes(synced)
