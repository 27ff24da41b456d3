"""What an object of ours is marked with: what we set and others changed is found once, what they added is let be."""

from __future__ import annotations

from datetime import date

import msgspec
import pytest

from bridge.model.findings import Finding, Severity
from bridge.model.vouchers import LedgerCopy, Mark
from tests.drift.firm import Firm, codes, only, paid

ONE = "S1 2026-06"
SET = (Mark("customer", "58", "Sales channels"), Mark("exchange rate", "1.25"))
ON_LINES = (Mark("class", "3", "Online"), Mark("product", "7", "Goods"))


def marked(copy: LedgerCopy) -> LedgerCopy:
    """The object as a ledger that keeps marks echoes it: the first line has a class and a product."""
    first, *others = copy.lines
    return msgspec.structs.replace(copy, marks=SET, lines=(msgspec.structs.replace(first, marks=ON_LINES), *others))


@pytest.fixture
def booked(firm: Firm) -> Firm:
    """A settlement whose voucher is marked, and its transfer, both in the ledger."""
    firm.ledger.alters = marked
    firm.bring_in(paid("S1"))
    return firm


def edit(firm: Firm, *marks: Mark) -> None:
    firm.ledger.edit_marks(firm.ref(ONE), *marks)


def edit_line(firm: Firm, place: int, *marks: Mark) -> None:
    firm.ledger.edit_marks_of_line(firm.ref(ONE), place, *marks)


def found(firm: Firm) -> Finding:
    told = only(firm.check()).finding
    assert (told.code, told.severity, told.ref) == ("drift.marked", Severity.WARNING, firm.ref(ONE))
    return told


def test_what_nobody_touched_says_nothing(booked: Firm) -> None:
    assert codes(booked.check()) == []


@pytest.mark.parametrize("old", SET, ids=lambda mark: mark.kind)
@pytest.mark.parametrize("new", [(), ("999", "Another")])
def test_a_mark_of_the_whole_that_was_changed_or_taken_away_is_named(
    booked: Firm, old: Mark, new: tuple[str, ...]
) -> None:
    """D03."""
    edit(booked, *(one for one in SET if one != old), *([Mark(old.kind, *new)] if new else []))

    told = found(booked)

    assert f"its {old.kind} was changed" in told.title
    assert told.evidence == ((old.kind, old.shown or old.value, new[1] if new else "none"),)


@pytest.mark.parametrize("old", ON_LINES, ids=lambda mark: mark.kind)
@pytest.mark.parametrize("new", [(), ("999", "Another")])
def test_a_mark_of_a_line_that_was_changed_or_taken_away_is_named(
    booked: Firm, old: Mark, new: tuple[str, ...]
) -> None:
    edit_line(booked, 0, *(one for one in ON_LINES if one != old), *([Mark(old.kind, *new)] if new else []))

    told = found(booked)

    assert f"its {old.kind} was changed" in told.title
    assert told.evidence == ((old.kind, old.shown, new[1] if new else "none"),)


def test_several_marks_that_were_changed_are_one_finding(booked: Firm) -> None:
    edit_line(booked, 0, Mark("class", "4"), Mark("product", "8"))

    assert "its class and product were changed" in found(booked).title


def test_what_others_add_and_how_a_mark_is_called_say_nothing(booked: Firm) -> None:
    edit(booked, Mark("customer", "58", "Web shops"), SET[1], Mark("location", "2", "Berlin"))
    edit_line(booked, 0, *ON_LINES, Mark("location", "2"))
    edit_line(booked, 1, Mark("class", "9"), Mark("customer", "60"))

    assert codes(booked.check()) == []


def test_a_line_that_was_recoded_with_another_product_is_told_by_its_account_alone(booked: Firm) -> None:
    edit_line(booked, 0, ON_LINES[0], Mark("product", "8"))
    account = booked.ledger.lines(booked.ref(ONE))[0][0]
    booked.ledger.edit_account(booked.ref(ONE), account, "3000")

    assert codes(booked.check()) == ["account"]


def test_objects_to_which_others_only_added_are_not_asked_for_one_by_one(booked: Firm) -> None:
    """An accountant may give every entry a class; a ledger that tells who did it takes two calls for each."""
    edit(booked, *SET, Mark("location", "2"))
    booked.check()
    assert "read_back" not in booked.ledger.requests

    edit(booked, SET[0])
    booked.check()
    assert booked.ledger.requests.count("read_back") == 1


def test_what_others_enter_is_kept_without_the_names_of_their_customers(booked: Firm) -> None:
    """Whose sales stand in the ledger beside ours is nobody's business here; what of ours bears is."""
    ref = booked.ledger.add_foreign(date(2026, 6, 20), [("1200", 5_00), ("4000", -5_00)])
    booked.ledger.edit_marks(ref, Mark("customer", "77", "Jo Buyer"))
    booked.ledger.edit_marks_of_line(ref, 0, Mark("class", "9", "Jo's"))

    booked.check()

    with booked.store.reading() as unit:
        theirs, ours = unit.copies.get("books", ref), unit.copies.get("books", booked.ref(ONE))
    assert theirs is not None
    assert ours is not None
    assert theirs.marks == (Mark("customer", "77"),)
    assert theirs.lines[0].marks == (Mark("class", "9"),)
    assert ours.marks == SET
