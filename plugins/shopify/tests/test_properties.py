"""What holds for every order: it ties, any split and any order of pages says the same, nothing is booked twice."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.model.documents import DocumentKind
from bridge.model.lines import kinds as known_kinds
from bridge.model.money import decimal_text
from plugins.shopify.tests.shop import (
    Json,
    Read,
    agreement,
    bag,
    item,
    order,
    orders,
    page,
    read,
    refund,
    sale,
    tax_line,
    transaction,
)

CENTS = st.integers(min_value=0, max_value=2_000_00)
RATES = st.lists(st.sampled_from([0.0, 0.01, 0.04, 0.0625, 0.2, 0.07249999]), max_size=3)
LINES = st.sampled_from(
    ["PRODUCT", "SHIPPING", "GIFT_CARD", "TIP", "DUTY", "ADDITIONAL_FEE", "FEE", "ADJUSTMENT", "NEW"]
)
EXAMPLES = settings(max_examples=60, deadline=None)


def text(minor: int) -> str:
    return decimal_text(minor, "USD")


@st.composite
def sales(draw: st.DrawFn, first: int, sign: int) -> tuple[list[Json], int]:
    """Sales of one agreement, and what they come to."""
    found, total = [], 0
    for place in range(draw(st.integers(min_value=0, max_value=4))):
        net, tax, off = draw(CENTS), draw(CENTS), draw(CENTS)
        word = draw(LINES)
        action = "RETURN" if sign < 0 else draw(st.sampled_from(["ORDER", "UPDATE"]))
        amounts = [text(sign * each) for each in (net + tax, tax, off)]
        made = sale(first + place, amounts[0], amounts[1], amounts[2], word, action)
        if word in {"PRODUCT", "GIFT_CARD", "TIP"}:
            made["lineItem"] = {"id": f"gid://shopify/LineItem/{draw(st.integers(min_value=1, max_value=3))}"}
        found.append(made)
        total += sign * (net + tax)
    return found, total


@st.composite
def nodes(draw: st.DrawFn, number: int = 1) -> Json:
    """An order with edits and refunds, whose totals tie."""
    base = number * 1_000_000
    agreed, minor = draw(sales(base + 100, 1))
    agreements, before, moves, refunds = [agreement(base + 1, agreed, _at(0))], minor, [], []
    for place in range(draw(st.integers(min_value=0, max_value=2))):
        more, minor = draw(sales(base + 200 + 10 * place, 1))
        agreements.append(agreement(base + 10 + place, more, _at(place + 1), "OrderEdit"))
        before += minor
    current = before
    paid = draw(st.booleans())
    if paid:
        moves.append(transaction(base + 500, text(before), at=_at(4)))
    for place in range(draw(st.integers(min_value=0, max_value=2))):
        back, minor = draw(sales(base + 300 + 10 * place, -1))
        of, at = base + 20 + place, _at(5 + place)
        agreements.append(agreement(base + 30 + place, back, at, "Refund", of))
        current += minor
        repaid = [transaction(base + 600 + place, text(-minor), "REFUND", at)] if paid and minor else []
        moves += repaid
        refunds.append(refund(of, repaid, at))
    goods = [
        item(each, taxLines=[tax_line(f"T{n}", rate, "0.07") for n, rate in enumerate(draw(RATES))])
        for each in (1, 2, 3)
    ]
    return order(
        agreements,
        text(before),
        text(current),
        id=f"gid://shopify/Order/{base}",
        name=f"#{number}",
        transactions=moves,
        refunds=refunds,
        lineItems=page(goods),
        taxesIncluded=draw(st.booleans()),
        test=draw(st.integers(min_value=0, max_value=9)) == 0,
    )


def _at(day: int) -> str:
    return f"2026-09-{day + 1:02d}T10:00:00Z"


@st.composite
def shops(draw: st.DrawFn) -> list[Json]:
    return [draw(nodes(number)) for number in range(1, draw(st.integers(min_value=1, max_value=4)) + 1)]


def facts(found: list[Read]) -> dict[str, Any]:
    return {document.name: (document.start, document.lines) for document in found}


@EXAMPLES
@given(nodes())
def test_every_document_ties_and_together_they_are_the_current_total(node: Json) -> None:
    """D02: conservation."""
    found = read(orders(node))

    assert all(document.is_tied for document in found)
    assert {code for document in found for code in document.blocking} <= {"shopify.unclassified"}
    assert (
        text(sum(document.start.total_minor for document in found))
        == (node["currentTotalPriceSet"]["shopMoney"]["amount"])
    )
    assert {line.kind for document in found for line in document.lines} <= known_kinds().keys()


@EXAMPLES
@given(nodes())
def test_every_line_has_a_name_of_its_own_and_every_agreement_its_sum(node: Json) -> None:
    for document in read(orders(node)):
        assert len({line.key for line in document.lines}) == len(document.lines)
        is_free = not document.start.total_minor or document.start.kind is DocumentKind.REFUND
        assert document.start.paid_at is None or node["transactions"] or is_free


@EXAMPLES
@given(shops(), st.randoms(use_true_random=False))
def test_any_split_into_pages_gives_the_same_documents(shop: list[Json], chance: random.Random) -> None:
    whole = facts(read(orders(*shop)))
    shuffled = chance.sample(shop, len(shop))
    cut = chance.randint(0, len(shop))
    pages = [part for part in (shuffled[:cut], shuffled[cut:]) if part]

    assert facts([document for part in pages for document in read(orders(*part))]) == whole
    assert facts([document for node in shop for document in read({"data": {"order": node}})]) == whole


@EXAMPLES
@given(nodes(), st.randoms(use_true_random=False))
def test_the_order_of_agreements_sales_and_transactions_says_nothing(node: Json, chance: random.Random) -> None:
    def mixed(value: Any) -> Any:
        if isinstance(value, dict):
            return {name: mixed(each) for name, each in value.items()}
        if isinstance(value, list) and value and "taxLines" not in str(value[0])[:400]:
            return [mixed(each) for each in chance.sample(value, len(value))]
        return value

    found = {document.name: document.facts for document in read(orders(node))}
    changed = node | {name: mixed(node[name]) for name in ("agreements", "transactions", "refunds")}

    assert {document.name: document.facts for document in read(orders(changed))} == found


@EXAMPLES
@given(shops())
def test_a_payload_is_read_as_the_answer_it_was_kept_of(shop: list[Json]) -> None:
    for document in read(orders(*shop)):
        again = {each.name: each for each in read(document.start.payload)}[document.name]

        assert (again.start, again.lines) == (document.start, document.lines)


@EXAMPLES
@given(nodes())
def test_what_was_agreed_later_leaves_every_earlier_line_as_it_was(node: Json) -> None:
    """F21: each prefix of the ledger of agreements is part of the next."""
    agreements = node["agreements"]["nodes"]
    known: set[Any] = set()
    for count in range(1, len(agreements) + 1):
        upto = node | {"agreements": page(agreements[:count]), "currentTotalPriceSet": bag("0.00")}
        lines = {(document.name, line) for document in read(orders(upto)) for line in document.lines}

        assert known <= lines
        known = lines
