"""Checks of orders, refunds and what was paid for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final

from bridge.model.chart import chart_with
from bridge.model.documents import DocumentKind
from bridge.model.lines import GATEWAY, TENDER, Line, Part
from bridge.plugin import SourceCapabilities, Tender, TenderClass
from bridge.testing.sources.bench import SourceBench
from bridge.testing.sources.reading import ReadDocument
from bridge.testing.verdict import none_of

_OTHER: Final = "ignored"


class OrderChecks(SourceBench):
    """Money of buyers: who got it, for what, and whether it is all there."""

    def test_orders_and_refunds_name_their_order(self) -> None:
        none_of(fault for document in self.documents() for fault in _nameless(document))

    def test_tenders_name_a_gateway_that_is_declared(self) -> None:
        tenders = self.offer().capabilities.tenders
        none_of(
            f"{document.name}: line {line.key!r} {fault}"
            for document in self.documents()
            for line in document.lines
            if (fault := _tender_fault(line, tenders))
        )

    def test_tenders_say_how_their_money_comes(self) -> None:
        declared = self.offer().capabilities
        none_of(
            f"tender {tender.gateway!r} {fault}" for tender in declared.tenders if (fault := _misfit(tender, declared))
        )

    def test_an_order_is_paid_when_its_receipts_cover_it(self) -> None:
        none_of(fault for document in self.documents() for fault in _uncovered(document))

    def test_a_refund_takes_from_the_merchant(self) -> None:
        none_of(fault for document in self.documents() for fault in _wrong_way(document))

    def test_a_fee_that_a_gateway_kept_is_its_repayment(self) -> None:
        none_of(
            f"{document.name}: its total of {document.start.total_minor} and its repayments of {document.money_minor} "
            "minor units must add up to zero"
            for document in self.documents()
            if document.start.kind is DocumentKind.FEE
            and any(line.part.is_money for line in document.lines)
            and document.start.total_minor + document.money_minor
        )


def _nameless(document: ReadDocument) -> Iterator[str]:
    start = document.start
    if start.kind is DocumentKind.ORDER and start.order_id != start.external_id:
        yield f"{document.name}: its order_id is {start.order_id!r}; an order's is its own id"
    if start.kind is DocumentKind.REFUND and not start.order_id:
        yield f"{document.name}: names no order_id"


def _tender_fault(line: Line, tenders: Sequence[Tender]) -> str:
    gateway = dict(line.attributes).get(GATEWAY, "")
    if line.kind == _OTHER:
        return ""
    if line.part.is_money is not (line.kind == TENDER):
        return f"is of kind {line.kind} in part {line.part}; tenders, and only they, are receipts or repayments"
    if not line.part.is_money:
        return ""
    if not gateway:
        return "names no gateway in its attributes"
    if not any(tender.fits(gateway) for tender in tenders):
        return f"went through {gateway!r}, which no pattern of the declared tenders fits"
    if line.reference and not line.reference.startswith(f"{gateway}:"):
        return f"has the reference {line.reference!r}; {gateway}:ID is wanted"
    return ""


def _misfit(tender: Tender, declared: SourceCapabilities) -> str:
    """Why its class is not the one of its account, or of the channel's own payouts; empty where it is."""
    account = chart_with(declared.accounts).get(tender.account)
    if account is None or not account.account_class.holds_money:
        return f"goes through {tender.account}, which is no account of the chart that buyers' money can be on"
    is_owed = tender.tender_class is TenderClass.LIABILITY
    if is_owed is not account.account_class.is_liability:
        return f"is of the class {tender.tender_class}, and goes through {account.title}, a {account.account_class}"
    is_payable = any(fnmatchcase(tender.gateway.casefold(), pattern.casefold()) for pattern in declared.payable)
    if is_payable is not (tender.tender_class is TenderClass.MARKETPLACE_PAYOUT):
        return f"is of the class {tender.tender_class}; marketplace_payout is what payable gateways are, and no others"
    others = {one.tender_class for one in declared.tenders if one.account == tender.account}
    return f"goes through {account.title} beside tenders of another class" if len(others) > 1 else ""


def _uncovered(document: ReadDocument) -> Iterator[str]:
    start = document.start
    if start.kind is not DocumentKind.ORDER or document.is_ignored:
        return
    left = start.total_minor + document.money_minor - document.edited_minor
    if start.paid_at is not None and left > 0:
        yield f"{document.name}: has a paid_at, and its receipts leave {left} minor units unpaid{_repaid(document)}"
    if start.paid_at is None and left <= 0:
        yield f"{document.name}: its receipts cover it, and it has no paid_at: it would wait for ever"


def _repaid(document: ReadDocument) -> str:
    """A hint for the usual mistake."""
    if not any(line.part is Part.REPAYMENT for line in document.lines):
        return ""
    return "; change given back is a positive receipt, and money paid back later is the repayment of a refund"


def _wrong_way(document: ReadDocument) -> Iterator[str]:
    start = document.start
    if start.kind is DocumentKind.REFUND and start.total_minor > 0:
        yield f"{document.name}: its total is positive; what a refund takes from the merchant is negative"
    for part, sign, word in ((Part.RECEIPT, -1, "negative"), (Part.REPAYMENT, 1, "positive")):
        if sign * sum(line.amount_minor for line in document.lines if line.part is part) < 0:
            yield f"{document.name}: its lines of part {part} must be {word} in all"
