"""The allow-list of Shopify Payments: of payouts, balance transactions and disputes, exactly these fields are read.

Names are Shopify's own. Source: GraphQL Admin API 2026-10, ``shopifyPaymentsAccount``.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from bridge_shopify.wire import At, Gid, Money, Page, Ref, Text, Wire, Word

Number = Annotated[str, Meta(max_length=40)]


class Summary(Wire, frozen=True):
    """Gross and fee of each group of a payout; refundsFeeGross is the gross of refunds."""

    charges_gross: Money | None = None
    charges_fee: Money | None = None
    refunds_fee_gross: Money | None = None
    refunds_fee: Money | None = None
    adjustments_gross: Money | None = None
    adjustments_fee: Money | None = None
    reserved_funds_gross: Money | None = None
    reserved_funds_fee: Money | None = None
    retried_payouts_gross: Money | None = None
    retried_payouts_fee: Money | None = None
    advance_gross: Money | None = None
    advance_fees: Money | None = None
    usdc_rebate_credit_amount: Money | None = None


class Payout(Wire, frozen=True):
    id: Gid
    issued_at: At
    status: Word
    net: Money
    transaction_type: Word | None = None
    external_trace_id: Text | None = None
    summary: Summary | None = None


class MaybeRef(Wire, frozen=True):
    """A payout that may not be there yet."""

    id: Gid | None = None


class AdjustmentOrder(Wire, frozen=True):
    """One of several orders that an adjustment is about."""

    order_transaction_id: Number | int | None = None
    amount: Money | None = None


class BalanceTransaction(Wire, frozen=True):
    """One row of the balance: net = amount - fee."""

    id: Gid
    type: Word
    transaction_date: At
    amount: Money
    fee: Money
    net: Money
    test: bool = False
    source_type: Word | None = None
    source_id: Number | int | None = None
    source_order_transaction_id: Number | int | None = None
    adjustment_reason: Text | None = None
    associated_order: Ref | None = None
    associated_payout: MaybeRef | None = None
    adjustments_orders: list[AdjustmentOrder] | None = None


class Dispute(Wire, frozen=True):
    id: Gid
    status: Word
    amount: Money
    type: Word | None = None
    finalized_on: Number | None = None
    order: Ref | None = None


class Account(Wire, frozen=True):
    """UNSET: not asked for, which is not the same as empty."""

    payouts: Page[Payout] | UnsetType = UNSET
    balance_transactions: Page[BalanceTransaction] | UnsetType = UNSET
    disputes: Page[Dispute] | UnsetType = UNSET


class AccountData(Wire, frozen=True):
    shopify_payments_account: Account


class AccountAnswer(Wire, frozen=True):
    """What is kept of a payout or a dispute, in the form in which the API answers: such a file can be read again.

    as_of: as of an ``OrderAnswer``.
    """

    data: AccountData
    as_of: At | None = None
