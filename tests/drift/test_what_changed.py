"""After a first reading in full a check reads what changed, and finds what a full one finds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest

from bridge.drift.rereading import OVERLAP, SWEEP
from bridge.errors import UnavailableError
from bridge.model.readings import LedgerReading
from tests.drift.firm import LEDGER, Firm, MakeFirm, codes, is_explained, paid
from tests.fakes.ledger import FEED_DAYS, Fault

ONE = "S1 2026-06"
SECOND = paid("S2", "300.00", opened="2026-06-14 20:00", closed="2026-06-26 20:00", pays="2026-06-28 12:00")


@pytest.fixture
def read(firm: Firm) -> Firm:
    """One settlement is in the ledger, which was read in full two days later; days have passed since."""
    firm.bring_in(paid("S1"))
    firm.pass_days(2)
    assert codes(firm.check()) == []
    firm.pass_days(3)
    firm.ledger.requests.clear()
    return firm


def kept(firm: Firm) -> LedgerReading | None:
    with firm.store.reading() as unit:
        return unit.copies.covered(LEDGER)


def asked(firm: Firm) -> list[str]:
    """What the ledger was asked since the last time, and forget it."""
    requests = list(firm.ledger.requests)
    firm.ledger.requests.clear()
    return requests


def test_a_week_in_which_nothing_happened_costs_two_calls(read: Firm) -> None:
    report = read.check()

    assert asked(read) == ["facts", "changes"]
    assert report.is_reconciled
    assert report.read_back.since == read.clock.now() - timedelta(days=3) - OVERLAP
    assert (report.read_back.calls, report.read_back.objects) == (2, 0)
    assert report.read_back.words == (
        "read what changed since 2026-07-02: 2 calls, 0 objects; last full reading 2026-07-03, next 2026-08-02"
    )


def test_a_week_with_a_settlement_of_ours_costs_no_more(read: Firm) -> None:
    """What was delivered since comes by with what changed."""
    read.bring_in(SECOND)
    asked(read)

    report = read.check()

    assert asked(read) == ["facts", "changes"]
    assert codes(report) == []
    assert report.is_reconciled
    assert report.read_back.objects == 2


EDITS: dict[str, Callable[[Firm, str], object]] = {
    "amount": lambda firm, ref: firm.ledger.edit_amount(ref, 7),
    "account": lambda firm, ref: firm.ledger.edit_account(ref, "4000", "6000"),
    "date": lambda firm, ref: firm.ledger.edit_date(ref, date(2025, 6, 1)),
    "number": lambda firm, ref: firm.ledger.edit_number(ref, "JE-1"),
    "voided": lambda firm, ref: firm.ledger.void(ref),
    "deleted": lambda firm, ref: firm.ledger.delete(ref),
    "extra_copy": lambda firm, ref: firm.ledger.duplicate(ref),
    "foreign": lambda firm, _: firm.ledger.add_foreign(date(2026, 6, 20), [("1200", 5_55), ("4000", -5_55)]),
}


@pytest.mark.parametrize("code", EDITS)
def test_every_edit_is_found_by_what_changed_and_stays_found(read: Firm, code: str) -> None:
    """D03, by the feed; and the check after that, for which nothing changed, forgets nothing."""
    EDITS[code](read, read.ref(ONE))

    assert codes(read.check()) == [code]
    assert "observe" not in asked(read)
    read.pass_days(5)
    assert codes(read.check()) == [code]
    assert "observe" not in asked(read)
    assert codes(read.check(in_full=True)) == [code]


def test_what_is_known_to_be_deleted_is_not_asked_for_again_and_stays_deleted(read: Firm) -> None:
    read.ledger.delete(read.ref(ONE))
    read.check()
    read.pass_days(20)
    asked(read)

    assert codes(read.check()) == ["deleted"]
    assert asked(read) == ["facts", "changes"]
    read.ledger.forget_deletions()
    assert codes(read.check(in_full=True)) == ["deleted"], "the ledger once said so"


def test_a_stranger_that_leaves_our_accounts_is_taken_out(read: Firm) -> None:
    ref = read.ledger.add_foreign(date(2026, 6, 20), [("1200", 5_55), ("4000", -5_55)])
    assert codes(read.check()) == ["foreign"]
    read.ledger.edit_lines(ref, [("6000", 5_55), ("3100", -5_55)])

    assert codes(read.check()) == []
    with read.store.reading() as unit:
        assert unit.copies.get(LEDGER, ref) is None


def test_a_feed_that_missed_a_change_is_noticed_by_the_balances(read: Firm) -> None:
    """Not every change moves the time of an object: the balance says so, and all is read."""
    read.ledger.change_unseen(read.ref(ONE), ("4000", -93_00), ("6000", 8_00), ("1200", 85_00))
    read.ledger.add_unseen(date(2026, 6, 20), [("1200", 5_55), ("4000", -5_55)])

    report = read.check()

    assert "foreign" in codes(report)
    assert report.read_back.why == "a balance is not what the last full reading and its changes explain"
    assert is_explained(report)


def test_what_a_full_reading_left_unexplained_is_no_reason_to_read_all_again(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.add_foreign(date(2025, 12, 31), [("1200", 7_77), ("4000", -7_77)])
    assert codes(firm.check()) == ["unexplained"]
    asked(firm)

    assert codes(firm.check()) == ["unexplained"]
    assert "observe" not in asked(firm)


@pytest.mark.parametrize("days", [SWEEP.days, FEED_DAYS + 5])
def test_once_a_month_all_is_read(read: Firm, days: int) -> None:
    read.pass_days(days)

    report = read.check()

    assert "observe" in asked(read)
    assert report.read_back.why == "a month passed since 2026-07-03"
    assert report.read_back.since is None


def test_a_feed_that_does_not_reach_back_is_not_read(read: Firm) -> None:
    read.pass_days(3)
    read.ledger.feed_days = 5

    report = read.check()

    assert report.read_back.why == "it tells what changed for 5 days only"
    assert {"changes", "observe"} <= set(asked(read))
    assert codes(report) == []


def test_a_clock_that_was_ahead_is_no_gap(read: Firm) -> None:
    """The last reading bears a time that has not come yet: nobody knows what it saw."""
    read.clock.advance(-4 * 86_400)

    assert "observe" in (read.check(), asked(read))[1]


def test_an_hour_by_which_the_ledgers_clock_is_behind_is_no_gap(read: Firm) -> None:
    read.check()
    read.ledger.edit_amount(read.ref(ONE), 7)
    read.ledger.date_back(read.ref(ONE), timedelta(hours=13))

    assert codes(read.check()) == ["amount"]
    assert "observe" not in asked(read)


@pytest.mark.parametrize("page", range(2))
def test_a_check_that_was_killed_between_pages_is_read_again_from_the_same_instant(read: Firm, page: int) -> None:
    read.ledger.page_size = 1
    read.bring_in(SECOND)
    read.ledger.edit_amount(read.ref(ONE), 7)
    before = kept(read)
    read.ledger.silence(page, Fault.UNAVAILABLE)

    with pytest.raises(UnavailableError):
        read.check()

    assert kept(read) == before
    read.pass_days(20)
    asked(read)
    assert codes(read.check()) == ["amount"]
    assert "observe" not in asked(read)


def test_a_full_reading_that_was_killed_covers_nothing(read: Firm) -> None:
    read.ledger.page_size = 1
    read.ledger.silence(1, Fault.UNAVAILABLE)

    with pytest.raises(UnavailableError):
        read.check(in_full=True)

    assert kept(read) is None
    report = read.check()
    assert report.read_back.why == "it was not read before, or not to the end"
    assert codes(report) == []


@pytest.mark.parametrize("place", range(4))
def test_a_delivery_between_any_two_calls_is_never_an_unexplained_balance(read: Firm, place: int) -> None:
    read.receive(SECOND)
    read.run()
    count = iter(range(1_000))

    def on_request(name: str) -> None:
        if name in ("facts", "changes", "read_back") and next(count) == place:
            read.ledger.on_request = lambda _: None
            read.deliver()

    read.ledger.on_request = on_request
    report = read.check()
    read.ledger.on_request = lambda _: None

    assert set(codes(report)) <= {"not_delivered"}
    assert report.clearing.unexplained_minor == 0
    assert read.check().is_reconciled


def test_two_routes_on_one_ledger_do_not_take_each_others_copies_away(firm: Firm) -> None:
    firm.add_route("ca", "amazon-ca", prefix="CAN", clearing="1240", first_day=date(2025, 6, 1))
    firm.bring_in(paid("S1"))
    firm.bring_in(paid("S9"), source="amazon-ca")
    early = firm.ledger.add_foreign(date(2025, 7, 1), [("1200", 3_33), ("1240", 2_22), ("4000", -5_55)])

    first = [codes(firm.check()), codes(firm.check("ca"))]
    asked(firm)
    second = [codes(firm.check()), codes(firm.check("ca"))]

    assert "observe" not in asked(firm)
    assert first == second == [["unexplained"], ["foreign"]], "what is dated before a route begins is not its own"
    firm.ledger.delete(early)
    assert [codes(firm.check()), codes(firm.check("ca"))] == [[], []]


def test_an_account_that_a_route_gives_up_is_read_until_the_month_is_over(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.check()
    first = kept(firm)
    assert first
    assets = [one for one in firm.ledger.accounts if one.account_class.is_asset and one.ledger_id not in first.accounts]
    firm.ledger.add_foreign(date(2026, 6, 20), [(assets[0].number, 5_55), ("4000", -5_55)])
    firm.change_route(clearing=assets[0].number)
    asked(firm)

    assert "foreign" in codes(firm.check())
    assert "observe" in asked(firm), "more is to be read than before"
    firm.change_route(clearing="1200")
    assert codes(firm.check()) == []
    assert "observe" not in asked(firm)
    reading = kept(firm)
    assert reading
    assert assets[0].ledger_id in reading.accounts
    firm.pass_days(SWEEP.days)
    firm.check()
    reading = kept(firm)
    assert reading
    assert assets[0].ledger_id not in reading.accounts


def test_another_version_of_the_plugin_reads_all_anew(read: Firm) -> None:
    read.change_sink_version("0.2")

    assert read.check().read_back.why == "it was read last by another version of the plugin, or as another company"


def test_before_a_long_reading_it_is_said_what_it_takes(make_firm: MakeFirm) -> None:
    firm = make_firm()
    firm.bring_in(paid("S1"))
    firm.ledger.page_size = 1
    for cents in range(60):
        firm.ledger.add_foreign(date(2026, 6, 20), [("3000", cents), ("3100", -cents)])
    said: list[str] = []
    firm.check(announce=said.append)
    assert said == []

    firm.check(in_full=True, announce=said.append)

    assert said == ["reading books in full (as was asked for): about 62 calls, as the last time for 62 objects"]


def test_a_ledger_that_tells_no_changes_is_read_in_full_each_time(read: Firm) -> None:
    read.declare_feed_days(0)

    report = read.check()

    assert asked(read)[:2] == ["facts", "observe"]
    assert report.read_back.words.startswith("read in full (it does not tell what changed): ")
