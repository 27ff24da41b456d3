"""What the command line says, as pages say it: phrases become sentences, and lead on where they stand."""

from __future__ import annotations

from markupsafe import Markup, escape

from bridge.web.looks import linked, sentence


def test_a_phrase_becomes_a_sentence_and_what_is_one_stays_so() -> None:
    assert [sentence(one) for one in ("held", "Is it?", "`bridge apply` does", "")] == [
        "Held.",
        "Is it?",
        "`bridge apply` does.",
        "",
    ]


def test_phrases_lead_on_where_they_stand_and_nothing_of_them_is_markup() -> None:
    why: Markup = escape("first: 1 <b> entry, then")
    assert linked(why, [("?a=1&b", "1 <b> entry"), ("?c", "2 others")]) == (
        'first: <a href="?a=1&amp;b">1 &lt;b&gt; entry</a>, then Also: <a href="?c">2 others</a>'
    )
