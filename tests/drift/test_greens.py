"""What turns each green, and what no acceptance covers: every row of the table, and how far it is said."""

from __future__ import annotations

from datetime import date, timedelta

import msgspec
import pytest

from bridge.drift import Report
from bridge.drift.report import Answer
from bridge.drift.report.pages import to_html
from bridge.drift.report.turning import TURNS
from bridge.errors import ConfigError
from bridge.model.channel import Window, WindowState
from bridge.model.connections import BankLeg
from bridge.model.findings import Finding, FindingState, KeptFinding, Severity
from bridge.model.series import Series
from tests.books.builders import Received
from tests.drift.firm import AMAZON, DAY, Firm, MakeFirm, codes, only, paid

ONE = "S1 2026-06"


def with_finding(report: Report, code: str, severity: Severity, **more: object) -> Report:
    """The same report with one more finding."""
    found = Finding(code, severity, "rte", code, code, 12_34, "USD", "it happened", "Mend it")
    kept = KeptFinding(found, FindingState.OPEN, report.checked_at, report.checked_at)
    return msgspec.structs.replace(report, findings=(*report.findings, msgspec.structs.replace(kept, **more)))


def answers(report: Report) -> dict[str, Answer]:
    return {green.name: green.answer for green in report.greens}


@pytest.fixture
def clean(firm: Firm) -> Report:
    firm.bring_in(paid("S1"))
    report = firm.check()
    assert set(answers(report).values()) == {Answer.YES}
    return report


def test_every_finding_of_the_table_turns_its_greens_and_no_other(clean: Report) -> None:
    """C28: each line of the lists."""
    for code, turn in TURNS.items():
        report = with_finding(clean, code, turn.least)
        turned = {name for name, answer in answers(report).items() if answer is not Answer.YES}
        assert turned == set(turn.greens), code
        assert {answers(report)[name] for name in turned} == {turn.answer}, code
        assert all(turn.one in green.why for green in report.greens if green.name in turned), code


def test_an_error_of_any_other_code_leaves_the_books_unreconciled_and_a_hint_turns_nothing(clean: Report) -> None:
    assert answers(with_finding(clean, "anything.else", Severity.ERROR))["reconciled"] is Answer.NO
    for code in (*TURNS, "anything.else"):
        assert set(answers(with_finding(clean, code, Severity.INFO)).values()) == {Answer.YES}, code


@pytest.mark.parametrize("code", ["drift.number", "drift.foreign", "drift.withdrawn"])
def test_an_acceptance_turns_its_line_and_says_how_much_it_comes_to(clean: Report, code: str) -> None:
    report = with_finding(clean, code, Severity.WARNING, state=FindingState.ACCEPTED)

    for green in report.greens:
        is_covered = green.name in TURNS[code].greens
        assert green.words == ("yes, with 1 accepted (12.34 USD)" if is_covered else "yes")


def test_money_that_is_missing_at_the_bank_cannot_be_accepted(make_firm: MakeFirm) -> None:
    """C28: an acceptance never covers tax, or a missing bank line."""
    firm = make_firm(bank_leg=BankLeg.NONE)
    firm.bring_in(paid("S1"))
    late = only(firm.check())
    assert late.finding.code == "drift.payout_unmatched"

    with pytest.raises(ConfigError, match="cannot be accepted: money is missing at the bank") as refused:
        firm.accept(late)

    assert refused.value.code == "decide.binding"
    assert "Look for the money in the bank feed" in refused.value.next_step
    assert "accept --reason" not in to_html((firm.check(),))


def test_what_was_accepted_before_it_became_binding_still_counts(clean: Report) -> None:
    kept = with_finding(clean, "drift.tax", Severity.ERROR, state=FindingState.ACCEPTED).findings[-1]
    bound = msgspec.structs.replace(kept, finding=msgspec.structs.replace(kept.finding, binding="a return is made"))
    report = msgspec.structs.replace(clean, findings=(bound,))

    assert (report.matched.answer, report.reconciled.answer) == (Answer.NO, Answer.NO)


def test_an_acceptance_lapses_within_a_year(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.ledger.move(firm.ref(ONE), "4000", "6000", 10)
    found = only(firm.check())
    with pytest.raises(ConfigError, match="more than a year away"):
        firm.accept(found, days=400)
    firm.accept(found, days=None)
    assert codes(firm.check()) == []

    firm.clock.advance(DAY * 367)

    assert "amount" in codes(firm.check())


def test_files_alone_do_not_prove_that_nothing_is_missing(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    firm.is_read_whole = False

    delivered, matched, reconciled = firm.check().greens

    assert (delivered.answer, matched.answer, reconciled.answer) == (Answer.NOT_PROVEN, Answer.YES, Answer.YES)
    assert (delivered.through, matched.through) == (None, None)
    assert "settlement S1 does not tell what came before it" in delivered.why


def test_settlements_that_tell_what_they_were_handed_prove_it_through_the_last(firm: Firm) -> None:
    later = paid("S2", opened="2026-06-14 20:00", closed="2026-06-29 20:00", pays="2026-07-03 12:00")
    firm.bring_in(in_series(paid("S1")), in_series(later))
    firm.is_read_whole = False

    delivered = firm.check().delivered

    assert (delivered.answer, delivered.through) == (Answer.YES, date(2026, 6, 29))
    assert "Every settlement through 2026-06-29 is booked" in delivered.why


def test_a_channel_that_was_not_read_for_a_week_proves_nothing_of_now(firm: Firm) -> None:
    firm.bring_in(paid("S1"))
    read_through(firm, "settlements", days=2)
    fresh = firm.check().delivered
    firm.clock.advance(DAY * 7)
    stale = firm.check().delivered

    assert (fresh.answer, fresh.through) == (Answer.YES, date(2026, 6, 28))
    assert (stale.answer, stale.through) == (Answer.NOT_PROVEN, date(2026, 6, 28))
    assert "read whole through 2026-06-28 only" in stale.why


def test_nothing_that_came_is_nothing_that_matched(firm: Firm) -> None:
    assert firm.check().matched.answer is Answer.NOT_PROVEN


def in_series(received: Received) -> Received:
    document = msgspec.structs.replace(received.document, series=Series("US"))
    return Received(msgspec.structs.replace(received.kept, document=document), received.lines)


def read_through(firm: Firm, stream: str, *, days: int) -> None:
    until = firm.clock.now() - timedelta(days=days)
    with firm.store.unit("pull") as unit:
        connection_id = unit.connections.get(AMAZON).connection_id
        unit.windows.open(Window(connection_id, stream, until - timedelta(days=90), until, WindowState.CLOSED))
