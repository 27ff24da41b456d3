"""Pure: a saved answer of shopifyPaymentsAccount to payouts and lost disputes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

from msgspec import UNSET

from bridge.model.documents import DocumentKind, Witness
from bridge.model.lines import Line, Part
from bridge.plugin import DocumentCheck, DocumentEnd, DocumentLines, DocumentStart, FilePart
from bridge.plugin.reading import FactError, printable
from bridge_shopify.facts import Amounts, digits, in_order, number, utc
from bridge_shopify.notes import Seen
from bridge_shopify.order import Tables
from bridge_shopify.payout_lines import PayoutFacts, Row, disagrees, payout_parts, payout_title
from bridge_shopify.vocabulary import ROW, vocabulary
from bridge_shopify.wire import Money, Page
from bridge_shopify.wire_payments import (
    Account,
    AccountAnswer,
    AccountData,
    BalanceTransaction,
    Dispute,
    Payout,
    Summary,
)

_LOST = frozenset({"LOST", "ACCEPTED"})
_ENDED = frozenset({"WON", "PREVENTED"})


class AccountReader:
    """Reads one answer. Memory: the answer; its rows are sorted by payout first, as payouts may come in any order."""

    def __init__(self, account: Account, tables: Tables) -> None:
        self._account, self._place, self._notes = account, tables.place, tables.notes
        self._currencies, self._encoder, self._as_of = tables.currencies, tables.encoder, tables.as_of

    def parts(self) -> Iterator[FilePart]:
        """Payouts in the order of their instants, then lost disputes. Raises: FactError."""
        account = self._account
        for page in (account.payouts, account.balance_transactions, account.disputes):
            if page is not UNSET and page.is_cut:
                self._notes.count(Seen.MORE_PAYMENTS)
        payouts = _items(account.payouts)
        rows = self._by_payout({payout.id for payout in payouts})
        for payout in sorted(payouts, key=lambda each: (each.issued_at, in_order(each.id))):
            if account.balance_transactions is UNSET:
                yield self._check(payout)
            else:
                yield from self._payout(payout, rows.get(payout.id, []))
        for dispute in sorted(_items(account.disputes), key=lambda each: in_order(each.id)):
            yield from self._dispute(dispute)

    def _by_payout(self, payouts: set[str]) -> dict[str, list[BalanceTransaction]]:
        found: dict[str, list[BalanceTransaction]] = {}
        for row in _items(self._account.balance_transactions):
            payout = row.associated_payout.id if row.associated_payout else None
            if row.test:
                self._notes.count(Seen.TEST_ROWS)
            elif payout is None:
                self._notes.count(Seen.PENDING_ROWS)
            elif payout not in payouts:
                self._notes.count(Seen.ROWS_OF_ABSENT_PAYOUTS)
            else:
                found.setdefault(payout, []).append(row)
        for rows in found.values():
            rows.sort(key=lambda each: (each.transaction_date, in_order(each.id)))
        return found

    def _check(self, payout: Payout) -> DocumentCheck:
        """A payout without its rows says what reached the bank, and nothing that could be booked."""
        facts = self._facts(payout)
        return DocumentCheck(
            kind=DocumentKind.PAYOUT,
            external_id=facts.external_id,
            title=payout_title(facts.issued_at),
            currency=facts.currency,
            total_minor=facts.net_minor,
            at=facts.issued_at,
        )

    def _facts(self, payout: Payout, payload: bytes = b"") -> PayoutFacts:
        amounts = self._currencies[payout.net.currency_code]
        return PayoutFacts(
            external_id=digits(payout.id),
            currency=amounts.currency,
            net_minor=net_of(payout, amounts),
            issued_at=utc(payout.issued_at),
            status=printable(payout.status).lower(),
            payload=payload,
            witness=Witness.API,
            as_of=self._as_of,
        )

    def _payout(self, payout: Payout, rows: Sequence[BalanceTransaction]) -> Iterator[FilePart]:
        kept = Account(payouts=Page(nodes=[payout]), balance_transactions=Page(nodes=list(rows)))
        facts = self._facts(payout, self._encoder.encode(AccountAnswer(AccountData(kept), self._as_of)))
        where = self._place(f"payout {facts.external_id}")
        amounts = self._currencies[facts.currency]
        own = summed(payout.summary, amounts)
        faults = () if own is None else tuple(disagrees(facts, "its summary comes to", own, where))
        yield from payout_parts(facts, [_row(row, amounts) for row in rows], faults, where)

    def _dispute(self, dispute: Dispute) -> Iterator[FilePart]:
        if dispute.status not in _LOST:
            self._notes.count(Seen.OPEN_DISPUTES, dispute.status not in _ENDED)
            return
        if dispute.type == "INQUIRY":
            self._notes.count(Seen.INQUIRIES)
            return
        if dispute.finalized_on is None:
            self._notes.count(Seen.UNDATED_DISPUTES)
            return
        dispute_id, at = digits(dispute.id), _day(dispute.finalized_on)
        amounts = self._currencies[dispute.amount.currency_code]
        order_id = digits(dispute.order.id) if dispute.order else ""
        minor, words = abs(amounts.of(dispute.amount)), f"dispute|{dispute.status}"
        kept = Account(disputes=Page(nodes=[dispute]))
        yield DocumentStart(
            kind=DocumentKind.ADJUSTMENT,
            external_id=f"dispute:{dispute_id}",
            currency=amounts.currency,
            total_minor=0,
            opened_at=at,
            closed_at=at,
            title=f"Shopify dispute {dispute_id}",
            paid_at=at,
            order_id=order_id,
            status=printable(dispute.status).lower(),
            payload=self._encoder.encode(AccountAnswer(AccountData(kept), self._as_of)),
            witness=Witness.API,
            as_of=self._as_of,
        )
        attributes = (("dispute", dispute_id),)
        yield DocumentLines(
            tuple(
                Line(
                    key=f"{dispute_id}:{name}",
                    kind=kind,
                    part=Part.ADJUSTMENT,
                    amount_minor=amount,
                    occurred_at=at,
                    order_id=order_id,
                    words=words,
                    attributes=attributes,
                )
                for name, kind, amount in (("lost", "dispute.lost", -minor), ("closed", "dispute", minor))
            )
        )
        yield DocumentEnd()


def _day(text: str) -> datetime:
    """When the day begins of a date, or of an instant of UTC. Raises: FactError."""
    try:
        day = date.fromisoformat(text[:10])
    except ValueError as error:
        raise FactError("file.shape", "has a day that is none") from error
    return utc(datetime(day.year, day.month, day.day, tzinfo=UTC))


def _items(page: object) -> list:  # type: ignore[type-arg]
    return page.items() if isinstance(page, Page) else []


def _row(row: BalanceTransaction, amounts: Amounts) -> Row:
    joins = [
        (printable(str(each.order_transaction_id)), amounts.of(each.amount))
        for each in row.adjustments_orders or ()
        if each.order_transaction_id is not None and each.amount is not None
    ]
    amount = amounts.of(row.amount)
    if row.source_order_transaction_id is not None:
        joins = [(printable(str(row.source_order_transaction_id)), amount)]
    is_dispute = row.source_type == "DISPUTE" and row.source_id is not None
    reason = f"|{row.adjustment_reason}" if row.adjustment_reason else ""
    return Row(
        key=number(row.id),
        kind=vocabulary().kind(ROW, row.type),
        words=row.type + reason,
        at=utc(row.transaction_date),
        amount_minor=amount,
        fee_minor=amounts.of(row.fee),
        net_minor=amounts.of(row.net),
        order_id=digits(row.associated_order.id) if row.associated_order else "",
        joins=joins,
        attributes=(("dispute", str(row.source_id)),) if is_dispute else (),
    )


def net_of(payout: Payout, amounts: Amounts) -> int:
    """What reaches the bank; negative where the bank pays."""
    net = amounts.of(payout.net)
    return -abs(net) if payout.transaction_type == "WITHDRAWAL" else net


def summed(summary: Summary | None, amounts: Amounts) -> int | None:
    """Gross less fees of all groups; None where no summary is given."""
    if summary is None:
        return None

    def of(money: Money | None) -> int:
        return amounts.of(money) if money is not None else 0

    gross = (
        summary.charges_gross,
        summary.refunds_fee_gross,
        summary.adjustments_gross,
        summary.reserved_funds_gross,
        summary.retried_payouts_gross,
        summary.advance_gross,
        summary.usdc_rebate_credit_amount,
    )
    fees = (
        summary.charges_fee,
        summary.refunds_fee,
        summary.adjustments_fee,
        summary.reserved_funds_fee,
        summary.retried_payouts_fee,
        summary.advance_fees,
    )
    if all(money is None for money in gross):
        return None
    return sum(of(money) for money in gross) - sum(of(money) for money in fees)
