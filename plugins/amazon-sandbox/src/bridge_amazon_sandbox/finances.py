"""Pure: what Amazon tells of a seller's money beside the settlements: transactions, balances, summaries, payouts."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, TypeVar

import msgspec

from bridge.model.money import exponent, minor_from_text
from bridge.model.periods import day_start
from bridge.sandbox import JsonObject
from bridge_amazon_sandbox.lists import instant_of, text_of
from bridge_amazon_sandbox.marketplaces import MARKETPLACES, Marketplace
from bridge_amazon_sandbox.refusals import RefusalError, invalid
from bridge_amazon_sandbox.sales import Closed, Sale, closed
from bridge_amazon_sandbox.seller import SETTLEMENT, Seller

_BY_ID: Final = {one.id: (name, one) for name, one in MARKETPLACES.items()}
_LATE: Final = timedelta(hours=24)
"""So long a transaction is not listed, though balances count it."""
_STATUSES: Final = ("DEFERRED", "DEFERRED_RELEASED", "RELEASED")
Query = Mapping[str, str]
_T = TypeVar("_T")


class _Token(msgspec.Struct):
    """Where a list goes on, and with which arguments it began. is_empty: with a page that holds nothing."""

    begin: int
    asked: dict[str, str]
    is_empty: bool


def transactions(seller: Seller, query: Query) -> JsonObject:
    """By the day on which they were posted. Of those that are deferred only to whoever asks for their status."""
    now = seller.clock.now()
    if "postedAfter" not in query:
        raise invalid("Start date cannot be null")
    since, until = instant_of(query, "postedAfter", now), instant_of(query, "postedBefore", now - timedelta(minutes=2))
    if until > now - timedelta(minutes=2) or since >= until:
        raise invalid("postedBefore: must be later than postedAfter, and two minutes past")
    status = query.get("transactionStatus", "RELEASED")
    if status not in _STATUSES:
        raise invalid(f"transactionStatus: one of {', '.join(_STATUSES)}")
    if timedelta(days=seller.settings.longest_days) <= until - since <= timedelta(days=180):
        raise RefusalError(500, "InternalFailure", "We encountered an internal error. Please try again.")
    shown = [
        one
        for one in seller.sales.values()
        if since <= one.at < until and _status(one, now) == status and not one.is_hidden and one.at <= now - _LATE
    ]
    if until - since > timedelta(days=180):
        shown = []
    page, token = _page(sorted(shown, key=lambda one: (one.at, one.id)), query, seller.settings.page)
    told: JsonObject = {"transactions": [_transaction(one, seller, now) for one in page]}
    return {"payload": told | ({"nextToken": token} if token else {})}


def balances(seller: Seller, query: Query) -> JsonObject:
    """Of each marketplace, nested; as they are, or as a day left them."""
    if query.get("balanceType", "TOTAL") != "TOTAL":
        raise invalid("balanceType: the sandbox tells TOTAL, and what it is made of")
    return {"balances": [_balance(seller, *one, query) for one in _asked(seller, query)]}


def summaries(seller: Seller, query: Query) -> JsonObject:
    """Of one settlement."""
    if query.get("relatedIdentifierName") != "SETTLEMENT_ID":
        raise invalid("relatedIdentifierName: SETTLEMENT_ID")
    found = [one for one, _ in _settlements(seller) if one.settlement == query.get("relatedIdentifierValue")]
    return {"summaries": [_summary(seller, one) for one in found]}


def payouts(seller: Seller, query: Query) -> JsonObject:
    """Newest first, by when they were made: with the report of their settlement."""
    now = seller.clock.now()
    since = instant_of(query, "createdAfter", datetime.min.replace(tzinfo=now.tzinfo))
    until = instant_of(query, "createdBefore", now + timedelta(seconds=1))
    names = {name for name, _ in _asked(seller, query)}
    found = [
        (settlement, at, name)
        for settlement, at in _settlements(seller)
        for name in [_sold_on(seller, settlement.currency)]
        if since <= at < until and name in names
    ]
    page, token = _page(sorted(found, key=lambda one: one[1], reverse=True), query, seller.settings.page)
    return {"payouts": [_payout(seller, *one, now) for one in page]} | ({"nextToken": token} if token else {})


LISTS: Final[Mapping[str, Callable[[Seller, Query], JsonObject]]] = {
    "listTransactions": transactions,
    "listBalances": balances,
    "listSummary": summaries,
    "listPayouts": payouts,
}


def _status(sale: Sale, now: datetime) -> str:
    if not sale.is_deferred_at_all:
        return "RELEASED"
    return "DEFERRED" if now < sale.free_at else "DEFERRED_RELEASED"


def _transaction(sale: Sale, seller: Seller, now: datetime) -> JsonObject:
    marketplace, currency = MARKETPLACES[sale.marketplace], MARKETPLACES[sale.marketplace].currency
    identifiers = [("ORDER_ID", sale.order), *([("SETTLEMENT_ID", sale.settlement)] if sale.settlement else [])]
    context = {
        "contextType": "DeferredContext",
        "deferralReason": sale.reason,
        "maturityDate": text_of(sale.free_at),
    }
    return {
        "sellingPartnerMetadata": {
            "sellingPartnerId": seller.settings.seller,
            "accountType": "PAYABLE",
            "marketplaceId": marketplace.id,
        },
        "transactionId": sale.id,
        "transactionStatus": _status(sale, now),
        "transactionType": "Shipment",
        "description": "Order Payment",
        "postedDate": text_of(sale.at),
        "totalAmount": _minor(sale.net_minor, currency),
        "marketplaceDetails": {"marketplaceId": marketplace.id, "marketplaceName": sale.marketplace.capitalize()},
        "relatedIdentifiers": [
            {"relatedIdentifierName": name, "relatedIdentifierValue": value} for name, value in identifiers
        ],
        "contexts": [context] if sale.is_deferred_at_all else [],
        "breakdowns": [
            _breakdown("Sales", sale.price_minor, currency, "Product Charges"),
            _breakdown("Expenses", -sale.fee_minor, currency, "Amazon Fees"),
        ],
    }


def _breakdown(kind: str, minor: int, currency: str, inside: str) -> JsonObject:
    amount = {"breakdownAmount": _minor(minor, currency)}
    return {"breakdownType": kind, **amount, "breakdowns": [{"breakdownType": inside, **amount, "breakdowns": []}]}


def _balance(seller: Seller, name: str, marketplace: Marketplace, query: Query) -> JsonObject:
    now, currency = seller.clock.now(), marketplace.currency
    at, told = now, {"lastUpdatedTime": text_of(now)}
    if day := query.get("asOfDate"):
        at, told = _end(day, marketplace), {"asOfDate": day}
    mine = [one for one in seller.sales.values() if one.marketplace == name and one.at <= at]
    deferred = sum(one.net_minor for one in mine if one.free_at > at)
    deferred += minor_from_text(seller.settings.balance_off, currency)
    available = sum(one.net_minor for one in mine if one.free_at <= at and not one.settlement)

    def balance(kind: str, minor: int, *inside: JsonObject) -> JsonObject:
        return {"balanceType": kind, "amount": _minor(minor, currency)} | ({"balances": list(inside)} if inside else {})

    reserved = balance("RESERVED", deferred, balance("DEFERRED", deferred), balance("ACCOUNT_LEVEL_RESERVE", 0))
    total = balance("TOTAL", available + deferred, balance("AVAILABLE", available), reserved)
    return {"partnerMetadata": _partner(seller, marketplace), **told, **total}


def _summary(seller: Seller, settlement: Closed) -> JsonObject:
    return {
        "partnerMetadata": _partner(seller, MARKETPLACES[_sold_on(seller, settlement.currency)]),
        "periodStart": text_of(settlement.opened_at),
        "periodEnd": text_of(settlement.closed_at),
        "netProceeds": _money(settlement.total, settlement.currency),
        "breakdowns": [],
    }


def _payout(seller: Seller, settlement: Closed, at: datetime, name: str, now: datetime) -> JsonObject:
    status = "NO_PAYOUT" if settlement.total <= 0 else "PAID" if now >= at + timedelta(days=2) else "STARTED"
    status = "FAILED" if settlement.settlement in seller.failed else status
    amount = {"amount": _money(settlement.total, settlement.currency)} if settlement.total > 0 else {}
    return {
        "id": settlement.settlement,
        "partnerMetadata": _partner(seller, MARKETPLACES[name]),
        "currentStatus": status,
        "statusHistory": [{"status": status, "lastUpdatedDate": text_of(at)}],
        "type": "SCHEDULED",
        "accountTail": "1234",
        "paymentMethod": "BANK_ACCOUNT",
        "paymentRail": "ACH",
        "traceId": f"TRACE{settlement.settlement}",
        **amount,
        "creationDate": text_of(at),
        "period": {"startDate": text_of(settlement.opened_at), "endDate": text_of(settlement.closed_at)},
        "relatedIdentifiers": [
            {"relatedIdentifierName": "SETTLEMENT_ID", "relatedIdentifierValue": settlement.settlement}
        ],
    }


def _settlements(seller: Seller) -> list[tuple[Closed, datetime]]:
    """Each once, with when its report was first made."""
    found: dict[str, tuple[Closed, datetime]] = {}
    for report in sorted(seller.reports.values(), key=lambda one: one.at):
        if report.type == SETTLEMENT and (told := closed(seller.files[report.document])):
            found.setdefault(told.settlement, (told, report.at))
    return list(found.values())


def _sold_on(seller: Seller, currency: str) -> str:
    """The marketplace of a settlement: the first in its currency."""
    return next((name for name in seller.settings.sells_on if MARKETPLACES[name].currency == currency), "")


def _asked(seller: Seller, query: Query) -> list[tuple[str, Marketplace]]:
    wanted = [one for one in query.get("marketplaceIds", "").split(",") if one]
    if unknown := [one for one in wanted if one not in _BY_ID]:
        raise invalid(f"marketplaceIds: {unknown[0]}")
    every = [(name, MARKETPLACES[name]) for name in seller.settings.sells_on]
    return [(name, one) for name, one in every if not wanted or one.id in wanted]


def _partner(seller: Seller, marketplace: Marketplace) -> JsonObject:
    own = {"partnerId": seller.settings.seller, "accountType": "Standard Orders"}
    return {**own, "marketplaceId": marketplace.id}


def _page(found: Sequence[_T], query: Query, size: int) -> tuple[Sequence[_T], str]:
    """A page, and the token that leads on. Behind each comes one that is empty, as Amazon may give."""
    asked = {name: value for name, value in query.items() if name != "nextToken"}
    token = _Token(0, asked, is_empty=False)
    if "nextToken" in query:
        try:
            token = msgspec.json.decode(urlsafe_b64decode(query["nextToken"].encode()), type=_Token)
        except (ValueError, msgspec.DecodeError):
            raise invalid("nextToken: none that was given") from None
        if token.asked != asked:
            raise invalid("nextToken: other arguments than of the call that gave it")
    page = () if token.is_empty else found[token.begin : token.begin + size]
    end = token.begin + len(page)
    if end >= len(found):
        return page, ""
    onward = _Token(end, asked, is_empty=not token.is_empty)
    return page, urlsafe_b64encode(msgspec.json.encode(onward)).decode()


def _minor(minor: int, currency: str) -> JsonObject:
    return _money(Decimal(minor).scaleb(-exponent(currency)), currency)


def _money(amount: Decimal, currency: str) -> JsonObject:
    return {"currencyAmount": amount, "currencyCode": currency}


def _end(day: str, marketplace: Marketplace) -> datetime:
    try:
        return day_start(datetime.fromisoformat(day).date() + timedelta(days=1), marketplace.time_zone)
    except ValueError:
        raise invalid("asOfDate: a date is needed") from None
