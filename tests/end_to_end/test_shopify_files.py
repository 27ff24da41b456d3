"""Files of Shopify to what both ledgers would be sent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.end_to_end.raw import RawBooks, raw_books

PUBLIC = Path(__file__).parents[2] / "plugins/shopify/tests/samples/public"


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RawBooks]:
    with raw_books(tmp_path_factory.mktemp("raw")) as opened:
        yield opened


def public(name: str) -> bytes:
    """A sample in the ledger's own currency."""
    return (PUBLIC / name).read_bytes().replace(b"EUR", b"USD")


def test_a_chargeback_in_the_words_of_the_export_is_a_dispute_with_its_fee_until_it_is_won(books: RawBooks) -> None:
    """P18, C16."""
    found = books.book(public("P18_shopify_export_chargeback_a.csv"), public("P18_shopify_export_chargeback_b.csv"))

    assert set(found.documents.values()) == {"booked"}
    lost, transfer, transfer_back, won = found.bodies
    assert legs(lost) == {"1265": "37.9", "6100": "2.0", "6110": "15.0", "1210": "-54.9"}
    assert legs(won) == {"1265": "-37.9", "6110": "-15.0", "1210": "52.9"}
    assert (transfer["Amount"], transfer_back["Amount"]) == (35.1, 52.9)


def test_the_row_that_is_the_payout_is_no_part_of_what_it_pays(books: RawBooks) -> None:
    """P19."""
    found = books.book(public("P19_shopify_export_payout_row.csv"))

    assert found.documents == {"140000000001": "booked"}
    fee, transfer = found.bodies
    assert legs(fee) == {"6100": "1.1", "1210": "-1.1"}
    assert transfer["Amount"] == 36.8


def legs(journal: dict[str, Any]) -> dict[str, str]:
    """Account to amount of a journal of QuickBooks, credits negative."""
    sides = {"Debit": "", "Credit": "-"}
    return {
        line["JournalEntryLineDetail"]["AccountRef"]["value"]: sides[line["JournalEntryLineDetail"]["PostingType"]]
        + str(line["Amount"])
        for line in journal["Line"]
    }
