"""What the command line says, as pages say it."""

from __future__ import annotations

import pytest

from bridge.web.looks import leading, told
from bridge.web.wording import on_a_page, sentence

SAID = {
    "map them by a rule, or `bridge decide VOUCHER release`": "map them by a rule, or decide “release”",
    "Run `bridge decide vch_x release --reason '...'`, then `bridge sync`": (
        "Decide “release”; the next sync carries it out"
    ),
    "enter it by hand and `bridge decide VOUCHER withdraw`": "enter it by hand and decide “withdraw”",
    "Somebody changed it meanwhile: run `bridge drift`": "Somebody changed it meanwhile: run a check",
    "The next `bridge drift us` compares it": "The next drift compares it",
    "Run `bridge sync`": "Run a sync",
    "none was read yet; `bridge sync` reads them": "none was read yet; a sync reads them",
    "Bring a sale in first (`bridge import`)": "Bring a sale in first",
    "Run `bridge connections authorize NAME`": "Let bridge in again on the connection's page",
    "Update it, then run `bridge connections resume y`": "Update it, then resume the connection on its page",
    "run `bridge apply`, then look": "run `bridge apply`, then look",
}


@pytest.mark.parametrize("words", SAID)
def test_a_command_that_a_page_has_a_place_for_is_named_by_that_place(words: str) -> None:
    assert on_a_page(words) == SAID[words]


def test_a_phrase_becomes_a_sentence_and_what_is_one_stays_so() -> None:
    assert [sentence(one) for one in ("held", "Is it?", "`bridge apply` does", "")] == [
        "Held.",
        "Is it?",
        "`bridge apply` does.",
        "",
    ]


def test_phrases_lead_on_where_they_stand_and_nothing_of_them_is_markup() -> None:
    why = told("first: 1 <b> entry, `x`")
    assert leading(why, [("?a=1&b", "1 <b> entry"), ("?c", "2 others")]) == (
        'first: <a href="?a=1&amp;b">1 &lt;b&gt; entry</a>, <code>x</code> Also: <a href="?c">2 others</a>'
    )
