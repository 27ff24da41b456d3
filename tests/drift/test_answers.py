"""What the ledger did not say is not concluded from."""

from __future__ import annotations

import pytest

from bridge.errors import AuthorizationError, BridgeError, ConfigError, StaleError, UnavailableError
from bridge.host.turn import TURN
from bridge.model.findings import FindingState
from bridge.model.leases import LeaseKind
from tests.drift.firm import LEDGER, ROUTE, Firm, codes, is_explained, only, paid
from tests.fakes.ledger import Fault

ONE = "S1 2026-06"


@pytest.fixture
def edited(firm: Firm) -> Firm:
    """One finding is known; since then the voucher was deleted, and another settlement came in."""
    firm.bring_in(paid("S1"))
    firm.ledger.move(firm.ref(ONE), "4000", "6000", 1_00)
    firm.check()
    firm.ledger.delete(firm.ref(ONE))
    return firm


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.THROTTLE])
@pytest.mark.parametrize("place", [0, 1])
def test_a_ledger_that_stops_answering_leaves_the_findings_as_they_were(edited: Firm, fault: Fault, place: int) -> None:
    """F07: the second read is the one that would have told of the deletion."""
    before = edited.findings()
    edited.ledger.page_size = 1
    edited.ledger.silence(place, fault)

    with pytest.raises(BridgeError):
        edited.check(in_full=True)

    assert edited.findings() == before
    assert codes(edited.check()) == ["deleted"]


def test_an_object_that_could_not_be_read_back_is_neither_missing_nor_there(edited: Firm) -> None:
    """F07: unknown is not absent."""
    before = edited.findings()
    edited.ledger.silence(1, Fault.UNAVAILABLE)

    with pytest.raises(UnavailableError, match="could not be read back"):
        edited.check(in_full=True)

    assert edited.findings() == before


def test_a_ledger_that_passes_over_an_object_in_silence_did_not_answer(edited: Firm) -> None:
    before = edited.findings()
    edited.ledger.answers_nothing = True

    with pytest.raises(UnavailableError, match="not spoken of"):
        edited.check(in_full=True)

    assert edited.findings() == before


def test_a_shut_door_is_told_as_such(edited: Firm) -> None:
    edited.ledger.is_authorized = False

    with pytest.raises(AuthorizationError):
        edited.check()


def test_without_its_clearing_account_a_route_cannot_be_checked(edited: Firm) -> None:
    edited.ledger.close_account("1200")

    with pytest.raises(ConfigError, match="1200") as told:
        edited.check()

    assert told.value.code == "account.missing"


def test_a_clearing_account_mapped_by_its_role_is_found(make_firm) -> None:  # type: ignore[no-untyped-def]
    firm: Firm = make_firm(accounts=(("@clearing", "1210"),))
    firm.bring_in(paid("S1"))

    report = firm.check()

    assert report.clearing.account.startswith("1210")
    assert report.clearing.in_minor == 85_00
    assert report.is_reconciled


def test_a_voucher_delivered_while_the_ledger_is_read_is_not_missing(firm: Firm) -> None:
    """The page on which it would have come was read before it was there."""
    firm.bring_in(paid("S1"))
    firm.receive(paid("S2", opened="2026-06-14 20:00", closed="2026-06-28 20:00", pays="2026-06-30"))
    firm.run()
    firm.ledger.page_size = 1
    firm.ledger.when_read(1, firm.deliver)

    report = firm.check()

    assert codes(report) == []
    assert is_explained(report)
    assert codes(firm.check()) == []


def test_an_entry_posted_between_the_balance_and_the_entries_is_not_unexplained(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    ref = firm.ref(ONE)

    def post(request: str) -> None:
        if request == "observe" and firm.ledger.requests.count("observe") == 1:
            firm.ledger.move(ref, "4000", "1200", 1_00)

    firm.ledger.on_request = post

    report = firm.check()

    assert codes(report) == ["amount"]
    assert is_explained(report)


def test_an_object_the_ledger_finds_late_is_read_by_its_id(firm: Firm) -> None:
    firm.ledger.index_lag_seconds = 3_600
    firm.bring_in(paid("S1"))

    assert codes(firm.check()) == []


def test_a_voucher_whose_delivery_is_in_doubt_is_not_a_stranger(firm: Firm) -> None:
    firm.receive(paid("S1"))
    firm.run()
    firm.ledger.fail_next_send(Fault.COMMIT_THEN_LOSE)
    firm.deliver()

    report = firm.check()

    assert codes(report) == ["not_delivered", "not_delivered"]
    assert [item.reason for item in report.clearing.items] == ["bridge's own; its delivery is not confirmed yet"]
    assert is_explained(report)
    firm.pass_days(1)
    firm.deliver()
    assert codes(firm.check()) == []


def test_an_old_version_in_a_list_is_no_finding(firm: Firm) -> None:
    """F45: list calls can return an old version; what differs is read again by its id."""
    firm.bring_in(paid("S1"))
    ref = firm.ref(ONE)
    firm.ledger.move(ref, "4000", "1200", 1_00)
    firm.ledger.listed_as[ref] = firm.ledger.object(ref)
    firm.ledger.move(ref, "1200", "4000", 1_00)

    report = firm.check()

    assert codes(report) == []
    assert report.objects_read == 2
    assert is_explained(report)


def test_a_deleted_object_that_a_list_still_shows_is_deleted(firm: Firm) -> None:
    """F45."""
    firm.bring_in(paid("S1"))
    ref = firm.ref(ONE)
    firm.ledger.move(ref, "4000", "1200", 1_00)
    shown = firm.ledger.object(ref)
    firm.ledger.delete(ref)
    firm.ledger.list_anyway(shown)

    report = firm.check()

    assert codes(report) == ["deleted"]
    assert is_explained(report)


def test_two_checks_of_one_ledger_do_not_read_over_each_other(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    told: list[str] = []

    def start_another() -> None:
        with pytest.raises(StaleError) as refused:
            firm.check()
        told.append(refused.value.code)

    firm.ledger.when_read(0, start_another)

    assert codes(firm.check()) == []
    assert told == ["drift.busy"]


def test_a_check_that_was_killed_does_not_stand_in_the_way_for_long(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    now = firm.clock.now()
    with firm.store.unit("a process that died") as unit:
        unit.leases.take(LeaseKind.DRIFT, LEDGER, "dead", now, now + TURN)

    with pytest.raises(StaleError, match="until 12:10:00 UTC"):
        firm.check()

    firm.clock.advance(TURN.total_seconds())
    assert codes(firm.check()) == []


def test_a_check_that_lost_its_turn_concludes_nothing(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.page_size = 1

    def freeze() -> None:
        firm.clock.advance(TURN.total_seconds() + 1)
        now = firm.clock.now()
        with firm.store.unit("another") as unit:
            unit.leases.take(LeaseKind.DRIFT, LEDGER, "another", now, now + TURN)

    firm.ledger.when_read(1, freeze)

    with pytest.raises(StaleError):
        firm.check()

    assert firm.findings() == []


def test_the_reads_are_told_as_they_come(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.page_size = 1
    told: list[int] = []

    report = firm.check(progress=told.append)

    assert told == [1, 2]
    assert report.objects_read == 2


def test_nothing_is_ever_written_to_the_ledger(edited: Firm) -> None:
    edited.ledger.requests.clear()
    edited.check()
    edited.check(in_full=True)

    assert set(edited.ledger.requests) == {"facts", "changes", "observe", "read_back"}


def test_a_finding_closes_when_the_ledger_is_put_right(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.move(firm.ref(ONE), "4000", "6000", 1_00)
    kept = only(firm.check())
    firm.ledger.move(firm.ref(ONE), "6000", "4000", 1_00)

    assert codes(firm.check()) == []
    (closed,) = firm.findings()
    assert (closed.finding.finding_id, closed.state) == (kept.finding.finding_id, FindingState.CLOSED)


def test_the_report_carries_the_head_of_the_audit_log_and_the_findings_are_under_it(edited: Firm) -> None:
    """D16: whoever keeps the report notices a log cut short."""
    report = edited.check()

    with edited.store.reading() as unit:
        assert report.audit_head == unit.audit.verify()[1]
        assert any("finding.opened" in row.notes for row in unit.audit.rows())


def test_a_route_of_another_name_is_refused(firm: Firm) -> None:
    with pytest.raises(ConfigError):
        firm.check(f"{ROUTE}-2")
