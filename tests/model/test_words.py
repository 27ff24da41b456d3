"""What people write is short enough to be read, and whatever is shown does nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.errors import ConfigError, RejectedError
from bridge.model.words import LONGEST, OBEYED, check, shown


@pytest.mark.parametrize(
    "text", ["", "a quarter is closed", "ä" * LONGEST, "two\nlines\tand \U0001f389", "\u202eodd\x1b"]
)
def test_what_a_person_means_is_kept_as_they_wrote_it(text: str) -> None:
    check("the reason", text)


@pytest.mark.parametrize(
    ("text", "code"),
    [("x" * (LONGEST + 1), "words.too_long"), ("a\0b", "words.unkept"), ("bytes of no letter \udcff", "words.unkept")],
)
def test_what_is_too_long_or_cannot_be_kept_is_refused_with_what_to_do(text: str, code: str) -> None:
    with pytest.raises(ConfigError) as told:
        check("the reason", text)
    assert told.value.code == code
    assert str(told.value).startswith("the reason")
    assert text not in str(told.value)


@given(st.text())
def test_whatever_is_shown_is_obeyed_by_nothing_and_says_as_much_as_it_said(text: str) -> None:
    assert not OBEYED & set(shown(text))
    assert shown(shown(text)) == shown(text)
    assert len(shown(text)) == len(text.replace("\r\n", "\n")) or text.isprintable()


def test_what_a_vendor_says_in_a_refusal_is_cut_where_nobody_reads_on() -> None:
    error = RejectedError("voucher 1", "x" * 2_000_000, "Look at it")
    assert len(str(error)) < 25_000
    assert str(error).startswith("voucher 1: xxx")
