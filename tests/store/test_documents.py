"""Documents, their revisions and their lines."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bridge.errors import InvariantError, PluginError, StaleError
from bridge.model.documents import DocumentKind, DocumentState, Identity, Problem, Witness
from bridge.model.line_tax import Liable, TaxComponent, taxed_at
from bridge.model.lines import Line, Part
from bridge.model.money import MAX_MINOR
from bridge.store.api import KeptDocument, Stand, TaxSum
from bridge.store.packing import Packed, pack
from bridge.store.sql import SqlStore
from tests.store import facts

DOCUMENT = facts.SETTLEMENT.document_id
NUMBERS = count(1)
WORDS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
LINE = st.builds(
    Line,
    key=st.just("1"),
    kind=st.sampled_from(["sale.product", "unclassified"]),
    part=st.sampled_from(Part),
    amount_minor=st.integers(-MAX_MINOR, MAX_MINOR),
    occurred_at=st.datetimes(datetime(1970, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    order_id=WORDS,
    tax_group=WORDS,
    sku=WORDS,
    words=WORDS,
    attributes=st.lists(st.tuples(WORDS, WORDS), max_size=3).map(tuple),
    reference=WORDS,
    tax=st.builds(
        lambda told, base: tuple(msgspec.structs.replace(each, base=base) for each in told),
        st.lists(st.builds(TaxComponent, rate=WORDS, jurisdiction=WORDS, liable=st.sampled_from(Liable)), max_size=3),
        WORDS,
    ),
)
Saved = tuple[KeptDocument, tuple[Line, ...]]
MINE, OTHER = facts.connection().connection_id, facts.connection("other", "A2").connection_id
SOLD = Line(
    key="1",
    kind="sale.product",
    part=Part.SALE,
    amount_minor=1000,
    occurred_at=facts.NOON,
    order_id="1",
    sku="A",
    tax=taxed_at("20"),
)
TAX = Line(
    key="2",
    kind="tax.collected",
    part=Part.SALE,
    amount_minor=200,
    occurred_at=facts.NOON,
    tax=taxed_at("20", base="sale.product"),
)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(line=LINE)
def test_every_line_comes_back_as_it_was(store: SqlStore, line: Line) -> None:
    identity = Identity("amazon", "A1SELLER", DocumentKind.SETTLEMENT, str(next(NUMBERS)))
    total = 0 if line.part.is_money else line.amount_minor
    with store.unit("cli") as unit:
        saved = facts.save(unit, [line], facts.document([line], identity=identity, total_minor=total))
    with store.reading() as unit:
        assert list(unit.documents.lines(identity.document_id, 1)) == [(line,)]
        assert unit.documents.latest(identity.document_id) == saved


def test_a_document_comes_back_as_it_was_saved(store: SqlStore) -> None:
    some = facts.lines(2)
    problem = Problem("amazon.unknown", "a word nobody knows", "row 3", blocking=True)
    head = facts.document(some, pays_at=None, title="späte Abrechnung")
    with store.unit("cli") as unit:
        saved = facts.save(unit, some, head, state=DocumentState.HELD, reason="unclassified", problems=(problem,))
    with store.reading() as unit:
        assert unit.documents.latest(DOCUMENT) == unit.documents.revision(DOCUMENT, 1) == saved
        assert unit.documents.revision(DOCUMENT, 2) is None


def test_lines_come_in_pages_in_key_order_from_any_bulk(store: SqlStore) -> None:
    some = facts.lines(12_001, amount_minor=7)
    with store.unit("cli") as unit:
        packed = Packed([pack(some[start : start + 5_000]) for start in range(0, len(some), 5_000)])
        unit.documents.add_many([(facts.kept(facts.document(some)), packed)])
    with store.reading() as unit:
        pages = list(unit.documents.lines(DOCUMENT, 1))
    assert max(len(page) for page in pages) <= 5_000
    assert tuple(line for page in pages for line in page) == some


def test_lines_can_be_had_by_kind(store: SqlStore) -> None:
    fee = Line(key="9", kind="fee.referral", part=Part.FEE, amount_minor=-15, occurred_at=facts.NOON)
    with store.unit("cli") as unit:
        facts.save(unit, [*facts.lines(3), fee])
    with store.reading() as unit:
        assert list(unit.documents.lines(DOCUMENT, 1, kind="fee.referral")) == [(fee,)]


def test_tax_groups_are_summed_by_kind_and_base_zeros_counted_apart(store: SqlStore) -> None:
    def line(key: str, kind: str, amount: int, group: str, base: str = "") -> Line:
        return Line(
            key=key,
            kind=kind,
            part=Part.SALE,
            amount_minor=amount,
            occurred_at=facts.NOON,
            tax_group=group,
            tax=taxed_at("", base=base),
        )

    some = [
        line("1", "tax.collected", 80, "o2", "sale.product"),
        line("2", "tax.collected", -30, "o2", "sale.product"),
        line("3", "tax.collected", 5, "o2", "sale.shipping"),
        line("4", "sale.product", 400, "o2"),
        line("5", "tax.facilitator", 0, "o1"),
        line("6", "tax.facilitator", -5, ""),
    ]
    with store.unit("cli") as unit:
        facts.save(unit, some)
    with store.reading() as unit:
        every = list(unit.documents.tax_sums(DOCUMENT, 1))
        some_kinds = list(unit.documents.tax_sums(DOCUMENT, 1, ["tax.facilitator", "sale.product"]))
    withheld, sold = TaxSum("o1", "tax.facilitator", "", 0, 0), TaxSum("o2", "sale.product", "", 400, 1)
    assert every == [
        withheld,
        sold,
        TaxSum("o2", "tax.collected", "sale.product", 50, 2),
        TaxSum("o2", "tax.collected", "sale.shipping", 5, 1),
    ]
    assert some_kinds == [withheld, sold]


def test_what_speaks_against_a_revision_is_replaced_and_nothing_else(store: SqlStore) -> None:
    problem = Problem("settlement.vat_in_rows", "Does it?", "settlement 1", blocking=True)
    with store.unit("cli") as unit:
        saved = facts.save(unit, facts.lines(2), problems=(Problem("a", "b", "c", blocking=False),))
    with store.unit("books") as unit:
        unit.documents.set_problems(DOCUMENT, 1, [problem])
    with store.reading() as unit:
        assert unit.documents.latest(DOCUMENT) == msgspec.structs.replace(saved, problems=(problem,))


def test_a_head_that_disagrees_with_its_lines_is_refused(store: SqlStore) -> None:
    """One lost line, or one lost cent between reader and store, and nothing is saved."""
    some = facts.lines(3)
    for head in (facts.document(some, line_count=4), facts.document(some[:2])):
        with pytest.raises(InvariantError) as refused, store.unit("cli") as unit:
            facts.save(unit, some, head)
        assert refused.value.code == "store.lines"


def test_one_key_twice_in_a_document_is_the_plugins_fault(store: SqlStore) -> None:
    some = facts.lines(2)
    with pytest.raises(PluginError, match="one key"), store.unit("cli") as unit:
        facts.save(unit, [*some, some[1]])


def test_a_revision_number_is_taken_once_and_in_turn(store: SqlStore) -> None:
    some = facts.lines(2)
    with store.unit("cli") as unit:
        facts.save(unit, some)
    for number in (1, 3):
        with pytest.raises(StaleError), store.unit("cli") as unit:
            facts.save(unit, some, facts.document(some, revision=number))
    with pytest.raises(StaleError), store.unit("cli") as unit:
        unit.documents.write_ahead(DOCUMENT, 1, facts.lines(1))
    with pytest.raises(StaleError), store.unit("cli") as unit:
        unit.documents.clear_ahead(DOCUMENT, 1, 10)


def test_the_newest_revision_is_what_lists_show(store: SqlStore) -> None:
    some = facts.lines(2)
    older = Identity("amazon", "A1SELLER", DocumentKind.SETTLEMENT, "6099999999")
    mine = facts.connection().connection_id
    with store.unit("cli") as unit:
        facts.save(unit, some)
        unit.documents.set_state(DOCUMENT, 1, DocumentState.BOOKED, "")
        facts.save(unit, some, facts.document(some, revision=2), state=DocumentState.HELD, reason="settlement.reissued")
        early = facts.NOON - timedelta(days=30)
        facts.save(unit, some, facts.document(some, identity=older, closed_at=early))
    with store.reading() as unit:
        listed = [
            (one.document.identity.external_id, one.document.revision) for one in unit.documents.of_connection(mine)
        ]
        assert listed == [("6099999999", 1), ("6100000001", 2)]
        held = unit.documents.with_state(mine, DocumentState.HELD)
        assert [one.reason for one in held] == ["settlement.reissued"]
        assert unit.documents.with_state(mine, DocumentState.BOOKED) == ()
        assert unit.documents.with_state(OTHER, DocumentState.HELD) == ()
        booked = unit.documents.revision(DOCUMENT, 1)
        assert booked is not None
        assert booked.state is DocumentState.BOOKED


def test_the_state_of_a_revision_that_is_not_there_cannot_be_set(store: SqlStore) -> None:
    with pytest.raises(InvariantError), store.unit("cli") as unit:
        unit.documents.set_state(DOCUMENT, 1, DocumentState.BOOKED, "")


def paid(name: str) -> Line:
    return Line(
        key=f"tender:{name}",
        kind="tender",
        part=Part.RECEIPT,
        amount_minor=-1200,
        occurred_at=facts.NOON,
        reference=f"card:{name}",
    )


def order(name: str, *, revision: int = 1, lines: tuple[Line, ...] | None = None, **more: object) -> Saved:
    """One order with its lines, ready to be saved with many others."""
    some = (SOLD, TAX, paid(name)) if lines is None else lines
    identity = Identity("shop", "S1", DocumentKind.ORDER, name)
    given = {"order_id": name, "title": f"#{name}", "total_minor": 1200, "paid_at": facts.NOON, "as_of": facts.NOON}
    head = facts.document(some, identity=identity, revision=revision, status="paid", **(given | more))
    return facts.kept(head), some


def key(saved: Saved) -> tuple[str, int]:
    document = saved[0].document
    return document.document_id, document.revision


def names(saved: Sequence[Saved]) -> list[str]:
    return [key(one)[0] for one in saved]


def test_many_documents_are_saved_at_once_and_come_back_as_they_were(store: SqlStore) -> None:
    some = [order(f"{number:04d}") for number in range(700)]
    problem = Problem("shop.odd", "late word", "page 1", blocking=False)
    some.append(
        (facts.kept(facts.document(pays_at=None), state=DocumentState.HELD, reason="x", problems=(problem,)), ())
    )
    with store.unit("cli") as unit:
        unit.documents.add_many(some)
    with store.reading() as unit:
        heads = unit.documents.heads([*names(some), "doc_unknown"])
        assert heads == {document_id: (kept,) for document_id, (kept, _) in zip(names(some), some, strict=True)}
        assert list(unit.documents.lines(names(some)[7], 1)) == [some[7][1]]
        assert unit.documents.latest(names(some)[-1]) == some[-1][0]


def test_the_history_of_many_comes_newest_first(store: SqlStore) -> None:
    first, second = order("1"), order("2")
    later = order("1", revision=2, content_hash="other")
    with store.unit("cli") as unit:
        unit.documents.add_many([first, second])
        unit.documents.add_many([later])
    with store.reading() as unit:
        assert unit.documents.heads(names([first, second])) == {
            key(first)[0]: (later[0], first[0]),
            key(second)[0]: (second[0],),
        }
        assert unit.documents.latest(key(first)[0]) == later[0]
        assert sorted(kept.document.revision for kept in unit.documents.of_connection(MINE)) == [1, 2]


@pytest.mark.parametrize("revision", [1, 3])
def test_of_many_a_revision_number_that_is_not_the_next_one_is_refused(store: SqlStore, revision: int) -> None:
    with store.unit("cli") as unit:
        unit.documents.add_many([order("1"), order("2")])
    with pytest.raises(StaleError), store.unit("cli") as unit:
        unit.documents.add_many([order("3"), order("1", revision=revision)])
    with store.reading() as unit:
        assert len(list(unit.documents.of_connection(MINE))) == 2


def test_of_many_none_may_disagree_with_its_lines_or_hold_a_key_twice(store: SqlStore) -> None:
    short = order("2", line_count=2)
    off = (facts.kept(facts.document((SOLD,), total_minor=999)), (SOLD,))
    for wrong in (short, off):
        with pytest.raises(InvariantError) as refused, store.unit("cli") as unit:
            unit.documents.add_many([order("1"), wrong])
        assert refused.value.code == "store.lines"
    with pytest.raises(PluginError, match="one key") as fault, store.unit("cli") as unit:
        unit.documents.add_many([order("1"), order("2", lines=(SOLD, SOLD))])
    assert key(order("2"))[0] in fault.value.thing
    with store.reading() as unit:
        assert not list(unit.documents.of_connection(MINE))


def test_all_of_a_connection_come_once_and_by_closing_day_however_many_pages_they_take(store: SqlStore) -> None:
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)
    every = [order(str(number), closed_at=noon - timedelta(days=number % 7)) for number in range(1_203)]
    with store.unit("cli") as unit:
        unit.documents.add_many(every)
    with store.reading() as unit:
        found = [kept.document for kept in unit.documents.of_connection(MINE)]
        assert found == [kept.document for kept in unit.documents.of_connection(MINE, DocumentKind.ORDER)]
        assert not list(unit.documents.of_connection(MINE, DocumentKind.PAYOUT, DocumentKind.REFUND))
    assert found == sorted((kept.document for kept, _ in every), key=lambda one: (one.closed_at, one.document_id))


def test_money_in_and_back_is_no_part_of_what_the_lines_add_up_to(store: SqlStore) -> None:
    """Neither when a document comes in pieces nor among many."""
    back = Line(key="9", kind="tender", part=Part.REPAYMENT, amount_minor=50, occurred_at=facts.NOON)
    with store.unit("cli") as unit:
        facts.save(unit, [SOLD, paid("1"), back], facts.document([SOLD, paid("1"), back], total_minor=1000))
        unit.documents.add_many([order("2", lines=(SOLD, TAX, paid("2"), back))])
        sums = unit.documents.sums([(DOCUMENT, 1), key(order("2"))], ["sale.product", "tax.collected", "tender"])
    assert sums == {DOCUMENT: {"sale.product": 1000}, key(order("2"))[0]: {"sale.product": 1000, "tax.collected": 200}}


def test_lines_of_many_come_whole_in_the_order_asked_for(store: SqlStore) -> None:
    """A page together, a larger one alone; of the very revision that was asked for."""
    large = facts.lines(6_001)
    some = [order(f"{number:04d}") for number in range(1_200)]
    later = order("0003", revision=2, lines=(SOLD,), total_minor=1000)
    with store.unit("cli") as unit:
        unit.documents.add_many(some)
        unit.documents.add_many([later])
        facts.save(unit, large)
    wanted = [key(one) for one in reversed(some)]
    wanted[600:600] = [(DOCUMENT, 1), key(later), ("doc_unknown", 1)]
    with store.unit("cli") as unit:
        found = []
        for document_id, lines in unit.documents.lines_many(wanted):
            found.append((document_id, lines))
            if len(found) == 5:
                unit.documents.set_state(DOCUMENT, 1, DocumentState.BOOKED, "")  # no cursor stands in the way
    assert [document_id for document_id, _ in found] == [document_id for document_id, _ in wanted]
    assert [lines for _, lines in found[600:603]] == [large, later[1], ()]
    assert found[0][1] == some[-1][1]
    assert {len(lines) for _, lines in found} == {3, 6_001, 1, 0}


def test_what_belongs_to_orders_is_found_by_them(store: SqlStore) -> None:
    refund = Identity("shop", "S1", DocumentKind.REFUND, "R1")
    back = facts.document((), identity=refund, order_id="1", closed_at=facts.NOON + timedelta(days=1))
    with store.unit("cli") as unit:
        unit.documents.add_many([order("1"), order("2"), order("3")])
        unit.documents.add_many([(facts.kept(back), ()), order("1", revision=2)])
        facts.save(unit, facts.lines(1))
    with store.reading() as unit:
        found = [
            (one.document.identity.external_id, one.document.revision)
            for one in unit.documents.of_orders(MINE, ["2", "1", "1", "", "9"])
        ]
        assert found == [("1", 2), ("R1", 1), ("2", 1)]
        assert unit.documents.of_orders(OTHER, ["1"]) == ()


def test_documents_are_found_by_their_title_and_kind(store: SqlStore) -> None:
    with store.unit("cli") as unit:
        unit.documents.add_many(
            [order("1"), order("2"), order("3", title="#1", closed_at=facts.NOON + timedelta(days=1))]
        )
    with store.reading() as unit:
        found = unit.documents.titled(MINE, DocumentKind.ORDER, ["#1", "#9"])
        assert [one.document.identity.external_id for one in found] == ["1", "3"]
        assert unit.documents.titled(MINE, DocumentKind.REFUND, ["#1"]) == ()
        assert unit.documents.titled(OTHER, DocumentKind.ORDER, ["#1"]) == ()


def test_a_line_is_found_by_its_reference_in_the_newest_revision_that_closed_last(store: SqlStore) -> None:
    def payout(name: str, *references: str, days: int = 0, revision: int = 1) -> Saved:
        lines = tuple(
            Line(key=one, kind="settles", part=Part.PAYOUT, amount_minor=1200, occurred_at=facts.NOON, reference=one)
            for one in references
        )
        identity = Identity("shop", "S1", DocumentKind.PAYOUT, name)
        closed_at = facts.NOON + timedelta(days=days)
        return facts.kept(facts.document(lines, identity=identity, revision=revision, closed_at=closed_at)), lines

    failed, again = payout("P1", "card:1", "card:2"), payout("P2", "card:1", days=3)
    changed = payout("P1", "card:2", "card:3", revision=2)
    with store.unit("cli") as unit:
        unit.documents.add_many([order("1"), failed, again])
        unit.documents.add_many([changed])
    wanted = ["card:1", "card:2", "card:3", "card:4", "", "card:1"]
    with store.reading() as unit:
        assert unit.documents.with_reference(MINE, wanted, "settles") == {
            "card:1": key(again),
            "card:2": key(changed),
            "card:3": key(changed),
        }
        assert unit.documents.with_reference(MINE, wanted, "tender") == {"card:1": key(order("1"))}
        assert unit.documents.with_reference(OTHER, wanted, "settles") == {}, "another shop counts as this one does"


def test_the_state_of_many_is_set_at_once(store: SqlStore) -> None:
    some = [order(f"{number:04d}") for number in range(600)]
    with store.unit("cli") as unit:
        unit.documents.add_many(some)
        unit.documents.add_many([order("0001", revision=2)])
    booked = [key(one) for one in some[1:]]
    with store.unit("books") as unit:
        unit.documents.set_states(booked, DocumentState.BOOKED, "")
        unit.documents.set_states([], DocumentState.HELD, "")
    with store.reading() as unit:
        new = {
            one.document.identity.external_id: one.document.revision
            for one in unit.documents.with_state(MINE, DocumentState.NEW)
        }
        assert new == {"0000": 1, "0001": 2}
        *_, row = unit.audit.rows()
        assert row.notes.count("document.state") == 21
        assert "579 more documents" in row.notes
    for wrong in ([key(some[0]), ("doc_unknown", 1)], [(booked[5][0], 7)]):
        with pytest.raises(InvariantError), store.unit("books") as unit:
            unit.documents.set_states(wrong, DocumentState.HELD, "x")


def test_the_channel_may_stand_by_a_content_later_on(store: SqlStore) -> None:
    later = facts.NOON + timedelta(hours=1)
    with store.unit("cli") as unit:
        unit.documents.add_many([order("1"), order("2", witness=Witness.FILE, as_of=None)])
    with store.unit("cli") as unit:
        more = "b" * 64
        unit.documents.confirm(
            {key(order("1")): Stand(later, Witness.FILE), key(order("2")): Stand(later, Witness.API, more)}
        )
        unit.documents.confirm({})
    with store.reading() as unit:
        heads = [unit.documents.heads(names([one]))[key(one)[0]][0].document for one in (order("1"), order("2"))]
    assert [(head.as_of, head.witness) for head in heads] == [(later, Witness.FILE), (later, Witness.API)]
    assert [head.vault_hash for head in heads] == [order("1")[0].document.vault_hash, more]


def test_gateways_are_those_of_the_newest_revisions_of_one_connection(store: SqlStore) -> None:
    def tender(gateway: str) -> tuple[Line, ...]:
        attributes = (("gateway", gateway), ("captured", "12.00")) if gateway else ()
        return (SOLD, TAX, msgspec.structs.replace(paid("1"), attributes=attributes))

    other = msgspec.structs.replace(order("4", lines=tender("cash"))[0], connection_id=OTHER), tender("cash")
    with store.unit("cli") as unit:
        unit.documents.add_many([order("1", lines=tender("stripe")), order("2", lines=tender("klarna")), other])
        unit.documents.add_many([order("3", lines=tender("")), order("5", lines=tender("stripe"))])
    with store.unit("cli") as unit:
        unit.documents.add_many([order("2", revision=2, lines=tender("paypal"))])
    with store.reading() as unit:
        assert unit.documents.gateways(MINE) == {"stripe", "paypal"}
