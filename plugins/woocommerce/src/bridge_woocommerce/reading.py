"""Pure: everything that is known of one order, its refunds and fees, to their documents: the one way to read any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Final

import msgspec

from bridge.errors import DocumentError
from bridge.model.money import exponent
from bridge.plugin import StandIn
from bridge_woocommerce import refunds
from bridge_woocommerce.answers import Answer
from bridge_woocommerce.around import Around
from bridge_woocommerce.built import Built
from bridge_woocommerce.concerns import GivenBack
from bridge_woocommerce.gateways import refunded_of
from bridge_woocommerce.history import History, gone_since, history
from bridge_woocommerce.orders import order_documents
from bridge_woocommerce.refunds import Given
from bridge_woocommerce.refusal import FactError, Place
from bridge_woocommerce.remains import Refunded
from bridge_woocommerce.shapes import Order, Refund

_USUAL_DECIMALS: Final = 2
"""Answers asked for with fewer are not taken for whole while their currency is not known."""


class OrderRead(msgspec.Struct, frozen=True):
    """documents: the order with its fee, then its refunds by date.

    unseen: the ids of refunds that the order shows, and of which nothing else is known. is_short: whether its amounts
    lack decimals of their currency.
    """

    documents: tuple[Built, ...]
    unseen: tuple[int, ...] = ()
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
    backs = list(_refunds(given, order, gone, place))
    seen, newest = {one.refund.id for one in given}, order.newest.order
    unseen = {stub.id: refunded_of(stub, newest.currency) for stub in newest.refunds if stub.id not in seen}
    gone_minor = -sum(built.start.total_minor for one, built in zip(given, backs, strict=True) if one.refund.id in gone)
    shown_minor = sum(unseen.values()) - sum(built.start.total_minor for built in backs) - gone_minor
    return OrderRead(
        (*order_documents(order, gone.keys(), GivenBack(shown_minor, gone_minor), place), *backs),
        tuple(sorted(unseen)),
        _is_short(newest),
    )


def _order(answers: Sequence[Answer], place: Place) -> History | None:
    if not answers:
        return None
    with _Naming(place, f"order {answers[0].told.id}"):
        for answer in answers:
            assert isinstance(answer.told, Order)
            _check_currency(answer.told.currency, answer.around)
        return history(answers)


def _given(answers: Sequence[Answer], place: Place) -> list[Given]:
    """Each refund once, as it was told last, by date and id."""
    found: dict[int, Given] = {}
    for answer in answers:
        refund = answer.told
        assert isinstance(refund, Refund)
        with _Naming(place, f"refund {refund.id}"):
            told = refunds.given(refund, answer.around)
        before = found.get(refund.id)
        if before is None or told.told_at >= before.told_at:
            found[refund.id] = told
    return sorted(found.values(), key=lambda one: (one.created_at, one.refund.id))


def _without_order(given: Sequence[Given], place: Place, stand_in: StandIn | None) -> Iterator[Built]:
    for told in given:
        with _Naming(place, f"refund {told.refund.id}"):
            _check_decimals(told.around, _USUAL_DECIMALS, "its currency, not known here, may have more")
            built = refunds.awaiting(told, place) if stand_in is None else refunds.alone(told, stand_in)
        yield built


def _refunds(given: Sequence[Given], order: History, gone: dict[int, datetime], place: Place) -> Iterator[Built]:
    """Each refund, priced by what it found of the order."""
    refunded = Refunded(order, gone)
    for told in given:
        with _Naming(place, f"refund {told.refund.id}"):
            _check_currency(order.first.order.currency, told.around)
            remains = refunded.found_by(told)
            built, taken = refunds.refund_document(told, order, remains, gone.get(told.refund.id), place)
        yield built
        refunded.take(told, taken)


def _is_short(order: Order) -> bool:
    return len(order.total.strip().partition(".")[2]) < exponent(order.currency)


def _check_currency(code: str, around: Around) -> None:
    """Raises: FactError for no currency, or when the shop was asked to leave decimals of it out."""
    try:
        places = exponent(code)
    except DocumentError as error:
        cause, leave_out = f"is in {code[:12]!r}, which is no currency of ISO 4217", "Leave it out of the file"
        raise FactError(cause, code="woocommerce.file.currency", next_step=leave_out) from error
    _check_decimals(around, places, f"{code} has {places} decimals")


def _check_decimals(around: Around, places: int, whose: str) -> None:
    decimals = around.asked_decimals
    if decimals is not None and decimals < places:
        cause = f"was asked for with dp={decimals}, so that its amounts are rounded; {whose}"
        raise FactError(cause, code="woocommerce.file.decimals", next_step="Ask with dp=6, or without dp")


class _Naming:
    """Turns a fact that cannot be read into a refusal that names the order or refund."""

    def __init__(self, place: Place, what: str) -> None:
        self._place, self._what = place, what

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, FactError):
            raise self._place.refuse(
                error.cause, code=error.code, what=self._what, next_step=error.next_step
            ) from error
