"""Whether a ledger kept what lines were marked with when they were sent."""

import msgspec
import pytest

from bridge.delivery.check import differences
from bridge.model.facts import ContactRole
from bridge.model.tracking import Tracked
from bridge.model.vouchers import AccountRef, LedgerCopy, LedgerLine, Mark, Voucher, VoucherLine
from tests.store import facts as made

SALES, CLEARING = AccountRef("79", "4000", "Sales"), AccountRef("91", "1200", "Clearing")
CLASS, CUSTOMER = Mark("class", "5", "Shop"), Mark("customer", "58", "Shop")
SENT: Voucher = msgspec.structs.replace(
    made.voucher(),
    lines=(
        VoucherLine(account=SALES, amount_minor=-1000, tracked=(Tracked("class", "5", "class", "Shop"),)),
        VoucherLine(account=CLEARING, amount_minor=1000, contact="58", contact_role=ContactRole.CUSTOMER),
    ),
)


def echo(*lines: LedgerLine, marks: tuple[Mark, ...] = ()) -> LedgerCopy:
    return LedgerCopy(
        ref="145",
        type=SENT.type,
        number=SENT.number,
        dated_on=SENT.dated_on,
        currency=SENT.currency,
        lines=lines,
        marks=marks,
    )


PLAIN = (LedgerLine("79", -1000), LedgerLine("91", 1000))
WHOLE = (LedgerLine("79", -1000, marks=(CLASS,)), LedgerLine("91", 1000, marks=(CUSTOMER,)))


@pytest.mark.parametrize(
    "kept",
    [
        echo(*WHOLE),
        echo(*PLAIN, marks=(CLASS, CUSTOMER)),
        echo(*WHOLE, marks=(Mark("location", "7"),)),
        echo(LedgerLine("79", -600, marks=(CLASS,)), LedgerLine("79", -400, marks=(CLASS,)), WHOLE[1]),
    ],
    ids=["by line", "by the head", "and more", "cut otherwise"],
)
def test_what_is_marked_as_it_was_sent_is_no_difference(kept: LedgerCopy) -> None:
    assert differences(SENT, kept) == ()


def test_what_a_ledger_dropped_without_a_word_is_told_with_the_account_and_the_amount() -> None:
    """A company whose classes were switched off takes the journal and forgets the class."""
    assert differences(SENT, echo(PLAIN[0], WHOLE[1])) == (("marks", "79 with 5: -10.00", "79 with 5: 0.00"),)
    assert differences(SENT, echo(WHOLE[0], PLAIN[1])) == (("marks", "91 with 58: 10.00", "91 with 58: 0.00"),)


def test_an_item_that_a_ledger_dropped_or_exchanged_is_told() -> None:
    sold = msgspec.structs.replace(SENT.lines[0], tracked=(), item="MUG")
    sent = msgspec.structs.replace(SENT, lines=(sold, SENT.lines[1]))
    kept = LedgerLine("79", -1000, marks=(Mark("item", "MUG", "A mug"),))

    assert differences(sent, echo(kept, WHOLE[1])) == ()
    for other in ((), (Mark("item", "CUP"),)):
        assert differences(sent, echo(msgspec.structs.replace(kept, marks=other), WHOLE[1])) == (
            ("marks", "79 with MUG: -10.00", "79 with MUG: 0.00"),
        )
