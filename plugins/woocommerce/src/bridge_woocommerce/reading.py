"""Pure: everything that is known of one order, its refunds and fees, to their documents: the one way to read any."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import msgspec

from bridge.errors import DocumentError
from bridge.model.money import exponent
from bridge.plugin import StandIn
from bridge.plugin.reading import FactError, Place, WholeDocument
from bridge_woocommerce import refunds
from bridge_woocommerce.answers import Answer
from bridge_woocommerce.around import Around
from bridge_woocommerce.concerns import GivenBack
from bridge_woocommerce.history import History, Shown, gone_since, history, shown_by
from bridge_woocommerce.orders import order_documents
from bridge_woocommerce.refunds import Given
from bridge_woocommerce.remains import Refunded
from bridge_woocommerce.shapes import Order, Refund

_USUAL_DECIMALS: Final = 2
"""Answers asked for with fewer are not taken for whole while their currency is not known."""


class OrderRead(msgspec.Struct, frozen=True):
    """documents: the order with its fee, then its refunds by date.

    is_short: whether its amounts lack decimals of their currency.
    """

    documents: tuple[WholeDocument, ...]
    is_short: bool = False


def read_all(answers: Sequence[Answer], place: Place, stand_in: StandIn | None = None) -> OrderRead:
    """answers: every one of one order and its refunds, the earliest first where they do not tell when they were given.

    Raises: DocumentError naming the order or refund.
    """
    order = _order([answer for answer in answers if isinstance(answer.told, Order)], place)
    given = _given([answer for answer in answers if isinstance(answer.told, Refund)], place)
    if order is None:
        return OrderRead(tuple(_without_order(given, place, stand_in)))
    gone = {one.refund.id: at for one in given if (at := gone_since(one.refund.id, one.told_at, order)) is not None}
    shown = _only_shown(order, {one.refund.id for one in given})
    given += [refunds.given_as_shown(one, order) for one in shown if one.gone_at is None]
    refunded = Refunded(order, gone.keys())
    backs = list(_refunds(sorted(given, key=_by_date), order, refunded, gone, place))
    gone_minor = -sum(built.start.total_minor for told, built in backs if told.refund.id in gone)
    shown_minor = -sum(built.start.total_minor for _, built in backs) - gone_minor
    unpaid_minor = -sum(
        built.start.total_minor
        for told, built in backs
        if told.refund.id not in gone and order.is_before_payment(told.created_at)
    )
    back = GivenBack(shown_minor, gone_minor, refunded.settled_minor, unpaid_minor)
    waiting = {
        one.stub.id: refunds.awaiting_details(one, order, place)
        for one in shown
        if one.gone_at is not None or one.amount_minor is None or stand_in is None
    }
    found = [built for told, built in backs if told.refund.id not in waiting]
    return OrderRead(
        (*order_documents(order, gone.keys(), back, place), *found, *waiting.values()), _is_short(order.newest.order)
    )


def _only_shown(order: History, told: Collection[int]) -> list[Shown]:
    """The refunds of which only a paid order tells. told: the ids of those that told of themselves.

    One over nothing is none that anybody waits for.
    """
    if order.paid_at is None:
        return []
    return [one for one in shown_by(order) if one.stub.id not in told and one.amount_minor != 0]


def _order(answers: Sequence[Answer], place: Place) -> History | None:
    if not answers:
        return None
    with place.naming(f"order {answers[0].told.id}"):
        for answer in answers:
            assert isinstance(answer.told, Order)
            _check_currency(answer.told.currency, answer.around)
        return history(answers)


def _given(answers: Sequence[Answer], place: Place) -> list[Given]:
    """Each refund once, as it was told last."""
    found: dict[int, Given] = {}
    for answer in answers:
        refund = answer.told
        assert isinstance(refund, Refund)
        with place.naming(f"refund {refund.id}"):
            told = refunds.given(refund, answer.around)
        before = found.get(refund.id)
        if before is None or told.told_at >= before.told_at:
            found[refund.id] = told
    return list(found.values())


def _by_date(told: Given) -> tuple[datetime, int]:
    return told.created_at, told.refund.id


def _without_order(given: Sequence[Given], place: Place, stand_in: StandIn | None) -> Iterator[WholeDocument]:
    for told in sorted(given, key=_by_date):
        with place.naming(f"refund {told.refund.id}"):
            _check_decimals(told.around, _USUAL_DECIMALS, "its currency, not known here, may have more")
            built = refunds.awaiting(told, place) if stand_in is None else refunds.alone(told, stand_in)
        yield built


def _refunds(
    given: Sequence[Given], order: History, refunded: Refunded, gone: Mapping[int, datetime], place: Place
) -> Iterator[tuple[Given, WholeDocument]]:
    """Each refund, priced by what it found of the order. given: by their instants."""
    for told in given:
        with place.naming(f"refund {told.refund.id}"):
            _check_currency(order.first.order.currency, told.around)
            remains = refunded.found_by(told)
            built, priced = refunds.refund_document(told, order, remains, gone.get(told.refund.id), place)
        yield told, built
        refunded.take(told, priced)


def _is_short(order: Order) -> bool:
    return len(order.total.strip().partition(".")[2]) < exponent(order.currency)


def _check_currency(code: str, around: Around) -> None:
    """Raises: FactError for no currency, or when the shop was asked to leave decimals of it out."""
    try:
        places = exponent(code)
    except DocumentError as error:
        cause, leave_out = f"is in {code[:12]!r}, which is no currency of ISO 4217", "Leave it out of the file"
        raise FactError("file.currency", cause, next_step=leave_out) from error
    _check_decimals(around, places, f"{code} has {places} decimals")


def _check_decimals(around: Around, places: int, whose: str) -> None:
    decimals = around.asked_decimals
    if decimals is not None and decimals < places:
        cause = f"was asked for with dp={decimals}, so that its amounts are rounded; {whose}"
        raise FactError("file.decimals", cause, next_step="Ask with dp=6, or without dp")
