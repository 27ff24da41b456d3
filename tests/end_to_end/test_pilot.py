"""A route is tried out by a few vouchers before it sends by itself: posted, read back, compared, kept or taken out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.errors import ConfigError
from bridge.model.deliveries import Delivery, DeliveryState
from bridge.model.findings import InstructionKind
from bridge.sandbox import FaultKind
from bridge_quickbooks_sandbox import QuickBooksSandbox
from bridge_xero_sandbox import XeroSandbox
from tests.end_to_end.merchant import InXero, Merchant
from tests.end_to_end.shops import shops

SAID = ("--by", "anna", "--reason", "looked at in the ledger")


class Tried:
    """A merchant whose route is to be tried out, with two settlements booked and nothing sent."""

    def __init__(self, merchant: Merchant, *keys: str) -> None:
        self.merchant = merchant
        self.realm = merchant.sellers["us"].realm
        text = merchant.config.read_text(encoding="utf-8")
        merchant.config.write_text(text + "\n".join(keys or ("pilot = true",)) + "\n", encoding="utf-8")
        merchant.connect()
        merchant.import_samples("us", "us_v2_standard.txt", "us_v2_reserve.txt")

    def pilot(self, *words: str) -> dict[str, Any]:
        told: dict[str, Any] = self.merchant.json("pilot", "us", *words)
        return told

    def refused(self, *words: str) -> ConfigError:
        done = self.merchant.run("pilot", "us", *words)
        assert isinstance(done.exception, ConfigError), done.output
        return done.exception

    def standing(self) -> dict[str, int]:
        """How many vouchers stand how, by reason where they wait."""
        found: dict[str, int] = {}
        for one in self.deliveries(*DeliveryState):
            name = one.reason if one.state is DeliveryState.HELD else str(one.state)
            found[name] = found.get(name, 0) + 1
        return found

    def deliveries(self, *states: DeliveryState) -> tuple[Delivery, ...]:
        with self.merchant.app() as app, app.store.reading() as unit:
            found: tuple[Delivery, ...] = unit.deliveries.with_state("books-us", *states)
            return found

    def balances(self) -> dict[str, int]:
        return {name: minor for name, minor in self.merchant.sandbox.trial_balance(self.realm).items() if minor}

    def tamper(self) -> Any:
        return self.merchant.sandbox.tamper(self.realm)


@pytest.fixture(params=["quickbooks", "xero"])
def merchant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Merchant]:
    if request.param == "quickbooks":
        with QuickBooksSandbox() as quickbooks:
            yield Merchant(tmp_path, quickbooks, "us")
    else:
        with XeroSandbox() as xero:
            yield InXero(tmp_path, xero, "us")


@pytest.fixture
def tried(merchant: Merchant) -> Tried:
    return Tried(merchant)


def test_a_route_that_says_pilot_sends_nothing_by_itself(tried: Tried) -> None:
    """S5."""
    synced = tried.merchant.run("sync")
    listed = tried.merchant.ok("routes").output
    held = tried.merchant.ok("held").output

    assert set(tried.standing()) == {"pilot.awaited"}
    assert tried.balances() == {}
    assert (synced.return_value, "held: pilot.awaited" in synced.output) == (3, True)
    assert "sends nothing by itself before its pilot is accepted: bridge pilot us" in listed
    assert "before a pilot is accepted: `bridge pilot us`" in held
    assert "waits for its pilot: bridge pilot ROUTE" in held


def test_it_is_shown_first_and_nothing_is_sent(tried: Tried) -> None:
    """S5: one sale, one refund and one payout of a middling amount, with what they need."""
    shown = tried.pilot()
    printed = tried.merchant.ok("pilot", "us").output
    meant = {name for names in shown["picks"].values() for name in names}

    assert set(shown["picks"]) == {"sale", "refund", "payout"}
    assert set(tried.standing()) == {"pilot.awaited"}
    assert tried.balances() == {}
    assert f"post exactly these {len(meant)} vouchers" in printed
    assert "4000 Product sales" in printed
    assert len(meant) < len(tried.deliveries(DeliveryState.HELD))


def test_exactly_what_was_shown_is_sent_and_read_back_field_by_field(tried: Tried) -> None:
    """S5."""
    meant = {name for names in tried.pilot()["picks"].values() for name in names}
    done = tried.pilot("--yes", "--by", "anna")
    again = tried.pilot("--yes", "--by", "anna")
    fields = {field["name"] for one in done["vouchers"] for field in one["fields"]}

    assert {one.voucher_id for one in tried.deliveries(DeliveryState.DELIVERED)} == meant
    assert set(tried.standing()) == {"pilot.awaited", "delivered"}
    assert (done["has_passed"], done["waiting"]) == (True, [])
    assert {"date", "number", "currency", "total", "status", "key", "4000 Product sales"} <= {
        name.removesuffix(" NON").removesuffix(" NONE") for name in fields
    }
    assert ({"contact", "due"} <= fields) is isinstance(tried.merchant, InXero)
    assert again["vouchers"] == done["vouchers"]


def test_accepted_by_a_person_the_route_sends_by_itself(tried: Tried) -> None:
    """S5."""
    tried.pilot("--yes")
    accepted = tried.pilot("--accept", *SAID)
    tried.merchant.ok("sync")
    told = tried.merchant.ok("pilot", "us").output

    assert (accepted["accepted"]["by"], accepted["holds"]) == ("anna", False)
    assert set(tried.standing()) == {"delivered"}
    assert "us: accepted by anna on" in told
    assert "looked at in the ledger" in told
    assert "its pilot was accepted by anna" in tried.merchant.ok("routes").output


def test_nothing_is_accepted_before_it_passed(tried: Tried) -> None:
    """S5: neither what was not sent, nor what somebody, or the ledger, changed."""
    early = tried.refused("--accept", *SAID)
    tried.pilot("--yes")
    sent = next(
        one for one in tried.deliveries(DeliveryState.DELIVERED) if one.voucher and one.voucher.type != "Transfer"
    )
    assert sent.voucher is not None
    tried.tamper().change_date(sent.voucher.type, sent.ref, "2026-06-28")
    differs = tried.merchant.run("pilot", "us")
    late = tried.refused("--accept", *SAID)
    tried.merchant.run("sync")

    assert (early.code, late.code) == ("pilot.none", "pilot.not_passed")
    assert differs.return_value == 4
    assert "2026-06-28" in differs.output
    assert "pilot.awaited" in tried.standing()


def test_it_names_who_decides_and_why(tried: Tried) -> None:
    tried.pilot("--yes")
    for word in ("--accept", "--roll-back"):
        assert "needs a name and a reason" in tried.refused(word).cause
    assert "Give one of" in tried.refused("--accept", "--yes").next_step


def test_rolled_back_it_is_out_of_every_account_and_may_be_tried_anew(tried: Tried) -> None:
    """S5."""
    before = tried.standing()
    tried.pilot("--yes")
    tried.pilot("--roll-back", *SAID)
    out, after = tried.balances(), tried.standing()
    tried.merchant.run("sync")
    synced = tried.standing()
    again = tried.pilot("--yes")

    assert (out, after, synced) == ({}, before, before)
    assert again["has_passed"]
    assert tried.merchant.run("audit", "verify", "--store").return_value == 0


def test_after_a_lost_answer_the_same_goes_on(tried: Tried) -> None:
    """S5: what is part of a pilot is said before it is sent; nothing is sent twice, and half of it is not undone."""
    config = tried.merchant.config
    config.write_text(config.read_text("utf-8").replace("settle_seconds = 0", "settle_seconds = 2"), encoding="utf-8")
    tried.merchant.sandbox.faults.order(FaultKind.COMMIT_THEN_DROP, contains="brk_")
    first = tried.pilot("--yes", "--wait", "0")
    told = tried.merchant.run("pilot", "us")
    undone = tried.refused("--roll-back", *SAID)
    done = tried.pilot("--yes", "--wait", "20")

    assert {one["state"] for one in first["waiting"]} <= {"in_doubt", "owed"}
    assert (told.return_value, "pilot us --yes, which goes on" in told.output) == (3, True)
    assert undone.code == "pilot.under_way"
    assert (done["has_passed"], len(done["vouchers"])) == (True, len(first["vouchers"]) + len(first["waiting"]))
    assert {one["ref"] for one in done["vouchers"]} == {one.ref for one in tried.deliveries(DeliveryState.DELIVERED)}


def test_killed_after_the_word_the_next_sync_sends_exactly_these(tried: Tried) -> None:
    """S5."""
    with tried.merchant.app() as app:
        names = {name for pick in app.books.picks("us") for name in pick.voucher_ids}
        app.books.say_of_pilot(InstructionKind.PILOT, sorted(names), by="anna", reason="pilot")
    tried.merchant.run("sync")

    assert {one.voucher_id for one in tried.deliveries(DeliveryState.DELIVERED)} == names
    assert tried.pilot()["has_passed"]


def test_a_route_in_review_is_tried_out_too_and_goes_on_in_review(merchant: Merchant) -> None:
    tried = Tried(merchant, "review = true", "pilot = true")
    tried.pilot("--yes")
    tried.pilot("--accept", *SAID)
    tried.merchant.run("sync")

    assert set(tried.standing()) == {"review", "delivered"}


def test_a_route_without_a_pilot_sends_by_itself_and_may_have_one(merchant: Merchant) -> None:
    """What it had before it was out again is not sent anew at once: that is for a person to say."""
    tried = Tried(merchant, "pilot = false")
    passed = tried.pilot("--yes")["has_passed"]
    sent = tried.standing()
    tried.pilot("--roll-back", *SAID)
    tried.merchant.run("sync")

    assert passed
    assert set(sent) == {"delivered", "owed"}, "what else is owed stays"
    assert "withdrawn" in tried.standing()
    assert "sends by itself, without a pilot" in tried.merchant.run("pilot", "us").output


NARRATIONS = {
    ("shop-us", "order"): ("Shopify order #", "Shopify refund ", "Payout "),
    ("shop-us", "day"): ("Shopify sales of ", "Shopify refunds of ", "Payout "),
    ("shop-gb", "order"): ("Shopify order #", "Shopify refund "),
}


@pytest.mark.parametrize(("shop", "mode"), NARRATIONS)
def test_a_shop_is_tried_out_by_what_its_mode_has(tmp_path: Path, shop: str, mode: str) -> None:
    """S5: a refund goes with its order where it stands on that; a kind that is not there yet is left out."""
    with shops(tmp_path, shop, mode=mode, more="pilot = true\n") as opened:
        opened.import_and_book(shop)
        picks = opened.app.books.picks(shop)
        stage = opened.app.piloting.send(shop, by="ann", reason="pilot", actor="ann", patience_seconds=5)
        held = [one for one in opened.app.desk.preview(shop) if one.delivery.reason == "pilot.awaited"]

    sent = {one.delivery.voucher_id for one in stage.read}
    kinds = {one.kind for pick in picks for one in pick.entry.postings if pick.sample == "sale"}
    payments = [one for one in stage.read if one.delivery.due_voucher.pays]
    started = [
        pick.entry.narration.startswith(words) for pick, words in zip(picks, NARRATIONS[shop, mode], strict=True)
    ]
    assert all(started), [pick.entry.narration for pick in picks]
    assert "sale.product" in kinds
    assert sent == {name for pick in picks for name in pick.voucher_ids}
    assert (stage.has_passed, bool(held)) == (True, True), stage.read
    assert bool(payments) is (shop == "shop-gb")
    assert all("pays" in {field.name for field in one.fields} for one in payments)
