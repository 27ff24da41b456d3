"""Entries, vouchers, fates, moves, periods, rules and ids check themselves where they are made."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import ids
from bridge.errors import ConfigError, InvariantError, PluginError, RateLimitedError, UnbalancedEntryError
from bridge.model.account_classes import AccountClass
from bridge.model.chart import recommended_chart
from bridge.model.connections import LatePolicy
from bridge.model.deliveries import MOVES, DeliveryState, check_move
from bridge.model.documents import Document, DocumentKind, Identity, Witness
from bridge.model.entries import Fate, JournalEntry, Mode, Posting, Slot
from bridge.model.facts import LedgerAccount, LedgerFacts
from bridge.model.lines import Line, Part, check_line, kinds
from bridge.model.periods import arrival_day, closing_day, local_day, month_end, month_of, place, whole_days
from bridge.model.rules import Rule, RuleSet, in_force
from bridge.model.vouchers import AccountRef, LedgerCopy, LedgerLine, Voucher, VoucherLine

SLOT = Slot(route_id="rte_1", mode=Mode.PAYOUT, group="285", part="2026-06")
AT = datetime(2026, 6, 25, tzinfo=UTC)


def entry(*amounts: int) -> JournalEntry:
    postings = tuple(
        Posting(
            number=number,
            account="4000",
            amount_minor=amount,
            kind="sale.product",
            rule="default:sale.product",
        )
        for number, amount in enumerate(amounts, 1)
    )
    return JournalEntry(
        slot=SLOT, number=1, document_id="doc_1", revision=1, booked_on=date(2026, 6, 30), currency="USD",
        narration="settlement 285", postings=postings, rule_version=1, content_hash="x", plugin_version="0.1",
    )  # fmt: skip


@given(st.lists(st.integers(-(10**12), 10**12), max_size=8))
def test_an_entry_exists_only_if_it_balances(amounts: list[int]) -> None:
    assert sum(posting.amount_minor for posting in entry(*amounts, -sum(amounts)).postings) == 0
    with pytest.raises(UnbalancedEntryError, match="off by 1 "):
        entry(*amounts, 1 - sum(amounts))


def test_a_voucher_exists_only_if_it_balances() -> None:
    account = AccountRef(ledger_id="1", number="1200", name="Clearing")
    with pytest.raises(InvariantError):
        Voucher(
            voucher_id="v", entry_id="e", type="JournalEntry", number="1", key="k", dated_on=date(2026, 6, 30),
            currency="USD", memo="", lines=(VoucherLine(account=account, amount_minor=1),),
        )  # fmt: skip


def test_an_entry_is_named_by_its_slot_and_number_alone() -> None:
    assert SLOT.entry_id(1) == SLOT.entry_id(1) != SLOT.entry_id(2)
    assert SLOT.entry_id(1) != Slot(route_id="rte_1", mode=Mode.PAYOUT, group="285", part="2026-07").entry_id(1)


def test_a_line_is_booked_or_excluded_never_both_or_neither() -> None:
    assert Fate(line_key="1", entry_id="e", posting=1).reason == ""
    assert Fate(line_key="1", reason="zero").entry_id == ""
    for wrong in ({}, {"entry_id": "e", "reason": "zero"}):
        with pytest.raises(InvariantError):
            Fate(line_key="1", **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"),
    [("kind", "sale.unheard"), ("key", ""), ("amount_minor", 1.5), ("occurred_at", datetime(2026, 6, 25))],  # noqa: DTZ001
)
def test_a_line_that_breaks_the_contract_names_the_plugin_as_the_cause(field: str, value: object) -> None:
    good: dict[str, object] = {
        "key": "1",
        "kind": "sale.product",
        "part": Part.SALE,
        "amount_minor": 1,
        "occurred_at": AT,
    }
    check_line(Line(**good), where="file.txt")  # type: ignore[arg-type]
    with pytest.raises(PluginError) as refused:
        check_line(Line(**{**good, field: value}), where="file.txt")  # type: ignore[arg-type]
    assert refused.value.code == "plugin.line"


def test_every_pair_of_states_is_a_known_move_or_refused() -> None:
    for before in DeliveryState:
        for after in DeliveryState:
            if (before, after) in MOVES:
                check_move(before, after)
            else:
                with pytest.raises(InvariantError):
                    check_move(before, after)
    out = {after for before, after in MOVES if before is DeliveryState.DELIVERED}
    assert out == {DeliveryState.UNDOING}, "what is delivered stays, unless a person wants it out"
    back = {after for before, after in MOVES if before is DeliveryState.WITHDRAWN}
    assert back == {DeliveryState.HELD, DeliveryState.OWED}, "what was withdrawn is looked at anew before it is sent"
    assert (DeliveryState.IN_DOUBT, DeliveryState.SENDING) not in MOVES, "doubt is looked up, never re-sent (F01)"


def test_kinds_and_chart_fit_together() -> None:
    for kind in kinds().values():
        assert kind.account in recommended_chart() or kind.account.startswith("@") or kind.name == "ignored"


def test_a_month_is_one_of_the_merchants_calendar() -> None:
    boundary = datetime(2026, 7, 1, 3, 12, tzinfo=UTC)
    assert month_of(local_day(boundary, "UTC")) == "2026-07"
    assert month_of(local_day(boundary, "America/Los_Angeles")) == "2026-06"
    assert month_end("2024-02") == date(2024, 2, 29)
    with pytest.raises(ConfigError):
        local_day(boundary, "Mars/Base")


def test_whole_days_are_local_and_lie_within_the_span() -> None:
    """Santiago's clock jumps over midnight in September: that day begins an hour late, and has 23 hours."""
    since, until = datetime(2026, 9, 5, 4, tzinfo=UTC), datetime(2026, 9, 8, 3, tzinfo=UTC)
    days = list(whole_days(since, until, "America/Santiago"))
    assert [(end - start) / timedelta(hours=1) for start, end in days] == [24, 23, 24]
    assert (days[0][0], days[-1][1]) == (since, until)
    assert list(whole_days(since + timedelta(seconds=1), until - timedelta(seconds=1), "America/Santiago")) == days[1:2]


def test_a_closed_period_is_respected_F38() -> None:
    lock = date(2026, 6, 30)
    assert place(date(2026, 7, 1), lock, LatePolicy.HOLD) == date(2026, 7, 1)
    assert place(date(2026, 6, 30), lock, LatePolicy.HOLD) is None
    assert place(date(2026, 6, 30), lock, LatePolicy.NEXT_OPEN_DAY) == date(2026, 7, 1)
    assert place(date(2026, 6, 30), None, LatePolicy.HOLD) == date(2026, 6, 30)


def test_a_rule_holds_only_if_all_its_conditions_do() -> None:
    line = Line(
        key="1", kind="sale.product", part=Part.SALE, amount_minor=1, occurred_at=AT, sku="MUG-1",
        words="Order|ItemPrice|Principal", attributes=(("marketplace", "Amazon.com"),),
    )  # fmt: skip
    assert Rule(id="a", account="4000", kind="sale.*", sku="MUG-*", words="order|*").holds(line)
    assert Rule(id="a", account="4000", attributes=(("marketplace", "Amazon.com"),)).holds(line)
    assert not Rule(id="a", account="4000", attributes=(("marketplace", "Amazon.ca"),)).holds(line)
    assert not Rule(id="a", account="4000", kind="refund.*").holds(line)


def test_the_rules_in_force_are_the_newest_that_have_begun() -> None:
    def version(number: int, on: date) -> RuleSet:
        return RuleSet(name="us", version=number, effective_from=on, rules=(), author="a", reason="r", made_at=AT)

    versions = (version(1, date(2026, 1, 1)), version(2, date(2026, 7, 1)))
    assert in_force(versions, date(2026, 6, 30)).version == 1
    assert in_force(versions, date(2026, 7, 1)).version == 2
    assert in_force(versions, date(2025, 1, 1)).version == 1
    with pytest.raises(ConfigError):
        in_force((), date(2026, 1, 1))


def test_equal_books_have_equal_hashes_whatever_the_order_or_words() -> None:
    def copy(*lines: LedgerLine) -> LedgerCopy:
        return LedgerCopy(
            ref="1", type="JournalEntry", number="n", dated_on=date(2026, 6, 30), currency="USD", lines=lines
        )

    a, b, c = LedgerLine("1", 5, "x"), LedgerLine("2", -7, "y"), LedgerLine("1", 2)
    assert (
        copy(a, b, c).lines_hash == copy(c, b, LedgerLine("1", 5)).lines_hash == copy(LedgerLine("1", 7), b).lines_hash
    )
    assert copy(a, b, c).lines_hash != copy(LedgerLine("1", 8), LedgerLine("2", -8)).lines_hash


def test_an_account_is_found_by_number_name_or_id_and_never_by_a_name_that_fits_two() -> None:
    def account(ledger_id: str, number: str, name: str, *, is_active: bool = True) -> LedgerAccount:
        return LedgerAccount(
            ledger_id=ledger_id,
            number=number,
            name=name,
            type="Income",
            currency="USD",
            account_class=AccountClass.INCOME,
            is_active=is_active,
        )

    accounts = (
        account("7", "4000", "Sales"),
        account("8", "4001", "Other"),
        account("9", "4002", "Other"),
        account("10", "5", "Gone", is_active=False),
    )
    facts = LedgerFacts(connection="c", taken_at=AT, company="x", home_currency="USD", accounts=accounts)
    assert facts.account("4000") == facts.account("Sales") == facts.account("7")
    assert facts.account("Other") is None
    assert facts.account("Gone") is None


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_different_facts_have_different_ids(one: list[str], other: list[str]) -> None:
    assert (ids.derive("x", *one) == ids.derive("x", *other)) == (one == other)


def test_a_document_is_the_same_whoever_reports_it_D02() -> None:
    identity = Identity("amazon", "A1", DocumentKind.SETTLEMENT, "285")
    assert identity.document_id == Identity("amazon", "A1", DocumentKind.SETTLEMENT, "285").document_id
    assert identity.document_id != Identity("amazon", "A2", DocumentKind.SETTLEMENT, "285").document_id
    with pytest.raises(InvariantError):
        Identity("amazon", "", DocumentKind.SETTLEMENT, "285")


def test_an_id_that_is_known_is_not_derived_again_and_a_changed_value_has_its_own() -> None:
    """It is kept beside the fields: neither equality nor JSON nor a changed copy knows of it."""
    identity = Identity("amazon", "A1", DocumentKind.SETTLEMENT, "285")
    told = Identity("amazon", "A1", DocumentKind.SETTLEMENT, "285")
    ids.known(told, "document_id", "doc_as_kept")
    assert told.document_id == "doc_as_kept"
    assert told == identity
    assert msgspec.json.encode(told) == msgspec.json.encode(identity)
    assert msgspec.structs.replace(told, external_id="285").document_id == identity.document_id


def test_an_error_keeps_its_facts_across_processes() -> None:
    error = pickle.loads(pickle.dumps(RateLimitedError("ledger books", retry_after_seconds=60)))  # noqa: S301
    assert isinstance(error, RateLimitedError)
    assert error.retry_after_seconds == 60
    assert "60 s" in str(error)


ZONES = ("America/Vancouver", "UTC", "Pacific/Auckland")


def dated(kind: DocumentKind, closed_at: str, pays_at: str = "") -> Document:
    def at(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    return Document(
        identity=Identity("amazon", "A1", kind, "1"),
        revision=1,
        currency="USD",
        total_minor=100,
        opened_at=at(closed_at),
        closed_at=at(closed_at),
        pays_at=at(pays_at) if pays_at else None,
        line_count=0,
        content_hash="c",
        vault_hash="v",
        witness=Witness.FILE,
        plugin="amazon",
        plugin_version="1",
    )


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("pays_at", ["2026-07-01 00:00", "2026-07-01 06:33:36", "2026-07-01 23:59:59"])
def test_p35_the_day_money_arrives_is_the_day_a_statement_prints(zone: str, pays_at: str) -> None:
    """Shifted by a zone, the first of a month became the last of another."""
    settled = dated(DocumentKind.SETTLEMENT, "2026-06-29 06:33:36", pays_at)

    assert arrival_day(settled, zone) == date(2026, 7, 1)


@pytest.mark.parametrize(("zone", "day"), list(zip(ZONES, (28, 29, 29), strict=True)))
def test_a_document_closes_on_the_merchants_calendar_and_arrives_then_where_nothing_else_is_said(
    zone: str, day: int
) -> None:
    settled = dated(DocumentKind.SETTLEMENT, "2026-06-29 06:33:36")

    assert closing_day(settled, zone) == arrival_day(settled, zone) == date(2026, 6, day)


@pytest.mark.parametrize("zone", ZONES)
def test_a_payout_that_its_channel_dates_by_a_day_alone_is_of_that_day(zone: str) -> None:
    """Its midnight in UTC is the evening before in half of the world; a settlement's end is an instant all the same."""
    midnight = "2026-07-01 00:00"

    assert closing_day(dated(DocumentKind.PAYOUT, midnight, midnight), zone) == date(2026, 7, 1)
    assert closing_day(dated(DocumentKind.PAYOUT, "2026-06-30 20:00", midnight), "UTC") == date(2026, 6, 30)
    ends = closing_day(dated(DocumentKind.SETTLEMENT, midnight, midnight), "America/Vancouver")
    assert ends == date(2026, 6, 30)
