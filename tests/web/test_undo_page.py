"""Undo on its page: what would go is shown, and what hinders it; then it is out of the ledger, or in it once anew."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bridge.model.deliveries import DeliveryState
from bridge.web.people import Role
from bridge_quickbooks_sandbox import QuickBooksSandbox
from tests.end_to_end.merchant import Merchant
from tests.web.reviewing import send, values
from tests.web.visiting import ann, text_of, visiting

PAGE = "/undo/28500000011"


@pytest.fixture(scope="module")
def posted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Merchant]:
    with QuickBooksSandbox() as sandbox:
        merchant = Merchant(tmp_path_factory.mktemp("posted"), sandbox, "us")
        merchant.connect()
        merchant.import_samples("us", "us_v2_standard.txt")
        merchant.ok("deliver")
        yield merchant


def balances(merchant: Merchant) -> dict[str, int]:
    found = merchant.sandbox.trial_balance(merchant.sellers["us"].realm)
    return {name: minor for name, minor in found.items() if minor}


def states(merchant: Merchant) -> list[DeliveryState]:
    with merchant.app() as app:
        return [one.state for one in app.books.meant("28500000011")]


def test_what_is_shown_is_taken_out_and_booked_again_where_that_is_chosen(posted: Merchant) -> None:
    before = balances(posted)
    with visiting(posted.config, ann(Role.BOOKKEEPER)) as client:
        explained = client.get("/o/local/explain/28500000011").text
        assert 'href="/o/local/undo/28500000011"' in explained
        page = client.get(f"/o/local{PAGE}").text
        shown: dict[str, Any] = {"voucher": values(page, "voucher"), "reason": "mapped wrongly"}
        assert text_of(page).count("deleted") == len(shown["voucher"]) == 4
        assert "Payout of Amazon settlement 28500000011 2026-07-10 301.24 USD deleted" in text_of(page)
        assert balances(posted) == before, "looking does nothing"

        assert send(client, PAGE, **shown).status_code == 422, "it says what is to follow"
        assert send(client, PAGE, **shown | {"reason": " "}, then="again").status_code == 422
        fewer = send(client, PAGE, **shown | {"voucher": shown["voucher"][:1]}, then="again")
        assert (fewer.status_code, "Nothing was done" in text_of(fewer.text)) == (409, True)
        assert balances(posted) == before

        done = send(client, PAGE, **shown, then="again")
        assert "The next sync books it again" in text_of(client.get(done.headers["location"]).text)
        assert balances(posted) == {}
        posted.run("sync")
        assert balances(posted) == before
        assert posted.run("audit", "verify", "--store").return_value == 0

        again = {**shown, "voucher": values(client.get(f"/o/local{PAGE}").text, "voucher")}
        assert not set(again["voucher"]) - set(shown["voucher"])
        out = send(client, PAGE, **again, then="out")
        assert "It stays out until somebody books it again" in text_of(client.get(out.headers["location"]).text)
        posted.run("sync")
        assert (balances(posted), set(states(posted))) == ({}, {DeliveryState.WITHDRAWN})
        nothing = client.get(f"/o/local{PAGE}").text
        assert "Nothing of it is in the ledger : its vouchers are withdrawn" in text_of(nothing)
        assert '<button class="grave"' not in nothing


def test_what_hinders_it_stands_beside_it_and_nothing_can_be_sent(reviewed: Merchant) -> None:
    """The journal that somebody edited: whatever they meant would go with it."""
    before = states(reviewed)
    with visiting(reviewed.config, ann()) as client:
        page = client.get(f"/o/local{PAGE}").text
        assert "It cannot be taken out yet: 1 of 4 vouchers must stay" in text_of(page)
        assert "stays somebody edited it in the ledger since bridge sent it ( the drift review shows how)" in text_of(
            page
        )
        assert values(page, "voucher") == []
        refused = send(client, PAGE, voucher=_names(reviewed), reason="all the same", then="out")
        assert "nothing was done, for 1 of 4 cannot be taken out" in text_of(refused.text)
    assert states(reviewed) == before


def test_a_viewer_finds_a_thing_and_takes_nothing_out(reviewed: Merchant) -> None:
    with visiting(reviewed.config, ann(Role.VIEWER)) as client:
        found = client.get("/o/local/explain?q= 28500000011 ")
        assert found.headers["location"] == "/o/local/explain/28500000011"
        assert "Undo" not in text_of(client.get(found.headers["location"]).text)
        assert client.get(f"/o/local{PAGE}").status_code == 403
        unknown = client.get("/o/local/explain/no-such-thing")
        assert (unknown.status_code, "Nothing is called no-such-thing" in text_of(unknown.text)) == (404, True)
        assert client.get("/o/local/explain?q=%23/../?").headers["location"] == "/o/local/explain/%23/../%3F"


def _names(merchant: Merchant) -> list[str]:
    with merchant.app() as app:
        return [one.voucher_id for one in app.books.meant("28500000011")]
