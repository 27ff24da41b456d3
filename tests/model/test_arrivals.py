"""The word about what reached the bank: its text, its rate, and the payout as it arrived."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from bridge.errors import InvariantError
from bridge.model.arrivals import Arrival, arrival_of, as_arrived, rate_of, rough_rate, times_off
from bridge.model.documents import Document, DocumentKind, Identity, Witness
from bridge.model.findings import Instruction, InstructionKind
from bridge.model.periods import arrival_day
from bridge.model.rates import value_at

WORD = Arrival("USD", 995_74, date(2026, 6, 30), 4_26, "ann", "read")


def said(text: str) -> Instruction:
    return Instruction(InstructionKind.ARRIVED, "doc", "ann", "read", datetime(2026, 7, 1, tzinfo=UTC), ref=text)


def payout(status: str = "", currency: str = "EUR") -> Document:
    at = datetime(2026, 6, 26, 20, tzinfo=UTC)
    return Document(
        identity=Identity("shop", "shop.example", DocumentKind.PAYOUT, "778"),
        revision=1,
        currency=currency,
        total_minor=919_42,
        opened_at=at,
        closed_at=at,
        pays_at=at,
        line_count=1,
        content_hash="c",
        vault_hash="v",
        witness=Witness.API,
        plugin="shop",
        plugin_version="1",
        status=status,
    )


def test_what_was_said_last_counts_and_a_word_taken_back_is_none() -> None:
    assert (WORD.text, Arrival.parse(said(WORD.text))) == ("2026-06-30 USD 99574 426", WORD)
    assert arrival_of([said("2026-06-29 USD 1 0"), said(WORD.text)]) == WORD
    assert arrival_of([said(WORD.text), said("")]) is None
    assert arrival_of([]) is None


@pytest.mark.parametrize("text", ["2026-06-30 USD 995.74 0", "USD 99574", "2026-6-30 USD 1 0", "2026-06-30 USD 01 0"])
def test_a_text_that_no_word_is_stored_as_is_a_bug(text: str) -> None:
    with pytest.raises(InvariantError, match="none that bridge stores"):
        Arrival.parse(said(text))


@pytest.mark.parametrize(("status", "then"), [("", ""), ("in_transit", "paid"), ("failed", "failed")])
@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "UTC"])
def test_as_it_arrived_it_is_of_the_currency_amount_and_day_of_the_word(status: str, then: str, zone: str) -> None:
    at_bank = as_arrived(payout(status), WORD)
    assert (at_bank.currency, at_bank.total_minor, at_bank.status) == ("USD", 995_74, then)
    assert arrival_day(at_bank, zone) == date(2026, 6, 30)
    assert as_arrived(payout(status), None) == payout(status)


def test_rates_know_how_many_decimals_a_currency_has() -> None:
    assert rate_of(payout(), WORD) == Fraction(1000_00, 919_42)
    assert rate_of(payout(currency="JPY"), WORD) == Fraction(1000, 91942)
    yen = rough_rate("EUR", "JPY")
    assert yen is not None
    assert 100 < yen < 300
    assert rough_rate("EUR", "XTS") is None
    assert times_off(Fraction(1), Fraction(100)) == times_off(Fraction(100), Fraction(1)) == 100
    assert (value_at(919_42, "EUR", "1.07", "USD"), value_at(10_00, "EUR", "163.25", "JPY")) == (983_78, 1632)
