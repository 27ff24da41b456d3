"""What lines are reported by, as people write it, and what of that a ledger has."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.model.facts import LedgerDimension, LedgerFacts, LedgerOption
from bridge.model.tracking import Tracked, merged, parsed, plain, resolve

CLASS = LedgerDimension("class", "class", (LedgerOption("1", "Web:Outlet"), LedgerOption("2", "Old", is_active=False)))
OFF = LedgerDimension("location", "location", (), "it is off: switch it on")
LEDGER = LedgerFacts(
    connection="books",
    taken_at=datetime(2026, 7, 1, tzinfo=UTC),
    company="Acme",
    home_currency="USD",
    accounts=(),
    dimensions=(CLASS, OFF),
)
NAMES = st.text(st.characters(codec="ascii", exclude_characters="=;\n\r", categories=("L", "N")), min_size=1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", {}),
        (" class = Web shop ;location=Leeds; ", {"class": "Web shop", "location": "Leeds"}),
        ("class=Web:Outlet", {"class": "Web:Outlet"}),
        ("formula=a=b", {"formula": "a=b"}),
    ],
)
def test_a_text_is_read_as_it_is_meant(text: str, found: dict[str, str]) -> None:
    assert parsed(text) == found


@pytest.mark.parametrize("text", ["class", "class=", "=Web", "class=A; Class=B"])
def test_a_text_that_says_nothing_clear_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"NAME=OPTION|twice"):
        parsed(text)


@given(st.dictionaries(NAMES.map(str.lower), NAMES, max_size=4))
def test_whatever_order_it_is_written_in_it_is_one_text(wanted: dict[str, str]) -> None:
    """Sums are kept apart by it: two ways to write the same must not make two lines."""
    written = "; ".join(f"{name}={option}" for name, option in reversed(wanted.items()))
    assert plain(written) == plain(plain(written))
    assert parsed(plain(written)) == parsed(written)


def test_a_rule_goes_before_the_route_dimension_by_dimension() -> None:
    assert merged("Class=A", "class=B; location=L") == "Class=A; location=L"
    assert merged("", "class=B") == "class=B"
    assert merged("class=A", "") == "class=A"


def test_names_become_the_ledgers_ids_in_any_case_and_what_lacks_is_named() -> None:
    assert resolve("CLASS=web:outlet", LEDGER).tracked == (Tracked("class", "1", "class", "Web:Outlet"),)
    told = {text: resolve(text, LEDGER).missing for text in ("class=Web", "class=old", "location=L", "region=North")}
    assert told == {
        "class=Web": ("'class' has no option 'Web'",),
        "class=old": ("option 'Old' of 'class' is archived",),
        "location=L": ("'location' cannot be used: it is off: switch it on",),
        "region=North": ("it has no dimension 'region' (it has: 'class', 'location')",),
    }
